"""Coordinates of a listener: round trips, domains, prior, and interpolation over log frequency."""

from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from hearfit.listener.loudness_growth import CATEGORY_BOUNDARIES_CU
from hearfit.listener.normal import AUDIOMETRIC_FREQUENCIES_HZ, NORMAL
from hearfit.listener.parameters import (
    DEFAULT_PRIOR,
    NUM_KNOTS,
    NUM_PARAMETERS,
    PARAMETER_NAMES,
    SmoothPrior,
    attenuation_db,
    cochlear_coordinates,
    compression_exponent,
    knot_weights,
    listener_at,
    share_logit,
)

pytestmark = pytest.mark.usefixtures("float64")

positions = arrays(np.float64, NUM_PARAMETERS, elements=st.floats(-3.0, 3.0))
knot_frequencies = np.array(AUDIOMETRIC_FREQUENCIES_HZ)


@given(st.floats(0.01, 0.99), st.floats(3.0, 90.0))
def test_ear_to_coordinates_and_back(share: float, loss: float) -> None:
    compressive = share * loss
    exponent = NORMAL.compression_exponent / (1.0 - compressive / NORMAL.anchor_db_hl)
    ear = np.array([exponent]), np.array([loss - compressive])
    coordinates = tuple(map(jnp.asarray, cochlear_coordinates(*ear)))
    assert float(attenuation_db(*coordinates)[0]) == pytest.approx(loss - compressive, rel=1e-6)
    assert float(compression_exponent(*coordinates)[0]) == pytest.approx(exponent, rel=1e-6)


@given(st.floats(-5.0, 5.0), st.floats(-10.0, 160.0))
def test_coordinates_to_ear_and_back(logit: float, threshold: float) -> None:
    ear = tuple(
        np.asarray(function(jnp.asarray([logit]), jnp.asarray([threshold])))
        for function in (compression_exponent, attenuation_db)
    )
    again, level = cochlear_coordinates(*ear)
    assert level[0] == pytest.approx(threshold, abs=1e-6)
    # A loss that rounds to nothing has no share.
    if threshold > -5.0:
        assert again[0] == pytest.approx(logit, abs=1e-4)


@pytest.mark.parametrize(("exponent", "attenuation"), [(0.3, -1.0), (0.2, 40.0), (0.25, 5.0)])
def test_what_is_no_part_of_a_loss_is_refused(exponent: float, attenuation: float) -> None:
    # A smaller exponent than normal gives thresholds below 0 dB HL, which leave nothing to attenuate.
    with pytest.raises(ValueError, match="between 0 and the loss"):
        cochlear_coordinates(np.array([exponent]), np.array([attenuation]))


@given(st.floats(-6.0, 6.0), st.floats(-60.0, 200.0))
def test_the_threshold_coordinate_is_the_threshold_whatever_the_compression(
    compression: float, threshold: float
) -> None:
    # Truth: closed form of the threshold of a channel by itself, a + L_A (1 - alpha_0/alpha).
    exponent, attenuation = (
        float(function(jnp.asarray(compression), jnp.asarray(threshold)))
        for function in (compression_exponent, attenuation_db)
    )
    assert attenuation + NORMAL.anchor_db_hl * (1.0 - NORMAL.compression_exponent / exponent) == pytest.approx(
        threshold, abs=1e-6
    )


@pytest.mark.parametrize(("threshold", "share"), [(20.0, 0.3), (50.0, 0.65), (80.0, 0.9)])
def test_share_of_the_loss_is_loss_of_compression(threshold: float, share: float) -> None:
    # Truth: a = (1 - share) T and L_A (1 - alpha_0/alpha) = share T, to the softness of both ends of the loss.
    at = jnp.asarray(float(share_logit(np.array(share)))), jnp.asarray(threshold)
    lost = NORMAL.anchor_db_hl * (1.0 - NORMAL.compression_exponent / float(compression_exponent(*at)))
    assert float(attenuation_db(*at)) == pytest.approx((1.0 - share) * threshold, abs=0.05)
    assert lost == pytest.approx(share * threshold, abs=0.05)


