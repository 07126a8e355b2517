"""Training, validation and test words of the experiment, and what fixed frontends make of them, computed once."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Final

import numpy as np
from flax import nnx
from jaxtyping import Float

from hearfit.corpora.audio import SPEECH_LEVEL_DB_SPL
from hearfit.corpora.voxangeles import (
    LanguageSplit,
    Utterance,
    of_languages,
    read_corpus,
    read_sound,
    split_languages,
)
from hearfit.errors import InputError
from hearfit.learnable.interface import Frontend
from hearfit.soundtasks.blocks import in_blocks
from hearfit.soundtasks.phonemes.segments import Listening, SegmentGrid, Segments, joined, segments_of
from hearfit.soundtasks.phonemes.targets import PhoneSet, frequent_phones

AT_ONCE: Final = 16
# The test's noise must not be the training's.
NOISE_SEEDS: Final = (1, 2, 3)
_TRAINING_NOISE, _VALIDATION_NOISE, _TEST_NOISE = NOISE_SEEDS

Inputs = Float[np.ndarray, "segments ..."]


# What makes a fixed frontend; hashable, because what it gives is computed once. None: sounds are taken as they are.
Fixed = Callable[[], Frontend] | None


@dataclass(frozen=True)
class DataDesign:
    """Which words are heard how.

    Attributes:
        training: every training word is heard in each of these conditions.
        num_validation: segments that decide which step of a training is kept; each is heard in one of the training
            conditions in turn, and they are spread evenly over the validation languages.
    """

    training: tuple[Listening, ...]
    grid: SegmentGrid = field(default_factory=SegmentGrid)
    num_phones: int = 20
    num_validation: int = 96


@dataclass(frozen=True)
class Words:
    """The words of a corpus in three parts that share no language; the phones that are frequent in training."""

    split: LanguageSplit
    phones: PhoneSet
    train: tuple[Utterance, ...]
    validation: tuple[Utterance, ...]
    test: tuple[Utterance, ...]
    left_out: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class TrainingData:
    """Training words in all conditions, and the validation."""

    words: Words
    train: Segments
    validation: Segments


@lru_cache(maxsize=1)
def load_words(folder: Path, num_phones: int) -> Words:
    """What is in the folder.

    Raises:
        InputError: the folder cannot be used (`read_corpus`), or has too few languages or phones.
    """
    corpus = read_corpus(folder)
    split = split_languages(corpus.languages)
    train, validation, test = (
        of_languages(corpus.utterances, part) for part in (split.train, split.validation, split.test)
    )
    return Words(split, frequent_phones(train, num_phones, folder), train, validation, test, corpus.left_out)


def check_recordings(words: Words, *, sampling_rate_hz: int) -> None:
    """Reads every recording once, which takes about a second for a thousand of them.

    Raises:
        InputError: some cannot be used; each is named.
    """
    problems: list[str] = []
    for each in (*words.train, *words.validation, *words.test):
        try:
            read_sound(each, sampling_rate_hz=sampling_rate_hz, level_db_spl=SPEECH_LEVEL_DB_SPL)
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)


@lru_cache(maxsize=3)
def training_data(folder: Path, design: DataDesign, fixed: Fixed) -> TrainingData:
    """The training and validation words as the recogniser takes them.

    Raises:
        InputError: as `load_words`, or a recording cannot be used.
    """
    if fixed is not None:
        data, frontend = training_data(folder, design, None), fixed()
        return replace(data, train=_through(frontend, data.train), validation=_through(frontend, data.validation))
    words = load_words(folder, design.num_phones)

    def heard(utterances: tuple[Utterance, ...], seed: int) -> list[Segments]:
        return [segments_of(utterances, words.phones, each, design.grid, seed=seed) for each in design.training]

    return TrainingData(
        words=words,
        train=joined(heard(words.train, _TRAINING_NOISE)),
        validation=_in_turn(heard(words.validation, _VALIDATION_NOISE), design.num_validation),
    )


@lru_cache(maxsize=20)
def test_data(folder: Path, design: DataDesign, listening: Listening, fixed: Fixed) -> Segments:
    """The test words in one condition as the recogniser takes them.

    Raises:
        InputError: as `training_data`.
    """
    if fixed is not None:
        return _through(fixed(), test_data(folder, design, listening, None))
    words = load_words(folder, design.num_phones)
    return segments_of(words.test, words.phones, listening, design.grid, seed=_TEST_NOISE)


# One compilation for all parts of the data.
_spectrogram = nnx.jit(lambda frontend, sounds: frontend(sounds)[..., 0])


def _through(frontend: Frontend, segments: Segments) -> Segments:
    assert frontend.layout.num_maps == 1, "what is computed once is a spectrogram"
    return replace(segments, inputs=in_blocks(partial(_spectrogram, frontend), segments.inputs, size=AT_ONCE))


def _in_turn(conditions: list[Segments], num_kept: int) -> Segments:
    """Segments spread evenly over the words, the first one in the first condition, and so on."""
    num_each = len(conditions[0])
    places = np.unique(np.linspace(0, num_each - 1, min(num_kept, num_each)).round().astype(int))
    return joined(conditions).take(places + num_each * (np.arange(len(places)) % len(conditions)))
