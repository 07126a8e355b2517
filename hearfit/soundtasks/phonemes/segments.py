"""Words as segments of one length: waveforms in pascal, in quiet or in noise, with a target for every frame."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float, Int

from hearfit.corpora.audio import SPEECH_LEVEL_DB_SPL, Waveform
from hearfit.corpora.mixing import mix
from hearfit.corpora.noise import NoiseColour, stationary_noise
from hearfit.corpora.voxangeles import Utterance, read_sound
from hearfit.soundtasks.phonemes.targets import PADDING, PhoneSet, frame_targets

MARGIN_S: Final = 0.15
"""Silence that is kept before and behind a word; the recordings have half a second of it."""


@dataclass(frozen=True)
class Listening:
    """How words are heard: in quiet without a `colour`, else in noise.

    The signal-to-noise ratio and the level of the speech are drawn for each word, uniformly between their two bounds.
    """

    name: str
    colour: NoiseColour | None = None
    snr_db: tuple[float, float] = (0.0, 0.0)
    level_db_spl: tuple[float, float] = (SPEECH_LEVEL_DB_SPL, SPEECH_LEVEL_DB_SPL)


@dataclass(frozen=True)
class SegmentGrid:
    """Rate, frame and length of segments; longer words are cut into several."""

    sampling_rate_hz: int = 16_000
    hop_samples: int = 160
    num_frames: int = 112

    @property
    def hop_s(self) -> float:
        """Duration of a frame."""
        return self.hop_samples / self.sampling_rate_hz

    @property
    def num_samples(self) -> int:
        """Of a segment."""
        return self.num_frames * self.hop_samples


@dataclass(frozen=True, eq=False)
class Segments:
    """Segments in the order of their words; what is behind a word's end is silence, its targets `PADDING`.

    Attributes:
        inputs: waveforms in pascal, or what a fixed frontend makes of them.
        targets: broad class and phone of each frame.
        words: number of the word that a segment is of.
        names: of the words.
    """

    inputs: Float[np.ndarray, "segments ..."]
    targets: Int[np.ndarray, "segments frames 2"]
    words: Int[np.ndarray, " segments"]
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.words)

    def take(self, chosen: Int[np.ndarray, " chosen"]) -> "Segments":
        """Some of the segments."""
        return Segments(self.inputs[chosen], self.targets[chosen], self.words[chosen], self.names)


def joined(parts: Sequence[Segments]) -> Segments:
    """The segments of several listening conditions of the same words."""
    assert len({part.names for part in parts}) == 1, "the conditions have different words"
    return Segments(
        np.concatenate([part.inputs for part in parts]),
        np.concatenate([part.targets for part in parts]),
        np.concatenate([part.words for part in parts]),
        parts[0].names,
    )


def segments_of(
    utterances: Sequence[Utterance], phones: PhoneSet, listening: Listening, grid: SegmentGrid, *, seed: int
) -> Segments:
    """All words, with at most `MARGIN_S` of silence around each, as they sound in a condition.

    What is drawn for a word depends on the seed, the condition and the word alone, not on which other words there are.

    Raises:
        InputError: a recording cannot be used (`read_sound`).
    """
    waveforms, targets, words = [], [], []
    for number, utterance in enumerate(utterances):
        keys = (seed, zlib.crc32(listening.name.encode()), zlib.crc32(utterance.name.encode()))
        generator = np.random.default_rng(keys)
        level_db_spl = generator.uniform(*listening.level_db_spl)
        sound, start_s = _around_speech(utterance, grid, level_db_spl=level_db_spl)
        heard = _in_noise(sound, listening, grid, generator)
        for first in range(0, len(heard), grid.num_samples):
            piece = heard[first : first + grid.num_samples]
            piece_start_s = start_s + first / grid.sampling_rate_hz
            num_frames = len(piece) // grid.hop_samples
            if num_frames == 0:
                continue
            target = np.full((grid.num_frames, 2), PADDING, np.int32)
            target[:num_frames] = frame_targets(
                utterance.phones, phones, start_s=piece_start_s, num_frames=num_frames, hop_s=grid.hop_s
            )
            waveforms.append(np.pad(piece, (0, grid.num_samples - len(piece))).astype(np.float32))
            targets.append(target)
            words.append(number)
    return Segments(np.stack(waveforms), np.stack(targets), np.array(words), tuple(each.name for each in utterances))


def _around_speech(utterance: Utterance, grid: SegmentGrid, *, level_db_spl: float) -> tuple[Waveform, float]:
    """The word with its margins, and when it begins in the recording."""
    sound = read_sound(utterance, sampling_rate_hz=grid.sampling_rate_hz, level_db_spl=level_db_spl)
    spoken = [each for each in utterance.phones if each.label]
    if not spoken:
        return sound, 0.0
    first = max(0, round((spoken[0].start_s - MARGIN_S) * grid.sampling_rate_hz))
    end = round((spoken[-1].end_s + MARGIN_S) * grid.sampling_rate_hz)
    return sound[first:end], first / grid.sampling_rate_hz


def _in_noise(
    sound: Waveform, listening: Listening, grid: SegmentGrid, generator: np.random.Generator
) -> Float[np.ndarray, " heard"]:
    if listening.colour is None:
        return sound
    noise = stationary_noise(
        len(sound), colour=listening.colour, sampling_rate_hz=grid.sampling_rate_hz, generator=generator
    )
    snr_db = generator.uniform(*listening.snr_db)
    return mix(sound, noise, snr_db=snr_db, sampling_rate_hz=grid.sampling_rate_hz).total
