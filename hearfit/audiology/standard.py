"""A table or rule that results depend on, with the edition and the source that it was taken from.

Each is written beside the code that uses it; `hearfit.audiology.standards` collects all of them.
"""

from dataclasses import dataclass
from enum import StrEnum, unique

Cell = str | float


@unique
class Provenance(StrEnum):
    """How the numbers got here. What was only remembered is not used at all."""

    READ = "read in the primary text"
    TRANSCRIPTIONS = "independent transcriptions that agree"
    TRANSCRIPTION = "one transcription"
    OWN_CHOICE = "own choice of hearfit"


@dataclass(frozen=True)
class Standard:
    """One table: `name` as the command line takes it, columns with their units, and a cell in every row for each.

    `notes` says what was read differently elsewhere, what was left out, and why.
    """

    name: str
    title: str
    edition: str
    source: str
    provenance: Provenance
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()
