"""The four event tasks as a study repeats them."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Final, Literal

import numpy as np
from jaxtyping import Float

from hearfit.errors import InputError
from hearfit.soundtasks.confusion import balanced_accuracy, confusion_matrix, recorded
from hearfit.soundtasks.data_files import content_hash
from hearfit.soundtasks.events.bird_syllables import BirdDesign, bird_data, bird_scores, bird_settings
from hearfit.soundtasks.events.examples import EventData, Examples, TestScores
from hearfit.soundtasks.events.frontends import frontend_settings
from hearfit.soundtasks.events.learning import Learned, learn, learning_settings
from hearfit.soundtasks.events.network import network_settings
from hearfit.soundtasks.events.scores import area_under_roc
from hearfit.soundtasks.events.spoken_words import (
    digit_data,
    digit_settings,
    speaker_data,
    speaker_settings,
    word_scores,
)
from hearfit.soundtasks.events.voice_activity import (
    VoiceActivityDesign,
    voice_activity_data,
    voice_activity_scores,
    voice_activity_settings,
)
from hearfit.soundtasks.learned import learned_parameters, num_learned
from hearfit.soundtasks.record import RunName, RunRecord
from hearfit.training.settings import Settings, TrainingSettings

TaskName = Literal["vad", "digits", "speaker", "birds"]
OnShare = Callable[[str, float], None]
_DATA_SUFFIXES: Final = (".wav", ".flac", ".ogg", ".textgrid", ".xml")


@dataclass(frozen=True)
class EventTraining:
    """What of the training is the same in every run of a task."""

    num_steps: int
    batch_size: int
    learning_rate: float = 3e-3
    frontend_learning_rate: float = 1e-2
    steps_per_validation: int = 50
    patience: int = 3
    weight_decay: float = 1e-2
    largest_gradient: float = 1.0
    num_warm_up_steps: int = 20

    def of_seed(self, seed: int) -> TrainingSettings:
        """As the training takes them."""
        return TrainingSettings(**asdict(self), seed=seed, is_higher_better=True, is_cosine=True)


TRAINING: Final[dict[TaskName, EventTraining]] = {
    "vad": EventTraining(num_steps=400, batch_size=16),
    "digits": EventTraining(num_steps=200, batch_size=32),
    "speaker": EventTraining(num_steps=150, batch_size=32),
    "birds": EventTraining(num_steps=250, batch_size=16),
}


# What else is fixed by the program and decides the scores of a task.
_DESIGNS: Final[dict[TaskName, Callable[[], Settings]]] = {
    "vad": voice_activity_settings,
    "digits": digit_settings,
    "speaker": speaker_settings,
    "birds": bird_settings,
}


@dataclass(frozen=True)
class EventTask:
    """One task on given data.

    Attributes:
        data: folder of the corpus; `noise` is that of the noises, of voice activity alone.

    Raises:
        InputError: voice activity without noise, or another task with it.
    """

    task: TaskName
    data: Path
    noise: Path | None
    training: EventTraining
    voices: VoiceActivityDesign = field(default_factory=VoiceActivityDesign)
    birds: BirdDesign = field(default_factory=BirdDesign)

    def __post_init__(self) -> None:
        if self.task == "vad" and self.noise is None:
            raise InputError("Voice activity is told from noise: name the folder of ESC-10 with --noise.")
        if self.task != "vad" and self.noise is not None:
            raise InputError(f"--noise is for the task vad; {self.task} has no noise added.")

    def settings(self) -> Settings:
        """All that decides the scores besides the name of a run."""
        return {
            "task": self.task,
            "data": content_hash(self.data, _DATA_SUFFIXES),
            "noise": None if self.noise is None else content_hash(self.noise, _DATA_SUFFIXES),
            "training": {**asdict(self.training), **learning_settings()},
            "network": network_settings(),
            "frontends": frontend_settings(),
            "task design": _DESIGNS[self.task](),
            "voices": asdict(self.voices) if self.task == "vad" else None,
            "birds": asdict(self.birds) if self.task == "birds" else None,
        }

    def load(self, seed: int) -> EventData:
        """Examples of a run with this seed.

        Raises:
            InputError: the data are missing or damaged.
        """
        return _load(self, seed)

    def run(self, name: RunName, workspace: Path, progress: OnShare) -> RunRecord:
        """Trains and tests one network.

        Raises:
            InputError: the data are missing or damaged, or there is no such frontend.
            TrainingError: the training came to a number that is none.
        """
        progress("reading", 0.0)
        data = self.load(name.seed)
        begun = time.monotonic()

        def on_progress(step: int, num_steps: int, loss: float, score: float | None) -> None:
            del loss, score
            progress("training", 0.95 * step / num_steps)

        learned = learn(
            data,
            name.frontend,
            self.training.of_seed(name.seed),
            score=lambda examples, logits: validation_score(self.task, examples, logits),
            checkpoint=workspace / "training.safetensors",
            identity={"task": name.task, "frontend": name.frontend, "condition": name.condition},
            on_progress=on_progress,
        )
        result = _test_scores(self.task, data, learned.logits)
        return _record(name, learned, result, data.classes, time.monotonic() - begun)


def validation_score(task: TaskName, examples: Examples, logits: Float[np.ndarray, "examples ..."]) -> float:
    """What decides when the training ends: the first metric of the task, on the validation."""
    if task == "vad":
        score = np.asarray(logits[..., 1] - logits[..., 0], np.float64)
        return area_under_roc(score.ravel(), examples.targets.ravel() == 1)
    answer = np.asarray(np.argmax(logits, axis=-1), np.int64)
    if task != "birds":
        return float(np.mean(answer == examples.targets[:, 0]))
    is_scored = examples.scored > 0.0
    truth = np.asarray(examples.targets[is_scored], np.int64)
    return balanced_accuracy(confusion_matrix(truth, answer[is_scored], num_classes=logits.shape[-1]))


# One: the runs of a worker follow each other by seed, and the sounds of one seed take up to 150 MB.
@lru_cache(maxsize=1)
def _load(task: EventTask, seed: int) -> EventData:
    if task.task == "vad":
        assert task.noise is not None
        return voice_activity_data(task.data, task.noise, seed, task.voices)
    if task.task == "digits":
        return digit_data(task.data, seed)
    return speaker_data(task.data) if task.task == "speaker" else bird_data(task.data, seed, task.birds)


def _test_scores(task: TaskName, data: EventData, logits: Float[np.ndarray, "tests ..."]) -> TestScores:
    if task == "vad":
        return voice_activity_scores(data, logits)
    return bird_scores(data, logits) if task == "birds" else word_scores(data, logits)


def _record(
    name: RunName, learned: Learned, result: TestScores, classes: tuple[str, ...], duration_s: float
) -> RunRecord:
    network = learned.trained.model
    counts = result.confusion
    return RunRecord(
        name=name,
        scores=dict(result.scores),
        num_frontend_parameters=num_learned(network.frontend),
        num_readout_parameters=num_learned(network.readout),
        duration_s=duration_s,
        items=dict(result.items),
        curve=learned.trained.curve,
        learned=learned_parameters(learned.before, network.frontend),
        confusion=None if counts is None else recorded(counts, classes=classes, case=result.case),
    )
