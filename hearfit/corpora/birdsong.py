"""Recordings of a songbird with all of its syllables labelled: the repository of Koumura & Okanoya (2016).

T. Koumura & K. Okanoya, Automatic recognition of element classes and boundaries in the birdsong with variable
sequences, PLOS ONE 11(7): e0159188, 2016.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from hearfit.corpora.audio import Waveform, at_level, read_recording, rms_of
from hearfit.corpora.song_annotation import Note, SongSequence, read_annotation
from hearfit.errors import InputError
from hearfit.storage.sound_files import open_sound

ANNOTATION: Final = "Annotation.xml"
SONG_LEVEL_DB_SPL: Final = 70.0
"""Declared mean level of the song of a bird nearby; the recordings are not calibrated."""

_AUDIO: Final = (".flac", ".wav")


@dataclass(frozen=True)
class SongRecording:
    """One recording and its annotated sequences, in their order; in samples of the recording's own rate."""

    path: Path
    sequences: tuple[SongSequence, ...]


@dataclass(frozen=True)
class SongCorpus:
    """What a folder holds.

    Attributes:
        recordings: by name.
        labels: of the syllables, ascending.
        num_absent: recordings that are annotated but not in the folder; parts of the repository are passed around.
    """

    recordings: tuple[SongRecording, ...]
    labels: tuple[int, ...]
    num_absent: int


@dataclass(frozen=True)
class Syllable:
    """When which syllable was sung."""

    start_s: float
    end_s: float
    label: int


@dataclass(frozen=True)
class Stretch:
    """Between these times every syllable is annotated."""

    start_s: float
    end_s: float
    syllables: tuple[Syllable, ...]


@dataclass(frozen=True)
class Song:
    """A recording that has been read."""

    name: str
    samples: Waveform
    stretches: tuple[Stretch, ...]


def list_songs(folder: Path) -> SongCorpus:
    """The recordings of a folder with their annotation; no sound is read.

    Raises:
        InputError: the folder or its annotation is missing or wrong (`read_annotation`), it holds no recordings, one
            that is not annotated, or one twice.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: is not a folder. Name the folder with the recordings and their {ANNOTATION}.")
    sequences = read_annotation(folder / ANNOTATION)
    by_stem: dict[str, list[SongSequence]] = {}
    for sequence in sequences:
        by_stem.setdefault(Path(sequence.recording).stem, []).append(sequence)
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in _AUDIO)
    problems = []
    if not paths:
        problems.append(f"{folder}: holds no recordings ({' or '.join(_AUDIO)}).")
    problems.extend(
        f"{path}: is not in {ANNOTATION}. Annotate it, or take it out of the folder."
        for path in paths
        if path.stem not in by_stem
    )
    stems = [path.stem for path in paths]
    problems.extend(f"{path}: is there twice." for path in paths if stems.count(path.stem) > 1)
    if problems:
        raise InputError(problems)
    recordings = tuple(
        SongRecording(path, tuple(sorted(by_stem[path.stem], key=lambda sequence: sequence.start)))
        for path in sorted(paths, key=lambda path: (len(path.stem), path.stem))
    )
    labels = sorted({note.label for song in recordings for sequence in song.sequences for note in sequence.notes})
    return SongCorpus(recordings, tuple(labels), len(by_stem) - len(recordings))


def read_songs(corpus: SongCorpus, *, sampling_rate_hz: int) -> tuple[Song, ...]:
    """All recordings in pascal, their notes at `SONG_LEVEL_DB_SPL` on average over their energy.

    One gain for all: the levels of one bird's recordings belong together.

    Raises:
        InputError: a recording is missing, truncated, ends before its annotation does, or has a lower rate than
            wanted; all of them are silent.
    """
    songs = [_read_song(recording, sampling_rate_hz) for recording in corpus.recordings]
    inside = np.concatenate([_inside_notes(song, sampling_rate_hz) for song in songs])
    rms = rms_of(inside) if inside.size else 0.0
    return tuple(
        replace(song, samples=at_level(song.samples, level_db_spl=SONG_LEVEL_DB_SPL, rms=rms, name="The song"))
        for song in songs
    )


def _read_song(recording: SongRecording, sampling_rate_hz: int) -> Song:
    with open_sound(recording.path) as file:
        own_rate_hz, num_samples = int(file.samplerate), int(file.frames)
    last = max(sequence.end for sequence in recording.sequences)
    if last > num_samples:
        raise InputError(
            f"{recording.path}: has {num_samples} samples, but {ANNOTATION} goes on to sample {last}. It is truncated, "
            f"or the annotation is that of another recording or rate."
        )
    return Song(
        name=recording.path.stem,
        samples=read_recording(recording.path, sampling_rate_hz=sampling_rate_hz),
        stretches=tuple(
            Stretch(
                start / own_rate_hz,
                end / own_rate_hz,
                tuple(Syllable(note.start / own_rate_hz, note.end / own_rate_hz, note.label) for note in notes),
            )
            for start, end, notes in _joined(recording.sequences)
        ),
    )


def _joined(sequences: Sequence[SongSequence]) -> list[tuple[int, int, tuple[Note, ...]]]:
    """Sequences that touch or overlap as one; what is silence in one may be a note of the next."""
    joined: list[tuple[int, int, tuple[Note, ...]]] = []
    for sequence in sequences:
        start, end, notes = sequence.start, sequence.end, sequence.notes
        if joined and start <= joined[-1][1]:
            first, last, before = joined.pop()
            start, end, notes = first, max(end, last), tuple(sorted((*before, *notes), key=lambda note: note.start))
        joined.append((start, end, notes))
    return joined


def _inside_notes(song: Song, sampling_rate_hz: int) -> Waveform:
    parts = [
        song.samples[round(syllable.start_s * sampling_rate_hz) : round(syllable.end_s * sampling_rate_hz)]
        for stretch in song.stretches
        for syllable in stretch.syllables
    ]
    return np.concatenate(parts) if parts else np.zeros(0)
