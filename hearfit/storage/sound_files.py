"""Sound files as calibrated waveforms, read in blocks; everything that can be wrong is found before work begins."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from jaxtyping import Float

from hearfit.errors import InputError
from hearfit.levels import pascal_from_db_spl

if TYPE_CHECKING:
    from soundfile import SoundFile

LOWEST_LEVEL_DB_SPL: Final = -20.0
HIGHEST_LEVEL_DB_SPL: Final = 130.0
_BLOCK_SAMPLES: Final = 1 << 18
# A recorder that was driven too high holds its largest value for several samples in a row.
_CLIPPED_RUN: Final = 3
_FULL_SCALE: Final = 0.999


@dataclass(frozen=True)
class Sound:
    """One channel of a sound file; `rms` is relative to the full scale of the file."""

    path: Path
    sampling_rate_hz: int
    num_samples: int
    channel: int
    rms: float
    is_clipped: bool

    @property
    def duration_s(self) -> float:
        """How long it takes."""
        return self.num_samples / self.sampling_rate_hz


def check_level(level_db_spl: float) -> None:
    """Refuses levels that no sound for a person has.

    Raises:
        InputError: it is not a number from -20 to 130 dB SPL.
    """
    # Written so that NaN is refused, too.
    if not LOWEST_LEVEL_DB_SPL <= level_db_spl <= HIGHEST_LEVEL_DB_SPL:
        raise InputError(
            f"--level is {level_db_spl:g} dB SPL. It is the level of the whole file (of its RMS) at the ear, from "
            f"{LOWEST_LEVEL_DB_SPL:g} to {HIGHEST_LEVEL_DB_SPL:g} dB SPL; conversation is near 65."
        )


def inspect_sound(path: Path, *, channel: int | None, highest_frequency_hz: float) -> Sound:
    """What is in a sound file, after reading all of it once.

    Args:
        path: WAV, FLAC or another format of libsndfile; integer or float samples of any width.
        channel: which one, counting from 1; needed where there are several.
        highest_frequency_hz: what the analysis needs; the sampling rate must be at least twice that.

    Raises:
        InputError: it cannot be read, is empty or silent, has values that are not finite, too low a sampling rate, or
            several channels of which none was chosen.
    """
    with open_sound(path) as file:
        problems = []
        if file.samplerate < 2.0 * highest_frequency_hz:
            problems.append(
                f"{path}: has {file.samplerate} samples a second, but the highest channel lies at "
                f"{highest_frequency_hz:.0f} Hz, which needs at least {2.0 * highest_frequency_hz:.0f}. Give a "
                f"recording with more; converting this one cannot bring back what it lacks."
            )
        if channel is None and file.channels > 1:
            problems.append(
                f"{path}: has {file.channels} channels. An ear hears one of them: choose it with --channel 1 to "
                f"{file.channels}."
            )
        elif channel is not None and not 1 <= channel <= file.channels:
            problems.append(f"{path}: has no channel {channel}. It has {file.channels}, counted from 1.")
        if problems:
            raise InputError(problems)
        chosen = 1 if channel is None else channel
        return _inspected(path, file, chosen)


def _inspected(path: Path, file: "SoundFile", channel: int) -> Sound:
    num_samples, energy, is_clipped = 0, 0.0, False
    for block in _blocks(file, channel, _BLOCK_SAMPLES):
        bad = np.flatnonzero(~np.isfinite(block))
        if bad.size:
            raise InputError(
                f"{path}: sample {num_samples + bad[0] + 1} is {block[bad[0]]}, not a finite number. Repair or export "
                f"the recording again."
            )
        energy += float(np.sum(block.astype(np.float64) ** 2))
        num_samples += len(block)
        is_clipped = is_clipped or (len(block) > 1 and _has_run_at_full_scale(block))
    if num_samples == 0:
        raise InputError(f"{path}: holds no samples. Give a recording that is not empty.")
    if energy == 0.0:
        raise InputError(f"{path}: channel {channel} is silent throughout, so it cannot be brought to a level.")
    return Sound(path, file.samplerate, num_samples, channel, float(np.sqrt(energy / num_samples)), is_clipped)


def waveform_blocks(
    sound: Sound, *, level_db_spl: float, block_samples: int
) -> Iterator[Float[np.ndarray, " block_samples"]]:
    """The waveform in pascal, the RMS of the whole having the given level; the last block is filled up with silence.

    Raises:
        InputError: the file cannot be read any more.
    """
    gain = float(pascal_from_db_spl(np.asarray(level_db_spl))) / sound.rms
    with open_sound(sound.path) as file:
        for block in _blocks(file, sound.channel, block_samples):
            padded = np.zeros(block_samples, np.float32)
            padded[: len(block)] = gain * block
            yield padded


def _blocks(file: "SoundFile", channel: int, block_samples: int) -> Iterator[Float[np.ndarray, " samples"]]:
    while len(block := file.read(block_samples, dtype="float32", always_2d=True)):
        yield block[:, channel - 1]


def _has_run_at_full_scale(block: Float[np.ndarray, " samples"]) -> bool:
    """Whether one value near or above full scale is held; float files may exceed full scale unharmed."""
    is_held = (np.abs(block[1:]) >= _FULL_SCALE) & (block[1:] == block[:-1])
    return bool(np.any(np.convolve(is_held.astype(np.int32), np.ones(_CLIPPED_RUN - 1, np.int32)) >= _CLIPPED_RUN - 1))


def open_sound(path: Path) -> "SoundFile":
    """A sound file, opened for reading; close it by `with`.

    Raises:
        InputError: it is missing, a folder, or in no format of libsndfile.
    """
    # Loads a shared library, which other commands need not wait for.
    from soundfile import LibsndfileError, SoundFile

    if path.is_dir():
        raise InputError(f"{path}: is a folder, not a file. Give the path of a sound file.")
    if not path.exists():
        raise InputError(f"{path}: there is no such file. Give the path of a sound file.")
    try:
        return SoundFile(path)
    except (LibsndfileError, OSError, TypeError) as error:
        # The reason as libsndfile words it; some of its sentences end with a full stop.
        reason = getattr(error, "error_string", None) or error
        raise InputError(
            f"{path}: cannot be read as a sound file ({str(reason).rstrip('.')}). Give a WAV or FLAC file."
        ) from None
