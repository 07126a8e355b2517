"""Variable projection: the parameters of a stage, with the linear readout always at its closed form for them.

min_W |Y - X(p) W|^2 + penalty |W|^2 is a function of the parameters p alone (Golub & Pereyra 1973). At the minimum its
derivative with respect to W is zero, so that its gradient is that of the sum at W held constant. A step costs the
normal equations of all training frames, some hundred milliseconds, and takes p much further than a step of p and W side
by side, where p waits for W to follow.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax.scipy.linalg import cho_solve
from jaxtyping import Array, Float

from hearfit.learnable.interface import Features, Layer, Spectrograms
from hearfit.soundtasks.neural.readouts import Columns, Responses, recent
from hearfit.soundtasks.neural.ridge import HISTORY_FRAMES
from hearfit.training.loop import Trained, train
from hearfit.training.settings import TrainingSettings

# A channel that never changes says nothing and must not be divided by zero.
_LEAST_DEVIATION = 1e-6


class LateBatch(NamedTuple):
    """All training sounds, in any order: what comes before the stage, and standardised responses."""

    spectrograms: Spectrograms
    responses: Responses


def projected_loss(layer: Layer, batch: LateBatch, penalty: float) -> Float[Array, ""]:
    """Least mean squared error plus penalty |weights|^2, of each frame and unit; differentiable in the layer."""
    columns = _columns(layer(batch.spectrograms))
    # The intercept is not penalised: both sides less their means.
    columns = columns - jnp.mean(columns, axis=0, keepdims=True)
    targets = batch.responses.reshape(-1, batch.responses.shape[-1])
    targets = targets - jnp.mean(targets, axis=0, keepdims=True)
    weights = jax.lax.stop_gradient(_weights(columns, targets, penalty))
    error = jnp.sum(jnp.square(columns @ weights - targets))
    return (error + penalty * jnp.sum(jnp.square(weights))) * (1.0 / targets.size)


def train_late(
    layer: Layer,
    spectrograms: Float[np.ndarray, "sounds frames channels"],
    responses: Float[np.ndarray, "sounds frames units"],
    *,
    penalty: float,
    score: Callable[[Callable[[Spectrograms], Features]], float],
    settings: TrainingSettings,
    on_step: Callable[[int], None],
) -> Trained[Layer]:
    """The layer with the best closed-form readout behind it.

    Args:
        layer: what learns; left as it is.
        spectrograms: of the training sounds, before the layer.
        responses: to them, standardised.
        penalty: of the readout's weights.
        score: of a layer, on the validation sounds; higher is better.
        settings: the batch is always all sounds.
        on_step: told of every step.
    """

    def loss(model: Layer, batch: LateBatch) -> Float[Array, ""]:
        return projected_loss(model, batch, penalty)

    evaluate = jax.jit(lambda graph, state, some: nnx.merge(graph, state)(some), static_argnums=0)

    def validate(model: Layer) -> float:
        graph, state = nnx.split(model)
        return score(lambda some: evaluate(graph, state, some))

    everything = LateBatch(jnp.asarray(spectrograms), jnp.asarray(responses, jnp.float32))
    return train(
        nnx.clone(layer),
        loss=loss,
        validate=validate,
        fetch=lambda _step, _indices: everything,
        num_items=len(spectrograms),
        settings=settings,
        # Less work than to write it down.
        checkpoint=None,
        on_progress=lambda step, _steps, _loss, _score: on_step(step),
    )


def _columns(features: Features) -> Float[Array, "all_frames columns"]:
    batch, frames, channels, maps = features.shape
    columns: Columns = features.reshape(batch, frames, channels * maps)
    mean = jnp.mean(columns, axis=(0, 1), keepdims=True)
    # Added within the root, whose gradient at zero is infinite.
    deviation = jnp.sqrt(jnp.var(columns, axis=(0, 1), keepdims=True) + _LEAST_DEVIATION**2)
    history = recent((columns - mean) / deviation, HISTORY_FRAMES)
    return history.reshape(batch * frames, -1)


def _weights(
    columns: Float[Array, "all_frames columns"], targets: Float[Array, "all_frames units"], penalty: float
) -> Float[Array, "columns units"]:
    normal = columns.T @ columns + penalty * jnp.eye(columns.shape[1], dtype=columns.dtype)
    return cho_solve((jnp.linalg.cholesky(normal), True), columns.T @ targets)
