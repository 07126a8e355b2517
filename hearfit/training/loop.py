"""Training a model by gradient: stopped by validation alone, resumable after a kill, the same every time."""

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Generic, TypeVar

import jax
from flax import nnx

from hearfit.errors import InputError, TrainingError
from hearfit.training.batches import BatchOrder, Indices
from hearfit.training.checkpoint import Checkpoint, array_digest, read_checkpoint, write_checkpoint
from hearfit.training.compiled_step import Arrays, Loss, ModelParts, compiled_step
from hearfit.training.curve import CurvePoint, best_point, is_out_of_patience
from hearfit.training.optimiser import optimiser
from hearfit.training.settings import Settings, TrainingSettings

Model = TypeVar("Model", bound=nnx.Module)
Batch = TypeVar("Batch")
Validate = Callable[[Model], float]
# Step and items to the arrays of a batch, always of the same shapes. What is random in it is drawn from the step.
# An object, since NumPy's arrays are JAX's when they reach the loss.
Fetch = Callable[[int, Indices], object]
# Step, number of steps, loss, and the validation score where there was one after this step.
OnProgress = Callable[[int, int, float, float | None], None]


@dataclass(frozen=True)
class Trained(Generic[Model]):
    """A trained model and how it came about.

    Attributes:
        model: as it was at the best validation; the model that was given is not changed.
        best: the point of the curve that it is from.
        num_steps: that were made; fewer than the settings allow where patience ended.
        resumed_at: steps that a checkpoint had done already; 0 where there was none.
    """

    model: Model
    best: CurvePoint
    curve: tuple[CurvePoint, ...]
    num_steps: int
    resumed_at: int


def train(
    model: Model,
    *,
    loss: Loss[Model, Batch],
    validate: Validate[Model],
    fetch: Fetch,
    num_items: int,
    settings: TrainingSettings,
    checkpoint: Path | None = None,
    identity: Settings | None = None,
    on_progress: OnProgress | None = None,
) -> Trained[Model]:
    """Trains until the steps or the patience end, and gives the model of the best validation.

    Parameters in the attribute `frontend` of the model have a learning rate of their own. The same arguments give the
    same bits on the same machine and versions, however often the process was killed on the way.

    Args:
        loss: of a model and a batch, to be minimised; a scalar.
        validate: score of a model on data that the training does not see; called with a model of its own.
        fetch: loads one batch, so that memory holds no more than two.
        num_items: from which `fetch` chooses.
        checkpoint: file to which the state is written at every validation, and from which it goes on.
        identity: further settings that a checkpoint must agree with: what the initial values of the model do not show,
            such as which data, or a rate of dropout.
        on_progress: told of every step.

    Raises:
        InputError: there is nothing to train, or nothing to train on; the checkpoint is broken, of other settings or
            of another model, or cannot be written.
        TrainingError: the loss or the validation score is not a finite number.
    """
    parts = ModelParts(model, is_frontend_frozen=settings.frontend_learning_rate == 0.0)
    if not jax.tree.leaves(parts.values.params):
        raise InputError("There is nothing to train: the model has no parameter with a learning rate above 0.")
    order = BatchOrder(num_items, settings.batch_size, settings.seed)
    all_settings = _all_settings(settings, num_items, model, identity or {})
    update = optimiser(settings, parts.values.params)
    compute = compiled_step(parts, loss, update)
    now = Checkpoint(Arrays(parts.values, update.init(parts.values.params), parts.values), 0, ())
    if checkpoint is not None:
        now = read_checkpoint(checkpoint, now.arrays, all_settings) or now
    resumed_at = now.step
    losses: list[float] = []
    batch = _batch(now, fetch, order, settings)
    while batch is not None:
        values, state, loss_of_step = compute(now.arrays.values, parts.constants, now.arrays.optimiser, batch)
        now = replace(now, arrays=Arrays(values, state, now.arrays.best), step=now.step + 1)
        is_validated = now.step % settings.steps_per_validation == 0 or now.step == settings.num_steps
        if not is_validated:
            # Loaded while the device computes; only then is the loss waited for.
            batch = _batch(now, fetch, order, settings)
        losses.append(_finite(float(loss_of_step), f"The training loss of step {now.step}"))
        score: float | None = None
        if is_validated:
            score = _finite(
                float(validate(parts.model(values, parts.constants))), f"The validation score after step {now.step}"
            )
            now = _with_point(now, losses, score, settings)
            if checkpoint is not None:
                write_checkpoint(checkpoint, now, all_settings)
            batch = _batch(now, fetch, order, settings)
        if on_progress is not None:
            on_progress(now.step, settings.num_steps, losses[-1], score)
        if is_validated:
            losses.clear()
    best = best_point(now.curve, is_higher_better=settings.is_higher_better)
    assert best is not None
    return Trained(parts.model(now.arrays.best, parts.constants), best, now.curve, now.step, resumed_at)


def _batch(now: Checkpoint[Arrays], fetch: Fetch, order: BatchOrder, settings: TrainingSettings) -> object | None:
    """The batch of the next step; None where there is none."""
    is_finished = now.step >= settings.num_steps or is_out_of_patience(
        now.curve, is_higher_better=settings.is_higher_better, patience=settings.patience
    )
    return None if is_finished else fetch(now.step, order.indices(now.step))


def _with_point(
    now: Checkpoint[Arrays], losses: Sequence[float], score: float, settings: TrainingSettings
) -> Checkpoint[Arrays]:
    """The state after a validation; its values are the best ones if no earlier score was as good."""
    point = CurvePoint(now.step, math.fsum(losses) / len(losses), score)
    curve = (*now.curve, point)
    is_best = best_point(curve, is_higher_better=settings.is_higher_better) == point
    arrays = now.arrays._replace(best=now.arrays.values) if is_best else now.arrays
    return replace(now, arrays=arrays, curve=curve)


def _finite(value: float, what: str) -> float:
    if not math.isfinite(value):
        raise TrainingError(
            f"{what} is {value}, which is not a finite number. A smaller learning_rate or a largest_gradient may help."
        )
    return value


def _all_settings(settings: TrainingSettings, num_items: int, model: nnx.Module, identity: Settings) -> Settings:
    """All that a checkpoint must agree with. The values before training stand for the model and its seed."""
    return {
        **asdict(settings),
        "num_items": num_items,
        "initial values (SHA-256)": array_digest(nnx.state(model)),
        **{f"identity.{key}": value for key, value in identity.items()},
    }
