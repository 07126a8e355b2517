"""An event task as the command hands it over."""

from pathlib import Path
from typing import Final

from hearfit.soundtasks.description import ExperimentDescription
from hearfit.soundtasks.events.description import DESCRIPTIONS
from hearfit.soundtasks.events.examples import HOP_S
from hearfit.soundtasks.events.figures import event_sheets
from hearfit.soundtasks.events.frontends import GABOR_FRAMES, HIGHEST_HZ, LOWEST_HZ, NUM_CHANNELS
from hearfit.soundtasks.events.network import NUM_MAPS
from hearfit.soundtasks.events.task import TRAINING, EventTask, TaskName
from hearfit.soundtasks.events.voice_activity import CLIP_S
from hearfit.soundtasks.experiment import Experiment, run_names
from hearfit.soundtasks.pictures import Sheet
from hearfit.soundtasks.result import DataSource, ExperimentFacts, ExperimentResult

_VOXANGELES: Final = DataSource(
    "VoxAngeles", "CC BY-NC 4.0", "Chodroff, Pažon, Baker and Moran 2024, github.com/pacscilab/voxangeles"
)
_ESC10: Final = DataSource("ESC-10", "CC BY 3.0", "Piczak 2015, doi:10.1145/2733373.2806390")
_FSDD: Final = DataSource(
    "Free Spoken Digit Dataset", "CC BY-SA 4.0", "Jackson et al., github.com/Jakobovski/free-spoken-digit-dataset"
)
_KOUMURA: Final = DataSource(
    "BirdsongRecognition", "CC BY 4.0", "Koumura and Okanoya 2016, doi:10.6084/m9.figshare.3470165"
)
_SOURCES: Final[dict[TaskName, tuple[DataSource, ...]]] = {
    "vad": (_VOXANGELES, _ESC10),
    "digits": (_FSDD,),
    "speaker": (_FSDD,),
    "birds": (_KOUMURA,),
}
_HELD_OUT: Final[dict[TaskName, tuple[str, ...]]] = {
    "vad": (
        (
            "A fifth of the languages is for validation and a fifth for the test, the same in every run; no language "
            "is in two parts."
        ),
        (
            "Recorded noise is of ESC-10: folds 1 to 3 in training, 4 in validation, 5 in the test; no source "
            "recording is in two parts. Half of the words are in recorded noise, a quarter in white and a quarter in "
            "pink noise."
        ),
        "The test sounds are the same in every run.",
    ),
    "digits": (
        (
            "Two talkers are for the test and are never heard in training; the seed chooses which, so that three seeds "
            "in a row test all six. Of the others, the last fifth of the takes is for validation."
        ),
    ),
    "speaker": (
        (
            "The digits 0 to 6 are for training and validation, 7 to 9 for the test; the first three fifths of the "
            "takes are for training, the others for validation and test. The split is the same in every run."
        ),
    ),
    "birds": (
        (
            "Every third recording is for the test, the same in every run. Of the others, the seed chooses which are "
            "for training and which for validation."
        ),
    ),
}
_REMARKS: Final[dict[TaskName, tuple[str, ...]]] = {
    "vad": (
        (
            f"A word lies at a random place in {CLIP_S:g} s of noise, which may begin or end within it, so that the "
            "time alone tells nothing; speech is from its first phone to its last. "
            "Levels of speech and noise are compared between 100 Hz and 7.5 kHz."
        ),
    ),
    "digits": ("The recordings end at 4 kHz: the upper channels of every frontend hear nothing.",),
    "speaker": (
        (
            "The recordings end at 4 kHz. Each talker used one microphone and room, which a network may recognise as "
            "well as the voice."
        ),
    ),
    "birds": ("One bird, one cage: nothing is said about other birds.",),
}
_CHOSEN: Final = (
    "Steps of the training were chosen on the validation; the share of dropout with scores of tests in view, for all "
    "frontends alike."
)
_BANDS: Final = (
    f"Spectrograms of cnn and gabor reach from {LOWEST_HZ:g} to {HIGHEST_HZ:g} Hz, those of a cochlea to 6.7 kHz. A "
    f"Gabor filter reaches {GABOR_FRAMES * HOP_S:g} s back, the convolution 50 ms, a cortical filter as far as its "
    "rate says; behind them the recurrent network has all of the sound."
)
_ALL: Final = (
    "The frontend is causal; the recurrent network behind it reads in both directions. Of all frontends it reads "
    f"{NUM_CHANNELS} channels and {NUM_MAPS} maps, so that the numbers learned differ by less than 3 %."
)


def event_experiment(
    task: TaskName, *, data: Path, noise: Path | None, frontends: tuple[str, ...], seeds: tuple[int, ...]
) -> Experiment:
    """All frontends with all seeds on one task.

    Raises:
        InputError: the data are missing or damaged, or voice activity has no noise.
    """
    description = description_of(task)
    event_task = EventTask(task, data, noise, TRAINING[task])
    # Read here once, so that whatever is wrong with the data is told before the first run.
    loaded = event_task.load(seeds[0])
    facts = ExperimentFacts(
        held_out=(*_HELD_OUT[task], _CHOSEN),
        settings={},
        sources=_SOURCES[task],
        remarks=(*_REMARKS[task], _ALL, _BANDS, *loaded.left_out),
        has_same_items=loaded.num_test_sets is None,
        num_test_sets=loaded.num_test_sets,
        item_group=loaded.item_group,
        item_groups=loaded.item_groups,
    )
    conditions = tuple(name for name, _ in description.conditions)
    return Experiment(description, event_task, run_names(task, frontends, conditions, seeds), facts, pictures_of)


def description_of(task: TaskName) -> ExperimentDescription:
    """The description of a task."""
    return next(each for each in DESCRIPTIONS if each.task == task)


def pictures_of(result: ExperimentResult, out: Path) -> tuple[Sheet, ...]:
    """Modulation filters of the first seed of each frontend, before and after training."""
    del out
    return event_sheets([record for record in result.records if record.name.seed == result.seeds[0]])
