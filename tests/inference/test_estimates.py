"""Posterior summaries against scipy's distributions and direct sampling."""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import lognorm

from hearfit.experiment.protocol import Task
from hearfit.inference.derived import threshold_sensitivities
from hearfit.inference.estimates import (
    bandwidth_estimates,
    cochlear_estimates,
    inhibition_estimates,
    observer_estimates,
    threshold_estimates,
    transformed_estimate,
)
from hearfit.inference.laplace import LaplacePosterior, laplace
from hearfit.listener.normal import NORMAL
from hearfit.listener.parameters import DEFAULT_PRIOR, NUM_KNOTS, NUM_PARAMETERS, attenuation_db, compression_exponent
from tests.inference.sessions import detection, loudness, mode_of, simulated

pytestmark = pytest.mark.usefixtures("float64")

BOTH = frozenset({Task.DETECTION, Task.CATEGORICAL_LOUDNESS})


@cache
def posterior() -> LaplacePosterior:
    with jax.enable_x64(True):
        return laplace(mode_of(simulated([detection(), loudness()], seed=41)), DEFAULT_PRIOR)


@given(st.floats(-3.0, 1.0), st.floats(0.001, 1.0))
def test_exponential_of_a_normal_coordinate_is_log_normal(mean: float, sd: float) -> None:
    # Truth: moments and quantiles of scipy's log-normal distribution.
    at = np.full(NUM_PARAMETERS, mean)
    own = LaplacePosterior(at, np.diag(np.full(NUM_PARAMETERS, sd**2)), 2.0 * np.diag(np.full(len(at), sd**2)), 1.0)
    found = transformed_estimate(own, 3, np.exp)
    truth = lognorm(sd, scale=np.exp(mean))
    assert found.mean == pytest.approx(truth.mean(), rel=1e-9)
    assert found.sd == pytest.approx(truth.std(), rel=1e-6)
    assert (found.lower_95, found.upper_95) == pytest.approx((truth.ppf(0.025), truth.ppf(0.975)), rel=1e-9)
    assert found.data_share == pytest.approx(0.5)


def test_inhibition_is_that_of_its_coordinate() -> None:
    # Truth: 100,000 draws of the posterior, squashed into [0, 1].
    values = 0.55 / (1.0 + np.exp(-posterior().draws(100_000, seed=0)[:, 2 * NUM_KNOTS : 3 * NUM_KNOTS]))
    for k, estimate in enumerate(inhibition_estimates(posterior())):
        sd = values[:, k].std()
        assert estimate.mean == pytest.approx(values[:, k].mean(), abs=0.02 * sd)
        assert estimate.sd == pytest.approx(sd, rel=0.02)
        low, high = np.quantile(values[:, k], [0.025, 0.975])
        assert (estimate.lower_95, estimate.upper_95) == pytest.approx((low, high), abs=0.05 * sd)


def test_exponent_and_attenuation_are_those_of_random_ears() -> None:
    # Truth: 100,000 other draws; the estimates have 4000, so that a mean is known to 1.6 % of an SD.
    draws = posterior().draws(100_000, seed=9)
    coordinates = jnp.asarray(draws[:, :NUM_KNOTS]), jnp.asarray(draws[:, NUM_KNOTS : 2 * NUM_KNOTS])
    for function, column in zip(
        (compression_exponent, attenuation_db), cochlear_estimates(posterior(), DEFAULT_PRIOR, seed=0), strict=True
    ):
        values = np.asarray(function(*coordinates))
        for k, estimate in enumerate(column):
            sd = values[:, k].std()
            assert estimate.mean == pytest.approx(values[:, k].mean(), abs=0.08 * sd)
            assert estimate.sd == pytest.approx(sd, rel=0.15)
            low, high = np.quantile(values[:, k], [0.025, 0.975])
            assert (estimate.lower_95, estimate.upper_95) == pytest.approx((low, high), abs=0.25 * sd)
            assert estimate.lower_95 > 0.0


def test_threshold_alone_has_no_share_in_exponent_and_attenuation() -> None:
    # Truth: a posterior that knows every threshold to 1 dB and nothing else but the prior.
    threshold = np.arange(NUM_KNOTS, 2 * NUM_KNOTS)
    design = np.eye(len(DEFAULT_PRIOR.mean))[threshold]
    prior = DEFAULT_PRIOR.covariance
    gain = prior @ design.T @ np.linalg.inv(design @ prior @ design.T + np.eye(NUM_KNOTS))
    covariance = prior - gain @ design @ prior
    known = LaplacePosterior(DEFAULT_PRIOR.mean, 0.5 * (covariance + covariance.T), prior, 1.0)
    for column in cochlear_estimates(known, DEFAULT_PRIOR, seed=0):
        assert all(estimate.data_share is not None for estimate in column)
        assert max(estimate.data_share or 0.0 for estimate in column) < 0.1


def test_threshold_intervals_agree_with_the_delta_method_where_answers_are_many() -> None:
    # Truth: gradient times covariance; close where the posterior is narrow, that is at the tested frequencies.
    result = threshold_sensitivities(jnp.asarray(posterior().mode), normal=NORMAL)
    slope = np.asarray(result.jacobian)
    sd = np.sqrt(np.einsum("kp,pq,kq->k", slope, posterior().covariance, slope))
    estimates = threshold_estimates(posterior(), normal=NORMAL, seed=0)
    for k in (2, 6, 8):
        assert estimates[k].sd == pytest.approx(sd[k], rel=0.3)
        assert estimates[k].mean == pytest.approx(float(result.level_db_hl[k]), abs=sd[k])
        assert (estimates[k].data_share or 0.0) > 0.9


def test_bandwidth_is_as_well_known_as_the_inhibition() -> None:
    bandwidth = bandwidth_estimates(posterior(), normal=NORMAL, seed=0)
    inhibition = inhibition_estimates(posterior())
    assert [e.data_share for e in bandwidth] == [e.data_share for e in inhibition]
    assert all(0.0 < e.lower_95 <= e.mean <= e.upper_95 for e in bandwidth)


def test_the_seed_decides_the_intervals() -> None:
    first, again, other = (cochlear_estimates(posterior(), DEFAULT_PRIOR, seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_only_the_tasks_that_were_done_describe_the_observer() -> None:
    names = {
        task: {row.name for row in observer_estimates(posterior(), frozenset({task}), has_masker=False)}
        for task in Task
    }
    assert "criterion" in names[Task.DETECTION]
    assert "criterion" not in names[Task.CATEGORICAL_LOUDNESS]
    assert "spread of loudness answers" in names[Task.CATEGORICAL_LOUDNESS]
    assert "spread of loudness answers" not in names[Task.DETECTION]
    assert "lapse rate" in names[Task.DETECTION] & names[Task.CATEGORICAL_LOUDNESS]
    assert {row.name for row in observer_estimates(posterior(), BOTH, has_masker=False)} == set.union(*names.values())


def test_category_boundaries_are_in_order_and_in_categorical_units() -> None:
    rows = [
        r for r in observer_estimates(posterior(), BOTH, has_masker=False) if r.name.startswith("category boundary")
    ]
    assert len(rows) == 10
    assert all(row.unit == "CU" for row in rows)
    means = [row.estimate.mean for row in rows]
    assert means == sorted(means)
