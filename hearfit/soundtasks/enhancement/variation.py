"""Variants of the noises for training: sixty clips are few, and a network learns them by heart.

A clip is played faster or slower, filtered by a random smooth curve, and sometimes joined by another clip. What that is
worth has not been measured with the settings of `design`.
"""

from typing import Final

import numpy as np
from jaxtyping import Float
from scipy.signal import resample_poly

from hearfit.soundtasks.enhancement.mixtures import Noises
from hearfit.training.settings import Settings

# Numerator and denominator of the factor by which a noise becomes longer.
_SPEEDS: Final = ((1, 1), (9, 10), (10, 9), (4, 5), (5, 4), (3, 4), (4, 3))
_CURVE_DEVIATION_DB: Final = 5.0
_CURVE_OCTAVES: Final = np.linspace(6.0, 13.0, 8)
_LOWEST_HZ: Final = 2.0 ** _CURVE_OCTAVES[0]
_PAIR_SHARE: Final = 0.4
_PAIR_RANGE_DB: Final = (-10.0, 5.0)


def variation_settings() -> Settings:
    """The constants of this module, which decide what a network is trained with."""
    return {
        "speeds": [f"{up}/{down}" for up, down in _SPEEDS],
        "deviation of the curve (dB)": _CURVE_DEVIATION_DB,
        "points of the curve (octaves re 1 Hz)": _CURVE_OCTAVES.tolist(),
        "share of pairs": _PAIR_SHARE,
        "level of the second noise (dB)": _PAIR_RANGE_DB,
    }


def varied_noise(
    noises: Noises, *, num_samples: int, sampling_rate_hz: int, generator: np.random.Generator
) -> tuple[Float[np.ndarray, " samples"], str]:
    """A variant of a random noise at an RMS of 1, and the name of its clip."""
    clip = _drawn_name(noises, generator)
    noise = _variant(noises[clip], num_samples, sampling_rate_hz, generator)
    if generator.random() < _PAIR_SHARE:
        other = _variant(noises[_drawn_name(noises, generator)], num_samples, sampling_rate_hz, generator)
        noise = _unit(noise + 10.0 ** (generator.uniform(*_PAIR_RANGE_DB) / 20.0) * other)
    return noise, clip


def _variant(
    noise: Float[np.ndarray, " _"], num_samples: int, sampling_rate_hz: int, generator: np.random.Generator
) -> Float[np.ndarray, " num_samples"]:
    up, down = _SPEEDS[generator.integers(len(_SPEEDS))]
    needed = -(-num_samples * down // up) + 1
    start = int(generator.integers(len(noise)))
    part = resample_poly(np.resize(np.roll(noise, -start), needed), up, down)[:num_samples]
    line_hz = np.fft.rfftfreq(num_samples, 1.0 / sampling_rate_hz)
    curve_db = generator.normal(0.0, _CURVE_DEVIATION_DB, len(_CURVE_OCTAVES))
    gain_db = np.interp(np.log2(np.maximum(line_hz, _LOWEST_HZ)), _CURVE_OCTAVES, curve_db)
    return _unit(np.fft.irfft(np.fft.rfft(part) * 10.0 ** (gain_db / 20.0), num_samples))


def _drawn_name(noises: Noises, generator: np.random.Generator) -> str:
    return sorted(noises)[generator.integers(len(noises))]


def _unit(noise: Float[np.ndarray, " samples"]) -> Float[np.ndarray, " samples"]:
    return np.asarray(noise / np.sqrt(np.mean(noise**2)))
