"""The constants of the population prior against the people that they are learned from."""

from pathlib import Path

import jax
import numpy as np
import pytest

from hearfit.listener.parameters import DEFAULT_PRIOR, NUM_KNOTS
from tests.studies.loudness_boundaries import read_boundaries
from tests.studies.population_prior import (
    Ears,
    loudness_moments,
    read_ears,
    retest_sd_db,
    threshold_moments,
)

THRESHOLDS = slice(NUM_KNOTS, 2 * NUM_KNOTS)


def test_threshold_constants_follow_from_the_audiograms(shared_data: Path) -> None:
    # Truth: the data; constants are rounded.
    learned = threshold_moments(read_ears(shared_data), retest_sd_db(shared_data))
    np.testing.assert_allclose(DEFAULT_PRIOR.mean[THRESHOLDS], learned.mean, atol=0.06)
    shipped = DEFAULT_PRIOR.covariance[THRESHOLDS, THRESHOLDS]
    np.testing.assert_allclose(shipped, learned.covariance, rtol=0.01, atol=1.0)


def test_no_ear_lies_far_outside(shared_data: Path) -> None:
    # Truth: counting. No threshold of 39,694 ears is farther than 3.5 SD from the mean.
    sd = np.sqrt(np.diag(DEFAULT_PRIOR.covariance[THRESHOLDS, THRESHOLDS]))
    for group in read_ears(shared_data):
        deviate = (group.level_db_hl - DEFAULT_PRIOR.mean[THRESHOLDS][group.knots]) / sd[group.knots]
        assert np.abs(deviate).max() <= 3.51


@pytest.mark.slow
def test_loudness_constants_follow_from_the_boundaries(shared_data: Path) -> None:
    with jax.enable_x64(True):
        share, shift = loudness_moments(read_boundaries(shared_data))
    np.testing.assert_allclose(DEFAULT_PRIOR.mean[:NUM_KNOTS], share.mean, atol=0.02)
    found = DEFAULT_PRIOR.compressive_share_logit.covariance()
    np.testing.assert_allclose(found, share.covariance(), atol=0.03)
    np.testing.assert_allclose(DEFAULT_PRIOR.boundary_shift_cu.covariance(), shift.covariance, rtol=0.02, atol=0.5)


def test_moments_of_simulated_ears_are_found_although_no_group_has_all_frequencies() -> None:
    # Truth: the Gaussian from which the ears are drawn; nothing is widened beyond what chance in the tails asks for. Of
    # pairs of frequencies that no group has, the correlation is not known exactly.
    generator = np.random.default_rng(4)
    distance = np.abs(np.subtract.outer(np.arange(NUM_KNOTS), np.arange(NUM_KNOTS)))
    covariance, mean = 400.0 * np.exp(-distance / 5.0), np.linspace(10.0, 40.0, NUM_KNOTS)
    level = generator.multivariate_normal(mean, covariance + 4.0 * np.eye(NUM_KNOTS), size=20_000)
    low, high = np.arange(0, 8), np.arange(3, NUM_KNOTS)
    found = threshold_moments((Ears(low, level[:10_000, low]), Ears(high, level[10_000:, high])), 2.0)
    np.testing.assert_allclose(found.mean, mean, atol=1.0)
    scale = np.diag(found.covariance) / 400.0
    assert np.all((scale > 0.95) & (scale < 1.8))
    correlation = found.covariance / np.sqrt(np.outer(np.diag(found.covariance), np.diag(found.covariance)))
    error = np.abs(correlation - covariance / 400.0)
    assert max(error[np.ix_(low, low)].max(), error[np.ix_(high, high)].max()) < 0.03
    assert error.max() < 0.1
