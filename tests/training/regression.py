"""Linear regression for the tests of the training: its least squares solution is known in closed form.

As a script it trains once with a checkpoint and prints the parameters, so that a test can kill it and start it again.
"""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, Float

from hearfit.frontend.module import Frozen
from hearfit.training.batches import Indices
from hearfit.training.loop import Trained, train
from hearfit.training.settings import TrainingSettings

NUM_ITEMS = 24
Batch = tuple[Float[np.ndarray, "batch 3"], Float[np.ndarray, " batch"]]
SETTINGS = TrainingSettings(
    learning_rate=0.05,
    frontend_learning_rate=0.02,
    batch_size=7,
    num_steps=40,
    steps_per_validation=8,
    patience=None,
    is_higher_better=False,
    seed=3,
    largest_gradient=1.0,
    is_cosine=True,
    num_warm_up_steps=3,
)


class Scale(nnx.Module):
    """A frontend: one learned gain for each input, and a constant."""

    def __init__(self) -> None:
        self.gain = nnx.Param(jnp.ones(3))
        self.offset = Frozen(jnp.zeros(3))

    def __call__(self, x: Float[Array, "batch 3"]) -> Float[Array, "batch 3"]:
        return x * self.gain[...][None] + self.offset[...][None]


class Regression(nnx.Module):
    """Weights behind a frontend; noise on the input is drawn where `dropout` is above 0."""

    def __init__(self, dropout: float = 0.0, bias: float = 0.0) -> None:
        self.frontend = Scale()
        self.weights = nnx.Param(jnp.array([0.5, -0.5, 0.25]))
        self.bias = nnx.Param(jnp.array(bias))
        self.dropout = nnx.Dropout(dropout, rngs=nnx.Rngs(5))

    def __call__(self, x: Float[Array, "batch 3"]) -> Float[Array, " batch"]:
        return self.dropout(self.frontend(x)) @ self.weights[...] + self.bias[...]


def items() -> Batch:
    generator = np.random.default_rng(11)
    x = generator.standard_normal((NUM_ITEMS, 3)).astype(np.float32)
    y = x @ np.array([1.0, -2.0, 0.5], np.float32) + 0.7 + 0.3 * generator.standard_normal(NUM_ITEMS).astype(np.float32)
    return x, y.astype(np.float32)


def fetch(step: int, indices: Indices) -> Batch:
    x, y = items()
    return x[indices], y[indices]


def squared_error(model: Regression, batch: tuple[Array, Array]) -> Float[Array, ""]:
    x, y = batch
    return jnp.mean((model(x) - y) ** 2)


def validate(model: Regression) -> float:
    x, y = items()
    model.set_attributes(deterministic=True)
    return float(jnp.mean((model(jnp.asarray(x)) - y) ** 2))


def run(
    settings: TrainingSettings = SETTINGS,
    *,
    dropout: float = 0.0,
    bias: float = 0.0,
    checkpoint: Path | None = None,
    on_progress: Callable[[int, int, float, float | None], None] | None = None,
) -> Trained[Regression]:
    return train(
        Regression(dropout, bias),
        loss=squared_error,
        validate=validate,
        fetch=fetch,
        num_items=NUM_ITEMS,
        settings=settings,
        checkpoint=checkpoint,
        on_progress=on_progress,
    )


def learned_bytes(trained: Trained[Regression]) -> str:
    """Every bit of the parameters and of the curve, as text."""
    arrays = [np.asarray(leaf).tobytes().hex() for leaf in jax.tree.leaves(nnx.state(trained.model, nnx.Param))]
    return repr((arrays, trained.curve, trained.best))


def main(checkpoint: Path, num_steps: int) -> None:
    def tell(step: int, num_steps: int, loss: float, score: float | None) -> None:
        print(f"step {step}", flush=True)

    trained = run(replace(SETTINGS, num_steps=num_steps), dropout=0.2, checkpoint=checkpoint, on_progress=tell)
    print(f"resumed at {trained.resumed_at}")
    print(f"result {learned_bytes(trained)}", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