@given(st.floats(-8.0, 8.0), st.floats(-60.0, 200.0))
def test_attenuation_is_never_more_than_the_loss(logit: float, threshold: float) -> None:
    # An ear that hears well has little attenuation, whatever its exponent; 0.7 dB of softness at 0 dB HL.
    attenuation = float(attenuation_db(jnp.asarray(logit), jnp.asarray(threshold)))
    assert 0.0 < attenuation < max(threshold, 0.0) + 0.7
    # However large the loss, the exponent stays finite: at most 100 of the 108 dB of the anchor are lost.
    assert float(compression_exponent(jnp.asarray(logit), jnp.asarray(threshold))) < 13.6 * NORMAL.compression_exponent


@pytest.mark.parametrize(("share", "becomes"), [(0.0, 0.001), (1.0, 0.999), (0.5, 0.5)])
def test_extreme_shares_have_finite_logits(share: float, becomes: float) -> None:
    logit = float(share_logit(np.array(share)))
    assert 1.0 / (1.0 + np.exp(-logit)) == pytest.approx(becomes)


@given(arrays(np.float64, NUM_PARAMETERS, elements=st.floats(-8.0, 8.0)))
def test_no_position_leaves_physiology(position: np.ndarray) -> None:
    listener = listener_at(jnp.asarray(position))
    assert np.all(np.asarray(listener.exponent) > 0.0)
    assert np.all(np.asarray(listener.attenuation_db) >= 0.0)
    assert np.all((np.asarray(listener.inhibition) > 0.0) & (np.asarray(listener.inhibition) < 1.0))
    assert 0.0 < float(listener.lapse) < 1.0
    assert float(listener.category_spread_cu) > 0.0
    assert all(np.isfinite(np.asarray(part)).all() for part in listener)


@given(positions)
def test_the_listener_follows_the_order_of_the_names(position: np.ndarray) -> None:
    # Truth: one name at a time, by its words.
    listener = listener_at(jnp.asarray(position))
    for k, frequency in enumerate(AUDIOMETRIC_FREQUENCIES_HZ):
        own = {
            name.split(" at ")[0]: value
            for name, value in zip(PARAMETER_NAMES, position, strict=True)
            if name.endswith(f" at {frequency:g} Hz")
        }
        own_ear = jnp.asarray(own["logit of the compressive share"]), jnp.asarray(own["threshold coordinate"])
        assert float(listener.exponent[k]) == pytest.approx(float(compression_exponent(*own_ear)))
        assert float(listener.attenuation_db[k]) == pytest.approx(float(attenuation_db(*own_ear)))
        assert float(listener.inhibition[k]) == pytest.approx(0.55 / (1.0 + np.exp(-own["inhibition coordinate"])))
    observer = dict(zip(PARAMETER_NAMES, position, strict=True))
    assert float(listener.log_sensitivity) == observer["log sensitivity"]
    assert float(listener.criterion) == observer["criterion"]
    assert float(listener.lapse) == pytest.approx(1.0 / (1.0 + np.exp(-observer["lapse logit"])))
    assert float(listener.category_spread_cu) == pytest.approx(np.exp(observer["log category spread"]))
    assert float(listener.log_masked_sensitivity) == observer["log masked sensitivity"]
    for k, boundary in enumerate(CATEGORY_BOUNDARIES_CU):
        assert float(listener.boundary_shift_cu[k]) == observer[f"category boundary shift at {boundary:g} CU"]


def test_names_are_unique_and_one_for_each_coordinate() -> None:
    assert len(set(PARAMETER_NAMES)) == len(PARAMETER_NAMES) == NUM_PARAMETERS == 3 * 11 + 5 + 10 + 5
    assert DEFAULT_PRIOR.mean.shape == (NUM_PARAMETERS,)


def test_prior_covariance_is_symmetric_and_positive_definite() -> None:
    covariance = DEFAULT_PRIOR.covariance
    np.testing.assert_array_equal(covariance, covariance.T)
    eigenvalues = np.linalg.eigvalsh(covariance)
    assert eigenvalues.min() > 0.0


def test_prior_covariance_of_a_curve_is_that_of_its_three_parts() -> None:
    # Truth: brute force over all pairs of frequencies.
    prior = SmoothPrior(mean=0.0, common_sd=2.0, smooth_sd=3.0, smoothness_octaves=1.5, independent_sd=0.5)
    covariance = prior.covariance()
    for i, first in enumerate(AUDIOMETRIC_FREQUENCIES_HZ):
        for j, second in enumerate(AUDIOMETRIC_FREQUENCIES_HZ):
            expected = 4.0 + 9.0 * np.exp(-abs(np.log2(first / second)) / 1.5) + (0.25 if i == j else 0.0)
            assert covariance[i, j] == pytest.approx(expected)


