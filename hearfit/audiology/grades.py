"""The two grade schemes that clinics use: WHO 2021 on the better ear, and Clark's degrees as ASHA prints them."""

import math
from dataclasses import dataclass
from enum import StrEnum, unique

from hearfit.audiology.audiogram import Audiogram, Ear
from hearfit.audiology.averages import (
    PTA3_FREQUENCY_HZ,
    PTA4_FREQUENCY_HZ,
    PureToneAverage,
    better_ear_average,
    pure_tone_average,
)
from hearfit.audiology.standard import Provenance, Standard
from hearfit.errors import InputError


@unique
class WhoGrade(StrEnum):
    """WHO grades of hearing loss (World report on hearing, 2021, Table 1.3), without its unilateral one."""

    NORMAL = "normal"
    MILD = "mild"
    MODERATE = "moderate"
    MODERATELY_SEVERE = "moderately severe"
    SEVERE = "severe"
    PROFOUND = "profound"
    COMPLETE = "complete or total"


@unique
class ClarkGrade(StrEnum):
    """Degrees of hearing loss after Clark (1981), as ASHA prints them."""

    NORMAL = "normal"
    SLIGHT = "slight"
    MILD = "mild"
    MODERATE = "moderate"
    MODERATELY_SEVERE = "moderately severe"
    SEVERE = "severe"
    PROFOUND = "profound"


@dataclass(frozen=True)
class GradedAverage:
    """An average with its grade by one scheme; no grade where there is no average.

    With `is_at_least` a no response leaves higher classes possible. The average is as computed, never rounded.
    """

    scheme: str
    average: PureToneAverage
    grade: WhoGrade | ClarkGrade | None
    is_at_least: bool = False


_WHO_BELOW_DB_HL = (
    (20.0, WhoGrade.NORMAL),
    (35.0, WhoGrade.MILD),
    (50.0, WhoGrade.MODERATE),
    (65.0, WhoGrade.MODERATELY_SEVERE),
    (80.0, WhoGrade.SEVERE),
    (95.0, WhoGrade.PROFOUND),
)

_CLARK_UP_TO_DB_HL = (
    (15, ClarkGrade.NORMAL),
    (25, ClarkGrade.SLIGHT),
    (40, ClarkGrade.MILD),
    (55, ClarkGrade.MODERATE),
    (70, ClarkGrade.MODERATELY_SEVERE),
    (90, ClarkGrade.SEVERE),
)


def who_grade(*, better_ear_average_db_hl: float) -> WhoGrade:
    """WHO grade of the better ear's average over 500, 1000, 2000 and 4000 Hz.

    Half-open classes that begin at 20, 35, 50, 65, 80 and 95 dB HL (WHO 2021, Table 1.3): 20.0 is mild.

    Raises:
        InputError: the average is not a finite number.
    """
    _check_finite(better_ear_average_db_hl)
    for below_db_hl, grade in _WHO_BELOW_DB_HL:
        if better_ear_average_db_hl < below_db_hl:
            return grade
    return WhoGrade.COMPLETE


def clark_grade(*, average_db_hl: float) -> ClarkGrade:
    """Clark's degree of one ear's average, which is first rounded to a whole decibel, halves up.

    The classes end at 15, 25, 40, 55, 70 and 90 dB HL (Clark 1981). They are printed for whole decibels only; the
    rounding is this package's reading of them.

    Raises:
        InputError: the average is not a finite number.
    """
    _check_finite(average_db_hl)
    rounded_db_hl = math.floor(average_db_hl + 0.5)
    for up_to_db_hl, grade in _CLARK_UP_TO_DB_HL:
        if rounded_db_hl <= up_to_db_hl:
            return grade
    return ClarkGrade.PROFOUND


def who_graded(audiogram: Audiogram) -> GradedAverage:
    """WHO 2021 grade of the better ear's average over 500, 1000, 2000 and 4000 Hz."""
    average = better_ear_average(audiogram, frequency_hz=PTA4_FREQUENCY_HZ)
    if average.level_db_hl is None:
        return GradedAverage("WHO 2021", average, None)
    grade = who_grade(better_ear_average_db_hl=average.level_db_hl)
    return GradedAverage("WHO 2021", average, grade, average.is_at_least and grade is not WhoGrade.COMPLETE)


def clark_graded(audiogram: Audiogram, *, ear: Ear) -> GradedAverage:
    """Clark's degree of one ear's average over 500, 1000 and 2000 Hz."""
    average = pure_tone_average(audiogram, ear=ear, frequency_hz=PTA3_FREQUENCY_HZ)
    if average.level_db_hl is None:
        return GradedAverage("Clark 1981", average, None)
    grade = clark_grade(average_db_hl=average.level_db_hl)
    return GradedAverage("Clark 1981", average, grade, average.is_at_least and grade is not ClarkGrade.PROFOUND)


def _check_finite(average_db_hl: float) -> None:
    if not math.isfinite(average_db_hl):
        raise InputError(f"A pure-tone average of {average_db_hl} has no grade. It must be a finite level in dB HL.")


WHO_STANDARD = Standard(
    name="who-2021",
    title="WHO grades of hearing loss, better ear, mean of 500, 1000, 2000 and 4000 Hz",
    edition="World report on hearing, 2021, Table 1.3",
    source="reprint of the table at jhhearingaids.com; the top class of 95 dB also by the 15 dB steps that "
    "Olusanya, Davis & Hoffman (2019), Bull World Health Organ 97:725 describe",
    provenance=Provenance.TRANSCRIPTIONS,
    columns=("from (dB HL)", "to below (dB HL)", "grade"),
    rows=tuple(
        ("" if lower is None else lower, "" if upper is None else upper, grade.value)
        for lower, upper, grade in zip(
            (None, *(limit for limit, _ in _WHO_BELOW_DB_HL)),
            (*(limit for limit, _ in _WHO_BELOW_DB_HL), None),
            WhoGrade,
            strict=True,
        )
    ),
    notes=(
        "Half-open classes: 20.0 dB HL is mild.",
        "The grade unilateral is not given: its limits were not found in a second source.",
        "Trap: a public package labels the limits 25, 40, 55, 70 and 90 dB as WHO 2021.",
    ),
)

CLARK_STANDARD = Standard(
    name="clark-1981",
    title="Degrees of hearing loss, each ear, mean of 500, 1000 and 2000 Hz",
    edition="Clark 1981, as printed by ASHA",
    source="American Speech-Language-Hearing Association, Degree of Hearing Loss (asha.org)",
    provenance=Provenance.READ,
    columns=("from (dB HL)", "to (dB HL)", "degree"),
    rows=tuple(
        ("" if lower is None else lower, "" if upper is None else upper, grade.value)
        for lower, upper, grade in zip(
            (None, *(limit + 1 for limit, _ in _CLARK_UP_TO_DB_HL)),
            (*(limit for limit, _ in _CLARK_UP_TO_DB_HL), None),
            ClarkGrade,
            strict=True,
        )
    ),
    notes=(
        (
            "Printed for whole decibels. Own choice: the average is rounded to a whole decibel, halves up, before it "
            "is graded, and the average is always shown as it is."
        ),
    ),
)
