"""The priors by name: what they are made of, and that the flat one lets the data speak."""

import jax
import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import norm

from hearfit.cli.options import PriorChoice
from hearfit.errors import InputError
from hearfit.inference.laplace import laplace
from hearfit.inference.map import MapStatus, SearchSettings, find_map, whitened_prior
from hearfit.inference.start import starting_point
from hearfit.listener import population
from hearfit.listener.normal import AUDIOMETRIC_FREQUENCIES_HZ, NORMAL
from hearfit.listener.parameters import DEFAULT_PRIOR, NUM_BOUNDARIES, NUM_KNOTS, TabulatedPrior
from hearfit.listener.priors import FLAT_PRIOR, PRIORS, prior_named
from tests.inference.sessions import TESTED_HZ, detection, loudness, simulated, truth
from tests.inference.test_laplace import expected_data

TESTED = [AUDIOMETRIC_FREQUENCIES_HZ.index(f) for f in TESTED_HZ]


@pytest.mark.parametrize("name", PRIORS)
def test_priors_are_proper(name: str) -> None:
    covariance = prior_named(name).covariance
    np.testing.assert_array_equal(covariance, covariance.T)
    assert np.linalg.eigvalsh(covariance).min() > 1e-3


def test_command_line_offers_every_prior() -> None:
    assert [choice.value for choice in PriorChoice] == list(PRIORS)


def test_an_unknown_prior_is_refused() -> None:
    with pytest.raises(InputError, match=r"The prior 'uniform' is not known\. Known are population, flat\."):
        prior_named("uniform")


def test_covariance_of_a_table_is_that_of_its_sds_and_correlations() -> None:
    # Truth: written out by hand.
    found = TabulatedPrior(mean=0.0, sd=(1.0, 2.0, 3.0), correlation=((), (0.5,), (-0.1, 0.2))).covariance()
    np.testing.assert_allclose(found, [[1.0, 1.0, -0.3], [1.0, 4.0, 1.2], [-0.3, 1.2, 9.0]])


def test_population_prior_has_the_constants() -> None:
    mean, sd = DEFAULT_PRIOR.mean, np.sqrt(np.diag(DEFAULT_PRIOR.covariance))
    share, threshold = slice(0, NUM_KNOTS), slice(NUM_KNOTS, 2 * NUM_KNOTS)
    boundary = slice(3 * NUM_KNOTS + 5, 3 * NUM_KNOTS + 5 + NUM_BOUNDARIES)
    np.testing.assert_allclose(mean[threshold], population.THRESHOLD_MEAN_DB_HL)
    np.testing.assert_allclose(sd[threshold], population.THRESHOLD_SD_DB)
    np.testing.assert_allclose(mean[share], population.SHARE_LOGIT_MEAN)
    parts = (
        population.SHARE_LOGIT_COMMON_SD,
        population.SHARE_LOGIT_SMOOTH_SD,
        population.SHARE_LOGIT_INDEPENDENT_SD,
    )
    np.testing.assert_allclose(sd[share], np.linalg.norm(parts))
    np.testing.assert_allclose(mean[boundary], 0.0)
    np.testing.assert_allclose(sd[boundary], population.BOUNDARY_SD_CU)


def test_a_steep_ear_is_not_fought() -> None:
    # Truth: good low and very poor high frequencies, as of a real listener of the loudness runs (105 dB HL at 4 to
    # 8 kHz), within the ellipsoid that holds 95 % of a Gaussian with as many dimensions.
    threshold = np.array([10.0, 10.0, 10.0, 15.0, 20.0, 40.0, 60.0, 90.0, 105.0, 105.0, 105.0])
    knots = slice(NUM_KNOTS, 2 * NUM_KNOTS)
    deviation = threshold - DEFAULT_PRIOR.mean[knots]
    distance = deviation @ np.linalg.solve(DEFAULT_PRIOR.covariance[knots, knots], deviation)
    assert distance < 19.7


def test_flat_shares_and_inhibition_are_nearly_uniform() -> None:
    # Truth: quantiles of the uniform distribution.
    rank = np.linspace(0.01, 0.99, 50)
    sd = np.sqrt(np.diag(FLAT_PRIOR.covariance))
    for index in (0, 2 * NUM_KNOTS):
        quantile = 1.0 / (1.0 + np.exp(-(FLAT_PRIOR.mean[index] + sd[index] * norm.ppf(rank))))
        np.testing.assert_allclose(quantile, rank, atol=0.01)


@pytest.mark.parametrize("name", PRIORS)
def test_much_data_outweighs_any_prior(name: str) -> None:
    # Truth: with as many answers of each kind as the known listener gives on average, that listener has the largest
    # likelihood, and both priors' modes must lie close to it.
    prior = prior_named(name)
    conditions = simulated([detection(), loudness()], seed=31)
    with jax.enable_x64(True):
        data = expected_data(conditions, truth(), trials=1000.0)
        start = starting_point(conditions, prior, NORMAL)
        estimate = find_map(data, whitened_prior(prior), normal=NORMAL, settings=SearchSettings(), start=start)
        assert estimate.status is MapStatus.CONVERGED
        posterior = laplace(estimate, prior)
    threshold = slice(NUM_KNOTS, 2 * NUM_KNOTS)
    np.testing.assert_allclose(posterior.mode[threshold][TESTED], truth()[threshold][TESTED], atol=1.0)
    share, true_share = expit(posterior.mode[:NUM_KNOTS]), expit(truth()[:NUM_KNOTS])
    np.testing.assert_allclose(share[TESTED], true_share[TESTED], atol=0.08)


def test_a_prior_that_knows_nothing_does_not_turn_into_data() -> None:
    # Truth: the definition. No answers, so nothing is data, however wide the prior was.
    conditions = simulated([detection([1000.0], repetitions=1)], seed=32)
    with jax.enable_x64(True):
        data = expected_data(conditions, truth(), trials=0.0)
        start = np.zeros(len(FLAT_PRIOR.mean))
        estimate = find_map(data, whitened_prior(FLAT_PRIOR), normal=NORMAL, settings=SearchSettings(), start=start)
        posterior = laplace(estimate, FLAT_PRIOR)
    np.testing.assert_allclose(posterior.covariance, FLAT_PRIOR.covariance, atol=1e-6)
    assert posterior.data_share.max() < 1e-6
    assert posterior.data_share[NUM_KNOTS : 2 * NUM_KNOTS].max() < -0.5
