"""The cortical stage in double precision: against closed forms, direct convolution and finite differences."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from hearfit.frontend.cortex import (
    _response,
    cortical_magnitude,
    cortical_response,
    gain_after_onset,
    memory_s,
    scale_matrices,
    silent_past,
)
from hearfit.frontend.cortex_parameters import PAPER_CORTEX, CortexDesign, ModulationFilters

pytestmark = pytest.mark.usefixtures("float64")

NARROW = dataclasses.replace(PAPER_CORTEX, num_channels=5, block_frames=4)
# Operation by operation each would be compiled alone.
RESPONSE = jax.jit(cortical_response, static_argnames="design")
MAGNITUDE = jax.jit(cortical_magnitude, static_argnames="design")
RATES_HZ = (0.5, 2.0, 8.0, 32.0, 64.0)


def filters(*triples: tuple[float, float, float]) -> ModulationFilters:
    """Scale, rate and direction of each."""
    return ModulationFilters(*(jnp.asarray(column, jnp.result_type(float)) for column in zip(*triples, strict=True)))


def respond(
    spectrogram: np.ndarray, bank: ModulationFilters, design: CortexDesign = PAPER_CORTEX, *, is_magnitude: bool = False
) -> np.ndarray:
    past = silent_past(len(bank.rate_hz), batch=len(spectrogram), design=design)
    function = MAGNITUDE if is_magnitude else RESPONSE
    return np.asarray(function(jnp.asarray(spectrogram, past.dtype), bank, design, past)[0])


def complex_impulse_response(rate_hz: float, direction: float = 1.0) -> np.ndarray:
    """The temporal filter: one channel is what its scale filter leaves of it times a positive number."""
    design = dataclasses.replace(NARROW, num_channels=1, block_frames=50)
    impulse = jnp.zeros((1, int(2.5 * memory_s(rate_hz) * design.frame_rate_hz) + 10, 1)).at[0, 0].set(1.0)
    bank, past = filters((1.0, rate_hz, direction)), silent_past(1, batch=1, design=design)
    parts, _ = _response(impulse, bank, design, past, is_complex=True)
    kernel = scale_matrices(bank.scale_cycles_per_octave, design)
    assert float(kernel.imaginary[0, 0, 0]) == 0.0
    return (np.asarray(parts[0]) + 1j * np.asarray(parts[1]))[0, 0, :, 0] / float(kernel.real[0, 0, 0])


def reference_impulse_response(rate_hz: float, direction: float, num_frames: int) -> np.ndarray:
    """H with kappa and mu from a linear system over sums of many frames instead of their closed form."""
    cycles = np.arange(60_000) * rate_hz / 200.0
    envelope = cycles**2 * np.exp(-3.5 * cycles)
    waves = np.stack([np.exp(2j * np.pi * harmonic * cycles) for harmonic in (1, 0, -1)])

    def gain(rate: float) -> np.ndarray:
        return np.sum(envelope * waves * np.exp(-2j * np.pi * cycles * rate), axis=1)

    at_zero, at_opposite, at_rate = gain(0.0), gain(-1.0), gain(1.0)
    weights = np.linalg.solve(np.stack([at_zero[1:], at_opposite[1:]]), -np.array([at_zero[0], at_opposite[0]]))
    weights = np.concatenate([[1.0], weights])
    impulse = -1j * (weights @ waves) * envelope / abs(weights @ at_rate)
    return np.asarray(impulse if direction > 0 else np.conj(impulse))[:num_frames]


def reference_scale_kernel(scale: float, num_channels: int) -> np.ndarray:
    """Complex kernel at offsets 1 - channels to channels - 1, by an inverse FFT."""
    num_points = 1 << (4 * max(num_channels, 192) - 1).bit_length()
    q = (np.arange(num_points) * 24.0 / num_points / scale) ** 2
    kernel = np.fft.ifft(np.where(np.arange(num_points) < num_points // 2, q * np.exp(1.0 - q), 0.0))
    return kernel[np.arange(1 - num_channels, num_channels) % num_points]


@pytest.mark.parametrize("num_frames", [1, 60])
def test_equals_a_direct_double_convolution(num_frames: int, rng: np.random.Generator) -> None:
    # Truth: np.convolve along each axis with the impulse responses above.
    spectrogram = rng.uniform(0.0, 10.0, (2, num_frames, 129))
    triples = [(0.125, 0.5, 1.0), (0.7, 2.0, -1.0), (12.0, 64.0, 1.0), (3.0, 11.0, -1.0)]
    response = respond(spectrogram, filters(*triples))
    magnitude = respond(spectrogram, filters(*triples), is_magnitude=True)
    for index, (scale, rate_hz, direction) in enumerate(triples):
        along_time = reference_impulse_response(rate_hz, direction, num_frames)
        along_frequency = reference_scale_kernel(scale, 129)
        for item in range(2):
            temporal = np.stack(
                [np.convolve(column, along_time)[:num_frames] for column in spectrogram[item].T], axis=1
            )
            both = np.stack([np.convolve(row, along_frequency)[128:257] for row in temporal])
            np.testing.assert_allclose(response[item, index], both.real, atol=1e-11)
            np.testing.assert_allclose(magnitude[item, index], np.abs(both), atol=1e-11)


@pytest.mark.slow
@pytest.mark.parametrize(("rate_hz", "direction"), list(zip(RATES_HZ, (1.0, -1.0, 1.0, -1.0, -1.0), strict=True)))
def test_rate_filter_has_its_peak_band_and_direction(rate_hz: float, direction: float) -> None:
    # Truth: |1 + 2 pi i (f/w - 1)/3.5|^-3, whose 3 dB band is 1 +- 0.284 (0.72 to 1.28 w in the published stage).
    impulse = complex_impulse_response(rate_hz, direction)
    seconds = np.arange(len(impulse)) / 200.0

    def gain(relative_rate: np.ndarray) -> np.ndarray:
        waves = np.exp(-2j * np.pi * direction * rate_hz * relative_rate[:, None] * seconds)
        return np.asarray(np.abs(waves @ impulse))

    rates = np.linspace(0.3, 1.56, 631)
    gains = gain(rates)
    assert gain(np.array([1.0])) == pytest.approx(1.0, abs=1e-6)
    assert gains.max() == pytest.approx(1.0, abs=1e-4)
    assert rates[gains.argmax()] == pytest.approx(1.0, abs=0.005)
    band = rates[gains >= 1.0 / np.sqrt(2.0)]
    assert band[0] == pytest.approx(0.72, abs=0.012)
    assert band[-1] == pytest.approx(1.284, abs=0.012)
    assert gain(np.array([0.0])) < 1e-7
    # At the same rate in the opposite direction nothing; in the whole opposite band at least 26 dB less, but at 64 Hz,
    # of which a cycle is three frames, 14 dB.
    assert gain(np.array([-1.0])) < 1e-5
    opposite = 20.0 * np.log10(gain(np.linspace(-1.284, -0.716, 101)).max())
    assert opposite < (-26.0 if rate_hz < 50.0 else -14.0)


@pytest.mark.parametrize("scale", [0.25, 1.0, 3.364, 8.0, 12.0])
def test_scale_filter_has_its_peak_and_band(scale: float) -> None:
    # Truth: q exp(1 - q), 3 dB down at 0.617 and 1.438 of its scale (0.64 and 1.44 as measured on the published grid).
    design = dataclasses.replace(PAPER_CORTEX, num_channels=1025)
    matrices = scale_matrices(jnp.array([scale]), design)
    # The middle row of the matrix as a function of the offset.
    kernel = (np.asarray(matrices.real) + 1j * np.asarray(matrices.imaginary))[0, 512]
    relative = np.linspace(-2.0, 2.0, 1601)
    relative = relative[np.abs(relative * scale) < 12.0]
    octaves = (np.arange(1025) - 512) / 24.0
    gain = np.abs(np.exp(-2j * np.pi * scale * relative[:, None] * octaves) @ kernel)
    q = np.where(relative > 0.0, relative, 0.0) ** 2
    # The sharp edge at the highest scale that the channels hold rings; elsewhere the sum over scales is the filter.
    inside = np.abs(np.abs(relative * scale) - 12.0) > 0.5
    np.testing.assert_allclose(gain[inside], (q * np.exp(1.0 - q))[inside], atol=0.012)
    if scale < 8.0:
        assert relative[gain.argmax()] == pytest.approx(1.0, abs=0.003)
        band = relative[gain >= 1.0 / np.sqrt(2.0)]
        assert band[0] == pytest.approx(0.6175, abs=0.005)
        assert band[-1] == pytest.approx(1.438, abs=0.005)


def test_no_output_depends_on_a_later_frame() -> None:
    bank = filters((2.0, 8.0, 1.0), (4.0, 40.0, -1.0))
    past = silent_past(2, batch=1, design=NARROW)

    def function(spectrogram: jax.Array) -> jax.Array:
        return RESPONSE(spectrogram, bank, NARROW, past)[0]

    jacobian = np.asarray(jax.jacobian(function)(jnp.ones((1, 11, 5))))[0, :, :, :, 0]
    is_future = np.arange(11)[:, None] < np.arange(11)[None, :]
    # [filters, output frames, channels, input frames, channels]
    by_frames = np.abs(jacobian).sum(axis=(0, 2, 4))
    assert np.all(by_frames[is_future] == 0.0)
    assert np.all(by_frames[np.tri(11, k=-1, dtype=bool)] > 0.0)


def test_a_sound_is_forgotten_after_the_stated_memory() -> None:
    # The definition of the memory: 60 dB below the greatest effect.
    for rate_hz in RATES_HZ[:-1]:
        impulse = np.abs(complex_impulse_response(rate_hz))
        frame = int(np.ceil(1.02 * memory_s(rate_hz) * 200.0))
        assert impulse[frame:].max() < 1.1e-3 * impulse.max()
        assert impulse[int(0.9 * memory_s(rate_hz) * 200.0)] > 1e-3 * impulse.max()


@pytest.mark.slow
@pytest.mark.parametrize("is_magnitude", [False, True])
def test_gradients_equal_finite_differences(is_magnitude: bool, rng: np.random.Generator) -> None:
    spectrogram = jnp.asarray(rng.uniform(0.0, 1.0, (1, 30, 5)))
    probe = jnp.asarray(rng.standard_normal((1, 3, 30, 5)))
    bank = filters((0.126, 0.51, 1.0), (2.0, 8.0, -1.0), (11.9, 63.0, 1.0))
    past = jnp.asarray(rng.standard_normal((3, 9, 1, 5)))
    function = MAGNITUDE if is_magnitude else RESPONSE

    @jax.jit
    def loss(spectrogram: jax.Array, log_scale: jax.Array, log_rate: jax.Array, past: jax.Array) -> jax.Array:
        bank_there = bank._replace(scale_cycles_per_octave=jnp.exp(log_scale), rate_hz=jnp.exp(log_rate))
        return jnp.sum(probe * function(spectrogram, bank_there, NARROW, past)[0])

    point = (spectrogram, jnp.log(bank.scale_cycles_per_octave), jnp.log(bank.rate_hz), past)
    gradient = jax.jit(jax.grad(loss, argnums=(0, 1, 2, 3)))(*point)
    for index in range(4):
        step = 1e-5 * jnp.asarray(rng.standard_normal(point[index].shape))
        moved = [
            loss(*(value + sign * step if place == index else value for place, value in enumerate(point)))
            for sign in (1.0, -1.0)
        ]
        expected = float(jnp.sum(gradient[index] * step))
        assert expected == pytest.approx(float(moved[0] - moved[1]) / 2.0, rel=1e-6, abs=1e-12)


@pytest.mark.parametrize(("rate_hz", "direction"), [(4.0, 1.0), (4.0, -1.0), (30.0, 1.0)])
def test_the_gain_after_an_onset_is_that_of_a_ripple_out_of_silence(rate_hz: float, direction: float) -> None:
    # Truth: the response in the middle of a ripple that begins with the first frame; half of it is answered.
    frames = 150
    bank = filters((2.0, rate_hz, direction))
    phase = direction * rate_hz * np.arange(frames)[:, None] / 200.0 + 2.0 * np.arange(129)[None, :] / 24.0
    found = respond(np.cos(2.0 * np.pi * phase)[None], bank, is_magnitude=True)[0, 0, :, 64]
    gain = np.asarray(gain_after_onset(bank, PAPER_CORTEX, frames))[0]
    np.testing.assert_allclose(found, 0.5 * gain, atol=2e-3)
    assert gain[0] == 0.0
    np.testing.assert_allclose(gain[-1], 1.0, atol=0.01)
