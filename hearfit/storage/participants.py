"""The participants.tsv of a BIDS dataset: who the subjects are, and nothing of a row lost when one is added."""

import csv
import io
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, unique
from pathlib import Path
from typing import Final

from hearfit.audiology.file_values import guarded, shown, unguarded
from hearfit.errors import InputError
from hearfit.storage.files import read_text

MISSING: Final = "n/a"
# BIDS caps ages there, because the few who are older could be recognised.
HIGHEST_AGE_YEARS: Final = 89.0

_ID: Final = "participant_id"
_COLUMNS: Final[Mapping[str, Mapping[str, object]]] = {
    _ID: {"Description": "Label of the subject"},
    "listener": {"Description": "Pseudonymous id of the listener in the trial tables"},
    "age": {"Description": "Age when first tested, at most 89", "Units": "year"},
    "sex": {"Description": "Sex", "Levels": {"female": "female", "male": "male", "other": "other"}},
}


@unique
class Sex(StrEnum):
    """The words that BIDS recommends."""

    FEMALE = "female"
    MALE = "male"
    OTHER = "other"


@dataclass(frozen=True)
class Participant:
    """One listener; age in years and sex where they are known."""

    listener: str
    age_years: float | None = None
    sex: Sex | None = None

    @property
    def label(self) -> str:
        """The listener's id as BIDS allows it: letters and digits of ASCII."""
        return re.sub(r"[^0-9A-Za-z]", "", self.listener)


def participants_table(participant: Participant, path: Path) -> str:
    """The participants.tsv with this listener, from the one that may be at `path`.

    Other rows and columns stay as they are; what is n/a is filled in.

    Raises:
        InputError: the table cannot be read or contradicts the participant, or no label can be made of the listener.
    """
    if not participant.label:
        raise InputError(
            f"{shown(participant.listener)} has no letter or digit of ASCII, of which BIDS makes the label of a "
            "subject. Give the listener another id."
        )
    age = participant.age_years
    if age is not None and not 0.0 <= age <= HIGHEST_AGE_YEARS:
        raise InputError(
            f"An age of {age:g} years is not allowed. Allowed: 0 to {HIGHEST_AGE_YEARS:g}, where BIDS caps ages so "
            "that no one is recognised by theirs."
        )
    new = {
        _ID: f"sub-{participant.label}",
        "listener": guarded(participant.listener),
        "age": MISSING if age is None else f"{age:g}",
        "sex": MISSING if participant.sex is None else participant.sex.value,
    }
    columns, rows = _read(path)
    columns += [column for column in new if column not in columns]
    _put(new, rows, path)
    text = io.StringIO()
    writer = csv.writer(text, delimiter="\t", lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([row.get(column, MISSING) for column in columns] for row in rows)
    return text.getvalue()


def participants_sidecar(path: Path) -> str:
    """The participants.json, from the one that may be at `path`; what it says already stays.

    Raises:
        InputError: it is not a JSON object.
    """
    content: dict[str, object] = {}
    if path.exists():
        try:
            found = json.loads(read_text(path))
        except (ValueError, RecursionError) as error:
            raise InputError(f"{path}: is not readable JSON ({error}).") from None
        if not isinstance(found, dict):
            raise InputError(f"{path}: must hold a JSON object, a key for each column of participants.tsv.")
        content = found
    return json.dumps({**_COLUMNS, **content}, indent=2, ensure_ascii=False) + "\n"


def _read(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    if not path.exists():
        return [], []
    try:
        header, *rows = csv.reader(io.StringIO(read_text(path), newline=""), delimiter="\t", strict=True)
    except (csv.Error, ValueError) as error:
        raise InputError(f"{path}: is not a table with a header ({error}).") from None
    if not header or header[0] != _ID or len(set(header)) < len(header):
        raise InputError(f"{path}: its first column must be {_ID}, and each column may be there once.")
    problems = [
        f"{path}, line {line}: has {len(row)} cells, but the header has {len(header)} columns."
        for line, row in enumerate(rows, start=2)
        if row and len(row) != len(header)
    ]
    if problems:
        raise InputError(problems)
    return header, [dict(zip(header, row, strict=True)) for row in rows if row]


def _put(new: dict[str, str], rows: list[dict[str, str]], path: Path) -> None:
    """Adds the row, or fills in the one that is there."""
    same = [row for row in rows if row[_ID] == new[_ID]]
    if len(same) > 1:
        raise InputError(f"{path}: has {new[_ID]} more than once. Keep one of the rows.")
    if not same:
        rows.append(new)
        return
    for column, value in new.items():
        old = same[0].get(column, MISSING)
        if value != MISSING and old not in (MISSING, "", value):
            hint = (
                "Two listeners whose ids have the same letters and digits cannot be in one dataset."
                if column == "listener"
                else "Correct one of them; the table holds what was known first."
            )
            raise InputError(
                f"{path}, {new[_ID]}, {column}: is {shown(unguarded(old))}, not {shown(unguarded(value))}. {hint}"
            )
        same[0][column] = old if value == MISSING else value
