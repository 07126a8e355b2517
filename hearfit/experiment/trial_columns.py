"""Which columns a trial table has: the unit of the level is known by its column's name, and nothing else."""

import difflib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum, unique

from hearfit.errors import InputError
from hearfit.experiment.stimulus_columns import ALL_COLUMNS, COLUMN_SETS
from hearfit.experiment.trial_cells import shown


@unique
class LevelColumn(StrEnum):
    """The two columns a level may stand in."""

    DB_SPL = "level_db_spl"
    DB_HL = "level_db_hl"

    @property
    def unit(self) -> str:
        """The unit as people write it."""
        return "dB SPL" if self is LevelColumn.DB_SPL else "dB HL"


@dataclass(frozen=True)
class TrialColumns:
    """What the header of a trial table says: `parameters` are the columns of stimuli, `warnings` name unused ones."""

    level: LevelColumn
    has_catch: bool
    has_interval_count: bool
    parameters: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def used(self) -> tuple[str, ...]:
        """The columns that are read."""
        optional = (CATCH,) * self.has_catch + (INTERVAL_COUNT,) * self.has_interval_count + self.parameters
        return (*REQUIRED, self.level.value, *optional)


CATCH = "catch"
INTERVAL_COUNT = "interval_count"
REQUIRED = ("listener", "ear", "session", "protocol", "trial", "frequency_hz", "response")

KNOWN_COLUMNS = (*REQUIRED, *LevelColumn, CATCH, INTERVAL_COUNT, *ALL_COLUMNS)
UNITLESS_LEVELS = frozenset({"level", "level_db", "db", "intensity"})
# Parameters of stimuli that no protocol of this version has: to leave them out would change what was played.
_UNKNOWN_STIMULUS = re.compile(r"(masker|notch|gap)_.*|.*_db(_.*)?", re.IGNORECASE)


def trial_columns(names: Sequence[str], *, source: str) -> TrialColumns:
    """Understands the header of a trial table.

    Raises:
        InputError: a column is missing, double, nameless or ambiguous; all such problems.
    """
    if problems := [f"{source}: {problem}" for problem in _problems(names)]:
        raise InputError(problems)
    unused = [shown(name) for name in names if name not in KNOWN_COLUMNS]
    verb = "column {} is" if len(unused) == 1 else "columns {} are"
    warning = f"{source}: the {verb.format(', '.join(unused))} not used."
    return TrialColumns(
        level=next(column for column in LevelColumn if column in names),
        has_catch=CATCH in names,
        has_interval_count=INTERVAL_COUNT in names,
        parameters=tuple(name for name in ALL_COLUMNS if name in names),
        warnings=(warning,) if unused else (),
    )


def _problems(names: Sequence[str]) -> Iterator[str]:
    for name, count in Counter(names).items():
        if count > 1:
            yield f"the column {shown(name)} is there {count} times. Each name may stand once."
    if "" in names:
        yield f"column {names.index('') + 1} has no name. Name it or remove it."
    extra = [name for name in names if name and name not in KNOWN_COLUMNS]
    unitless = [name for name in extra if name.lower() in UNITLESS_LEVELS]
    for name in unitless:
        yield (
            f"the column {shown(name)} does not say what its decibels refer to, and dB SPL and dB HL differ by up to "
            "50 dB. Name it level_db_spl or level_db_hl."
        )
    levels = [column for column in LevelColumn if column in names]
    if len(levels) > 1:
        yield "there are both level_db_spl and level_db_hl. Give exactly one of them."
    missing = [column for column in REQUIRED if column not in names]
    if not levels and not unitless:
        missing.append("level_db_spl or level_db_hl")
    missing += _missing_parameters(names)
    if len(names) == 1 and any(mark in names[0] for mark in ",;\t"):
        yield (
            "the header is one single column. The cells of a .tsv file are separated by tabs, those of a .csv file by "
            "commas."
        )
        return
    for column in missing:
        yield f"the column {column} is missing.{_guess(column, extra)}"
    for name in extra:
        if name not in unitless and _UNKNOWN_STIMULUS.fullmatch(name) and not _is_misspelt_level(name):
            close = difflib.get_close_matches(name.lower(), list(ALL_COLUMNS), n=1, cutoff=0.8)
            guess = f" Did you mean {close[0]}?" if close and close[0] not in names else ""
            yield (
                f"the column {shown(name)} describes a stimulus that no protocol of this version has, so it cannot be "
                f"left out. Remove the column if nothing of the kind was played.{guess}"
            )


def _missing_parameters(names: Sequence[str]) -> list[str]:
    """What a stimulus lacks of which the table has some columns, but not all: those of the likeliest kind."""
    complete = {column for columns in COLUMN_SETS if all(name in names for name in columns) for column in columns}
    partial = [columns for columns in COLUMN_SETS if any(name in names and name not in complete for name in columns)]
    if not partial:
        return []
    likeliest = min(partial, key=lambda columns: sum(name not in names for name in columns))
    return [name for name in likeliest if name not in names]


def _is_misspelt_level(name: str) -> bool:
    return name.lower() in tuple(LevelColumn)


def _guess(column: str, extra: Sequence[str]) -> str:
    by_key = {name.lower().replace(" ", "_"): name for name in extra}
    for candidate in column.split(" or "):
        close = difflib.get_close_matches(candidate, list(by_key), n=1, cutoff=0.7)
        if close:
            return f" Did you mean it by {shown(by_key[close[0]])}?"
    return ""
