"""The project's own audiogram file, columns with units, as CSV or TSV.

Long: one row a threshold. Wide: one row an ear, conduction and masking, one column a frequency.
"""

import csv
import datetime as dt
import io
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePath

from hearfit.audiology.audiogram import Audiogram, Conduction, Ear, Threshold
from hearfit.audiology.file_values import (
    ALLOWED_FREQUENCY,
    ALLOWED_LEVEL,
    MISSING,
    choice_problem,
    is_allowed_frequency,
    is_allowed_level,
    shown,
    some_of,
    the_only,
    unguarded,
)
from hearfit.errors import InputError

REQUIRED_COLUMNS = ("ear", "frequency_hz", "threshold_db_hl")
OPTIONAL_COLUMNS = ("listener", "conduction", "masked", "no_response", "transducer", "date")

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_TRUE_OR_FALSE: Mapping[str, bool] = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_LEVEL_COLUMN = "threshold_db_hl"
_WIDE_COLUMN = re.compile(r"threshold_db_hl_at_(.*)_hz")
_WIDE_EXAMPLE = "threshold_db_hl_at_1000_hz"
_WITHOUT_UNIT = frozenset({"threshold", "threshold_db", "level", "level_db", "hl", "db"})


@dataclass(frozen=True)
class _Row:
    """A row that was read: the threshold, and what is said of the whole audiogram. `line` counts from 1."""

    line: int
    threshold: Threshold
    listener: str | None
    transducer: str | None
    date: str | None


class _Cells:
    """The cells of one threshold by column name, and the problems found in them. `level_column` differs when wide."""

    def __init__(self, source: str, line: int, cells: Mapping[str, str], level_column: str = _LEVEL_COLUMN) -> None:
        self._place = f"{source}, line {line}"
        self._cells = cells
        self.level_column = level_column
        self.problems: list[str] = []

    def has(self, column: str) -> bool:
        return column in self._cells

    def text(self, column: str) -> str:
        return self._cells[column].strip()

    def refuse(self, column: str, allowed: str) -> None:
        self.problems.append(f"{self._place}, {column}: {shown(self._cells[column])} is not {allowed}.")

    def number(self, column: str, text: str, *, is_allowed: Callable[[float], bool], allowed: str) -> float:
        number = float(text) if _NUMBER.fullmatch(text) else math.nan
        if not is_allowed(number):
            self.refuse(column, allowed)
        return number

    def optional(self, column: str) -> str | None:
        if not self.has(column) or self.text(column).lower() in MISSING:
            return None
        return unguarded(self.text(column))

    def flag(self, column: str) -> bool:
        if not self.has(column):
            return False
        answer = _TRUE_OR_FALSE.get(self.text(column).lower())
        if answer is None:
            self.refuse(column, "true, false, yes, no, 1 or 0")
        return bool(answer)


def parse_audiogram_table(text: str, *, source: str, listener: str | None = None) -> Audiogram:
    """The audiogram in a CSV or TSV text; `source` names it in errors.

    With several listeners in the file `listener` chooses one. A file without a listener column belongs to
    `listener`, or else to its own name without the ending. Without a conduction column every threshold is by air.

    Raises:
        InputError: the text is not such a table; every problem that was found, up to the first unreadable line.
    """
    return the_only(parse_audiogram_tables(text, source=source, listener=listener), source=source)


def parse_audiogram_tables(text: str, *, source: str, listener: str | None = None) -> tuple[Audiogram, ...]:
    """Every listener's audiogram in such a text, or only that of `listener`; otherwise as `parse_audiogram_table`.

    Raises:
        InputError: as `parse_audiogram_table`.
    """
    rows = _read_rows(text, source=source)
    named = list(dict.fromkeys(row.listener for row in rows if row.listener is not None))
    if named and listener is not None and (problem := choice_problem(source, listeners=named, listener=listener)):
        raise InputError(problem)
    fallback = PurePath(source).stem.strip() or "listener"
    problems: list[str] = []
    chosen = named if listener is None and named else [listener or fallback]
    audiograms = tuple(
        _audiogram(source, name, [row for row in rows if row.listener in (name, None)], problems) for name in chosen
    )
    if problems:
        raise InputError(problems)
    return audiograms


def _audiogram(source: str, listener: str, rows: list[_Row], problems: list[str]) -> Audiogram:
    return Audiogram(
        listener=listener,
        thresholds=tuple(row.threshold for row in rows),
        transducer=_the_only(source, "transducer", {row.transducer for row in rows}, problems),
        date=_the_only(source, "date", {row.date for row in rows}, problems),
    )


