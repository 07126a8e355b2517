"""The observer of discriminations: against explicit inverses, the closed form for a rove, and Minkowski sums."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from hearfit.observer.discrimination import (
    COMPARISON_CAM,
    log_ideal_discriminability,
    log_pooling_efficiency,
    rove_correlation,
)

NUM_CHANNELS = 30


def _ideal(x: np.ndarray, g: np.ndarray, precision: float, rove_sd_db: float, correlation: float) -> float:
    with jax.enable_x64(True):
        arguments = (jnp.asarray(x), jnp.asarray(g), jnp.asarray(precision), jnp.asarray(rove_sd_db))
        return float(jnp.exp(log_ideal_discriminability(*arguments, correlation)))


def test_the_linear_observer_is_that_of_the_inverse_covariance(rng: np.random.Generator) -> None:
    # Truth: the explicit inverse of the whole covariance in numpy.
    x, g = rng.normal(size=NUM_CHANNELS), rng.uniform(0.0, 0.3, NUM_CHANNELS)
    correlation = rove_correlation(0.5)
    assert correlation == pytest.approx(np.exp(-0.5 / COMPARISON_CAM))
    distance = np.abs(np.subtract.outer(np.arange(NUM_CHANNELS), np.arange(NUM_CHANNELS)))
    covariance = np.eye(NUM_CHANNELS) / 2.3 + 5.8**2 * np.exp(-0.5 * distance / COMPARISON_CAM) * np.outer(g, g)
    assert _ideal(x, g, 2.3, 5.8, correlation) == pytest.approx(np.sqrt(x @ np.linalg.inv(covariance) @ x), rel=1e-10)


def test_a_rove_that_all_channels_share_has_the_closed_form_of_sherman_and_morrison(rng: np.random.Generator) -> None:
    # Truth: N (|x|^2 - N s^2 (g'x)^2 / (1 + N s^2 |g|^2)).
    x, g = rng.normal(size=NUM_CHANNELS), rng.uniform(0.0, 0.3, NUM_CHANNELS)
    n, s = 1.7, 4.0
    expected = n * (x @ x - n * s**2 * (g @ x) ** 2 / (1.0 + n * s**2 * g @ g))
    assert _ideal(x, g, n, s, 1.0) == pytest.approx(np.sqrt(expected), rel=1e-10)


def test_a_common_change_of_level_is_told_only_as_well_as_the_rove_allows() -> None:
    # Truth: without internal noise d' of a level difference D in a rove of SD s is D / s; without a rove, |x| sqrt(N).
    g = np.full(NUM_CHANNELS, 0.2)
    assert _ideal(3.0 * g, g, 1e6, 6.0, 1.0) == pytest.approx(0.5, rel=1e-4)
    assert _ideal(3.0 * g, g, 4.0, 0.0, 1.0) == pytest.approx(2.0 * 0.6 * np.sqrt(NUM_CHANNELS), rel=1e-9)


def test_channels_far_apart_cannot_be_compared() -> None:
    # Truth: two channels with the rove's correlation r and no other noise: the difference of one alone has the
    # variance s^2 g^2 (1 - r^2) given the other (conditional normal distribution).
    g, s = np.array([0.2, 0.2]), 6.0
    for distance_cam in (1.0, 4.0, 40.0):
        r = rove_correlation(distance_cam)
        expected = 1.0 / (s * 0.2 * np.sqrt(1.0 - r**2))
        assert _ideal(np.array([1.0, 0.0]), g, 1e8, s, r) == pytest.approx(expected, rel=1e-4)


def test_pooling_is_minkowskis_sum_re_the_euclidean_one(rng: np.random.Generator) -> None:
    # Truth: numpy's norms; equal changes of n channels lose 7/16 of the logarithm of n.
    x = rng.normal(size=NUM_CHANNELS)
    with jax.enable_x64(True):
        found = float(log_pooling_efficiency(jnp.asarray(x)))
        alike = float(log_pooling_efficiency(jnp.full(16, 0.3)))
        alone = float(log_pooling_efficiency(jnp.asarray(np.eye(16)[3])))
    assert found == pytest.approx(np.log(np.linalg.norm(x, 16) / np.linalg.norm(x)), abs=1e-6)
    assert alike == pytest.approx(-0.4375 * np.log(16.0), abs=1e-6)
    assert alone == pytest.approx(0.0, abs=1e-6)


def test_no_change_at_all_has_a_finite_gradient() -> None:
    with jax.enable_x64(True):
        zero = jnp.zeros(8)
        gradient = jax.grad(log_pooling_efficiency)(zero)
        assert np.isfinite(np.asarray(gradient)).all()
        of_ideal = jax.grad(log_ideal_discriminability)(zero, jnp.full(8, 0.2), jnp.asarray(2.0), jnp.asarray(5.0), 0.9)
        assert np.isfinite(np.asarray(of_ideal)).all()
