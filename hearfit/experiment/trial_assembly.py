"""Checked rows of several files become `Trials`, one for each ear of one listener in one session."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from hearfit.audiology.audiogram import Ear
from hearfit.audiology.retspl import ReferenceThresholds, db_hl_from_db_spl
from hearfit.errors import InputError
from hearfit.experiment.stimulus_columns import stimulus_columns
from hearfit.experiment.trial_cells import shown
from hearfit.experiment.trial_columns import LevelColumn
from hearfit.experiment.trial_table import EARS, RowValues, TrialRows
from hearfit.experiment.trials import TrialBlock, Trials

_MAX_NAMED = 10


@dataclass(frozen=True)
class TrialSource:
    """The rows of one file and the transducer they were played with, where it is known."""

    name: str
    rows: TrialRows
    reference: ReferenceThresholds | None


def transducer_problems(source: TrialSource) -> list[str]:
    """What stands between the levels of a file and hearing levels: an unknown transducer, or one without a value."""
    rows, reference = source.rows, source.reference
    if reference is None:
        return [
            f"{rows.source}: the protocol {protocol.name} needs the transducer, whatever the unit of the levels. Give "
            "it with --transducer or in the sidecar."
            for code, protocol in enumerate(rows.protocols)
            if protocol.is_transducer_required and (rows.values.protocol_code == code).any()
        ]
    if rows.level_column is LevelColumn.DB_HL:
        return []
    frequency = np.unique(rows.values.frequency_hz)
    low, high = reference.frequency_hz[0], reference.frequency_hz[-1]
    return [
        f"{rows.source}: column frequency_hz: {outside:g} is outside the reference thresholds of {reference.id}. "
        f"Allowed with this transducer: {low:g} to {high:g} Hz."
        for outside in frequency[(frequency < low) | (frequency > high)]
    ]


def assemble_trials(
    sources: Sequence[TrialSource], *, listener: str | None, ear: Ear | None, session: str | None
) -> tuple[tuple[Trials, ...], tuple[str, ...]]:
    """The trials of one listener, one `Trials` for each ear, left first, and warnings about files not used.

    Rows are in the order of the sources and, within one, of their trial numbers.

    Args:
        sources: checked files; at least one.
        listener: whose trials; None where all are of one listener.
        ear: which ear; None for each that has trials.
        session: which date; None where each ear has one.

    Raises:
        InputError: what was asked for is not there, or more than one listener or session is left.
    """
    chosen = _one_listener(sources, listener)
    ears = [each for each in EARS if any(_select(source, chosen, ear=each).any() for source in sources)]
    if ear is not None:
        if ear not in ears:
            raise InputError(f"Listener {shown(chosen)} has no trials of the {ear} ear, only of the {ears[0]} one.")
        ears = [ear]
    dates = {each: _dates(sources, chosen, ear=each) for each in ears}
    if session is not None:
        ears = [each for each in ears if session in dates[each]]
        if not ears:
            found = sorted(set[str]().union(*dates.values()))
            raise InputError(f"There are no trials of the session {shown(session)}. There are {_listed(found)}.")
    elif problems := [
        f"The {each} ear of listener {shown(chosen)} has trials of {len(dates[each])} sessions: "
        f"{_listed(dates[each])}. Fit one session at a time: choose it by its date with --session."
        for each in ears
        if len(dates[each]) > 1
    ]:
        raise InputError(problems)
    trials = tuple(_trials_of(sources, chosen, ear=each, session=session or dates[each][0]) for each in ears)
    used = {name for each in trials for name in each.source_names}
    warnings = tuple(
        f"{source.rows.source}: holds no trials of what was chosen, so it is not used."
        for source in sources
        if source.name not in used
    )
    return trials, warnings


def _one_listener(sources: Sequence[TrialSource], listener: str | None) -> str:
    found = sorted({each for source in sources for each in source.rows.listeners})
    if listener is not None:
        if listener not in found:
            raise InputError(f"There are no trials of listener {shown(listener)}. There are {_listed(found)}.")
        return listener
    if len(found) > 1:
        files = ", ".join(source.rows.source for source in sources)
        raise InputError(
            f"{files}: there are trials of {len(found)} listeners: {_listed(found)}. Choose one of them with "
            "--listener."
        )
    return found[0]


def _listed(names: Sequence[str]) -> str:
    hidden = len(names) - _MAX_NAMED
    return ", ".join(names[:_MAX_NAMED]) + (f" and {hidden} more" if hidden > 0 else "")


def _select(source: TrialSource, listener: str, *, ear: Ear, session: str | None = None) -> Bool[np.ndarray, " rows"]:
    rows = source.rows
    if listener not in rows.listeners or (session is not None and session not in rows.sessions):
        return np.zeros(rows.values.line.shape, bool)
    is_chosen = rows.values.listener_code == rows.listeners.index(listener)
    is_chosen &= rows.values.ear_code == EARS.index(ear)
    if session is not None:
        is_chosen &= rows.values.session_code == rows.sessions.index(session)
    return np.asarray(is_chosen)


def _dates(sources: Sequence[TrialSource], listener: str, *, ear: Ear) -> list[str]:
    return sorted(
        {
            source.rows.sessions[code]
            for source in sources
            for code in np.unique(source.rows.values.session_code[_select(source, listener, ear=ear)])
        }
    )


def _trials_of(sources: Sequence[TrialSource], listener: str, *, ear: Ear, session: str) -> Trials:
    blocks: dict[str, list[TrialBlock]] = {}
    references: dict[str, str] = {}
    names: list[str] = []
    seen: dict[str, str] = {}
    for source in sources:
        is_chosen = _select(source, listener, ear=ear, session=session)
        if not is_chosen.any():
            continue
        parts = _blocks(source, is_chosen)
        digest = _sha256(parts, header=[])
        if digest in seen:
            raise InputError(
                f"{seen[digest]} and {source.rows.source} hold the same trials of the {ear} ear. Give each run once."
            )
        seen[digest] = source.rows.source
        names.append(source.name)
        if source.reference is not None:
            references.setdefault(source.reference.id, source.rows.source)
        for part in parts:
            blocks.setdefault(part.protocol.name, []).append(part)
    if len(references) > 1:
        told = ", ".join(f"{name} in {where}" for name, where in references.items())
        raise InputError(f"The trials of the {ear} ear were made with several transducers ({told}). Fit one at a time.")
    transducer = next(iter(references), None)
    joined = tuple(_joined(blocks[name]) for name in sorted(blocks))
    return Trials(
        listener=listener,
        ear=ear,
        session=session,
        transducer=transducer,
        blocks=joined,
        source_names=tuple(names),
        source_sha256=trials_sha256(joined, listener=listener, ear=ear, session=session, transducer=transducer),
    )


def _blocks(source: TrialSource, is_chosen: Bool[np.ndarray, " rows"]) -> list[TrialBlock]:
    values = source.rows.values
    level_db_hl = _level_db_hl(values, source)
    blocks = []
    for code, protocol in enumerate(source.rows.protocols):
        index = np.flatnonzero(is_chosen & (values.protocol_code == code))
        if index.size:
            index = index[np.argsort(values.trial[index], kind="stable")]
            blocks.append(
                TrialBlock(
                    protocol=protocol,
                    trial=values.trial[index],
                    frequency_hz=values.frequency_hz[index],
                    level_db_hl=level_db_hl[index],
                    interval_count=values.interval_count[index].astype(np.int64),
                    is_catch=values.is_catch[index],
                    response=values.response[index],
                    parameters={
                        column.name: values.parameters[column.name][index]
                        for column in stimulus_columns(protocol.stimulus.kind)
                    },
                )
            )
    return blocks


def _level_db_hl(values: RowValues, source: TrialSource) -> Float[np.ndarray, " rows"]:
    if source.rows.level_column is LevelColumn.DB_HL:
        return values.level_db
    assert source.reference is not None
    return db_hl_from_db_spl(values.level_db, frequency_hz=values.frequency_hz, reference=source.reference)


def _joined(blocks: Sequence[TrialBlock]) -> TrialBlock:
    return TrialBlock(
        protocol=blocks[0].protocol,
        trial=np.concatenate([block.trial for block in blocks]),
        frequency_hz=np.concatenate([block.frequency_hz for block in blocks]),
        level_db_hl=np.concatenate([block.level_db_hl for block in blocks]),
        interval_count=np.concatenate([block.interval_count for block in blocks]),
        is_catch=np.concatenate([block.is_catch for block in blocks]),
        response=np.concatenate([block.response for block in blocks]),
        parameters={
            name: np.concatenate([block.parameters[name] for block in blocks]) for name in blocks[0].parameters
        },
    )


def trials_sha256(
    blocks: Sequence[TrialBlock], *, listener: str, ear: Ear, session: str, transducer: str | None
) -> str:
    """SHA-256 of the data of one ear as a fit uses them: levels in dB HL, rows sorted by their content.

    So it does not depend on the bytes, names, number or order of the files, nor on what they hold of other ears.
    """
    return _sha256(blocks, header=[listener, ear.value, session, transducer])


def _sha256(blocks: Sequence[TrialBlock], *, header: Sequence[str | None]) -> str:
    digest = hashlib.sha256(json.dumps(["hearfit trials 1", *header]).encode())
    for block in sorted(blocks, key=lambda block: block.protocol.name):
        digest.update(json.dumps([block.protocol.name, len(block.trial)]).encode())
        # Adding zero makes -0.0 and 0.0 the same bytes.
        level = np.where(block.is_catch, 0.0, block.level_db_hl) + 0.0
        columns = [block.trial, block.frequency_hz, level, block.interval_count, block.is_catch, block.response]
        columns += [values + 0.0 for values in block.parameters.values()]
        order = np.lexsort(columns)
        for column in columns:
            kind = "<f8" if column.dtype.kind == "f" else "<i8"
            digest.update(np.ascontiguousarray(column[order], dtype=kind).data)
    return digest.hexdigest()
