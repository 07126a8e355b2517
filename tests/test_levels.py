"""Levels against closed forms and the level of a standard sound calibrator."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearfit import levels
from hearfit.errors import InputError

LEVELS_DB = st.floats(min_value=-100.0, max_value=200.0)


def array(*values: float) -> np.ndarray:
    return np.array(values, dtype=float)


def test_one_pascal_is_the_94_db_of_a_sound_calibrator() -> None:
    # IEC 60942: calibrators give 94 dB, nominally 1 Pa; exactly 20 log10(1 / 20e-6) = 93.9794.
    np.testing.assert_allclose(levels.db_spl_from_pascal(array(20e-6, 1.0)), [0.0, 93.9794], atol=1e-4)
    np.testing.assert_allclose(levels.pascal_from_db_spl(array(0.0, 93.9794)), [20e-6, 1.0], rtol=1e-6)


def test_doubling_is_6_db_of_amplitude_and_3_db_of_power() -> None:
    # Trap: 10 log10 of an amplitude ratio halves every level.
    np.testing.assert_allclose(levels.decibels_from_amplitude_ratio(array(2.0, 10.0)), [6.0206, 20.0], atol=1e-4)
    np.testing.assert_allclose(levels.decibels_from_power_ratio(array(2.0, 10.0)), [3.0103, 10.0], atol=1e-4)
    np.testing.assert_allclose(levels.amplitude_ratio_from_decibels(array(6.0206, 20.0)), [2.0, 10.0], rtol=1e-5)
    np.testing.assert_allclose(levels.power_ratio_from_decibels(array(3.0103, 10.0)), [2.0, 10.0], rtol=1e-5)


def test_rms_of_a_sine_is_its_peak_over_root_two() -> None:
    phase = 2.0 * np.pi * np.arange(480) / 48.0
    waveforms = np.stack([np.sin(phase), 3.0 * np.sin(phase), np.full(480, -0.5)])
    np.testing.assert_allclose(levels.rms_pascal(waveforms), [np.sqrt(0.5), 3.0 * np.sqrt(0.5), 0.5])


def test_silence_has_a_level_of_minus_infinity() -> None:
    assert levels.db_spl_from_pascal(array(0.0))[0] == -np.inf
    assert levels.pascal_from_db_spl(array(-np.inf))[0] == 0.0


def test_sensation_level_is_the_height_above_the_own_threshold() -> None:
    level_db_spl = np.array([[60.0, 70.0], [80.0, 90.0]])
    threshold_db_spl = np.array([[10.0, 55.0]])
    sensation = levels.db_sl_from_db_spl(level_db_spl, threshold_db_spl=threshold_db_spl)
    np.testing.assert_array_equal(sensation, [[50.0, 15.0], [70.0, 35.0]])
    back = levels.db_spl_from_db_sl(sensation, threshold_db_spl=threshold_db_spl)
    np.testing.assert_array_equal(back, level_db_spl)


@given(LEVELS_DB)
def test_round_trips(level_db: float) -> None:
    level = np.asarray(level_db)
    there_and_back = [
        levels.db_spl_from_pascal(levels.pascal_from_db_spl(level)),
        levels.decibels_from_amplitude_ratio(levels.amplitude_ratio_from_decibels(level)),
        levels.decibels_from_power_ratio(levels.power_ratio_from_decibels(level)),
    ]
    np.testing.assert_allclose(there_and_back, level_db, atol=1e-9)


@pytest.mark.parametrize("pressure_pa", [-1.0, np.nan])
def test_what_is_not_a_magnitude_has_no_level(pressure_pa: float) -> None:
    with pytest.raises(InputError, match="is not a magnitude that has a level"):
        levels.db_spl_from_pascal(array(1.0, pressure_pa))


def test_an_empty_waveform_has_no_rms() -> None:
    with pytest.raises(InputError, match="0 samples"):
        levels.rms_pascal(np.zeros((2, 0)))
