"""Signed power law and one-sided inhibition against their formulas, and their gradients against finite differences."""

from collections.abc import Iterator

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearfit.frontend.fine_structure import AMPLITUDE_FLOOR, inhibition_by_next_higher, signed_power


@pytest.fixture
def double() -> Iterator[None]:
    """64-bit numbers for one test: differences need them, and the other tests are about 32 bits."""
    with jax.enable_x64(True):
        yield


@given(st.floats(0.05, 1.05), st.floats(1e-4, 10.0), st.sampled_from([-1.0, 1.0]))
def test_power_law_above_the_floor(exponent: float, amplitude: float, sign: float) -> None:
    actual = signed_power(jnp.full((1, 1, 1), sign * amplitude), jnp.full(1, exponent))
    np.testing.assert_allclose(actual, np.full((1, 1, 1), sign * amplitude**exponent), rtol=1e-5)


def test_exponent_one_changes_nothing(rng: np.random.Generator) -> None:
    output = jnp.asarray(rng.standard_normal((3, 2, 50)), jnp.float32)
    np.testing.assert_array_equal(signed_power(output, jnp.ones(3)), output)


@pytest.mark.parametrize("exponent", [0.05, 0.3, 0.9, 1.0])
@pytest.mark.parametrize("amplitude", [0.0, 1e-30, -1e-12, AMPLITUDE_FLOOR])
def test_gradients_are_finite_in_and_near_silence(exponent: float, amplitude: float) -> None:
    output, alpha = jnp.full((1, 1, 1), amplitude), jnp.full(1, exponent)
    gradients = jax.grad(lambda y, a: signed_power(y, a).sum(), argnums=(0, 1))(output, alpha)
    assert all(np.isfinite(gradient).all() for gradient in gradients)
    if amplitude == 0.0:
        np.testing.assert_allclose(gradients[0], AMPLITUDE_FLOOR ** (exponent - 1.0), rtol=1e-4)


def test_each_channel_is_masked_by_the_one_above(rng: np.random.Generator) -> None:
    compressed = rng.standard_normal((5, 3, 7))
    strength = rng.uniform(0.0, 1.0, 4)
    expected = np.maximum(compressed[:4] - strength[:, None, None] * compressed[1:], 0.0)
    actual = inhibition_by_next_higher(jnp.asarray(compressed, jnp.float32), jnp.asarray(strength, jnp.float32))
    np.testing.assert_allclose(actual, expected, atol=1e-6)


def test_without_an_extra_filter_the_highest_channel_escapes(rng: np.random.Generator) -> None:
    compressed = jnp.asarray(rng.standard_normal((5, 3, 7)), jnp.float32)
    actual = inhibition_by_next_higher(compressed, jnp.ones(5))
    np.testing.assert_array_equal(actual[4], jnp.maximum(compressed[4], 0.0))
    np.testing.assert_array_equal(actual[:4], inhibition_by_next_higher(compressed, jnp.ones(4)))


@pytest.mark.usefixtures("double")
def test_gradients_equal_finite_differences(rng: np.random.Generator) -> None:
    output = jnp.asarray(rng.standard_normal((6, 2, 20)))
    weight = jnp.asarray(rng.standard_normal((5, 2, 20)))
    exponent, strength = jnp.asarray(rng.uniform(0.2, 1.0, 6)), jnp.asarray(rng.uniform(0.1, 0.9, 5))

    def total(alpha: jax.Array, g: jax.Array) -> jax.Array:
        return jnp.sum(weight * inhibition_by_next_higher(signed_power(output, alpha), g))

    gradients = jax.grad(total, argnums=(0, 1))(exponent, strength)
    step = 1e-6
    for channel in range(5):
        shift = step * jnp.eye(6)[channel]
        slope = (total(exponent + shift, strength) - total(exponent - shift, strength)) / (2 * step)
        np.testing.assert_allclose(gradients[0][channel], slope, rtol=1e-6, atol=1e-8)
        shift = step * jnp.eye(5)[channel]
        slope = (total(exponent, strength + shift) - total(exponent, strength - shift)) / (2 * step)
        np.testing.assert_allclose(gradients[1][channel], slope, rtol=1e-6, atol=1e-8)


def test_half_precision_in_is_half_precision_out(rng: np.random.Generator) -> None:
    output = jnp.asarray(rng.standard_normal((4, 2, 500)), jnp.float32)
    exponent = jnp.full(4, 0.3)
    exact = signed_power(output, exponent)
    coarse = signed_power(output.astype(jnp.bfloat16), exponent)
    assert coarse.dtype == jnp.bfloat16
    # Eight bits: the rounding of the input, of the factor and of the product.
    np.testing.assert_allclose(coarse.astype(jnp.float32), exact, rtol=3 * 2.0**-8)
