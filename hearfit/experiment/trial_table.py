"""Rows of a trial table become checked, typed columns, or one error that names every violation.

The checks are written by hand on numpy arrays. Each chunk keeps every distinct text of a column once, so a cell is
parsed once however often it occurs, and what remains are comparisons of whole columns. pandas would fill short rows
and lose line numbers; pandera takes half a second to import on top of it and names neither lines nor what is allowed.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import partial

import numpy as np
from jaxtyping import Bool, Float, Int

from hearfit.audiology.audiogram import Ear
from hearfit.errors import InputError
from hearfit.experiment.limits import LEVEL_LIMITS_DB, MAX_INTERVALS
from hearfit.experiment.problem_log import ProblemLog
from hearfit.experiment.protocol import Protocol
from hearfit.experiment.stimulus_columns import ALL_COLUMNS, column_problem, stimulus_columns
from hearfit.experiment.table_chunk import TableChunk
from hearfit.experiment.trial_cells import (
    Refusal,
    Value,
    catch_from,
    ear_from,
    interval_count_from,
    is_missing,
    listener_from,
    number_from,
    parse_each,
    session_from,
    trial_from,
)
from hearfit.experiment.trial_columns import CATCH, INTERVAL_COUNT, LevelColumn, TrialColumns

EARS = tuple(Ear)
_MAX_VALUES_NAMED = 20


@dataclass(frozen=True)
class RowValues:
    """Typed columns of a trial table, in the order of the file.

    Codes index the tuples of `TrialRows`, and `EARS`. A cell that was refused is -1 or NaN. `level_db` is in the unit
    of the column, NaN in catch trials; `parameters` are the columns of stimuli that the table has, NaN in rows whose
    protocol has none.
    """

    line: Int[np.ndarray, " rows"]
    listener_code: Int[np.ndarray, " rows"]
    ear_code: Int[np.ndarray, " rows"]
    session_code: Int[np.ndarray, " rows"]
    protocol_code: Int[np.ndarray, " rows"]
    trial: Int[np.ndarray, " rows"]
    frequency_hz: Float[np.ndarray, " rows"]
    level_db: Float[np.ndarray, " rows"]
    interval_count: Int[np.ndarray, " rows"]
    is_catch: Bool[np.ndarray, " rows"]
    response: Int[np.ndarray, " rows"]
    parameters: Mapping[str, Float[np.ndarray, " rows"]]


@dataclass(frozen=True)
class TrialRows:
    """The checked rows of one file, none of them refused."""

    source: str
    level_column: LevelColumn
    listeners: tuple[str, ...]
    sessions: tuple[str, ...]
    protocols: tuple[Protocol, ...]
    values: RowValues


def checked_rows(
    chunks: Iterable[TableChunk],
    *,
    columns: TrialColumns,
    num_cells: int,
    source: str,
    row_word: str,
    protocols: Sequence[Protocol],
) -> TrialRows:
    """All rows of a trial table, checked against the protocols that they name.

    Args:
        chunks: the table; only the columns that are used need be there.
        columns: what its header says.
        num_cells: how many columns the header has.
        source: how messages name the file.
        row_word: what messages count rows in.
        protocols: those that a row may name.

    Raises:
        InputError: at least one row is wrong, or there is none.
    """
    checker = _Checker(columns, log=ProblemLog(source, row_word=row_word), protocols=protocols)
    parts: list[RowValues] = []
    stopped: list[str] = []
    for chunk in chunks:
        for ragged in chunk.ragged:
            cells = "1 cell" if ragged.num_cells == 1 else f"{ragged.num_cells} cells"
            checker.log.add(ragged.line, f"the row has {cells}, the header {num_cells}.")
        if chunk.line.size:
            parts.append(checker.check(chunk))
        if checker.log.is_full:
            # First, because only the first problems are shown.
            stopped = [f"{source}: has so many problems that reading stopped; there may be more. The first are these."]
            break
    values = _joined(parts) if parts else None
    if values is not None:
        checker.check_repetitions(values)
    if problems := [*stopped, *checker.log.sentences()]:
        raise InputError(problems)
    if values is None:
        raise InputError(f"{source}: has a header but no trials. At least one row is needed.")
    return TrialRows(
        source=source,
        level_column=columns.level,
        listeners=tuple(checker.listeners),
        sessions=tuple(checker.sessions),
        protocols=tuple(protocols),
        values=values,
    )


def _joined(parts: Sequence[RowValues]) -> RowValues:
    columns = [field.name for field in fields(RowValues) if field.name != "parameters"]
    return RowValues(
        **{name: np.concatenate([getattr(part, name) for part in parts]) for name in columns},
        parameters={name: np.concatenate([part.parameters[name] for part in parts]) for name in parts[0].parameters},
    )


class _Checker:
    """Checks chunk after chunk, and remembers the listeners and sessions met so far and what is wrong."""

    def __init__(self, columns: TrialColumns, *, log: ProblemLog, protocols: Sequence[Protocol]) -> None:
        self.log = log
        self.listeners: dict[str, int] = {}
        self.sessions: dict[str, int] = {}
        self._columns = columns
        self._protocols = tuple(protocols)

    def check(self, chunk: TableChunk) -> RowValues:
        """The typed columns of a chunk; what is wrong goes to the log."""
        parse = partial(self._parsed, chunk)
        level_column = self._columns.level
        protocol_code = parse("protocol", self._protocol_code, refused=-1)
        is_catch, is_catch_known = self._catch(chunk, protocol_code)
        result = RowValues(
            line=chunk.line,
            listener_code=parse("listener", partial(_code, self.listeners, listener_from), refused=-1).astype(np.int32),
            ear_code=parse("ear", _ear_code, refused=-1).astype(np.int8),
            session_code=parse("session", partial(_code, self.sessions, session_from), refused=-1).astype(np.int32),
            protocol_code=protocol_code.astype(np.int16),
            trial=parse("trial", trial_from, refused=-1),
            frequency_hz=parse("frequency_hz", number_from, refused=np.nan),
            level_db=parse(level_column.value, _level, refused=np.nan),
            interval_count=self._interval_count(chunk, protocol_code, is_catch).astype(np.int8),
            is_catch=is_catch,
            response=np.full(chunk.line.shape, -1),
            parameters=self._parameters(chunk, protocol_code),
        )
        self._check_levels(chunk, result, is_catch_known)
        response = parse("response", number_from, refused=np.nan)
        self._check_per_protocol(chunk, result, response)
        result.response[:] = np.nan_to_num(response, nan=-1.0, posinf=-1.0, neginf=-1.0).clip(-1, 2**31)
        return result

    def _wrong(self, chunk: TableChunk, column: str, is_wrong: Bool[np.ndarray, " rows"], reason: str) -> None:
        self.log.add_cells(column, chunk.columns[column], line=chunk.line, is_wrong=is_wrong, reason=reason)

    def _parsed(
        self, chunk: TableChunk, column: str, parse: Callable[[str], Value | Refusal], *, refused: Value
    ) -> np.ndarray:
        cells = chunk.columns[column]
        values, reasons = parse_each(cells.texts, parse, refused=refused)
        for reason in dict.fromkeys(reasons.values()):
            codes = [code for code, given in reasons.items() if given == reason]
            self._wrong(chunk, column, np.isin(cells.codes, codes), reason)
        return np.asarray(np.asarray(values)[cells.codes])

    def _protocol_code(self, text: str) -> int | Refusal:
        names = [protocol.name for protocol in self._protocols]
        return names.index(text) if text in names else Refusal(f"is not a protocol. Known are {', '.join(names)}.")

    def _catch(
        self, chunk: TableChunk, protocol_code: Int[np.ndarray, " rows"]
    ) -> tuple[Bool[np.ndarray, " rows"], Bool[np.ndarray, " rows"]]:
        """Whether each trial is a catch trial, and whether that is known."""
        if not self._columns.has_catch:
            return np.zeros(chunk.line.shape, bool), np.ones(chunk.line.shape, bool)
        catch = self._parsed(chunk, CATCH, catch_from, refused=-2)
        is_choice = self._is_choice(protocol_code)
        reason = "does not say whether this is a catch trial. Allowed in a detection trial: 0, 1, false, true."
        self._wrong(chunk, CATCH, (catch == -1) & is_choice, reason)
        reason = "marks a catch trial, which only detection has. Allowed here: 0, false, n/a."
        self._wrong(chunk, CATCH, (catch == 1) & ~is_choice & (protocol_code >= 0), reason)
        return catch == 1, (catch >= 0) | ((catch == -1) & ~is_choice)

    def _interval_count(
        self, chunk: TableChunk, protocol_code: Int[np.ndarray, " rows"], is_catch: Bool[np.ndarray, " rows"]
    ) -> Int[np.ndarray, " rows"]:
        """Without such a column the protocol's own count holds."""
        declared = np.array([*(protocol.design.interval_count for protocol in self._protocols), 1])[protocol_code]
        is_choice = self._is_choice(protocol_code)
        count, column = declared, CATCH
        if self._columns.has_interval_count:
            column = INTERVAL_COUNT
            parse = partial(interval_count_from, highest=MAX_INTERVALS)
            count = self._parsed(chunk, INTERVAL_COUNT, parse, refused=-1)
            reason = f"is not a number of intervals. Allowed: 1 (yes/no) to {MAX_INTERVALS} (forced choice)."
            self._wrong(chunk, INTERVAL_COUNT, (count == 0) & is_choice, reason)
            reason = "intervals cannot be: this protocol plays one sound a trial. Allowed here: 1, n/a."
            self._wrong(chunk, INTERVAL_COUNT, (count > 1) & ~is_choice & (protocol_code >= 0), reason)
        if self._columns.has_catch:
            reason = "cannot be: a forced choice (interval_count 2 or more) has no catch trials."
            self._wrong(chunk, column, (count > 1) & is_choice & is_catch, reason)
        return np.asarray(np.where(count == 0, declared, count))

    def _parameters(
        self, chunk: TableChunk, protocol_code: Int[np.ndarray, " rows"]
    ) -> dict[str, Float[np.ndarray, " rows"]]:
        """The columns of stimuli, each of which a protocol has or has not."""
        present = self._columns.parameters
        for code, protocol in enumerate(self._protocols):
            needed = [column.name for column in stimulus_columns(protocol.stimulus.kind)]
            if not set(needed) <= set(present):
                reason = f"needs the columns {', '.join(needed)}, which this table does not have."
                self._wrong(chunk, "protocol", protocol_code == code, reason)
        columns = {}
        for name in present:
            values = self._parsed(chunk, name, _level, refused=np.inf).astype(np.float64)
            for code, protocol in enumerate(self._protocols):
                is_of = protocol_code == code
                if is_of.any():
                    is_wrong, reason = column_problem(ALL_COLUMNS[name], values, protocol)
                    self._wrong(chunk, name, is_of & is_wrong, reason)
            columns[name] = np.where(np.isinf(values), np.nan, values)
        return columns

    def _is_choice(self, protocol_code: Int[np.ndarray, " rows"]) -> Bool[np.ndarray, " rows"]:
        # The last entry is for the code -1 of an unknown protocol.
        is_choice = [*(protocol.task.is_choice for protocol in self._protocols), False]
        return np.asarray(np.array(is_choice)[protocol_code])

    def _check_levels(self, chunk: TableChunk, columns: RowValues, is_catch_known: Bool[np.ndarray, " rows"]) -> None:
        name, unit = self._columns.level.value, self._columns.level.unit
        low, high = LEVEL_LIMITS_DB
        cells = chunk.columns[name]
        is_absent = np.array([is_missing(text) for text in cells.texts])[cells.codes]
        with np.errstate(invalid="ignore"):
            is_outside = (columns.level_db < low) | (columns.level_db > high)
        self._wrong(chunk, name, is_outside, f"is outside what is allowed: {low:g} to {high:g} {unit}.")
        reason = (
            f"is not a level. Allowed: {low:g} to {high:g} {unit}; n/a only where the column catch says that nothing "
            "was played."
        )
        self._wrong(chunk, name, is_absent & ~columns.is_catch & is_catch_known, reason)
        reason = "is a level in a catch trial, in which nothing was played. Allowed here: n/a."
        self._wrong(chunk, name, ~is_absent & columns.is_catch, reason)

    def _check_per_protocol(self, chunk: TableChunk, columns: RowValues, response: Float[np.ndarray, " rows"]) -> None:
        for code, protocol in enumerate(self._protocols):
            is_of = columns.protocol_code == code
            if not is_of.any():
                continue
            low, high = protocol.frequency_range_hz
            frequency = columns.frequency_hz
            is_outside = is_of & ((frequency < low) | (frequency > high))
            reason = f"is outside the frequencies of {protocol.name}. Allowed: {low:g} to {high:g} Hz."
            self._wrong(chunk, "frequency_hz", is_outside, reason)
            is_unknown = is_of & ~np.isnan(response) & ~np.isin(response, protocol.response_values)
            reason = f"is not a response of {protocol.name}. Allowed: {_listed(protocol.response_values)}."
            self._wrong(chunk, "response", is_unknown, reason)

    def check_repetitions(self, columns: RowValues) -> None:
        """Each trial number once within listener, ear, session and protocol."""
        keys = (columns.trial, columns.protocol_code, columns.session_code, columns.ear_code, columns.listener_code)
        is_known = np.logical_and.reduce([key >= 0 for key in keys])
        order = np.lexsort((columns.line, *keys))
        is_same = np.logical_and.reduce([key[order[1:]] == key[order[:-1]] for key in keys])
        for position in np.flatnonzero(is_same & is_known[order[1:]]):
            trial, first = int(columns.trial[order[position]]), int(columns.line[order[position]])
            self.log.add(
                int(columns.line[order[position + 1]]),
                f"column trial: {trial} is there already (see {self.log.row_word} {first}) for this listener, ear, "
                "session and protocol. Each number may stand once; keep another run in another file.",
            )
            if self.log.is_full:
                break


def _ear_code(text: str) -> int | Refusal:
    ear = ear_from(text)
    return ear if isinstance(ear, Refusal) else EARS.index(ear)


def _code(known: dict[str, int], parse: Callable[[str], str | Refusal], text: str) -> int | Refusal:
    result = parse(text)
    return result if isinstance(result, Refusal) else known.setdefault(result, len(known))


def _level(text: str) -> float | Refusal:
    return np.nan if is_missing(text) else number_from(text)


def _listed(values: Sequence[int]) -> str:
    if len(values) <= _MAX_VALUES_NAMED:
        return ", ".join(map(str, values))
    return f"{', '.join(map(str, values[:3]))}, ..., {values[-1]}"
