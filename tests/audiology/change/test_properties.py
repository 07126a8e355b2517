"""Interval logic against enumeration, and what must hold of every criterion whatever the audiograms.

Truth of the enumeration: each threshold that is not known takes many possible values in turn, and the rules are
written here once more for plain numbers. A criterion is met if it is for all of them, not met if it is for none.
"""

import itertools
import math
import random as random_module
from collections.abc import Callable, Iterator, Mapping, Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from hearfit.audiology.audiogram import Audiogram, Ear, Threshold
from hearfit.audiology.change.answers import CriterionAnswer
from hearfit.audiology.change.criteria import changes
from hearfit.audiology.change.interval import Interval, difference, mean
from tests.audiology.change.audiograms import answer, audiogram

LADDER = (1000.0, 2000.0, 3000.0, 4000.0, 6000.0, 8000.0)
Levels = Mapping[float, float | str]
Numbers = Mapping[float, float]

# All limits lie on a grid of 5 dB, or of 2.5 or 5/3 dB for averages, so a value just above a bound stands for all up to
# the next.
_JUST_ABOVE_DB = 1e-3
_FAR_DB = 400.0


def possible(levels: Levels) -> Iterator[Numbers]:
    """Every combination of values that the levels leave possible, on a grid."""
    choices: list[Sequence[float]] = []
    for hz in LADDER:
        level = levels.get(hz)
        if level is None:
            choices.append((-_FAR_DB, 0.0, _FAR_DB))
        elif isinstance(level, str):
            bound = float(level.removeprefix(">"))
            choices.append((bound + _JUST_ABOVE_DB, bound + 10.0, bound + 20.0 + _JUST_ABOVE_DB, bound + _FAR_DB))
        else:
            choices.append((level,))
    for values in itertools.product(*choices):
        yield dict(zip(LADDER, values, strict=True))


def asha_a(before: Numbers, now: Numbers, again: Numbers) -> bool:
    return any(now[hz] - before[hz] >= 20 and again[hz] - before[hz] >= 20 for hz in LADDER)


def asha_b(before: Numbers, now: Numbers, again: Numbers) -> bool:
    return any(
        min(now[a] - before[a], now[b] - before[b], again[a] - before[a], again[b] - before[b]) >= 10
        for a, b in itertools.pairwise(LADDER)
    )


def osha_sts(before: Numbers, now: Numbers, _again: Numbers) -> bool:
    return sum(now[hz] - before[hz] for hz in (2000.0, 3000.0, 4000.0)) >= 30


def osha_recordable(before: Numbers, now: Numbers, _again: Numbers) -> bool:
    return osha_sts(before, now, _again) and sum(now[hz] for hz in (2000.0, 3000.0, 4000.0)) >= 75


def ctcae_adult(before: Numbers, now: Numbers) -> int:
    """With a left ear that came to more than 80 dB HL."""
    shift = [now[hz] - before[hz] for hz in LADDER]
    grade = 0
    for a, b in itertools.pairwise(shift):
        grade = max(grade, 2 if a + b > 50 else 1 if a + b >= 30 else 0)
    if any(sum(shift[start : start + 3]) > 75 for start in range(4)):
        grade = 3
    if min(now[hz] for hz in LADDER[1:]) > 80:
        grade = 4
    return grade


def ctcae_child(before: Numbers, now: Numbers) -> int:
    shift = {hz: now[hz] - before[hz] for hz in LADDER}
    if max(shift[2000.0], shift[3000.0]) > 20:
        return 3
    if shift[4000.0] > 20:
        return 2
    return int(any(shift[hz] > 20 and now[hz] > 20 for hz in (6000.0, 8000.0)))


def siop(_before: Numbers, now: Numbers) -> int:
    if now[2000.0] > 40:
        return 4
    if max(now[2000.0], now[3000.0]) > 20:
        return 3
    return 2 if now[4000.0] > 20 else int(max(now[6000.0], now[8000.0]) > 20)


