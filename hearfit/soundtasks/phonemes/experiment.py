"""The phoneme experiments as the command hands them over."""

from pathlib import Path
from typing import Final

from hearfit.soundtasks.experiment import Experiment
from hearfit.soundtasks.phonemes.data import Words, check_recordings, load_words
from hearfit.soundtasks.phonemes.description import (
    EAR_DESCRIPTION,
    LEVELS_DB_SPL,
    NORMAL_EAR,
    THIS_EAR,
    description_of,
)
from hearfit.soundtasks.phonemes.ear import Ear, EarTask
from hearfit.soundtasks.phonemes.figures import phoneme_sheets
from hearfit.soundtasks.phonemes.task import PhonemeTask
from hearfit.soundtasks.phonemes.wording import condition_of
from hearfit.soundtasks.pictures import Sheet
from hearfit.soundtasks.recipes import RECIPES
from hearfit.soundtasks.record import RunName
from hearfit.soundtasks.result import DataSource, ExperimentFacts, ExperimentResult

_VOXANGELES: Final = DataSource(
    "VoxAngeles", "CC BY-NC 4.0", "Chodroff, Pažon, Baker and Moran 2024, github.com/pacscilab/voxangeles"
)
_FRAMES: Final = (
    "A frame of 10 ms has the class at its middle. The frontend is causal; the convolutions behind it look three "
    "frames ahead. Words keep 0.15 s of silence around them."
)
_NOISE: Final = (
    "Signal-to-noise ratios are of the active part of a word and the noise, both from 100 Hz to 7.5 kHz. Training "
    "words are heard in quiet, in white and in pink noise at ratios from 0 to 20 dB; the test's noise is another one."
)
_CLASSES: Final = (
    "The classes are vowels, glides, liquids, nasals, fricatives, affricates, stops and silence; phones are told apart "
    "without their diacritics."
)
_MATCHED: Final = (
    "cnn, leaf and mel have a stem of convolutions with a reach of 1.28 s and another width of the back end, so that "
    "they learn as many numbers as cortical, within 1 %; full learns 129 more, gabor 36 more and frozen 36 fewer. A "
    "Gabor filter reaches 0.52 s back. Before the first frame there is silence for the filters, and the mean of all "
    "frames for the stem."
)
_SHARES: Final = (
    "A share of the words is drawn by the seed, from every language; a smaller share is part of a larger one."
)
_NO_PREDICTION: Final = (
    "The recogniser is trained with normal hearing at levels from 50 to 80 dB SPL and does not adapt to this ear. A "
    "person does: the difference is no prediction of that person's score."
)


def phoneme_experiment(
    *,
    data: Path,
    frontends: tuple[str, ...],
    seeds: tuple[int, ...],
    shares: tuple[float, ...],
    snrs_db: tuple[float, ...],
) -> Experiment:
    """All frontends with every share of the training words and every seed.

    Raises:
        InputError: the data are missing or damaged.
    """
    task = PhonemeTask(data, snrs_db)
    facts = _facts(_checked_words(task), _MATCHED, _SHARES)
    return Experiment(description_of(snrs_db, shares), task, run_names(frontends, shares, seeds), facts, _pictures)


def ear_experiment(*, data: Path, profile: Path, seeds: tuple[int, ...]) -> Experiment:
    """A recogniser of each seed, tested with a normal ear and with that of the profile at three levels.

    Raises:
        InputError: the data or the profile cannot be used.
    """
    task = EarTask(data, profile)
    # Whatever is wrong with the profile is told before the first run.
    Ear(profile)()
    facts = _facts(_checked_words(task), _NO_PREDICTION)
    names = tuple(
        RunName(EAR_DESCRIPTION.task, ear, f"{level:g} dB SPL", seed)
        for seed in seeds
        for ear in (NORMAL_EAR, THIS_EAR)
        for level in LEVELS_DB_SPL
    )
    return Experiment(EAR_DESCRIPTION, task, names, facts)


def run_names(frontends: tuple[str, ...], shares: tuple[float, ...], seeds: tuple[int, ...]) -> tuple[RunName, ...]:
    """All runs; those that share a fixed frontend come one after the other, as its spectrograms are kept in memory."""
    ordered = sorted(frontends, key=lambda name: RECIPES[name].fixed is None)
    return tuple(
        RunName("phonemes", frontend, condition_of(share), seed)
        for seed in seeds
        for frontend in ordered
        for share in shares
    )


def _checked_words(task: PhonemeTask | EarTask) -> Words:
    # Whatever is wrong with the data is told once, before the first run.
    words = load_words(task.data, task.recogniser.num_phones)
    check_recordings(words, sampling_rate_hz=task.design.grid.sampling_rate_hz)
    return words


def _facts(words: Words, *remarks: str) -> ExperimentFacts:
    split = words.split
    parts = (
        f"Languages, and with them talkers, are split: {len(split.train)} for training ({len(words.train)} words), "
        f"{len(split.validation)} for validation ({len(words.validation)}), {len(split.test)} for the test "
        f"({len(words.test)}), the same in every run."
    )
    held_out = (
        parts,
        f"Test: {', '.join(split.test)}. Validation: {', '.join(split.validation)}.",
        (
            "The validation chooses the step of a training that is kept, by the accuracy of broad classes; it chose "
            "the number of steps. Sizes and learning rates were set with scores of test languages in view, for all "
            "alike."
        ),
    )
    return ExperimentFacts(
        held_out=held_out,
        settings={},
        sources=(_VOXANGELES,),
        # Words of a language are mostly of one talker, and no independent draws.
        item_group="language",
        item_groups=tuple(word.language for word in words.test),
        remarks=(*remarks, _FRAMES, _NOISE, _CLASSES, f"Phones: {', '.join(words.phones.phones)}.", *words.left_out),
    )


def _pictures(result: ExperimentResult, out: Path) -> tuple[Sheet, ...]:
    del out
    return phoneme_sheets(result)
