"""Noise: its spectrum by Welch's method, its distribution by moments, both from scipy; and that seeds repeat it."""

import numpy as np
import pytest
from scipy.signal import welch
from scipy.stats import kstest

from hearfit.corpora.noise import NOISE_COLOURS, NoiseColour, stationary_noise
from hearfit.errors import InputError

RATE_HZ = 16_000.0
NUM_SAMPLES = 40 * 16_000


@pytest.fixture(params=NOISE_COLOURS)
def colour(request: pytest.FixtureRequest) -> NoiseColour:
    chosen: NoiseColour = request.param
    return chosen


def _noise(colour: NoiseColour, seed: int, num_samples: int = NUM_SAMPLES) -> np.ndarray:
    return stationary_noise(num_samples, colour=colour, sampling_rate_hz=RATE_HZ, generator=np.random.default_rng(seed))


def test_mean_is_zero_and_rms_one(colour: NoiseColour, seed: int) -> None:
    noise = _noise(colour, seed)
    assert abs(noise.mean()) < 1e-12
    assert noise.std() == pytest.approx(1.0, abs=1e-12)


def test_density_falls_as_its_colour_says(colour: NoiseColour, seed: int) -> None:
    """Slope of Welch's density over log frequency: 0 of white, -10 log10(2) = -3.01 dB an octave of pink noise."""
    frequency_hz, density = welch(_noise(colour, seed), RATE_HZ, nperseg=4096)
    is_inside = (frequency_hz > 200.0) & (frequency_hz < 7000.0)
    slope = np.polyfit(np.log2(frequency_hz[is_inside]), 10.0 * np.log10(density[is_inside]), 1)[0]
    assert slope == pytest.approx({"white": 0.0, "pink": -10.0 * np.log10(2.0)}[colour], abs=0.1)


def test_there_is_nothing_outside_the_band(colour: NoiseColour, seed: int) -> None:
    frequency_hz, density = welch(_noise(colour, seed), RATE_HZ, window=("kaiser", 14.0), nperseg=4096, detrend=False)
    is_outside = (frequency_hz < 50.0) | (frequency_hz > 7550.0)
    assert density[is_outside].max() < 1e-8 * density.max()


def test_pressure_is_gaussian(colour: NoiseColour, seed: int) -> None:
    # Every 40th sample: those of a band-limited noise depend on each other.
    assert kstest(_noise(colour, seed)[::40], "norm").pvalue > 1e-3


def test_a_seed_repeats_its_noise_and_another_one_does_not(colour: NoiseColour, seed: int) -> None:
    np.testing.assert_array_equal(_noise(colour, seed, 999), _noise(colour, seed, 999))
    assert abs(np.corrcoef(_noise(colour, seed), _noise(colour, seed + 1))[0, 1]) < 0.05


def test_an_impossible_band_and_too_short_a_noise_are_refused(rng: np.random.Generator) -> None:
    for num_samples, band_hz, reason in [
        (16_000, (100.0, 8_000.0), "does not fit between 0 and 8000 Hz"),
        (16_000, (0.0, 1_000.0), "does not fit"),
        (16_000, (500.0, 400.0), "does not fit"),
        (4, (100.0, 1_000.0), "too few"),
        (0, (100.0, 1_000.0), "too few"),
    ]:
        with pytest.raises(InputError, match=reason):
            stationary_noise(num_samples, colour="white", sampling_rate_hz=RATE_HZ, generator=rng, band_hz=band_hz)
