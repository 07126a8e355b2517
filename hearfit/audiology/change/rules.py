"""Rules of the form "anywhere on the ladder": places of one or more frequencies, each of which decides by itself."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hearfit.audiology.audiogram import Ear
from hearfit.audiology.change.answers import Criterion, CriterionAnswer, verdict_of
from hearfit.audiology.change.comparison import Comparison
from hearfit.audiology.change.interval import all_of, any_of
from hearfit.audiology.change.retest import RetestVerdict, retest_verdict
from hearfit.audiology.change.shifts import Shift
from hearfit.audiology.change.wording import gaps, sentence, shift_list
from hearfit.audiology.criterion import Outcome

Shifts = tuple[Shift, ...]


@dataclass(frozen=True)
class Rule:
    """What has to be so at some place of the ladder.

    `change` names it in a clause after "there is"; `truth` decides a place; `explain` says in a clause why shifts that
    leave it open do so; `is_size_told` asks for the largest shift where there is no such change.
    """

    change: str
    truth: Callable[[Shifts], bool | None]
    explain: Callable[[Shifts, str], str]
    is_size_told: bool = True


@dataclass(frozen=True)
class _Place:
    """Frequencies that decide together, and whether the current audiogram and the retest show the change there."""

    shifts: Shifts
    retest_shifts: Shifts
    is_shown: bool | None
    is_shown_again: bool | None

    @property
    def is_confirmed(self) -> bool | None:
        return all_of([self.is_shown, self.is_shown_again])


def explain_shifts(shifts: Shifts, current_name: str) -> str:
    """Why shifts are not known exactly."""
    return gaps([shift for shift in shifts if not shift.change.is_exact], current_name=current_name)


def neighbours(ladder_hz: Sequence[float], num: int) -> tuple[tuple[float, ...], ...]:
    """Every run of `num` frequencies that stand side by side on the ladder."""
    return tuple(tuple(ladder_hz[start : start + num]) for start in range(len(ladder_hz) - num + 1))


def cannot(criterion: Criterion, ear: Ear, reason: str) -> CriterionAnswer:
    """The answer where nothing can be compared."""
    return CriterionAnswer(criterion, ear, Outcome.NOT_COMPUTABLE, reason)


def is_beyond_retest(evidence: Sequence[Shift]) -> bool | None:
    """Whether every shift exceeds the published retest limit of its frequency."""
    verdicts = [retest_verdict(shift.change, frequency_hz=shift.frequency_hz) for shift in evidence]
    if RetestVerdict.WITHIN in verdicts:
        return False
    return True if verdicts and set(verdicts) == {RetestVerdict.BEYOND} else None


def confirmed_anywhere(
    criterion: Criterion, comparison: Comparison, ear: Ear, *, places_hz: Sequence[tuple[float, ...]], rule: Rule
) -> CriterionAnswer:
    """The answer of a rule that holds anywhere, and only where a retest shows it at the same frequencies again."""
    missing = comparison.missing(ear)
    if missing:
        return cannot(criterion, ear, missing)
    if not places_hz:
        return cannot(criterion, ear, "The test ladder has too few frequencies for this rule.")
    places = _places(comparison, ear, places_hz, rule)
    shown = [place for place in places if place.is_shown]
    is_met = any_of([place.is_confirmed for place in places])
    if not shown:
        undecided = _unique([place for place in places if place.is_shown is None])
        return CriterionAnswer(criterion, ear, verdict_of(is_met), _unshown_reason(places, rule), undecided)
    confirmed = [place for place in shown if place.is_confirmed]
    evidence = _unique(confirmed or shown)
    beyond = any_of([is_beyond_retest(place.shifts) for place in confirmed or shown])
    where = f"there is {rule.change} ({shift_list(evidence)})"
    if is_met:
        reason = f"{where}, and the retest shows it again"
    elif comparison.retest is None:
        reason = f"{where}, but no retest to confirm it"
    elif is_met is None:
        reason = f"{where}, but it is not known whether the retest confirms it: {_doubt(places, rule, ear)}"
    else:
        reason = f"{where}, but the retest does not show it again at the same frequencies"
    return CriterionAnswer(
        criterion,
        ear,
        verdict_of(is_met),
        sentence(reason),
        evidence,
        is_beyond_retest=beyond,
        is_unconfirmed=is_met is None,
    )


def _places(comparison: Comparison, ear: Ear, places_hz: Sequence[tuple[float, ...]], rule: Rule) -> list[_Place]:
    ladder_hz = tuple(dict.fromkeys(hz for place in places_hz for hz in place))
    now = dict(zip(ladder_hz, comparison.shifts(ear, ladder_hz), strict=True))
    again = dict(zip(ladder_hz, comparison.retest_shifts(ear, ladder_hz) or (), strict=False))
    places = []
    for place_hz in places_hz:
        shifts = tuple(now[hz] for hz in place_hz)
        retest_shifts = tuple(again[hz] for hz in place_hz) if again else ()
        is_shown_again = rule.truth(retest_shifts) if again else None
        places.append(_Place(shifts, retest_shifts, rule.truth(shifts), is_shown_again))
    return places


def _unshown_reason(places: Sequence[_Place], rule: Rule) -> str:
    # With a retest a place may be open now and yet decided, because the retest does not show the change there.
    undecided = _unique([place for place in places if place.is_shown is None and place.is_confirmed is None])
    if undecided:
        return sentence(f"{rule.change} is not shown but cannot be excluded: {rule.explain(undecided, 'current')}")
    if any(place.is_shown is None for place in places):
        return sentence(f"{rule.change} is not shown, and where it cannot be excluded the retest does not show it")
    none = f"there is no {rule.change.removeprefix('a ')}"
    known = [shift for shift in _unique(places) if shift.change.is_exact]
    if not rule.is_size_told or not known:
        return sentence(none)
    worst = max(known, key=lambda shift: shift.change.lower_db)
    if worst.change.lower_db <= 0:
        return sentence(f"{none}; no threshold is worse")
    return sentence(f"{none}; the largest at one frequency is {shift_list([worst])}")


def _doubt(places: Sequence[_Place], rule: Rule, ear: Ear) -> str:
    open_places = [place for place in places if place.is_confirmed is None]
    if not any(place.retest_shifts for place in open_places):
        return f"it has no threshold of the {ear} ear"
    again = {s.frequency_hz: s for p in open_places if p.is_shown_again is None for s in p.retest_shifts}
    first = _unique([place for place in open_places if place.is_shown is None])
    clauses = [rule.explain(tuple(again.values()), "retest"), rule.explain(first, "current")]
    return "; ".join(clause for clause in clauses if clause)


def _unique(places: Sequence[_Place]) -> Shifts:
    by_frequency = {shift.frequency_hz: shift for place in places for shift in place.shifts}
    return tuple(by_frequency[hz] for hz in sorted(by_frequency))
