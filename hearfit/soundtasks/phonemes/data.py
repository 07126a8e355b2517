"""Training, validation and test words of the experiment, and what fixed frontends make of them, computed once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Final

import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Float

from hearfit.corpora.noise import NOISE_COLOURS
from hearfit.corpora.voxangeles import Corpus, LanguageSplit, of_languages, read_corpus, split_languages
from hearfit.learnable.interface import Frontend
from hearfit.soundtasks.phonemes.segments import Listening, SegmentGrid, Segments, joined, segments_of
from hearfit.soundtasks.phonemes.targets import PhoneSet, frequent_phones

_AT_ONCE: Final = 16
# The test's noise must not be the training's.
_TRAINING_NOISE, _VALIDATION_NOISE, _TEST_NOISE = 1, 2, 3

Inputs = Float[np.ndarray, "segments ..."]


@dataclass(frozen=True)
class PhonemeData:
    """Everything that the runs of a study share.

    Attributes:
        train: the training words in quiet and in each noise.
        test: by the name of the listening condition, all of the same words.
    """

    corpus: Corpus
    split: LanguageSplit
    phones: PhoneSet
    train: Segments
    validation: Segments
    test: Mapping[str, Segments]


def test_listening(snrs_db: tuple[float, ...]) -> tuple[Listening, ...]:
    """Quiet, then each noise at each ratio."""
    noisy = [Listening(f"{colour} {snr:g} dB", colour, (snr, snr)) for colour in NOISE_COLOURS for snr in snrs_db]
    return (Listening("quiet"), *noisy)


def training_listening(lowest_snr_db: float, highest_snr_db: float) -> tuple[Listening, ...]:
    """Quiet, and each noise at ratios drawn uniformly between the bounds."""
    drawn = [Listening(colour, colour, (lowest_snr_db, highest_snr_db)) for colour in NOISE_COLOURS]
    return (Listening("quiet"), *drawn)


@lru_cache(maxsize=1)
def load_data(
    folder: Path,
    *,
    num_phones: int,
    grid: SegmentGrid,
    training: tuple[Listening, ...],
    test: tuple[Listening, ...],
    num_validation: int,
) -> PhonemeData:
    """The words of the folder, split by language, as they are heard.

    For validation every `training` condition is heard in turn, and at most `num_validation` segments are kept, spread
    evenly over the languages.

    Raises:
        InputError: the folder cannot be used (`read_corpus`, `read_sound`).
    """
    corpus = read_corpus(folder)
    split = split_languages(corpus.languages)
    parts = [of_languages(corpus.utterances, part) for part in (split.train, split.validation, split.test)]
    phones = frequent_phones(parts[0], num_phones)
    heard = [segments_of(parts[1], phones, each, grid, seed=_VALIDATION_NOISE) for each in training]
    validation = joined(heard)
    num_each = len(heard[0])
    places = np.unique(np.linspace(0, num_each - 1, min(num_validation, num_each)).round().astype(int))
    in_turn = places + num_each * (np.arange(len(places)) % len(training))
    return PhonemeData(
        corpus=corpus,
        split=split,
        phones=phones,
        train=joined([segments_of(parts[0], phones, each, grid, seed=_TRAINING_NOISE) for each in training]),
        validation=validation.take(in_turn),
        test={each.name: segments_of(parts[2], phones, each, grid, seed=_TEST_NOISE) for each in test},
    )


def through(frontend: Frontend, sounds: Inputs) -> Inputs:
    """Spectrograms of all sounds by a frontend of one map, a few at a time."""
    assert frontend.layout.num_maps == 1, "what is computed once is a spectrogram"
    compute = nnx.jit(lambda model, batch: model(batch)[..., 0])
    return in_batches(lambda batch: compute(frontend, batch), sounds)


def in_batches(function: Callable[[jnp.ndarray], jnp.ndarray], inputs: Inputs) -> Inputs:
    """A function of batches applied to all inputs; the last batch is filled up, so that it compiles once."""
    pieces = []
    for first in range(0, len(inputs), _AT_ONCE):
        batch = inputs[first : first + _AT_ONCE]
        filled = np.concatenate([batch, np.zeros((_AT_ONCE - len(batch), *batch.shape[1:]), batch.dtype)])
        pieces.append(np.asarray(function(jnp.asarray(filled)))[: len(batch)])
    return np.concatenate(pieces)


def with_frontend(data: PhonemeData, frontend: Frontend) -> PhonemeData:
    """The same data with spectrograms in place of sounds."""

    def transformed(segments: Segments) -> Segments:
        return replace(segments, inputs=through(frontend, segments.inputs))

    return replace(
        data,
        train=transformed(data.train),
        validation=transformed(data.validation),
        test={name: transformed(segments) for name, segments in data.test.items()},
    )
