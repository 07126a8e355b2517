"""Pure-tone averages and the two grade schemes that clinics use. A no response only ever makes a lower bound."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum, unique

from hearfit.audiology.audiogram import Audiogram, Ear, Threshold
from hearfit.errors import InputError

PTA3_FREQUENCY_HZ = (500.0, 1000.0, 2000.0)
PTA4_FREQUENCY_HZ = (500.0, 1000.0, 2000.0, 4000.0)


@dataclass(frozen=True)
class PureToneAverage:
    """Mean air-conduction threshold over some frequencies.

    `level_db_hl` is None where it cannot be computed, and `reason` then says why. With `is_at_least` there was no
    response at one of the frequencies: the average, and so every grade of it, is this much or more.
    """

    frequency_hz: tuple[float, ...]
    level_db_hl: float | None
    is_at_least: bool = False
    reason: str | None = None


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


def pure_tone_average(audiogram: Audiogram, *, ear: Ear, frequency_hz: Sequence[float]) -> PureToneAverage:
    """Mean air-conduction threshold of one ear; a masked threshold takes the place of the unmasked one."""
    frequencies = tuple(frequency_hz)
    # Unmasked before masked, so that of a pair the masked one stays: without masking the other ear may have answered.
    by_frequency = {t.frequency_hz: t for t in sorted(audiogram.of(ear), key=_is_masked)}
    missing = [f"{frequency:g}" for frequency in frequencies if frequency not in by_frequency]
    if missing or not frequencies:
        reason = f"The {ear} ear has no air-conduction threshold at {', '.join(missing) or 'any frequency'} Hz."
        return PureToneAverage(frequencies, None, reason=reason)
    chosen = [by_frequency[frequency] for frequency in frequencies]
    mean_db_hl = math.fsum(threshold.level_db_hl for threshold in chosen) / len(chosen)
    return PureToneAverage(frequencies, mean_db_hl, is_at_least=any(t.is_no_response for t in chosen))


def better_ear_average(audiogram: Audiogram, *, frequency_hz: Sequence[float]) -> PureToneAverage:
    """The lower of the two ears' averages, which WHO grades (with `PTA4_FREQUENCY_HZ`)."""
    left, right = (pure_tone_average(audiogram, ear=ear, frequency_hz=frequency_hz) for ear in Ear)
    if left.level_db_hl is None or right.level_db_hl is None:
        reason = " ".join(average.reason for average in (left, right) if average.reason)
        return PureToneAverage(left.frequency_hz, None, reason=f"{reason} The better ear is not known.")
    # At a tie the measured ear bounds the better ear from above, so the measured average is the answer.
    if (right.level_db_hl, right.is_at_least) < (left.level_db_hl, left.is_at_least):
        return right
    return left


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


def _is_masked(threshold: Threshold) -> bool:
    return threshold.is_masked


def _check_finite(average_db_hl: float) -> None:
    if not math.isfinite(average_db_hl):
        raise InputError(f"A pure-tone average of {average_db_hl} has no grade. It must be a finite level in dB HL.")
