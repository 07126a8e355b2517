"""The cortical stage as it is used, in single precision: ripples, streaming, the published stage, odd sizes."""

import dataclasses
import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from hearfit.errors import InputError
from hearfit.frontend.cortex import (
    cortical_magnitude,
    cortical_response,
    silent_past,
)
from hearfit.frontend.cortex_parameters import PAPER_CORTEX, CortexDesign, ModulationFilters, log_spaced_filters
from tests.frontend.published_cortex import published_response

NARROW = dataclasses.replace(PAPER_CORTEX, num_channels=5, block_frames=4)
# Operation by operation each would be compiled alone.
RESPONSE = jax.jit(cortical_response, static_argnames="design")
MAGNITUDE = jax.jit(cortical_magnitude, static_argnames="design")


def filters(*triples: tuple[float, float, float]) -> ModulationFilters:
    """Scale, rate and direction of each."""
    return ModulationFilters(*(jnp.asarray(column, jnp.result_type(float)) for column in zip(*triples, strict=True)))


def respond(
    spectrogram: np.ndarray, bank: ModulationFilters, design: CortexDesign = PAPER_CORTEX, *, is_magnitude: bool = False
) -> np.ndarray:
    past = silent_past(len(bank.rate_hz), batch=len(spectrogram), design=design)
    function = MAGNITUDE if is_magnitude else RESPONSE
    return np.asarray(function(jnp.asarray(spectrogram, past.dtype), bank, design, past)[0])


@pytest.mark.slow
def test_single_precision_is_good_to_one_in_100000(rng: np.random.Generator) -> None:
    spectrogram = rng.uniform(0.0, 10.0, (1, 900, 129))
    bank = log_spaced_filters(rate_range_hz=(0.5, 64.0), scale_range=(0.125, 12.0))
    single = respond(spectrogram, bank)
    with jax.enable_x64(True):
        double = respond(spectrogram, ModulationFilters(*(jnp.asarray(np.asarray(v, np.float64)) for v in bank)))
    assert double.dtype == np.float64
    peak = np.abs(double).max(axis=(0, 2, 3))
    error = np.abs(single - double).max(axis=(0, 2, 3))
    assert single.dtype == np.float32
    # A rate of 0.5 Hz and a scale of 0.125 leave a hundredth of this spectrogram; what is left out rounds, too.
    assert np.all(error / peak < 2e-5)
    assert np.all(error < 1e-6 * np.abs(spectrogram).max())


