"""The phoneme experiment as a study repeats it."""

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Float

from hearfit.corpora.noise import NOISE_COLOURS
from hearfit.corpora.voxangeles import SOUND_SUFFIXES
from hearfit.soundtasks.confusion import recorded
from hearfit.soundtasks.data_files import content_hash
from hearfit.soundtasks.learned import learned_parameters, num_learned
from hearfit.soundtasks.phonemes.constants import recognition_settings
from hearfit.soundtasks.phonemes.data import DataDesign, test_data, training_data
from hearfit.soundtasks.phonemes.learning import (
    PhonemeTraining,
    scores_of,
    share_of_training,
    train_recogniser,
)
from hearfit.soundtasks.phonemes.matched import build_recogniser
from hearfit.soundtasks.phonemes.recogniser import Recogniser, RecogniserDesign
from hearfit.soundtasks.phonemes.scores import FrameScores
from hearfit.soundtasks.phonemes.segments import Listening
from hearfit.soundtasks.phonemes.targets import BROAD_CLASSES
from hearfit.soundtasks.phonemes.wording import BALANCED, BROAD, PHONES, score_name, share_of_condition
from hearfit.soundtasks.recipes import RECIPES, recipe_settings
from hearfit.soundtasks.record import CurvePoint, RunName, RunRecord
from hearfit.training.loop import Trained
from hearfit.training.settings import Settings

LOWEST_TRAINING_SNR_DB: Final = 0.0
HIGHEST_TRAINING_SNR_DB: Final = 20.0
DATA_SUFFIXES: Final = (*SOUND_SUFFIXES, ".textgrid")
OnShare = Callable[[str, float], None]


def training_listening() -> tuple[Listening, ...]:
    """Quiet, and each noise at ratios drawn uniformly from 0 to 20 dB."""
    bounds = (LOWEST_TRAINING_SNR_DB, HIGHEST_TRAINING_SNR_DB)
    return (Listening("quiet"), *(Listening(colour, colour, bounds) for colour in NOISE_COLOURS))


def test_listening(snrs_db: tuple[float, ...]) -> tuple[Listening, ...]:
    """Quiet, then each noise at each ratio."""
    noisy = [Listening(f"{colour} {snr:g} dB", colour, (snr, snr)) for colour in NOISE_COLOURS for snr in snrs_db]
    return (Listening("quiet"), *noisy)


@dataclass(frozen=True)
class PhonemeTask:
    """Frontends compared at several sizes of the training set; the condition of a run is its share of the words."""

    data: Path
    snrs_db: tuple[float, ...] = (10.0, 0.0)
    recogniser: RecogniserDesign = field(default_factory=RecogniserDesign)
    training: PhonemeTraining = field(default_factory=PhonemeTraining)
    num_validation: int = 96

    @property
    def design(self) -> DataDesign:
        """Which words are heard how in training."""
        return DataDesign(
            training=training_listening(),
            num_phones=self.recogniser.num_phones,
            num_validation=self.num_validation,
        )

    @property
    def test(self) -> tuple[Listening, ...]:
        """How the test words are heard."""
        return test_listening(self.snrs_db)

    def settings(self) -> Settings:
        """All that decides the scores besides the name of a run."""
        return {
            "data": content_hash(self.data, DATA_SUFFIXES),
            "test": [asdict(each) for each in self.test],
            "frontends": recipe_settings(),
            **recognition_settings(self.design, self.recogniser, self.training),
        }

    def run(self, name: RunName, workspace: Path, progress: OnShare) -> RunRecord:
        """Trains and tests one recogniser.

        Raises:
            InputError: the data are missing or damaged.
            TrainingError: the training came to a number that is none.
        """
        progress("reading", 0.0)
        recipe = RECIPES[name.frontend]
        data = training_data(self.data, self.design, recipe.fixed)
        test = {each.name: test_data(self.data, self.design, each, recipe.fixed) for each in self.test}
        begun = time.monotonic()
        recogniser = build_recogniser(recipe, self.recogniser, seed=name.seed)
        trained = train_recogniser(
            recogniser,
            data,
            share_of_training(data, share_of_condition(name.condition), seed=name.seed),
            self.training,
            seed=name.seed,
            checkpoint=workspace / "training.safetensors",
            identity={"frontend": name.frontend, "condition": name.condition},
            on_progress=lambda step, num_steps, _loss, _score: progress("training", 0.8 * step / num_steps),
        )
        progress("testing", 0.9)
        scores = {
            each: scores_of(trained.model, segments, self.recogniser.num_phones) for each, segments in test.items()
        }
        return record_of(name, recogniser, trained, scores, time.monotonic() - begun)


def record_of(
    name: RunName,
    before: Recogniser,
    trained: Trained[Recogniser],
    scores: Mapping[str, FrameScores],
    duration_s: float,
) -> RunRecord:
    """The scores of every listening condition and their means over the conditions, with items for each word.

    Its confusion is that of the broad classes, over all listening conditions.
    """
    num_frontend = num_learned(trained.model.frontend)
    values: dict[str, float] = {}
    items: dict[str, tuple[float, ...]] = {}
    for measure in (BROAD, PHONES, BALANCED):
        by_condition = {condition: _score(measure, each) for condition, each in scores.items()}
        values[measure] = float(np.mean(list(by_condition.values())))
        values |= {score_name(measure, condition): value for condition, value in by_condition.items()}
    for measure in (BROAD, PHONES):
        by_word = {condition: _of_words(measure, each) for condition, each in scores.items()}
        # A word without frequent phones is without them in every condition.
        items[measure] = tuple(np.mean(list(by_word.values()), axis=0).tolist())
        items |= {score_name(measure, condition): tuple(each.tolist()) for condition, each in by_word.items()}
    return RunRecord(
        name=name,
        scores=values,
        num_frontend_parameters=num_frontend,
        num_readout_parameters=num_learned(trained.model) - num_frontend,
        duration_s=duration_s,
        items=items,
        curve=tuple(CurvePoint(each.step, each.training_loss, each.validation_score) for each in trained.curve),
        learned=learned_parameters(before.frontend, trained.model.frontend),
        confusion=recorded(
            np.sum([each.confusion for each in scores.values()], axis=0),
            classes=tuple(map(str, BROAD_CLASSES)),
            case="frame",
        ),
    )


def _score(measure: str, scores: FrameScores) -> float:
    found = {BROAD: scores.broad_accuracy, PHONES: scores.phone_accuracy, BALANCED: scores.balanced_accuracy}
    return found[measure]


def _of_words(measure: str, scores: FrameScores) -> Float[np.ndarray, " words"]:
    return scores.broad if measure == BROAD else scores.phones
