"""Trial tables on disk: files to `Trials`, and back."""

import csv
import io
import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from hearfit.audiology.audiogram import Ear
from hearfit.audiology.retspl import reference_thresholds
from hearfit.errors import InputError
from hearfit.experiment.column_map import ColumnMap
from hearfit.experiment.limits import LEVEL_LIMITS_DB
from hearfit.experiment.mapped_table import MappedTable
from hearfit.experiment.protocol import Protocol
from hearfit.experiment.stimulus_columns import ALL_COLUMNS
from hearfit.experiment.trial_assembly import TrialSource, assemble_trials, transducer_problems
from hearfit.experiment.trial_cells import check_listener, check_session
from hearfit.experiment.trial_columns import LevelColumn, trial_columns
from hearfit.experiment.trial_table import checked_rows
from hearfit.experiment.trials import TrialBlock, Trials
from hearfit.storage.files import write_text
from hearfit.storage.table_files import open_table
from hearfit.storage.trial_sidecar import (
    TRANSDUCER_KEY,
    missing_transducer,
    read_sidecar,
    sidecar_path,
    transducer_of,
    unit_problems,
)

_WRITTEN_COLUMNS = (
    "listener",
    "ear",
    "session",
    "protocol",
    "trial",
    "frequency_hz",
    LevelColumn.DB_HL.value,
    "interval_count",
    "catch",
    "response",
)


def read_trials(
    paths: Sequence[Path],
    *,
    protocols: Sequence[Protocol],
    listener: str | None = None,
    ear: Ear | None = None,
    session: str | None = None,
    transducer: str | None = None,
    column_maps: Sequence[ColumnMap | None] = (),
) -> tuple[tuple[Trials, ...], tuple[str, ...]]:
    """The answers of one listener in one session, one `Trials` for each ear, left first; and warnings.

    Args:
        paths: trial tables (.tsv, .csv, .parquet), put together in this order.
        protocols: those that the tables may name; names must differ.
        listener: whose trials; needed where the tables hold several listeners.
        ear: which ear; None for each that has trials.
        session: which date; needed where an ear has several.
        transducer: id or alias of the reference thresholds; None where the sidecars name it or levels are in dB HL.
        column_maps: one for all tables, or one for each, None for a table that needs none; none where no table does.

    Raises:
        InputError: anything that the tables, sidecars or choices get wrong; the problems of all files at once.
    """
    maps = _check_arguments(paths, protocols, column_maps)
    sources: list[TrialSource] = []
    warnings: list[str] = []
    problems: list[str] = []
    for path, column_map in zip(paths, maps, strict=True):
        try:
            source, told = _read_source(path, column_map, protocols=protocols, transducer=transducer)
        except InputError as error:
            problems += error.problems
        else:
            sources.append(source)
            warnings += told
    if problems:
        raise InputError(list(dict.fromkeys(problems)))
    trials, told = assemble_trials(sources, listener=listener, ear=ear, session=session)
    return trials, (*warnings, *told)


def _check_arguments(
    paths: Sequence[Path], protocols: Sequence[Protocol], column_maps: Sequence[ColumnMap | None]
) -> Sequence[ColumnMap | None]:
    problems = []
    if not paths:
        problems.append("No trial table is given. Give at least one .tsv, .csv or .parquet file.")
    names = [protocol.name for protocol in protocols]
    problems += [
        f"There are two protocols named {name}. Give each its own name."
        for name in sorted({name for name in names if names.count(name) > 1})
    ]
    places = [path.absolute() for path in paths]
    problems += [
        f"{path}: is given more than once. Give each file once."
        for index, path in enumerate(paths)
        if places[index] in places[:index]
    ]
    if len(column_maps) > 1 and len(column_maps) != len(paths):
        problems.append(
            f"There are {len(column_maps)} column maps for {len(paths)} tables. Give one for all tables, or one for "
            "each in the same order."
        )
    if problems:
        raise InputError(problems)
    return column_maps if len(column_maps) == len(paths) else [*(column_maps or (None,))] * len(paths)


