"""Turns the rows of another program's table into those of a trial table, as a column map says, before any check.

No row is lost unseen: each is kept, left out by a rule of the map and counted, or a problem.
"""

import difflib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal

import numpy as np
from jaxtyping import Bool

from hearfit.errors import InputError
from hearfit.experiment.column_map import ABSENT, ColumnMap, MappedColumn
from hearfit.experiment.problem_log import ProblemLog
from hearfit.experiment.table_chunk import CodedText, TableChunk
from hearfit.experiment.trial_cells import Refusal, is_missing, number_from, parse_each, shown

_MAX_NAMED = 8


class MappedTable:
    """One table read through a column map; remembers what was left out and what is wrong."""

    def __init__(self, column_map: ColumnMap, *, names: Sequence[str], source: str, row_word: str) -> None:
        """Checks that the table has the columns that the map names.

        Raises:
            InputError: it has not, or has one of them several times.
        """
        self._map = column_map
        self._source = source
        self._log = ProblemLog(source, row_word=row_word)
        self._left_out: Counter[int] = Counter()
        self._num_rows = 0
        self._num_kept = 0
        self._num_good = 0
        self._unused = [name for name in names if name and name not in column_map.source_columns]
        if problems := [f"{source}: {problem}" for problem in _header_problems(column_map, names)]:
            raise InputError(problems)

    @property
    def source_columns(self) -> tuple[str, ...]:
        """The columns of the table that are read."""
        return self._map.source_columns

    def chunks(self, chunks: Iterable[TableChunk]) -> Iterator[TableChunk]:
        """The rows that are trials, in the columns of a trial table. Rows with a problem are remembered, not given."""
        for chunk in chunks:
            yield self._mapped(chunk)

    def problems(self, found: Sequence[str]) -> list[str]:
        """All that is wrong with the rows, given what the check of the mapped ones found."""
        if self._num_rows and not self._num_kept:
            told = self._told_left_out()
            rows = f"all {self._num_rows} rows: {told}. At least one must be a trial."
            return [f"{self._source}: the column map {self._map.source} leaves out {rows}"]
        own = self._log.sentences()
        if own and not self._num_good:
            # The check saw an empty table, which is not what is wrong.
            return own
        return [*own, *found, self._origin()] if found else own

    def warnings(self) -> tuple[str, ...]:
        """What was not used, to be told once all rows are read."""
        told = []
        if self._left_out:
            total = self._left_out.total()
            rows = f"{total} of {self._num_rows} rows {'is' if total == 1 else 'are'} left out"
            told.append(f"{self._source}: {rows} by the column map {self._map.source}: {self._told_left_out()}.")
        if self._unused:
            hidden = len(self._unused) - _MAX_NAMED
            names = ", ".join(map(shown, self._unused[:_MAX_NAMED])) + (f" and {hidden} more" if hidden > 0 else "")
            told.append(f"{self._source}: columns that the column map {self._map.source} does not use: {names}.")
        return tuple(told)

    def _origin(self) -> str:
        """Where the columns come from: explains problems that are found later under the names of a trial table."""
        pairs = ", ".join(f"{column.target} from {shown(column.column)}" for column in self._map.columns)
        return f"{self._source}: was read with the column map {self._map.source}: {pairs}."

    def _told_left_out(self) -> str:
        counted = [(self._map.leave_out[number], self._left_out[number]) for number in sorted(self._left_out)]
        return "; ".join(f"{count} as {each.what} ({each.rule.words})" for each, count in counted)

    def _mapped(self, chunk: TableChunk) -> TableChunk:
        is_kept = np.ones(chunk.line.shape, bool)
        for number, each in enumerate(self._map.leave_out):
            is_left_out = is_kept & _holds(chunk.columns[each.rule.column], each.rule.holds_for)
            if is_left_out.any():
                self._left_out[number] += int(np.count_nonzero(is_left_out))
            is_kept &= ~is_left_out
        first = self._num_kept + 1
        self._num_rows += len(is_kept) + len(chunk.ragged)
        self._num_kept += int(np.count_nonzero(is_kept)) + len(chunk.ragged)
        is_good = is_kept.copy()
        mapped = {column.target: self._column(chunk, column, is_kept, is_good) for column in self._map.columns}
        for name, value in self._map.constants:
            mapped[name] = CodedText(codes=np.zeros(len(is_kept), dtype=np.int32), texts=(value,))
        if self._map.numbers_rows:
            # A row with a problem keeps its number, though nobody will see it.
            number_of_row = first + np.cumsum(is_kept) - 1
            texts = tuple(str(number) for number in range(first, first + len(is_kept)))
            mapped["trial"] = CodedText(codes=(number_of_row - first).clip(0).astype(np.int32), texts=texts)
        self._num_good += int(np.count_nonzero(is_good)) + len(chunk.ragged)
        columns = {name: CodedText(codes=cells.codes[is_good], texts=cells.texts) for name, cells in mapped.items()}
        return TableChunk(line=chunk.line[is_good], columns=columns, ragged=chunk.ragged)

    def _column(
        self, chunk: TableChunk, column: MappedColumn, is_kept: Bool[np.ndarray, " rows"], is_good: np.ndarray
    ) -> CodedText:
        """The cells of a column; rows with a refused one are taken out of `is_good`."""
        cells = chunk.columns[column.column]
        is_absent = np.zeros(len(is_kept), bool)
        if column.missing_where is not None:
            is_absent = _holds(chunk.columns[column.missing_where.column], column.missing_where.holds_for)
        texts, reasons = parse_each(cells.texts, lambda text: _value(text, column, self._map.source), refused="")
        for reason in dict.fromkeys(reasons.values()):
            refused = [code for code, given in reasons.items() if given == reason]
            is_wrong = np.isin(cells.codes, refused) & is_kept & ~is_absent
            self._log.add_cells(column.column, cells, line=chunk.line, is_wrong=is_wrong, reason=reason)
            is_good &= ~is_wrong
        absent = len(texts)
        codes = np.where(is_absent, absent, cells.codes).astype(np.int32)
        return CodedText(codes=codes, texts=(*texts, ABSENT))


