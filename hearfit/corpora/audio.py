"""Recordings of a corpus as mono waveforms at the wanted rate, and the level at which they are played, in pascal."""

import re
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from jaxtyping import Float
from scipy.signal import resample_poly

from hearfit.errors import InputError
from hearfit.levels import pascal_from_db_spl
from hearfit.storage.sound_files import open_sound

if TYPE_CHECKING:
    from soundfile import SoundFile

Waveform = Float[np.ndarray, " samples"]

SPEECH_LEVEL_DB_SPL: Final = 65.0
"""Conversational speech at one metre, the usual presentation level of speech tests."""

ACTIVITY_FRAME_S: Final = 0.02
ACTIVITY_RANGE_DB: Final = 30.0

# A resampling filter grows with these numbers; every pair of common rates stays far below.
_MAX_RESAMPLING_FACTOR: Final = 2_000
# The largest length that a RIFF header can hold, by which streams say that they do not know theirs.
_UNKNOWN_LENGTH: Final = 0xFFFFFFFF


def read_recording(
    path: Path, *, sampling_rate_hz: int, lowest_rate_hz: int | None = None, channel: int | None = None
) -> Waveform:
    """The samples of one channel at `sampling_rate_hz`, relative to the file's full scale.

    Resampled by a zero-phase polyphase filter (`scipy.signal.resample_poly`) where the file has another rate; the
    length is then ceil(samples * wanted / own).

    Args:
        path: WAV, FLAC or another format of libsndfile.
        sampling_rate_hz: of the result.
        lowest_rate_hz: the lowest rate of a file that is taken; without one, `sampling_rate_hz`, so that no band of
            the result is empty without being asked for.
        channel: which one, counting from 1; needed where there are several.

    Raises:
        InputError: it is missing, unreadable, truncated, empty, has values that are not finite, too low a rate, a
            channel that it lacks, or several of which none was chosen.
    """
    lowest_rate_hz = sampling_rate_hz if lowest_rate_hz is None else lowest_rate_hz
    with open_sound(path) as file:
        own_rate_hz = file.samplerate
        _check_header(path, file, lowest_rate_hz=lowest_rate_hz, channel=channel)
        samples = _all_samples(path, file)[:, 0 if channel is None else channel - 1]
    if not samples.size:
        raise InputError(f"{path}: holds no samples. Give a recording that is not empty.")
    bad = np.flatnonzero(~np.isfinite(samples))
    if bad.size:
        raise InputError(
            f"{path}: sample {bad[0] + 1} is {samples[bad[0]]}, not a finite number. Export the recording again."
        )
    return resampled(samples, own_rate_hz=own_rate_hz, sampling_rate_hz=sampling_rate_hz)


def resampled(samples: Waveform, *, own_rate_hz: int, sampling_rate_hz: int) -> Float[np.ndarray, " resampled_samples"]:
    """The same sound at another rate.

    Raises:
        InputError: the rates have no ratio of small whole numbers.
    """
    if own_rate_hz == sampling_rate_hz:
        return samples
    ratio = Fraction(sampling_rate_hz, own_rate_hz)
    if max(ratio.numerator, ratio.denominator) > _MAX_RESAMPLING_FACTOR:
        raise InputError(
            f"A recording at {own_rate_hz} Hz cannot be converted to {sampling_rate_hz} Hz: their ratio {ratio} needs "
            f"factors up to {_MAX_RESAMPLING_FACTOR}. Convert the recording with an audio program."
        )
    return np.asarray(resample_poly(samples, ratio.numerator, ratio.denominator), dtype=np.float64)


def at_level(samples: Waveform, *, level_db_spl: float, rms: float, name: str) -> Waveform:
    """The sound in pascal, scaled so that the given RMS of it (of the whole, of its active part) has this level.

    Raises:
        InputError: the RMS is zero, so the sound `name` is silent and has no level.
    """
    if not rms > 0.0:
        raise InputError(f"{name}: is silent, so it cannot be brought to {level_db_spl:g} dB SPL.")
    return np.asarray(samples * (float(pascal_from_db_spl(np.asarray(level_db_spl))) / rms))


def rms_of(samples: Waveform) -> float:
    """Root mean square of the whole."""
    return float(np.sqrt(np.mean(np.square(samples))))


def active_rms(samples: Waveform, *, sampling_rate_hz: float) -> float:
    """Root mean square of the frames in which there is sound: those within 30 dB of the loudest one.

    Frames of 20 ms side by side; an incomplete last one does not count unless it is the only one. Pauses and the
    silence around a word thus do not lower the level, and a quiet room behind the talker does not count as speech.
    """
    frame = max(1, min(round(ACTIVITY_FRAME_S * sampling_rate_hz), len(samples)))
    powers = np.mean(np.square(samples[: len(samples) // frame * frame]).reshape(-1, frame), axis=1)
    is_active = powers >= powers.max() * 10.0 ** (-ACTIVITY_RANGE_DB / 10.0)
    return float(np.sqrt(powers[is_active].mean()))


def _check_header(path: Path, file: "SoundFile", *, lowest_rate_hz: int, channel: int | None) -> None:
    problems = []
    if file.samplerate < lowest_rate_hz:
        problems.append(
            f"{path}: has {file.samplerate} samples a second, fewer than the {lowest_rate_hz} that are needed. "
            f"Converting the recording cannot bring back what it lacks."
        )
    if channel is None and file.channels > 1:
        problems.append(f"{path}: has {file.channels} channels, but an ear hears one. Give a mono recording.")
    elif channel is not None and not 1 <= channel <= file.channels:
        problems.append(f"{path}: has no channel {channel}. It has {file.channels}, counted from 1.")
    # libsndfile shortens a truncated RIFF file without an error; only its log tells.
    cut = re.search(r"^data *: *(\d+) \(should be (\d+)\)", file.extra_info, re.MULTILINE)
    if cut and int(cut[2]) < int(cut[1]) < _UNKNOWN_LENGTH:
        problems.append(
            f"{path}: is truncated: its header announces {cut[1]} bytes of sound, it holds {cut[2]}. Copy it again."
        )
    if problems:
        raise InputError(problems)


def _all_samples(path: Path, file: "SoundFile") -> Float[np.ndarray, "samples channels"]:
    from soundfile import LibsndfileError

    announced = file.frames
    try:
        samples = file.read(dtype="float64", always_2d=True)
    except LibsndfileError:
        samples = np.zeros((0, file.channels))
    if len(samples) < announced:
        raise InputError(
            f"{path}: is truncated or damaged: its header announces {announced} samples, {len(samples)} could be "
            f"read. Copy it again."
        )
    return np.asarray(samples, dtype=np.float64)
