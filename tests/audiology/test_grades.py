"""Averages of censored and missing thresholds, and the limits of the grades."""

import math

import pytest

from hearfit.audiology.audiogram import Audiogram, Conduction, Ear, Threshold
from hearfit.audiology.grades import (
    PTA3_FREQUENCY_HZ,
    PTA4_FREQUENCY_HZ,
    better_ear_average,
    clark_grade,
    pure_tone_average,
    who_grade,
)
from hearfit.errors import InputError


def ear_of(ear: Ear, *levels_db_hl: float, no_response_hz: float | None = None) -> tuple[Threshold, ...]:
    return tuple(
        Threshold(ear, frequency, level, is_no_response=frequency == no_response_hz)
        for frequency, level in zip(PTA4_FREQUENCY_HZ, levels_db_hl, strict=False)
    )


@pytest.mark.parametrize(
    ("average_db_hl", "grade"),
    [
        (-10.0, "normal"),
        (math.nextafter(20.0, 0.0), "normal"),
        (20.0, "mild"),
        (math.nextafter(35.0, 0.0), "mild"),
        (35.0, "moderate"),
        (49.99, "moderate"),
        (50.0, "moderately severe"),
        (64.99, "moderately severe"),
        (65.0, "severe"),
        (79.99, "severe"),
        (80.0, "profound"),
        (94.99, "profound"),
        (95.0, "complete or total"),
        (130.0, "complete or total"),
    ],
)
def test_who_classes_are_half_open(average_db_hl: float, grade: str) -> None:
    assert who_grade(better_ear_average_db_hl=average_db_hl) == grade


@pytest.mark.parametrize(
    ("average_db_hl", "who_2021", "mislabelled"),
    [
        (22.0, "mild", "normal"),
        (52.0, "moderately severe", "moderate"),
        (82.0, "profound", "severe"),
        (96.0, "complete or total", "profound"),
    ],
)
def test_who_2021_is_not_the_table_that_a_public_package_ships(
    average_db_hl: float, who_2021: str, mislabelled: str
) -> None:
    # PyPI audiogram 0.1.0 labels the limits 25, 40, 55, 70, 90 as WHO 2021.
    grade = who_grade(better_ear_average_db_hl=average_db_hl)
    assert grade == who_2021
    assert grade != mislabelled


@pytest.mark.parametrize(
    ("average_db_hl", "grade"),
    [
        (-10.0, "normal"),
        (15.49, "normal"),
        (15.5, "slight"),
        (25.49, "slight"),
        (25.5, "mild"),
        (40.49, "mild"),
        (40.5, "moderate"),
        (55.5, "moderately severe"),
        (70.49, "moderately severe"),
        (70.5, "severe"),
        (90.49, "severe"),
        (90.5, "profound"),
    ],
)
def test_clark_rounds_halves_up(average_db_hl: float, grade: str) -> None:
    # Python's round() would take 40.5 to 40 and 90.5 to 90.
    assert clark_grade(average_db_hl=average_db_hl) == grade


@pytest.mark.parametrize("average_db_hl", [math.nan, math.inf, -math.inf])
def test_what_is_not_a_level_has_no_grade(average_db_hl: float) -> None:
    with pytest.raises(InputError, match="has no grade"):
        who_grade(better_ear_average_db_hl=average_db_hl)
    with pytest.raises(InputError, match="has no grade"):
        clark_grade(average_db_hl=average_db_hl)


def test_average_of_three_and_four_frequencies() -> None:
    audiogram = Audiogram("A", ear_of(Ear.LEFT, 10.0, 20.0, 30.0, 80.0))
    three = pure_tone_average(audiogram, ear=Ear.LEFT, frequency_hz=PTA3_FREQUENCY_HZ)
    four = pure_tone_average(audiogram, ear=Ear.LEFT, frequency_hz=PTA4_FREQUENCY_HZ)
    assert (three.level_db_hl, four.level_db_hl) == (20.0, 35.0)
    assert not four.is_at_least
    assert four.reason is None


