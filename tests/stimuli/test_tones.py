"""Pure tones: calibrated level, frequency and ramps."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearfit.stimuli.ramps import raised_cosine_gate
from hearfit.stimuli.tones import pure_tone

RATE_HZ = 32_000.0


@given(level_db_spl=st.floats(-20.0, 130.0), frequency_hz=st.sampled_from([125.0, 250.0, 1000.0, 3000.0, 8000.0]))
def test_rms_in_pascal_of_whole_periods_is_the_level(level_db_spl: float, frequency_hz: float) -> None:
    # Truth: 0 dB SPL is 20 uPa RMS (ISO 1683:2015); 0.2 s hold whole periods of every frequency here.
    tone = pure_tone(frequency_hz=frequency_hz, level_db_spl=level_db_spl, duration_s=0.2, ramp_s=0.0, rate_hz=RATE_HZ)
    assert np.sqrt(np.mean(tone**2)) == pytest.approx(20e-6 * 10.0 ** (level_db_spl / 20.0), rel=1e-9)


def test_94_db_spl_is_one_pascal_rms_and_peaks_at_root_two() -> None:
    # Truth: the level of a pistonphone, 1 Pa = 93.979 dB SPL.
    tone = pure_tone(frequency_hz=1000.0, level_db_spl=93.9794, duration_s=0.1, ramp_s=0.0, rate_hz=RATE_HZ)
    assert np.sqrt(np.mean(tone**2)) == pytest.approx(1.0, rel=1e-5)
    assert tone.max() == pytest.approx(np.sqrt(2.0), rel=1e-5)


def test_all_energy_lies_at_the_frequency() -> None:
    # Truth: the discrete Fourier transform of whole periods of a sine has one line.
    tone = pure_tone(frequency_hz=1000.0, level_db_spl=60.0, duration_s=0.1, ramp_s=0.0, rate_hz=RATE_HZ)
    power = np.abs(np.fft.rfft(tone)) ** 2
    assert np.fft.rfftfreq(len(tone), 1.0 / RATE_HZ)[np.argmax(power)] == 1000.0
    assert power.max() / power.sum() == pytest.approx(1.0, abs=1e-12)


def test_ramps_multiply_the_steady_tone_and_keep_its_middle() -> None:
    gated, steady = (
        pure_tone(frequency_hz=500.0, level_db_spl=70.0, duration_s=0.2, ramp_s=ramp_s, rate_hz=RATE_HZ)
        for ramp_s in (0.03, 0.0)
    )
    np.testing.assert_allclose(
        gated, steady * raised_cosine_gate(duration_s=0.2, ramp_s=0.03, rate_hz=RATE_HZ), rtol=1e-12
    )
    np.testing.assert_array_equal(gated[960:5440], steady[960:5440])


@pytest.mark.parametrize("frequency_hz", [16_000.0, 20_000.0, 0.0, -100.0, float("nan")])
def test_frequencies_that_the_rate_cannot_carry_are_refused(frequency_hz: float) -> None:
    with pytest.raises(ValueError, match="needs a sampling rate above"):
        pure_tone(frequency_hz=frequency_hz, level_db_spl=60.0, duration_s=0.1, ramp_s=0.01, rate_hz=RATE_HZ)


def test_ramps_longer_than_the_tone_are_refused() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        pure_tone(frequency_hz=1000.0, level_db_spl=60.0, duration_s=0.1, ramp_s=0.06, rate_hz=RATE_HZ)
