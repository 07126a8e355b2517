"""Which digit was spoken, by a talker never heard before; and who spoke, in a word never heard before.

Digits: the talkers are divided into folds of two; the seed of a run chooses the fold that is tested, so that the seeds
0, 1 and 2 together test all six. Of the other talkers the last fifth of the takes validates.
Speaker: the digits 0 to 6 are trained on in the first three fifths of the takes and validated on in the others; of
these, the digits 7, 8 and 9 are tested. Take and word of the test are thus never trained on.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Bool, Float

from hearfit.corpora.spoken_digits import SpokenDigit, list_spoken_digits, read_spoken_digit
from hearfit.errors import InputError
from hearfit.soundtasks.confusion import balanced_accuracy, confusion_matrix
from hearfit.soundtasks.constants import speech_settings
from hearfit.soundtasks.events.examples import (
    HOP_SAMPLES,
    SAMPLING_RATE_HZ,
    EventData,
    Examples,
    TestScores,
    num_frames,
)
from hearfit.training.settings import Settings

WORD_S: Final = 0.8
TEST_DIGITS: Final = (7, 8, 9)
_SPEAKERS_IN_FOLD: Final = 2
_VALIDATION_SHARE: Final = 0.2
_TRAINING_SHARE: Final = 0.6


def digit_settings() -> Settings:
    """The constants that decide what digits are trained and tested."""
    return {**_word_settings(), "talkers in a test set": _SPEAKERS_IN_FOLD, "validation share": _VALIDATION_SHARE}


def speaker_settings() -> Settings:
    """The constants that decide by which words talkers are told."""
    return {**_word_settings(), "test digits": TEST_DIGITS, "training share": _TRAINING_SHARE}


def digit_data(folder: Path, seed: int) -> EventData:
    """Digits of all talkers but two to train on, those of the two to test.

    Raises:
        InputError: the corpus is missing or damaged, or has fewer than four talkers.
    """
    spoken = list_spoken_digits(folder)
    speakers = sorted({each.speaker for each in spoken})
    if len(speakers) < 2 * _SPEAKERS_IN_FOLD:
        raise InputError(
            f"{folder}: has {len(speakers)} talkers ({', '.join(speakers)}); {2 * _SPEAKERS_IN_FOLD} are needed, two "
            f"of them for the test."
        )
    folds = len(speakers) // _SPEAKERS_IN_FOLD
    fold = np.array([speakers.index(each.speaker) % folds for each in spoken])
    is_test = fold == seed % folds
    is_validation = ~is_test & (_take_share(spoken) >= 1.0 - _VALIDATION_SHARE)
    targets = [each.digit for each in spoken]
    data = _data(spoken, targets, tuple("0123456789"), is_test, is_validation, ~is_test & ~is_validation)
    return replace(data, num_test_sets=folds)


def speaker_data(folder: Path) -> EventData:
    """Talkers in digits and takes to train on, and others to test.

    Raises:
        InputError: the corpus is missing or damaged, or has fewer than two talkers or too few digits or takes.
    """
    spoken = list_spoken_digits(folder)
    speakers = sorted({each.speaker for each in spoken})
    if len(speakers) < 2:
        raise InputError(f"{folder}: has one talker, {speakers[0]}; two at least are needed to be told apart.")
    is_test_digit = np.array([each.digit in TEST_DIGITS for each in spoken])
    is_late = _take_share(spoken) >= _TRAINING_SHARE
    targets = [speakers.index(each.speaker) for each in spoken]
    data = _data(
        spoken, targets, tuple(speakers), is_test_digit & is_late, ~is_test_digit & is_late, ~is_test_digit & ~is_late
    )
    # Takes of one word by one talker are no independent draws.
    is_tested = is_test_digit & is_late
    cells = tuple(f"{each.speaker} {each.digit}" if is_tested[row] else "" for row, each in enumerate(spoken))
    return replace(data, item_group="talker's digit", item_groups=cells)


def word_scores(data: EventData, logits: Float[np.ndarray, "tests classes"]) -> TestScores:
    """Accuracy, of which the items are right (1) or wrong (0), and its mean over classes.

    Items are all recordings of the corpus, in their order, so that those of different runs are the same ones; NaN for
    those that a run does not test.
    """
    truth, answer = data.test.targets[:, 0], np.argmax(logits, axis=-1)
    matrix = confusion_matrix(np.asarray(truth, np.int64), np.asarray(answer, np.int64), num_classes=len(data.classes))
    num_items = int(data.places[0, 1])
    items = np.full(num_items, np.nan)
    items[data.places[:, 0]] = truth == answer
    return TestScores(
        {"accuracy": float(np.mean(truth == answer)), "balanced accuracy": balanced_accuracy(matrix)},
        {"accuracy": tuple(items.tolist())},
        confusion=matrix,
        case="recording",
    )


def _word_settings() -> Settings:
    return {"clip (s)": WORD_S, "level and band": speech_settings()}


def _take_share(spoken: Sequence[SpokenDigit]) -> Float[np.ndarray, " recordings"]:
    """Place of a take among those of the same talker and digit: 0 for the first, below 1 for the last."""
    takes: dict[tuple[str, int], list[int]] = {}
    for each in spoken:
        takes.setdefault((each.speaker, each.digit), []).append(each.take)
    return np.array(
        [
            sorted(takes[each.speaker, each.digit]).index(each.take) / len(takes[each.speaker, each.digit])
            for each in spoken
        ]
    )


def _data(
    spoken: Sequence[SpokenDigit],
    targets: Sequence[int],
    classes: tuple[str, ...],
    is_test: Bool[np.ndarray, " recordings"],
    is_validation: Bool[np.ndarray, " recordings"],
    is_training: Bool[np.ndarray, " recordings"],
) -> EventData:
    for name, chosen in (("test", is_test), ("validation", is_validation), ("training", is_training)):
        if not chosen.any():
            raise InputError(
                f"{spoken[0].path.parent}: leaves nothing for the {name}. Each talker needs at least five takes of "
                f"each digit from 0 to 9."
            )
    num_long = 0
    parts = []
    for chosen in (is_training, is_validation, is_test):
        part, cut = _examples([spoken[int(row)] for row in np.flatnonzero(chosen)], np.asarray(targets)[chosen])
        parts.append(part)
        num_long += cut
    rows = np.flatnonzero(is_test)
    return EventData(
        classes=classes,
        is_framewise=False,
        train=parts[0],
        validation=parts[1],
        test=parts[2],
        # The place of the recording in the corpus, and how many that has.
        places=np.stack([rows, np.full(len(rows), len(spoken))], axis=1),
        left_out=(f"Of {num_long} longer recordings only the first {WORD_S:g} s are heard.",) if num_long else (),
    )


def _examples(spoken: Sequence[SpokenDigit], targets: np.ndarray) -> tuple[Examples, int]:
    frames = num_frames(WORD_S)
    sounds = np.zeros((len(spoken), frames * HOP_SAMPLES), np.float32)
    heard = np.zeros((len(spoken), frames), np.float32)
    num_long = 0
    for row, each in enumerate(spoken):
        samples = read_spoken_digit(each, sampling_rate_hz=SAMPLING_RATE_HZ)
        num_long += len(samples) > sounds.shape[1]
        part = samples[: sounds.shape[1]]
        sounds[row, : len(part)] = part
        heard[row, : -(-len(part) // HOP_SAMPLES)] = 1.0
    constant = np.repeat(np.asarray(targets, np.int32)[:, None], frames, axis=1)
    return Examples(sounds, heard, constant, heard), num_long
