"""Conditions as blocks of one fixed size for the compiled likelihood.

Every block of a task has the same shape whatever the session, so that one compiled program serves all sessions, and a
session with very many unique levels needs no more memory than one block at a time. Padding has zero counts.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Array, Float, Int, Shaped

from hearfit.experiment.conditions import Conditions
from hearfit.experiment.excitation import Excitation, excite
from hearfit.experiment.protocol import Task
from hearfit.frontend.cochlea import cochlea_of
from hearfit.frontend.integration import leaky_weights, with_steady_past
from hearfit.listener.normal import NormalEar
from hearfit.observer.detection import window_weights
from hearfit.observer.loudness import category_spline, normal_growth
from hearfit.observer.splines import MonotoneSpline

BLOCK_SIZE = 128
# Sessions of up to 16 stimuli with up to 16 frames, which is nearly all, have equal shapes.
_STIMULUS_STEP = 16
_FRAME_STEP = 16


class DetectionData(NamedTuple):
    """One block of yes/no and forced-choice conditions; counts are (not heard or wrong, heard or correct).

    Targets in quiet have a masker of gain 0, so that one program serves both. The first frame of each stimulus has no
    target: it stands for the time before, and for the masker alone.
    """

    power: Float[Array, "stimuli frames channels"]
    masker: Float[Array, "stimuli channels"]
    leak: Float[Array, "stimuli frames frames"]
    window: Float[Array, "stimuli frames frames"]
    stimulus: Int[Array, " conditions"]
    gain: Float[Array, " conditions"]
    masker_gain: Float[Array, " conditions"]
    is_played: Float[Array, " conditions"]
    interval_count: Float[Array, " conditions"]
    counts: Float[Array, "conditions 2"]


class CategoryData(NamedTuple):
    """One block of loudness conditions; the splines turn log total loudness into CU for each stimulus."""

    power: Float[Array, "stimuli frames channels"]
    leak: Float[Array, "stimuli frames frames"]
    duration_s: Float[Array, "stimuli frames"]
    spline: MonotoneSpline
    stimulus: Int[Array, " conditions"]
    gain: Float[Array, " conditions"]
    counts: Float[Array, "conditions categories"]


class FitData(NamedTuple):
    """Everything that the likelihood of one ear's session reads; no block where a task was not done."""

    detection: tuple[DetectionData, ...]
    num_detection: int
    categories: tuple[CategoryData, ...]
    num_categories: int


class _Padded(NamedTuple):
    power: Float[np.ndarray, "stimuli frames channels"]
    masker: Float[np.ndarray, "stimuli channels"]
    duration_s: Float[np.ndarray, "stimuli frames"]
    leak: Float[np.ndarray, "stimuli frames frames"]
    offset: tuple[int, ...]


def build_fit_data(conditions: Sequence[Conditions], *, transducer: str | None, normal: NormalEar) -> FitData:
    """Arrays in float64 for `conditions` of any number of protocols. Call under `jax.enable_x64`."""
    detection = [c for c in conditions if c.protocol.task is Task.DETECTION]
    categories = [c for c in conditions if c.protocol.task is Task.CATEGORICAL_LOUDNESS]
    return FitData(
        detection=_detection(detection, transducer, normal) if detection else (),
        num_detection=sum(len(c.counts) for c in detection),
        categories=_categories(categories, transducer, normal) if categories else (),
        num_categories=sum(len(c.counts) for c in categories),
    )


def _detection(
    conditions: Sequence[Conditions], transducer: str | None, normal: NormalEar
) -> tuple[DetectionData, ...]:
    padded = _pad_stimuli(conditions, transducer, normal, num_before=1)
    window = np.stack([window_weights(d, window_s=normal.detection_window_s) for d in padded.duration_s])
    past = np.stack([with_steady_past(weights) for weights in padded.leak])
    power, masker, leak, recent = jax.device_put((padded.power, padded.masker, past, window))
    columns = (
        _stimulus_rows(conditions, padded),
        _gains([c.level_db_hl for c in conditions]),
        _gains([_masker_levels(c) for c in conditions]),
        1.0 - np.concatenate([c.is_catch for c in conditions]),
        np.concatenate([c.interval_count for c in conditions]).astype(float),
        np.concatenate([c.counts for c in conditions]).astype(float),
    )
    fill = (0, 0.0, 0.0, 0.0, 1.0, 0.0)
    return tuple(DetectionData(power, masker, leak, recent, *block) for block in _blocks(columns, fill=fill))


