"""Signal-to-noise ratios, measured again by Welch's band power from scipy."""

import numpy as np
import pytest
from scipy.integrate import trapezoid
from scipy.signal import butter, sosfiltfilt, welch

from hearfit.corpora.mixing import in_band, mix
from hearfit.corpora.noise import NOISE_COLOURS, SPEECH_BAND_HZ, NoiseColour, stationary_noise
from hearfit.errors import InputError

RATE_HZ = 16_000.0
NUM_SAMPLES = 10 * 16_000


def _band_power(samples: np.ndarray, band_hz: tuple[float, float] = SPEECH_BAND_HZ) -> float:
    frequency_hz, density = welch(samples, RATE_HZ, nperseg=8192)
    is_inside = (frequency_hz >= band_hz[0]) & (frequency_hz <= band_hz[1])
    return float(trapezoid(density[is_inside], frequency_hz[is_inside]))


def _measured_snr_db(target: np.ndarray, noise: np.ndarray) -> float:
    return 10.0 * np.log10(_band_power(target) / _band_power(noise))


@pytest.fixture
def target(rng: np.random.Generator) -> np.ndarray:
    """Steady noise with formant-like colour, in pascal, so that all of it is active."""
    sos = butter(2, [300.0, 3_000.0], "bandpass", fs=RATE_HZ, output="sos")
    return 0.03 * np.asarray(sosfiltfilt(sos, rng.standard_normal(NUM_SAMPLES)))


@pytest.mark.parametrize("snr_db", [-10.0, 0.0, 12.5])
@pytest.mark.parametrize("colour", NOISE_COLOURS)
def test_band_powers_have_the_stated_ratio(
    target: np.ndarray, rng: np.random.Generator, colour: NoiseColour, snr_db: float
) -> None:
    noise = stationary_noise(NUM_SAMPLES, colour=colour, sampling_rate_hz=RATE_HZ, generator=rng)
    mixture = mix(target, noise, snr_db=snr_db, sampling_rate_hz=RATE_HZ)
    assert _measured_snr_db(mixture.target, mixture.noise) == pytest.approx(snr_db, abs=0.1)
    np.testing.assert_array_equal(mixture.target, target)
    np.testing.assert_array_equal(mixture.total, mixture.target + mixture.noise)


def test_power_outside_the_band_does_not_count(target: np.ndarray, rng: np.random.Generator) -> None:
    """Noise uniform on [0, 1) has 3/4 of its power at 0 Hz: by its whole power it would be 6 dB too quiet."""
    uniform = rng.uniform(size=NUM_SAMPLES)
    mixture = mix(target, uniform, snr_db=0.0, sampling_rate_hz=RATE_HZ)
    assert _measured_snr_db(mixture.target, mixture.noise) == pytest.approx(0.0, abs=0.1)
    by_whole_power_db = 10.0 * np.log10(np.mean(mixture.target**2) / np.mean(mixture.noise**2))
    assert by_whole_power_db == pytest.approx(-10.0 * np.log10(4.0) + 10.0 * np.log10(7_400.0 / 8_000.0), abs=0.2)


def test_silence_around_a_word_does_not_change_its_noise(target: np.ndarray, rng: np.random.Generator) -> None:
    noise = stationary_noise(2 * NUM_SAMPLES, colour="white", sampling_rate_hz=RATE_HZ, generator=rng)
    padded = np.concatenate([target, np.zeros(NUM_SAMPLES)])
    mixture = mix(padded, noise, snr_db=3.0, sampling_rate_hz=RATE_HZ)
    assert _measured_snr_db(target, mixture.noise) == pytest.approx(3.0, abs=0.1)


def test_the_band_is_cut_without_delay() -> None:
    seconds = np.arange(16_000) / RATE_HZ
    inside, outside = np.sin(2.0 * np.pi * 1_000.0 * seconds), np.sin(2.0 * np.pi * 50.0 * seconds)
    np.testing.assert_allclose(in_band(0.3 + inside + outside, sampling_rate_hz=RATE_HZ), inside, atol=1e-12)


def test_what_has_no_ratio_is_refused() -> None:
    seconds = np.arange(1_600) / RATE_HZ
    tone, rumble = np.sin(2.0 * np.pi * 1_000.0 * seconds), np.zeros(1_600)
    with pytest.raises(InputError, match="The noise has no power from 100 to 7500 Hz"):
        mix(tone, rumble, snr_db=0.0, sampling_rate_hz=RATE_HZ)
    with pytest.raises(InputError, match="The target has no power"):
        mix(rumble, tone, snr_db=0.0, sampling_rate_hz=RATE_HZ)
    with pytest.raises(InputError, match="has 1600 samples and the noise 10"):
        mix(tone, tone[:10], snr_db=0.0, sampling_rate_hz=RATE_HZ)
