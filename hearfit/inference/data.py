"""Conditions as padded arrays for the compiled likelihood.

Sizes are rounded up so that sessions of similar size share one compiled program; padding has zero counts and
therefore no weight.
"""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Shaped

from hearfit.experiment.conditions import Conditions
from hearfit.experiment.excitation import Excitation, excite
from hearfit.experiment.protocol import Task
from hearfit.frontend.cochlea import cochlea_of
from hearfit.frontend.integration import leaky_weights
from hearfit.listener.normal import NormalEar
from hearfit.observer.detection import window_weights
from hearfit.observer.loudness import category_spline, normal_growth
from hearfit.observer.splines import MonotoneSpline

_STIMULUS_STEP = 8
_FRAME_STEP = 16
_CONDITION_STEP = 128


class DetectionData(NamedTuple):
    """Yes/no and forced-choice conditions; counts are (not heard or wrong, heard or correct)."""

    power: Float[Array, "stimuli frames channels"]
    leak: Float[Array, "stimuli frames frames"]
    window: Float[Array, "stimuli frames frames"]
    stimulus: Int[Array, " conditions"]
    gain: Float[Array, " conditions"]
    is_played: Float[Array, " conditions"]
    interval_count: Float[Array, " conditions"]
    counts: Float[Array, "conditions 2"]


class CategoryData(NamedTuple):
    """Categorical loudness conditions; the splines turn log total loudness into CU for each stimulus."""

    power: Float[Array, "stimuli frames channels"]
    leak: Float[Array, "stimuli frames frames"]
    duration_s: Float[Array, "stimuli frames"]
    spline: MonotoneSpline
    stimulus: Int[Array, " conditions"]
    gain: Float[Array, " conditions"]
    counts: Float[Array, "conditions categories"]


class FitData(NamedTuple):
    """Everything that the likelihood of one ear's session reads; None where a task was not done."""

    detection: DetectionData | None
    categories: CategoryData | None


class _Padded(NamedTuple):
    power: Float[np.ndarray, "stimuli frames channels"]
    duration_s: Float[np.ndarray, "stimuli frames"]
    leak: Float[np.ndarray, "stimuli frames frames"]
    offset: tuple[int, ...]


def build_fit_data(conditions: Sequence[Conditions], *, transducer: str | None, normal: NormalEar) -> FitData:
    """Arrays in float64 for `conditions` of any number of protocols. Call under `jax.enable_x64`."""
    detection = [c for c in conditions if c.protocol.task is Task.DETECTION]
    categories = [c for c in conditions if c.protocol.task is Task.CATEGORICAL_LOUDNESS]
    return FitData(
        detection=_detection(detection, transducer, normal) if detection else None,
        categories=_categories(categories, transducer, normal) if categories else None,
    )


def _detection(conditions: Sequence[Conditions], transducer: str | None, normal: NormalEar) -> DetectionData:
    padded = _pad_stimuli(conditions, transducer, normal)
    window = np.stack([window_weights(d, window_s=normal.detection_window_s) for d in padded.duration_s])
    is_catch = np.concatenate([c.is_catch for c in conditions])
    return DetectionData(
        power=jnp.asarray(padded.power),
        leak=jnp.asarray(padded.leak),
        window=jnp.asarray(window),
        stimulus=jnp.asarray(_pad(_stimulus_rows(conditions, padded))),
        gain=jnp.asarray(_pad(_gains(conditions))),
        is_played=jnp.asarray(_pad(1.0 - is_catch)),
        interval_count=jnp.asarray(
            _pad(np.concatenate([c.interval_count for c in conditions]).astype(float), fill=1.0)
        ),
        counts=jnp.asarray(_pad(np.concatenate([c.counts for c in conditions]).astype(float))),
    )


def _categories(conditions: Sequence[Conditions], transducer: str | None, normal: NormalEar) -> CategoryData:
    padded = _pad_stimuli(conditions, transducer, normal)
    growth = np.asarray(
        _normal_growths(
            jnp.asarray(padded.power), jnp.asarray(padded.duration_s), jnp.asarray(padded.leak), normal=normal
        )
    )
    frequencies = [stimulus.frequency_hz for c in conditions for stimulus in c.stimuli]
    splines = [category_spline(growth[i], frequency) for i, frequency in enumerate(frequencies)]
    splines += [splines[-1]] * (len(padded.power) - len(splines))
    return CategoryData(
        power=jnp.asarray(padded.power),
        leak=jnp.asarray(padded.leak),
        duration_s=jnp.asarray(padded.duration_s),
        spline=MonotoneSpline(*(jnp.asarray(np.stack(part)) for part in zip(*splines, strict=True))),
        stimulus=jnp.asarray(_pad(_stimulus_rows(conditions, padded))),
        gain=jnp.asarray(_pad(_gains(conditions))),
        counts=jnp.asarray(_pad(np.concatenate([c.counts for c in conditions]).astype(float))),
    )


def _pad_stimuli(conditions: Sequence[Conditions], transducer: str | None, normal: NormalEar) -> _Padded:
    excitations: list[Excitation] = []
    offsets = []
    for group in conditions:
        offsets.append(len(excitations))
        excitations.extend(excite(group.stimuli, transducer=transducer, normal=normal))
    num_stimuli = _round_up(len(excitations), _STIMULUS_STEP)
    num_frames = _round_up(max(len(e.duration_s) for e in excitations), _FRAME_STEP)
    num_channels = excitations[0].power.shape[1]
    power = np.zeros((num_stimuli, num_frames, num_channels))
    duration_s = np.zeros((num_stimuli, num_frames))
    # A padding stimulus must have a duration, or its time average would be 0/0.
    duration_s[len(excitations) :, 0] = 1.0
    for i, excitation in enumerate(excitations):
        count = len(excitation.duration_s)
        power[i, :count], duration_s[i, :count] = excitation.power, excitation.duration_s
    leak = np.stack([leaky_weights(d, time_constant_s=normal.time_constant_s) for d in duration_s])
    return _Padded(power, duration_s, leak, tuple(offsets))


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


def _gains(conditions: Sequence[Conditions]) -> Float[np.ndarray, " conditions"]:
    level = np.concatenate([c.level_db_hl for c in conditions])
    return np.where(np.isnan(level), 0.0, 10.0 ** (np.nan_to_num(level) / 10.0))


def _round_up(count: int, step: int) -> int:
    return -(-count // step) * step


def _pad(rows: Shaped[np.ndarray, "..."], fill: float = 0.0) -> Shaped[np.ndarray, "..."]:
    missing = _round_up(len(rows), _CONDITION_STEP) - len(rows)
    return np.concatenate([rows, np.full((missing, *rows.shape[1:]), fill, rows.dtype)])