def _categories(
    conditions: Sequence[Conditions], transducer: str | None, normal: NormalEar
) -> tuple[CategoryData, ...]:
    padded = _pad_stimuli(conditions, transducer, normal, num_before=0)
    power, leak, duration = jax.device_put((padded.power, padded.leak, padded.duration_s))
    growth = np.asarray(_normal_growths(power, duration, leak, normal=normal))
    frequencies = [stimulus.frequency_hz for c in conditions for stimulus in c.stimuli]
    splines = [category_spline(growth[i], frequency) for i, frequency in enumerate(frequencies)]
    splines += [splines[-1]] * (len(padded.power) - len(splines))
    spline = MonotoneSpline(*jax.device_put([np.stack(part) for part in zip(*splines, strict=True)]))
    columns = (
        _stimulus_rows(conditions, padded),
        _gains([c.level_db_hl for c in conditions]),
        np.concatenate([c.counts for c in conditions]).astype(float),
    )
    return tuple(CategoryData(power, leak, duration, spline, *block) for block in _blocks(columns, fill=(0, 0.0, 0.0)))


def _pad_stimuli(
    conditions: Sequence[Conditions], transducer: str | None, normal: NormalEar, *, num_before: int
) -> _Padded:
    """All stimuli on frames of one number, after `num_before` empty ones of no duration."""
    excitations: list[Excitation] = []
    offsets = []
    for group in conditions:
        offsets.append(len(excitations))
        excitations.extend(excite(group.stimuli, transducer=transducer, normal=normal))
    num_stimuli = _round_up(len(excitations), _STIMULUS_STEP)
    num_frames = _round_up(num_before + max(len(e.duration_s) for e in excitations), _FRAME_STEP)
    num_channels = excitations[0].power.shape[1]
    power = np.zeros((num_stimuli, num_frames, num_channels))
    masker = np.zeros((num_stimuli, num_channels))
    duration_s = np.zeros((num_stimuli, num_frames))
    # A padding stimulus must have a duration, or its time average would be 0/0.
    duration_s[len(excitations) :, num_before] = 1.0
    for i, excitation in enumerate(excitations):
        own = slice(num_before, num_before + len(excitation.duration_s))
        power[i, own], duration_s[i, own] = excitation.power, excitation.duration_s
        if excitation.masker is not None:
            masker[i] = excitation.masker
    leak = np.stack([leaky_weights(d, time_constant_s=normal.time_constant_s) for d in duration_s])
    return _Padded(power, masker, duration_s, leak, tuple(offsets))


@partial(jax.jit, static_argnames="normal")
def _normal_growths(
    power: Float[Array, "stimuli frames channels"],
    duration_s: Float[Array, "stimuli frames"],
    leak: Float[Array, "stimuli frames frames"],
    *,
    normal: NormalEar,
) -> Float[Array, "stimuli levels"]:
    cochlea = cochlea_of(normal)
    return jax.lax.map(lambda one: normal_growth(one[0], one[1], one[2], cochlea), (power, duration_s, leak))


def _stimulus_rows(conditions: Sequence[Conditions], padded: _Padded) -> Int[np.ndarray, " conditions"]:
    rows = [c.stimulus_index + offset for c, offset in zip(conditions, padded.offset, strict=True)]
    return np.concatenate(rows).astype(np.int32)


def _masker_levels(conditions: Conditions) -> Float[np.ndarray, " conditions"]:
    levels = conditions.masker_level_db_spl_per_hz
    return np.full(len(conditions.counts), np.nan) if levels is None else levels


def _gains(levels_db: Sequence[Float[np.ndarray, " _"]]) -> Float[np.ndarray, " conditions"]:
    """Power gains, 0 where there is no level."""
    level = np.concatenate(levels_db)
    return np.where(np.isnan(level), 0.0, 10.0 ** (np.nan_to_num(level) / 10.0))


def _round_up(count: int, step: int) -> int:
    return -(-count // step) * step


def _blocks(
    columns: Sequence[Shaped[np.ndarray, " conditions ..."]], *, fill: Sequence[float]
) -> Iterator[tuple[Shaped[Array, " block ..."], ...]]:
    """The columns cut into blocks of `BLOCK_SIZE` rows, the last one filled up."""
    for start in range(0, len(columns[0]), BLOCK_SIZE):
        parts = [column[start : start + BLOCK_SIZE] for column in columns]
        missing = BLOCK_SIZE - len(parts[0])
        yield tuple(
            jax.device_put(np.concatenate([part, np.full((missing, *part.shape[1:]), value, part.dtype)]))
            for part, value in zip(parts, fill, strict=True)
        )
