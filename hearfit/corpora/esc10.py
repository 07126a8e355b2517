"""ESC-10: environmental sounds of ten classes in five folds (Piczak 2015, doi:10.1145/2733373.2806390).

Folders are named `001-Dogbark`, files `FOLD-SOURCE-TAKE`, as in `5-203128-B.flac`. Takes of one source recording share
a fold, so folds that do not overlap share no recording.
"""

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hearfit.corpora.audio import Waveform, read_recording
from hearfit.errors import InputError

FOLDS: Final = (1, 2, 3, 4, 5)
_CLASS_FOLDER: Final = re.compile(r"\d{3}-(?P<name>\w+)")
_CLIP_NAME: Final = re.compile(r"(?P<fold>\d+)-(?P<source>\d+)-(?P<take>[A-Z])")
_SUFFIXES: Final = (".flac", ".ogg", ".wav")


@dataclass(frozen=True)
class ClipFile:
    """One clip, not yet read: `name` is that of its file without the ending, unique in the corpus."""

    path: Path
    name: str
    sound_class: str
    fold: int
    source: str


def clip_files(folder: Path) -> tuple[ClipFile, ...]:
    """All clips of the corpus, in the order of their names; nothing is read yet.

    Raises:
        InputError: there is no such folder, no clip in it, a clip whose name has no fold, two clips of one name, or one
            source in two folds.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: is not a folder. Give the folder of ESC-10, which holds 001-Dogbark and others.")
    clips, problems = [], []
    for path in sorted(folder.glob("*/*")):
        class_folder = _CLASS_FOLDER.fullmatch(path.parent.name)
        if class_folder is None or path.suffix.lower() not in _SUFFIXES:
            continue
        name = _CLIP_NAME.fullmatch(path.stem)
        if name is None or int(name["fold"]) not in FOLDS:
            problems.append(
                f"{path}: is named {path.stem!r}. A clip of ESC-10 is named FOLD-SOURCE-TAKE with a fold from "
                f"{FOLDS[0]} to {FOLDS[-1]}, such as 5-203128-B."
            )
            continue
        clips.append(ClipFile(path, path.stem, class_folder["name"], int(name["fold"]), name["source"]))
    if not clips and not problems:
        raise InputError(
            f"{folder}: holds no clips. ESC-10 has folders such as 001-Dogbark with files such as 5-203128-B.flac."
        )
    problems += _contradictions(clips)
    if problems:
        raise InputError(problems)
    return tuple(sorted(clips, key=lambda clip: clip.name))


def read_clip(clip: ClipFile, *, sampling_rate_hz: int) -> Waveform:
    """The clip relative to the full scale of its file; parts of many clips are digital silence.

    Raises:
        InputError: it cannot be read, is truncated, or has a lower sampling rate.
    """
    return read_recording(clip.path, sampling_rate_hz=sampling_rate_hz)


def _contradictions(clips: list[ClipFile]) -> list[str]:
    problems = [
        f"{name}: there are {count} clips of this name; each may exist once."
        for name, count in Counter(clip.name for clip in clips).items()
        if count > 1
    ]
    folds: dict[str, set[int]] = {}
    for clip in clips:
        folds.setdefault(clip.source, set()).add(clip.fold)
    return problems + [
        f"Source {source} has clips in the folds {sorted(its)}; takes of one recording belong into one fold."
        for source, its in folds.items()
        if len(its) > 1
    ]