VERDICTS: Mapping[str, Callable[[Numbers, Numbers, Numbers], bool]] = {
    "asha-1994-a": asha_a,
    "asha-1994-b": asha_b,
    "osha-sts": osha_sts,
    "osha-recordable": osha_recordable,
}
GRADES: Mapping[str, Callable[[Numbers, Numbers], int]] = {
    "ctcae-5-adult": ctcae_adult,
    "ctcae-5-child": ctcae_child,
    "siop-boston": siop,
}

_LEVEL = st.integers(-2, 10).map(lambda step: 5.0 * step)


@st.composite
def three_sessions(draw: st.DrawFn, most_unknown: int = 2) -> tuple[Levels, Levels, Levels]:
    """Baseline, current and retest; a few thresholds without response or not tested."""
    sessions: list[dict[float, float | str]] = [{hz: draw(_LEVEL) for hz in LADDER} for _ in range(3)]
    places = st.lists(st.tuples(st.integers(0, 2), st.sampled_from(LADDER)), max_size=most_unknown, unique=True)
    for session, hz in draw(places):
        if draw(st.booleans()):
            sessions[session][hz] = f">{draw(_LEVEL):g}"
        else:
            del sessions[session][hz]
    return sessions[0], sessions[1], sessions[2]


def verdict(truths: set[bool]) -> str:
    return "cannot be computed" if len(truths) == 2 else ("met" if truths == {True} else "not met")


@settings(max_examples=40)
@given(three_sessions())
def test_verdicts_are_those_of_every_possible_value(sessions: tuple[Levels, Levels, Levels]) -> None:
    before, now, again = sessions
    triples = list(itertools.product(possible(before), possible(now), possible(again)))
    # OSHA's shift is asked for without the retest, which would stand in for the current audiogram.
    for names, retest in ((("asha-1994-a", "asha-1994-b"), audiogram(again)), (("osha-sts", "osha-recordable"), None)):
        found = {
            each.criterion.id: each.verdict.value
            for each in changes(
                audiogram(before),
                audiogram(now),
                retest=retest,
                ladder_hz=LADDER,
                is_enrolled_in_monitoring=True,
                is_child=False,
            )
        }
        for name in names:
            assert found[name] == verdict({VERDICTS[name](*values) for values in triples}), name


@settings(max_examples=30)
@given(three_sessions())
def test_grades_are_those_of_every_possible_value(sessions: tuple[Levels, Levels, Levels]) -> None:
    before, now = sessions[0], {**sessions[1], 1000.0: 0.0}
    # Otherwise a loss at 1 kHz alone, which no grade of SIOP Boston describes.
    left_before, left_now = dict.fromkeys(LADDER, 0.0), dict.fromkeys(LADDER, 90.0)
    for name, rule in GRADES.items():
        grades = {rule(*values) for values in itertools.product(possible(before), possible(now))}
        is_child = name in ("ctcae-5-child", "siop-boston")
        found = answer(name, audiogram(before, left_before), audiogram(now, left_now), is_child=is_child)
        assert found.grade is not None
        assert (found.grade.lowest, found.grade.highest) == (min(grades), max(grades)), name


def worsened(audiogram_: Audiogram, index: int, step_db: float, is_lost: bool) -> Audiogram:
    """One threshold raised, or without a response any more at a level at least as high."""
    changed = list(audiogram_.thresholds)
    old = changed[index]
    is_no_response = is_lost or old.is_no_response
    changed[index] = Threshold(
        old.ear, old.frequency_hz, old.level_db_hl + step_db, old.conduction, old.is_masked, is_no_response
    )
    return Audiogram(audiogram_.listener, tuple(changed), date=audiogram_.date)


def all_answers(before: Audiogram, now: Audiogram, again: Audiogram | None) -> list[CriterionAnswer]:
    return [
        each
        for is_child in (False, True)
        for each in changes(before, now, retest=again, is_enrolled_in_monitoring=True, is_child=is_child)
    ]


