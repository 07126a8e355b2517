"""The limits of the grades, and the grades of averages that a no response bounds or that cannot be computed."""

import math

import pytest

from hearfit.audiology.audiogram import Ear
from hearfit.audiology.grades import ClarkGrade, WhoGrade, clark_grade, clark_graded, who_grade, who_graded
from hearfit.errors import InputError
from tests.audiology.example_ears import Levels, example_audiogram


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


def test_the_average_is_never_rounded() -> None:
    graded = clark_graded(example_audiogram({500: 10, 1000: 15, 2000: 20.5}), ear=Ear.LEFT)
    assert graded.average.level_db_hl == pytest.approx(45.5 / 3)
    assert graded.grade is ClarkGrade.NORMAL


def test_a_no_response_leaves_higher_grades_possible() -> None:
    one: Levels = {500: 60, 1000: 70, 2000: ">90", 4000: ">90"}
    graded = who_graded(example_audiogram(one, one))
    assert (graded.grade, graded.is_at_least) == (WhoGrade.SEVERE, True)
    clark = clark_graded(example_audiogram(one), ear=Ear.LEFT)
    assert (clark.grade, clark.is_at_least) == (ClarkGrade.SEVERE, True)


def test_there_is_nothing_above_the_highest_grade() -> None:
    none = dict.fromkeys((500, 1000, 2000, 4000), ">110")
    graded = who_graded(example_audiogram(none, none))
    assert graded.average.is_at_least
    assert (graded.grade, graded.is_at_least) == (WhoGrade.COMPLETE, False)
    clark = clark_graded(example_audiogram(none), ear=Ear.LEFT)
    assert (clark.grade, clark.is_at_least) == (ClarkGrade.PROFOUND, False)


def test_without_an_average_there_is_no_grade() -> None:
    audiogram = example_audiogram({1000: 40})
    assert who_graded(audiogram).grade is None
    graded = clark_graded(audiogram, ear=Ear.LEFT)
    assert graded.grade is None
    assert graded.average.missing_hz == (500.0, 2000.0)
