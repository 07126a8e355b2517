"""The rough start of the search: a grid for each frequency by itself."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest

from hearfit.experiment.protocol import Protocol
from hearfit.inference.likelihood import evaluate
from hearfit.inference.map import whitened_prior
from hearfit.inference.start import starting_point
from hearfit.listener.normal import NORMAL
from hearfit.listener.parameters import DEFAULT_PRIOR, NUM_KNOTS, NUM_PARAMETERS, listener_at
from tests.inference.sessions import detection, fit_data, loudness, simulated, truth

pytestmark = pytest.mark.usefixtures("float64")

PRIOR = whitened_prior(DEFAULT_PRIOR)
TESTED = [2, 6, 8]


def coordinates_of_start(protocols: list[Protocol], seed: int) -> np.ndarray:
    conditions = simulated(protocols, seed=seed)
    return PRIOR.mean + PRIOR.factor @ starting_point(conditions, DEFAULT_PRIOR, NORMAL)


@pytest.mark.parametrize("seed_of_session", [1, 2, 3])
def test_start_is_near_the_listener_who_answered(seed_of_session: int) -> None:
    # Truth: the simulated listener. Thresholds within two spreads of the rough map, exponents within a factor 1.5.
    found = coordinates_of_start([detection(), loudness()], seed_of_session)
    threshold = found[NUM_KNOTS : 2 * NUM_KNOTS]
    np.testing.assert_allclose(threshold[TESTED], truth()[NUM_KNOTS : 2 * NUM_KNOTS][TESTED], atol=10.0)
    exponents = [np.asarray(listener_at(jnp.asarray(own)).exponent)[TESTED] for own in (found, truth())]
    np.testing.assert_allclose(np.log(exponents[0]), np.log(exponents[1]), atol=np.log(1.5))


def test_start_is_more_probable_than_the_prior_mean() -> None:
    conditions = simulated([detection(), loudness()], seed=4)
    data = fit_data(conditions)
    start = starting_point(conditions, DEFAULT_PRIOR, NORMAL)
    rough, blind = (evaluate(at, PRIOR, data, normal=NORMAL) for at in (start, np.zeros(NUM_PARAMETERS)))
    assert rough.log_posterior > blind.log_posterior + 50.0


def test_untested_frequencies_follow_their_neighbours() -> None:
    # Truth: the conditional mean of the Gaussian prior given the tested coordinates of the start.
    found = coordinates_of_start([detection(), loudness()], 5)
    tested = np.array([*TESTED, *(NUM_KNOTS + k for k in TESTED)])
    rest = np.setdiff1d(np.arange(NUM_PARAMETERS), tested)
    covariance, mean = DEFAULT_PRIOR.covariance, DEFAULT_PRIOR.mean
    weights = covariance[np.ix_(rest, tested)] @ np.linalg.inv(covariance[np.ix_(tested, tested)])
    np.testing.assert_allclose(found[rest], mean[rest] + weights @ (found[tested] - mean[tested]), atol=1e-9)


@pytest.mark.parametrize("interval_count", [1, 3])
def test_threshold_of_detection_alone_is_where_half_of_the_tones_are_heard(interval_count: int) -> None:
    found = coordinates_of_start([detection(repetitions=10, interval_count=interval_count, catch_trials=0)], 6)
    threshold = truth()[NUM_KNOTS : 2 * NUM_KNOTS]
    np.testing.assert_allclose(found[NUM_KNOTS : 2 * NUM_KNOTS][TESTED], threshold[TESTED], atol=8.0)


def test_without_answers_the_search_starts_at_the_most_probable_ear_of_the_grid() -> None:
    # No counts: each grid has its maximum at the prior's own mean, to its step of 2.5 dB.
    conditions = [replace(own, counts=0 * own.counts) for own in simulated([detection()], seed=7)]
    start = starting_point(conditions, DEFAULT_PRIOR, NORMAL)
    found = PRIOR.factor @ start
    assert np.abs(found[NUM_KNOTS : 2 * NUM_KNOTS]).max() < 2.5


def test_with_catch_trials_only_the_search_starts_at_the_prior_mean() -> None:
    (own,) = simulated([detection()], seed=8)
    rows = own.is_catch
    only_catch = replace(
        own,
        stimulus_index=own.stimulus_index[rows],
        level_db_hl=own.level_db_hl[rows],
        interval_count=own.interval_count[rows],
        is_catch=own.is_catch[rows],
        counts=own.counts[rows],
    )
    np.testing.assert_array_equal(starting_point([only_catch], DEFAULT_PRIOR, NORMAL), np.zeros(NUM_PARAMETERS))
