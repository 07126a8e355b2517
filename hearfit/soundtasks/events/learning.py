"""Trains a network for an event task and hears the test with it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx
from jaxtyping import Array, Float, Int

from hearfit.learnable.interface import Frontend, Layer
from hearfit.soundtasks.blocks import in_blocks
from hearfit.soundtasks.events.examples import EventData, Examples
from hearfit.soundtasks.events.frontends import event_frontend, stages_of
from hearfit.soundtasks.events.network import CONTRACTED, EventNetwork, EventReadout, FeatureScale
from hearfit.training.batches import Indices
from hearfit.training.loop import OnProgress, Trained, train
from hearfit.training.optimiser import State
from hearfit.training.settings import Settings, TrainingSettings

Score = Callable[[Examples, Float[np.ndarray, "examples ..."]], float]

DROPPED: Final = 0.1
"""Share of the contracted features that a training step does without."""

# Sounds at once where nothing is learned.
_BLOCK: Final = 16
_NUM_SCALED: Final = 64
_LEAST_DEVIATION: Final = 1e-4
# Of the median deviation of all features.
_LEAST_DEVIATION_SHARE: Final = 0.05


def learning_settings() -> Settings:
    """The constants of this module that decide what is learned."""
    return {
        "dropped": DROPPED,
        "examples that standardise": _NUM_SCALED,
        "smallest deviation": _LEAST_DEVIATION,
        "smallest deviation, share of the median": _LEAST_DEVIATION_SHARE,
    }


class Batch(NamedTuple):
    """What one step is given."""

    sounds: Float[Array, "batch ..."]
    heard: Float[Array, "batch frames"]
    targets: Int[Array, "batch frames"]
    scored: Float[Array, "batch frames"]
    kept: Float[Array, "batch contracted"]


@dataclass(frozen=True, eq=False)
class Learned:
    """A trained network, the learned part of its frontend as it was before, and what it says of the test."""

    trained: Trained[EventNetwork]
    before: Frontend | Layer | None
    logits: Float[np.ndarray, "tests ..."]


def learn(
    data: EventData,
    frontend: str,
    settings: TrainingSettings,
    *,
    score: Score,
    checkpoint: Path | None = None,
    identity: Settings | None = None,
    on_progress: OnProgress | None = None,
) -> Learned:
    """Trains a network behind this frontend until validation no longer gets better, and hears the test.

    Args:
        score: of the validation examples, given the logits; higher is better.

    Raises:
        InputError: there is no such frontend, or the checkpoint is of another run.
    """
    stages = stages_of(event_frontend(frontend, settings.seed))
    sounds = {
        name: _first_stage(stages.fixed, part.sounds, is_spectrogram=stages.learned is not None)
        for name, part in (("train", data.train), ("validation", data.validation), ("test", data.test))
    }
    scale = _feature_scale(stages.learned, sounds["train"], data.train)
    readout = EventReadout(scale, len(data.classes), nnx.Rngs(settings.seed), is_framewise=data.is_framewise)

    def fetch(step: int, items: Indices) -> Batch:
        part = data.train
        arrays = (sounds["train"][items], part.heard[items], part.targets[items], part.scored[items])
        return Batch(*map(jnp.asarray, (*arrays, _kept(len(items), settings.seed, step))))

    hear = _hearing()

    def validate(model: EventNetwork) -> float:
        return score(data.validation, hear(model, sounds["validation"], data.validation))

    trained = train(
        EventNetwork(stages.learned, readout),
        loss=_loss,
        validate=validate,
        fetch=fetch,
        num_items=len(data.train),
        settings=settings,
        checkpoint=checkpoint,
        identity=identity,
        on_progress=on_progress,
    )
    return Learned(trained, stages.learned, hear(trained.model, sounds["test"], data.test))


def _loss(model: EventNetwork, batch: Batch) -> Float[Array, ""]:
    """Cross-entropy over what is scored: frames, or sounds."""
    logits = model(batch.sounds, batch.heard, batch.kept)
    if logits.ndim == 2:
        return jnp.mean(_cross_entropy(logits, batch.targets[:, 0]))
    return jnp.sum(batch.scored * _cross_entropy(logits, batch.targets)) / jnp.sum(batch.scored)


def _kept(num_items: int, seed: int, step: int) -> Float[np.ndarray, "batch contracted"]:
    """Dropout of contracted features, a function of the seed and the step alone so that a training can be resumed."""
    is_kept = np.random.default_rng([seed, step, 1]).random((num_items, CONTRACTED)) >= DROPPED
    return np.asarray(is_kept / (1.0 - DROPPED), np.float32)


def _cross_entropy(logits: Array, targets: Array) -> Array:
    # Optax mixes types in its arithmetic, which strict promotion refuses.
    with jax.numpy_dtype_promotion("standard"):
        return optax.softmax_cross_entropy_with_integer_labels(logits, targets)


def _first_stage(
    fixed: Frontend | None, sounds: Float[np.ndarray, "examples samples"], *, is_spectrogram: bool
) -> Float[np.ndarray, "examples ..."]:
    """What every step begins with, computed once for all examples."""
    if fixed is None:
        return sounds
    features = in_blocks(_compiled(fixed), sounds, size=_BLOCK)
    return features[..., 0] if is_spectrogram else features


def _compiled(frontend: Frontend | Layer) -> Callable[[Array], Array]:
    graph, state = nnx.split(frontend)
    return partial(jax.jit(lambda state, block: nnx.merge(graph, state)(block)), state)


def _feature_scale(
    learned: Frontend | Layer | None, sounds: Float[np.ndarray, "examples ..."], examples: Examples
) -> FeatureScale:
    """Over the first training examples, which are in no order that matters, and in the frames that are heard."""
    chosen = np.linspace(0, len(sounds) - 1, min(_NUM_SCALED, len(sounds))).round().astype(np.int64)
    # The features of a frontend that is fixed as a whole are there already.
    some = sounds[chosen]
    features = some if learned is None else in_blocks(_compiled(learned), some, size=_BLOCK)
    rows = features[examples.heard[chosen] > 0.0]
    # What never varies, such as a channel above the recordings' band, would else be amplified without limit.
    deviation = rows.std(axis=0)
    least = max(_LEAST_DEVIATION, _LEAST_DEVIATION_SHARE * float(np.median(deviation)))
    return FeatureScale(rows.mean(axis=0), np.maximum(deviation, least))


def _hearing() -> Callable[[EventNetwork, np.ndarray, Examples], np.ndarray]:
    """Logits of any number of examples, compiled once for all models of one kind."""

    @jax.jit(static_argnums=0)
    def compute(graph: nnx.GraphDef[EventNetwork], state: State, sounds: Array, heard: Array) -> Array:
        return nnx.merge(graph, state)(sounds, heard)

    def hear(model: EventNetwork, sounds: np.ndarray, examples: Examples) -> np.ndarray:
        graph, state = nnx.split(model)
        return in_blocks(partial(compute, graph, state), sounds, examples.heard, size=_BLOCK)

    return hear
