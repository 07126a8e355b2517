"""Total loudness, and the category that a normal ear gives to a level."""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from hearfit.experiment.excitation import Excitation, Stimulus, excite
from hearfit.frontend.cochlea import cochlea_of, normal_parameters
from hearfit.frontend.integration import leaky_weights
from hearfit.listener.loudness_growth import CATEGORY_BOUNDARIES_CU, normal_boundaries_db_hl, normal_category_cu
from hearfit.listener.normal import AUDIOMETRIC_FREQUENCIES_HZ, NORMAL
from hearfit.observer.loudness import (
    NORMAL_LEVELS_DB_HL,
    category_spline,
    log_total_loudness,
    normal_growth,
)
from hearfit.observer.splines import evaluate_spline
from hearfit.protocols.loader import load_protocol
from tests.inference.reference_model import ReferenceEar

pytestmark = pytest.mark.usefixtures("float64")

COCHLEA = cochlea_of(NORMAL)


@cache
def tone(frequency_hz: float) -> Excitation:
    stimulus = Stimulus(load_protocol("categorical_loudness").stimulus, frequency_hz)
    (excitation,) = excite((stimulus,), transducer=None, normal=NORMAL)
    return excitation


def arrays_of(excitation: Excitation) -> tuple[jax.Array, jax.Array, jax.Array]:
    weights = leaky_weights(excitation.duration_s, time_constant_s=NORMAL.time_constant_s)
    return jnp.asarray(excitation.power), jnp.asarray(excitation.duration_s), jnp.asarray(weights)


@pytest.mark.parametrize("level_db_hl", [-20.0, 0.0, 30.0, 100.0])
def test_total_loudness_equals_the_second_implementation(level_db_hl: float) -> None:
    # Truth: NumPy and loops.
    power, duration, weights = arrays_of(tone(2000.0))
    gain = 10.0 ** (level_db_hl / 10.0)
    found = log_total_loudness(gain * power, duration, weights, normal_parameters(COCHLEA), COCHLEA)
    flat = np.ones(len(COCHLEA.frequency_hz))
    ear = ReferenceEar(NORMAL.compression_exponent * flat, 0.0 * flat, NORMAL.inhibition * flat)
    assert float(found) == pytest.approx(ear.log_loudness(tone(2000.0), level_db_hl), abs=1e-9)


def test_silence_has_a_finite_loudness() -> None:
    power, duration, weights = arrays_of(tone(1000.0))

    def total(p: jax.Array) -> jax.Array:
        return log_total_loudness(p, duration, weights, normal_parameters(COCHLEA), COCHLEA)

    value, gradient = jax.value_and_grad(total)(0.0 * power)
    assert np.isfinite(float(value))
    assert np.isfinite(np.asarray(gradient)).all()


@pytest.mark.parametrize("frequency_hz", AUDIOMETRIC_FREQUENCIES_HZ)
def test_loudness_of_a_normal_ear_rises_with_every_step_of_level(frequency_hz: float) -> None:
    growth = np.asarray(normal_growth(*arrays_of(tone(frequency_hz)), COCHLEA))
    assert np.all(np.diff(growth) > 1e-6)


@pytest.mark.parametrize("frequency_hz", [125.0, 1000.0, 8000.0])
def test_a_normal_ear_gives_every_level_its_normal_category(frequency_hz: float) -> None:
    # Truth: the normal growth curve itself; between its knots every 2 dB the spline may be off by 0.05 CU.
    power, duration, weights = arrays_of(tone(frequency_hz))
    spline = category_spline(np.asarray(normal_growth(power, duration, weights, COCHLEA)), frequency_hz)

    @jax.jit
    def category(gain: jax.Array) -> jax.Array:
        total = log_total_loudness(gain * power, duration, weights, normal_parameters(COCHLEA), COCHLEA)
        return evaluate_spline(spline, total)

    for level in (-30.0, 0.0, 7.3, 41.9, 66.0, 89.1, 105.0, 120.7):
        expected = float(normal_category_cu(np.array([level]), frequency_hz)[0])
        assert float(category(jnp.asarray(10.0 ** (level / 10.0)))) == pytest.approx(expected, abs=0.05)


@pytest.mark.parametrize("frequency_hz", [250.0, 750.0, 1000.0, 3000.0, 8000.0])
def test_normal_growth_goes_through_the_table_of_boundaries(frequency_hz: float) -> None:
    boundaries = normal_boundaries_db_hl(frequency_hz)
    np.testing.assert_allclose(normal_category_cu(boundaries, frequency_hz), CATEGORY_BOUNDARIES_CU, atol=1e-9)


def test_boundaries_between_the_frequencies_of_the_table_follow_log_frequency() -> None:
    # Truth: half-way on a log axis between 1 and 1.5 kHz; the table prints 6.0 and 1.0 dB HL there.
    assert normal_boundaries_db_hl(np.sqrt(1000.0 * 1500.0))[0] == pytest.approx(3.5, abs=1e-9)
    np.testing.assert_array_equal(normal_boundaries_db_hl(125.0), normal_boundaries_db_hl(250.0))


@pytest.mark.parametrize("frequency_hz", AUDIOMETRIC_FREQUENCIES_HZ)
def test_normal_growth_is_monotone_and_covers_all_categories(frequency_hz: float) -> None:
    category = normal_category_cu(NORMAL_LEVELS_DB_HL, frequency_hz)
    assert np.all(np.diff(category) > 0.0)
    assert category[0] < 0.0
    assert category[-1] > 50.0
