"""What a module learns: how many numbers, and each parameter before and after training."""

from collections.abc import Callable

import jax
import numpy as np
from flax import nnx
from jaxtyping import Float

from hearfit.learnable.interface import Frontend, Layer
from hearfit.soundtasks.record import LearnedParameter


def num_learned(module: nnx.Module | None) -> int:
    """How many numbers training can change in it; none without a module."""
    return 0 if module is None else sum(int(leaf.size) for leaf in jax.tree.leaves(nnx.state(module, nnx.Param)))


def num_learned_by(build: Callable[[], nnx.Module]) -> int:
    """The same of what would be built; its shapes are traced, and nothing is computed."""
    return num_learned(nnx.eval_shape(build))


def learned_parameters(before: Frontend | Layer | None, after: Frontend | Layer | None) -> tuple[LearnedParameter, ...]:
    """Every learned parameter of a frontend in its own unit, before and after training."""
    if before is None or after is None:
        return ()
    old, new = before.values(), after.values()
    return tuple(
        LearnedParameter(
            name=each.name,
            unit=each.unit,
            meaning=each.meaning,
            low=each.low,
            high=each.high,
            before=_flat(old[each.name]),
            after=_flat(new[each.name]),
            is_log=each.is_log,
        )
        for each in after.parameters
    )


def _flat(values: Float[np.ndarray, "..."]) -> tuple[float, ...]:
    return tuple(np.asarray(values, np.float64).ravel().tolist())
