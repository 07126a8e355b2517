"""Audiograms by path and by name: which source wins, and broken files."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearfit.audiology.audiogram import Ear
from hearfit.audiology.bisgaard import standard_audiogram
from hearfit.errors import InputError
from hearfit.storage.audiogram_files import read_audiogram, write_audiograms

TABLE = "ear,frequency_hz,threshold_db_hl\nleft,1000,30\n"


def refusal(source: str | Path, *, listener: str | None = None) -> str:
    with pytest.raises(InputError) as caught:
        read_audiogram(str(source), listener=listener)
    return str(caught.value)


@pytest.mark.parametrize("name", ["N3", "n3"])
def test_a_standard_audiogram_by_name(name: str) -> None:
    assert read_audiogram(name) == standard_audiogram("N3")
    assert read_audiogram(name, listener="P7").listener == "P7"


def test_the_name_wins_over_a_file_unless_it_is_written_as_a_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("N3").write_text(TABLE, encoding="utf-8")
    Path("N3.csv").write_text(TABLE, encoding="utf-8")
    assert read_audiogram("N3") == standard_audiogram("N3")
    assert len(read_audiogram("./N3").thresholds) == 1
    assert len(read_audiogram("N3.csv").thresholds) == 1


def test_a_table_is_named_after_its_file_or_as_asked(tmp_path: Path) -> None:
    path = tmp_path / "P 07.csv"
    path.write_bytes(b"\xef\xbb\xbf" + TABLE.encode())
    assert read_audiogram(str(path)).listener == "P 07"
    assert read_audiogram(str(path), listener="P7").listener == "P7"


@pytest.mark.parametrize("name", ["listeners.json", "listeners.txt"])
def test_clarity_is_known_by_ending_or_content(tmp_path: Path, name: str) -> None:
    entry = {"audiogram_cfs": [500], "audiogram_levels_l": [10], "audiogram_levels_r": [20]}
    (tmp_path / name).write_text(json.dumps({"L1": entry, "L2": entry}), encoding="utf-8")
    audiogram = read_audiogram(str(tmp_path / name), listener="L2")
    assert audiogram.listener == "L2"
    assert audiogram.of(Ear.RIGHT)[0].level_db_hl == 20.0
    assert "holds 2 listeners ('L1', 'L2')" in refusal(tmp_path / name)


@pytest.mark.parametrize("ending", [".tsv", ".csv", ".TSV"])
def test_what_is_written_reads_back(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"audiogram{ending}"
    write_audiograms([standard_audiogram("S3")], path)
    assert read_audiogram(str(path)) == standard_audiogram("S3")
    is_tabbed = "\t" in path.read_text(encoding="utf-8")
    assert is_tabbed == (ending.lower() == ".tsv")


@pytest.mark.parametrize("name", ["audiogram.xlsx", "audiogram"])
def test_other_endings_are_not_written(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=r"is written as \.tsv, \.csv, \.fhir\.json or \.json \(Clarity\), not as "):
        write_audiograms([standard_audiogram("N1")], tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_missing_files_and_folders(tmp_path: Path) -> None:
    assert "there is no such file" in refusal(tmp_path / "none.csv")
    assert "is a folder, not a file" in refusal(tmp_path)
    assert "An audiogram is needed, not ' '." in refusal(" ")
    assert "holds a NUL character" in refusal("a\x00b")


def test_a_mistyped_name_lists_the_standard_ones() -> None:
    assert "or one of N1, N2, N3, N4, N5, N6, N7, S1, S2, S3." in refusal("N9")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "is empty"),
        (b"ear,frequency_hz,threshold_db_hl\n", "has a header but no thresholds"),
        (b"\x89PNG\r\n\x1a\n", "is not UTF-8 text"),
        (TABLE.encode("utf-16"), "is not UTF-8 text"),
        (b"ear,frequency_hz,threshold_db_hl,listener\nleft,1000,30,J\xf6rg\n", "is not UTF-8 text"),
        (b"PK\x03\x04\x00", "contains a NUL byte"),
        (b"[1, 2", "is not readable JSON"),
        (TABLE.replace("30", "NaN").encode(), "line 2, threshold_db_hl: 'NaN' is not a number of dB HL"),
        (TABLE.replace("30", "-inf").encode(), "line 2, threshold_db_hl: '-inf' is not a number of dB HL"),
        (TABLE.replace("left", "both").encode(), "line 2, ear: 'both' is not left or right"),
    ],
)
def test_broken_files_are_refused_by_name(tmp_path: Path, content: bytes, expected: str) -> None:
    path = tmp_path / "broken.csv"
    path.write_bytes(content)
    message = refusal(path)
    assert message.startswith(f"{path}")
    assert expected in message


@given(st.binary())
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(content)
    with pytest.raises(InputError):
        read_audiogram(str(path))


def test_reading_imports_nothing_heavy() -> None:
    heavy = "jax pandas scipy pandera pyarrow matplotlib mlflow flax"
    program = (
        "import sys\n"
        "from hearfit.storage.audiogram_files import read_audiogram\n"
        "import hearfit.audiology.grades, hearfit.audiology.retspl\n"
        "read_audiogram('N3')\n"
        f"print([name for name in '{heavy}'.split() if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
