"""Detection of a moving ripple in a noise that has one, or none, in each interval: through cochlea and cortex."""

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from hearfit.experiment.conditions import Conditions
from hearfit.experiment.excitation import Stimulus
from hearfit.experiment.rippled_noise import ripple_gains, ripple_of, ripple_phase_rad, ripple_power
from hearfit.experiment.stimulus_columns import MODULATION_DEPTH
from hearfit.frontend.cochlea import Cochlea, internal_representation, relative_excitation
from hearfit.frontend.integration import periodic_leaky_weights
from hearfit.inference.ear_coordinates import ear_on_channels
from hearfit.inference.padded_stimuli import STIMULUS_STEP
from hearfit.inference.task_detection import answer_probabilities
from hearfit.inference.task_model import (
    CRITERION,
    LAPSE,
    SENSITIVITY,
    TASK_SENSITIVITY,
    Block,
    TaskData,
    TaskModel,
    in_blocks,
    joined_counts,
    joined_stimulus_rows,
    round_up,
)
from hearfit.listener.normal import NormalEar
from hearfit.observer.ripples import log_ripple_detectability, looks, scale_response

# Frames of one period. With four times as many, thresholds are lower by 0.1 dB of depth.
NUM_FRAMES = 16


class RippleSounds(NamedTuple):
    """One period of each stimulus in steady state; see `ripple_power`, `scale_response` and `looks`."""

    power: Float[Array, "stimuli 3 frames channels"]
    leak: Float[Array, "stimuli frames frames"]
    phase_rad: Float[Array, "stimuli frames"]
    response: Float[Array, "stimuli 2 channels log_channels"]
    num_looks: Float[Array, " stimuli"]


class RippleRow(NamedTuple):
    """One condition; `gains` hold its level and depth."""

    stimulus: Int[Array, "*conditions"]
    gains: Float[Array, "*conditions 3"]
    is_played: Float[Array, "*conditions"]
    interval_count: Float[Array, "*conditions"]


def ripple_data(conditions: Sequence[Conditions], *, transducer: str | None, normal: NormalEar) -> TaskData:
    """The conditions of protocols with moving ripples. Call under `jax.enable_x64`."""
    sounds = [_sounds_of(s, transducer=transducer, normal=normal) for group in conditions for s in group.stimuli]
    sounds += [sounds[0]] * (round_up(len(sounds), STIMULUS_STEP) - len(sounds))
    stacked = RippleSounds(*jax.device_put([np.stack(part) for part in zip(*sounds, strict=True)]))
    columns = (
        joined_stimulus_rows(conditions),
        np.concatenate([ripple_gains(group.level_db_hl, group.parameters[MODULATION_DEPTH]) for group in conditions]),
        1.0 - np.concatenate([group.is_catch for group in conditions]),
        np.concatenate([group.interval_count for group in conditions]).astype(float),
        joined_counts(conditions),
    )
    blocks = [
        Block(stacked, RippleRow(*row), counts) for *row, counts in in_blocks(columns, fill=(0, 0.0, 0.0, 1.0, 0.0))
    ]
    return TaskData(RIPPLE_DETECTION, tuple(blocks), len(columns[0]))


def _sounds_of(
    stimulus: Stimulus, *, transducer: str | None, normal: NormalEar
) -> tuple[Float[np.ndarray, "..."] | float, ...]:
    ripple, design = ripple_of(stimulus), stimulus.design
    # Half of each ramp: the ripple lasts from the middle of the first to the middle of the last.
    duration_s = design.duration_s - design.ramp_s
    return (
        ripple_power(ripple, NUM_FRAMES, transducer=transducer, normal=normal),
        periodic_leaky_weights(NUM_FRAMES, period_s=1.0 / abs(ripple.rate_hz), time_constant_s=normal.time_constant_s),
        ripple_phase_rad(ripple, NUM_FRAMES),
        scale_response(ripple.density_per_octave, normal=normal),
        looks(ripple.rate_hz, ripple.density_per_octave, duration_s, normal=normal),
    )


def ripple_evidence(
    coordinates: Float[Array, "curves channels"], sounds: RippleSounds, gains: Float[Array, " 3"], cochlea: Cochlea
) -> Float[Array, ""]:
    """Log d' of a ripple of one stimulus for a listener of ordinary sensitivity; leaves of `sounds` without stimuli."""
    ear = ear_on_channels(coordinates)
    # The expectation is positive; rounding is not where a trough is empty.
    power = jnp.maximum(jnp.tensordot(gains, sounds.power, axes=1), 0.0)
    return log_ripple_detectability(
        internal_representation(relative_excitation(power, sounds.leak, ear, cochlea), ear, cochlea),
        sounds.phase_rad,
        sounds.response,
        sounds.num_looks,
        sensitivity=cochlea.normal.sensitivity,
    )


def _evidence(
    coordinates: Float[Array, "curves channels"],
    _observer: Float[Array, " observer"],
    sounds: RippleSounds,
    row: RippleRow,
    cochlea: Cochlea,
) -> Float[Array, ""]:
    return ripple_evidence(coordinates, RippleSounds(*(part[row.stimulus] for part in sounds)), row.gains, cochlea)


def _probabilities(
    evidence: Float[Array, ""], observer: Float[Array, " observer"], row: RippleRow
) -> Float[Array, " responses"]:
    return answer_probabilities(
        evidence + observer[0] + observer[3],
        observer[1],
        jax.nn.sigmoid(observer[2]),
        row.is_played,
        row.interval_count,
    )


RIPPLE_DETECTION = TaskModel(
    name="moving ripples",
    observer=(SENSITIVITY, CRITERION, LAPSE, TASK_SENSITIVITY["spectro-temporal modulation"]),
    evidence=_evidence,
    probabilities=_probabilities,
)
