"""Detection of a target in quiet or in a steady masker, yes/no or forced choice."""

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from hearfit.experiment.conditions import Conditions
from hearfit.frontend.cochlea import Cochlea, internal_representation, relative_excitation
from hearfit.frontend.integration import with_steady_past
from hearfit.inference.ear_coordinates import ear_on_channels
from hearfit.inference.padded_stimuli import num_frames_used, padded_stimuli
from hearfit.inference.task_model import (
    CRITERION,
    LAPSE,
    MASKED_SENSITIVITY,
    SENSITIVITY,
    Block,
    TaskData,
    TaskModel,
    in_blocks,
    joined_counts,
    joined_stimulus_rows,
    power_gains,
)
from hearfit.listener.normal import NormalEar
from hearfit.observer.detection import log_detectability, probability_correct, probability_yes, window_weights


class DetectionSounds(NamedTuple):
    """The first frame of each stimulus has no target: it stands for the time before, and for the masker alone."""

    power: Float[Array, "stimuli frames channels"]
    masker: Float[Array, "stimuli channels"]
    leak: Float[Array, "stimuli frames frames"]
    window: Float[Array, "stimuli frames frames"]


class DetectionRow(NamedTuple):
    """One condition; a target in quiet has a masker of gain 0, so that one program serves both."""

    stimulus: Int[Array, "*conditions"]
    gain: Float[Array, "*conditions"]
    masker_gain: Float[Array, "*conditions"]
    is_played: Float[Array, "*conditions"]
    interval_count: Float[Array, "*conditions"]


def detection_evidence(
    coordinates: Float[Array, "curves channels"],
    log_masked_sensitivity: Float[Array, ""],
    power: Float[Array, "frames channels"],
    masker: Float[Array, " channels"],
    leak: Float[Array, "frames frames"],
    window: Float[Array, "frames frames"],
    gain: Float[Array, ""],
    masker_gain: Float[Array, ""],
    cochlea: Cochlea,
) -> Float[Array, ""]:
    """Log d' of a target in a steady masker against the masker alone, for a listener of normal sensitivity in quiet.

    A masker of gain 0 is silence. The power of the target adds to the masker's: their cross term has zero mean. The
    first frame has no target; it is the masker alone, as it has been all the time before.
    """
    ear = ear_on_channels(coordinates)
    together = relative_excitation(gain * power + masker_gain * masker[None, :], leak, ear, cochlea)
    representation = internal_representation(together, ear, cochlea)
    normal = cochlea.normal
    return log_detectability(
        representation,
        representation[:1],
        window,
        log_masked_sensitivity,
        spacing_cam=normal.spacing_cam,
        sensitivity=normal.sensitivity,
    )


def detection_sounds(conditions: Sequence[Conditions], *, transducer: str | None, normal: NormalEar) -> DetectionSounds:
    """The stimuli of all protocols, end to end. Call under `jax.enable_x64`."""
    padded = padded_stimuli(conditions, transducer=transducer, normal=normal, num_before=1)
    window = np.stack([window_weights(d, window_s=normal.detection_window_s) for d in padded.duration_s])
    past = np.stack([with_steady_past(weights) for weights in padded.leak])
    return DetectionSounds(*jax.device_put((padded.power, padded.masker, past, window)))


def detection_data(conditions: Sequence[Conditions], *, transducer: str | None, normal: NormalEar) -> TaskData:
    """The conditions of detection protocols. Call under `jax.enable_x64`."""
    sounds = detection_sounds(conditions, transducer=transducer, normal=normal)
    columns = (
        joined_stimulus_rows(conditions),
        power_gains([c.level_db_hl for c in conditions]),
        power_gains([masker_levels(c) for c in conditions]),
        1.0 - np.concatenate([c.is_catch for c in conditions]),
        np.concatenate([c.interval_count for c in conditions]).astype(float),
        joined_counts(conditions),
    )
    blocks = [
        Block(sounds, DetectionRow(*row), counts)
        for *row, counts in in_blocks(columns, fill=(0, 0.0, 0.0, 0.0, 1.0, 0.0))
    ]
    return TaskData(DETECTION, tuple(blocks), len(columns[0]))


def answer_probabilities(
    log_detectability: Float[Array, ""],
    criterion: Float[Array, ""],
    lapse: Float[Array, ""],
    is_played: Float[Array, ""],
    interval_count: Float[Array, ""],
) -> Float[Array, " responses"]:
    """Probabilities of (no or wrong, yes or correct); `is_played` is 0 in a catch trial, `interval_count` 1 yes/no."""
    detectability = is_played * jnp.exp(log_detectability)
    yes = probability_yes(detectability, criterion=criterion, lapse=lapse)
    correct = probability_correct(detectability, interval_count=interval_count, lapse=lapse)
    positive = jnp.where(interval_count > 1.0, correct, yes)
    return jnp.stack([1.0 - positive, positive])


def _evidence(
    coordinates: Float[Array, "curves channels"],
    observer: Float[Array, " observer"],
    sounds: DetectionSounds,
    row: DetectionRow,
    cochlea: Cochlea,
) -> Float[Array, ""]:
    return detection_evidence(
        coordinates,
        observer[3],
        sounds.power[row.stimulus],
        sounds.masker[row.stimulus],
        sounds.leak[row.stimulus],
        sounds.window[row.stimulus],
        row.gain,
        row.masker_gain,
        cochlea,
    )


def _probabilities(
    evidence: Float[Array, ""], observer: Float[Array, " observer"], row: DetectionRow
) -> Float[Array, " responses"]:
    lapse = jax.nn.sigmoid(observer[2])
    return answer_probabilities(evidence + observer[0], observer[1], lapse, row.is_played, row.interval_count)


def trimmed_sounds(sounds: DetectionSounds) -> DetectionSounds:
    """Without the frames at the end that no stimulus has."""
    last = num_frames_used(np.asarray(sounds.window))
    return DetectionSounds(
        power=sounds.power[:, :last],
        masker=sounds.masker,
        leak=sounds.leak[:, :last, :last],
        window=sounds.window[:, :last, :last],
    )


def masker_levels(conditions: Conditions) -> Float[np.ndarray, " conditions"]:
    """Spectrum levels of maskers, NaN in quiet."""
    levels = conditions.masker_level_db_spl_per_hz
    return np.full(len(conditions.counts), np.nan) if levels is None else levels


DETECTION = TaskModel(
    name="detection",
    observer=(SENSITIVITY, CRITERION, LAPSE, MASKED_SENSITIVITY),
    evidence=_evidence,
    probabilities=_probabilities,
    trimmed=trimmed_sounds,
)
