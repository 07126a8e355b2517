"""Anchored power-law compression against its closed form, and its gradients at the edges of what numbers can hold."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearfit.frontend.compression import level_db, log_compressed_amplitude

LEVELS_DB = np.linspace(-100.0, 140.0, 25)


def amplitude(level: np.ndarray, exponent: float, attenuation: float, anchor: float) -> np.ndarray:
    log_amplitude = log_compressed_amplitude(
        jnp.asarray(level)[:, None],
        exponent=jnp.asarray([exponent]),
        attenuation_db=jnp.asarray([attenuation]),
        anchor_db=anchor,
    )
    return np.exp(np.asarray(log_amplitude)[:, 0])


@pytest.mark.usefixtures("float64")
@given(exponent=st.floats(0.05, 3.0), attenuation=st.floats(0.0, 120.0), anchor=st.floats(80.0, 120.0))
def test_amplitude_is_the_anchored_power_law(exponent: float, attenuation: float, anchor: float) -> None:
    # Truth: y = 10^(alpha (L - a - L_A) / 20), design section 4.
    expected = 10.0 ** (exponent * (LEVELS_DB - attenuation - anchor) / 20.0)
    np.testing.assert_allclose(amplitude(LEVELS_DB, exponent, attenuation, anchor), expected, rtol=1e-9)


@pytest.mark.usefixtures("float64")
@given(exponent=st.floats(0.05, 3.0), attenuation=st.floats(0.0, 60.0))
def test_at_the_attenuated_anchor_the_exponent_makes_no_difference(exponent: float, attenuation: float) -> None:
    at_anchor = amplitude(np.array([108.0 + attenuation]), exponent, attenuation, 108.0)
    assert at_anchor[0] == pytest.approx(1.0, rel=1e-12)


@pytest.mark.usefixtures("float64")
def test_every_channel_has_its_own_exponent_and_attenuation() -> None:
    # Truth: one channel at a time.
    exponents, attenuations = np.array([0.2, 0.5, 1.0]), np.array([0.0, 20.0, 50.0])
    level = np.random.default_rng(0).uniform(-20.0, 100.0, (4, 3))
    together = log_compressed_amplitude(
        jnp.asarray(level),
        exponent=jnp.asarray(exponents),
        attenuation_db=jnp.asarray(attenuations),
        anchor_db=108.0,
    )
    alone = [amplitude(level[:, c], exponents[c], attenuations[c], 108.0) for c in range(3)]
    np.testing.assert_allclose(np.exp(np.asarray(together)), np.stack(alone, axis=1), rtol=1e-12)


@pytest.mark.usefixtures("float64")
@given(st.floats(1e-6, 1e14))
def test_level_is_ten_log_of_power(power: float) -> None:
    # The floor of -100 dB adds less than 0.001 dB above -60 dB.
    assert level_db(jnp.asarray([power]))[0] == pytest.approx(10.0 * np.log10(power), abs=1e-3)


@pytest.mark.parametrize("is_64_bit", [False, True])
def test_silence_is_at_the_floor(is_64_bit: bool) -> None:
    with jax.enable_x64(is_64_bit):
        np.testing.assert_allclose(np.asarray(level_db(jnp.zeros(3))), -100.0, rtol=1e-6)


@pytest.mark.parametrize("is_64_bit", [False, True])
@given(power=st.one_of(st.sampled_from([0.0, 1e-45, 1e-30, 1e-10, 1.0, 1e14]), st.floats(0.0, 1e14)))
def test_gradients_are_finite_for_every_power(is_64_bit: bool, power: float) -> None:
    with jax.enable_x64(is_64_bit):

        def compressed(p: jax.Array, exponent: jax.Array, attenuation: jax.Array) -> jax.Array:
            log_amplitude = log_compressed_amplitude(
                level_db(p), exponent=exponent, attenuation_db=attenuation, anchor_db=108.0
            )
            return jnp.exp(log_amplitude)[0]

        gradients = jax.grad(compressed, argnums=(0, 1, 2))(
            jnp.asarray([power], float), jnp.asarray([0.3]), jnp.asarray([10.0])
        )
        assert all(np.isfinite(np.asarray(gradient)).all() for gradient in gradients)


@pytest.mark.usefixtures("float64")
@given(power=st.floats(1e-8, 1e12), exponent=st.floats(0.1, 2.0), attenuation=st.floats(0.0, 80.0))
def test_gradients_are_those_of_finite_differences(power: float, exponent: float, attenuation: float) -> None:
    # Truth: central differences of the closed form, whose logarithm is what the function returns.
    def closed_form(at: np.ndarray) -> float:
        return float(at[1] * np.log(10.0) / 20.0 * (10.0 * np.log10(at[0] + 1e-10) - at[2] - 108.0))

    def log_amplitude(at: jax.Array) -> jax.Array:
        return log_compressed_amplitude(level_db(at[:1]), exponent=at[1:2], attenuation_db=at[2:], anchor_db=108.0)[0]

    point = np.array([power, exponent, attenuation])
    gradient = np.asarray(jax.grad(log_amplitude)(jnp.asarray(point)))
    for i, step in enumerate(1e-5 * np.maximum(np.abs(point), [0.0, 0.0, 1.0])):
        offset = step * np.eye(3)[i]
        slope = (closed_form(point + offset) - closed_form(point - offset)) / (2.0 * step)
        assert gradient[i] == pytest.approx(slope, rel=1e-5, abs=1e-7)
