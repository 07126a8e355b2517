"""Frame values against a sample-by-sample leaky integrator followed by the window, in NumPy."""

from collections.abc import Iterator

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import lfilter

from hearfit.frontend.frame_integration import (
    FrameSampling,
    IntegratorState,
    frame_weights,
    integrated_frames,
    leaky_frames,
    sampling_window,
    silent_integrator,
    weighted_sums,
)
from hearfit.frontend.integration import leaky_integration, leaky_weights

FRAME, FRAMES, CHANNELS = 12, 9, 3


@pytest.fixture
def double() -> Iterator[None]:
    """64-bit numbers for one test: differences need them, and the other tests are about 32 bits."""
    with jax.enable_x64(True):
        yield


def brute_force(carrier: np.ndarray, tau_samples: float, window: np.ndarray) -> np.ndarray:
    """The integrator at every sample, then the window at the end of every frame."""
    a = np.exp(-1.0 / tau_samples)
    smoothed = lfilter([1.0 - a], [1.0, -a], carrier, axis=-1)
    padded = np.concatenate([np.zeros((len(carrier), FRAME)), smoothed], axis=1)
    return np.stack([padded[:, n * FRAME : (n + 2) * FRAME] @ window[::-1] for n in range(FRAMES)])


def framed(
    carrier: jax.Array, tau_samples: jax.Array, sampling: FrameSampling, state: IntegratorState, parts: int
) -> tuple[jax.Array, IntegratorState]:
    weights = frame_weights(tau_samples, sampling_window(sampling, FRAME))
    rows = carrier.reshape(CHANNELS, -1, FRAME // parts)
    sums = weighted_sums(rows, weights).transpose(1, 0, 2)[:, :, None]
    frames, state = integrated_frames(sums, weights.decay, state)
    return frames[:, :, 0], state


@pytest.mark.parametrize("sampling", FrameSampling)
@pytest.mark.parametrize("tau_samples", [0.5, 7.0, 400.0])
@pytest.mark.parametrize("parts", [1, 3])
def test_frames_equal_integrator_then_window(
    sampling: FrameSampling, tau_samples: float, parts: int, rng: np.random.Generator
) -> None:
    carrier = rng.uniform(0.0, 1.0, (CHANNELS, FRAME * FRAMES))
    expected = brute_force(carrier, tau_samples, sampling_window(sampling, FRAME))
    silence = silent_integrator((CHANNELS, 1), jnp.float32)
    actual, _ = framed(jnp.asarray(carrier, jnp.float32), jnp.float32(tau_samples), sampling, silence, parts)
    np.testing.assert_allclose(actual, expected, rtol=2e-5, atol=1e-7)


@pytest.mark.parametrize("sampling", FrameSampling)
def test_gain_at_dc_is_one_whatever_the_time_constant(sampling: FrameSampling) -> None:
    silence = silent_integrator((CHANNELS, 1), jnp.float32)
    for tau_samples in (0.3, 5.0, 20.0):
        frames, _ = framed(jnp.ones((CHANNELS, 40 * FRAME)), jnp.float32(tau_samples), sampling, silence, 1)
        np.testing.assert_allclose(frames[-1], np.ones(CHANNELS), rtol=1e-5)


def test_smooth_sampling_does_not_alias_the_frame_rate() -> None:
    # A modulation at the frame rate looks like DC to point sampling; the Hann window over two frames is zero there.
    time = np.arange(400 * FRAME)
    carrier = jnp.asarray(np.tile(np.cos(2 * np.pi * time / FRAME), (CHANNELS, 1)), jnp.float32)
    silence = silent_integrator((CHANNELS, 1), jnp.float32)
    point, _ = framed(carrier, jnp.float32(1.0), FrameSampling.POINT, silence, 1)
    smooth, _ = framed(carrier, jnp.float32(1.0), FrameSampling.SMOOTH, silence, 1)
    assert np.abs(point[-1]).min() > 0.5
    assert np.abs(smooth[-1]).max() < 1e-5


@pytest.mark.slow
@pytest.mark.parametrize("sampling", FrameSampling)
@given(cut=st.integers(1, FRAMES - 1))
def test_streamed_frames_are_the_same(sampling: FrameSampling, cut: int) -> None:
    carrier = jnp.asarray(np.random.default_rng(0).uniform(0.0, 1.0, (CHANNELS, FRAME * FRAMES)), jnp.float32)
    silence = silent_integrator((CHANNELS, 1), jnp.float32)
    whole, end = framed(carrier, jnp.float32(30.0), sampling, silence, 1)
    first, state = framed(carrier[:, : cut * FRAME], jnp.float32(30.0), sampling, silence, 1)
    second, state = framed(carrier[:, cut * FRAME :], jnp.float32(30.0), sampling, state, 1)
    np.testing.assert_allclose(jnp.concatenate([first, second]), whole, atol=1e-6)
    np.testing.assert_allclose(state.decaying, end.decaying, atol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("sampling", FrameSampling)
@pytest.mark.usefixtures("double")
def test_gradient_of_the_time_constant_equals_finite_differences(
    sampling: FrameSampling, rng: np.random.Generator
) -> None:
    carrier = jnp.asarray(rng.uniform(0.0, 1.0, (CHANNELS, FRAME * FRAMES)))
    weight = jnp.asarray(rng.standard_normal((FRAMES, CHANNELS)))
    silence = silent_integrator((CHANNELS, 1), jnp.float64)

    def total(tau_samples: jax.Array) -> jax.Array:
        return jnp.sum(weight * framed(carrier, tau_samples, sampling, silence, 1)[0])

    tau = jnp.asarray(20.0)
    slope = (total(tau + 1e-4) - total(tau - 1e-4)) / 2e-4
    np.testing.assert_allclose(jax.grad(total)(tau), slope, rtol=1e-6)


def test_equal_frames_are_those_of_the_listener_model(rng: np.random.Generator) -> None:
    frames = rng.uniform(0.0, 1.0, (30, 4))
    weights = leaky_weights(np.full(30, 0.005), time_constant_s=0.008)
    expected = leaky_integration(jnp.asarray(frames, jnp.float32), jnp.asarray(weights, jnp.float32))
    actual, _ = leaky_frames(
        jnp.asarray(frames, jnp.float32)[:, :, None],
        jnp.zeros((4, 1)),
        frame_s=0.005,
        time_constant_s=jnp.float32(0.008),
    )
    np.testing.assert_allclose(actual[:, :, 0], expected, atol=2e-6)
