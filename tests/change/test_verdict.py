"""Verdicts on one listener's sessions: closed forms, limits, and what must never be told."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from hearfit.audiology.audiogram import Ear
from hearfit.change import verdict
from hearfit.change.difference import Quantity, differences
from hearfit.change.profile_change import compare_profiles
from hearfit.change.retest import BETWEEN_SESSIONS, WITHIN_SESSION, PublishedLimit
from hearfit.change.verdict import QuantityChange, Verdict, judged
from hearfit.listener.profile import Profile
from tests.change.profiles import FREQUENCIES_HZ, estimate, profile_with, with_answers, with_estimates

FLAT = [30.0] * len(FREQUENCIES_HZ)
LATER = "2026-09-01"


def compared(before: Profile, after: Profile) -> tuple[QuantityChange, ...]:
    return compare_profiles([before, after]).latest.changes


def threshold_at(changes: tuple[QuantityChange, ...], *frequencies_hz: float) -> QuantityChange:
    return next(
        each
        for each in changes
        if each.measured.quantity is Quantity.THRESHOLD and each.measured.frequencies_hz == frequencies_hz
    )


def test_numbers_of_one_threshold() -> None:
    # Truth: a Gaussian by hand, SD of the difference sqrt(2) 1.5, of retest sqrt(2) 1.7 within a session.
    changes = compared(profile_with(FLAT), profile_with([38.0, *FLAT[1:]], session=LATER))
    test = threshold_at(changes, 250.0).within_session
    assert test is not None
    sd, limit = np.sqrt(2) * 1.5, 1.96 * np.sqrt(2) * 1.7
    assert test.limit_95 == pytest.approx(limit, rel=1e-4)
    assert test.probability_beyond == pytest.approx(norm.sf(limit, 8.0, sd) + norm.cdf(-limit, 8.0, sd), rel=1e-3)
    assert test.p_value == pytest.approx(2 * norm.sf(8.0 / np.hypot(sd, np.sqrt(2) * 1.7)), rel=1e-6)


def test_neighbours_share_retest_as_the_constants_say() -> None:
    test = threshold_at(compared(profile_with(FLAT), profile_with(FLAT, session=LATER)), 250.0, 500.0)
    assert test.within_session is not None
    assert test.between_sessions is not None
    assert test.within_session.limit_95 == pytest.approx(1.96 * WITHIN_SESSION.sd_db, rel=1e-4)
    expected = 1.96 * np.sqrt(1.0 + BETWEEN_SESSIONS.neighbour_correlation) * BETWEEN_SESSIONS.sd_db
    assert test.between_sessions.limit_95 == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (0.0, Verdict.NOT_SHOWN),
        (4.0, Verdict.NOT_SHOWN),
        (13.0, Verdict.TO_BE_CONFIRMED),
        (40.0, Verdict.BEYOND_RETEST),
    ],
)
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_verdict_by_size(step: float, sign: float, expected: Verdict) -> None:
    changed = [30.0 + sign * step, *FLAT[1:]]
    change = threshold_at(compared(profile_with(FLAT), profile_with(changed, session=LATER)), 250.0)
    assert change.verdict is expected
    if expected is not Verdict.NOT_SHOWN:
        assert change.is_worse is (sign > 0)


def test_less_than_the_published_limit_is_never_beyond_retest(monkeypatch: pytest.MonkeyPatch) -> None:
    # However far it exceeds the other limits. With the shipped constants they imply this one.
    monkeypatch.setattr(verdict, "PUBLISHED", PublishedLimit(41.0, "made up"))
    changes = compared(profile_with(FLAT), profile_with([70.0, *FLAT[1:]], session=LATER))
    change = threshold_at(changes, 250.0)
    assert change.between_sessions is not None
    assert change.between_sessions.is_beyond
    assert change.verdict is Verdict.TO_BE_CONFIRMED


def test_a_profile_against_its_like_has_not_changed() -> None:
    before = profile_with(FLAT)
    changes = compared(before, with_answers(profile_with(FLAT, session=LATER), "other"))
    assert {change.verdict for change in changes} == {Verdict.NOT_SHOWN, Verdict.NOT_MEASURED}
    assert all(change.measured.difference.mean == 0.0 for change in changes)
    assert all(change.within_session is None or change.within_session.p_value == 1.0 for change in changes)


STEPS = st.lists(st.floats(-40.0, 40.0), min_size=8, max_size=8)


@settings(max_examples=25)
@given(STEPS)
def test_exchanged_sessions_exchange_the_signs(steps: list[float]) -> None:
    changed = [30.0 + step for step in steps]
    there = compared(profile_with(FLAT), profile_with(changed, session=LATER))
    back = compared(profile_with(changed), profile_with(FLAT, session=LATER))
    for one, other in zip(there, back, strict=True):
        assert one.verdict is other.verdict
        assert one.measured.difference.mean == pytest.approx(-other.measured.difference.mean, abs=1e-9)


def test_selectivity_is_never_called_beyond_retest() -> None:
    before = with_estimates(profile_with(FLAT), inhibition=estimate(0.5, 0.01, 0.9))
    after = with_estimates(profile_with(FLAT, session=LATER), inhibition=estimate(0.1, 0.01, 0.9))
    found = [change for change in compared(before, after) if change.measured.quantity is Quantity.INHIBITION]
    assert {change.verdict for change in found} == {Verdict.RETEST_UNKNOWN}
    assert all(change.is_worse and change.within_session is None for change in found)


def test_false_discoveries_count_both_ears_together() -> None:
    # The same change of one ear needs more evidence where the other was tested, too.
    right = [profile_with(FLAT), profile_with([39.0, *FLAT[1:]], session=LATER)]
    left = [profile_with(FLAT, ear=Ear.LEFT), profile_with(FLAT, ear=Ear.LEFT, session=LATER)]
    alone, both = (
        threshold_at(compare_profiles(profiles).latest.of(Ear.RIGHT), 250.0).within_session
        for profiles in (right, [*right, *left])
    )
    assert alone is not None
    assert both is not None
    assert both.p_value == alone.p_value
    assert both.adjusted_p_value == pytest.approx(2.0 * alone.adjusted_p_value)


def test_unchanged_ears_with_retest_noise_are_seldom_told(rng: np.random.Generator) -> None:
    # Truth: simulation of thresholds with the answers' and the retest noise that the test assumes.
    rows = [row for row in differences(profile_with(FLAT), profile_with(FLAT)) if row.quantity is Quantity.THRESHOLD]
    single, pairs = rows[: len(FLAT)], rows[len(FLAT) :]
    num_told = 0
    for _ in range(200):
        steps = rng.normal(0.0, np.sqrt(2.0) * np.hypot(1.5, WITHIN_SESSION.sd_db), len(FLAT))
        values = [*steps, *(0.5 * (steps[1:] + steps[:-1]))]
        moved = [
            dataclasses.replace(row, difference=dataclasses.replace(row.difference, mean=float(value)))
            for row, value in zip([*single, *pairs], values, strict=True)
        ]
        num_told += any(change.is_told for change in judged({Ear.RIGHT: moved}))
    # At most 5 %; of 200 listeners the standard error is 1.5 %.
    assert num_told <= 18
