"""NS1: units of ferret primary auditory cortex that heard natural sounds (Harper et al. 2016; Rahman et al. 2019).

A folder holds `stimuli/00.wav` to `stimuli/19.wav` and `responses_5ms.npz` with the spikes of every repeat in bins of
5 ms. The sounds are resampled to 48 kHz, where a bin has exactly 240 samples; bin t of the responses and samples
240 t to 240 (t + 1) of the waveform are the same time. Absolute levels were not published: they are declared here.
"""

import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Float, UInt8

from hearfit.errors import InputError
from hearfit.levels import amplitude_ratio_from_decibels, db_spl_from_pascal, rms_pascal

NUM_SOUNDS: Final = 20
SAMPLING_RATE_HZ: Final = 48_000
BIN_S: Final = 0.005
SAMPLES_PER_BIN: Final = 240
MEAN_LEVEL_DB_SPL: Final = 70.0

# The header holds a whole number; the hardware ran at 48828.125 Hz, and 3072/3125 of that is 48 kHz.
_STORED_RATE_HZ: Final = 48_828
_TRUE_RATE_HZ: Final = 48_828.125
_UP: Final = 3072
_DOWN: Final = 3125
_RESPONSES: Final = "responses_5ms.npz"
_COUNTS: Final = "counts"
_FEWEST_REPEATS: Final = 2


@dataclass(frozen=True)
class NeuralRecordings:
    """Sounds in pascal at 48 kHz and the spikes of every unit, sound and repeat, bin by bin."""

    waveform_pa: Float[np.ndarray, "sounds samples"]
    counts: UInt8[np.ndarray, "units sounds repeats bins"]


@dataclass(frozen=True)
class SoundSplit:
    """Which sounds, counted from 0, train a model, choose its settings, and test it."""

    name: str
    training: tuple[int, ...]
    validation: tuple[int, ...]
    test: tuple[int, ...]


PUBLISHED_SPLIT: Final = SoundSplit("published", tuple(range(14)), (14, 15, 16), (17, 18, 19))
# Rahman et al. (2019) name the test sounds; validation takes the last three of the others, as the published split does.
RAHMAN_SPLIT: Final = SoundSplit("rahman", (0, 1, 2, 4, 5, 7, 8, 10, 11, 12, 13, 14, 15), (16, 17, 18), (3, 6, 9, 19))
SPLITS: Final = {split.name: split for split in (PUBLISHED_SPLIT, RAHMAN_SPLIT)}


def load_ns1(folder: Path) -> NeuralRecordings:
    """All sounds and responses; the levels of the sounds have a mean of 70 dB SPL and keep their differences.

    Raises:
        InputError: a file is missing, truncated or silent, a rate or the shape of the responses is another one.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: there is no such folder. Give the folder of NS1, which holds {_RESPONSES}.")
    counts = _counts(folder / _RESPONSES)
    num_bins = counts.shape[-1]
    problems: list[str] = []
    sounds: list[Float[np.ndarray, " samples"]] = []
    for index in range(NUM_SOUNDS):
        try:
            sounds.append(_sound(folder / "stimuli" / f"{index:02d}.wav", num_bins))
        except InputError as error:
            problems.extend(error.problems)
    if problems:
        raise InputError(problems)
    return NeuralRecordings(_calibrated(np.stack(sounds)), counts)


def _counts(path: Path) -> UInt8[np.ndarray, "units sounds repeats bins"]:
    if not path.is_file():
        raise InputError(f"{path}: there is no such file. NS1 keeps the responses of all units in it.")
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as content:
            names = tuple(content.files)
            counts = content[_COUNTS] if _COUNTS in names else None
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise InputError(f"{path}: cannot be read as an .npz file ({error}). Copy it again from its source.") from None
    if counts is None:
        raise InputError(f"{path}: has no array '{_COUNTS}'; it has {', '.join(names) or 'none'}.")
    shape_is_right = (
        counts.ndim == 4 and counts.shape[1] == NUM_SOUNDS and counts.shape[2] >= _FEWEST_REPEATS and counts.size > 0
    )
    if counts.dtype != np.uint8 or not shape_is_right:
        raise InputError(
            f"{path}: '{_COUNTS}' is {counts.dtype} of the shape {counts.shape}. It must be uint8: units x "
            f"{NUM_SOUNDS} sounds x repeats (at least {_FEWEST_REPEATS}) x bins of {1000 * BIN_S:g} ms."
        )
    return counts


def _sound(path: Path, num_bins: int) -> Float[np.ndarray, " samples"]:
    # Load a shared library and much of SciPy, which other commands need not wait for.
    from scipy.signal import resample_poly
    from soundfile import LibsndfileError, SoundFile

    if not path.is_file():
        raise InputError(f"{path}: there is no such file. NS1 has {NUM_SOUNDS} sounds, 00.wav to {NUM_SOUNDS - 1}.wav.")
    try:
        with SoundFile(path) as file:
            rate_hz, stored = file.samplerate, file.read(dtype="float32", always_2d=True)
    except (LibsndfileError, OSError, TypeError) as error:
        reason = str(getattr(error, "error_string", None) or error).rstrip(".")
        raise InputError(f"{path}: cannot be read as a sound file ({reason}). Copy it again from its source.") from None
    if rate_hz != _STORED_RATE_HZ:
        raise InputError(f"{path}: has {rate_hz} samples a second; the sounds of NS1 have {_STORED_RATE_HZ}.")
    if stored.shape[1] != 1:
        raise InputError(f"{path}: has {stored.shape[1]} channels; the sounds of NS1 have one.")
    fewest = int(np.ceil(num_bins * BIN_S * _TRUE_RATE_HZ))
    if len(stored) < fewest:
        raise InputError(
            f"{path}: has {len(stored)} samples, but {num_bins} bins of {1000 * BIN_S:g} ms need {fewest}. The file is "
            "truncated, or belongs to other responses. Copy it again from its source."
        )
    bad = np.flatnonzero(~np.isfinite(stored[:, 0]))
    if bad.size:
        raise InputError(f"{path}: sample {bad[0] + 1} is {stored[bad[0], 0]}, not a finite number.")
    waveform = resample_poly(stored[:, 0], _UP, _DOWN)[: num_bins * SAMPLES_PER_BIN]
    if not np.any(waveform):
        raise InputError(f"{path}: is silent throughout, so it has no level among the other sounds.")
    return np.asarray(waveform, np.float32)


def _calibrated(stored: Float[np.ndarray, "sounds samples"]) -> Float[np.ndarray, "sounds samples"]:
    level_db = db_spl_from_pascal(rms_pascal(stored.astype(np.float64)))
    gain = amplitude_ratio_from_decibels(np.asarray(MEAN_LEVEL_DB_SPL - np.mean(level_db)))
    return np.asarray(gain * stored, np.float32)
