"""What every frontend must keep, as checks that each of them is put through."""

from collections.abc import Callable
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx

from hearfit.learnable.interface import Frontend, Layer

Stage = Frontend | Layer
AnyStage = TypeVar("AnyStage", bound=nnx.Module)


def check_exact_causality(stage: Stage, sound: np.ndarray, *, step: int, frame: int = 30) -> None:
    """The gradient of one frame is exactly 0.0 with respect to all that comes after it, and not before.

    `sound` is [batch, time] or [batch, time, channels], of which `step` make a frame.
    """

    @nnx.jit
    def gradient(stage: Stage, sound: jax.Array) -> jax.Array:
        weights = 1.0 + jnp.arange(stage(sound)[:, frame].size, dtype=jnp.float32) % 7.0
        return jax.grad(lambda sound: jnp.vdot(weights, stage(sound)[:, frame].reshape(-1)))(sound)

    slope = np.asarray(gradient(stage, jnp.asarray(sound, jnp.float32)))
    assert np.all(slope[:, (frame + 1) * step :] == 0.0)
    assert np.any(slope[:, (frame - 5) * step : (frame + 1) * step] != 0.0)
    assert np.all(np.isfinite(slope))


def check_prefix(stage: Stage, sound: np.ndarray, *, step: int, frames: int, atol: float) -> None:
    """The beginning of a sound alone gives the beginning of its features."""
    run = nnx.jit(lambda stage, sound: stage(sound))
    whole = np.asarray(run(stage, jnp.asarray(sound, jnp.float32)))
    beginning = np.asarray(run(stage, jnp.asarray(sound[:, : frames * step], jnp.float32)))
    np.testing.assert_allclose(whole[:, :frames], beginning, atol=atol, rtol=1e-4)


def gradients(stage: Stage, sound: np.ndarray) -> dict[str, np.ndarray]:
    """Gradient of a sum of squares with respect to each learned parameter, by the last name of its path."""

    @nnx.jit
    def gradient(stage: Stage, sound: jax.Array) -> nnx.State[Any, Any]:
        return nnx.grad(lambda stage: jnp.mean(stage(sound) ** 2))(stage)

    found = nnx.to_flat_state(gradient(stage, jnp.asarray(sound, jnp.float32)))
    return {str(path[-1]): np.asarray(value[...]) for path, value in found}


def check_difference(
    stage: AnyStage, read: Callable[[AnyStage], nnx.Param[jax.Array]], sound: np.ndarray, *, index: int
) -> None:
    """One gradient against a central difference; to be run with 64-bit numbers."""
    waveform = jnp.asarray(sound, jnp.float64)
    graph, *states = nnx.split(stage, nnx.Param, ...)
    learned, constant = states

    def output(stage: AnyStage) -> jax.Array:
        assert isinstance(stage, Frontend | Layer)
        return stage(waveform)

    @jax.jit
    def loss(learned: nnx.State[Any, Any]) -> jax.Array:
        return jnp.mean(output(nnx.merge(graph, learned, constant)) ** 2)

    exact = float(read(nnx.merge(graph, jax.jit(jax.grad(loss))(learned), constant))[...].reshape(-1)[index])
    at, step = read(stage)[...], 1e-4
    moved = []
    for sign in (1.0, -1.0):
        other = nnx.merge(graph, learned, constant)
        read(other)[...] = at.reshape(-1).at[index].add(sign * step).reshape(at.shape)
        moved.append(float(loss(nnx.split(other, nnx.Param, ...)[1])))
    np.testing.assert_allclose(exact, (moved[0] - moved[1]) / (2.0 * step), rtol=1e-4)
    assert exact != 0.0


def check_bounds_under_training(stage: Stage, sound: np.ndarray, *, seed: int) -> None:
    """200 steps of Adam with a learning rate of 3 towards noise: finite, and within the bounds that are declared."""
    optimiser = nnx.Optimizer(stage, optax.adam(3.0), wrt=nnx.Param)
    waveform = jnp.asarray(sound, jnp.float32)
    shape = jax.eval_shape(stage, waveform).shape
    target = 100.0 * jax.random.normal(jax.random.key(seed), shape)
    before = {name: np.array(value) for name, value in stage.values().items()}

    @nnx.jit
    def train(stage: Stage, optimiser: nnx.Optimizer[Stage]) -> None:
        def advance(carry: tuple[Stage, nnx.Optimizer[Stage]], _: jax.Array) -> tuple[Stage, nnx.Optimizer[Stage]]:
            stage, optimiser = carry
            slope = nnx.grad(lambda stage: jnp.mean((stage(waveform) - target) ** 2))(stage)
            optimiser.update(stage, slope)
            return stage, optimiser

        nnx.scan(advance, in_axes=(nnx.Carry, 0), out_axes=nnx.Carry)((stage, optimiser), jnp.arange(200))

    train(stage, optimiser)
    after = stage.values()
    assert [parameter.name for parameter in stage.parameters] == list(after)
    for parameter in stage.parameters:
        value = after[parameter.name]
        assert np.all(np.isfinite(value)), parameter.name
        assert np.all((value >= parameter.low) & (value <= parameter.high)), parameter.name
        assert np.any(value != before[parameter.name]), parameter.name
