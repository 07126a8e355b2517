"""Probability of every response in every condition, with its Jacobian, and the log posterior that they make.

The gradient of each condition's evidence by the cochlear coordinates is one reverse sweep; the few parameters of the
observer are added by forward differentiation of the response probabilities. That costs the same for any number of
cochlear parameters.
"""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree

from hearfit.frontend.cochlea import cochlea_of
from hearfit.inference.data import FitData
from hearfit.inference.ear_coordinates import channel_coordinates
from hearfit.inference.task_model import Block, TaskModel
from hearfit.listener.normal import NormalEar
from hearfit.listener.parameters import NUM_PARAMETERS, knot_weights


class Responses(NamedTuple):
    """Response probabilities of all conditions of a task, their derivatives by every coordinate, and the counts."""

    probability: Float[np.ndarray, "conditions responses"]
    jacobian: Float[np.ndarray, "conditions responses parameters"]
    counts: Float[np.ndarray, "conditions responses"]


class Evaluation(NamedTuple):
    """Log posterior and its local quadratic model in whitened coordinates."""

    log_likelihood: float
    log_posterior: float
    gradient: Float[np.ndarray, " parameters"]
    fisher: Float[np.ndarray, "parameters parameters"]


class WhitenedPrior(NamedTuple):
    """position = mean + factor @ whitened; standard normal in whitened coordinates."""

    mean: Float[np.ndarray, " parameters"]
    factor: Float[np.ndarray, "parameters parameters"]


def probabilities(
    position: Float[Array, " parameters"], block: Block, *, model: TaskModel, normal: NormalEar
) -> Float[Array, "conditions responses"]:
    """Probabilities of a block's responses, differentiable; for samplers, which need no Jacobian of each condition."""
    cochlea = cochlea_of(normal)
    coordinates, observer = channel_coordinates(position, cochlea), position[jnp.array(model.observer)]

    def of_condition(row: PyTree) -> Float[Array, " responses"]:
        return model.probabilities(model.evidence(coordinates, observer, block.sounds, row, cochlea), observer, row)

    return jax.vmap(of_condition)(block.row)


@partial(jax.jit, static_argnames=("model", "normal"))
def block_responses(
    position: Float[Array, " parameters"], block: Block, *, model: TaskModel, normal: NormalEar
) -> tuple[Float[Array, "conditions responses"], Float[Array, "conditions responses parameters"]]:
    """Probabilities of every response in a block of conditions, and their derivatives."""
    cochlea = cochlea_of(normal)
    places = jnp.array(model.observer)
    coordinates, observer = channel_coordinates(position, cochlea), position[places]

    def of_condition(row: PyTree) -> tuple[Float[Array, " responses"], Float[Array, "responses parameters"]]:
        value, (by_ear, by_observer) = jax.value_and_grad(model.evidence, argnums=(0, 1))(
            coordinates, observer, block.sounds, row, cochlea
        )

        def responses(local: Float[Array, " local"]) -> Float[Array, " responses"]:
            return model.probabilities(local[0], local[1:], row)

        local = jnp.concatenate([value[None], observer])
        inner = jax.jacfwd(responses)(local)
        weights = jnp.asarray(knot_weights(cochlea.frequency_hz), value.dtype)
        curves = (by_ear @ weights).reshape(-1)
        jacobian = jnp.zeros((inner.shape[0], NUM_PARAMETERS), inner.dtype)
        jacobian = jacobian.at[:, : curves.shape[0]].set(inner[:, :1] * curves[None, :])
        jacobian = jacobian.at[:, places].add(inner[:, 1:] + inner[:, :1] * by_observer[None, :])
        return responses(local), jacobian

    return jax.vmap(of_condition)(block.row)


def predict(position: Float[np.ndarray, " parameters"], data: FitData, *, normal: NormalEar) -> tuple[Responses, ...]:
    """Responses of every group of tasks that the session contains, in their order. Call under `jax.enable_x64`."""
    at = jax.device_put(position)
    return tuple(
        _joined(
            [(block_responses(at, block, model=task.model, normal=normal), block.counts) for block in task.blocks],
            task.num_conditions,
        )
        for task in data
    )


def evaluate(
    whitened: Float[np.ndarray, " parameters"], prior: WhitenedPrior, data: FitData, *, normal: NormalEar
) -> Evaluation:
    """Log posterior, its gradient and the expected (Fisher) information of the answers.

    Independent multinomial answers in each condition: log L = sum n log p, information = sum N (dp/du)(dp/du)' / p.
    Call under `jax.enable_x64`.
    """
    log_likelihood = 0.0
    gradient = -whitened
    fisher = np.zeros((NUM_PARAMETERS, NUM_PARAMETERS))
    for group in predict(prior.mean + prior.factor @ whitened, data, normal=normal):
        log_likelihood += float(np.sum(group.counts * np.log(group.probability)))
        by_position = group.jacobian.reshape(-1, NUM_PARAMETERS)
        gradient = gradient + prior.factor.T @ (by_position.T @ (group.counts / group.probability).ravel())
        total = group.counts.sum(axis=1, keepdims=True)
        root = np.sqrt(total / group.probability).reshape(-1, 1) * (by_position @ prior.factor)
        fisher += root.T @ root
    return Evaluation(log_likelihood, log_likelihood - 0.5 * float(whitened @ whitened), gradient, fisher)


def _joined(
    blocks: Sequence[tuple[tuple[Float[Array, "..."], Float[Array, "..."]], Float[Array, "..."]]], num_conditions: int
) -> Responses:
    """The blocks of one task end to end, without the padding."""
    probability = np.concatenate([np.asarray(result[0]) for result, _ in blocks])
    jacobian = np.concatenate([np.asarray(result[1]) for result, _ in blocks])
    counts = np.concatenate([np.asarray(own) for _, own in blocks])
    return Responses(probability[:num_conditions], jacobian[:num_conditions], counts[:num_conditions])
