"""CTCAE v5.0, "Hearing impaired": the parts that an audiogram can grade, for adults and for children."""

import math
from collections.abc import Sequence
from typing import Final

from hearfit.audiology.audiogram import Ear
from hearfit.audiology.change.answers import Criterion, CriterionAnswer
from hearfit.audiology.change.comparison import Comparison
from hearfit.audiology.change.graded import grade_range, graded_answer
from hearfit.audiology.change.interval import Interval, all_of, any_of, mean
from hearfit.audiology.change.rules import Shifts, cannot, explain_shifts, is_beyond_retest, neighbours
from hearfit.audiology.change.shifts import Shift, shifts
from hearfit.audiology.change.wording import hertz, interval_text, shift_list

CTCAE_FREQUENCY_HZ: Final = (1000.0, 2000.0, 3000.0, 4000.0, 6000.0, 8000.0)
_PROFOUND_HZ: Final = (2000.0, 3000.0, 4000.0, 6000.0, 8000.0)

_SOURCE: Final = (
    "NCI Common Terminology Criteria for Adverse Events v5.0 (27 November 2017), Ear and labyrinth disorders, Hearing "
    "impaired; limits as printed in the Japanese edition of v5.0, and the same in a transcription of v6.0"
)
_NO_RETEST: Final = "Air conduction. The scale asks for no retest, and none is used."

CTCAE_ADULT: Final = Criterion(
    id="ctcae-5-adult",
    name="CTCAE v5.0, adult",
    rule="Average shift at contiguous frequencies of 1, 2, 3, 4, 6 and 8 kHz: 15 to 25 dB at two is grade 1, more than "
    "25 dB at two grade 2, more than 25 dB at three grade 3; a decrease to more than 80 dB HL at 2 kHz and above in "
    "both ears is grade 4.",
    source=_SOURCE,
    note=f"{_NO_RETEST} Only for adults enrolled in a monitoring program; without one the grade is by the person's own "
    "account. Grade 3 also says that an intervention is indicated, which is for a clinician. The grade of a person is "
    "that of the worse ear.",
)
CTCAE_CHILD: Final = Criterion(
    id="ctcae-5-child",
    name="CTCAE v5.0, child",
    rule="Shift of more than 20 dB: grade 1 at 6 or 8 kHz and to more than 20 dB HL there, grade 2 at 4 kHz, grade 3 "
    "at 2 or 3 kHz.",
    source=_SOURCE,
    note=f"{_NO_RETEST} That the loss is sensorineural is taken for granted. Whether a hearing aid (grade 3) or a "
    "cochlear implant (grade 4) is indicated is for a clinician. The printed grade 1 names a shift of more than 20 dB, "
    "then a loss at 6 or 8 kHz; read here as one condition, so a shift at 1 kHz alone gets no grade. The grade of a "
    "person is that of the worse ear.",
)


def ctcae_answers(comparison: Comparison, ear: Ear) -> tuple[CriterionAnswer, ...]:
    """The scale for adults or for children, for one ear."""
    criterion = CTCAE_CHILD if comparison.is_child else CTCAE_ADULT
    if not comparison.is_child and not comparison.is_enrolled_in_monitoring:
        reason = (
            "The listener is not declared to be in a monitoring program; such adults are graded by what they notice, "
            "not by an audiogram."
        )
        return (cannot(criterion, ear, reason),)
    missing = comparison.missing(ear)
    if missing:
        return (cannot(criterion, ear, missing),)
    return (_child(comparison, ear) if comparison.is_child else _adult(comparison, ear),)


def _adult(comparison: Comparison, ear: Ear) -> CriterionAnswer:
    pairs, triples = (
        [comparison.shifts(ear, place) for place in neighbours(CTCAE_FREQUENCY_HZ, num)] for num in (2, 3)
    )
    grade = grade_range(
        {
            1: any_of([_average(pair).is_at_least(15.0) for pair in pairs]),
            2: any_of([_average(pair).is_more_than(25.0) for pair in pairs]),
            3: any_of([_average(triple).is_more_than(25.0) for triple in triples]),
            4: _is_decrease_to_profound(comparison),
        }
    )
    every = comparison.shifts(ear, CTCAE_FREQUENCY_HZ)
    # A triple decides on grade 3 alone; its average may be smaller than that of its pairs.
    places = triples if grade.lowest == 3 else pairs
    worst = max(places, key=lambda place: _average(place).lower_db)
    found = "no two contiguous frequencies have a known shift"
    if math.isfinite(_average(worst).lower_db):
        average = interval_text(_average(worst))
        found = f"the largest known average shift is {average} dB, at {hertz([s.frequency_hz for s in worst])}"
    if grade.lowest == 4:
        found = "both ears came to more than 80 dB HL at 2 kHz and above"
    return graded_answer(
        CTCAE_ADULT, ear, grade, found=found, why_open=_why_open(comparison, every, grade.highest == 4), evidence=every
    )


def _child(comparison: Comparison, ear: Ear) -> CriterionAnswer:
    high, four, low = (comparison.shifts(ear, hz) for hz in ((6000.0, 8000.0), (4000.0,), (2000.0, 3000.0)))
    truths = {
        1: any_of([all_of([_is_over_20(shift), shift.level.is_more_than(20.0)]) for shift in high]),
        2: any_of([_is_over_20(shift) for shift in four]),
        3: any_of([_is_over_20(shift) for shift in low]),
    }
    grade = grade_range(truths)
    at_1_khz = comparison.shifts(ear, (1000.0,))
    if grade.highest == 0 and _is_over_20(at_1_khz[0]):
        reason = (
            f"There is a shift of more than 20 dB ({shift_list(at_1_khz)}), but none from 2 kHz up; whether the "
            "printed grade 1 means it too is open."
        )
        return cannot(CTCAE_CHILD, ear, reason)
    every = (*low, *four, *high)
    over = [shift for shift in every if _is_over_20(shift)]
    found = (
        f"a shift of more than 20 dB ({shift_list(over)})"
        if over
        else "no shift of more than 20 dB is shown from 2 to 8 kHz"
    )
    return graded_answer(
        CTCAE_CHILD,
        ear,
        grade,
        found=found,
        why_open=explain_shifts(every, "current"),
        evidence=every,
        is_beyond_retest=is_beyond_retest(over) if over else None,
    )


def _average(place: Sequence[Shift]) -> Interval:
    return mean([shift.change for shift in place])


def _is_over_20(shift: Shift) -> bool | None:
    return shift.change.is_more_than(20.0)


def _is_decrease_to_profound(comparison: Comparison) -> bool | None:
    """Whether both ears are above 80 dB HL at 2 kHz and above now, and were not at baseline."""
    before = all_of(
        [_is_profound(shifts(None, comparison.baseline, ear=ear, frequency_hz=_PROFOUND_HZ)) for ear in Ear]
    )
    now = all_of([_is_profound(comparison.shifts(ear, _PROFOUND_HZ)) for ear in Ear])
    return all_of([now, None if before is None else not before])


def _is_profound(levels: Shifts) -> bool | None:
    return all_of([shift.level.is_more_than(80.0) for shift in levels])


def _why_open(comparison: Comparison, every: Shifts, is_profound_open: bool) -> str:
    own = explain_shifts(every, "current")
    if own or not is_profound_open:
        return own
    lacking = [ear for ear in Ear if any(not s.level.is_exact for s in comparison.shifts(ear, _PROFOUND_HZ))]
    return f"the levels of the {' and '.join(lacking)} ear at 2 kHz and above are not all known"
