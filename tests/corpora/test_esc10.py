"""The reader of ESC-10 against a corpus made here, whose clips are known, and against the real one."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from hearfit.corpora.esc10 import clip_files, read_clip
from hearfit.errors import InputError


def write_clip(path: Path, samples: np.ndarray, rate: int = 16_000) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, rate)


@pytest.fixture
def corpus(tmp_path: Path, rng: np.random.Generator) -> Path:
    for name in ("002-Rain/5-11-A.flac", "001-Dogbark/1-22-A.wav", "001-Dogbark/1-22-B.wav"):
        write_clip(tmp_path / name, 0.1 * rng.standard_normal(800))
    (tmp_path / "README.md").write_text("not a clip", "utf-8")
    (tmp_path / "001-Dogbark" / "notes.txt").write_text("not a clip either", "utf-8")
    return tmp_path


def test_clips_have_the_class_of_their_folder_and_the_fold_of_their_name(corpus: Path) -> None:
    found = [(clip.name, clip.sound_class, clip.fold, clip.source) for clip in clip_files(corpus)]
    assert found == [
        ("1-22-A", "Dogbark", 1, "22"),
        ("1-22-B", "Dogbark", 1, "22"),
        ("5-11-A", "Rain", 5, "11"),
    ]


def test_a_clip_is_read_as_it_was_written(tmp_path: Path) -> None:
    written = np.round(np.linspace(-0.5, 0.5, 400) * 32768) / 32768
    write_clip(tmp_path / "001-Dogbark/1-22-A.flac", written)
    np.testing.assert_allclose(read_clip(clip_files(tmp_path)[0], sampling_rate_hz=16_000), written, atol=1e-9)


def test_a_missing_folder_and_one_without_clips_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not a folder"):
        clip_files(tmp_path / "none")
    with pytest.raises(InputError, match="holds no clips"):
        clip_files(tmp_path)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("001-Dogbark/bark.wav", "FOLD-SOURCE-TAKE"),
        ("001-Dogbark/6-22-A.wav", "a fold from 1 to 5"),
        ("002-Rain/1-22-A.wav", "2 clips of this name"),
        ("002-Rain/2-22-C.wav", r"Source 22 has clips in the folds \[1, 2\]"),
    ],
)
def test_contradictions_are_named(corpus: Path, path: str, message: str) -> None:
    write_clip(corpus / path, np.full(100, 0.1))
    with pytest.raises(InputError, match=message):
        clip_files(corpus)


def test_too_low_a_rate_is_refused(tmp_path: Path) -> None:
    write_clip(tmp_path / "001-Dogbark/1-22-A.wav", np.full(100, 0.1), rate=8_000)
    with pytest.raises(InputError, match="8000 samples a second"):
        read_clip(clip_files(tmp_path)[0], sampling_rate_hz=16_000)


def test_the_real_corpus_has_ten_clips_of_each_class_and_twenty_of_each_fold(shared_data: Path) -> None:
    # Truth: the corpus's description, 400 clips in ten classes and five folds; this copy has ten of each class.
    folder = shared_data / "esc10"
    if not folder.is_dir():
        pytest.skip(f"needs {folder}")
    clips = clip_files(folder)
    for attribute, count in (("sound_class", 10), ("fold", 20)):
        values = [getattr(clip, attribute) for clip in clips]
        assert {value: values.count(value) for value in values} == dict.fromkeys(values, count)
