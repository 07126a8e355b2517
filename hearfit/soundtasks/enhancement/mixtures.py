"""Mixtures of an utterance and a noise at a stated ratio of their energies.

An utterance is a row of words of one language, each at the same level and without the silence around it, with short
pauses between. A noise is the active part of a clip: what lies far below its loudest moment is cut out, for digital
silence fills up to nine tenths of a clip of ESC-10. So every mixture holds noise throughout and its ratio is defined.

Both are limited to `SPEECH_BAND_HZ` before. The ratio is that of energies over the whole mixture, as in 2409.08997, so
the SI-SDR of the untouched mixture equals it but for the chance correlation of speech and noise.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float

from hearfit.corpora.audio import SPEECH_LEVEL_DB_SPL, at_level, rms_of
from hearfit.corpora.mixing import in_band
from hearfit.errors import InputError
from hearfit.levels import amplitude_ratio_from_decibels
from hearfit.training.settings import Settings

Waveform = Float[np.ndarray, " samples"]
# Of any length each.
Piece = Float[np.ndarray, " _"]
Words = Mapping[str, Sequence[Piece]]
Noises = Mapping[str, Piece]

_FRAME_S: Final = 0.02
_WORD_RANGE_DB: Final = 30.0
_NOISE_RANGE_DB: Final = 40.0
_LONGEST_PAUSE_S: Final = 0.15
_RAMP_S: Final = 0.005
# Of a noise; whatever is shorter is repeated so often that it sounds like a machine.
LEAST_NOISE_S: Final = 0.1


def mixture_settings() -> Settings:
    """The constants of this module, which decide what a mixture is."""
    return {
        "frame (s)": _FRAME_S,
        "range of a word (dB)": _WORD_RANGE_DB,
        "range of a noise (dB)": _NOISE_RANGE_DB,
        "longest pause (s)": _LONGEST_PAUSE_S,
        "ramp (s)": _RAMP_S,
        "least of a noise (s)": LEAST_NOISE_S,
    }


@dataclass(frozen=True)
class Scene:
    """Speech and noise at the same energy, in pascal, not yet mixed; `language` and `clip` say which."""

    speech: Waveform
    noise: Waveform
    language: str
    clip: str

    def noise_at(self, snr_db: float) -> Waveform:
        """The noise as it is in the mixture of this ratio."""
        return np.asarray(self.noise * float(amplitude_ratio_from_decibels(np.asarray(-snr_db))))


def trimmed_word(samples: Waveform, *, sampling_rate_hz: int, name: str) -> Float[np.ndarray, " trimmed_samples"]:
    """A word within the speech band, without the silence around it, at an RMS of 1 with short ramps.

    Raises:
        InputError: the word is silent.
    """
    limited = in_band(samples, sampling_rate_hz=sampling_rate_hz)
    is_active = _activity(limited, sampling_rate_hz, _WORD_RANGE_DB, name)
    first, last = np.flatnonzero(is_active)[[0, -1]]
    frame = round(_FRAME_S * sampling_rate_hz)
    part = limited[max(0, first - 1) * frame : (last + 2) * frame]
    return np.asarray(_with_ramps(part, sampling_rate_hz) / rms_of(part))


def active_noise(samples: Waveform, *, sampling_rate_hz: int, name: str) -> Float[np.ndarray, " active_samples"]:
    """The stretches of a clip within 40 dB of its loudest moment, 20 ms more at each end, joined with short ramps.

    Raises:
        InputError: the clip is silent, or less than 0.1 s of it is active.
    """
    limited = in_band(samples, sampling_rate_hz=sampling_rate_hz)
    is_active = _activity(limited, sampling_rate_hz, _NOISE_RANGE_DB, name)
    is_active = np.convolve(is_active, np.ones(3), mode="same") > 0.0
    edges = np.flatnonzero(np.diff(np.concatenate([[False], is_active, [False]]).astype(np.int8)))
    frame = round(_FRAME_S * sampling_rate_hz)
    stretches = [
        _with_ramps(limited[start * frame : end * frame], sampling_rate_hz)
        for start, end in zip(edges[::2], edges[1::2], strict=True)
    ]
    joined = np.concatenate(stretches)
    if len(joined) < LEAST_NOISE_S * sampling_rate_hz:
        raise InputError(
            f"{name}: only {len(joined) / sampling_rate_hz:.3f} s of the clip are noise, the rest is silence; "
            f"{LEAST_NOISE_S:g} s are needed."
        )
    return joined


def draw_utterance(
    words: Words, num_samples: int, sampling_rate_hz: int, generator: np.random.Generator
) -> tuple[Float[np.ndarray, " num_samples"], str]:
    """An utterance of a random language, and which one."""
    language = sorted(words)[generator.integers(len(words))]
    return _utterance(words[language], num_samples, sampling_rate_hz, generator), language


def scene(
    words: Words,
    noises: Noises,
    language: str,
    clip: str,
    *,
    num_samples: int,
    sampling_rate_hz: int,
    generator: np.random.Generator,
) -> Scene:
    """An utterance of this language with this clip; which words and where the noise begins is drawn."""
    speech = _utterance(words[language], num_samples, sampling_rate_hz, generator)
    # A clip that is too short is repeated; its ends have ramps.
    start = int(generator.integers(len(noises[clip])))
    return with_equal_energy(speech, np.resize(np.roll(noises[clip], -start), num_samples), language, clip)


def with_equal_energy(speech: Waveform, noise: Waveform, language: str, clip: str) -> Scene:
    """Both at 65 dB SPL.

    Raises:
        InputError: one of them is silent.
    """
    return Scene(
        at_level(speech, rms=rms_of(speech), name=language, level_db_spl=SPEECH_LEVEL_DB_SPL),
        at_level(noise, rms=rms_of(noise), name=clip, level_db_spl=SPEECH_LEVEL_DB_SPL),
        language,
        clip,
    )


def _utterance(
    words: Sequence[Piece], num_samples: int, sampling_rate_hz: int, generator: np.random.Generator
) -> Waveform:
    pieces: list[Piece] = []
    length = 0
    order: list[int] = []
    while length < num_samples:
        order = order or generator.permutation(len(words)).tolist()
        pause = np.zeros(int(generator.integers(round(_LONGEST_PAUSE_S * sampling_rate_hz) + 1)))
        pieces += [pause, words[order.pop()]]
        length += sum(map(len, pieces[-2:]))
    speech = np.concatenate(pieces)[:num_samples]
    ramp = min(round(_RAMP_S * sampling_rate_hz), num_samples)
    speech[num_samples - ramp :] *= _fall(ramp)
    return speech


def _activity(samples: Waveform, sampling_rate_hz: int, range_db: float, name: str) -> np.ndarray:
    """Of each frame of 20 ms, whether it is within this range of the loudest; the last is filled up with silence."""
    frame = round(_FRAME_S * sampling_rate_hz)
    padded = np.pad(samples, (0, -len(samples) % frame))
    power = np.square(padded).reshape(-1, frame).mean(axis=1)
    if not power.max() > 0.0:
        raise InputError(f"{name}: is silent within the speech band, so nothing can be mixed with it.")
    return np.asarray(power >= power.max() * 10.0 ** (-range_db / 10.0))


def _with_ramps(samples: Waveform, sampling_rate_hz: int) -> Waveform:
    ramp = min(round(_RAMP_S * sampling_rate_hz), len(samples) // 2)
    faded = samples.copy()
    faded[:ramp] *= _fall(ramp)[::-1]
    faded[len(faded) - ramp :] *= _fall(ramp)
    return faded


def _fall(num_samples: int) -> Float[np.ndarray, " ramp"]:
    return np.asarray(np.cos(0.5 * np.pi * (np.arange(num_samples) + 1.0) / (num_samples + 1.0)) ** 2)
