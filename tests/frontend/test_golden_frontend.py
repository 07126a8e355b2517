"""The published mathematics on a clean-room filterbank, against numbers measured with the original's filters.

Truth: golden numbers of the authors' equations re-done in NumPy with their filter coefficients. Nothing here was fitted
to them; the bank was fitted to levels of its frequency response only. Differences that are defects of the original:

- it filters circularly, so the end of a clip leaks into its beginning: sums of stationary sounds fall by about 1 % when
  the onset is silent as it should be; the tone, noise and complex are compared from 100 ms on as well;
- channel 128 has no upper neighbour and is inhibited by nothing: it holds the maximum of click and noise in the
  original, and 3 % of the sum of noise; `is_top_inhibited` puts a filter above it;
- a click gives channel 76 a constant 0.054 over the whole clip, before the click too (a pole at z = 1 that is not quite
  cancelled): 11 of the sum of 15658, and the published maximum of frame 100. The new bank has no pole there.
"""

from functools import cache

import jax.numpy as jnp
import numpy as np
import pytest
from jaxtyping import Float

from hearfit.frontend.presets import paper
from tests.frontend.golden_stimuli import (
    GOLDEN_PEAK_CHANNEL,
    GOLDEN_SUMS,
    GOLDEN_TONE,
    GOLDEN_TONE_CHANNELS,
    GOLDEN_TONE_FRAME,
    stimulus,
)
from tests.frontend.reference_paper import LEAK_GAIN, auditory_spectrogram

EXPONENTS = (1.0, 0.9)
# Frames after this one see nothing of the clip's beginning.
SETTLED_FRAME = 20


@cache
def module_spectrogram(name: str, exponent: float) -> Float[np.ndarray, "channels frames"]:
    """The shipped module with the paper's preset, in float32; its leak has unit gain, the original's 128.5."""
    frontend = paper(exponent=exponent)
    return LEAK_GAIN * np.asarray(frontend(jnp.asarray(stimulus(name), jnp.float32)), np.float64).T


@pytest.mark.parametrize("implementation", ["circular reference", "causal reference", "module"])
def test_tone_excites_the_published_channels(implementation: str) -> None:
    # The issue: peak channel exactly, channels within 12 dB of it within 15 %. Met with 5 %, and 64 too at -18 dB.
    if implementation == "module":
        spectrogram = module_spectrogram("tone", 1.0)
    else:
        spectrogram = auditory_spectrogram(stimulus("tone"), is_circular=implementation == "circular reference")
    frame = spectrogram[:, GOLDEN_TONE_FRAME]
    assert np.argmax(frame) == GOLDEN_PEAK_CHANNEL
    assert np.unravel_index(np.argmax(spectrogram), spectrogram.shape)[0] == GOLDEN_PEAK_CHANNEL
    np.testing.assert_allclose(frame[GOLDEN_TONE_CHANNELS], GOLDEN_TONE, rtol=0.05)
    # Half in one channel below the peak, slowly falling above: inhibition by the higher neighbour keeps the steep side.
    assert frame[GOLDEN_PEAK_CHANNEL - 2] < 0.12 * frame[GOLDEN_PEAK_CHANNEL]


@pytest.mark.parametrize("name", GOLDEN_SUMS)
@pytest.mark.parametrize("exponent", EXPONENTS)
def test_sums_are_the_published_ones(name: str, exponent: float) -> None:
    golden = GOLDEN_SUMS[name][EXPONENTS.index(exponent)]
    circular = auditory_spectrogram(stimulus(name), exponent=exponent, is_circular=True)
    # The issue allows 5 %; the largest miss is 1.4 %, of the click, which the top channels' own shape dominates.
    assert abs(circular.sum() / golden - 1.0) < 0.02


@pytest.mark.parametrize("name", GOLDEN_SUMS)
@pytest.mark.parametrize("exponent", EXPONENTS)
def test_module_has_the_published_sums(name: str, exponent: float) -> None:
    # The issue: sums within 5 %. The onset, silent here and full of the clip's end in the original, costs 1 %; the
    # largest miss is 1.7 %.
    golden = GOLDEN_SUMS[name][EXPONENTS.index(exponent)]
    assert abs(module_spectrogram(name, exponent).sum() / golden - 1.0) < 0.03


@pytest.mark.parametrize("name", GOLDEN_SUMS)
@pytest.mark.parametrize("exponent", EXPONENTS)
def test_module_computes_the_published_equations(name: str, exponent: float) -> None:
    # Truth: the same equations in float64, sample by sample, without wrap-around.
    exact = auditory_spectrogram(stimulus(name), exponent=exponent)
    error = np.abs(module_spectrogram(name, exponent) - exact).max()
    assert error < 1e-4 * exact.max()


@pytest.mark.parametrize("name", ["tone", "noise", "harmonics"])
def test_stationary_sounds_agree_after_the_onset_without_wrap_around(name: str) -> None:
    # Truth: the published sum, per frame. The causal filter knows nothing of the clip's end.
    causal = auditory_spectrogram(stimulus(name))
    per_frame = GOLDEN_SUMS[name][0] / causal.shape[1]
    assert abs(causal[:, SETTLED_FRAME:].sum(axis=0).mean() / per_frame - 1.0) < 0.02
    assert causal[:, 0].sum() < per_frame


def test_noise_sum_hardly_depends_on_the_seed() -> None:
    # Why a noise of unknown seed can be compared at all.
    seeds = np.random.default_rng(3).standard_normal((4, 16_000))
    sums = [auditory_spectrogram(noise / np.sqrt(np.mean(noise**2)), is_circular=True).sum() for noise in seeds]
    assert np.std(sums) < 0.01 * np.mean(sums)
    assert abs(np.mean(sums) / GOLDEN_SUMS["noise"][0] - 1.0) < 0.015


def test_defects_of_the_original_are_not_repeated() -> None:
    # Silence before the click is silence, at 0 Hz too; a sound at the end of a clip leaves its beginning alone.
    click = auditory_spectrogram(stimulus("click"))
    assert np.abs(click[:, :19]).max() < 1e-9
    late = np.zeros(16_000)
    late[-400:] = np.random.default_rng(1).standard_normal(400)
    assert np.abs(auditory_spectrogram(late)[:, :10]).max() < 1e-9
    wrapped = auditory_spectrogram(late, is_circular=True)
    assert wrapped[:, :10].max() > 0.1 * wrapped.max()


def test_the_uninhibited_top_channel_holds_the_maximum_in_the_original_only() -> None:
    # Truth: published place of the maximum of click and noise, channel 128; with it left out, another one.
    for name in ("click", "noise"):
        spectrogram = auditory_spectrogram(stimulus(name), is_circular=True)
        assert np.unravel_index(np.argmax(spectrogram), spectrogram.shape)[0] == 128
        inhibited = LEAK_GAIN * np.asarray(paper(is_top_inhibited=True)(jnp.asarray(stimulus(name), jnp.float32)))
        assert abs(inhibited[:, -1].sum() / inhibited[:, -2].sum() - 1.0) < 0.06
        assert spectrogram[-1].sum() > 1.15 * spectrogram[-2].sum()
        np.testing.assert_allclose(inhibited[:, :-1], module_spectrogram(name, 1.0)[:-1].T, atol=2e-2)
