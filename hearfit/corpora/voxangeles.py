"""VoxAngeles: words of many languages with hand-corrected phone boundaries (Chodroff, Pažon, Baker and Moran 2024).

A folder for each language (its ISO 639-3 code) with a sound file and a TextGrid for each word. The languages are split,
never the words of one: a recogniser is tested on languages, and so on speakers, that it has not heard.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from hearfit.corpora.audio import Waveform, active_rms, at_level, read_recording
from hearfit.corpora.ipa import manner
from hearfit.corpora.textgrid import Interval, read_tier
from hearfit.errors import InputError

PHONE_TIERS: Final = ("phones", "phone")
SOUND_SUFFIXES: Final = (".flac", ".wav")
# How far a sound may end from the end of its TextGrid: a frame.
_LENGTH_TOLERANCE_S: Final = 0.01
HELD_OUT_SHARES: Final = (0.2, 0.2)
"""Of the languages, for validation and for the test."""


@dataclass(frozen=True)
class Utterance:
    """One word: its phones in order, the empty label being silence."""

    name: str
    language: str
    path: Path
    duration_s: float
    phones: tuple[Interval, ...]


@dataclass(frozen=True)
class Corpus:
    """All words, sorted by language and name, and a sentence for each sound that had to be left out."""

    utterances: tuple[Utterance, ...]
    left_out: tuple[str, ...] = ()

    @property
    def languages(self) -> tuple[str, ...]:
        """Codes of the languages, sorted."""
        return tuple(sorted({each.language for each in self.utterances}))


@dataclass(frozen=True)
class LanguageSplit:
    """Languages of each part; no language is in two."""

    train: tuple[str, ...]
    validation: tuple[str, ...]
    test: tuple[str, ...]


def read_corpus(folder: Path) -> Corpus:
    """All words of a folder; sounds without a TextGrid are left out, and said to be.

    Raises:
        InputError: there is no folder or no language in it, no sound has a TextGrid, a TextGrid has no phone tier or
            is damaged, or a label is not of the IPA; every file is named.
    """
    if not folder.is_dir():
        raise InputError(
            f"{folder}: there is no such folder. Give that of VoxAngeles, with a folder for each language."
        )
    sounds = sorted(
        path
        for language in folder.iterdir()
        if language.is_dir()
        for path in language.iterdir()
        if path.suffix.lower() in SOUND_SUFFIXES
    )
    if not sounds:
        raise InputError(
            f"{folder}: holds no folder of a language with sound files ({', '.join(SOUND_SUFFIXES)}). Give that of "
            f"VoxAngeles."
        )
    utterances: list[Utterance] = []
    left_out: list[str] = []
    problems: list[str] = []
    for path in sounds:
        grid = path.with_suffix(".TextGrid")
        if not grid.exists():
            left_out.append(f"{path}: left out, for it has no TextGrid beside it.")
            continue
        try:
            utterances.append(_utterance(path, grid))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    if not utterances:
        sound, whose = ("sound", "it") if len(sounds) == 1 else ("sounds", "any of them")
        raise InputError(
            f"{folder}: holds {len(sounds)} {sound}, but no TextGrid beside {whose}. The phones of a sound are looked "
            f"for in its own folder, under its own name: those of {sounds[0]} in {sounds[0].with_suffix('.TextGrid')}."
        )
    return Corpus(tuple(utterances), tuple(left_out))


def read_sound(utterance: Utterance, *, sampling_rate_hz: int, level_db_spl: float) -> Waveform:
    """The word in pascal, its active part (`active_rms`) having this level.

    Raises:
        InputError: the file cannot be read, is silent, or is not as long as its TextGrid.
    """
    samples = read_recording(utterance.path, sampling_rate_hz=sampling_rate_hz)
    duration_s = len(samples) / sampling_rate_hz
    if abs(duration_s - utterance.duration_s) > _LENGTH_TOLERANCE_S:
        raise InputError(
            f"{utterance.path}: lasts {duration_s:g} s, but its TextGrid {utterance.duration_s:g} s. They belong to "
            f"different recordings."
        )
    rms = active_rms(samples, sampling_rate_hz=sampling_rate_hz)
    return at_level(samples, level_db_spl=level_db_spl, rms=rms, name=str(utterance.path))


def split_languages(languages: Collection[str], *, seed: int = 0) -> LanguageSplit:
    """A fifth of the languages for validation, a fifth for the test, the others for training.

    The same languages and seed give the same split, in whatever order they are named. A study keeps seed 0, so that
    its runs share their test languages.

    Raises:
        InputError: fewer than three languages.
    """
    codes = sorted(set(languages))
    if len(codes) < 3:
        raise InputError(
            f"{len(codes)} languages ({', '.join(codes)}) cannot be split into training, validation and test: it takes "
            f"three at least, for no language may be in two parts."
        )
    shuffled = np.random.default_rng(seed).permutation(len(codes))
    num_validation, num_test = (max(1, round(share * len(codes))) for share in HELD_OUT_SHARES)
    chosen = [codes[number] for number in shuffled]
    return LanguageSplit(
        train=tuple(sorted(chosen[num_validation + num_test :])),
        validation=tuple(sorted(chosen[:num_validation])),
        test=tuple(sorted(chosen[num_validation : num_validation + num_test])),
    )


def of_languages(utterances: Sequence[Utterance], languages: Collection[str]) -> tuple[Utterance, ...]:
    """The words of these languages, in their order."""
    return tuple(each for each in utterances if each.language in languages)


def share_of(utterances: Sequence[Utterance], share: float, *, seed: int) -> tuple[Utterance, ...]:
    """This share of the words of every language, at least one, in their order.

    With one seed, smaller shares are parts of larger ones.

    Raises:
        InputError: the share is not above 0 and up to 1.
    """
    if not 0.0 < share <= 1.0:
        raise InputError(f"A share of {share:g} of the training data is impossible. Give one above 0, up to 1.")
    kept: set[tuple[str, str]] = set()
    for number, language in enumerate(sorted({each.language for each in utterances})):
        names = sorted(each.name for each in utterances if each.language == language)
        order = np.random.default_rng([seed, number]).permutation(len(names))
        kept.update((language, names[index]) for index in order[: max(1, round(share * len(names)))])
    return tuple(each for each in utterances if (each.language, each.name) in kept)


def _utterance(path: Path, grid: Path) -> Utterance:
    tier = read_tier(grid, PHONE_TIERS)
    problems = []
    for number, each in enumerate(tier.intervals, start=1):
        try:
            manner(each.label)
        except ValueError as error:
            problems.append(f'{grid}: tier "{tier.name}", interval {number}: {error}. Correct the label.')
    if problems:
        raise InputError(problems)
    return Utterance(path.stem, path.parent.name, path, tier.duration_s, tier.intervals)
