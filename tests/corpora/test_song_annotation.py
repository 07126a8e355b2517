"""Song annotations: what was written is read, and whatever else comes is refused in a sentence."""

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hearfit.corpora.song_annotation import Note, SongSequence, parse_annotation, read_annotation
from hearfit.errors import InputError

NAMES = st.from_regex(r"[A-Za-z0-9_]{1,8}\.wav", fullmatch=True)


Plain = tuple[str, int, int, tuple[tuple[int, int, int], ...]]


@st.composite
def plain_sequences(draw: st.DrawFn) -> tuple[Plain, ...]:
    """Sequences side by side in a few recordings, with notes side by side.

    Plain tuples: dataclasses check their types at random places, which a strategy must not do.
    """
    found: list[Plain] = []
    for name in draw(st.lists(NAMES, min_size=1, max_size=3, unique=True)):
        start = 0
        for _ in range(draw(st.integers(1, 3))):
            start += draw(st.integers(0, 100))
            position = start
            notes: list[tuple[int, int, int]] = []
            for _ in range(draw(st.integers(0, 4))):
                position += draw(st.integers(0, 50))
                end = position + draw(st.integers(1, 50))
                notes.append((position, end, draw(st.integers(0, 63))))
                position = end
            end = position + draw(st.integers(1, 50))
            found.append((name, start, end, tuple(notes)))
            start = end
    return tuple(found)


def sequences_of(plain: tuple[Plain, ...]) -> tuple[SongSequence, ...]:
    return tuple(
        SongSequence(name, start, end, tuple(Note(*note) for note in notes)) for name, start, end, notes in plain
    )


def as_xml(found: tuple[SongSequence, ...]) -> bytes:
    parts = []
    for sequence in found:
        notes = "".join(
            f"<Note><Position>{note.start - sequence.start}</Position><Length> {note.end - note.start}\n</Length>"
            f"<Label>{note.label}</Label></Note>"
            for note in sequence.notes
        )
        parts.append(
            f"<Sequence><WaveFileName>{sequence.recording}</WaveFileName><Position>{sequence.start}</Position>"
            f"<Length>{sequence.end - sequence.start}</Length><NumNote>{len(sequence.notes)}</NumNote>{notes}"
            "</Sequence>"
        )
    return f"<?xml version='1.0'?><Sequences><NumSequence>9</NumSequence>{''.join(parts)}</Sequences>".encode()


@given(plain=plain_sequences())
def test_what_was_written_is_read(plain: tuple[Plain, ...]) -> None:
    found = sequences_of(plain)
    # Truth: the round trip through a writer of its own, after the schema that the data set describes.
    assert parse_annotation(as_xml(found), name="a.xml") == found


@given(content=st.binary(max_size=80))
@example(content=b"<?xml version='1.0' encoding='no-such'?><Sequences/>")
@example(content=b"<Sequences>\x00</Sequences>")
@example(content=b"<?xml version='1.0' encoding='utf-16'?><Sequences/>")
def test_any_other_content_is_refused(content: bytes) -> None:
    with pytest.raises(InputError, match=r"a\.xml"):
        parse_annotation(content, name="a.xml")


@given(plain=plain_sequences(), data=st.data())
def test_a_file_cut_anywhere_is_refused(plain: tuple[Plain, ...], data: st.DataObject) -> None:
    content = as_xml(sequences_of(plain))
    end = data.draw(st.integers(0, len(content) - 1))
    with pytest.raises(InputError, match="not well-formed"):
        parse_annotation(content[:end], name="a.xml")


SEQUENCE = (
    b"<Sequences><Sequence><WaveFileName>0.wav</WaveFileName><Position>5</Position><Length>100</Length>"
    b"<Note><Position>10</Position><Length>20</Length><Label>1</Label></Note>"
    b"<Note><Position>30</Position><Length>20</Length><Label>2</Label></Note></Sequence></Sequences>"
)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (b"<Label>2</Label>", b"<Label>64</Label>", "sequence 1: note 2: the label is 64; allowed are"),
        (b"<Label>2</Label>", b"<Label>a</Label>", "<Label> is 'a'; allowed are whole numbers from 0 on"),
        (b"<Label>2</Label>", b"<Label>-1</Label>", "<Label> is '-1'"),
        (b"<Label>2</Label>", "<Label>٢</Label>".encode(), "<Label> is '٢'"),
        (b"<Label>2</Label>", b"", "note 2: has 0 elements <Label>, but one is needed"),
        (b"<Label>2</Label>", b"<Label>2</Label><Label>2</Label>", "has 2 elements <Label>"),
        (b"<Label>2</Label>", b"<Label/>", "<Label> is empty"),
        (b"<Length>100</Length>", b"<Length>49</Length>", "note 2: ends at sample 50, but its sequence has 49"),
        (b"<Length>100</Length>", b"<Length>0</Length>", "<Length> is '0'; allowed are whole numbers from 1 on"),
        (b"<Position>30", b"<Position>29", "note 2: begins before the note before it ends"),
        (b"0.wav", b"../0.wav", "not a bare file name"),
        (b"Sequences>", b"Songs>", "outermost element is <Songs>"),
        (b"Sequence>", b"Sequel>", "holds no sequences"),
    ],
)
def test_what_is_wrong_is_named(old: bytes, new: bytes, says: str) -> None:
    assert len(parse_annotation(SEQUENCE, name="a.xml")[0].notes) == 2
    with pytest.raises(InputError) as caught:
        parse_annotation(SEQUENCE.replace(old, new), name="a.xml")
    assert says in str(caught.value)


def test_notes_that_overlap_are_refused_but_silence_may() -> None:
    first = SongSequence("0.wav", 0, 10, (Note(2, 9, 1),))
    found = (first, SongSequence("1.wav", 5, 20, ()), SongSequence("0.wav", 8, 20, (Note(9, 12, 1),)))
    assert parse_annotation(as_xml(found), name="a.xml") == found
    clash = (first, SongSequence("0.wav", 8, 20, (Note(8, 12, 1),)))
    with pytest.raises(
        InputError, match=r"two notes of 0\.wav overlap: one begins at sample 8, one before it ends at 9"
    ):
        parse_annotation(as_xml(clash), name="a.xml")


def test_entities_are_not_expanded() -> None:
    # Truth: the classic nested entities that would grow to 10^9 characters; none is ever declared.
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    content = f'<?xml version="1.0"?>\n<!DOCTYPE x [<!ENTITY e0 "ha">{levels}]><Sequences>&e9;</Sequences>'.encode()
    with pytest.raises(InputError, match="line 2: has a document type"):
        parse_annotation(content, name="a.xml")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"Annotation\.xml: cannot be read \(No such file"):
        read_annotation(tmp_path / "Annotation.xml")
