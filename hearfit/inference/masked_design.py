"""What a simulated session of tones in notched noise presents: levels about the listener's own masked thresholds."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from hearfit.audiology.retspl import reference_thresholds
from hearfit.experiment.excitation import notched_noise_masker
from hearfit.experiment.limits import MASKER_LEVEL_LIMITS_DB
from hearfit.experiment.protocol import Protocol, SessionDesign
from hearfit.experiment.stimulus_columns import MASKER_LEVEL, NOTCH_LOWER, NOTCH_UPPER
from hearfit.frontend.cochlea import cochlea_of
from hearfit.frontend.erb_scale import normal_erb_hz
from hearfit.frontend.filterbank import tone_power
from hearfit.inference.derived import masked_thresholds
from hearfit.listener.normal import AUDIOMETRIC_FREQUENCIES_HZ, NormalEar


@dataclass(frozen=True)
class Presented:
    """Every trial in the order of a design; a catch trial has NaN as its level, or as its signal."""

    frequency_hz: Float[np.ndarray, " trials"]
    level_db_hl: Float[np.ndarray, " trials"]
    parameters: Mapping[str, Float[np.ndarray, " trials"]]


def presented_in_noise(
    protocol: Protocol,
    position: Float[np.ndarray, " parameters"],
    thresholds_db_hl: Float[np.ndarray, " knots"],
    *,
    transducer: str | None,
    normal: NormalEar,
) -> Presented:
    """Trials of tones in notched noise; levels to the decibel. Call under `jax.enable_x64`.

    Args:
        protocol: of notched noise.
        position: the listener.
        thresholds_db_hl: the listener's thresholds in quiet at the audiometric frequencies.
        transducer: that of the session.
        normal: constants of the model.
    """
    design, edge = protocol.design, protocol.stimulus.noise_outer_edge
    assert edge is not None
    frequency_hz = np.array(design.frequency_hz)
    quiet_db_hl = np.interp(np.log(frequency_hz), np.log(AUDIOMETRIC_FREQUENCIES_HZ), thresholds_db_hl)
    masker_level = _masker_levels(frequency_hz, quiet_db_hl, design, transducer)
    num_notches = len(design.notches)
    maskers = np.stack(
        [
            10.0 ** (level / 10.0)
            * notched_noise_masker(float(f), notch, outer_edge=edge, transducer=transducer, normal=normal)
            for f, level in zip(frequency_hz, masker_level, strict=True)
            for notch in design.notches
        ]
    )
    tones = np.repeat(tone_power(cochlea_of(normal).bank, frequency_hz), num_notches, axis=0)
    threshold = masked_thresholds(position, tones, maskers, normal=normal)
    targets = np.repeat(np.round(threshold[:, None] + np.array(design.level_offsets_db)), design.repetitions, axis=1)
    catches = np.full((len(threshold), design.catch_trials), np.nan)
    level_db_hl = np.concatenate([targets, catches], axis=1)
    num_each = level_db_hl.shape[1]

    def of_each_trial(values: Float[np.ndarray, " sounds"]) -> Float[np.ndarray, " trials"]:
        return np.repeat(values, num_each)

    return Presented(
        frequency_hz=of_each_trial(np.repeat(frequency_hz, num_notches)),
        level_db_hl=level_db_hl.ravel(),
        parameters={
            MASKER_LEVEL: of_each_trial(np.repeat(masker_level, num_notches)),
            NOTCH_LOWER: of_each_trial(np.tile([notch.lower for notch in design.notches], len(frequency_hz))),
            NOTCH_UPPER: of_each_trial(np.tile([notch.upper for notch in design.notches], len(frequency_hz))),
        },
    )


def _masker_levels(
    frequency_hz: Float[np.ndarray, " targets"],
    quiet_db_hl: Float[np.ndarray, " targets"],
    design: SessionDesign,
    transducer: str | None,
) -> Float[np.ndarray, " targets"]:
    """Spectrum levels in dB SPL per hertz, to the decibel."""
    zero_db_hl = 0.0 if transducer is None else reference_thresholds(transducer).at(frequency_hz)
    within_filter_db_spl = quiet_db_hl + zero_db_hl + design.masker_level_offset_db
    wanted = within_filter_db_spl - 10.0 * np.log10(normal_erb_hz(frequency_hz))
    return np.clip(np.round(wanted), MASKER_LEVEL_LIMITS_DB[0], design.highest_masker_level_db_spl_per_hz)
