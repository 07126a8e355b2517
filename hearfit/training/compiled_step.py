"""One step of training as one compiled function of pure states.

Taking the model apart once, instead of updating its graph at every call, has 0.9 ms of overhead a step where `nnx.jit`
has 2.5 ms, measured on one core with a linear readout. Several steps in one `lax.scan` would save another 0.5 ms, but
steps of real size then take 15 % longer on a CPU, so there is no such option.
"""

from collections.abc import Callable
from typing import Any, Generic, NamedTuple, TypeVar, cast

import jax
import jax.numpy as jnp
import optax
from flax import nnx
from jaxtyping import Array, Float, Shaped

from hearfit.frontend.module import Frozen
from hearfit.training.optimiser import Path, State, is_in_frontend

Model = TypeVar("Model", bound=nnx.Module)
Batch = TypeVar("Batch")
Loss = Callable[[Model, Batch], Float[Array, ""]]


class Values(NamedTuple):
    """What changes in a model: learned numbers, and running statistics or random states."""

    params: State
    other: State


class Arrays(NamedTuple):
    """All arrays that a training goes on from."""

    values: Values
    optimiser: optax.OptState
    best: Values


class ModelParts(Generic[Model]):
    """A model taken apart into what changes, in `values`, and what does not."""

    def __init__(self, model: Model, *, is_frontend_frozen: bool) -> None:
        def is_learned(path: Path, variable: object) -> bool:
            return isinstance(variable, nnx.Param) and not (is_frontend_frozen and is_in_frontend(path))

        self._filters: tuple[Any, ...] = (is_learned, nnx.Any(nnx.Param, Frozen), ...)
        parts: tuple[Any, ...] = nnx.split(model, *self._filters)
        self._graph, params, self._constants, other = parts
        self.values = jax.tree.map(_strong, Values(params, other))

    @property
    def constants(self) -> State:
        """Arrays that no step changes: frozen filters, and the frontend's parameters where they are frozen."""
        return self._constants

    def model(self, values: Values, constants: State) -> Model:
        """A new model of these values."""
        # Without a copy it would share its variables with the values, and change them when it is called.
        merged: Model = nnx.merge(self._graph, values.params, constants, values.other, copy=True)
        return merged

    def other(self, model: Model) -> State:
        """What a call has changed in a model without a gradient."""
        parts: tuple[Any, ...] = nnx.split(model, *self._filters)
        return parts[3]


Step = Callable[[Values, State, optax.OptState, object], tuple[Values, optax.OptState, Float[Array, ""]]]


def compiled_step(parts: ModelParts[Model], loss: Loss[Model, Batch], optimiser: optax.GradientTransformation) -> Step:
    """Values, constants, the optimiser's state and a batch to new values, a new state and the loss before the step."""

    @jax.jit
    def step(
        values: Values, constants: State, state: optax.OptState, batch: object
    ) -> tuple[Values, optax.OptState, Float[Array, ""]]:
        def objective(params: State) -> tuple[Float[Array, ""], State]:
            model = parts.model(Values(params, values.other), constants)
            value = loss(model, cast(Batch, batch))
            assert jnp.shape(value) == (), f"a loss is one number, but this one has the shape {jnp.shape(value)}"
            return value, parts.other(model)

        (value, other), gradient = jax.value_and_grad(objective, has_aux=True)(values.params)
        # Adam raises a float to an integer power, which strict promotion refuses.
        with jax.numpy_dtype_promotion("standard"):
            updates, new_state = optimiser.update(gradient, state, values.params)
        params: Any = optax.apply_updates(values.params, updates)
        return Values(params, other), new_state, value

    return step


def _strong(array: Shaped[Array, "..."]) -> Shaped[Array, "..."]:
    # An array made of a Python number is weakly typed, but what a step returns is not: it would be compiled twice.
    is_key = jnp.issubdtype(array.dtype, jax.dtypes.prng_key)
    return array if is_key else jax.lax.convert_element_type(array, array.dtype)