def _header_problems(column_map: ColumnMap, names: Sequence[str]) -> Iterator[str]:
    targets = {column.column: column.target for column in reversed(column_map.columns)}
    for name in column_map.source_columns:
        use = f"which the column map {column_map.source} names for {targets.get(name, 'a rule about rows')}"
        if names.count(name) > 1:
            yield f"the column {shown(name)}, {use}, is there {names.count(name)} times. Each may stand once."
        elif name not in names:
            by_key = {each.lower(): each for each in names if each}
            close = difflib.get_close_matches(name.lower(), list(by_key), n=3, cutoff=0.5)
            guess = f" Did you mean {' or '.join(shown(by_key[key]) for key in close)}?" if close else ""
            named = [each for each in names if each]
            hidden = len(named) - _MAX_NAMED
            known = ", ".join(map(shown, named[:_MAX_NAMED])) + (f" and {hidden} more" if hidden > 0 else "")
            yield f"has no column {shown(name)}, {use}.{guess} Its columns are {known}."


def _holds(cells: CodedText, rule: Callable[[str], bool]) -> Bool[np.ndarray, " rows"]:
    return np.asarray(np.array([rule(text) for text in cells.texts], dtype=bool)[cells.codes])


def _value(text: str, column: MappedColumn, source: str) -> str | Refusal:
    if column.json_key is not None and text not in column.missing and not is_missing(text):
        inner = _json_value(text, column.json_key)
        if isinstance(inner, Refusal):
            return inner
        text = inner
    if text in column.missing or ("" in column.missing and is_missing(text)):
        return ABSENT
    if column.values is not None:
        values = {"" if is_missing(key) else key: value for key, value in column.values}
        key = "" if is_missing(text) else text
        if key in values:
            return values[key]
        known = ", ".join(shown(known) for known in values)
        return Refusal(f"is none of the values that the column map {source} gives for {column.target}: {known}.")
    if column.date_format is not None:
        try:
            # Only the day counts, as the listener's calendar had it.
            return datetime.strptime(text, column.date_format).date().isoformat()  # noqa: DTZ007
        except ValueError:
            return Refusal(
                f"is not written as {shown(column.date_format)}, the date_format of the column map {source}."
            )
    return _rescaled(text, column)


def _rescaled(text: str, column: MappedColumn) -> str:
    """In decimal arithmetic, so that 0.1 times 1000 is 100. What is no number is left for the check that follows."""
    if (column.scale is None and column.add is None) or isinstance(number_from(text), Refusal):
        return text
    scaled = Decimal(text) * (Decimal(1) if column.scale is None else column.scale)
    return str(scaled + (Decimal(0) if column.add is None else column.add))


def _json_value(text: str, key: str) -> str | Refusal:
    refusal = Refusal(f"is not a JSON object in which the key {shown(key)} is text, a number, true, false or null.")
    try:
        content = json.loads(text, parse_float=str, parse_int=str)
    except (ValueError, RecursionError):
        return refusal
    if not isinstance(content, dict) or key not in content:
        return refusal
    value = content[key]
    if value is None:
        return ABSENT
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.strip(" ") if isinstance(value, str) else refusal
