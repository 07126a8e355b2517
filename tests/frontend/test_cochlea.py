"""The whole cochlea: a second implementation, the normal ear, closed forms, and gradients wherever it may be asked."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import brentq

from hearfit.frontend.cochlea import (
    EarParameters,
    cochlea_of,
    internal_representation,
    loudness_density,
    normal_parameters,
    relative_excitation,
)
from hearfit.frontend.filterbank import tone_power
from hearfit.frontend.integration import leaky_weights
from hearfit.listener.normal import NORMAL
from tests.inference.reference_model import ReferenceEar

COCHLEA = cochlea_of(NORMAL)
NUM_CHANNELS = len(COCHLEA.frequency_hz)
DURATION_S = np.array([0.01, 0.2, 0.01])
WEIGHTS = leaky_weights(DURATION_S, time_constant_s=NORMAL.time_constant_s)


def random_ear(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return (
        rng.uniform(0.2, 1.2, NUM_CHANNELS),
        rng.uniform(0.0, 60.0, NUM_CHANNELS),
        rng.uniform(0.0, 1.0, NUM_CHANNELS),
    )


def represented(power: np.ndarray, ear: tuple[np.ndarray, np.ndarray, np.ndarray], *, is_steady: bool) -> np.ndarray:
    parameters = EarParameters(*(jnp.asarray(curve) for curve in ear))
    excitation = jnp.asarray(excited(power, ear, is_steady=is_steady))
    return np.asarray(internal_representation(excitation, parameters, COCHLEA))


def excited(power: np.ndarray, ear: tuple[np.ndarray, np.ndarray, np.ndarray], *, is_steady: bool) -> np.ndarray:
    weights = None if is_steady else jnp.asarray(WEIGHTS)
    parameters = EarParameters(*(jnp.asarray(curve) for curve in ear))
    return np.asarray(relative_excitation(jnp.asarray(power), weights, parameters, COCHLEA))


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("is_steady", [False, True])
def test_equals_the_second_implementation(is_steady: bool, rng: np.random.Generator) -> None:
    # Truth: NumPy and loops over channels and neighbours.
    for _ in range(3):
        ear = random_ear(rng)
        power = 10.0 ** rng.uniform(-2.0, 11.0, (3, NUM_CHANNELS))
        reference, duration_s = ReferenceEar(*ear), None if is_steady else DURATION_S
        excitation = reference.excitation(power, duration_s)
        np.testing.assert_allclose(excited(power, ear, is_steady=is_steady), excitation, rtol=1e-9, atol=1e-12)
        expected = reference.representation(power, duration_s)
        np.testing.assert_allclose(represented(power, ear, is_steady=is_steady), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.usefixtures("float64")
def test_a_tone_at_threshold_is_at_the_knee_of_the_representation() -> None:
    # Truth: log(1 + 1) at z = z_0. With the correction of 0 dB HL z/z_0 is exp(-correction), in every channel, since
    # the surround of a tone was divided out. The channels at the edge have half a surround and are as sensitive.
    at_own_frequency = tone_power(COCHLEA.bank, COCHLEA.frequency_hz)
    ear = tuple(np.asarray(curve) for curve in normal_parameters(COCHLEA))
    power = at_own_frequency * np.exp(NORMAL.threshold_correction / NORMAL.compression_exponent * 2.0)
    representation = represented(power, (ear[0], ear[1], ear[2]), is_steady=True)
    # The floor of the excitation is a millionth.
    np.testing.assert_allclose(np.diag(representation), np.log(2.0), rtol=1e-5)


@pytest.mark.usefixtures("float64")
def test_far_above_threshold_the_representation_grows_with_the_compressed_level() -> None:
    # Truth: log(1 + x^s) -> s log x, and log x grows by alpha_0 ln(10)/20 per dB: 10 dB are 5 * 0.3 * 1.1513.
    ear = tuple(np.asarray(curve) for curve in normal_parameters(COCHLEA))
    tone = tone_power(COCHLEA.bank, np.array([1000.0]))
    low, high = (represented(gain * tone, (ear[0], ear[1], ear[2]), is_steady=True) for gain in (1e7, 1e8))
    best = np.argmax(tone)
    assert high[0, best] - low[0, best] == pytest.approx(5.0 * 0.3 * np.log(10.0) / 2.0, rel=1e-4)


@pytest.mark.usefixtures("float64")
def test_loudness_density_is_the_excess_of_the_compressed_amplitude_over_threshold() -> None:
    # Truth: (1 + x^s)^(1/s) - 1; 0 in silence, x - 1 far above.
    x = np.array([[0.0, 0.5, 1.0, 2.0, 100.0]])
    density = loudness_density(jnp.asarray(x), COCHLEA)
    np.testing.assert_allclose(np.asarray(density), (1.0 + x**5) ** 0.2 - 1.0, rtol=1e-12, atol=1e-15)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(("exponent", "attenuation_db"), [(0.2, 0.0), (0.5, 10.0), (1.0, 40.0), (2.0, 0.0)])
def test_detection_grows_with_level_alike_in_every_ear(exponent: float, attenuation_db: float) -> None:
    # Truth: the normal ear at equal sensation levels. Compression must leave no trace in a psychometric function. The
    # floors of power and excitation show below -15 dB SL where the exponent is small.
    flat = np.ones(NUM_CHANNELS)
    tone = tone_power(COCHLEA.bank, np.array([1000.0]))
    best = int(np.argmax(tone))
    tone = tone / tone.max()

    def grown(ear: tuple[np.ndarray, np.ndarray, np.ndarray], threshold_db: float) -> np.ndarray:
        levels = threshold_db + np.arange(-20.0, 21.0, 5.0)
        return np.array([represented(10.0 ** (at / 10.0) * tone, ear, is_steady=True)[0, best] for at in levels])

    def threshold_of(ear: tuple[np.ndarray, np.ndarray, np.ndarray]) -> float:
        return float(brentq(lambda at: grown(ear, at)[4] - np.log(2.0), -60.0, 150.0, xtol=1e-9))

    normal = 0.3 * flat, 0.0 * flat, 0.0 * flat
    impaired = exponent * flat, attenuation_db * flat, 0.0 * flat
    np.testing.assert_allclose(
        grown(impaired, threshold_of(impaired)), grown(normal, threshold_of(normal)), rtol=1e-3, atol=2e-4
    )


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(("exponent", "attenuation_db"), [(0.3, 0.0), (0.3, 40.0), (0.5, 0.0), (0.8, 20.0), (1.0, 5.0)])
def test_threshold_of_a_flat_loss_is_the_closed_form(exponent: float, attenuation_db: float) -> None:
    # Truth: without inhibition a channel is at threshold where 10^(alpha (L - a - L_A)/20) = z_0, which is
    # L = a + L_A (1 - alpha_0/alpha) + (20/ln 10) correction/alpha.
    flat = np.ones(NUM_CHANNELS)
    ear = (exponent * flat, attenuation_db * flat, 0.0 * flat)
    tone = tone_power(COCHLEA.bank, np.array([1000.0]))
    best = int(np.argmax(tone))
    tone = tone / tone.max()

    def excess(level_db: float) -> float:
        return float(represented(10.0 ** (level_db / 10.0) * tone, ear, is_steady=True)[0, best]) - np.log(2.0)

    expected = attenuation_db + NORMAL.anchor_db_hl * (1.0 - 0.3 / exponent)
    expected += 20.0 / np.log(10.0) * NORMAL.threshold_correction / exponent
    assert brentq(excess, -30.0, 150.0) == pytest.approx(expected, abs=0.01)


@pytest.mark.usefixtures("float64")
def test_louder_is_never_represented_less_by_a_pure_tone(rng: np.random.Generator) -> None:
    ear = random_ear(rng)
    tone = tone_power(COCHLEA.bank, np.array([2000.0]))
    grown = [represented(10.0 ** (level / 10.0) * tone, ear, is_steady=True).sum() for level in range(-40, 140, 5)]
    assert np.all(np.diff(grown) >= 0.0)


extreme_powers = arrays(
    np.float64,
    (3, NUM_CHANNELS),
    elements=st.one_of(st.sampled_from([0.0, 1e-45, 1e-38, 1e-30, 1e-10, 1.0, 1e14]), st.floats(0.0, 1e14)),
    fill=st.sampled_from([0.0, 1e-30, 1e-5, 1.0, 1e14]),
)


@pytest.mark.parametrize("is_64_bit", [False, True])
@given(
    power=extreme_powers,
    exponent=st.floats(0.02, 6.0),
    attenuation=st.floats(0.0, 200.0),
    inhibition=st.floats(0.0, 1.0),
)
def test_gradients_are_finite_whatever_comes_in(
    is_64_bit: bool, power: np.ndarray, exponent: float, attenuation: float, inhibition: float
) -> None:
    with jax.enable_x64(is_64_bit):
        flat = jnp.ones(NUM_CHANNELS)
        ear = EarParameters(exponent * flat, attenuation * flat, inhibition * flat)
        value, gradients = _value_and_gradients(jnp.asarray(power, flat.dtype), ear, jnp.asarray(WEIGHTS, flat.dtype))
        assert np.isfinite(np.asarray(value))
        assert all(np.isfinite(np.asarray(leaf)).all() for leaf in jax.tree.leaves(gradients))


@jax.jit
def _value_and_gradients(
    power: jax.Array, ear: EarParameters, weights: jax.Array
) -> tuple[jax.Array, tuple[jax.Array, EarParameters]]:
    def total(p: jax.Array, e: EarParameters) -> jax.Array:
        excitation = relative_excitation(p, weights, e, COCHLEA)
        density = loudness_density(excitation, COCHLEA)
        return jnp.sum(internal_representation(excitation, e, COCHLEA)) + jnp.sum(jnp.log(1.0 + density))

    return jax.value_and_grad(total, argnums=(0, 1))(power, ear)


@pytest.mark.usefixtures("float64")
def test_gradients_are_those_of_finite_differences(rng: np.random.Generator) -> None:
    # Truth: central differences along random directions, of power on a log scale and of all three curves.
    log_power = rng.uniform(0.0, 20.0, (3, NUM_CHANNELS))
    point = np.concatenate([log_power.ravel(), *random_ear(rng)])
    mixture = jnp.asarray(rng.normal(size=(3, NUM_CHANNELS)))

    def mixed(at: jax.Array) -> jax.Array:
        power, curves = at[: 3 * NUM_CHANNELS], at[3 * NUM_CHANNELS :].reshape(3, NUM_CHANNELS)
        ear = EarParameters(curves[0], curves[1], curves[2])
        power = jnp.exp(power).reshape(3, NUM_CHANNELS)
        excitation = relative_excitation(power, jnp.asarray(WEIGHTS), ear, COCHLEA)
        return jnp.sum(mixture * internal_representation(excitation, ear, COCHLEA))

    compiled = jax.jit(mixed)
    gradient = np.asarray(jax.grad(mixed)(jnp.asarray(point)))
    for _ in range(10):
        direction = rng.normal(size=len(point))
        step = 1e-6 * direction
        slope = float(compiled(jnp.asarray(point + step)) - compiled(jnp.asarray(point - step))) / 2e-6
        assert gradient @ direction == pytest.approx(slope, rel=1e-5, abs=1e-4)


@pytest.mark.usefixtures("float64")
def test_new_values_need_no_new_program(rng: np.random.Generator) -> None:
    num_traces = 0

    @jax.jit
    def counted(power: jax.Array, ear: EarParameters) -> jax.Array:
        nonlocal num_traces
        num_traces += 1
        return internal_representation(relative_excitation(power, None, ear, COCHLEA), ear, COCHLEA)

    for _ in range(3):
        ear = EarParameters(*(jnp.asarray(curve) for curve in random_ear(rng)))
        counted(jnp.asarray(rng.exponential(size=(2, NUM_CHANNELS))), ear).block_until_ready()
    assert num_traces == 1
