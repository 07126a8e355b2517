"""Spoken digits: one a file, named `{digit}_{speaker}_{take}`, as in the Free Spoken Digit Dataset (Jackson et al.)."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hearfit.corpora.audio import SPEECH_LEVEL_DB_SPL, Waveform, active_rms, at_level, read_recording
from hearfit.errors import InputError

RECORDING_RATE_HZ: Final = 8_000
"""Lowest rate that is taken; the recordings end at 4 kHz, as telephone speech does."""

_AUDIO: Final = (".flac", ".wav")
_NAME: Final = re.compile(r"(?P<digit>[0-9])_(?P<speaker>[A-Za-z][A-Za-z0-9-]*)_(?P<take>[0-9]+)")


@dataclass(frozen=True, order=True)
class SpokenDigit:
    """One recording and what its name says."""

    speaker: str
    digit: int
    take: int
    path: Path


def list_spoken_digits(folder: Path) -> tuple[SpokenDigit, ...]:
    """Every recording of a folder, by speaker, digit and take; other files than sounds are not looked at.

    Raises:
        InputError: the folder is missing or holds no sounds, a name is not of the form or says the same as another.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: is not a folder. Name the folder with the recordings of spoken digits.")
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in _AUDIO)
    if not paths:
        raise InputError(f"{folder}: holds no recordings ({' or '.join(_AUDIO)}).")
    problems = []
    found: dict[tuple[str, int, int], SpokenDigit] = {}
    for path in paths:
        match = _NAME.fullmatch(path.stem)
        if match is None:
            problems.append(
                f"{path}: the name is not DIGIT_SPEAKER_TAKE with a digit from 0 to 9 and a whole number as take, such "
                f"as 7_jackson_12."
            )
            continue
        spoken = SpokenDigit(match["speaker"], int(match["digit"]), int(match["take"]), path)
        other = found.setdefault((spoken.speaker, spoken.digit, spoken.take), spoken)
        if other is not spoken:
            problems.append(f"{path}: is the same digit, speaker and take as {other.path.name}. Keep one of the two.")
    if problems:
        raise InputError(problems)
    return tuple(sorted(found.values()))


def read_spoken_digit(
    spoken: SpokenDigit, *, sampling_rate_hz: int, level_db_spl: float = SPEECH_LEVEL_DB_SPL
) -> Waveform:
    """The recording in pascal, its active part at `level_db_spl`: a speaker's microphone gain tells nothing.

    Raises:
        InputError: it is missing, truncated, silent or has fewer than 8,000 samples a second.
    """
    samples = read_recording(spoken.path, sampling_rate_hz=sampling_rate_hz, lowest_rate_hz=RECORDING_RATE_HZ)
    rms = active_rms(samples, sampling_rate_hz=sampling_rate_hz)
    return at_level(samples, level_db_spl=level_db_spl, rms=rms, name=str(spoken.path))
