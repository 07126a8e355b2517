"""Detection of a short probe after a masker, yes/no or forced choice: temporal masking curves."""

from collections.abc import Sequence
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Array, Float, Int

from hearfit.experiment.conditions import Conditions
from hearfit.experiment.excitation import masker_tone
from hearfit.experiment.stimulus_columns import GAP, TONE_MASKER_LEVEL
from hearfit.frontend.cochlea import Cochlea, cochlea_of
from hearfit.inference.ear_coordinates import ear_on_channels
from hearfit.inference.padded_stimuli import num_frames_used, padded_stimuli
from hearfit.inference.task_detection import answer_probabilities
from hearfit.inference.task_model import (
    CRITERION,
    LAPSE,
    RECOVERY_TIME,
    SENSITIVITY,
    TAIL_LEVEL,
    TASK_SENSITIVITY,
    Block,
    TaskData,
    TaskModel,
    in_blocks,
    joined_counts,
    joined_stimulus_rows,
    power_gains,
)
from hearfit.listener.normal import NormalEar
from hearfit.observer.detection import window_weights
from hearfit.observer.forward_masking import (
    ForwardMasker,
    Probe,
    Recovery,
    forward_masked_log_detectability,
    tail_share,
)


class ForwardMaskingSounds(NamedTuple):
    """A stimulus is a probe with its masker: the probe at 0 dB HL, the masker at 0 dB SPL."""

    probe: Probe
    masker: ForwardMasker


class ForwardMaskingRow(NamedTuple):
    """One condition."""

    stimulus: Int[Array, "*conditions"]
    gain: Float[Array, "*conditions"]
    masker_level_db_spl: Float[Array, "*conditions"]
    gap_s: Float[Array, "*conditions"]
    is_played: Float[Array, "*conditions"]
    interval_count: Float[Array, "*conditions"]


def forward_masking_data(conditions: Sequence[Conditions], *, transducer: str | None, normal: NormalEar) -> TaskData:
    """The conditions of forward masking. Call under `jax.enable_x64`."""
    sounds = forward_masking_sounds(conditions, transducer=transducer, normal=normal)
    columns = (
        joined_stimulus_rows(conditions),
        power_gains([c.level_db_hl for c in conditions]),
        np.concatenate([c.parameters[TONE_MASKER_LEVEL] for c in conditions]),
        np.concatenate([c.parameters[GAP] for c in conditions]) / 1000.0,
        1.0 - np.concatenate([c.is_catch for c in conditions]),
        np.concatenate([c.interval_count for c in conditions]).astype(float),
        joined_counts(conditions),
    )
    blocks = [
        Block(sounds, ForwardMaskingRow(*row), counts)
        for *row, counts in in_blocks(columns, fill=(0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0))
    ]
    return TaskData(FORWARD_MASKING, tuple(blocks), len(columns[0]))


def forward_masking_sounds(
    conditions: Sequence[Conditions], *, transducer: str | None, normal: NormalEar
) -> ForwardMaskingSounds:
    """What the conditions share. Call under `jax.enable_x64`."""
    cochlea = cochlea_of(normal)
    padded = padded_stimuli(conditions, transducer=transducer, normal=normal, num_before=0)
    stimuli = [stimulus for c in conditions for stimulus in c.stimuli]
    num_stimuli, _, num_channels = padded.power.shape
    masker_power, probe_share, masker_share = (np.zeros((num_stimuli, num_channels)) for _ in range(3))
    masker_level, duration_s = np.zeros(num_stimuli), np.ones(num_stimuli)
    for i, stimulus in enumerate(stimuli):
        masker_hz, masker_duration_s = stimulus.masker_frequency_hz, stimulus.design.masker_duration_s
        assert masker_hz is not None
        assert masker_duration_s is not None
        masker_power[i], masker_level[i] = masker_tone(masker_hz, transducer=transducer, normal=normal)
        probe_share[i], masker_share[i] = (tail_share(f, cochlea) for f in (stimulus.frequency_hz, masker_hz))
        duration_s[i] = masker_duration_s
    window = np.stack([window_weights(d, window_s=normal.detection_window_s) for d in padded.duration_s])
    middle_s = np.cumsum(padded.duration_s, axis=1) - 0.5 * padded.duration_s
    probe = (padded.power, padded.leak, window, middle_s, probe_share)
    masker = (masker_power, masker_level, duration_s, np.zeros(num_stimuli), masker_share)
    return ForwardMaskingSounds(Probe(*jax.device_put(probe)), ForwardMasker(*jax.device_put(masker)))


def forward_masking_evidence(
    coordinates: Float[Array, "curves channels"],
    observer: Float[Array, " observer"],
    sounds: ForwardMaskingSounds,
    row: ForwardMaskingRow,
    cochlea: Cochlea,
) -> Float[Array, ""]:
    """Log d' for a listener of normal sensitivity in quiet."""
    probe = jax.tree.map(lambda part: part[row.stimulus], sounds.probe)
    masker = jax.tree.map(lambda part: part[row.stimulus], sounds.masker)
    return forward_masked_log_detectability(
        probe._replace(power=row.gain * probe.power),
        masker._replace(
            power=10.0 ** (row.masker_level_db_spl / 10.0) * masker.power,
            level_db_hl=masker.level_db_hl + row.masker_level_db_spl,
            gap_s=row.gap_s,
        ),
        ear_on_channels(coordinates),
        Recovery(log_sensitivity=observer[3], log_time=observer[4], tail_level_db=observer[5]),
        cochlea,
    )


def _trimmed(sounds: ForwardMaskingSounds) -> ForwardMaskingSounds:
    probe = sounds.probe
    last = num_frames_used(np.asarray(probe.window))
    return sounds._replace(
        probe=probe._replace(
            power=probe.power[:, :last],
            leak=probe.leak[:, :last, :last],
            window=probe.window[:, :last, :last],
            middle_s=probe.middle_s[:, :last],
        )
    )


def _probabilities(
    evidence: Float[Array, ""], observer: Float[Array, " observer"], row: ForwardMaskingRow
) -> Float[Array, " responses"]:
    lapse = jax.nn.sigmoid(observer[2])
    return answer_probabilities(evidence + observer[0], observer[1], lapse, row.is_played, row.interval_count)


FORWARD_MASKING = TaskModel(
    name="forward masking",
    observer=(SENSITIVITY, CRITERION, LAPSE, TASK_SENSITIVITY["forward masking"], RECOVERY_TIME, TAIL_LEVEL),
    evidence=forward_masking_evidence,
    probabilities=_probabilities,
    trimmed=_trimmed,
)
