"""Categorical loudness: total loudness in categorical units, and the category that it falls into."""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from hearfit.experiment.conditions import Conditions
from hearfit.frontend.cochlea import Cochlea, cochlea_of
from hearfit.inference.ear_coordinates import ear_on_channels
from hearfit.inference.padded_stimuli import num_frames_used, padded_stimuli
from hearfit.inference.task_model import (
    BOUNDARIES,
    LAPSE,
    SPREAD,
    Block,
    TaskData,
    TaskModel,
    in_blocks,
    joined_counts,
    joined_stimulus_rows,
    power_gains,
)
from hearfit.listener.normal import NormalEar
from hearfit.listener.parameters import NUM_BOUNDARIES
from hearfit.observer.categories import category_probabilities, listener_boundaries
from hearfit.observer.loudness import category_spline, log_total_loudness, normal_growth
from hearfit.observer.splines import MonotoneSpline, evaluate_spline


class LoudnessSounds(NamedTuple):
    """The splines turn log total loudness into CU for each stimulus."""

    power: Float[Array, "stimuli frames channels"]
    leak: Float[Array, "stimuli frames frames"]
    duration_s: Float[Array, "stimuli frames"]
    spline: MonotoneSpline


class LoudnessRow(NamedTuple):
    """One condition."""

    stimulus: Int[Array, "*conditions"]
    gain: Float[Array, "*conditions"]


def loudness_data(conditions: Sequence[Conditions], *, transducer: str | None, normal: NormalEar) -> TaskData:
    """The conditions of categorical loudness. Call under `jax.enable_x64`."""
    padded = padded_stimuli(conditions, transducer=transducer, normal=normal, num_before=0)
    power, leak, duration = jax.device_put((padded.power, padded.leak, padded.duration_s))
    growth = np.asarray(_normal_growths(power, duration, leak, normal=normal))
    frequencies = [stimulus.frequency_hz for c in conditions for stimulus in c.stimuli]
    splines = [category_spline(growth[i], frequency) for i, frequency in enumerate(frequencies)]
    splines += [splines[-1]] * (len(padded.power) - len(splines))
    spline = MonotoneSpline(*jax.device_put([np.stack(part) for part in zip(*splines, strict=True)]))
    sounds = LoudnessSounds(power, leak, duration, spline)
    columns = (
        joined_stimulus_rows(conditions),
        power_gains([c.level_db_hl for c in conditions]),
        joined_counts(conditions),
    )
    blocks = [Block(sounds, LoudnessRow(*row), counts) for *row, counts in in_blocks(columns, fill=(0, 0.0, 0.0))]
    return TaskData(LOUDNESS, tuple(blocks), len(columns[0]))


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


def _evidence(
    coordinates: Float[Array, "curves channels"],
    _observer: Float[Array, " observer"],
    sounds: LoudnessSounds,
    row: LoudnessRow,
    cochlea: Cochlea,
) -> Float[Array, ""]:
    total = log_total_loudness(
        row.gain * sounds.power[row.stimulus],
        sounds.duration_s[row.stimulus],
        sounds.leak[row.stimulus],
        ear_on_channels(coordinates),
        cochlea,
    )
    return evaluate_spline(MonotoneSpline(*(part[row.stimulus] for part in sounds.spline)), total)


def _trimmed(sounds: LoudnessSounds) -> LoudnessSounds:
    last = num_frames_used(np.asarray(sounds.duration_s))
    return LoudnessSounds(
        power=sounds.power[:, :last],
        leak=sounds.leak[:, :last, :last],
        duration_s=sounds.duration_s[:, :last],
        spline=sounds.spline,
    )


def _probabilities(
    evidence: Float[Array, ""], observer: Float[Array, " observer"], _row: LoudnessRow
) -> Float[Array, " responses"]:
    return category_probabilities(
        evidence,
        boundaries_cu=listener_boundaries(observer[2:]),
        spread_cu=jnp.exp(observer[1]),
        lapse=jax.nn.sigmoid(observer[0]),
    )


LOUDNESS = TaskModel(
    name="loudness",
    observer=(LAPSE, SPREAD, *range(BOUNDARIES, BOUNDARIES + NUM_BOUNDARIES)),
    evidence=_evidence,
    probabilities=_probabilities,
    trimmed=_trimmed,
)
