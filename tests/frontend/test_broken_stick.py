"""The broken stick against its piecewise closed form, and the ear that it makes against what it is calibrated to."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearfit.frontend.cochlea import (
    EarParameters,
    cochlea_of,
    gain_loss_db,
    internal_representation,
    relative_excitation,
)
from hearfit.frontend.compression import BrokenStick, broken_stick_level_db, level_db, log_broken_stick_amplitude
from hearfit.inference.derived import tone_thresholds
from hearfit.inference.simulate import normal_position
from hearfit.listener.normal import BROKEN_STICK, NORMAL
from hearfit.listener.parameters import NUM_KNOTS, share_logit

pytestmark = pytest.mark.usefixtures("float64")

STICK = BrokenStick(exponent=0.3, knee_db=30.0, anchor_db=108.0)
LEVELS_DB = np.linspace(-60.0, 150.0, 211)
DB_PER_NEPER = 20.0 / np.log(10.0)


def output_db(level: np.ndarray, gain_loss: float, attenuation: float = 0.0) -> np.ndarray:
    log_amplitude = log_broken_stick_amplitude(
        jnp.asarray(level)[:, None],
        gain_loss_db=jnp.asarray([gain_loss]),
        attenuation_db=jnp.asarray([attenuation]),
        stick=STICK,
    )
    return np.asarray(log_amplitude)[:, 0] * DB_PER_NEPER + STICK.anchor_db


def closed_form_db(level: np.ndarray, gain_loss: float) -> np.ndarray:
    """Passive response, or the smaller of the amplified and the compressed one where that is larger."""
    amplified = level + 0.7 * (108.0 - 30.0) - gain_loss
    compressed = 108.0 + 0.3 * (level - 108.0)
    return np.maximum(np.minimum(amplified, compressed), level)


@given(gain_loss=st.floats(-20.0, 50.0), attenuation=st.floats(0.0, 60.0))
def test_output_is_the_piecewise_line_but_for_its_corners(gain_loss: float, attenuation: float) -> None:
    # Truth: linear with the remaining gain, compressive line through the anchor, passive line; largest where they meet.
    own, line = output_db(LEVELS_DB + attenuation, gain_loss, attenuation), closed_form_db(LEVELS_DB, gain_loss)
    assert np.abs(own - line).max() < 1.4
    knee = 30.0 + gain_loss / 0.7
    is_far = (np.abs(LEVELS_DB - knee) > 14.0) & (np.abs(LEVELS_DB - 108.0) > 14.0) & (gain_loss < 40.0)
    np.testing.assert_allclose(own[is_far], line[is_far], atol=0.02)


@given(gain_loss=st.floats(56.0, 120.0))
def test_a_channel_cannot_lose_more_gain_than_it_has(gain_loss: float) -> None:
    # Truth: an ear without any gain is passive, and what is lost beyond the 54.6 dB is linear.
    np.testing.assert_allclose(output_db(LEVELS_DB, gain_loss), LEVELS_DB - (gain_loss - 54.6), atol=1.0)


@given(gain_loss=st.floats(-20.0, 110.0), attenuation=st.floats(0.0, 60.0))
def test_threshold_is_the_sum_of_both_losses(gain_loss: float, attenuation: float) -> None:
    threshold = np.array([gain_loss + attenuation])
    assert output_db(threshold, gain_loss, attenuation)[0] == pytest.approx(54.6, abs=0.01)


@given(gain_loss=st.floats(-20.0, 110.0))
def test_level_is_read_back_from_the_amplitude(gain_loss: float) -> None:
    behind_linear_loss = LEVELS_DB + max(gain_loss - 54.6, 0.0)
    log_amplitude = (output_db(behind_linear_loss, gain_loss) - STICK.anchor_db) / DB_PER_NEPER
    found = broken_stick_level_db(
        jnp.asarray(log_amplitude)[:, None], gain_loss_db=jnp.asarray([gain_loss]), stick=STICK
    )
    assert np.all(np.diff(np.asarray(found)[:, 0]) > 0.0)
    np.testing.assert_allclose(np.asarray(found)[:, 0], LEVELS_DB, atol=2.5)


@given(power=st.floats(1e-8, 1e12), gain_loss=st.floats(-20.0, 90.0), attenuation=st.floats(0.0, 60.0))
def test_gradients_are_those_of_finite_differences(power: float, gain_loss: float, attenuation: float) -> None:
    # Truth: central differences.
    def log_amplitude(at: jax.Array) -> jax.Array:
        return log_broken_stick_amplitude(level_db(at[:1]), gain_loss_db=at[1:2], attenuation_db=at[2:], stick=STICK)[0]

    point = np.array([power, gain_loss, attenuation])
    gradient = np.asarray(jax.grad(log_amplitude)(jnp.asarray(point)))
    for i, step in enumerate(1e-5 * np.maximum(np.abs(point), [0.0, 1.0, 1.0])):
        offset = step * np.eye(3)[i]
        high, low = (float(log_amplitude(jnp.asarray(point + sign * offset))) for sign in (1.0, -1.0))
        assert gradient[i] == pytest.approx((high - low) / (2.0 * step), rel=1e-4, abs=1e-6)


def test_normal_ear_is_at_threshold_at_zero() -> None:
    # Truth: 0 dB HL is the normal threshold by definition.
    thresholds = np.asarray(tone_thresholds(jnp.asarray(normal_position(BROKEN_STICK)[None]), normal=BROKEN_STICK))
    assert np.abs(thresholds).max() < 0.1


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_thresholds_of_a_flat_loss_are_those_of_its_channels(share: float) -> None:
    # Truth: the coordinate t is the threshold of a channel by itself; the power law differs by as much.
    for normal in (NORMAL, BROKEN_STICK):
        position = normal_position(normal)
        position[:NUM_KNOTS] = share_logit(np.full(NUM_KNOTS, share))
        position[NUM_KNOTS : 2 * NUM_KNOTS] = 45.0
        thresholds = np.asarray(tone_thresholds(jnp.asarray(position[None]), normal=normal))[0]
        np.testing.assert_allclose(thresholds, 45.0, atol=1.0)


def test_exponent_of_the_power_law_with_the_same_threshold_stands_for_the_loss_of_gain() -> None:
    # Truth: t = L_A (1 - alpha_0/alpha) of the power law.
    lost = np.array([-10.0, 0.0, 30.0, 80.0])
    exponent = 0.3 / (1.0 - lost / 108.0)
    np.testing.assert_allclose(np.asarray(gain_loss_db(jnp.asarray(exponent), BROKEN_STICK)), lost, atol=1e-9)


def test_representation_grows_alike_in_every_ear_above_its_threshold() -> None:
    # Truth: the power law's, which is sharpness alpha_0 times the level above threshold in nepers.
    cochlea = cochlea_of(BROKEN_STICK)
    flat = np.ones(len(cochlea.frequency_hz))
    for lost in (0.0, 25.0, 50.0):
        ear = EarParameters(jnp.asarray(0.3 / (1.0 - lost / 108.0) * flat), jnp.zeros(len(flat)), jnp.zeros(len(flat)))
        level = lost + np.array([20.0, 40.0])
        power = jnp.asarray(10.0 ** (level[:, None] / 10.0) * flat)
        read = np.asarray(internal_representation(relative_excitation(power, None, ear, cochlea), ear, cochlea))
        middle = read[:, len(flat) // 2]
        assert middle[1] - middle[0] == pytest.approx(5.0 * 0.3 * 20.0 / DB_PER_NEPER, abs=2.5 / DB_PER_NEPER * 1.5)
