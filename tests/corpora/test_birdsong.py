"""Birdsong: recordings and annotation agree, levels are those declared, and what does not fit is refused."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from hearfit.corpora.birdsong import list_songs, read_songs
from hearfit.errors import InputError

RATE_HZ = 8_000
SEQUENCE = (
    "<Sequence><WaveFileName>{name}.wav</WaveFileName><Position>800</Position><Length>4000</Length><NumNote>1</NumNote>"
    "<Note><Position>400</Position><Length>1600</Length><Label>{label}</Label></Note></Sequence>"
)


def write_annotation(folder: Path, *names: str) -> None:
    parts = [SEQUENCE.format(name=name, label=number + 3) for number, name in enumerate(names)]
    (folder / "Annotation.xml").write_text(f"<Sequences>{''.join(parts)}</Sequences>", "utf-8")


def write_song(folder: Path, name: str, *, amplitude: float = 0.1, num_samples: int = 8_000) -> None:
    samples = np.zeros(num_samples)
    samples[1200:2800] = amplitude
    soundfile.write(folder / f"{name}.wav", samples, RATE_HZ, subtype="FLOAT")


def test_songs_are_read_with_times_and_level(tmp_path: Path) -> None:
    write_annotation(tmp_path, "10", "9", "elsewhere")
    write_song(tmp_path, "10", amplitude=0.1)
    write_song(tmp_path, "9", amplitude=0.2)
    corpus = list_songs(tmp_path)
    assert [song.path.stem for song in corpus.recordings] == ["9", "10"]
    assert (corpus.labels, corpus.num_absent) == ((3, 4), 1)
    songs = read_songs(corpus, sampling_rate_hz=RATE_HZ)
    (stretch,) = songs[0].stretches
    assert (stretch.start_s, stretch.end_s) == (0.1, 0.6)
    assert [(syllable.start_s, syllable.end_s, syllable.label) for syllable in stretch.syllables] == [(0.15, 0.35, 4)]
    # Truth: 70 dB SPL of the mean power of all notes, written out; the second bird call stays twice as loud.
    mean_power = np.mean([np.mean(song.samples[1200:2800] ** 2) for song in songs])
    assert 10.0 * np.log10(mean_power / (20e-6) ** 2) == pytest.approx(70.0, abs=1e-6)
    assert songs[0].samples[2000] / songs[1].samples[2000] == pytest.approx(2.0)


def test_sequences_that_touch_are_one_stretch(tmp_path: Path) -> None:
    parts = [SEQUENCE.format(name="0", label=label) for label in (1, 2, 3)]
    # The second begins within the silence at the end of the first, the third later.
    parts[1] = parts[1].replace("<Position>800<", "<Position>4600<", 1)
    parts[2] = parts[2].replace("<Position>800<", "<Position>8601<", 1)
    (tmp_path / "Annotation.xml").write_text(f"<Sequences>{''.join(reversed(parts))}</Sequences>", "utf-8")
    write_song(tmp_path, "0", num_samples=16_000)
    (song,) = read_songs(list_songs(tmp_path), sampling_rate_hz=RATE_HZ)
    assert [(stretch.start_s, stretch.end_s) for stretch in song.stretches] == [(0.1, 1.075), (1.075125, 1.575125)]
    assert [syllable.label for syllable in song.stretches[0].syllables] == [1, 2]


def test_times_do_not_depend_on_the_rate_asked_for(tmp_path: Path) -> None:
    write_annotation(tmp_path, "0")
    write_song(tmp_path, "0")
    (song,) = read_songs(list_songs(tmp_path), sampling_rate_hz=4_000)
    assert song.stretches[0].syllables[0].start_s == 0.15
    assert len(song.samples) == 4_000


def test_what_does_not_fit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not a folder"):
        list_songs(tmp_path / "none")
    write_annotation(tmp_path, "0")
    with pytest.raises(InputError, match="holds no recordings"):
        list_songs(tmp_path)
    write_song(tmp_path, "0", num_samples=4_000)
    corpus = list_songs(tmp_path)
    with pytest.raises(InputError, match=r"0\.wav: has 4000 samples, but Annotation\.xml goes on to sample 4800"):
        read_songs(corpus, sampling_rate_hz=RATE_HZ)
    write_song(tmp_path, "0")
    with pytest.raises(InputError, match="has 8000 samples a second, fewer than"):
        read_songs(corpus, sampling_rate_hz=16_000)
    write_song(tmp_path, "1")
    with pytest.raises(InputError, match=r"1\.wav: is not in Annotation\.xml"):
        list_songs(tmp_path)
    (tmp_path / "1.wav").rename(tmp_path / "0.flac")
    with pytest.raises(InputError, match=r"0\.flac: is there twice"):
        list_songs(tmp_path)


def test_silent_songs_have_no_level(tmp_path: Path) -> None:
    write_annotation(tmp_path, "0")
    write_song(tmp_path, "0", amplitude=0.0)
    with pytest.raises(InputError, match="silent"):
        read_songs(list_songs(tmp_path), sampling_rate_hz=RATE_HZ)


def test_the_real_repository_is_read(shared_data: Path) -> None:
    folder = shared_data / "koumura_bird0"
    if not folder.is_dir():
        pytest.skip("needs koumura_bird0")
    corpus = list_songs(folder)
    # Truth: counted in the annotation by another program.
    assert (len(corpus.recordings), corpus.num_absent, corpus.labels) == (45, 90, tuple(range(9)))
    notes = [note for song in corpus.recordings for sequence in song.sequences for note in sequence.notes]
    assert len(notes) == 2649
    assert sum(note.label == 0 for note in notes) == 671
