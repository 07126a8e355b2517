"""Wrong numbers that were met in public code, each with what is right: none of them can ship here unnoticed.

Of the eleven collected, two are about parts with tests of their own: left and right of the LOINC codes (4), and the
"or" in OSHA's standard threshold shift (10).
"""

import numpy as np
import pytest

from hearfit.audiology.age_norms import Sex, age_norm
from hearfit.audiology.audiogram import Ear
from hearfit.audiology.bisgaard import STANDARD_AUDIOGRAM_NAMES, standard_audiogram
from hearfit.audiology.grades import who_grade
from hearfit.audiology.retspl import reference_thresholds
from hearfit.levels import db_spl_from_pascal, decibels_from_amplitude_ratio, decibels_from_power_ratio


def level_of(name: str, frequency_hz: float) -> float:
    (threshold,) = [t for t in standard_audiogram(name).of(Ear.LEFT) if t.frequency_hz == frequency_hz]
    return threshold.level_db_hl


@pytest.mark.parametrize(
    ("average_db_hl", "who_2021", "mislabelled"),
    [
        (22.0, "mild", "normal"),
        (52.0, "moderately severe", "moderate"),
        (82.0, "profound", "severe"),
        (96.0, "complete or total", "profound"),
    ],
)
def test_1_limits_of_1991_labelled_who_2021(average_db_hl: float, who_2021: str, mislabelled: str) -> None:
    """PyPI audiogram 0.1.0 labels the limits 25, 40, 55, 70 and 90 dB as WHO 2021."""
    grade = who_grade(better_ear_average_db_hl=average_db_hl)
    assert grade == who_2021
    assert grade != mislabelled


def test_2_a_row_that_is_not_the_hda_200() -> None:
    """Row HDA200 of the qCLS repository; the standard's by openMHA."""
    circulating = (30.5, 18.0, 17.0, 16.5, 16.0, 16.0, 14.0, 16.0, 21.0, 15.5)
    standard = {250: 18, 500: 11, 750: 6, 1000: 5.5, 1500: 5.5, 2000: 4.5, 3000: 2.5, 4000: 9.5, 6000: 17, 8000: 17.5}
    frequency_hz = np.array([float(hz) for hz in standard])
    ours = reference_thresholds("HDA200").at(frequency_hz)
    assert ours.tolist() == list(standard.values())
    assert np.max(np.abs(ours - np.array(circulating))) == 12.5


def test_3_a_man_of_60_years_who_would_need_401_db() -> None:
    """A public "ISO 7029:2017 Table A.1" has 0.48 (Y - 18)^1.8 at 4 kHz; the conformance value is 20.21 dB."""
    circulating_db = 0.48 * (60 - 18) ** 1.8
    assert circulating_db == pytest.approx(401, abs=0.5)
    median_db = age_norm(4000.0, age_years=60, sex=Sex.MALE).median_db
    assert median_db == pytest.approx(20.21, abs=0.005)


@pytest.mark.parametrize("sex", Sex)
def test_3_no_median_is_one_that_an_audiometer_could_not_reach(sex: Sex) -> None:
    for frequency_hz in (125, 250, 500, 750, 1000, 1500, 2000, 3000, 4000, 6000, 8000):
        norm = age_norm(float(frequency_hz), age_years=70, sex=sex)
        assert 0.0 < norm.median_db < 60.0


def test_5_a_level_of_amplitudes_has_the_factor_20() -> None:
    """Pyclarity computed a level of amplitudes with 10 log10 (corrected in its pull request 296)."""
    assert decibels_from_amplitude_ratio(np.array(10.0)) == pytest.approx(20.0)
    assert decibels_from_power_ratio(np.array(10.0)) == pytest.approx(10.0)


def test_6_a_zero_lost_at_the_end_of_an_audiogram() -> None:
    """clarity_CC, issue 7: the mild audiogram ended with 5 dB HL instead of 50."""
    assert level_of("N2", 6000.0) == 50.0
    for name in STANDARD_AUDIOGRAM_NAMES:
        levels = [threshold.level_db_hl for threshold in standard_audiogram(name).of(Ear.RIGHT)]
        assert levels == sorted(levels)


@pytest.mark.parametrize(
    ("taken_for_1_db_spl", "source"),
    [(107.0, "CARFAC, RMS of 1"), (130.0, "FADE, RMS of full scale"), (100.0, "test files of ISO 532, full scale")],
)
def test_7_8_9_a_level_belongs_to_pascals_and_not_to_samples(taken_for_1_db_spl: float, source: str) -> None:
    """An RMS of 1 has a level only as pressure: 1 Pa is 93.98 dB SPL (20 log10(1 / 20e-6), ISO 1683)."""
    one_pascal_db_spl = float(db_spl_from_pascal(np.array(1.0)))
    assert one_pascal_db_spl == pytest.approx(93.979, abs=0.001)
    assert abs(one_pascal_db_spl - taken_for_1_db_spl) > 6.0, source


@pytest.mark.parametrize(("name", "right_db_hl", "wrong_db_hl"), [("N2", 45.0, 56.0), ("N4", 75.0, 76.0)])
def test_11_levels_at_4_khz_of_two_standard_audiograms(name: str, right_db_hl: float, wrong_db_hl: float) -> None:
    """BALaudiogram, classifyBisgaard10."""
    assert level_of(name, 4000.0) == right_db_hl != wrong_db_hl
