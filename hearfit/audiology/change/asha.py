"""ASHA (1994): change of thresholds during ototoxic treatment, relative to baseline and confirmed by a retest."""

from typing import Final

from hearfit.audiology.audiogram import Ear
from hearfit.audiology.change.answers import Criterion, CriterionAnswer
from hearfit.audiology.change.comparison import Comparison
from hearfit.audiology.change.interval import all_of
from hearfit.audiology.change.rules import Rule, Shifts, confirmed_anywhere, explain_shifts, neighbours
from hearfit.audiology.change.shifts import Shift
from hearfit.audiology.change.wording import hertz

_SOURCE: Final = (
    "ASHA (1994), Guidelines for the audiologic management of individuals receiving cochleotoxic drug therapy, "
    "GL1994-00003; wording by three transcriptions in public code that agree"
)
_NOTE: Final = (
    "Air conduction. Adjacent and consecutive mean side by side on the test ladder, never octaves apart because a "
    "frequency between was left out. The retest must show the change at the same frequencies (the reading used here); "
    "how soon it was done is not checked."
)

ASHA_A: Final = Criterion(
    id="asha-1994-a",
    name="ASHA 1994 (a)",
    rule="20 dB or more worse at any one test frequency, confirmed by retest.",
    source=_SOURCE,
    note=_NOTE,
    needs_retest=True,
)
ASHA_B: Final = Criterion(
    id="asha-1994-b",
    name="ASHA 1994 (b)",
    rule="10 dB or more worse at two adjacent test frequencies, confirmed by retest.",
    source=_SOURCE,
    note=f"{_NOTE} A shift of 10 dB lies within published retest limits.",
    needs_retest=True,
)
ASHA_C: Final = Criterion(
    id="asha-1994-c",
    name="ASHA 1994 (c)",
    rule="Response lost at three consecutive test frequencies that had one at baseline, confirmed by retest.",
    source=_SOURCE,
    note=f"{_NOTE} A response is lost where the highest level that got none is at least the baseline threshold.",
    needs_retest=True,
)


def asha_answers(comparison: Comparison, ear: Ear) -> tuple[CriterionAnswer, ...]:
    """The three criteria for one ear, each by itself."""
    ladder_hz = comparison.ladder(ear)
    shift_20 = Rule("a shift of 20 dB or more", lambda s: s[0].change.is_at_least(20.0), explain_shifts)
    shift_10 = Rule("a shift of 10 dB or more at two adjacent frequencies", _is_10_db_at_each, explain_shifts)
    loss = Rule("a loss of response at three consecutive frequencies", _is_lost_at_each, _explain_loss, False)
    return (
        confirmed_anywhere(ASHA_A, comparison, ear, places_hz=neighbours(ladder_hz, 1), rule=shift_20),
        confirmed_anywhere(ASHA_B, comparison, ear, places_hz=neighbours(ladder_hz, 2), rule=shift_10),
        confirmed_anywhere(ASHA_C, comparison, ear, places_hz=neighbours(ladder_hz, 3), rule=loss),
    )


def _is_10_db_at_each(shifts: Shifts) -> bool | None:
    return all_of([shift.change.is_at_least(10.0) for shift in shifts])


def _is_lost_at_each(shifts: Shifts) -> bool | None:
    return all_of([_is_lost(shift) for shift in shifts])


def _is_lost(shift: Shift) -> bool | None:
    """Whether a response was lost at one frequency; None where a test is missing or did not reach the baseline."""
    had_none = shift.baseline is not None and shift.baseline.is_no_response
    has_one = shift.current is not None and not shift.current.is_no_response
    if had_none or has_one:
        return False
    if shift.baseline is None or shift.current is None:
        return None
    return True if shift.current.level_db_hl >= shift.baseline.level_db_hl else None


def _explain_loss(shifts: Shifts, current_name: str) -> str:
    undecided = [shift for shift in shifts if _is_lost(shift) is None]
    missing = tuple(s for s in undecided if s.baseline is None or s.current is None)
    too_low = [s.frequency_hz for s in undecided if s not in missing]
    clauses = [explain_shifts(missing, current_name)] if missing else []
    if too_low:
        clauses.append(f"the highest level presented at {hertz(too_low)} was below the baseline threshold")
    return "; ".join(clauses)
