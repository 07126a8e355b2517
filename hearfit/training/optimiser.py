"""The optimiser that the settings describe: Adam, one learning rate for the frontend and one for the rest."""

from typing import Any

import jax
import jax.numpy as jnp
import optax
from flax import nnx
from jaxtyping import Array, Float, Int

from hearfit.training.settings import TrainingSettings

Path = tuple[object, ...]
State = nnx.State[Any, Any]


def is_in_frontend(path: Path) -> bool:
    """Whether a parameter lies in the attribute `frontend` of a model, or below it."""
    return "frontend" in path


def rate_factor(step: Int[Array, ""], settings: TrainingSettings) -> Float[Array, ""]:
    """Share of the full learning rate at a step, counted from 0: linear warm-up, then half a cosine or constant."""
    warm_up = settings.num_warm_up_steps
    count = jnp.asarray(step, float)
    rising = jnp.minimum(1.0, (count + 1.0) / (warm_up + 1.0))
    if not settings.is_cosine:
        return rising
    share = jnp.clip((count - warm_up) / (settings.num_steps - warm_up), 0.0, 1.0)
    return rising * 0.5 * (1.0 + jnp.cos(jnp.pi * share))


def optimiser(settings: TrainingSettings, params: State) -> optax.GradientTransformation:
    """Clipping, Adam, weight decay of all but the frontend, and the two learning rates, in this order."""
    # One Adam for both groups: it works on each number alone, so only what is multiplied to its steps differs.
    in_frontend = jax.tree_util.tree_map_with_path(lambda path, _: is_in_frontend(_names(path)), params)
    stages = [
        optax.identity() if settings.largest_gradient is None else optax.clip_by_global_norm(settings.largest_gradient),
        optax.scale_by_adam(),
        optax.add_decayed_weights(settings.weight_decay, mask=jax.tree.map(lambda inside: not inside, in_frontend)),
        _scale_by(
            jax.tree.map(
                lambda inside: -(settings.frontend_learning_rate if inside else settings.learning_rate), in_frontend
            )
        ),
        optax.scale_by_schedule(lambda step: rate_factor(jnp.asarray(step), settings)),
    ]
    return optax.chain(*stages)


def _scale_by(factors: object) -> optax.GradientTransformation:
    """Multiplies each array by its own number."""
    return optax.stateless(
        lambda updates, _: jax.tree.map(lambda update, factor: update * factor, updates, factors),
    )


def _names(path: Path) -> Path:
    return tuple(getattr(part, "key", getattr(part, "name", part)) for part in path)