def test_prior_does_not_favour_a_share() -> None:
    # Documented: 95 % of ears have between 20 and 93 % of their loss in compression.
    sd = np.sqrt(np.diag(DEFAULT_PRIOR.covariance))[:NUM_KNOTS]
    low, high = (1.0 / (1.0 + np.exp(-(DEFAULT_PRIOR.mean[:NUM_KNOTS] + side * 1.96 * sd))) for side in (-1.0, 1.0))
    np.testing.assert_allclose(low, 0.20, atol=0.01)
    np.testing.assert_allclose(high, 0.93, atol=0.01)


def test_prior_is_wide_enough_for_hearing_losses() -> None:
    # The typical listener's thresholds; a 95 % interval that holds both good hearing and severe loss.
    sd = np.sqrt(np.diag(DEFAULT_PRIOR.covariance))[NUM_KNOTS : 2 * NUM_KNOTS]
    mean = DEFAULT_PRIOR.mean[NUM_KNOTS : 2 * NUM_KNOTS]
    assert np.all(mean - 1.96 * sd < -15.0)
    assert np.all(mean + 1.96 * sd > 65.0)


@given(st.lists(st.floats(40.0, 14_000.0), min_size=1, max_size=20))
def test_knot_weights_average_the_knots(frequencies: list[float]) -> None:
    weights = knot_weights(np.array(frequencies))
    np.testing.assert_allclose(weights.sum(axis=1), 1.0, rtol=1e-12)
    assert weights.min() >= 0.0
    assert np.all(np.count_nonzero(weights, axis=1) <= 2)


def test_knot_weights_at_the_knots_pick_them() -> None:
    np.testing.assert_allclose(knot_weights(knot_frequencies), np.eye(NUM_KNOTS), atol=1e-12)
    beyond = knot_weights(np.array([60.0, 11_000.0]))
    np.testing.assert_array_equal(beyond, np.eye(NUM_KNOTS)[[0, -1]])


@given(st.floats(-2.0, 2.0), st.floats(-1.0, 1.0))
def test_knot_weights_reproduce_straight_lines_over_log_frequency(intercept: float, slope: float) -> None:
    # Truth: linear interpolation is exact for a line; half-way between two knots is their geometric mean.
    between = np.array([np.sqrt(low * high) for low, high in pairwise(knot_frequencies)])
    line = intercept + slope * np.log(knot_frequencies)
    np.testing.assert_allclose(knot_weights(between) @ line, intercept + slope * np.log(between), atol=1e-9)


@given(st.floats(-4.0, 4.0), st.floats(-80.0, 200.0))
def test_gradients_are_those_of_finite_differences(compression: float, threshold: float) -> None:
    # Truth: central differences.
    point = jnp.asarray([compression, threshold])
    gradient = np.asarray(_jacobian(point))
    for i, step in enumerate((1e-5, 1e-3)):
        offset = step * jnp.eye(2)[i]
        slope = np.asarray(
            _log_exponent_and_attenuation(point + offset) - _log_exponent_and_attenuation(point - offset)
        )
        np.testing.assert_allclose(gradient[:, i], slope / (2.0 * step), rtol=1e-4, atol=1e-5)


@jax.jit
def _log_exponent_and_attenuation(at: jax.Array) -> jax.Array:
    return jnp.stack([jnp.log(compression_exponent(at[0], at[1])), attenuation_db(at[0], at[1])])


_jacobian = jax.jit(jax.jacobian(_log_exponent_and_attenuation))


def test_normal_values_are_those_of_the_paper_in_the_design() -> None:
    # Design section 4: about 0.3 in amplitude, an anchor near 100 dB HL, tau within [1, 200] ms.
    assert NORMAL.compression_exponent == pytest.approx(0.3, abs=0.05)
    assert 95.0 <= NORMAL.anchor_db_hl <= 112.0
    assert 0.001 <= NORMAL.time_constant_s <= 0.2