@pytest.mark.slow
def test_moving_ripples_excite_the_filter_of_their_scale_rate_and_direction() -> None:
    rates, scales = (4.0, 8.0, 16.0), (0.7, 1.4, 2.8)
    seconds, octaves = np.arange(400) / 200.0, np.arange(129) / 24.0
    triples = [(scale, rate, sign) for sign in (1.0, -1.0) for rate in rates for scale in scales]
    phase = [2.0 * np.pi * (sign * rate * seconds[:, None] + scale * octaves[None, :]) for scale, rate, sign in triples]
    response = respond(10.0 + 5.0 * np.cos(np.stack(phase)), filters(*triples))
    # A steady second in the middle of the frequency axis: the onset excites all of them.
    excitation = np.sqrt(np.mean(response[:, :, 200:, 48:81] ** 2, axis=(2, 3)))
    # [ripples, filters]: half the amplitude of 5, as RMS.
    np.testing.assert_allclose(np.diag(excitation), 2.5 / np.sqrt(2.0), rtol=0.03)
    np.testing.assert_array_equal(excitation.argmax(axis=1), np.arange(len(triples)))
    mirrored = np.roll(np.arange(len(triples)), len(triples) // 2)
    suppression_db = 20.0 * np.log10(np.diag(excitation) / excitation[np.arange(len(triples)), mirrored])
    # Measured 31 dB and more: what is left is what the edges of the frequency axis cut off.
    assert suppression_db.min() > 25.0


@pytest.mark.slow
@pytest.mark.parametrize("cuts", [[], [45], [0, 4, 90], [7, 14, 21, 28, 35], [1, 2, 3, 89]])
def test_streaming_equals_offline(cuts: list[int], rng: np.random.Generator) -> None:
    spectrogram = rng.uniform(0.0, 10.0, (2, 90, 5))
    bank = filters((0.5, 0.5, 1.0), (2.0, 8.0, -1.0), (9.0, 64.0, 1.0))
    offline = respond(spectrogram, bank, NARROW)
    past, pieces = silent_past(3, batch=2, design=NARROW), []
    edges = [0, *sorted(cuts), 90]
    for start, stop in itertools.pairwise(edges):
        piece, past = RESPONSE(jnp.asarray(spectrogram[:, start:stop], jnp.float32), bank, NARROW, past)
        pieces.append(np.asarray(piece))
    streamed = np.concatenate(pieces, axis=2)
    scale = np.abs(offline).max(axis=(0, 2, 3), keepdims=True)
    assert np.max(np.abs(streamed - offline) / scale) < 1e-5


def test_what_stands_still_is_not_heard() -> None:
    spectrogram = np.full((1, 2000, 129), 7.0)
    response = respond(spectrogram, filters((0.5, 2.0, 1.0), (2.0, 30.0, -1.0)))
    assert np.abs(response[:, :, :100]).max() > 0.1
    assert np.abs(response[:, :, -100:]).max() < 7.0 * 1e-6


def test_the_magnitude_of_silence_has_a_finite_gradient() -> None:
    bank, past = filters((2.0, 8.0, 1.0)), silent_past(1, batch=1, design=NARROW)

    def loss(spectrogram: jax.Array) -> jax.Array:
        return jnp.sum(MAGNITUDE(spectrogram, bank, NARROW, past)[0])

    value, gradient = jax.value_and_grad(loss)(jnp.zeros((1, 9, 5)))
    assert value == 0.0
    assert np.all(np.isfinite(gradient))


def test_agrees_with_the_published_stage_where_that_is_causal(rng: np.random.Generator) -> None:
    # Truth: the published formulas in NumPy. They differ by design: half a spectrum deleted (which looks ahead and
    # leaves the rate-0 neighbourhood), a mean over 1.28 s removed; most at 2 Hz and the broadest scale.
    spectrogram = rng.uniform(0.0, 10.0, (1, 200, 129))
    bank = log_spaced_filters()
    response = respond(spectrogram, bank)[0]
    for index, (scale, rate_hz, direction) in enumerate(zip(*map(np.asarray, bank), strict=True)):
        published = published_response(
            spectrogram[0], float(scale), float(rate_hz * direction), frame_rate_hz=PAPER_CORTEX.frame_rate_hz
        )
        agreement = np.corrcoef(response[index, 60:].ravel(), published[60:].ravel())[0, 1]
        assert agreement > (0.985 if rate_hz > 6.0 else 0.88)
        assert np.std(response[index]) == pytest.approx(np.std(published), rel=0.05 if rate_hz > 6.0 else 0.12)


def test_no_frames_and_one_frame() -> None:
    bank = filters((2.0, 8.0, 1.0))
    past = jnp.ones((1, 9, 2, 5))
    response, after = RESPONSE(jnp.zeros((2, 0, 5)), bank, NARROW, past)
    assert response.shape == (2, 1, 0, 5)
    np.testing.assert_array_equal(after, past)
    assert respond(np.ones((2, 1, 5)), bank, NARROW).shape == (2, 1, 1, 5)
    assert respond(np.ones((0, 9, 5)), bank, NARROW).shape == (0, 1, 9, 5)


def test_a_spectrogram_of_another_size_is_refused() -> None:
    bank = filters((2.0, 8.0, 1.0))
    with pytest.raises(InputError, match="has 64 channels, but this cortex is made for 129"):
        respond(np.ones((1, 3, 64)), bank)
    past = silent_past(2, batch=1, design=NARROW)
    with pytest.raises(InputError, match=r"The state has the shape .* but 1 filters on a batch of 1 need"):
        cortical_response(jnp.ones((1, 3, 5)), bank, NARROW, past)
