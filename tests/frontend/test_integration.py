"""The leaky integrator against its differential equation."""

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from hearfit.frontend.integration import leaky_integration, leaky_weights, with_steady_past

pytestmark = pytest.mark.usefixtures("float64")

durations = st.lists(st.floats(1e-4, 2.0), min_size=1, max_size=12)
taus = st.floats(0.001, 0.2)


@pytest.mark.parametrize("tau_s", [0.001, 0.008, 0.2])
def test_frame_means_solve_the_differential_equation(tau_s: float, rng: np.random.Generator) -> None:
    # Truth: scipy's solution of tau ds/dt = x - s from silence, with its running integral as a second state.
    duration_s = np.array([0.01, 0.03, 0.005, 0.4, 0.01, 0.02])
    x = rng.exponential(size=len(duration_s))
    state, expected = 0.0, []
    for duration, level in zip(duration_s, x, strict=True):

        def equation(_: float, y: np.ndarray, level: float = level) -> list[float]:
            return [(level - y[0]) / tau_s, y[0]]

        solution = solve_ivp(equation, (0.0, duration), [state, 0.0], rtol=1e-10, atol=1e-12)
        state, area = solution.y[:, -1]
        expected.append(area / duration)
    means = leaky_integration(jnp.asarray(x)[:, None], jnp.asarray(leaky_weights(duration_s, time_constant_s=tau_s)))
    np.testing.assert_allclose(np.asarray(means)[:, 0], expected, rtol=1e-6)


def test_frame_means_agree_with_fine_steps_of_euler(rng: np.random.Generator) -> None:
    # Truth: brute force with a microsecond step.
    duration_s, tau_s, step_s = np.array([0.01, 0.002, 0.015]), 0.008, 1e-6
    x, s, means = rng.exponential(size=3), 0.0, []
    for duration, level in zip(duration_s, x, strict=True):
        values = np.empty(round(duration / step_s))
        for i in range(len(values)):
            values[i] = s
            s += step_s * (level - s) / tau_s
        means.append(values.mean())
    np.testing.assert_allclose(leaky_weights(duration_s, time_constant_s=tau_s) @ x, means, rtol=1e-3)


@given(taus)
def test_the_time_constant_never_changes_the_level_of_a_steady_sound(tau_s: float) -> None:
    # Truth: unit gain at DC: after 20 time constants the frame mean is the input.
    weights = leaky_weights(np.array([20.0 * tau_s, 0.01]), time_constant_s=tau_s)
    assert weights[1].sum() == pytest.approx(1.0, abs=1e-8)


@given(durations, taus)
def test_weights_are_causal_and_never_amplify(duration_s: list[float], tau_s: float) -> None:
    weights = leaky_weights(np.array(duration_s), time_constant_s=tau_s)
    np.testing.assert_array_equal(np.triu(weights, 1), 0.0)
    assert weights.min() >= -1e-12
    assert weights.sum(axis=1).max() <= 1.0 + 1e-12


@given(durations, taus, st.integers(0, 11), st.floats(0.01, 0.99), st.integers(0, 2**32 - 1))
def test_splitting_a_frame_changes_no_mean(
    duration_s: list[float], tau_s: float, which: int, fraction: float, seed: int
) -> None:
    # Truth: the same input described by one frame more.
    which %= len(duration_s)
    x = np.random.default_rng(seed).exponential(size=len(duration_s))
    whole = leaky_weights(np.array(duration_s), time_constant_s=tau_s) @ x
    first, second = fraction * duration_s[which], (1.0 - fraction) * duration_s[which]
    parts = np.array([*duration_s[:which], first, second, *duration_s[which + 1 :]])
    split = leaky_weights(parts, time_constant_s=tau_s) @ np.insert(x, which, x[which])
    joined = fraction * split[which] + (1.0 - fraction) * split[which + 1]
    np.testing.assert_allclose([*split[:which], joined, *split[which + 2 :]], whole, rtol=1e-9, atol=1e-12)


@given(durations, taus, st.integers(0, 12))
def test_frames_of_zero_length_are_inert(duration_s: list[float], tau_s: float, where: int) -> None:
    where %= len(duration_s) + 1
    weights = leaky_weights(np.array(duration_s), time_constant_s=tau_s)
    padded = leaky_weights(np.insert(duration_s, where, 0.0), time_constant_s=tau_s)
    np.testing.assert_array_equal(padded[where], 0.0)
    np.testing.assert_array_equal(padded[:, where], 0.0)
    rest = np.delete(np.delete(padded, where, axis=0), where, axis=1)
    np.testing.assert_array_equal(rest, weights)


def test_a_steady_past_is_a_first_frame_that_lasts_for_very_long() -> None:
    # Truth: the same integrator from silence, behind a first frame of 100 time constants; padding remembers the past.
    duration_s, excitation = np.array([0.01, 0.003, 0.2, 0.0]), np.array([[3.0], [1.0], [5.0], [0.5], [0.0]])
    past = with_steady_past(leaky_weights(np.concatenate([[0.0], duration_s]), time_constant_s=0.008))
    long = leaky_weights(np.concatenate([[0.8], duration_s]), time_constant_s=0.008)
    np.testing.assert_allclose((past @ excitation)[1:4], (long @ excitation)[1:4], rtol=1e-9)
    np.testing.assert_array_equal((past @ excitation)[[0, 4]], 3.0)
    np.testing.assert_allclose(past.sum(axis=1), 1.0, rtol=1e-12)
