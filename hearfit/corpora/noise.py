"""Stationary Gaussian noise: white and pink, seeded, without a mean, with nothing outside its band."""

from typing import Final, Literal, get_args

import numpy as np
from jaxtyping import Float

from hearfit.errors import InputError

NoiseColour = Literal["white", "pink"]
NOISE_COLOURS: Final[tuple[NoiseColour, ...]] = get_args(NoiseColour)

Band = tuple[float, float]

SPEECH_BAND_HZ: Final[Band] = (100.0, 7500.0)
"""Where signal-to-noise ratios are measured: the energy of speech below half of 16 kHz, without the rumble of rooms."""

# Power spectral density ~ 1 / f^exponent.
_EXPONENTS: Final[dict[NoiseColour, float]] = {"white": 0.0, "pink": 1.0}


def stationary_noise(
    num_samples: int,
    *,
    colour: NoiseColour,
    sampling_rate_hz: float,
    generator: np.random.Generator,
    band_hz: Band = SPEECH_BAND_HZ,
) -> Float[np.ndarray, " samples"]:
    """Gaussian noise with an RMS of exactly 1: white (flat density) or pink (-3.01 dB an octave) within the band.

    Its lines are independent complex Gaussian numbers, so its mean is exactly zero and it has no power outside the
    band: all of it lies where a signal-to-noise ratio is measured. It continues seamlessly from its end to its start.

    Raises:
        InputError: the band is empty, reaches half the sampling rate, or holds no line of so short a sound.
    """
    low_hz, high_hz = band_hz
    if not 0.0 < low_hz < high_hz < sampling_rate_hz / 2.0:
        raise InputError(
            f"A band from {low_hz:g} to {high_hz:g} Hz does not fit between 0 and {sampling_rate_hz / 2.0:g} Hz, half "
            f"the sampling rate. Give a lower and a higher edge within it."
        )
    line_hz = np.fft.rfftfreq(num_samples, 1.0 / sampling_rate_hz) if num_samples else np.zeros(0)
    is_in_band = (line_hz >= low_hz) & (line_hz <= high_hz)
    if not is_in_band.any():
        raise InputError(
            f"{num_samples} samples at {sampling_rate_hz:g} Hz are too few for noise from {low_hz:g} to {high_hz:g} Hz."
        )
    lines = generator.standard_normal((2, int(is_in_band.sum())))
    spectrum = np.zeros(len(line_hz), complex)
    spectrum[is_in_band] = (lines[0] + 1j * lines[1]) * line_hz[is_in_band] ** (-_EXPONENTS[colour] / 2.0)
    noise = np.fft.irfft(spectrum, num_samples)
    return np.asarray(noise / np.sqrt(np.mean(noise**2)))
