"""The ten standard audiograms, their averages and their grades (Bisgaard, Vlaming & Dahlquist 2010)."""

from itertools import pairwise

import pytest

from hearfit.audiology.audiogram import Conduction, Ear
from hearfit.audiology.averages import PTA3_FREQUENCY_HZ, PTA4_FREQUENCY_HZ, better_ear_average, pure_tone_average
from hearfit.audiology.bisgaard import (
    STANDARD_AUDIOGRAM_NAMES,
    is_standard_audiogram_name,
    nearest_standard,
    standard_audiogram,
)
from hearfit.audiology.grades import clark_grade, who_grade
from hearfit.errors import InputError
from tests.audiology.example_ears import Levels, example_audiogram

# Name, average over 0.5, 1, 2 and 4 kHz, WHO 2021 grade of it, average over 0.5, 1 and 2 kHz, Clark grade of that.
GRADES = [
    ("N1", 16.25, "normal", 11.67, "normal"),
    ("N2", 31.25, "mild", 26.67, "mild"),
    ("N3", 46.25, "moderate", 41.67, "moderate"),
    ("N4", 62.5, "moderately severe", 58.33, "moderately severe"),
    ("N5", 76.25, "severe", 75.0, "severe"),
    ("N6", 88.75, "profound", 85.0, "severe"),
    ("N7", 102.5, "complete or total", 101.67, "profound"),
    ("S1", 22.5, "mild", 11.67, "normal"),
    ("S2", 48.75, "moderate", 33.33, "mild"),
    ("S3", 62.5, "moderately severe", 56.67, "moderately severe"),
]


@pytest.mark.parametrize(("name", "pta4", "who", "pta3", "clark"), GRADES)
def test_averages_and_grades(name: str, pta4: float, who: str, pta3: float, clark: str) -> None:
    audiogram = standard_audiogram(name)
    for ear in Ear:
        average3 = pure_tone_average(audiogram, ear=ear, frequency_hz=PTA3_FREQUENCY_HZ).level_db_hl
        assert average3 == pytest.approx(pta3, abs=0.005)
        assert average3 is not None
        assert clark_grade(average_db_hl=average3) == clark
    average4 = better_ear_average(audiogram, frequency_hz=PTA4_FREQUENCY_HZ).level_db_hl
    assert average4 == pta4
    assert who_grade(better_ear_average_db_hl=average4) == who


def test_every_standard_audiogram_is_graded_above() -> None:
    assert tuple(name for name, *_ in GRADES) == STANDARD_AUDIOGRAM_NAMES


@pytest.mark.parametrize(("name", "level_db_hl"), [("N2", 45.0), ("N4", 75.0)])
def test_the_two_levels_at_4_khz_that_circulate_wrongly(name: str, level_db_hl: float) -> None:
    # BALaudiogram has 56 and 76.
    (at_4_khz,) = [t for t in standard_audiogram(name).of(Ear.LEFT) if t.frequency_hz == 4000.0]
    assert at_4_khz.level_db_hl == level_db_hl


def test_both_ears_are_the_same_and_by_air() -> None:
    audiogram = standard_audiogram("s2")
    assert audiogram.listener == "S2"
    left, right = audiogram.of(Ear.LEFT), audiogram.of(Ear.RIGHT)
    assert [t.frequency_hz for t in left] == [250, 375, 500, 750, 1000, 1500, 2000, 3000, 4000, 6000]
    assert [t.level_db_hl for t in left] == [20, 20, 20, 22.5, 25, 35, 55, 75, 95, 95]
    assert [t.level_db_hl for t in right] == [t.level_db_hl for t in left]
    assert not audiogram.of(Ear.LEFT, Conduction.BONE)


def test_losses_never_fall_with_frequency_and_grow_with_the_number() -> None:
    flat = [[t.level_db_hl for t in standard_audiogram(f"N{number}").of(Ear.LEFT)] for number in range(1, 8)]
    for levels in flat:
        assert levels == sorted(levels)
    for milder, worse in pairwise(flat):
        assert all(low <= high for low, high in zip(milder, worse, strict=True))
        assert sum(milder) < sum(worse)


@pytest.mark.parametrize("name", ["N0", "N8", "S4", "", "N", "N33", " N3"])
def test_other_names_are_refused(name: str) -> None:
    assert not is_standard_audiogram_name(name)
    with pytest.raises(InputError, match=r"is not a standard audiogram\. The standard audiograms are N1, .* S3"):
        standard_audiogram(name)


@pytest.mark.parametrize("name", STANDARD_AUDIOGRAM_NAMES)
def test_a_standard_audiogram_is_nearest_to_itself(name: str) -> None:
    nearest = nearest_standard(standard_audiogram(name), ear=Ear.RIGHT)
    assert (nearest.names, nearest.distance_db, nearest.is_at_least) == ((name,), 0.0, False)


def test_the_distance_is_a_root_mean_square_over_shared_frequencies() -> None:
    # N2 at these frequencies: 20, 25, 35, 45; differences 0, 5, -5, 10; 8 kHz is in no standard audiogram.
    audiogram = example_audiogram({500: 20, 1000: 30, 2000: 30, 4000: 55, 8000: 100})
    nearest = nearest_standard(audiogram, ear=Ear.LEFT)
    assert nearest.names == ("N2",)
    assert nearest.distance_db == pytest.approx((150 / 4) ** 0.5)
    assert nearest.frequency_hz == (500.0, 1000.0, 2000.0, 4000.0)


def test_two_that_are_equally_near_are_both_named() -> None:
    # Halfway between N5 (70, 75, 80, 80) and N6 (80, 85, 90, 100).
    nearest = nearest_standard(example_audiogram({500: 75, 1000: 80, 2000: 85, 4000: 90}), ear=Ear.LEFT)
    assert nearest.names == ("N5", "N6")


def test_a_no_response_is_no_distance_from_a_higher_standard() -> None:
    exact: Levels = {500: 95, 1000: 105, 2000: 105, 4000: ">90"}
    nearest = nearest_standard(example_audiogram(exact), ear=Ear.LEFT)
    assert (nearest.names, nearest.distance_db, nearest.is_at_least) == (("N7",), 0.0, True)
    above = nearest_standard(example_audiogram({**exact, 4000: ">115"}), ear=Ear.LEFT)
    assert above.distance_db == pytest.approx((100 / 4) ** 0.5)


def test_too_few_frequencies_have_no_nearest() -> None:
    nearest = nearest_standard(example_audiogram({250: 20, 500: 20}), ear=Ear.LEFT)
    assert (nearest.names, nearest.distance_db) == ((), None)
    assert nearest.reason == "The left ear has no air-conduction threshold at 1000, 2000, 4000 Hz."
