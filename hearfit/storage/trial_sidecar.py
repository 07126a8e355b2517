"""The JSON sidecar of a trial table, as in BIDS: `x_beh.json` beside `x_beh.tsv` names the transducer and the units."""

import json
from dataclasses import dataclass
from pathlib import Path

from hearfit.audiology.retspl import ReferenceThresholds, all_reference_thresholds, reference_thresholds
from hearfit.errors import InputError
from hearfit.experiment.trial_cells import shown
from hearfit.experiment.trial_columns import LevelColumn
from hearfit.storage.files import read_text

TRANSDUCER_KEY = "Transducer"

_LEVEL_UNITS = {
    LevelColumn.DB_SPL: frozenset({"dbspl", "dbre20µpa", "dbre20μpa", "dbre20upa", "dbre20micropascal"}),
    LevelColumn.DB_HL: frozenset({"dbhl"}),
}


@dataclass(frozen=True)
class Sidecar:
    """What hearfit reads from a sidecar; `units` of the columns that state one."""

    path: Path
    transducer: str | None
    units: tuple[tuple[str, str], ...]


def sidecar_path(table: Path) -> Path:
    """Where the sidecar of a table lies."""
    return table.with_suffix(".json")


def read_sidecar(table: Path) -> Sidecar:
    """The sidecar of a table; one that does not exist says nothing.

    Raises:
        InputError: it cannot be read, is not a JSON object, or names the transducer or a unit by something else than
            text.
    """
    path = sidecar_path(table)
    try:
        is_there = path.exists()
    except OSError:
        # The name is one letter longer than the table's, and that can be too long.
        is_there = False
    if not is_there:
        return Sidecar(path=path, transducer=None, units=())
    try:
        content = json.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: is not a JSON file that can be read ({error}).") from None
    if not isinstance(content, dict):
        raise InputError(f'{path}: must hold a JSON object, such as {{"{TRANSDUCER_KEY}": "ER-3A/HA-2"}}.')
    problems = []
    transducer = content.get(TRANSDUCER_KEY)
    if transducer is not None and not isinstance(transducer, str):
        problems.append(f'{path}: the key {TRANSDUCER_KEY} must be text, such as "ER-3A/HA-2".')
    units = {name: told["Units"] for name, told in content.items() if isinstance(told, dict) and "Units" in told}
    problems += [
        f"{path}: the Units of {shown(name)} must be text." for name, unit in units.items() if not isinstance(unit, str)
    ]
    if problems:
        raise InputError(problems)
    return Sidecar(path=path, transducer=transducer, units=tuple(units.items()))


def unit_problems(sidecar: Sidecar, level: LevelColumn) -> list[str]:
    """Where the sidecar contradicts the unit in the name of a column."""
    problems = []
    for name, unit in sidecar.units:
        plain = "".join(letter for letter in unit.casefold() if letter.isalnum())
        if name == level.value and plain not in _LEVEL_UNITS[level]:
            problems.append(
                f"{sidecar.path}: the Units of {name} are {shown(unit)}, but the name of the column says {level.unit}. "
                "Correct one of them."
            )
        if name == "frequency_hz" and plain not in {"hz", "hertz"}:
            problems.append(f"{sidecar.path}: the Units of frequency_hz are {shown(unit)}. Allowed: Hz.")
    return problems


def transducer_of(sidecar: Sidecar, given: str | None) -> ReferenceThresholds | None:
    """The transducer that the sidecar or the user names; None where neither does.

    Raises:
        InputError: it is unknown, or the two name different ones.
    """
    told = None
    if sidecar.transducer is not None:
        try:
            told = reference_thresholds(sidecar.transducer)
        except InputError as error:
            raise InputError([f"{sidecar.path}: {problem}" for problem in error.problems]) from None
    if given is None:
        return told
    wanted = reference_thresholds(given)
    if told is not None and told.id != wanted.id:
        raise InputError(
            f"{sidecar.path} names the transducer {told.id}, but {wanted.id} was given. Correct one of them."
        )
    return wanted


def missing_transducer(table: Path, sidecar: Sidecar) -> str:
    """The sentence for levels in dB SPL from an unknown transducer."""
    known = ", ".join(reference.id for reference in all_reference_thresholds())
    return (
        f"{table}: the levels are in dB SPL, which needs the transducer. Name it in {sidecar.path.name} "
        f'({{"{TRANSDUCER_KEY}": "ER-3A/HA-2"}}) or give it with --transducer. Known are {known}.'
    )
