"""Variants of noises and talkers for training: sixty clips and the talkers of few languages are soon learned by heart.

A noise is played faster or slower, filtered by a random smooth curve, and sometimes joined by another clip. So is an
utterance, but for the other clip: with the speed its formants and its pitch move as those of a smaller or larger head.
"""

from typing import Final

import numpy as np
from jaxtyping import Float
from scipy.signal import resample_poly

from hearfit.soundtasks.enhancement.mixtures import Noises, Words, draw_utterance

# Numerator and denominator of the factor by which a sound becomes longer.
_NOISE_SPEEDS: Final = ((1, 1), (9, 10), (10, 9), (4, 5), (5, 4), (3, 4), (4, 3))
_SPEECH_SPEEDS: Final = ((1, 1), (14, 15), (15, 14), (7, 8), (8, 7), (5, 6), (6, 5))
_NOISE_CURVE_DB: Final = 5.0
_SPEECH_CURVE_DB: Final = 3.0
_CURVE_OCTAVES: Final = np.linspace(6.0, 13.0, 8)
_LOWEST_HZ: Final = 2.0 ** _CURVE_OCTAVES[0]
_PAIR_SHARE: Final = 0.4
_PAIR_RANGE_DB: Final = (-10.0, 5.0)


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


def varied_utterance(
    words: Words, *, num_samples: int, sampling_rate_hz: int, generator: np.random.Generator
) -> tuple[Float[np.ndarray, " samples"], str]:
    """A variant of an utterance of a random language at an RMS of 1, and which language."""
    up, down = _drawn_speed(_SPEECH_SPEEDS, generator)
    utterance, language = draw_utterance(words, _needed(num_samples, up, down), sampling_rate_hz, generator)
    part = resample_poly(utterance, up, down)[:num_samples]
    return _coloured(part, _SPEECH_CURVE_DB, sampling_rate_hz, generator), language


def _variant(
    noise: Float[np.ndarray, " _"], num_samples: int, sampling_rate_hz: int, generator: np.random.Generator
) -> Float[np.ndarray, " num_samples"]:
    up, down = _drawn_speed(_NOISE_SPEEDS, generator)
    start = int(generator.integers(len(noise)))
    part = resample_poly(np.resize(np.roll(noise, -start), _needed(num_samples, up, down)), up, down)[:num_samples]
    return _coloured(part, _NOISE_CURVE_DB, sampling_rate_hz, generator)


def _drawn_speed(speeds: tuple[tuple[int, int], ...], generator: np.random.Generator) -> tuple[int, int]:
    return speeds[generator.integers(len(speeds))]


def _needed(num_samples: int, up: int, down: int) -> int:
    """How many samples are played in the time of `num_samples`, rounded up."""
    return -(-num_samples * down // up) + 1


def _coloured(
    sound: Float[np.ndarray, " samples"], deviation_db: float, sampling_rate_hz: int, generator: np.random.Generator
) -> Float[np.ndarray, " samples"]:
    """The sound through a random smooth gain, at an RMS of 1."""
    line_hz = np.fft.rfftfreq(len(sound), 1.0 / sampling_rate_hz)
    curve_db = generator.normal(0.0, deviation_db, len(_CURVE_OCTAVES))
    gain_db = np.interp(np.log2(np.maximum(line_hz, _LOWEST_HZ)), _CURVE_OCTAVES, curve_db)
    return _unit(np.fft.irfft(np.fft.rfft(sound) * 10.0 ** (gain_db / 20.0), len(sound)))


def _drawn_name(noises: Noises, generator: np.random.Generator) -> str:
    return sorted(noises)[generator.integers(len(noises))]


def _unit(sound: Float[np.ndarray, " samples"]) -> Float[np.ndarray, " samples"]:
    return np.asarray(sound / np.sqrt(np.mean(sound**2)))
