"""The recognisers: numbers learned, reach in time, and a convolution against loops."""

from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from hearfit.learnable.interface import Frontend, Layer
from hearfit.soundtasks.learned import num_learned
from hearfit.soundtasks.phonemes.matched import build_recogniser
from hearfit.soundtasks.phonemes.recogniser import Batch, Recogniser, RecogniserDesign, loss
from hearfit.soundtasks.phonemes.targets import PADDING
from hearfit.soundtasks.recipes import RECIPES, fixed_cochlea
from hearfit.soundtasks.temporal_stem import TemporalStem

DESIGN = RecogniserDesign()


@cache
def recogniser(name: str) -> Recogniser:
    """Built once, and only where it is asked for."""
    return build_recogniser(RECIPES[name], DESIGN, seed=0)


def test_all_learn_as_many_numbers_within_a_percent() -> None:
    counts = {name: num_learned(recogniser(name)) for name in RECIPES}
    for name in ("cnn", "leaf", "mel", "frozen", "gabor", "full"):
        assert counts[name] == pytest.approx(counts["cortical"], rel=0.011), counts
    # Two numbers a cortical filter, four a Gabor filter; the cochlea: two a channel and one.
    maps, channels = DESIGN.num_maps, 64
    assert counts["cortical"] - counts["frozen"] == 2 * maps
    assert counts["gabor"] - counts["frozen"] == 4 * maps
    assert counts["full"] - counts["cortical"] == 2 * channels + 1


def test_the_frontend_of_a_fixed_cochlea_learns_nothing() -> None:
    assert num_learned(fixed_cochlea()) == 0
    assert num_learned(recogniser("frozen").frontend) == 0
    assert num_learned(recogniser("cnn").frontend) == 0


def test_the_stem_reaches_as_far_back_as_it_says_and_not_ahead() -> None:
    """By the Jacobian: which frames of the input one frame of the output depends on."""
    stem = TemporalStem(2, nnx.Rngs(0))
    inputs = jnp.asarray(np.random.default_rng(0).standard_normal((1, 140, 5, 1)), jnp.float32)
    frame = 135
    gradient = jax.jit(jax.grad(lambda x: jnp.sum(stem(x)[0, frame])))(inputs)
    depends = np.flatnonzero(np.abs(np.asarray(gradient)).sum(axis=(0, 2, 3)))
    assert depends.max() == frame
    assert depends.min() == frame - TemporalStem.reach_frames()
    assert TemporalStem.reach_frames() == 128


@pytest.mark.parametrize("name", ["cortical", "cnn"])
def test_a_recogniser_looks_no_more_than_three_frames_ahead(name: str) -> None:
    model = recogniser(name)
    is_sound = isinstance(model.frontend, Frontend)
    rng = np.random.default_rng(0)
    shape = (1, 12 * 160) if is_sound else (1, 12, 64)
    inputs = jnp.asarray(0.01 * rng.standard_normal(shape), jnp.float32)
    changed = inputs.at[:, 8 * 160 :].add(0.05) if is_sound else inputs.at[:, 8:].add(1.0)
    classify = nnx.jit(lambda network, both: network(both).broad)
    before, after = np.split(np.asarray(classify(model, jnp.concatenate([inputs, changed]))), 2)
    np.testing.assert_allclose(before[:, :5], after[:, :5], atol=1e-5)
    assert np.abs(before - after)[:, 5:].max() > 1e-3


def test_the_loss_is_the_cross_entropy_of_frames_that_are_no_padding() -> None:
    """Against -log of the softmax, frame by frame."""
    model = recogniser("cnn")
    rng = np.random.default_rng(1)
    inputs = jnp.asarray(rng.standard_normal((2, 9, 64)), jnp.float32)
    targets = np.stack([rng.integers(0, 8, (2, 9)), rng.integers(0, 22, (2, 9))], axis=-1)
    targets[1, 4:] = PADDING
    logits = nnx.jit(lambda network, given: network(given))(model, inputs)
    total, count = 0.0, 0
    for sound, frame in np.argwhere(targets[..., 0] != PADDING):
        for head, target in zip(logits, targets[sound, frame], strict=True):
            of_frame = np.asarray(head, np.float64)[sound, frame]
            total -= of_frame[target] - np.log(np.exp(of_frame).sum())
        count += 1
    found = nnx.jit(loss)(model, Batch(inputs, jnp.asarray(targets)))
    assert float(found) == pytest.approx(total / count, rel=1e-5)


def test_standardised_features_have_no_mean_and_unit_deviation() -> None:
    model = recogniser("gabor")
    assert isinstance(model.frontend, Layer)
    inputs = np.random.default_rng(0).gamma(2.0, size=(3, 30, 64)).astype(np.float32)
    is_frame = np.ones((3, 30), bool)
    is_frame[2, 10:] = False
    model.standardise(inputs, is_frame)
    features = np.asarray(nnx.jit(lambda network, given: network.features(given))(model, jnp.asarray(inputs)))[is_frame]
    standard = (features - np.asarray(model.mean[...])) / np.asarray(model.deviation[...])
    np.testing.assert_allclose(standard.mean(axis=0), 0.0, atol=1e-4)
    assert np.median(standard.std(axis=0)) == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize("name", list(RECIPES))
def test_every_frontend_gives_both_heads_and_a_gradient_of_what_it_learns(name: str) -> None:
    """Traced, not computed: shapes alone."""
    model = recogniser(name)
    num_frames = 24
    shape = (2, num_frames * 160) if isinstance(model.frontend, Frontend) else (2, num_frames, 64)
    inputs = jax.ShapeDtypeStruct(shape, jnp.float32)
    parts: tuple[Any, ...] = nnx.split(model, nnx.Param, ...)
    graph, learned, other = parts
    logits = jax.eval_shape(nnx.merge(graph, learned, other), inputs)
    assert (logits.broad.shape, logits.phones.shape) == ((2, num_frames, 8), (2, num_frames, 22))
    targets = jax.ShapeDtypeStruct((2, num_frames, 2), jnp.int32)
    gradient = jax.eval_shape(
        jax.grad(lambda values, sounds, wanted: loss(nnx.merge(graph, values, other), Batch(sounds, wanted))),
        learned,
        inputs,
        targets,
    )
    assert jax.tree.map(jnp.shape, gradient) == jax.tree.map(jnp.shape, learned)
