"""Laplace's approximation against finite differences, and what little information makes of it."""

from dataclasses import replace
from functools import cache

import jax.numpy as jnp
import numpy as np
import pytest

from hearfit.experiment.conditions import Conditions
from hearfit.inference.data import FitData
from hearfit.inference.laplace import LaplacePosterior, laplace
from hearfit.inference.likelihood import evaluate, predict
from hearfit.inference.map import SearchSettings, find_map, whitened_prior
from hearfit.listener.normal import NORMAL
from hearfit.listener.parameters import DEFAULT_PRIOR, NUM_KNOTS, NUM_PARAMETERS, listener_at
from tests.inference.sessions import detection, fit_data, loudness, mode_of, simulated, truth

pytestmark = pytest.mark.usefixtures("float64")

PRIOR = whitened_prior(DEFAULT_PRIOR)


def expected_data(conditions: list[Conditions], position: np.ndarray, *, trials: float) -> FitData:
    """As many answers of each kind as this listener gives on average to `trials` trials of each condition."""
    data = fit_data(conditions)
    groups = predict(position, data, normal=NORMAL)
    expected = []
    for task, own in zip(data, groups, strict=True):
        (block,) = task.blocks
        counts = np.zeros(block.counts.shape)
        counts[: task.num_conditions] = trials * own.probability
        expected.append(replace(task, blocks=(block._replace(counts=jnp.asarray(counts)),)))
    return tuple(expected)


@cache
def small_session() -> LaplacePosterior:
    return laplace(mode_of(simulated([detection(), loudness()], seed=32)), DEFAULT_PRIOR)


@pytest.mark.parametrize("trials", [5.0, 500.0])
def test_covariance_is_the_inverse_of_a_finite_difference_hessian(trials: float) -> None:
    # Truth: central differences of the gradient. With as many answers of each kind as the prior's mean ear gives on
    # average, that ear is the mode, and observed and expected information are the same there.
    conditions = simulated([detection(), loudness()], seed=31, position=DEFAULT_PRIOR.mean)
    data = expected_data(conditions, DEFAULT_PRIOR.mean, trials=trials)
    estimate = find_map(data, PRIOR, normal=NORMAL, settings=SearchSettings(), start=np.zeros(NUM_PARAMETERS))
    np.testing.assert_allclose(estimate.whitened, 0.0, atol=0.01)
    hessian = np.empty((NUM_PARAMETERS, NUM_PARAMETERS))
    for i in range(NUM_PARAMETERS):
        step = 1e-4 * np.eye(NUM_PARAMETERS)[i]
        high, low = (evaluate(sign * step, PRIOR, data, normal=NORMAL).gradient for sign in (1.0, -1.0))
        hessian[i] = (high - low) / 2e-4
    expected = PRIOR.factor @ np.linalg.inv(-0.5 * (hessian + hessian.T)) @ PRIOR.factor.T
    covariance = laplace(estimate, DEFAULT_PRIOR).covariance
    sd = np.sqrt(np.diag(expected))
    np.testing.assert_allclose(np.sqrt(np.diag(covariance)), sd, rtol=0.005)
    np.testing.assert_allclose(covariance / np.outer(sd, sd), expected / np.outer(sd, sd), atol=0.01)


def test_a_great_many_answers_find_the_listener() -> None:
    # Truth: the coordinates that made the expected answers. Exponents at tested knots are found to within 5 %,
    # the coordinates to within two of their own standard deviations.
    conditions = simulated([detection(), loudness()], seed=31)
    data = expected_data(conditions, truth(), trials=3000.0)
    posterior = laplace(
        find_map(data, PRIOR, normal=NORMAL, settings=SearchSettings(), start=np.zeros(NUM_PARAMETERS)), DEFAULT_PRIOR
    )
    error = posterior.mode - truth()
    sd = np.sqrt(np.diag(posterior.covariance))
    found, true = (np.asarray(listener_at(jnp.asarray(at)).exponent) for at in (posterior.mode, truth()))
    np.testing.assert_allclose(found[[2, 6, 8]], true[[2, 6, 8]], rtol=0.05)
    assert np.all(np.abs(error[: 2 * NUM_KNOTS]) < 2.0 * sd[: 2 * NUM_KNOTS])


