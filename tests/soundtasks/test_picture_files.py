"""Pictures read back as they were written; what cannot be drawn or read is refused."""

from pathlib import Path

import numpy as np
import pytest

from hearfit.errors import InputError
from hearfit.soundtasks.picture_files import pictures_path, read_sheets, write_sheets
from hearfit.soundtasks.pictures import Axis, Image, Lines, Moves, Sheet
from hearfit.soundtasks.record import RunName
from tests.soundtasks.damaged_archive import damage_stream
from tests.soundtasks.example_experiment import example_sheets

X, Y = Axis("time", "ms"), Axis("frequency", "Hz", is_log=True)


def test_sheets_read_back(tmp_path: Path) -> None:
    path = pictures_path(tmp_path, RunName("neural", "leaf", "10 %", 1))
    write_sheets(path, example_sheets())
    assert path.parent == tmp_path / "pictures"
    read = read_sheets(path)
    for old, new in zip(example_sheets(), read, strict=True):
        assert {key: value for key, value in vars(old).items() if key != "panels"} == {
            key: value for key, value in vars(new).items() if key != "panels"
        }
        for first, second in zip(old.panels, new.panels, strict=True):
            assert type(first) is type(second)
            for key, value in vars(first).items():
                np.testing.assert_array_equal(getattr(second, key), value)


def test_no_file_is_no_pictures(tmp_path: Path) -> None:
    assert read_sheets(tmp_path / "none.npz") == ()


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 half of one"])
def test_a_damaged_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.npz"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"broken\.npz: holds no pictures that can be read"):
        read_sheets(path)


def test_a_damaged_stream_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "broken.npz"
    write_sheets(path, example_sheets())
    damage_stream(path, "words.npy")
    with pytest.raises(InputError, match=r"broken\.npz: holds no pictures that can be read"):
        read_sheets(path)


def test_a_pickle_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "pickle.npz"
    with path.open("wb") as handle:
        np.savez(handle, words=np.array([{"a": 1}], dtype=object))
    with pytest.raises(InputError, match="cannot be loaded when allow_pickle=False"):
        read_sheets(path)


def _image(values: list[list[float]], x: list[float], y: list[float]) -> Image:
    return Image("one", X, Y, np.array(x, float), np.array(y, float), np.array(values))


@pytest.mark.parametrize(
    ("panels", "problem"),
    [
        ((), "has 0 panels; allowed is 1 to 24"),
        ((_image([[1.0, np.nan]] * 2, [0, 1], [1, 2]),), "values that are not finite"),
        ((_image([[1.0, 2.0]] * 2, [1, 0], [1, 2]),), "do not ascend"),
        ((_image([[1.0, 2.0]] * 2, [0, 1], [0, 2]),), "'frequency' that are not positive"),
        ((Lines("two", X, Y, np.arange(3.0), np.ones((2, 3)), ("a",)),), "1 labels for 2 curves"),
        ((Moves("three", X, Y, np.ones((2, 2)), -np.ones((2, 2))),), "'frequency' that are not positive"),
    ],
)
def test_what_cannot_be_drawn_is_refused(panels: tuple[Image | Lines | Moves, ...], problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        Sheet("bad", "Bad", "", "", panels)
