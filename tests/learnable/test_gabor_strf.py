"""Gabor filters: kernels by value, layer against brute force, causality, tuning, initial distribution, training."""

import math
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from hearfit.errors import InputError
from hearfit.learnable.gabor_strf import GaborFilters, GaborLayer, GaborOutput, gabor_kernel, initial_gabors
from tests.learnable.frontend_contract import (
    check_bounds_under_training,
    check_difference,
    check_every_parameter_is_reached,
    check_exact_causality,
    check_prefix,
    evaluate,
    features_of,
)

CHANNELS = 20


def filters(*rows: tuple[float, float, float, float]) -> GaborFilters:
    """Temporal width, spectral width, orientation and modulation of each."""
    return GaborFilters(*(jnp.asarray(column, jnp.result_type(float)) for column in zip(*rows, strict=True)))


THREE = ((3.0, 2.0, 0.4, 0.9), (6.0, 4.0, -2.0, 0.5), (2.0, 5.0, 3.0, 1.4))


def paper_kernel(sigma_t: float, sigma_f: float, gamma: float, modulation: float, t: int, f: int) -> complex:
    """One value of Riad et al. 2021, equation 1, in plain numbers."""
    gaussian = math.exp(-0.5 * (t * t / sigma_t**2 + f * f / sigma_f**2)) / (2.0 * math.pi * sigma_t * sigma_f)
    phase = modulation * (t * math.cos(gamma) + f * math.sin(gamma))
    return gaussian * complex(math.cos(phase), math.sin(phase))


def brute_force(
    spectrogram: np.ndarray, row: tuple[float, float, float, float], kernel_frames: int, latency: int
) -> np.ndarray:
    """The causal response as four sums."""
    frames, channels = spectrogram.shape
    response = np.zeros((frames, channels), complex)
    for n in range(frames):
        for c in range(channels):
            for lag in range(min(kernel_frames, n + 1)):
                for other in range(channels):
                    value = paper_kernel(*row, latency - lag, other - c)
                    response[n, c] += value * spectrogram[n - lag, other]
    return response


@cache
def layer(output: GaborOutput = GaborOutput.REAL) -> GaborLayer:
    """Made once: nobody may change it."""
    return GaborLayer(filters(*THREE), frame_rate_hz=100.0, output=output, kernel_frames=16, latency_frames=3)


kernel_of = jax.jit(gabor_kernel, static_argnames=("half_frames", "half_channels"))


def test_the_kernel_of_the_paper_by_value() -> None:
    kernels = np.asarray(kernel_of(filters(*THREE), half_frames=20, half_channels=4))
    assert kernels.shape == (3, 41, 9)
    for kernel, row in zip(kernels, THREE, strict=True):
        expected = [[paper_kernel(*row, t, f) for f in range(-4, 5)] for t in range(-20, 21)]
        np.testing.assert_allclose(kernel, expected, atol=1e-7)


def test_the_kernel_of_the_public_implementation() -> None:
    # bootphon/learnable-strf, models.py: as the paper, but 0.001 is added to both widths in the exponent alone, and the
    # grid has the frequency axis first. Only that 0.001 may make a difference.
    sigma_f, sigma_t, gamma, modulation = 2.5, 7.0, 0.8, 0.7
    f, t = np.meshgrid(np.linspace(-4.0, 4.0, 9), np.linspace(-55.0, 55.0, 111), indexing="ij")
    envelope = np.exp(-0.5 * (f**2 / (sigma_f + 1e-3) ** 2 + t**2 / (sigma_t + 1e-3) ** 2))
    rotated = t * np.cos(gamma) + f * np.sin(gamma)
    public = envelope / (2.0 * np.pi * sigma_f * sigma_t) * np.exp(1j * modulation * rotated)
    ours = np.asarray(kernel_of(filters((sigma_t, sigma_f, gamma, modulation)), half_frames=55, half_channels=4)[0]).T
    np.testing.assert_allclose(ours, public, atol=2e-3 * np.abs(public).max())


@pytest.mark.parametrize(("kernel_frames", "latency"), [(16, 3), (2, 0), (5, 4), (40, 8)])
def test_the_layer_is_the_sum_over_its_kernel(kernel_frames: int, latency: int, rng: np.random.Generator) -> None:
    # Fewer, as many and more frames than the kernel has.
    spectrogram = rng.uniform(0.0, 1.0, (2, 21, 6))
    layer = GaborLayer(
        filters(*THREE[:2]),
        frame_rate_hz=100.0,
        output=GaborOutput.CONCAT,
        kernel_frames=kernel_frames,
        latency_frames=latency,
    )
    response = features_of(layer, spectrogram)
    assert response.shape == (2, 21, 6, layer.num_maps)
    for sound in range(2):
        for index, row in enumerate(THREE[:2]):
            expected = brute_force(spectrogram[sound], row, kernel_frames, latency)
            np.testing.assert_allclose(response[sound, :, :, index], expected.real, atol=1e-5)
            np.testing.assert_allclose(response[sound, :, :, 2 + index], expected.imag, atol=1e-5)


def test_the_modes_are_parts_of_one_response(rng: np.random.Generator) -> None:
    spectrogram = jnp.asarray(rng.uniform(0.0, 1.0, (1, 20, CHANNELS)), jnp.float32)
    real, imaginary, magnitude, both = (features_of(layer(output), spectrogram) for output in GaborOutput)
    np.testing.assert_array_equal(both, np.concatenate([real, imaginary], axis=-1))
    np.testing.assert_allclose(magnitude, np.hypot(real, imaginary), atol=1e-6)