def _read_source(
    path: Path, column_map: ColumnMap | None, *, protocols: Sequence[Protocol], transducer: str | None
) -> tuple[TrialSource, tuple[str, ...]]:
    problems: list[str] = []
    with open_table(path) as table:
        names, mapped = table.names, None
        if column_map is not None:
            mapped = MappedTable(column_map, names=table.names, source=str(path), row_word=table.row_word)
            names = column_map.names
        try:
            columns = trial_columns(names, source=str(path))
        except InputError as error:
            hint = [] if column_map is not None else _hint(path, names)
            raise InputError([*error.problems, *hint]) from None
        reference = None
        try:
            sidecar = read_sidecar(path)
            problems += unit_problems(sidecar, columns.level)
            reference = transducer_of(sidecar, _transducer(column_map, transducer))
            if reference is None and columns.level is LevelColumn.DB_SPL:
                problems.append(missing_transducer(path, sidecar))
        except InputError as error:
            problems += error.problems
        chunks = table.chunks(columns.used) if mapped is None else mapped.chunks(table.chunks(mapped.source_columns))
        try:
            rows = checked_rows(
                chunks,
                columns=columns,
                num_cells=len(table.names),
                source=str(path),
                row_word=table.row_word,
                protocols=protocols,
            )
        except InputError as error:
            told = error.problems if mapped is None else mapped.problems(error.problems)
            raise InputError([*problems, *told]) from None
    if mapped is not None:
        problems += mapped.problems([])
    source = TrialSource(name=path.name, rows=rows, reference=reference)
    if problems := problems or transducer_problems(source):
        raise InputError(problems)
    return source, columns.warnings if mapped is None else mapped.warnings()


def _hint(path: Path, names: Sequence[str]) -> list[str]:
    """What helps where the header is that of a program that many people use."""
    is_psychopy = "psychopyVersion" in names or any(name.endswith((".thisN", ".thisTrialN")) for name in names)
    if not is_psychopy and not {"trial_type", "trial_index"} <= set(names):
        return []
    program = "PsychoPy" if is_psychopy else "jsPsych"
    return [f"{path}: looks like a table of {program}. Say with --columns what its columns mean."]


def _transducer(column_map: ColumnMap | None, given: str | None) -> str | None:
    """The transducer that a column map or the user names.

    Raises:
        InputError: it is unknown, or the two name different ones.
    """
    if column_map is None or column_map.transducer is None:
        return given
    try:
        told = reference_thresholds(column_map.transducer)
    except InputError as error:
        raise InputError([f"{column_map.source}: {problem}" for problem in error.problems]) from None
    if given is not None and (wanted := reference_thresholds(given)).id != told.id:
        raise InputError(
            f"{column_map.source} names the transducer {told.id}, but {wanted.id} was given. Correct one of them."
        )
    return told.id


def trial_table(*trials: Trials) -> str:
    """A trial table in TSV with levels in dB HL, which reads back to the same data.

    Raises:
        InputError: it would not: a listener's id, a session or a level is not allowed, a protocol is there twice, or
            trials of several files share numbers.
    """
    text = io.StringIO()
    # Quotes a listener's id that holds a quotation mark.
    writer = csv.writer(text, delimiter="\t", lineterminator="\n")
    parameters = _parameters(*trials)
    writer.writerow((*_WRITTEN_COLUMNS, *parameters))
    for each in trials:
        check_listener(each.listener)
        check_session(each.session)
        names = [block.protocol.name for block in each.blocks]
        if len(set(names)) < len(names):
            raise InputError(f"The trials of the {each.ear} ear hold a protocol twice: {', '.join(names)}.")
        for block in each.blocks:
            _check_block(block)
            head = (each.listener, each.ear.value, each.session, block.protocol.name)
            writer.writerows((*head, *row) for row in _rows(block, parameters))
    return text.getvalue()


