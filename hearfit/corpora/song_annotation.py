"""Annotated birdsong as Koumura & Okanoya (2016) publish it: an XML file with the notes of every stretch of song.

    Sequences > Sequence > WaveFileName, Position, Length, Note > Position, Length, Label

Positions and lengths are samples: those of a sequence in the recording, those of a note in its sequence. Outside the
sequences nothing is annotated; within one, what is not a note is silence.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from hearfit.errors import InputError

_MOST_LABELS: Final = 64


@dataclass(frozen=True)
class Note:
    """One syllable: samples from `start` up to before `end`, counted from the beginning of the recording."""

    start: int
    end: int
    label: int


@dataclass(frozen=True)
class SongSequence:
    """A stretch of a recording whose notes are all annotated, in their order, without overlap.

    The silence around the notes may overlap with that of the next sequence.
    """

    recording: str
    start: int
    end: int
    notes: tuple[Note, ...]


class _ProblemError(Exception):
    """What is wrong with one element, without the file and the sequence it is in."""


def read_annotation(path: Path) -> tuple[SongSequence, ...]:
    """All sequences in the order of the file.

    Raises:
        InputError: the file is missing, no XML or one with a document type, lacks an element, has a number that is
            none, a label outside 0 to 63, a note outside its sequence, or notes that overlap.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}). It should hold the annotation.") from error
    return parse_annotation(content, name=str(path))


def parse_annotation(content: bytes, *, name: str) -> tuple[SongSequence, ...]:
    """`read_annotation` of a content; `name` stands in messages.

    Raises:
        InputError: see `read_annotation`.
    """
    root = _parse_xml(content, name)
    if root.tag != "Sequences":
        raise InputError(f"{name}: its outermost element is <{root.tag}>, but it should be <Sequences>.")
    sequences, problems = [], []
    for number, element in enumerate(root.findall("Sequence"), start=1):
        try:
            sequences.append(_sequence(element))
        except _ProblemError as problem:
            problems.append(f"{name}: sequence {number}: {problem}")
    if not sequences and not problems:
        raise InputError(f"{name}: holds no sequences.")
    problems.extend(f"{name}: {problem}" for problem in _overlaps(sequences))
    if problems:
        raise InputError(problems)
    return tuple(sequences)


def _parse_xml(content: bytes, name: str) -> Element:
    """The tree of a file without a document type: entities can only be declared in one, so there is none to expand."""
    builder = TreeBuilder()
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def refuse(*_: object) -> None:
        raise InputError(
            f"{name}: line {parser.CurrentLineNumber}: has a document type. An annotation needs none; delete that line."
        )

    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, LookupError, ValueError) as error:
        raise InputError(f"{name}: is not well-formed XML ({error}). Copy or export the annotation again.") from error
    return builder.close()


def _sequence(element: Element) -> SongSequence:
    recording = _text(element, "WaveFileName")
    if Path(recording).name != recording:
        raise _ProblemError(f"the recording {recording!r} is not a bare file name.")
    start, length = _count(element, "Position"), _count(element, "Length", least=1)
    notes: list[Note] = []
    for number, part in enumerate(element.findall("Note"), start=1):
        try:
            note = _note(part, start, length)
            if notes and note.start < notes[-1].end:
                raise _ProblemError("begins before the note before it ends.")
        except _ProblemError as problem:
            raise _ProblemError(f"note {number}: {problem}") from None
        notes.append(note)
    return SongSequence(recording, start, start + length, tuple(notes))


def _note(element: Element, sequence_start: int, sequence_length: int) -> Note:
    start, length = _count(element, "Position"), _count(element, "Length", least=1)
    if start + length > sequence_length:
        raise _ProblemError(f"ends at sample {start + length}, but its sequence has {sequence_length} samples.")
    label = _count(element, "Label")
    if label >= _MOST_LABELS:
        raise _ProblemError(f"the label is {label}; allowed are whole numbers from 0 to {_MOST_LABELS - 1}.")
    return Note(sequence_start + start, sequence_start + start + length, label)


def _overlaps(sequences: Sequence[SongSequence]) -> list[str]:
    """Notes of neighbouring sequences that overlap; the silence around them may, and does in the published file."""
    by_recording: dict[str, list[Note]] = {}
    for sequence in sequences:
        by_recording.setdefault(sequence.recording, []).extend(sequence.notes)
    return [
        f"two notes of {recording} overlap: one begins at sample {later.start}, one before it ends at {earlier.end}."
        for recording, notes in by_recording.items()
        for earlier, later in pairwise(sorted(notes, key=lambda note: note.start))
        if later.start < earlier.end
    ]


def _text(element: Element, tag: str) -> str:
    found = element.findall(tag)
    if len(found) != 1:
        raise _ProblemError(f"has {len(found)} elements <{tag}>, but one is needed.")
    text = (found[0].text or "").strip()
    if not text:
        raise _ProblemError(f"<{tag}> is empty.")
    return text


def _count(element: Element, tag: str, *, least: int = 0) -> int:
    text = _text(element, tag)
    # A number of samples needs no more digits; `int` would also take "1_000" and "١٢".
    if not (text.isascii() and text.isdecimal() and len(text) <= 12) or int(text) < least:
        raise _ProblemError(f"<{tag}> is {text[:40]!r}; allowed are whole numbers from {least} on.")
    return int(text)