def test_a_no_response_makes_the_average_a_lower_bound() -> None:
    audiogram = Audiogram("A", ear_of(Ear.LEFT, 60.0, 70.0, 90.0, 110.0, no_response_hz=4000.0))
    four = pure_tone_average(audiogram, ear=Ear.LEFT, frequency_hz=PTA4_FREQUENCY_HZ)
    assert (four.level_db_hl, four.is_at_least) == (82.5, True)
    three = pure_tone_average(audiogram, ear=Ear.LEFT, frequency_hz=PTA3_FREQUENCY_HZ)
    assert not three.is_at_least


def test_a_missing_frequency_is_never_made_up() -> None:
    audiogram = Audiogram("A", ear_of(Ear.LEFT, 10.0, 20.0))
    average = pure_tone_average(audiogram, ear=Ear.LEFT, frequency_hz=PTA4_FREQUENCY_HZ)
    assert average.level_db_hl is None
    assert average.reason == "The left ear has no air-conduction threshold at 2000, 4000 Hz."


def test_bone_conduction_does_not_count() -> None:
    bone = tuple(Threshold(Ear.LEFT, f, 0.0, conduction=Conduction.BONE) for f in PTA4_FREQUENCY_HZ)
    average = pure_tone_average(Audiogram("A", bone), ear=Ear.LEFT, frequency_hz=PTA4_FREQUENCY_HZ)
    assert average.level_db_hl is None


@pytest.mark.parametrize("is_masked_first", [True, False])
def test_a_masked_threshold_replaces_the_unmasked_one(is_masked_first: bool) -> None:
    unmasked = Threshold(Ear.LEFT, 1000.0, 30.0)
    masked = Threshold(Ear.LEFT, 1000.0, 55.0, is_masked=True)
    audiogram = Audiogram("A", (masked, unmasked) if is_masked_first else (unmasked, masked))
    assert pure_tone_average(audiogram, ear=Ear.LEFT, frequency_hz=(1000.0,)).level_db_hl == 55.0


@pytest.mark.parametrize(
    ("left", "left_hz", "right", "right_hz", "expected"),
    [
        (30.0, None, 40.0, None, (30.0, False)),
        (40.0, None, 30.0, None, (30.0, False)),
        # Left 40; right 30 or more: the better ear is anything from 30 to 40.
        (40.0, None, 30.0, 4000.0, (30.0, True)),
        # Left 40; right 50 or more: the better ear is left.
        (40.0, None, 50.0, 4000.0, (40.0, False)),
        # Right 40 or more cannot be better than 40.
        (40.0, None, 40.0, 4000.0, (40.0, False)),
        (40.0, 4000.0, 40.0, None, (40.0, False)),
        (90.0, 4000.0, 95.0, 4000.0, (90.0, True)),
    ],
)
def test_better_ear(
    left: float, left_hz: float | None, right: float, right_hz: float | None, expected: tuple[float, bool]
) -> None:
    thresholds = (
        *ear_of(Ear.LEFT, *[left] * 4, no_response_hz=left_hz),
        *ear_of(Ear.RIGHT, *[right] * 4, no_response_hz=right_hz),
    )
    average = better_ear_average(Audiogram("A", thresholds), frequency_hz=PTA4_FREQUENCY_HZ)
    assert (average.level_db_hl, average.is_at_least) == expected


def test_one_ear_does_not_make_a_better_ear() -> None:
    average = better_ear_average(Audiogram("A", ear_of(Ear.LEFT, *[30.0] * 4)), frequency_hz=PTA4_FREQUENCY_HZ)
    assert average.level_db_hl is None
    assert average.reason == (
        "The right ear has no air-conduction threshold at 500, 1000, 2000, 4000 Hz. The better ear is not known."
    )
