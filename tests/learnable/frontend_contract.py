"""What every frontend must keep, as checks that each of them is put through."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx

from hearfit.learnable.interface import Frontend, Layer

Stage = Frontend | Layer
AnyStage = TypeVar("AnyStage", bound=nnx.Module)

# Compiled once for stages of the same structure; operation by operation every one of them would be compiled alone.
_run = nnx.jit(lambda stage, sound: stage(sound))


class Evaluated(NamedTuple):
    """Features [batch, frames, channels, maps], and the gradient of a weighted sum of one of their frames.

    Attributes:
        of_parameters: with respect to each learned parameter, by the last name of its path.
        of_sound: with respect to the sound, in its shape.
    """

    features: np.ndarray
    of_parameters: dict[str, np.ndarray]
    of_sound: np.ndarray


def features_of(stage: Stage, sound: np.ndarray | jax.Array) -> np.ndarray:
    """What comes out, compiled, in single precision."""
    return np.asarray(_run(stage, jnp.asarray(sound, jnp.float32)))


def evaluate(stage: Stage, sound: np.ndarray | jax.Array, *, frame: int = 30) -> Evaluated:
    """All that a contract asks for, from one compiled function."""

    @nnx.jit
    def both(stage: Stage, sound: jax.Array) -> tuple[tuple[nnx.State[Any, Any], jax.Array], jax.Array]:
        def of_frame(stage: Stage, sound: jax.Array) -> tuple[jax.Array, jax.Array]:
            features = stage(sound)
            values = features[:, frame].reshape(-1)
            return jnp.vdot(1.0 + jnp.arange(values.size, dtype=jnp.float32) % 7.0, values), features

        return nnx.grad(of_frame, argnums=(0, 1), has_aux=True)(stage, sound)

    (of_parameters, of_sound), features = both(stage, jnp.asarray(sound, jnp.float32))
    flat = {str(path[-1]): np.asarray(value[...]) for path, value in nnx.to_flat_state(of_parameters)}
    return Evaluated(np.asarray(features), flat, np.asarray(of_sound))


def check_exact_causality(found: Evaluated, *, step: int, frame: int = 30) -> None:
    """The gradient of one frame is exactly 0.0 with respect to all that comes after it, and not before.

    The sound is [batch, time] or [batch, time, channels], of which `step` make a frame.
    """
    slope = found.of_sound
    assert np.all(slope[:, (frame + 1) * step :] == 0.0)
    assert np.any(slope[:, (frame - 5) * step : (frame + 1) * step] != 0.0)
    assert np.all(np.isfinite(slope))


def check_prefix(
    stage: Stage, sound: np.ndarray, found: Evaluated, *, step: int, frames: tuple[int, ...], atol: float
) -> None:
    """The beginning of a sound alone gives the beginning of its features."""
    for number in frames:
        beginning = features_of(stage, sound[:, : number * step])
        np.testing.assert_allclose(found.features[:, :number], beginning, atol=atol, rtol=1e-4)


def check_every_parameter_is_reached(found: Evaluated, names: set[str]) -> None:
    """The gradient of every learned number is finite and not 0."""
    assert set(found.of_parameters) == names
    for slope in found.of_parameters.values():
        assert np.all(np.isfinite(slope))
        assert np.all(slope != 0.0)


def check_difference(
    stage: AnyStage, read: Mapping[str, Callable[[AnyStage], nnx.Param[jax.Array]]], sound: np.ndarray, *, index: int
) -> None:
    """One gradient of each parameter against a central difference; to be run with 64-bit numbers."""
    waveform = jnp.asarray(sound, jnp.float64)
    graph, *states = nnx.split(stage, nnx.Param, ...)
    learned, constant = states

    def output(stage: AnyStage) -> jax.Array:
        assert isinstance(stage, Frontend | Layer)
        return stage(waveform)

    @jax.jit
    @jax.value_and_grad
    def loss_and_slope(learned: nnx.State[Any, Any]) -> jax.Array:
        return jnp.mean(output(nnx.merge(graph, learned, constant)) ** 2)

    slopes = nnx.merge(graph, loss_and_slope(learned)[1], constant)
    for name, parameter in read.items():
        exact = float(parameter(slopes)[...].reshape(-1)[index])
        at, step = parameter(stage)[...], 1e-4
        moved = []
        for sign in (1.0, -1.0):
            # A copy: what is merged shares its numbers with what was split.
            other = nnx.clone(stage)
            parameter(other)[...] = at.reshape(-1).at[index].add(sign * step).reshape(at.shape)
            moved.append(float(loss_and_slope(nnx.split(other, nnx.Param, ...)[1])[0]))
        np.testing.assert_allclose(exact, (moved[0] - moved[1]) / (2.0 * step), rtol=1e-4, err_msg=name)
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
