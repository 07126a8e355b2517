"""Narrowband noise: band limits, exact level, and the statistics of Gaussian noise."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearfit.stimuli.noise import narrowband_noise

RATE_HZ = 32_000.0
third_octave = partial(
    narrowband_noise, bandwidth_octaves=1.0 / 3.0, duration_s=1.0, rate_hz=RATE_HZ, level_db_spl=65.0, seed=3
)


@given(
    level_db_spl=st.floats(-20.0, 130.0),
    centre_hz=st.sampled_from([125.0, 1000.0, 8000.0]),
    seed=st.integers(0, 2**32 - 1),
)
def test_rms_in_pascal_of_every_token_is_the_level(level_db_spl: float, centre_hz: float, seed: int) -> None:
    # Truth: 0 dB SPL is 20 uPa RMS (ISO 1683:2015).
    noise = narrowband_noise(
        centre_hz=centre_hz,
        bandwidth_octaves=1.0 / 3.0,
        level_db_spl=level_db_spl,
        duration_s=0.25,
        ramp_s=0.0,
        rate_hz=RATE_HZ,
        seed=seed,
    )
    assert np.sqrt(np.mean(noise**2)) == pytest.approx(20e-6 * 10.0 ** (level_db_spl / 20.0), rel=1e-9)


@pytest.mark.parametrize("centre_hz", [250.0, 1000.0, 8000.0])
def test_nothing_lies_outside_the_third_octave(centre_hz: float) -> None:
    # Truth: band edges of IEC 61260-1, f 2^(-1/6) to f 2^(1/6), here 891 and 1122 Hz for 1 kHz.
    power = np.abs(np.fft.rfft(third_octave(centre_hz=centre_hz, ramp_s=0.0))) ** 2
    line_hz = np.fft.rfftfreq(round(RATE_HZ), 1.0 / RATE_HZ)
    inside = (line_hz >= centre_hz * 2.0 ** (-1 / 6)) & (line_hz <= centre_hz * 2.0 ** (1 / 6))
    assert power[~inside].max() < 1e-20 * power[inside].max()
    assert (power[inside] > 0.0).all()


def test_spectrum_is_flat_and_gaussian_within_the_band() -> None:
    # Truth: the power of a line of Gaussian noise is exponential: equal mean everywhere, SD equal to the mean.
    power = np.stack([np.abs(np.fft.rfft(third_octave(centre_hz=2000.0, ramp_s=0.0, seed=s))) ** 2 for s in range(60)])
    inside = power[:, 1790:2240]
    by_part = inside.reshape(60, 9, 50).mean(axis=(0, 2)) / inside.mean()
    # 3000 lines a part: standard error 1.8 %.
    np.testing.assert_allclose(by_part, 1.0, atol=0.075)
    assert inside.std() / inside.mean() == pytest.approx(1.0, abs=0.05)


def test_gating_takes_only_the_ramps_away() -> None:
    steady, gated = (third_octave(centre_hz=1000.0, ramp_s=ramp_s) for ramp_s in (0.0, 0.05))
    np.testing.assert_array_equal(gated[1600:-1600], steady[1600:-1600])
    assert gated[0] == 0.0


def test_the_seed_decides_the_token() -> None:
    first, again, other = (third_octave(centre_hz=1000.0, ramp_s=0.05, seed=seed) for seed in (7, 7, 8))
    np.testing.assert_array_equal(first, again)
    assert abs(np.corrcoef(first, other)[0, 1]) < 0.5


def test_a_band_beyond_half_the_rate_is_refused() -> None:
    with pytest.raises(ValueError, match=r"noise up to 16836\.\d Hz needs a sampling rate above 33673\.\d Hz"):
        third_octave(centre_hz=15_000.0, ramp_s=0.05)


def test_a_band_without_a_spectral_line_is_refused() -> None:
    with pytest.raises(ValueError, match=r"0\.02 s is too short for noise between"):
        third_octave(centre_hz=125.0, ramp_s=0.0, duration_s=0.02)


def test_ramps_longer_than_the_noise_are_refused() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        third_octave(centre_hz=1000.0, ramp_s=0.6)
