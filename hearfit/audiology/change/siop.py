"""SIOP Boston (Brock et al. 2012): grades of the current audiogram by itself, in children treated with platinum."""

from typing import Final

from hearfit.audiology.air_bone_gap import air_bone_gap
from hearfit.audiology.audiogram import Ear
from hearfit.audiology.change.answers import Criterion, CriterionAnswer
from hearfit.audiology.change.comparison import Comparison
from hearfit.audiology.change.graded import grade_range, graded_answer
from hearfit.audiology.change.interval import any_of
from hearfit.audiology.change.rules import Shifts, cannot
from hearfit.audiology.change.shifts import air_thresholds, shifts
from hearfit.audiology.change.wording import hertz, interval_text, level_gaps
from hearfit.audiology.criterion import Outcome

SIOP_FREQUENCY_HZ: Final = (2000.0, 3000.0, 4000.0, 6000.0, 8000.0)
SIOP_BOSTON: Final = Criterion(
    id="siop-boston",
    name="SIOP Boston",
    rule="Sensorineural loss of more than 20 dB HL: grade 1 at 6 or 8 kHz only, grade 2 from 4 kHz up, grade 3 from 2 "
    "or 3 kHz up; grade 4 more than 40 dB HL from 2 kHz up.",
    source="Brock et al. (2012), PMC3675696, Table 2",
    note="For children treated with platinum. Grades the current audiogram; no baseline is used, so it is no change. "
    "Air conduction, which the scale takes with a normal tympanogram only; with an air-bone gap no grade is given. "
    "Read here by the lowest frequency that has such a loss, as 'and above' supposes a loss that grows towards high "
    "frequencies. Above 8 kHz nothing is graded.",
    is_absolute=True,
)


def siop_answers(comparison: Comparison, ear: Ear) -> tuple[CriterionAnswer, ...]:
    """The grade of one ear."""
    if not comparison.is_child:
        reason = "The scale is for children treated with platinum, and the listener is not declared to be a child."
        return (cannot(SIOP_BOSTON, ear, reason),)
    thresholds = air_thresholds(comparison.current, ear)
    if not thresholds:
        reason = f"The current audiogram has no air-conduction threshold of the {ear} ear."
        return (cannot(SIOP_BOSTON, ear, reason),)
    gap = air_bone_gap(comparison.current, ear=ear)
    if gap.outcome is Outcome.MET:
        reason = (
            f"The air-bone gap is {gap.criterion} ({hertz(gap.flagged_hz)}); the loss may be conductive in part, and "
            "the scale grades sensorineural loss."
        )
        return (cannot(SIOP_BOSTON, ear, reason),)
    levels = shifts(None, comparison.current, ear=ear, frequency_hz=SIOP_FREQUENCY_HZ)
    over_20 = [shift.level.is_more_than(20.0) for shift in levels]
    grade = grade_range(
        {
            1: any_of(over_20[3:]),
            2: over_20[2],
            3: any_of(over_20[:2]),
            4: levels[0].level.is_more_than(40.0),
        }
    )
    elsewhere = [hz for hz in sorted(thresholds) if hz < SIOP_FREQUENCY_HZ[-1] and hz not in SIOP_FREQUENCY_HZ]
    low = [hz for hz in elsewhere if thresholds[hz].level_db_hl > 20.0]
    if grade.highest == 0 and low:
        reason = f"No grade of the scale describes a loss of more than 20 dB HL at {hertz(low)} alone."
        return (cannot(SIOP_BOSTON, ear, reason),)
    answer = graded_answer(
        SIOP_BOSTON, ear, grade, found=_found(levels), why_open=level_gaps(_open(levels)), evidence=levels
    )
    return (answer,)


def _found(levels: Shifts) -> str:
    lost = [shift for shift in levels if shift.level.is_more_than(20.0)]
    if not lost:
        return "no level of more than 20 dB HL is shown from 2 to 8 kHz"
    above = [
        s.frequency_hz for s in levels if s.frequency_hz > lost[0].frequency_hz and s.level.is_more_than(20.0) is False
    ]
    first = f"{interval_text(lost[0].level, is_signed=False)} dB HL at {lost[0].frequency_hz:g} Hz, the lowest loss"
    return f"{first}, although there is none at {hertz(above)}" if above else first


def _open(levels: Shifts) -> Shifts:
    """The levels that leave a grade open; 2 kHz has two limits."""
    at_2_khz, *higher = levels
    is_open = at_2_khz.level.is_more_than(20.0) is None or at_2_khz.level.is_more_than(40.0) is None
    others = [shift for shift in higher if shift.level.is_more_than(20.0) is None]
    return (at_2_khz, *others) if is_open else tuple(others)
