"""The search for the most probable ear: one mode from everywhere, never downhill, and honest about failure."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from hearfit.experiment.conditions import Conditions
from hearfit.inference import map as search
from hearfit.inference.likelihood import evaluate
from hearfit.inference.map import MapEstimate, MapStatus, SearchSettings, find_map, whitened_prior
from hearfit.listener.normal import NORMAL
from hearfit.listener.parameters import DEFAULT_PRIOR, NUM_PARAMETERS
from tests.inference.sessions import detection, fit_data, loudness, mode_of, simulated, truth

pytestmark = pytest.mark.usefixtures("float64")

PRIOR = whitened_prior(DEFAULT_PRIOR)


@cache
def session() -> tuple[Conditions, ...]:
    return tuple(simulated([detection(), loudness()], seed=21))


@cache
def estimate() -> MapEstimate:
    return mode_of(session())


def test_prior_is_whitened_by_its_own_factor() -> None:
    # Truth: the covariance is the factor times its transpose.
    np.testing.assert_allclose(PRIOR.factor @ PRIOR.factor.T, DEFAULT_PRIOR.covariance, atol=1e-9)
    np.testing.assert_array_equal(PRIOR.mean, DEFAULT_PRIOR.mean)


def test_search_converges_to_a_point_without_slope() -> None:
    assert estimate().status is MapStatus.CONVERGED
    assert estimate().newton_decrement < 1e-6
    at_mode = evaluate(estimate().whitened, PRIOR, fit_data(session()), normal=NORMAL)
    # Half of g' H^-1 g is below 1e-6 nats, and H is at least the unit matrix of the prior.
    precision = at_mode.fisher + np.eye(NUM_PARAMETERS)
    assert 0.5 * at_mode.gradient @ np.linalg.solve(precision, at_mode.gradient) < 1e-6
    assert estimate().log_likelihood == pytest.approx(at_mode.log_likelihood)
    np.testing.assert_allclose(estimate().fisher, at_mode.fisher)


@pytest.mark.parametrize("seed_of_start", [None, 0, 1, 2])
def test_starts_near_and_far_lead_to_the_same_mode(seed_of_start: int | None) -> None:
    # Truth: the search from the rough map. Other starts: the prior mean, and random ears about the true listener.
    start = np.zeros(NUM_PARAMETERS)
    if seed_of_start is not None:
        at_truth = np.linalg.solve(PRIOR.factor, truth() - PRIOR.mean)
        start = at_truth + 0.3 * np.random.default_rng(seed_of_start).normal(size=NUM_PARAMETERS)
    other = mode_of(session(), start=start)
    assert other.status is MapStatus.CONVERGED
    assert other.log_posterior_trace[-1] == pytest.approx(estimate().log_posterior_trace[-1], abs=1e-5)
    np.testing.assert_allclose(other.whitened, estimate().whitened, atol=0.01)


@pytest.mark.parametrize("seed_of_start", [1, 2, 3, 4])
def test_no_random_ear_of_the_prior_leads_to_a_better_mode(seed_of_start: int) -> None:
    # The posterior may have a second mode (no attenuation at all, its coordinate left to the prior). It is worse.
    other = mode_of(session(), start=np.random.default_rng(seed_of_start).normal(size=NUM_PARAMETERS))
    assert other.status is MapStatus.CONVERGED
    assert other.log_posterior_trace[-1] <= estimate().log_posterior_trace[-1] + 1e-5


def test_no_random_step_from_the_mode_leads_higher(rng: np.random.Generator) -> None:
    # Truth: brute force.
    data = fit_data(session())
    best = estimate().log_posterior_trace[-1]
    for size in (0.01, 0.1, 1.0):
        for _ in range(20):
            step = size * rng.normal(size=NUM_PARAMETERS)
            assert evaluate(estimate().whitened + step, PRIOR, data, normal=NORMAL).log_posterior <= best + 1e-6


@pytest.mark.parametrize("start_seed", [None, 4, 5])
def test_the_log_posterior_never_falls(start_seed: int | None) -> None:
    start = None if start_seed is None else 2.0 * np.random.default_rng(start_seed).normal(size=NUM_PARAMETERS)
    trace = mode_of(session(), start=start).log_posterior_trace
    assert len(trace) > 2
    assert np.all(np.diff(trace) > 0.0)


def test_a_search_that_may_take_one_step_says_that_it_was_cut_short() -> None:
    cut = mode_of(session(), settings=SearchSettings(max_steps=1))
    assert cut.status is MapStatus.TOO_MANY_STEPS
    assert cut.newton_decrement > 1e-6
    assert cut.num_evaluations == 2


def test_a_search_that_cannot_gain_says_that_it_is_stuck() -> None:
    # A tolerance that floating-point numbers cannot reach.
    stuck = mode_of(session(), start=estimate().whitened, settings=SearchSettings(tolerance_nats=0.0))
    assert stuck.status in {MapStatus.STUCK, MapStatus.TOO_MANY_STEPS}
    np.testing.assert_allclose(stuck.whitened, estimate().whitened, atol=0.01)


def test_a_start_without_a_finite_posterior_is_refused_in_words() -> None:
    nowhere = mode_of(session(), start=np.full(NUM_PARAMETERS, np.nan))
    assert nowhere.status is MapStatus.NOT_FINITE
    assert nowhere.num_evaluations == 1


def test_one_answer_leaves_the_ear_near_the_prior() -> None:
    # Truth: the mode of a single trial can move from the prior mean by little more than it gains in likelihood.
    single = simulated([detection((1000.0,), repetitions=1, catch_trials=0)], seed=1)[0]
    counts = np.zeros_like(single.counts)
    counts[3, 1] = 1
    one = mode_of([replace(single, counts=counts)])
    assert one.status is MapStatus.CONVERGED
    at_prior = evaluate(np.zeros(NUM_PARAMETERS), PRIOR, fit_data([replace(single, counts=counts)]), normal=NORMAL)
    assert 0.5 * np.sum(one.whitened**2) <= one.log_likelihood - at_prior.log_likelihood + 1e-9
    assert np.linalg.norm(one.whitened) < 1.5
    assert np.linalg.matrix_rank(one.fisher, tol=1e-8) == 1


def test_no_answers_at_all_are_the_prior() -> None:
    empty = [replace(own, counts=0 * own.counts) for own in session()]
    nothing = mode_of(empty)
    assert nothing.status is MapStatus.CONVERGED
    np.testing.assert_array_equal(nothing.whitened, 0.0)
    np.testing.assert_array_equal(nothing.fisher, 0.0)


def test_progress_hears_of_every_step() -> None:
    told: list[tuple[int, float]] = []
    found = find_map(
        fit_data(session()),
        PRIOR,
        normal=NORMAL,
        settings=SearchSettings(),
        start=np.zeros(NUM_PARAMETERS),
        progress=lambda step, gain: told.append((step, gain)),
    )
    assert [step for step, _ in told] == list(range(1, found.num_evaluations + 1))
    assert told[-1][1] == pytest.approx(found.newton_decrement)


@pytest.mark.parametrize("smallest", [1.0, -3.0])
@pytest.mark.parametrize("radius", [1e-3, 0.3, 100.0])
def test_trusted_step_is_the_best_of_the_model_within_the_ball(
    smallest: float, radius: float, rng: np.random.Generator
) -> None:
    # Truth: brute force over 20,000 random points of the ball, of a definite and of an indefinite model.
    rotation, _ = np.linalg.qr(rng.normal(size=(5, 5)))
    curvature = rotation @ np.diag([smallest, 1.0, 2.0, 10.0, 100.0]) @ rotation.T
    gradient = rng.normal(size=5)
    step, promised = search._trusted_step(curvature, gradient, radius)
    assert np.linalg.norm(step) <= radius * (1.0 + 1e-3)
    assert promised == pytest.approx(gradient @ step - 0.5 * step @ curvature @ step)
    points = rng.normal(size=(20_000, 5))
    points *= radius * rng.random((20_000, 1)) ** 0.2 / np.linalg.norm(points, axis=1, keepdims=True)
    gains = points @ gradient - 0.5 * np.einsum("np,pq,nq->n", points, curvature, points)
    assert promised >= gains.max()


def test_corrected_curvature_explains_the_change_of_the_gradient(rng: np.random.Generator) -> None:
    # Truth: the secant equation of NL2SOL, (H + S) step = change of gradient, with S symmetric.
    data = fit_data(session())
    # Close to the mode, where the curvature is positive in every direction.
    start = estimate().whitened + 0.03 * rng.normal(size=NUM_PARAMETERS)
    step = 0.01 * rng.normal(size=NUM_PARAMETERS)
    before, after = (evaluate(at, PRIOR, data, normal=NORMAL) for at in (start, start + step))
    correction = search._updated_correction(np.zeros((NUM_PARAMETERS, NUM_PARAMETERS)), step, before, after)
    np.testing.assert_allclose(correction, correction.T, atol=1e-9)
    expected = before.gradient - after.gradient
    found = (after.fisher + np.eye(NUM_PARAMETERS) + correction) @ step
    np.testing.assert_allclose(found, expected, atol=1e-8 * np.abs(expected).max())


def test_corrected_curvature_saves_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    # Truth: the search with the expected information alone, which converges slowly where answers are few.
    start = np.zeros(NUM_PARAMETERS)
    corrected = mode_of(session(), start=start).num_evaluations
    monkeypatch.setattr(search, "_updated_correction", lambda correction, *_: correction)
    assert corrected < mode_of(session(), start=start).num_evaluations