def test_covariance_is_symmetric_positive_and_smaller_than_the_prior() -> None:
    posterior = small_session()
    np.testing.assert_array_equal(posterior.covariance, posterior.covariance.T)
    assert np.linalg.eigvalsh(posterior.covariance).min() > 0.0
    # Answers never add uncertainty: prior minus posterior covariance is positive semidefinite.
    gained = np.linalg.eigvalsh(posterior.prior_covariance - posterior.covariance)
    assert gained.min() > -1e-9
    assert posterior.condition_number >= 1.0


def test_data_share_is_one_minus_the_ratio_of_variances() -> None:
    posterior = small_session()
    share = posterior.data_share
    assert np.all((share > -1e-9) & (share < 1.0))
    np.testing.assert_allclose(posterior.share_along(np.eye(NUM_PARAMETERS)), share, atol=1e-12)
    # Truth: variance of the sum of two coordinates by hand.
    direction = np.zeros(NUM_PARAMETERS)
    direction[[3, 7]] = 1.0
    block = np.ix_([3, 7], [3, 7])
    expected = 1.0 - posterior.covariance[block].sum() / posterior.prior_covariance[block].sum()
    assert posterior.share_along(direction) == pytest.approx(expected)


def test_without_answers_the_posterior_is_the_prior() -> None:
    conditions = simulated([detection(), loudness()], seed=33)
    posterior = laplace(mode_of([replace(own, counts=0 * own.counts) for own in conditions]), DEFAULT_PRIOR)
    np.testing.assert_allclose(posterior.mode, DEFAULT_PRIOR.mean, atol=1e-12)
    np.testing.assert_allclose(posterior.covariance, DEFAULT_PRIOR.covariance, atol=1e-9)
    np.testing.assert_allclose(posterior.data_share, 0.0, atol=1e-12)
    assert posterior.condition_number == pytest.approx(1.0)


def test_a_single_answer_hardly_moves_the_posterior() -> None:
    (conditions,) = simulated([detection((1000.0,), repetitions=1, catch_trials=0)], seed=34)
    counts = np.zeros_like(conditions.counts)
    counts[2, 0] = 1
    posterior = laplace(mode_of([replace(conditions, counts=counts)]), DEFAULT_PRIOR)
    sd = np.sqrt(np.diag(DEFAULT_PRIOR.covariance))
    assert np.abs((posterior.mode - DEFAULT_PRIOR.mean) / sd).max() < 1.2
    # One answer is one number: only the one direction that it tells about got smaller.
    shrunk = np.linalg.eigvals(np.linalg.solve(DEFAULT_PRIOR.covariance, posterior.covariance)).real
    assert np.sum(shrunk < 1.0 - 1e-6) == 1


def test_draws_have_the_mean_and_the_covariance() -> None:
    # Truth: moments of 20,000 draws, whose standard error is 0.7 % of an SD for the mean.
    posterior = small_session()
    draws = posterior.draws(20_000, seed=1)
    sd = np.sqrt(np.diag(posterior.covariance))
    np.testing.assert_allclose((draws.mean(axis=0) - posterior.mode) / sd, 0.0, atol=0.035)
    correlation = posterior.covariance / np.outer(sd, sd)
    np.testing.assert_allclose(np.cov(draws.T) / np.outer(sd, sd), correlation, atol=0.06)


def test_the_seed_decides_the_draws() -> None:
    posterior = small_session()
    np.testing.assert_array_equal(posterior.draws(5, seed=3), posterior.draws(5, seed=3))
    assert not np.array_equal(posterior.draws(5, seed=3), posterior.draws(5, seed=4))