@settings(max_examples=20)
@given(
    three_sessions(most_unknown=8),
    three_sessions(most_unknown=8),
    st.booleans(),
    st.integers(0, 100),
    st.integers(0, 6),
    st.booleans(),
)
def test_a_worse_audiogram_never_turns_met_into_not_met(
    right: tuple[Levels, Levels, Levels],
    left: tuple[Levels, Levels, Levels],
    is_retested: bool,
    index: int,
    num_steps: int,
    is_lost: bool,
) -> None:
    before, now, again = (
        audiogram(right[session], left[session], date=f"2024-0{session + 1}-28") for session in range(3)
    )
    retest = again if is_retested else None
    if not now.thresholds:
        return
    worse = worsened(now, index % len(now.thresholds), 5.0 * num_steps, is_lost)
    for first, second in zip(all_answers(before, now, retest), all_answers(before, worse, retest), strict=True):
        assert not (first.verdict == "met" and second.verdict == "not met"), (first, second)
        if first.grade and second.grade and not first.criterion.is_absolute:
            assert second.grade.lowest >= first.grade.lowest, (first, second)
            assert second.grade.highest >= first.grade.highest, (first, second)


@settings(max_examples=15)
@given(three_sessions(most_unknown=0), st.lists(st.integers(0, 8), min_size=6, max_size=6))
def test_an_improvement_is_never_a_worsening(sessions: tuple[Levels, Levels, Levels], steps: list[int]) -> None:
    before = {hz: float(level) for hz, level in sessions[0].items()}
    better = {hz: before[hz] - 5.0 * step for hz, step in zip(LADDER, steps, strict=True)}
    for each in all_answers(audiogram(before), audiogram(better), audiogram(better)):
        if not each.criterion.is_absolute:
            assert each.verdict != "met", each


@settings(max_examples=8)
@given(three_sessions(most_unknown=8), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_says_nothing(
    sessions: tuple[Levels, Levels, Levels], random: random_module.Random
) -> None:
    before, now, again = (audiogram(levels, levels) for levels in sessions)
    mixed = list(now.thresholds)
    random.shuffle(mixed)
    assert all_answers(before, now, again) == all_answers(before, Audiogram(now.listener, tuple(mixed)), again)


_BOUND = st.integers(-4, 8).map(lambda step: 5.0 * step)


@given(st.lists(st.tuples(_BOUND, _BOUND), min_size=1, max_size=3), st.integers(-6, 8), st.data())
def test_intervals_hold_every_value(bounds: list[tuple[float, float]], limit: int, data: st.DataObject) -> None:
    intervals = [Interval(min(pair), max(pair)) for pair in bounds]
    values = [
        interval.lower_db
        if interval.is_exact
        else data.draw(st.floats(interval.lower_db, interval.upper_db, exclude_min=True, exclude_max=True))
        for interval in intervals
    ]
    average, limit_db = mean(intervals), 5.0 * limit
    value = math.fsum(values) / len(values)
    if average.is_at_least(limit_db) is not None:
        assert average.is_at_least(limit_db) == (round(value, 6) >= limit_db)
    if average.is_more_than(limit_db) is False:
        assert round(value, 6) <= limit_db
    shift = difference(intervals[0], intervals[-1])
    assert shift.lower_db <= round(values[0] - values[-1], 6) <= shift.upper_db


def test_the_properties_are_not_empty() -> None:
    # Each verdict occurs in what the enumeration compares.
    levels = dict.fromkeys(LADDER, 0.0)
    worse: dict[float, float | str] = dict(levels) | {4000.0: ">15"}
    assert {asha_a(levels, values, values) for values in possible(worse)} == {False, True}
    assert answer("asha-1994-a", audiogram(levels), audiogram(worse), ladder_hz=LADDER, ear=Ear.RIGHT).verdict == (
        "cannot be computed"
    )