def test_causality_prefixes_and_a_gradient_of_every_parameter(rng: np.random.Generator) -> None:
    # The prefixes are longer and shorter than the kernel.
    spectrogram = rng.uniform(0.0, 1.0, (2, 60, CHANNELS))
    found = evaluate(layer(), spectrogram)
    check_exact_causality(found, step=1)
    check_prefix(layer(), spectrogram, found, step=1, frames=(23, 5), atol=1e-5)
    check_every_parameter_is_reached(found, {"temporal_width", "spectral_width", "orientation", "modulation"})


def test_the_magnitude_is_causal_and_its_gradient_is_finite_in_silence(rng: np.random.Generator) -> None:
    # The second sound is silent: the root of zero must not spoil it.
    spectrogram = rng.uniform(0.0, 1.0, (2, 60, CHANNELS)) * np.array([1.0, 0.0])[:, None, None]
    found = evaluate(layer(GaborOutput.MAGNITUDE), spectrogram)
    check_exact_causality(found, step=1)
    assert not np.any(found.features[1])


def test_a_ripple_excites_the_filter_tuned_to_it_most() -> None:
    # Independent truth: the ripple's own rate and scale. Time and frequency must not be mixed up for this.
    tuned = [(rate, scale) for rate in (0.2, 0.6) for scale in (-0.8, -0.3, 0.3, 0.8)]
    bank = filters(*((6.0, 5.0, math.atan2(scale, rate), math.hypot(rate, scale)) for rate, scale in tuned))
    layer = GaborLayer(bank, frame_rate_hz=100.0, is_learned=False, output=GaborOutput.MAGNITUDE)
    frame, channel = np.arange(150)[:, None], np.arange(40)[None, :]
    ripples = np.stack([np.cos(rate * frame + scale * channel) for rate, scale in tuned])
    magnitude = features_of(layer, ripples)[:, 80:, 15:25].mean(axis=(1, 2))
    np.testing.assert_array_equal(np.argmax(magnitude, axis=1), np.arange(len(tuned)))


def test_initial_filters_are_distributed_as_the_originals() -> None:
    # Quantiles of the temporal rate at frames of 10 ms, measured on the original: 0.7, 3.5, 6.2, 10.7, 18.9 Hz.
    drawn = initial_gabors(20_000, seed=1)
    rate_hz = np.abs(np.asarray(drawn.modulation * jnp.cos(drawn.orientation))) / (2.0 * np.pi * 0.01)
    np.testing.assert_allclose(
        np.quantile(rate_hz, [0.05, 0.25, 0.5, 0.75, 0.95]), [0.7, 3.5, 6.2, 10.7, 18.9], rtol=0.05
    )
    for width in (drawn.temporal_width, drawn.spectral_width):
        assert 2.0 <= float(width.min()) < 2.01 < 15.6 < float(width.max()) <= 15.72
    np.testing.assert_array_equal(drawn.modulation, initial_gabors(20_000, seed=1).modulation)


def test_a_gradient_is_that_of_finite_differences(rng: np.random.Generator) -> None:
    with jax.enable_x64(True):
        layer = GaborLayer(filters(*THREE), frame_rate_hz=100.0, kernel_frames=8, latency_frames=2)
        read = {
            "temporal width": lambda stage: stage.temporal_width,
            "spectral width": lambda stage: stage.spectral_width,
            "orientation": lambda stage: stage.orientation,
            "modulation": lambda stage: stage.modulation,
        }
        check_difference(layer, read, rng.uniform(0.0, 1.0, (1, 12, 7)), index=1)


@pytest.mark.usefixtures("standard_promotion")
def test_no_training_leaves_the_limits(rng: np.random.Generator, seed: int) -> None:
    layer = GaborLayer(initial_gabors(4, seed=2), frame_rate_hz=100.0)
    check_bounds_under_training(layer, rng.uniform(0.0, 1.0, (1, 20, CHANNELS)), seed=seed)


def test_frozen_filters_have_nothing_to_learn() -> None:
    frozen = GaborLayer(filters(*THREE), frame_rate_hz=100.0, is_learned=False)
    assert not nnx.to_flat_state(nnx.state(frozen, nnx.Param))
    assert frozen.parameters == ()
    assert frozen.values() == {}


def test_a_click_is_answered_most_after_the_latency() -> None:
    layer = GaborLayer(
        filters((4.0, 2.0, 1.5, 0.3)), frame_rate_hz=100.0, output=GaborOutput.MAGNITUDE, latency_frames=6
    )
    click = np.zeros((1, 60, CHANNELS))
    click[:, 20, 10] = 1.0
    response = features_of(layer, click)[0, :, 10, 0]
    assert np.argmax(response) == 26
    assert layer.latency_s == pytest.approx(0.06)


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(InputError, match="its centre 8 frames back"):
        GaborLayer(filters(*THREE), frame_rate_hz=100.0, kernel_frames=8, latency_frames=8)
    with pytest.raises(InputError, match="0 Gabor filters"):
        initial_gabors(0, seed=0)
    with pytest.raises(InputError, match="temporal width is -1 frames"):
        GaborLayer(filters((-1.0, 2.0, 0.0, 1.0)), frame_rate_hz=100.0)
