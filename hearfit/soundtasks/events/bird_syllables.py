"""Which syllable a Bengalese finch sings, frame by frame, silence being a class of its own.

Split by recording. The annotated stretches are cut into windows, each heard from a little before it is scored.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Float

from hearfit.corpora.birdsong import SONG_LEVEL_DB_SPL, Song, Stretch, list_songs, read_songs
from hearfit.errors import InputError
from hearfit.soundtasks.confusion import accuracy, balanced_accuracy, confusion_matrix
from hearfit.soundtasks.events.examples import (
    HOP_S,
    HOP_SAMPLES,
    SAMPLING_RATE_HZ,
    EventData,
    Examples,
    TestScores,
    frame_centres_s,
)
from hearfit.soundtasks.events.scores import edit_distance, note_runs
from hearfit.training.settings import Settings

WINDOW_FRAMES: Final = 160
LEAD_FRAMES: Final = 20
# Shorter runs than 20 ms are no notes: the shortest of the published annotation has 22 ms.
_LEAST_RUN_FRAMES: Final = 2
SILENCE: Final = "silence"
# Every third recording, from the third on.
_TEST_STEP: Final = 3


def bird_settings() -> Settings:
    """The constants of this module and the level, which decide what is heard and how notes are read off."""
    return {
        "level of a song (dB SPL)": SONG_LEVEL_DB_SPL,
        "window (frames)": WINDOW_FRAMES,
        "unscored at its beginning (frames)": LEAD_FRAMES,
        "least note (frames)": _LEAST_RUN_FRAMES,
        "test recordings: every": _TEST_STEP,
    }


@dataclass(frozen=True)
class BirdDesign:
    """Recordings to train and to validate on, at most; every third recording of the corpus is for the test."""

    num_train: int = 20
    num_validation: int = 8


@dataclass(frozen=True)
class _Window:
    """Frames of a stretch: which song and stretch, and when its first scored frame begins."""

    song: int
    stretch: int
    start_s: float
    num_scored: int


def bird_data(folder: Path, seed: int, design: BirdDesign) -> EventData:
    """Windows of song; the seed chooses the recordings that train and validate, the test is always the same.

    Raises:
        InputError: the corpus is missing or damaged, has fewer than three recordings, or no training recording has a
            syllable that is in the test.
    """
    corpus = list_songs(folder)
    num_songs = len(corpus.recordings)
    if num_songs < 3:
        raise InputError(f"{folder}: has {num_songs} recordings; three are needed, one for each part.")
    songs = read_songs(corpus, sampling_rate_hz=SAMPLING_RATE_HZ)
    is_test = np.arange(num_songs) % _TEST_STEP == _TEST_STEP - 1
    others = np.random.default_rng(seed).permutation(np.flatnonzero(~is_test))
    num_validation = min(design.num_validation, max(1, len(others) // 3))
    validation, train = others[:num_validation], others[num_validation:][: design.num_train]
    known = {label for song in train for label in _labels(songs[song])}
    unknown = sorted({label for song in np.flatnonzero(is_test) for label in _labels(songs[song])} - known)
    if unknown:
        raise InputError(
            f"{folder}: the syllables {', '.join(map(str, unknown))} are in the test and in no recording that is "
            f"trained on. Give more recordings."
        )
    windows = {
        name: [window for song in sorted(chosen) for window in _windows(int(song), songs[song])]
        for name, chosen in (("train", train), ("validation", validation), ("test", np.flatnonzero(is_test)))
    }
    parts = {name: _examples(chosen, songs, corpus.labels) for name, chosen in windows.items()}
    left_out = (f"{corpus.num_absent} annotated recordings are not in {folder.name}.",) if corpus.num_absent else ()
    return EventData(
        classes=(*map(str, corpus.labels), SILENCE),
        is_framewise=True,
        train=parts["train"],
        validation=parts["validation"],
        test=parts["test"],
        places=np.array([(window.song, window.stretch) for window in windows["test"]]),
        left_out=left_out,
    )


def bird_scores(data: EventData, logits: Float[np.ndarray, "tests frames classes"]) -> TestScores:
    """Accuracy over frames and over classes, and errors in the sequence of notes; items are recordings.

    note error: insertions, deletions and substitutions (Levenshtein) that turn the notes read off the frames into the
    annotated ones, of all stretches, over the number of annotated notes.
    """
    answer = np.argmax(logits, axis=-1)
    is_scored = data.test.scored > 0.0
    num_classes = len(data.classes)
    songs = np.unique(data.places[:, 0])
    total = np.zeros((num_classes, num_classes), np.int64)
    all_errors = all_notes = 0
    items: dict[str, list[float]] = {"frame accuracy": [], "note error": []}
    for song in songs:
        matrix, (errors, notes) = np.zeros_like(total), (0, 0)
        for stretch in np.unique(data.places[data.places[:, 0] == song, 1]):
            rows = np.flatnonzero((data.places[:, 0] == song) & (data.places[:, 1] == stretch))
            true, said = (
                np.asarray(np.concatenate([each[row][is_scored[row]] for row in rows]), np.int64)
                for each in (data.test.targets, answer)
            )
            matrix += confusion_matrix(true, said, num_classes=num_classes)
            # What is annotated is never too short to count.
            true_notes = note_runs(true, silence=num_classes - 1, min_frames=1)
            said_notes = note_runs(said, silence=num_classes - 1, min_frames=_LEAST_RUN_FRAMES)
            errors, notes = errors + edit_distance(true_notes, said_notes), notes + len(true_notes)
        total += matrix
        all_errors, all_notes = all_errors + errors, all_notes + notes
        items["frame accuracy"].append(accuracy(matrix))
        items["note error"].append(errors / notes if notes else float("nan"))
    return TestScores(
        {
            "balanced accuracy": balanced_accuracy(total),
            "frame accuracy": accuracy(total),
            "note error": all_errors / all_notes if all_notes else float("nan"),
        },
        {name: tuple(values) for name, values in items.items()},
        confusion=total,
        case="frame",
    )


def _labels(song: Song) -> set[int]:
    return {syllable.label for stretch in song.stretches for syllable in stretch.syllables}


def _windows(index: int, song: Song) -> list[_Window]:
    step = WINDOW_FRAMES - LEAD_FRAMES
    found = []
    for number, stretch in enumerate(song.stretches):
        frames = int((stretch.end_s - stretch.start_s) / HOP_S)
        found += [
            _Window(index, number, stretch.start_s + first * HOP_S, min(step, frames - first))
            for first in range(0, frames, step)
        ]
    return found


def _examples(windows: Sequence[_Window], songs: Sequence[Song], labels: Sequence[int]) -> Examples:
    shape = (len(windows), WINDOW_FRAMES)
    sounds = np.zeros((len(windows), WINDOW_FRAMES * HOP_SAMPLES), np.float32)
    heard, scored = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    targets = np.full(shape, len(labels), np.int32)
    for row, window in enumerate(windows):
        song = songs[window.song]
        begin = round(window.start_s * SAMPLING_RATE_HZ) - LEAD_FRAMES * HOP_SAMPLES
        silence = max(-begin, 0)
        part = song.samples[max(begin, 0) : begin + sounds.shape[1]]
        sounds[row, silence : silence + len(part)] = part
        last = LEAD_FRAMES + window.num_scored
        heard[row, -(-silence // HOP_SAMPLES) : last] = 1.0
        scored[row, LEAD_FRAMES:last] = 1.0
        targets[row] = _targets(song.stretches[window.stretch], window.start_s - LEAD_FRAMES * HOP_S, labels)
    return Examples(sounds, heard, targets, scored)


def _targets(stretch: Stretch, start_s: float, labels: Sequence[int]) -> np.ndarray:
    centres = start_s + frame_centres_s(WINDOW_FRAMES)
    found = np.full(WINDOW_FRAMES, len(labels), np.int32)
    for syllable in stretch.syllables:
        found[(centres >= syllable.start_s) & (centres < syllable.end_s)] = labels.index(syllable.label)
    return found
