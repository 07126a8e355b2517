"""Levels: sound pressure, decibels and ratios. The factor 20 belongs to amplitudes, the factor 10 to powers."""

import numpy as np
from jaxtyping import Float

from hearfit.errors import InputError

REFERENCE_PRESSURE_PA = 20e-6
"""RMS sound pressure of 0 dB SPL in air (ISO 1683:2015)."""


def decibels_from_amplitude_ratio(ratio: Float[np.ndarray, "*batch"]) -> Float[np.ndarray, "*batch"]:
    """Level of an amplitude (pressure, voltage) ratio in dB: 20 log10(ratio); -inf for 0.

    Raises:
        InputError: a ratio is negative or NaN.
    """
    return np.asarray(20.0 * _log10_of_ratio(ratio))


def decibels_from_power_ratio(ratio: Float[np.ndarray, "*batch"]) -> Float[np.ndarray, "*batch"]:
    """Level of a power (intensity, energy) ratio in dB: 10 log10(ratio); -inf for 0.

    Raises:
        InputError: a ratio is negative or NaN.
    """
    return np.asarray(10.0 * _log10_of_ratio(ratio))


def amplitude_ratio_from_decibels(level_db: Float[np.ndarray, "*batch"]) -> Float[np.ndarray, "*batch"]:
    """Amplitude ratio of a level: 10^(level / 20)."""
    return np.asarray(10.0 ** (level_db / 20.0))


def power_ratio_from_decibels(level_db: Float[np.ndarray, "*batch"]) -> Float[np.ndarray, "*batch"]:
    """Power ratio of a level: 10^(level / 10)."""
    return np.asarray(10.0 ** (level_db / 10.0))


def rms_pascal(pressure_pa: Float[np.ndarray, "*batch samples"]) -> Float[np.ndarray, "*batch"]:
    """Root-mean-square pressure over the last axis (all samples: cut silence before)."""
    if pressure_pa.shape[-1] == 0:
        raise InputError("The waveform has 0 samples, so it has no RMS pressure. It needs at least 1.")
    return np.asarray(np.sqrt(np.mean(np.square(pressure_pa), axis=-1)))


def db_spl_from_pascal(pressure_rms_pa: Float[np.ndarray, "*batch"]) -> Float[np.ndarray, "*batch"]:
    """Sound pressure level in dB SPL of an RMS pressure: 20 log10(p / 20 uPa); -inf for silence.

    Raises:
        InputError: a pressure is negative or NaN; an RMS never is.
    """
    return decibels_from_amplitude_ratio(np.asarray(pressure_rms_pa / REFERENCE_PRESSURE_PA))


def pascal_from_db_spl(level_db_spl: Float[np.ndarray, "*batch"]) -> Float[np.ndarray, "*batch"]:
    """RMS pressure in pascal of a sound pressure level; the peak of a pure tone is sqrt(2) times as much."""
    return np.asarray(REFERENCE_PRESSURE_PA * amplitude_ratio_from_decibels(level_db_spl))


def db_sl_from_db_spl(
    level_db_spl: Float[np.ndarray, "*batch"], *, threshold_db_spl: Float[np.ndarray, "*#batch"]
) -> Float[np.ndarray, "*batch"]:
    """Sensation level: how far a sound lies above this listener's own threshold for it."""
    return np.asarray(level_db_spl - threshold_db_spl)


def db_spl_from_db_sl(
    level_db_sl: Float[np.ndarray, "*batch"], *, threshold_db_spl: Float[np.ndarray, "*#batch"]
) -> Float[np.ndarray, "*batch"]:
    """Sound pressure level of a sound at a given height above this listener's own threshold for it."""
    return np.asarray(level_db_sl + threshold_db_spl)


def _log10_of_ratio(ratio: Float[np.ndarray, "*batch"]) -> Float[np.ndarray, "*batch"]:
    refused = ratio[~(ratio >= 0.0)]
    if refused.size:
        raise InputError(f"{refused.flat[0]} is not a magnitude that has a level. Ratios and RMS values are >= 0.")
    with np.errstate(divide="ignore"):
        return np.asarray(np.log10(ratio))
