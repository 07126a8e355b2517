"""Shifts by noise at work: OSHA's standard threshold shift and recordable loss, and NIOSH's significant shift.

None of them is corrected for age. The correction of OSHA's Appendix F is optional, and of its tables no second source
was found to check a transcription against; it never applies to the 25 dB of a recordable loss.
"""

from typing import Final

from hearfit.audiology.audiogram import Ear
from hearfit.audiology.change.answers import Criterion, CriterionAnswer, verdict_of
from hearfit.audiology.change.comparison import Comparison
from hearfit.audiology.change.interval import Interval, all_of, mean
from hearfit.audiology.change.rules import Rule, Shifts, cannot, confirmed_anywhere, explain_shifts
from hearfit.audiology.change.wording import interval_text, level_gaps, sentence

# Trap: pages that write "2000, 3000 or 4000 Hz" turn the average into any one of the three.
OSHA_FREQUENCY_HZ: Final = (2000.0, 3000.0, 4000.0)
NIOSH_FREQUENCY_HZ: Final = (500.0, 1000.0, 2000.0, 3000.0, 4000.0, 6000.0)
LONGEST_TO_RETEST_DAYS: Final = 30

_AGE: Final = "Not corrected for age: the optional correction of 29 CFR 1910.95, Appendix F is not offered."
_RETEST: Final = (
    "Where either ear shows a shift, a retest within 30 days stands in for the current audiogram of both ears "
    "(1910.95(g)(7)(ii); OSHA letters of 18 June 1985 and 17 April 1991)."
)

OSHA_STS: Final = Criterion(
    id="osha-sts",
    name="OSHA STS",
    rule="The average of the shifts at 2000, 3000 and 4000 Hz is 10 dB or more.",
    source="29 CFR 1910.95(g)(10)(i), as quoted in 29 CFR 1904.10(b)(1) and by NIOSH 96-110, footnote 2",
    note=f"Air conduction. {_RETEST} {_AGE}",
)
OSHA_RECORDABLE: Final = Criterion(
    id="osha-recordable",
    name="OSHA recordable",
    rule="A standard threshold shift, and the average level at 2000, 3000 and 4000 Hz is 25 dB HL or more in that ear.",
    source="29 CFR 1904.10(a) and (b)",
    note=f"Air conduction. Whether noise at work is the cause is not for a program to say. {_RETEST} {_AGE}",
)
NIOSH: Final = Criterion(
    id="niosh",
    name="NIOSH",
    rule="15 dB or more worse at any of 500, 1000, 2000, 3000, 4000 and 6000 Hz, shown again by an immediate retest.",
    source="NIOSH 96-110, footnotes 2 and 3",
    note="Air conduction; the same ear and frequency in the retest. How soon it was done is not checked. "
    "Not corrected for age.",
    needs_retest=True,
)


def occupational_answers(comparison: Comparison, ear: Ear) -> tuple[CriterionAnswer, ...]:
    """OSHA's two criteria and NIOSH's for one ear."""
    rule = Rule("a shift of 15 dB or more", lambda shifts: shifts[0].change.is_at_least(15.0), explain_shifts)
    places_hz = tuple((hz,) for hz in NIOSH_FREQUENCY_HZ)
    return (*_osha_answers(comparison, ear), confirmed_anywhere(NIOSH, comparison, ear, places_hz=places_hz, rule=rule))


def _osha_answers(comparison: Comparison, ear: Ear) -> tuple[CriterionAnswer, CriterionAnswer]:
    missing = comparison.missing(ear)
    if missing:
        return cannot(OSHA_STS, ear, missing), cannot(OSHA_RECORDABLE, ear, missing)
    shifts, remark = _annual_shifts(comparison, ear)
    name = "current" if remark is None or "stands in" not in remark else "retest"
    shift, level = mean([s.change for s in shifts]), mean([s.level for s in shifts])
    is_shifted = shift.is_at_least(10.0)
    is_lost = level.is_at_least(25.0)
    shift_reason = f"the average shift is {_with_limit(shift, 10.0, 'dB', is_signed=True)}"
    if is_shifted is None:
        shift_reason = f"the average shift is not known: {explain_shifts(shifts, name)}"
    level_reason = f"the average level is {_with_limit(level, 25.0, 'dB HL', is_signed=False)}"
    if is_lost is None:
        level_reason = f"the average level is not known: {level_gaps(shifts)}"
    tail = "" if remark is None else f". {remark}"
    return (
        CriterionAnswer(OSHA_STS, ear, verdict_of(is_shifted), sentence(shift_reason + tail), shifts),
        CriterionAnswer(
            OSHA_RECORDABLE,
            ear,
            verdict_of(all_of([is_shifted, is_lost])),
            sentence(f"{shift_reason}; {level_reason}{tail}"),
            shifts,
        ),
    )


def _annual_shifts(comparison: Comparison, ear: Ear) -> tuple[Shifts, str | None]:
    """The shifts that count, of the current audiogram or of its retest, and a remark on the choice."""
    shifts = comparison.shifts(ear, OSHA_FREQUENCY_HZ)
    if comparison.retest is None:
        return shifts, None
    averages = [mean([s.change for s in comparison.shifts(each, OSHA_FREQUENCY_HZ)]) for each in Ear]
    if not any(average.is_at_least(10.0) for average in averages):
        return shifts, None
    days = comparison.days_to_retest()
    if days is None:
        return shifts, "The retest is not used, because the days between are not known"
    if days > LONGEST_TO_RETEST_DAYS:
        return shifts, f"The retest is not used, because it is {days} days later and not within 30"
    again = comparison.retest_shifts(ear, OSHA_FREQUENCY_HZ)
    if again is None:
        return shifts, f"The retest is not used, because it has no threshold of the {ear} ear"
    return again, "The retest stands in for the current audiogram"


def _with_limit(interval: Interval, limit: float, unit: str, *, is_signed: bool) -> str:
    text = interval_text(interval, is_signed=is_signed)
    return f"{text} {unit} at 2000, 3000 and 4000 Hz ({limit:g} or more is needed)"
