"""Voice activity: which frames of a noisy sound hold speech.

Words of VoxAngeles lie at a random place in 1.6 s of noise, a tenth of a second of them at least: the clip may begin or
end within a word, so that speech is as likely early and late as in the middle and the time alone tells nothing. Speech
is from the beginning of the first phone to the end of the last, pauses within a word included. The ratio of the word's
active part to the noise is stated within 100 Hz to 7.5 kHz (`corpora.mixing`). Test languages are never heard in
training, test noises are of source recordings that are not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np
from jaxtyping import Float, Int

from hearfit.corpora.audio import SPEECH_LEVEL_DB_SPL, Waveform, rms_of
from hearfit.corpora.esc10 import clip_files, read_clip
from hearfit.corpora.mixing import in_band, mix
from hearfit.corpora.noise import stationary_noise
from hearfit.corpora.voxangeles import Utterance, of_languages, read_corpus, read_sound, split_languages
from hearfit.errors import InputError
from hearfit.soundtasks.constants import language_settings, speech_settings
from hearfit.soundtasks.events.examples import (
    HOP_SAMPLES,
    SAMPLING_RATE_HZ,
    EventData,
    Examples,
    TestScores,
    frame_centres_s,
    num_frames,
)
from hearfit.soundtasks.events.scores import area_under_roc
from hearfit.training.settings import Settings

NoiseKind = Literal["environment", "white", "pink"]
# Of any length, each of its own.
Clip = Float[np.ndarray, " _"]

CLIP_S: Final = 1.6
TEST_SNRS_DB: Final = (0.0, -5.0, 10.0)
TRAINING_SNRS_DB: Final = (-5.0, 10.0)
# Half of all noises are recordings; folds share no source.
NOISES: Final[tuple[NoiseKind, ...]] = ("environment", "white", "environment", "pink")
_FOLDS: Final = {"train": (1, 2, 3), "validation": (4,), "test": (5,)}
# Of the language split and of all test sounds: the same in every run.
_FIXED_SEED: Final = 20_210
# Of a word: its silence before the first phone and after the last, and what of it is in the clip at least.
MARGIN_S: Final = 0.05
LEAST_HEARD_S: Final = 0.1
# A cut from a recording is drawn again where less than this share of its samples has sound.
_LEAST_RMS_RATIO: Final = 0.01
_MOST_DRAWS: Final = 50


def voice_activity_settings() -> Settings:
    """The constants of this module, which decide what is heard."""
    return {
        "clip (s)": CLIP_S,
        "margin of a word (s)": MARGIN_S,
        "least of a word in the clip (s)": LEAST_HEARD_S,
        "training SNR (dB)": TRAINING_SNRS_DB,
        "test SNR (dB)": TEST_SNRS_DB,
        "noises": NOISES,
        "folds of noises": _FOLDS,
        "seed of the languages and of the test": _FIXED_SEED,
        "least sound of a noise (RMS, share of its clip's)": _LEAST_RMS_RATIO,
        "draws of a noise, at most": _MOST_DRAWS,
        "level and band": speech_settings(),
        "languages": language_settings(),
    }


@dataclass(frozen=True)
class VoiceActivityDesign:
    """How many words each part has, at most."""

    num_train: int = 960
    num_validation: int = 96
    num_test: int = 180


def voice_activity_data(speech: Path, noise: Path, seed: int, design: VoiceActivityDesign) -> EventData:
    """Words in noise; the seed draws training words, places and noises, the test is always the same.

    Raises:
        InputError: a corpus is missing or damaged, or has no word or noise for a part.
    """
    corpus = read_corpus(speech)
    short = tuple(each for each in corpus.utterances if each.duration_s <= CLIP_S and _bounds_s(each) is not None)
    split = split_languages(corpus.languages, seed=_FIXED_SEED)
    noises = _environment(noise)
    parts = {}
    test_words: Sequence[Utterance] = ()
    for number, (name, languages, most) in enumerate(
        (
            ("train", split.train, design.num_train),
            ("validation", split.validation, design.num_validation),
            ("test", split.test, design.num_test),
        )
    ):
        generator = np.random.default_rng([_FIXED_SEED if name == "test" else seed, number])
        words = of_languages(short, languages)
        if not words:
            raise InputError(f"{speech}: has no word of at most {CLIP_S:g} s in the languages {', '.join(languages)}.")
        chosen = [words[index] for index in np.sort(generator.permutation(len(words))[:most])]
        snrs = TEST_SNRS_DB if name == "test" else None
        test_words = chosen if name == "test" else test_words
        parts[name] = _examples(chosen, noises[name], snrs, generator)
    num_test, num_snrs = len(parts["test"]) // len(TEST_SNRS_DB), len(TEST_SNRS_DB)
    words_of, snrs_of = np.divmod(np.arange(num_test * num_snrs), num_snrs)
    left_out = len(corpus.utterances) - len(short)
    return EventData(
        classes=("noise", "speech"),
        is_framewise=True,
        train=parts["train"],
        validation=parts["validation"],
        test=parts["test"],
        places=np.stack([words_of, snrs_of], axis=1),
        left_out=(
            *((f"{left_out} words longer than {CLIP_S:g} s or without a phone are not used.",) if left_out else ()),
            *corpus.left_out,
        ),
        # Words of a language are mostly of one talker.
        item_group="language",
        item_groups=tuple(word.language for word in test_words),
    )


def voice_activity_scores(data: EventData, logits: Float[np.ndarray, "tests frames classes"]) -> TestScores:
    """Area under the ROC curve over all frames, at each ratio, for each kind of noise; of each word at 0 dB."""
    score = np.asarray(logits[..., 1] - logits[..., 0], np.float64)
    is_speech = data.test.targets == 1
    word, snr = data.places.T
    scores: dict[str, float] = {}
    for index, snr_db in enumerate(TEST_SNRS_DB):
        rows = snr == index
        scores[metric_name(snr_db)] = area_under_roc(score[rows].ravel(), is_speech[rows].ravel())
    for kind in dict.fromkeys(NOISES):
        rows = (snr == 0) & (np.array([NOISES[each % len(NOISES)] for each in word]) == kind)
        scores[f"AUC in {kind} noise"] = area_under_roc(score[rows].ravel(), is_speech[rows].ravel())
    each = tuple(area_under_roc(score[row], is_speech[row]) for row in np.flatnonzero(snr == 0))
    scores["AUC of a word"] = float(np.nanmean(each))
    return TestScores(scores, {"AUC of a word": each})


def metric_name(snr_db: float) -> str:
    """Name of the area at a ratio; the first of `TEST_SNRS_DB` is the one that counts."""
    return "AUC" if snr_db == TEST_SNRS_DB[0] else f"AUC at {snr_db:g} dB"


def _examples(
    words: Sequence[Utterance],
    environment: Sequence[Clip],
    snrs_db: Sequence[float] | None,
    generator: np.random.Generator,
) -> Examples:
    """One example a word and ratio, or with a ratio drawn for each word where none is given."""
    frames = num_frames(CLIP_S)
    sounds, targets = [], []
    for number, word in enumerate(words):
        speech, cut_s = _spoken_part(word)
        heard, num_samples = round(LEAST_HEARD_S * SAMPLING_RATE_HZ), frames * HOP_SAMPLES
        start = int(generator.integers(heard - len(speech), num_samples - heard + 1))
        # As long as needed for all of the word, so that the ratio is that of the word and not of what is left of it.
        whole = np.zeros(num_samples + 2 * len(speech))
        clip = slice(len(speech), len(speech) + num_samples)
        whole[clip.start + start : clip.start + start + len(speech)] = speech
        noise = _noise(NOISES[number % len(NOISES)], environment, len(whole), generator)
        ratios = (float(generator.uniform(*TRAINING_SNRS_DB)),) if snrs_db is None else snrs_db
        for snr_db in ratios:
            sounds.append(mix(whole, noise, snr_db=snr_db, sampling_rate_hz=SAMPLING_RATE_HZ).total[clip])
            targets.append(_activity(word, start / SAMPLING_RATE_HZ - cut_s, frames))
    everywhere = np.ones((len(sounds), frames), np.float32)
    return Examples(np.asarray(sounds, np.float32), everywhere, np.asarray(targets, np.int32), everywhere)


def _spoken_part(word: Utterance) -> tuple[Clip, float]:
    """The word from its first phone to its last with a short margin, and when in the recording that begins."""
    bounds = _bounds_s(word)
    assert bounds is not None, "words without a phone were left out"
    sound = read_sound(word, sampling_rate_hz=SAMPLING_RATE_HZ, level_db_spl=SPEECH_LEVEL_DB_SPL)
    first = max(0, round((bounds[0] - MARGIN_S) * SAMPLING_RATE_HZ))
    return sound[first : round((bounds[1] + MARGIN_S) * SAMPLING_RATE_HZ)], first / SAMPLING_RATE_HZ


def _activity(word: Utterance, start_s: float, frames: int) -> Int[np.ndarray, " frames"]:
    bounds = _bounds_s(word)
    assert bounds is not None, "words without a phone were left out"
    centres = frame_centres_s(frames) - start_s
    return np.asarray((centres >= bounds[0]) & (centres < bounds[1]), np.int32)


def _bounds_s(word: Utterance) -> tuple[float, float] | None:
    """From the first phone to the last; None of a word without phones."""
    spoken = [phone for phone in word.phones if phone.label]
    return (spoken[0].start_s, spoken[-1].end_s) if spoken else None


def _environment(folder: Path) -> Mapping[str, tuple[Clip, ...]]:
    clips = clip_files(folder)
    found = {
        part: tuple(read_clip(clip, sampling_rate_hz=SAMPLING_RATE_HZ) for clip in clips if clip.fold in folds)
        for part, folds in _FOLDS.items()
    }
    missing = [part for part, noises in found.items() if not noises]
    if missing:
        raise InputError(
            f"{folder}: has no clip for the {' and the '.join(missing)} part. Folds 1 to 3 are for training, 4 for "
            f"validation, 5 for the test."
        )
    return found


def _noise(kind: NoiseKind, environment: Sequence[Clip], num_samples: int, generator: np.random.Generator) -> Waveform:
    if kind != "environment":
        return stationary_noise(num_samples, colour=kind, sampling_rate_hz=SAMPLING_RATE_HZ, generator=generator)
    for _ in range(_MOST_DRAWS):
        clip = environment[int(generator.integers(len(environment)))]
        # A clip that is too short is repeated.
        start = int(generator.integers(0, max(len(clip) - num_samples, 0) + 1))
        cut = np.resize(clip[start:], num_samples)
        # Many clips have digital silence after a short event; a cut of it alone would be amplified without limit.
        if rms_of(in_band(cut, sampling_rate_hz=SAMPLING_RATE_HZ)) > _LEAST_RMS_RATIO * rms_of(clip) > 0.0:
            return np.asarray(cut)
    raise InputError("The noise recordings are silent almost everywhere; give others.")
