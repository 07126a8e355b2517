"""Variable projection against ridge regression in NumPy, finite differences, and a stage with known parameters."""

from dataclasses import replace
from typing import Any

import jax
import jax.flatten_util
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from hearfit.learnable.leaf import Leaf, design_for
from hearfit.learnable.pcen import Pcen, PcenValues
from hearfit.soundtasks.neural.projection import LateBatch, projected_loss, train_late
from hearfit.soundtasks.neural.ridge import fit_linear_field
from hearfit.soundtasks.neural.task import DESIGN

SOUNDS, FRAMES, CHANNELS = 3, 80, 2
PENALTY = 20.0
TRUE = PcenValues(gain_exponent=0.8, offset=10.0, root=0.3, smoothing=0.2)


def spectrograms(rng: np.random.Generator) -> np.ndarray:
    return 10.0 ** rng.uniform(2.0, 5.0, (SOUNDS, FRAMES, CHANNELS)).astype(np.float32)


def a_batch(rng: np.random.Generator) -> LateBatch:
    """Responses that PCEN with the true numbers and one lag explain."""
    powers = jnp.asarray(spectrograms(rng))
    features = Pcen(CHANNELS, is_learned=False, initial=TRUE)(powers)[..., 0]
    return LateBatch(powers, features @ jnp.asarray([[1.0, -0.5, 0.3], [0.2, 1.0, -1.0]]))


def double(values: jax.Array) -> jax.Array:
    return jnp.asarray(np.asarray(values), jnp.float64)


def test_the_loss_is_that_of_the_closed_form() -> None:
    batch = a_batch(np.random.default_rng(1))
    layer = Pcen(CHANNELS, is_learned=True)
    features, targets = np.asarray(layer(batch.spectrograms))[..., 0], np.asarray(batch.responses)
    field = fit_linear_field(features, targets, score=lambda _: 0.0, penalties=(PENALTY,))
    expected = np.sum((field(features) - targets) ** 2) + PENALTY * np.sum(field.weights**2)
    assert float(projected_loss(layer, batch, PENALTY)) == pytest.approx(expected / targets.size, rel=1e-4)


def test_its_gradient_is_that_of_the_minimum_over_the_weights() -> None:
    # Central differences of the loss, for each of which the weights are solved anew.
    single = a_batch(np.random.default_rng(2))
    with jax.enable_x64(True):
        batch = LateBatch(double(single.spectrograms), double(single.responses))
        # The split's declared type is a tuple of unknown length.
        parts: tuple[Any, ...] = nnx.split(Pcen(CHANNELS, is_learned=True), nnx.Param, ...)
        graph, params, rest = parts
        flat, unravel = jax.flatten_util.ravel_pytree(jax.tree.map(lambda leaf: leaf.astype(jnp.float64), params))

        @jax.jit
        def loss(values: jax.Array) -> jax.Array:
            return projected_loss(nnx.merge(graph, unravel(values), rest), batch, PENALTY)

        gradient = np.asarray(jax.grad(loss)(flat))
        steps = 1e-5 * np.eye(flat.size)
        differences = [float(loss(flat + step) - loss(flat - step)) / 2e-5 for step in steps]
    assert np.max(np.abs(gradient)) > 1e-3
    np.testing.assert_allclose(gradient, differences, rtol=1e-4, atol=1e-8)


def test_a_stage_finds_the_numbers_that_made_the_responses() -> None:
    batch = a_batch(np.random.default_rng(3))
    layer = Pcen(CHANNELS, is_learned=True)
    before = layer.values()["PCEN smoothing"]
    # Every validation is better than the one before, so that the last step is kept.
    scores = iter((0.0, 1.0))
    trained = train_late(
        layer,
        np.asarray(batch.spectrograms),
        np.asarray(batch.responses),
        penalty=0.1,
        score=lambda _: next(scores),
        settings=replace(DESIGN.late, batch_size=SOUNDS, num_steps=60, steps_per_validation=30),
        on_step=lambda _: None,
    )
    start, end = (float(projected_loss(each, batch, 0.1)) for each in (layer, trained.model))
    assert end < 0.2 * start
    np.testing.assert_array_equal(layer.values()["PCEN smoothing"], before)
    np.testing.assert_allclose(trained.model.values()["PCEN smoothing"], TRUE.smoothing, rtol=0.3)


def test_leaf_is_its_last_stage_of_its_early_energies() -> None:
    leaf = Leaf(design_for(16_000.0, 80, 2, 1000.0, 6000.0))
    sound = jnp.asarray(1e-2 * np.random.default_rng(4).standard_normal((1, 1600)), jnp.float32)
    np.testing.assert_array_equal(leaf(sound), leaf.late(leaf.early(sound)))
