"""Ordered categories against scipy's normal distribution, at any loudness whatever."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import norm

from hearfit.listener.loudness_growth import CATEGORY_BOUNDARIES_CU
from hearfit.observer.categories import category_probabilities, listener_boundaries

NOMINAL = np.array(CATEGORY_BOUNDARIES_CU)
shifts = arrays(np.float64, 10, elements=st.floats(-30.0, 30.0))


def probabilities(loudness: float, spread: float, lapse: float, boundaries: np.ndarray = NOMINAL) -> np.ndarray:
    return np.asarray(
        category_probabilities(
            jnp.asarray(loudness),
            boundaries_cu=jnp.asarray(boundaries),
            spread_cu=jnp.asarray(spread),
            lapse=jnp.asarray(lapse),
        )
    )


@pytest.mark.usefixtures("float64")
@given(st.floats(-20.0, 70.0), st.floats(1.0, 15.0), st.floats(0.0, 0.5))
def test_probabilities_are_differences_of_the_normal_distribution(loudness: float, spread: float, lapse: float) -> None:
    # Truth: scipy.stats.norm between neighbouring boundaries, and a lapse that picks any of the eleven categories.
    edges = np.array([-np.inf, *NOMINAL, np.inf])
    expected = lapse / 11.0 + (1.0 - lapse) * np.diff(norm.cdf(edges, loudness, spread))
    np.testing.assert_allclose(probabilities(loudness, spread, lapse), expected, atol=2e-12)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(("loudness", "category"), [(-6.0, 4), (56.0, 6), (26.0, 0), (24.0, 10)])
def test_small_probabilities_keep_their_digits(loudness: float, category: int) -> None:
    # Truth: differences of scipy's tails on the side where they are small, where nothing cancels.
    edges = (np.array([-np.inf, *NOMINAL, np.inf]) - loudness) / 4.0
    low, high = edges[category], edges[category + 1]
    expected = norm.cdf(high) - norm.cdf(low) if high < 0.0 else norm.sf(low) - norm.sf(high)
    assert 1e-10 < expected < 1e-8
    assert probabilities(loudness, 4.0, 0.0)[category] == pytest.approx(expected, rel=1e-8, abs=0.0)


@pytest.mark.parametrize("is_64_bit", [False, True])
@given(
    loudness=st.floats(-1e6, 1e6, width=32),
    spread=st.floats(0.0625, 1024.0, width=32),
    lapse=st.floats(0.0, 1.0, width=32),
    shift=shifts,
)
def test_probabilities_are_positive_and_sum_to_one_however_extreme(
    is_64_bit: bool, loudness: float, spread: float, lapse: float, shift: np.ndarray
) -> None:
    with jax.enable_x64(is_64_bit):
        boundaries = listener_boundaries(jnp.asarray(shift, float))
        p = probabilities(loudness, spread, lapse, np.asarray(boundaries))
        assert p.min() > 0.0 or lapse == 1.0
        assert p.sum(dtype=np.float64) == pytest.approx(1.0, abs=1e-9 if is_64_bit else 1e-5)


@pytest.mark.parametrize("is_64_bit", [False, True])
@given(
    loudness=st.floats(-1e4, 1e4, width=32),
    spread=st.floats(0.0625, 1024.0, width=32),
    category=st.integers(0, 10),
)
def test_gradients_of_the_logarithm_are_finite(is_64_bit: bool, loudness: float, spread: float, category: int) -> None:
    with jax.enable_x64(is_64_bit):
        gradient = _gradient_of_log(jnp.asarray([loudness, spread, *np.zeros(10)]), jnp.asarray(category))
        assert np.isfinite(np.asarray(gradient)).all()


@jax.jit
def _gradient_of_log(at: jax.Array, category: jax.Array) -> jax.Array:
    def log_probability(at: jax.Array) -> jax.Array:
        boundaries, lapse = listener_boundaries(at[2:]), jnp.full((), 0.02, at.dtype)
        p = category_probabilities(at[0], boundaries_cu=boundaries, spread_cu=at[1], lapse=lapse)
        return jnp.log(p[category])

    return jax.grad(log_probability)(at)


@pytest.mark.usefixtures("float64")
@given(shifts)
def test_boundaries_stay_in_order(shift: np.ndarray) -> None:
    boundaries = np.asarray(listener_boundaries(jnp.asarray(shift)))
    assert np.all(np.diff(boundaries) >= 0.0)


@pytest.mark.usefixtures("float64")
@given(st.floats(-20.0, 20.0))
def test_a_common_shift_moves_every_boundary_alike(shift: float) -> None:
    # The gaps of 5 CU are ten times the softness, so nominal boundaries are kept to 0.5 log(1 + exp(-10)) each.
    boundaries = np.asarray(listener_boundaries(jnp.full(10, shift)))
    np.testing.assert_allclose(boundaries, NOMINAL + shift, atol=5 * 2.3e-5)


@pytest.mark.usefixtures("float64")
def test_a_single_shift_moves_only_its_own_boundary() -> None:
    shift = np.zeros(10)
    shift[2] = 1.5
    moved = np.asarray(listener_boundaries(jnp.asarray(shift))) - np.asarray(listener_boundaries(jnp.zeros(10)))
    np.testing.assert_allclose(moved, shift, atol=1e-3)
