"""Discrimination of a steady signal from a steady standard, yes/no or forced choice, at a fixed or a roved level."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from hearfit.experiment.conditions import Conditions
from hearfit.experiment.steady_pairs import signal_amounts, steady_pair
from hearfit.experiment.stimulus_columns import ROVE_RANGE
from hearfit.frontend.cochlea import Cochlea, internal_representation, relative_excitation
from hearfit.frontend.compression import NEPER_PER_DB
from hearfit.inference.ear_coordinates import ear_on_channels
from hearfit.inference.padded_stimuli import STIMULUS_STEP
from hearfit.inference.task_detection import answer_probabilities
from hearfit.inference.task_model import (
    CRITERION,
    LAPSE,
    OWN_SENSITIVITY,
    SENSITIVITY,
    TASK_SENSITIVITY,
    Block,
    TaskData,
    TaskModel,
    in_blocks,
    joined_counts,
    joined_stimulus_rows,
    power_gains,
    round_up,
)
from hearfit.listener.normal import NormalEar
from hearfit.observer.discrimination import (
    BROAD_GROWTH,
    log_ideal_discriminability,
    log_pooling_efficiency,
    rove_correlation,
)

# One program serves all: a condition weights these coordinates by 0 and 1.
_TASKS: Final = ("intensity discrimination", "profile analysis", "spectral ripple discrimination")
# Of a uniform distribution, in units of its range.
_SD_PER_RANGE = 1.0 / np.sqrt(12.0)


class DiscriminationSounds(NamedTuple):
    """Steady channel power of the standards at 0 dB HL, what a signal changes, and seconds within the window."""

    standard: Float[Array, "stimuli channels"]
    change: Float[Array, "stimuli channels"]
    window_s: Float[Array, " stimuli"]


class DiscriminationRow(NamedTuple):
    """One condition; `amount` of the change makes the signal, `task` picks the sensitivity in this task.

    `is_broad` is 1 for complexes and noises, 0 for a tone.
    """

    stimulus: Int[Array, "*conditions"]
    gain: Float[Array, "*conditions"]
    amount: Float[Array, "*conditions"]
    rove_sd_db: Float[Array, "*conditions"]
    task: Float[Array, "*conditions tasks"]
    is_broad: Float[Array, "*conditions"]
    is_played: Float[Array, "*conditions"]
    interval_count: Float[Array, "*conditions"]


def discrimination_data(conditions: Sequence[Conditions], *, transducer: str | None, normal: NormalEar) -> TaskData:
    """The conditions of discrimination protocols. Call under `jax.enable_x64`."""
    stimuli = [stimulus for group in conditions for stimulus in group.stimuli]
    pairs = [steady_pair(stimulus, transducer=transducer, normal=normal) for stimulus in stimuli]
    pairs += [pairs[0]] * (round_up(len(pairs), STIMULUS_STEP) - len(pairs))
    # As in detection: an exponential memory, read at the end of the sound.
    memory_s = normal.detection_window_s
    window_s = np.full(len(pairs), memory_s)
    window_s[: len(stimuli)] *= [-np.expm1(-stimulus.design.duration_s / memory_s) for stimulus in stimuli]
    sounds = DiscriminationSounds(
        *jax.device_put((np.stack([p.standard for p in pairs]), np.stack([p.change for p in pairs]), window_s))
    )
    tasks = [np.tile(_one_hot(group), (len(group.counts), 1)) for group in conditions]
    columns = (
        joined_stimulus_rows(conditions),
        power_gains([group.level_db_hl for group in conditions]),
        np.concatenate([signal_amounts(group) for group in conditions]),
        np.concatenate([_SD_PER_RANGE * group.parameters[ROVE_RANGE] for group in conditions]),
        np.concatenate(tasks),
        np.concatenate([np.full(len(c.counts), float(c.protocol.stimulus.kind.has_band)) for c in conditions]),
        1.0 - np.concatenate([group.is_catch for group in conditions]),
        np.concatenate([group.interval_count for group in conditions]).astype(float),
        joined_counts(conditions),
    )
    blocks = [
        Block(sounds, DiscriminationRow(*row), counts)
        for *row, counts in in_blocks(columns, fill=(0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0))
    ]
    return TaskData(DISCRIMINATION, tuple(blocks), len(columns[0]))


def discrimination_evidence(
    coordinates: Float[Array, "curves channels"],
    log_sensitivity: Float[Array, ""],
    standard: Float[Array, " channels"],
    change: Float[Array, " channels"],
    window_s: Float[Array, ""],
    rove_sd_db: Float[Array, ""],
    is_broad: Float[Array, ""],
    cochlea: Cochlea,
) -> Float[Array, ""]:
    """Log d' of `standard + change` against `standard`, both given as the channel power that was played.

    Noise and integration are those of detection: of a tone with a fixed level, d'^2 = window x channel spacing x sum of
    squared changes of the representation / sigma^2, times the squared sensitivity. Of broad sounds fewer channels
    decide.
    """
    ear, normal = ear_on_channels(coordinates), cochlea.normal

    def representation(power: Float[Array, " channels"]) -> Float[Array, " channels"]:
        return internal_representation(relative_excitation(power[None], None, ear, cochlea), ear, cochlea)[0]

    # Power grows by 2 NEPER_PER_DB of itself with each decibel.
    at_standard, growth_per_db = jax.jvp(representation, (standard,), (2.0 * NEPER_PER_DB * standard,))
    # The signal of a rippled noise may lie below the standard, and by rounding below nothing.
    at_signal = representation(jnp.maximum(standard + change, 0.0))
    precision = window_s * normal.spacing_cam * jnp.exp(2.0 * log_sensitivity) / normal.sensitivity**2
    difference = at_signal - at_standard
    correlation = rove_correlation(normal.spacing_cam)
    ideal = log_ideal_discriminability(difference, growth_per_db, precision, rove_sd_db, correlation)
    broad = BROAD_GROWTH * (ideal + log_pooling_efficiency(difference))
    return is_broad * broad + (1.0 - is_broad) * ideal


def _one_hot(conditions: Conditions) -> Float[np.ndarray, " tasks"]:
    return np.array([float(OWN_SENSITIVITY[conditions.protocol.stimulus.kind] == task) for task in _TASKS])


def _evidence(
    coordinates: Float[Array, "curves channels"],
    observer: Float[Array, " observer"],
    sounds: DiscriminationSounds,
    row: DiscriminationRow,
    cochlea: Cochlea,
) -> Float[Array, ""]:
    return discrimination_evidence(
        coordinates,
        observer[0] + row.task @ observer[3:],
        row.gain * sounds.standard[row.stimulus],
        row.gain * row.amount * sounds.change[row.stimulus],
        sounds.window_s[row.stimulus],
        row.rove_sd_db,
        row.is_broad,
        cochlea,
    )


def _probabilities(
    evidence: Float[Array, ""], observer: Float[Array, " observer"], row: DiscriminationRow
) -> Float[Array, " responses"]:
    return answer_probabilities(evidence, observer[1], jax.nn.sigmoid(observer[2]), row.is_played, row.interval_count)


DISCRIMINATION = TaskModel(
    name="discrimination",
    observer=(SENSITIVITY, CRITERION, LAPSE, *(TASK_SENSITIVITY[task] for task in _TASKS)),
    evidence=_evidence,
    probabilities=_probabilities,
)
