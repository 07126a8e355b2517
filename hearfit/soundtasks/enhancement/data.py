"""The sounds of the enhancement experiment: words and noises in three parts, and the mixtures drawn from them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Float

from hearfit.corpora.audio import SPEECH_LEVEL_DB_SPL
from hearfit.corpora.esc10 import clip_files, read_clip
from hearfit.corpora.voxangeles import read_corpus, read_sound, split_languages
from hearfit.errors import InputError
from hearfit.soundtasks.enhancement.mixtures import (
    Noises,
    Scene,
    Words,
    active_noise,
    draw_utterance,
    scene,
    trimmed_word,
    with_equal_energy,
)
from hearfit.soundtasks.enhancement.variation import varied_noise
from hearfit.training.settings import Settings

SAMPLING_RATE_HZ: Final = 16_000
TRAINING_FOLDS: Final = (1, 2, 3)
VALIDATION_FOLDS: Final = (4,)
TEST_FOLDS: Final = (5,)
# Of what is drawn for validation and test, which all runs share.
_VALIDATION_SEED: Final = 1
_TEST_SEED: Final = 2


def part_settings() -> Settings:
    """How the corpora are divided and heard, and what the mixtures are drawn from that all runs share."""
    return {
        "sampling rate (Hz)": SAMPLING_RATE_HZ,
        "training folds": TRAINING_FOLDS,
        "validation folds": VALIDATION_FOLDS,
        "test folds": TEST_FOLDS,
        "validation seed": _VALIDATION_SEED,
        "test seed": _TEST_SEED,
    }


@dataclass(frozen=True, eq=False)
class Part:
    """Words of some languages, noises of some folds."""

    words: Words
    noises: Noises


@dataclass(frozen=True, eq=False)
class Parts:
    """No language and no source of noise is in two of them; `left_out` says what of the corpus is in none."""

    training: Part
    validation: Part
    test: Part
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Mixtures:
    """Sounds of one length in pascal, the speech as it is in the mixture."""

    mixture: Float[np.ndarray, "sounds samples"]
    speech: Float[np.ndarray, "sounds samples"]


@lru_cache(maxsize=1)
def read_parts(speech: Path, noise: Path) -> Parts:
    """Reads both corpora; a process that does several runs reads them once.

    Raises:
        InputError: a folder or a file of them cannot be used, or a part would be empty.
    """
    corpus = read_corpus(speech)
    split = split_languages(corpus.languages)
    words: dict[str, list[Float[np.ndarray, " _"]]] = {}
    for utterance in corpus.utterances:
        samples = read_sound(utterance, sampling_rate_hz=SAMPLING_RATE_HZ, level_db_spl=SPEECH_LEVEL_DB_SPL)
        word = trimmed_word(samples, sampling_rate_hz=SAMPLING_RATE_HZ, name=str(utterance.path))
        words.setdefault(utterance.language, []).append(word)
    clips = clip_files(noise)
    noises = {
        clip.name: active_noise(
            read_clip(clip, sampling_rate_hz=SAMPLING_RATE_HZ), sampling_rate_hz=SAMPLING_RATE_HZ, name=str(clip.path)
        )
        for clip in clips
    }

    def part(languages: Sequence[str], folds: Sequence[int]) -> Part:
        chosen = {clip.name: noises[clip.name] for clip in clips if clip.fold in folds}
        if not chosen:
            raise InputError(
                f"{noise}: has no clips of fold {' or '.join(map(str, folds))}. Folds 1 to 3 are for training, 4 for "
                f"validation and 5 for the test; each needs clips."
            )
        return Part({language: words[language] for language in languages}, chosen)

    return Parts(
        training=part(split.train, TRAINING_FOLDS),
        validation=part(split.validation, VALIDATION_FOLDS),
        test=part(split.test, TEST_FOLDS),
        left_out=corpus.left_out,
    )


def training_mixtures(
    part: Part, *, num_mixtures: int, num_samples: int, snr_range_db: tuple[float, float], seed: int
) -> Mixtures:
    """Mixtures of varied noises, the ratio uniform in decibels; another seed gives others."""
    generator = np.random.default_rng([seed, num_mixtures])
    mixture = np.empty((num_mixtures, num_samples), np.float32)
    speech = np.empty_like(mixture)
    for number in range(num_mixtures):
        words, language = draw_utterance(part.words, num_samples, SAMPLING_RATE_HZ, generator)
        noise, clip = varied_noise(
            part.noises, num_samples=num_samples, sampling_rate_hz=SAMPLING_RATE_HZ, generator=generator
        )
        drawn = with_equal_energy(words, noise, language, clip)
        speech[number] = drawn.speech
        mixture[number] = drawn.speech + drawn.noise_at(generator.uniform(*snr_range_db))
    return Mixtures(mixture, speech)


def validation_mixtures(part: Part, *, num_samples: int, snrs_db: Sequence[float]) -> Mixtures:
    """One mixture of each noise, the ratios in turn."""
    scenes = _scenes(part, 1, num_samples, _VALIDATION_SEED)
    return mixtures_at(scenes, [snrs_db[number % len(snrs_db)] for number in range(len(scenes))])


def test_scenes(part: Part, *, scenes_per_clip: int, num_samples: int) -> tuple[Scene, ...]:
    """So many utterances in each noise, the languages in turn; the same ones at every ratio."""
    return _scenes(part, scenes_per_clip, num_samples, _TEST_SEED)


def test_sources(noise: Path, *, scenes_per_clip: int) -> tuple[str, ...]:
    """The source recording of the noise of every one of `test_scenes`, in their order; no sound is read.

    Raises:
        InputError: as `clip_files`.
    """
    return tuple(clip.source for clip in clip_files(noise) if clip.fold in TEST_FOLDS for _ in range(scenes_per_clip))


def mixtures_at(scenes: Sequence[Scene], snrs_db: Sequence[float]) -> Mixtures:
    """Each scene at its ratio."""
    speech = np.stack([each.speech for each in scenes])
    noise = np.stack([each.noise_at(snr_db) for each, snr_db in zip(scenes, snrs_db, strict=True)])
    return Mixtures((speech + noise).astype(np.float32), speech.astype(np.float32))


def _scenes(part: Part, scenes_per_clip: int, num_samples: int, seed: int) -> tuple[Scene, ...]:
    generator = np.random.default_rng(seed)
    languages = sorted(part.words)
    clips = [clip for clip in sorted(part.noises) for _ in range(scenes_per_clip)]
    return tuple(
        scene(
            part.words,
            part.noises,
            languages[number % len(languages)],
            clip,
            num_samples=num_samples,
            sampling_rate_hz=SAMPLING_RATE_HZ,
            generator=generator,
        )
        for number, clip in enumerate(clips)
    )