def _read_rows(text: str, *, source: str) -> list[_Row]:
    if not text.strip():
        raise InputError(f"{source}: is empty. An audiogram table needs the columns {', '.join(REQUIRED_COLUMNS)}.")
    problems: list[str] = []
    rows: list[_Row] = []
    try:
        lines = _lines(text)
        _, header = next(lines, (0, []))
        columns = [cell.strip().lower() for cell in header]
        _check_header(source, columns)
        for line, cells in lines:
            if len(cells) != len(columns):
                problems.append(
                    f"{source}, line {line}: has {len(cells)} cells, but the header has {len(columns)} columns."
                )
                continue
            thresholds = _thresholds(source, line, dict(zip(columns, cells, strict=True)))
            if not thresholds:
                problems.append(f"{source}, line {line}: has no threshold. Leave the line out.")
            for row_cells in thresholds:
                row = _parse_row(row_cells, line)
                # A wide row says the same of its ear for each of its thresholds.
                problems.extend(problem for problem in row_cells.problems if problem not in problems)
                if not row_cells.problems:
                    rows.append(row)
    except csv.Error as error:
        problems.append(f"{source}: is not a readable table ({error}).")
    problems.extend(_repetitions(source, rows))
    if problems:
        raise InputError(problems)
    if not rows:
        raise InputError(f"{source}: has a header but no thresholds. Write one row for each threshold.")
    return rows


def _thresholds(source: str, line: int, cells: dict[str, str]) -> list[_Cells]:
    """The cells of each threshold in a row: one in a long table, one for each filled frequency in a wide one."""
    if _LEVEL_COLUMN in cells:
        return [_Cells(source, line, cells)]
    found = {column: name[1] for column in cells if (name := _WIDE_COLUMN.fullmatch(column))}
    about = {column: cell for column, cell in cells.items() if column not in found}
    return [
        _Cells(source, line, {**about, column: cells[column], "frequency_hz": frequency}, column)
        for column, frequency in found.items()
        if cells[column].strip().lower() not in MISSING
    ]


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """Number of the first line and cells of each row that is not blank."""
    first_line = next(line for line in text.splitlines() if line.strip())
    delimiter = "\t" if "\t" in first_line else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    for cells in reader:
        if any(cell.strip() for cell in cells):
            yield line, cells
        line = reader.line_num + 1


def _check_header(source: str, columns: list[str]) -> None:
    allowed = (*REQUIRED_COLUMNS, *OPTIONAL_COLUMNS)
    wide = [column for column in columns if _WIDE_COLUMN.fullmatch(column)]
    problems = _wide_problems(source, columns, wide)
    for column in dict.fromkeys(columns):
        if column in _WITHOUT_UNIT:
            problems.append(
                f"{source}: the column {shown(column)} does not say its unit, and a level in dB HL is another sound "
                "than the same number of dB SPL. Name it threshold_db_hl if it is in dB HL."
            )
        elif column == "threshold_db_spl":
            problems.append(
                f"{source}: the column 'threshold_db_spl' is not a hearing level. Convert it with the reference "
                "thresholds of the transducer and name it threshold_db_hl."
            )
        elif column not in allowed and column not in wide:
            problems.append(
                f"{source}: the column {shown(column)} is not known. Known are {', '.join(allowed)}, and in a wide "
                f"table columns such as {_WIDE_EXAMPLE}."
            )
        if columns.count(column) > 1:
            problems.append(f"{source}: the column {shown(column)} occurs {columns.count(column)} times, not once.")
    needed = ("ear",) if wide else REQUIRED_COLUMNS
    missing = [column for column in needed if column not in columns]
    if missing:
        problems.append(
            f"{source}: has no column {', '.join(missing)}. The first line names the columns, separated by tabs or "
            f"commas; {', '.join(needed)} are needed."
        )
    if problems:
        raise InputError(problems)


