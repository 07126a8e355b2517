"""Strict causality of every frontend that can be built, by the exact gradient (the causality test of deepSTRF).

`test_catalogue` puts most names through a longer contract; here are all of them, and the compositions that the
experiments train. Compiled without optimising, which takes half the time and changes no zero.
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from hearfit.learnable.catalogue import CATALOGUE, build
from hearfit.learnable.interface import Chain, Features, Frontend, Layer
from hearfit.learnable.mel import MelSpectrogram
from hearfit.learnable.request import FrontendRequest
from hearfit.soundtasks.events.description import DESCRIPTIONS
from hearfit.soundtasks.events.frontends import event_frontend
from hearfit.soundtasks.recipes import RECIPES
from tests.learnable.test_catalogue import REQUEST

NUM_FRAMES, FRAME = 8, 5
NUM_CHANNELS = 3
UNOPTIMISED: dict[str, str | bool] = {"xla_backend_optimization_level": "0", "xla_llvm_disable_expensive_passes": True}
EVENT_FRONTENDS = tuple(each.name for each in DESCRIPTIONS[0].frontends)


def gradient_of_a_frame(frontend: Frontend, *, frame: int = FRAME) -> np.ndarray:
    """Of the sum of all maps with respect to noise [channels, samples]: a sound for each of three channels."""
    hop, num_channels = frontend.layout.hop_samples, frontend.layout.num_channels
    noise = 0.02 * np.random.default_rng(1).standard_normal((NUM_CHANNELS, NUM_FRAMES * hop))
    weights = np.zeros((NUM_CHANNELS, num_channels), np.float32)
    weights[np.arange(NUM_CHANNELS), np.linspace(0, num_channels - 1, NUM_CHANNELS).astype(int)] = 1.0
    graph, state = nnx.split(frontend)

    def of_frame(state: nnx.State[Any, Any], sound: jax.Array) -> jax.Array:
        return jnp.vdot(jnp.asarray(weights), jnp.sum(nnx.merge(graph, state)(sound)[:, frame], axis=-1))

    sound = jnp.asarray(noise, jnp.float32)
    compiled = jax.jit(jax.grad(of_frame, argnums=1)).lower(state, sound).compile(compiler_options=UNOPTIMISED)
    return np.asarray(compiled(state, sound))


def check_causality(frontend: Frontend) -> None:
    """Exactly 0.0 after the end of the frame; before, some sample reaches every channel, in the last three frames."""
    gradient = gradient_of_a_frame(frontend)
    assert np.all(np.isfinite(gradient))
    end = (FRAME + 1) * frontend.layout.hop_samples
    assert np.all(gradient[:, end:] == 0.0)
    assert np.all(np.any(gradient[:, end - 3 * frontend.layout.hop_samples : end] != 0.0, axis=1))


def composed(name: str) -> Frontend:
    """What a network of phonemes or enhancement hears through, from the waveform on, with two maps."""
    recipe = RECIPES[name]
    learned = recipe.learned(2, 0)
    if recipe.fixed is None:
        assert isinstance(learned, Frontend)
        return learned
    if learned is None:
        return recipe.fixed()
    assert isinstance(learned, Layer)
    return Chain(recipe.fixed(), learned)


@pytest.mark.parametrize("name", [each.name for each in CATALOGUE])
def test_every_name_of_the_catalogue_is_causal(name: str) -> None:
    check_causality(build(name, REQUEST))


@pytest.mark.parametrize("name", RECIPES)
def test_what_phonemes_and_enhancement_train_is_causal(name: str) -> None:
    check_causality(composed(name))


@pytest.mark.parametrize("name", EVENT_FRONTENDS)
def test_what_the_events_train_is_causal(name: str) -> None:
    check_causality(event_frontend(name, 0))


class _Ahead(Frontend):
    """A spectrogram, a millionth of which comes two samples early (the newest sample in its window has no weight)."""

    def __init__(self, request: FrontendRequest) -> None:
        spectrogram = build("mel", request)
        assert isinstance(spectrogram, MelSpectrogram)
        self.spectrogram = spectrogram
        self.layout = spectrogram.layout

    def __call__(self, waveform: jax.Array) -> Features:
        return self.spectrogram(waveform + 1e-6 * jnp.roll(waveform, -2, axis=1))


class _Deaf(_Ahead):
    """A spectrogram of nothing."""

    def __call__(self, waveform: jax.Array) -> Features:
        return self.spectrogram(0.0 * waveform)


@pytest.mark.parametrize("kind", [_Ahead, _Deaf])
def test_what_looks_ahead_or_hears_nothing_is_found(kind: type[_Ahead]) -> None:
    with pytest.raises(AssertionError):
        check_causality(kind(REQUEST))