def _parameters(*trials: Trials) -> tuple[str, ...]:
    """The columns of stimuli that any protocol of these trials has."""
    present = {name for each in trials for block in each.blocks for name in block.parameters}
    return tuple(name for name in ALL_COLUMNS if name in present)


def _check_block(block: TrialBlock) -> None:
    if np.unique(block.trial).size < block.trial.size:
        raise InputError(
            f"Trials of {block.protocol.name} share their numbers, because they come from several files. One table "
            "cannot hold them."
        )
    low, high = LEVEL_LIMITS_DB
    outside = block.level_db_hl[~block.is_catch & ~((block.level_db_hl >= low) & (block.level_db_hl <= high))]
    if outside.size:
        raise InputError(
            f"Trials of {block.protocol.name} have a level of {outside[0]:g} dB HL. Allowed in a table: {low:g} to "
            f"{high:g} dB HL."
        )


def _rows(block: TrialBlock, parameters: Sequence[str]) -> Iterator[tuple[str, ...]]:
    columns: list[Sequence[float | None]] = [
        block.trial.tolist(),
        block.frequency_hz.tolist(),
        [None if math.isnan(level) else level for level in block.level_db_hl.tolist()],
        block.interval_count.tolist(),
        block.is_catch.astype(int).tolist(),
        block.response.tolist(),
    ]
    nothing = [None] * len(block.trial)
    columns += [block.parameters[name].tolist() if name in block.parameters else nothing for name in parameters]
    for row in zip(*columns, strict=True):
        # str of a Python float is the shortest text that reads back to the same number.
        yield tuple("n/a" if cell is None else str(cell) for cell in row)


def trial_sidecar(*trials: Trials) -> str:
    """The JSON sidecar of `trial_table`, in the keys of BIDS.

    Raises:
        InputError: the trials were made with several transducers.
    """
    transducers = {each.transducer for each in trials}
    if len(transducers) > 1:
        raise InputError("The trials were made with several transducers. Write one table for each.")
    blocks = {block.protocol.name: block.protocol for each in trials for block in each.blocks}
    content: dict[str, str | dict[str, str | dict[str, str]]] = {
        "TaskName": "And".join(_camel_case(name) for name in sorted(blocks)),
        "listener": {"Description": "id of the listener"},
        "ear": {"Levels": {"left": "left ear", "right": "right ear"}},
        "session": {"Description": "date of the session", "Units": "year-month-day"},
        "protocol": {"Levels": {name: blocks[name].title for name in sorted(blocks)}},
        "trial": {"Description": "number of the trial within listener, ear, session and protocol"},
        "frequency_hz": {"Units": "Hz"},
        LevelColumn.DB_HL.value: {"Units": "dB HL", "Description": "n/a where nothing was played"},
        "interval_count": {"Description": "1: yes/no; m of 2 or more: forced choice among m intervals"},
        "catch": {"Levels": {"0": "a stimulus was played", "1": "nothing was played"}},
        "response": {"Description": "; ".join(_codes(blocks[name]) for name in sorted(blocks))},
    }
    for name in _parameters(*trials):
        column = ALL_COLUMNS[name]
        content[name] = {"Units": column.unit, "Description": f"{column.description}; n/a where there is none"}
    transducer = next(iter(transducers), None)
    if transducer is not None:
        content[TRANSDUCER_KEY] = transducer
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _camel_case(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


def _codes(protocol: Protocol) -> str:
    pairs = zip(protocol.response_values, protocol.response_labels, strict=True)
    return f"{protocol.name}: " + ", ".join(f"{value} {label}" for value, label in pairs)


def write_trials(path: Path, *trials: Trials) -> None:
    """Writes a trial table (.tsv) and the sidecar beside it.

    Raises:
        InputError: the path does not end in .tsv, or cannot be written, or the trials do not fit in one table.
    """
    if path.suffix.lower() != ".tsv":
        raise InputError(f"{path}: a trial table is written as .tsv. Give a path that ends in .tsv.")
    table, sidecar = trial_table(*trials), trial_sidecar(*trials)
    write_text(sidecar_path(path), sidecar)
    write_text(path, table)