def _wide_problems(source: str, columns: list[str], wide: list[str]) -> list[str]:
    """What is wrong with the columns of a wide table; nothing in a long one."""
    if not wide:
        return []
    problems = [
        f"{source}: has the column {column} of a long table and the column {wide[0]} of a wide one. Keep one."
        for column in ("frequency_hz", _LEVEL_COLUMN)
        if column in columns
    ]
    if "no_response" in columns:
        problems.append(
            f"{source}: a wide table has no column no_response, because it cannot say at which frequency. Write the "
            "highest level that got no response after >, such as >110."
        )
    frequencies: list[float] = []
    for column in dict.fromkeys(wide):
        name = _WIDE_COLUMN.fullmatch(column)
        text = name[1] if name is not None else ""
        frequency_hz = float(text) if _NUMBER.fullmatch(text) else math.nan
        if not is_allowed_frequency(frequency_hz):
            problems.append(f"{source}: the column {shown(column)} does not name {ALLOWED_FREQUENCY}.")
        elif frequency_hz in frequencies:
            problems.append(f"{source}: the column {shown(column)} repeats the frequency {frequency_hz:g} Hz.")
        frequencies.append(frequency_hz)
    return problems


def _parse_row(cells: _Cells, line: int) -> _Row:
    ear = cells.text("ear").lower()
    if ear not in set(Ear):
        cells.refuse("ear", "left or right")
    frequency_hz = cells.number(
        "frequency_hz", cells.text("frequency_hz"), is_allowed=is_allowed_frequency, allowed=ALLOWED_FREQUENCY
    )
    level_db_hl, is_no_response = _parse_level(cells)
    conduction = cells.text("conduction").lower() if cells.has("conduction") else Conduction.AIR.value
    if conduction not in set(Conduction):
        cells.refuse("conduction", "air or bone")
    is_masked = cells.flag("masked")
    listener = cells.optional("listener")
    if cells.has("listener") and (listener is None or not listener.isprintable()):
        cells.refuse("listener", "the name of a listener; leave the column out if there is only one")
    transducer = cells.optional("transducer")
    if transducer is not None and not transducer.isprintable():
        cells.refuse("transducer", "printable text")
    date = cells.optional("date")
    if date is not None and not _is_date(date):
        cells.refuse("date", "a date such as 2024-05-31")
    threshold = Threshold(
        ear=Ear.LEFT if ear == Ear.LEFT else Ear.RIGHT,
        frequency_hz=frequency_hz,
        level_db_hl=level_db_hl,
        conduction=Conduction.BONE if conduction == Conduction.BONE else Conduction.AIR,
        is_masked=is_masked,
        is_no_response=is_no_response,
    )
    return _Row(line, threshold, listener, transducer, date)


def _parse_level(cells: _Cells) -> tuple[float, bool]:
    """Threshold in dB HL, and whether it is only the highest level that got no response (written >110)."""
    column = cells.level_column
    text = cells.text(column)
    is_above = text.startswith(">")
    allowed = f"{ALLOWED_LEVEL}, nor such a number after > (the highest level that got no response)"
    number = text[1:].strip() if is_above else text
    level_db_hl = cells.number(column, number, is_allowed=is_allowed_level, allowed=allowed)
    num_problems = len(cells.problems)
    is_no_response = cells.flag("no_response")
    if is_above and cells.has("no_response") and not is_no_response and len(cells.problems) == num_problems:
        cells.refuse("no_response", f"true, although {column} {shown(text)} says that there was no response")
    return level_db_hl, is_above or is_no_response


def _is_date(text: str) -> bool:
    try:
        return dt.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _repetitions(source: str, rows: list[_Row]) -> list[str]:
    first_lines: dict[tuple[str | None, str | None, Ear, float, Conduction, bool], int] = {}
    problems: list[str] = []
    for row in rows:
        threshold = row.threshold
        where = (threshold.ear, threshold.frequency_hz, threshold.conduction, threshold.is_masked)
        key = (row.listener, row.date, *where)
        first_line = first_lines.setdefault(key, row.line)
        if first_line != row.line:
            what = f"{threshold.ear} ear, {threshold.frequency_hz:g} Hz, {threshold.conduction}"
            masking = "masked" if threshold.is_masked else "not masked"
            problems.append(
                f"{source}, line {row.line}: repeats line {first_line} ({what}, {masking}). Keep one of them."
            )
    return problems


def _the_only(source: str, column: str, values: set[str | None], problems: list[str]) -> str | None:
    named = sorted(value for value in values if value is not None)
    if len(named) > 1:
        hint = " Leave the cell of a bone conductor empty." if column == "transducer" else ""
        problems.append(
            f"{source}, {column}: one audiogram has one {column}, not {some_of(named)}. Keep one of them.{hint}"
        )
    return named[0] if named else None
