"""Medians and spreads against the conformance values of phonometry, and percentiles against the Gaussian."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearfit.audiology.age_norms import Sex, age_norm, age_percentiles
from hearfit.audiology.age_norms_table import FEMALE, MALE
from hearfit.audiology.audiogram import Ear
from hearfit.errors import InputError
from tests.audiology.example_ears import example_audiogram

FREQUENCY_HZ = tuple(row.frequency_hz for row in MALE)


def test_the_two_conformance_values() -> None:
    assert age_norm(4000.0, age_years=60, sex=Sex.MALE).median_db == pytest.approx(20.21, abs=0.005)
    assert age_norm(1000.0, age_years=60, sex=Sex.MALE).upper_spread_db == pytest.approx(10.15, abs=0.005)


@pytest.mark.parametrize(
    ("sex", "age_years", "medians_db"),
    [
        (Sex.MALE, 40, (1.6, 2.6, 4.5, 6.8)),
        (Sex.MALE, 60, (7.8, 12.5, 20.2, 30.4)),
        (Sex.MALE, 70, (13.4, 20.8, 33.2, 50.0)),
        (Sex.FEMALE, 40, (1.3, 1.7, 2.7, 4.8)),
        (Sex.FEMALE, 60, (7.9, 10.6, 15.3, 23.0)),
        (Sex.FEMALE, 70, (14.4, 19.3, 27.0, 38.8)),
    ],
)
def test_medians_at_1_2_4_and_8_khz(sex: Sex, age_years: float, medians_db: tuple[float, ...]) -> None:
    found = [age_norm(hz, age_years=age_years, sex=sex).median_db for hz in (1000.0, 2000.0, 4000.0, 8000.0)]
    assert found == pytest.approx(medians_db, abs=0.05)


@pytest.mark.parametrize(("age_years", "sex", "expected"), [(45, Sex.MALE, 4.0), (45, Sex.FEMALE, 3.0)])
def test_four_tone_means_agree_with_the_norms_of_another_project(age_years: float, sex: Sex, expected: float) -> None:
    # PRESAGE, ISO_7029_norms.csv, in steps of half a decibel.
    medians = [age_norm(hz, age_years=age_years, sex=sex).median_db for hz in (500.0, 1000.0, 2000.0, 4000.0)]
    assert sum(medians) / 4 == pytest.approx(expected, abs=0.25)


@pytest.mark.parametrize("sex", Sex)
@pytest.mark.parametrize("frequency_hz", FREQUENCY_HZ)
def test_norms_are_plausible_at_every_age(sex: Sex, frequency_hz: float) -> None:
    """A wrong digit of a coefficient makes a median fall with age, or a spread that no population has."""
    ages = range(18, 81 if frequency_hz <= 2000 else 71)
    norms = [age_norm(frequency_hz, age_years=age, sex=sex) for age in ages]
    medians = [norm.median_db for norm in norms]
    assert medians[0] == 0.0
    assert medians == sorted(medians)
    assert medians[-1] < 60.0
    assert all(2.5 < norm.upper_spread_db < 25.0 and 2.5 < norm.lower_spread_db < 25.0 for norm in norms)


@pytest.mark.parametrize("rows", [MALE, FEMALE])
def test_old_ears_lose_the_high_frequencies_first(rows: object) -> None:
    sex = Sex.MALE if rows is MALE else Sex.FEMALE
    medians = [age_norm(hz, age_years=70, sex=sex).median_db for hz in (1000.0, 2000.0, 4000.0, 8000.0)]
    assert medians == sorted(medians)


def test_percentiles_of_a_two_sided_gaussian() -> None:
    norm = age_norm(1000.0, age_years=60, sex=Sex.MALE)
    assert norm.percentile(norm.median_db) == pytest.approx(50.0)
    # One standard deviation: 84.134 % and 15.866 %.
    assert norm.percentile(norm.median_db + norm.upper_spread_db) == pytest.approx(84.134, abs=0.001)
    assert norm.percentile(norm.median_db - norm.lower_spread_db) == pytest.approx(15.866, abs=0.001)
    assert norm.level_db(90.0) == pytest.approx(norm.median_db + 1.2816 * norm.upper_spread_db, abs=0.001)


@given(
    frequency_hz=st.sampled_from(FREQUENCY_HZ),
    sex=st.sampled_from(Sex),
    age_years=st.floats(18.0, 70.0),
    percentile=st.floats(0.1, 99.9),
)
def test_level_and_percentile_are_inverse(frequency_hz: float, sex: Sex, age_years: float, percentile: float) -> None:
    norm = age_norm(frequency_hz, age_years=age_years, sex=sex)
    assert norm.percentile(norm.level_db(percentile)) == pytest.approx(percentile, abs=1e-6)


@pytest.mark.parametrize("percentile", [0.0, 100.0, -5.0, float("nan")])
def test_impossible_percentiles_are_refused(percentile: float) -> None:
    norm = age_norm(1000.0, age_years=60, sex=Sex.MALE)
    with pytest.raises(InputError, match="must lie between 0 and 100"):
        norm.level_db(percentile)


@pytest.mark.parametrize("age_years", [17.9, 80.1, -1.0, float("nan"), float("inf")])
def test_ages_outside_the_standard_are_refused(age_years: float) -> None:
    with pytest.raises(InputError, match="covers 18 to 80 years"):
        age_norm(1000.0, age_years=age_years, sex=Sex.MALE)
    with pytest.raises(InputError, match="covers 18 to 80 years"):
        age_percentiles(example_audiogram({1000: 20}), ear=Ear.LEFT, age_years=age_years, sex=Sex.MALE)


def test_above_2_khz_the_standard_ends_at_70_years() -> None:
    assert age_norm(2000.0, age_years=80, sex=Sex.MALE).median_db > 0
    assert age_norm(3000.0, age_years=70, sex=Sex.MALE).median_db > 0
    with pytest.raises(InputError, match=r"3000 Hz at 70\.5 years: Above 2000 Hz ISO 7029:2017 ends at 70 years\."):
        age_norm(3000.0, age_years=70.5, sex=Sex.MALE)


def test_frequencies_of_no_table_are_refused() -> None:
    with pytest.raises(InputError, match=r"375 Hz at 40 years: ISO 7029:2017 has values for 125, .*, 8000 Hz only\."):
        age_norm(375.0, age_years=40, sex=Sex.FEMALE)


def test_an_ear_is_answered_frequency_by_frequency() -> None:
    audiogram = example_audiogram({375: 10, 1000: 40, 4000: 60, 2000: ">90"})
    results = age_percentiles(audiogram, ear=Ear.LEFT, age_years=75, sex=Sex.FEMALE)
    assert [result.frequency_hz for result in results] == [375, 1000, 2000, 4000]
    no_table, known, bounded, too_old = results
    assert no_table.percentile is None
    assert known.percentile is not None
    assert 50.0 < known.percentile < 100.0
    assert bounded.is_at_least
    assert too_old.percentile is None
    assert too_old.reason == "Above 2000 Hz ISO 7029:2017 ends at 70 years."
    assert not age_percentiles(audiogram, ear=Ear.RIGHT, age_years=75, sex=Sex.FEMALE)
