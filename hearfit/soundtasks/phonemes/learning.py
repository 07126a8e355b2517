"""One recogniser trained on crops of words and tested in every listening condition."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Int

from hearfit.corpora.voxangeles import share_of
from hearfit.soundtasks.blocks import in_blocks
from hearfit.soundtasks.phonemes.data import AT_ONCE, Inputs, TrainingData
from hearfit.soundtasks.phonemes.recogniser import Batch, Recogniser, loss
from hearfit.soundtasks.phonemes.scores import FrameScores, frame_scores
from hearfit.soundtasks.phonemes.segments import Segments
from hearfit.soundtasks.phonemes.targets import PADDING
from hearfit.training.loop import OnProgress, Trained, train
from hearfit.training.settings import Settings, TrainingSettings

STANDARDISED_ON: Final = 64
"""Segments by which the features are brought to mean 0 and deviation 1."""


@dataclass(frozen=True)
class PhonemeTraining:
    """What of the training is the same in every run; crops are shorter than segments, as most words are."""

    num_steps: int = 400
    batch_size: int = 16
    crop_frames: int = 80
    learning_rate: float = 6e-3
    frontend_learning_rate: float = 2e-2
    steps_per_validation: int = 50
    weight_decay: float = 1e-2
    largest_gradient: float = 1.0
    num_warm_up_steps: int = 20

    def of_seed(self, seed: int) -> TrainingSettings:
        """As the training takes them; all steps are made, and the best validation is kept."""
        return TrainingSettings(
            learning_rate=self.learning_rate,
            frontend_learning_rate=self.frontend_learning_rate,
            batch_size=self.batch_size,
            num_steps=self.num_steps,
            steps_per_validation=min(self.steps_per_validation, self.num_steps),
            patience=None,
            is_higher_better=True,
            seed=seed,
            weight_decay=self.weight_decay,
            largest_gradient=self.largest_gradient,
            num_warm_up_steps=min(self.num_warm_up_steps, self.num_steps - 1),
            is_cosine=True,
        )


def share_of_training(data: TrainingData, share: float, *, seed: int) -> Segments:
    """The segments of this share of the training words (`share_of`), in all conditions."""
    kept = {(each.language, each.name) for each in share_of(data.words.train, share, seed=seed)}
    is_kept = np.array([(each.language, each.name) in kept for each in data.words.train])
    return data.train.take(np.flatnonzero(is_kept[data.train.words]))


def train_recogniser(
    recogniser: Recogniser,
    data: TrainingData,
    segments: Segments,
    training: PhonemeTraining,
    *,
    seed: int,
    checkpoint: Path | None = None,
    identity: Settings | None = None,
    on_progress: OnProgress | None = None,
) -> Trained[Recogniser]:
    """Standardises the features and trains; the step with the best accuracy of broad classes in the validation wins.

    Raises:
        InputError: a checkpoint cannot be used.
        TrainingError: the training came to a number that is none.
    """
    # The same segments for every resumption, and of all listening conditions.
    chosen = np.linspace(0, len(segments) - 1, min(STANDARDISED_ON, len(segments))).astype(int)
    examples = segments.take(chosen)
    recogniser.standardise(examples.inputs, examples.targets[..., 0] != PADDING)

    num_phones = len(data.words.phones.phones)

    def fetch(step: int, items: Int[np.ndarray, " batch"]) -> Batch:
        return crops(segments, items, training.crop_frames, np.random.default_rng([seed, step]))

    return train(
        recogniser,
        loss=loss,
        validate=lambda model: scores_of(model, data.validation, num_phones).broad_accuracy,
        fetch=fetch,
        num_items=len(segments),
        settings=training.of_seed(seed),
        checkpoint=checkpoint,
        identity=identity,
        on_progress=on_progress,
    )


def crops(
    segments: Segments, items: Int[np.ndarray, " batch"], crop_frames: int, generator: np.random.Generator
) -> Batch:
    """A piece of each segment, from a random frame of the word on; whole words where they are shorter."""
    num_frames = segments.targets.shape[1]
    per_frame = segments.inputs.shape[1] // num_frames
    spoken = (segments.targets[items, :, 0] != PADDING).sum(axis=1)
    latest = np.clip(spoken - crop_frames, 0, num_frames - crop_frames)
    firsts = generator.integers(0, latest + 1)
    inputs = [
        segments.inputs[item, first * per_frame : (first + crop_frames) * per_frame]
        for item, first in zip(items, firsts, strict=True)
    ]
    targets = [segments.targets[item, first : first + crop_frames] for item, first in zip(items, firsts, strict=True)]
    return Batch(jnp.asarray(np.stack(inputs)), jnp.asarray(np.stack(targets)))


def scores_of(model: Recogniser, segments: Segments, num_phones: int) -> FrameScores:
    """Scores of a model in one listening condition."""
    return frame_scores(
        _answers(model, segments.inputs),
        segments.targets,
        segments.words,
        num_words=len(segments.names),
        num_phones=num_phones,
    )


# One compilation for all validations and tests of a run.
_classify = nnx.jit(lambda model, inputs: model.classes(inputs))


def _answers(model: Recogniser, inputs: Inputs) -> Int[np.ndarray, "segments frames 2"]:
    return in_blocks(partial(_classify, model), inputs, size=AT_ONCE)
