"""Log posterior density for samplers: differentiable, compiled once for equal shapes, in coordinates of unit scale.

Straightened position (`off_frequency`) = centre + scale @ z, where scale is a factor of the Laplace covariance, so that
the density of z is nearly standard normal. The evidence of the conditions, which is where the time goes, is computed in
single precision and by default without padding; response probabilities and sums stay in double precision. The density
so sampled differs from that of `likelihood.evaluate` by the rounding of log d' and of loudness, which the tests bound
to 0.001 nats.
"""

from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree

from hearfit.frontend.cochlea import cochlea_of
from hearfit.inference.data import FitData
from hearfit.inference.ear_coordinates import channel_coordinates
from hearfit.inference.likelihood import WhitenedPrior
from hearfit.inference.off_frequency import Takeover, from_straight, takeover, to_straight
from hearfit.inference.task_model import Block, TaskModel
from hearfit.listener.normal import NormalEar


class ConditionRows(NamedTuple):
    """Conditions of a task that share their sounds; sounds and `row` in single precision, `exact_row` in double."""

    sounds: PyTree
    row: PyTree
    exact_row: PyTree
    counts: Float[Array, "conditions responses"]


class Target(NamedTuple):
    """What the log density reads besides z; `centre` and `scale` are of straightened coordinates."""

    centre: Float[Array, " parameters"]
    scale: Float[Array, "parameters parameters"]
    takeover: Takeover
    prior_mean: Float[Array, " parameters"]
    prior_whitening: Float[Array, "parameters parameters"]
    rows: tuple[ConditionRows, ...]

    def position(self, z: Float[Array, " parameters"]) -> Float[Array, " parameters"]:
        """The point of the unconstrained coordinates at z."""
        return from_straight(self.centre + self.scale @ z, self.takeover)


def build_target(
    data: FitData,
    prior: WhitenedPrior,
    *,
    centre: Float[np.ndarray, " parameters"],
    covariance: Float[np.ndarray, "parameters parameters"],
    normal: NormalEar,
    is_padded: bool = False,
) -> tuple["PosteriorDensity", Target]:
    """The log density and what it reads, about a Gaussian approximation. Call under `jax.enable_x64`.

    `is_padded` keeps what fills up blocks and sounds: slower by their number, but many sessions then share one program.
    """
    rows: list[ConditionRows] = []
    models: list[TaskModel] = []
    for task in data:
        left = task.num_conditions
        for block in task.blocks:
            size = len(block.counts)
            own = block if is_padded else block._replace(sounds=task.model.trimmed(block.sounds))
            rows.append(_unpadded(own, size if is_padded else min(left, size)))
            models.append(task.model)
            left -= len(block.counts)
    place = takeover(covariance, normal)
    scale = _jacobian_to_straight(jax.device_put(centre), place) @ np.linalg.cholesky(covariance)
    whitening = np.linalg.inv(prior.factor)
    target = Target(
        centre=to_straight(jax.device_put(centre), place),
        scale=scale,
        takeover=place,
        prior_mean=jax.device_put(prior.mean),
        prior_whitening=jax.device_put(whitening),
        rows=tuple(rows),
    )
    return PosteriorDensity(tuple(models), normal), target


def positions_of(
    draws: Float[np.ndarray, "*batch parameters"], target: Target
) -> Float[np.ndarray, "*batch parameters"]:
    """Unconstrained coordinates of draws of z. Call under `jax.enable_x64`."""
    flat = draws.reshape(-1, draws.shape[-1])
    return np.asarray(_positions(flat, target._replace(rows=()))).reshape(draws.shape)


@dataclass(frozen=True)
class PosteriorDensity:
    """Log posterior at z without its constant, as `likelihood.evaluate` counts it; one program for equal shapes."""

    models: tuple[TaskModel, ...]
    normal: NormalEar

    def __call__(self, z: Float[Array, " parameters"], target: Target) -> Float[Array, ""]:
        """Log posterior of the answers at one point."""
        position = target.position(z)
        whitened = target.prior_whitening @ (position - target.prior_mean)
        log_likelihood = _log_likelihood(position, target.rows, models=self.models, normal=self.normal)
        return log_likelihood - 0.5 * whitened @ whitened


@jax.jit
def _positions(draws: Float[Array, "draws parameters"], target: Target) -> Float[Array, "draws parameters"]:
    return jax.vmap(target.position)(draws)


@jax.jit
def _jacobian_to_straight(
    position: Float[Array, " parameters"], place: Takeover
) -> Float[Array, "parameters parameters"]:
    return jax.jacfwd(to_straight)(position, place)


def _log_likelihood(
    position: Float[Array, " parameters"],
    rows: tuple[ConditionRows, ...],
    *,
    models: tuple[TaskModel, ...],
    normal: NormalEar,
) -> Float[Array, ""]:
    """Sum of n log p over all responses of all conditions."""
    cochlea = cochlea_of(normal)
    coordinates = channel_coordinates(position, cochlea).astype(jnp.float32)
    total = jnp.zeros((), position.dtype)
    for model, own in zip(models, rows, strict=True):
        observer = position[jnp.array(model.observer)]
        single = observer.astype(jnp.float32)
        evidence = jax.vmap(model.evidence, in_axes=(None, None, None, 0, None))(
            coordinates, single, own.sounds, own.row, cochlea
        ).astype(position.dtype)
        probability = jax.vmap(model.probabilities, in_axes=(0, None, 0))(evidence, observer, own.exact_row)
        total = total + jnp.sum(own.counts * jnp.log(probability))
    return total


def _unpadded(block: Block, num_conditions: int) -> ConditionRows:
    def cut(leaf: Array) -> Array:
        return leaf[:num_conditions]

    exact_row = jax.tree.map(cut, block.row)
    return ConditionRows(_single(block.sounds), _single(exact_row), exact_row, cut(block.counts))


def _single(tree: PyTree) -> PyTree:
    """Floating-point leaves in single precision, others as they are."""
    return jax.tree.map(lambda x: x.astype(jnp.float32) if jnp.issubdtype(x.dtype, jnp.floating) else x, tree)
