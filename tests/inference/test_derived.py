"""What an ear implies: thresholds, their derivatives, and bandwidths."""

from functools import cache

import jax.numpy as jnp
import numpy as np
import pytest

from hearfit.inference import derived
from hearfit.inference.derived import equivalent_bandwidths_hz, threshold_sensitivities, tone_thresholds
from hearfit.inference.simulate import normal_position
from hearfit.listener.normal import AUDIOMETRIC_FREQUENCIES_HZ, NORMAL
from hearfit.listener.parameters import (
    DEFAULT_PRIOR,
    NUM_KNOTS,
    NUM_PARAMETERS,
    PARAMETER_NAMES,
    cochlear_coordinates,
    inhibition_coordinate,
)
from tests.inference.sessions import truth

pytestmark = pytest.mark.usefixtures("float64")

FREQUENCY_HZ = np.array(AUDIOMETRIC_FREQUENCIES_HZ)


def thresholds(positions: np.ndarray) -> np.ndarray:
    return np.asarray(tone_thresholds(jnp.asarray(positions), normal=NORMAL))


@cache
def normal_bandwidth_ratios(inhibition: float) -> tuple[float, ...]:
    position = normal_position(NORMAL)
    position[2 * NUM_KNOTS : 3 * NUM_KNOTS] = inhibition_coordinate(np.array(inhibition))
    bandwidth = equivalent_bandwidths_hz(position[None], normal=NORMAL)[0]
    return tuple(bandwidth / (24.7 * (4.37 * FREQUENCY_HZ / 1000.0 + 1.0)))


def test_normal_ear_has_0_db_hl_at_every_audiometric_frequency() -> None:
    # Truth: the definition of 0 dB HL; the issue asks for 1 dB.
    (level,) = thresholds(normal_position(NORMAL)[None])
    np.testing.assert_allclose(level, 0.0, atol=1.0)
    # And what the comment beside the constant promises.
    np.testing.assert_allclose(level, 0.0, atol=0.15)


def test_normal_ear_has_the_bandwidths_of_glasberg_and_moore() -> None:
    # Truth: 24.7 (4.37 f + 1) within 15 % from 250 to 8000 Hz, by the customary notched-noise experiment.
    np.testing.assert_allclose(normal_bandwidth_ratios(NORMAL.inhibition)[1:], 1.0, atol=0.15)


def test_less_inhibition_broadens_the_filters() -> None:
    # Truth: design section 4, w -> 0 leaves the frozen filters broad; how much broader is not a norm.
    weak, normal = np.array(normal_bandwidth_ratios(0.05)), np.array(normal_bandwidth_ratios(NORMAL.inhibition))
    assert np.all(weak > 1.05 * normal)


@pytest.mark.parametrize(("exponent", "attenuation_db"), [(0.3, 20.0), (0.5, 20.0), (0.8, 10.0)])
def test_flat_losses_have_nearly_the_closed_form_thresholds(exponent: float, attenuation_db: float) -> None:
    # Truth: a + L_A (1 - alpha_0/alpha); the skirts of excitation and inhibition are worth up to 1.5 dB.
    position = normal_position(NORMAL)
    position[:NUM_KNOTS], position[NUM_KNOTS : 2 * NUM_KNOTS] = cochlear_coordinates(
        np.full(NUM_KNOTS, exponent), np.full(NUM_KNOTS, attenuation_db)
    )
    expected = attenuation_db + NORMAL.anchor_db_hl * (1.0 - NORMAL.compression_exponent / exponent)
    np.testing.assert_allclose(thresholds(position[None])[0], expected, atol=1.5)


@pytest.mark.parametrize("which", ["normal", "prior mean", "sloping loss"])
def test_threshold_derivatives_are_those_of_finite_differences(which: str) -> None:
    # Truth: central differences of the bisected thresholds, which are exact to 0.001 dB.
    position = {"normal": normal_position(NORMAL), "prior mean": DEFAULT_PRIOR.mean, "sloping loss": truth()}[which]
    result = threshold_sensitivities(jnp.asarray(position), normal=NORMAL)
    np.testing.assert_allclose(np.asarray(result.level_db_hl), thresholds(position[None])[0], atol=1e-9)
    # Threshold coordinates are in dB, all others in units of which one is a large change.
    steps = np.full(NUM_PARAMETERS, 0.02)
    steps[NUM_KNOTS : 2 * NUM_KNOTS] = 0.5
    high, low = (thresholds(position + sign * np.diag(steps)) for sign in (1.0, -1.0))
    slopes = (high - low).T / (2.0 * steps)
    np.testing.assert_allclose(np.asarray(result.jacobian), slopes, atol=0.06, rtol=0.02)


def test_thresholds_do_not_depend_on_how_the_listener_answers() -> None:
    # Truth: criterion, lapses and loudness words belong to the person and not to the ear; silence is no masker.
    position = truth().copy()
    position[34:] += 0.7
    np.testing.assert_allclose(thresholds(position[None]), thresholds(truth()[None]), atol=1e-3)
    jacobian = np.asarray(threshold_sensitivities(jnp.asarray(truth()), normal=NORMAL).jacobian)
    masked = PARAMETER_NAMES.index("log masked sensitivity")
    np.testing.assert_array_equal(np.delete(jacobian, masked, axis=1)[:, 34:], 0.0)
    np.testing.assert_allclose(jacobian[:, masked], 0.0, atol=1e-5)


def test_many_ears_are_as_one_at_a_time(rng: np.random.Generator) -> None:
    positions = truth() + 0.1 * rng.normal(size=(3, NUM_PARAMETERS))
    together = thresholds(positions)
    np.testing.assert_allclose(together, np.concatenate([thresholds(own[None]) for own in positions]), atol=2e-3)


def test_new_ears_need_no_new_program(monkeypatch: pytest.MonkeyPatch) -> None:
    # A compiled program does not call the functions that it was traced from.
    thresholds(truth()[None])
    normal_bandwidth_ratios(NORMAL.inhibition)

    def traced(*_: object) -> None:
        raise AssertionError("the thresholds were traced again")

    monkeypatch.setattr(derived, "threshold_db_hl", traced)
    assert not np.array_equal(thresholds(truth()[None] + 0.1), thresholds(truth()[None]))
    equivalent_bandwidths_hz(truth()[None], normal=NORMAL)
