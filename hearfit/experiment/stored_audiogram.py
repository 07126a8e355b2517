"""The thresholds of an audiogram as data of a fit: results of a procedure whose trials were not kept."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from hearfit.audiology.audiogram import Audiogram, Threshold
from hearfit.errors import InputError
from hearfit.experiment.limits import LEVEL_LIMITS_DB
from hearfit.experiment.protocol import Protocol, Task
from hearfit.experiment.trial_assembly import trials_sha256
from hearfit.experiment.trials import TrialBlock, Trials

_ABOVE, _FOUND = 0, 1


def with_stored_thresholds(
    trials: Trials, audiogram: Audiogram, protocol: Protocol, *, source: str
) -> tuple[Trials, tuple[str, ...]]:
    """The trials and, as further answers, the air-conduction thresholds of their ear; and what a reader must know.

    Args:
        trials: of one ear.
        audiogram: its listener is not compared with that of the trials.
        protocol: of stored thresholds of tones in quiet; says in which steps they were found.
        source: how the profile names the audiogram.

    Raises:
        InputError: the trials hold stored thresholds already, or the audiogram has none that the protocol allows.
    """
    procedure = protocol.procedure
    assert protocol.task is Task.STORED_THRESHOLD
    assert procedure is not None
    if any(block.protocol.task is Task.STORED_THRESHOLD for block in trials.blocks):
        raise InputError(
            f"The trials of the {trials.ear} ear hold stored thresholds already. Leave those of the audiogram out, so "
            "that none counts twice."
        )
    (low_hz, high_hz), (low_db, high_db) = protocol.frequency_range_hz, LEVEL_LIMITS_DB
    measured = audiogram.of(trials.ear)
    used = [
        each for each in measured if low_hz <= each.frequency_hz <= high_hz and low_db <= each.level_db_hl <= high_db
    ]
    if not used:
        raise InputError(
            f"{source}: has no air-conduction threshold of the {trials.ear} ear from {low_hz:g} to {high_hz:g} Hz, so "
            "none can be used as data."
        )
    blocks = (*trials.blocks, _block(used, protocol))
    blocks = tuple(sorted(blocks, key=lambda block: block.protocol.name))
    joined = replace(
        trials,
        blocks=blocks,
        source_names=(*trials.source_names, source),
        source_sha256=trials_sha256(
            blocks,
            listener=trials.listener,
            ear=trials.ear,
            session=trials.session,
            transducer=trials.transducer,
        ),
    )
    found = f"found in steps of {procedure.step_db:g} dB with a retest SD of {procedure.retest_sd_db:g} dB"
    told = [f"{source}: the thresholds of the {trials.ear} ear are used as data, as {found}."]
    if left := [f"{each.frequency_hz:g}" for each in measured if each not in used]:
        told.append(f"{source}: not used, being outside what {protocol.name} allows: {', '.join(left)} Hz.")
    if audiogram.date is not None and audiogram.date != trials.session:
        told.append(
            f"{source}: is of {audiogram.date}, the trials are of {trials.session}. Thresholds of another day differ "
            "by more than the retest SD of one visit."
        )
    return joined, tuple(told)


def _block(thresholds: Sequence[Threshold], protocol: Protocol) -> TrialBlock:
    size = len(thresholds)
    return TrialBlock(
        protocol=protocol,
        trial=np.arange(1, size + 1),
        frequency_hz=np.array([each.frequency_hz for each in thresholds], dtype=np.float64),
        level_db_hl=np.array([each.level_db_hl for each in thresholds], dtype=np.float64),
        interval_count=np.ones(size, dtype=np.int64),
        is_catch=np.zeros(size, dtype=np.bool_),
        response=np.array([_ABOVE if each.is_no_response else _FOUND for each in thresholds], dtype=np.int64),
    )
