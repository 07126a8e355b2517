"""Files that are no trial tables: whatever their bytes, one error in sentences."""

import random
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hearfit.errors import InputError
from hearfit.protocols.loader import shipped_protocols
from hearfit.storage.trial_files import read_trials

HEADER = "listener\tear\tsession\tprotocol\ttrial\tfrequency_hz\tlevel_db_hl\tresponse\n"
ROW = "S1\tleft\t2024-05-06\tpure_tone_detection\t1\t1000\t30\t1\n"


def _problem(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        read_trials([path], protocols=shipped_protocols())
    (problem,) = caught.value.problems
    assert problem.startswith(str(path))
    return problem.removeprefix(str(path))


def _problem_of(content: bytes, path: Path) -> str:
    path.write_bytes(content)
    return _problem(path)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", ": is empty. A trial table has a header line and one line for each trial."),
        (b"\n\n", ": is empty. A trial table has a header line and one line for each trial."),
        (HEADER.encode(), ": has a header but no trials. At least one row is needed."),
        (HEADER.encode("utf-16"), ", line 1: holds the byte 0xff, which is not UTF-8 text. Save the file as UTF-8."),
        ((HEADER + ROW.replace("S1", "Zoë")).encode("latin-1"), ", line 2: holds the byte 0xeb, which is not UTF-8"),
        ((HEADER + ROW.replace("S1", "S\x00")).encode(), ", line 2: contains a NUL byte, so this is not a text file."),
        ((HEADER + ROW.replace("S1", '"S1')).encode(), ", line 2: is not a row of cells (unexpected end of data)."),
        ((HEADER + "x" * 100_001).encode(), ", line 2: is longer than 100000 characters. No line of a trial table"),
    ],
)
def test_what_is_not_a_text_table(content: bytes, sentence: str, tmp_path: Path) -> None:
    assert _problem_of(content, tmp_path / "a.tsv").startswith(sentence)


def test_folders_missing_files_and_other_kinds(tmp_path: Path) -> None:
    (tmp_path / "b.tsv").mkdir()
    assert _problem(tmp_path / "b.tsv").startswith(": is a folder, not a file. Give the path of a trial table:")
    assert _problem(tmp_path / "c.parquet").startswith(": there is no such file. Give the path of a trial table:")
    assert _problem(tmp_path / "c.tsv").startswith(": there is no such file.")
    assert _problem(tmp_path / "c.xlsx") == ": is not a kind of table that can be read. Allowed: .tsv, .csv, .parquet."
    assert _problem(tmp_path / ("x" * 300 + ".tsv")).startswith(": cannot be read (File name too long).")
    assert _problem(tmp_path / "x\x00.tsv").startswith(": cannot be read (embedded null byte).")


def test_a_name_of_the_greatest_length_is_read(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 251 + ".tsv")
    path.write_text(HEADER + ROW, "utf-8")
    assert read_trials([path], protocols=shipped_protocols())[0][0].num_trials == 1


def test_an_unreadable_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert _problem(tmp_path / "a.tsv").startswith(": cannot be read (Permission denied).")


def _parquet(path: Path, column: str = "ear", values: object = "left") -> bytes:
    table = pd.DataFrame([dict(zip(HEADER.split(), ROW.split(), strict=True))] * 50)
    table["trial"] = range(1, 51)
    table[column] = pd.Series(values, index=table.index)
    table.to_parquet(path)
    return path.read_bytes()


def test_parquet_rows_are_counted_from_one(tmp_path: Path) -> None:
    _parquet(tmp_path / "a.parquet", values=["left"] * 6 + ["L"] + ["left"] * 43)
    assert _problem(tmp_path / "a.parquet") == ", row 7, column ear: 'L' is not an ear. Allowed: left, right."


@pytest.mark.parametrize(
    ("column", "values", "sentence"),
    [
        ("level_db_hl", [[1.0]] * 50, ": the column level_db_hl is of the type list<"),
        ("ear", [b"left"] * 50, ": the column ear is of the type binary. Allowed: text, numbers, booleans and dates."),
        (
            "session",
            pd.Timestamp("2024-05-06 10:00"),
            ", rows 1, 2, 3, 4, 5 and 45 more, column session: '2024-05-06T10",
        ),
        ("level_db_hl", float("inf"), ", rows 1, 2, 3, 4, 5 and 45 more, column level_db_hl: 'inf' is not a finite"),
        ("response", 0.5, ", rows 1, 2, 3, 4, 5 and 45 more, column response: '0.5' is not a response of"),
    ],
)
def test_parquet_columns_that_are_not_allowed(column: str, values: object, sentence: str, tmp_path: Path) -> None:
    _parquet(tmp_path / "a.parquet", column, values)
    assert _problem(tmp_path / "a.parquet").startswith(sentence)


def test_nan_in_parquet_is_not_a_missing_value(tmp_path: Path) -> None:
    frame = pd.DataFrame([dict(zip(HEADER.split(), ROW.split(), strict=True))])
    table = pa.Table.from_pandas(frame.drop(columns="level_db_hl"))
    table = table.append_column("level_db_hl", pa.array([float("nan")], from_pandas=False))
    pq.write_table(table, tmp_path / "a.parquet")
    assert _problem(tmp_path / "a.parquet").startswith(", row 1, column level_db_hl: 'nan' is not a finite number.")


def test_double_columns_in_parquet(tmp_path: Path) -> None:
    names = [*HEADER.split(), "ear"]
    pq.write_table(pa.table([["x"]] * len(names), names=names), tmp_path / "a.parquet")
    assert _problem(tmp_path / "a.parquet") == ": the column 'ear' is there 2 times. Each name may stand once."


def test_broken_parquet(tmp_path: Path) -> None:
    content = _parquet(tmp_path / "a.parquet")
    for broken in (b"", b"PAR1", content[:-1], content[: len(content) // 2], content[:-8] + b"\xff\xff\xff\x7fPAR1"):
        assert _problem_of(broken, tmp_path / "b.parquet").startswith(": is not a Parquet file that can be read (")


def test_flipped_bytes_of_parquet_raise_nothing_else(tmp_path: Path, seed: int) -> None:
    content = _parquet(tmp_path / "a.parquet")
    draw = random.Random(seed)
    for _ in range(300):
        broken = bytearray(content)
        for _ in range(draw.randint(1, 4)):
            broken[draw.randrange(len(broken))] = draw.randrange(256)
        (tmp_path / "b.parquet").write_bytes(broken)
        _read_or_refuse(tmp_path / "b.parquet")


def _read_or_refuse(path: Path) -> None:
    problems: tuple[str, ...] = ()
    try:
        read_trials([path], protocols=shipped_protocols())
    except InputError as error:
        problems = error.problems
    # A message may be shown on a terminal, so nothing in it may act on one.
    assert all(letter.isprintable() for problem in problems for letter in problem)


ANY_BYTES = st.binary() | st.text().map(lambda text: text.encode("utf-8", "replace"))


@given(suffix=st.sampled_from([".tsv", ".csv", ".parquet"]), content=ANY_BYTES)
@example(suffix=".csv", content=b"\xef\xbb\xbf")
@example(suffix=".tsv", content=b'"')
def test_any_bytes_are_refused(suffix: str, content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / f"bytes{suffix}"
    path.write_bytes(content)
    with pytest.raises(InputError):
        read_trials([path], protocols=shipped_protocols())


@given(rows=st.lists(st.lists(st.text() | st.sampled_from(ROW.split()), min_size=8, max_size=8), min_size=1))
def test_any_cells_are_read_or_refused(rows: list[list[str]], tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "cells.tsv"
    text = HEADER + "\n".join("\t".join(row) for row in rows)
    path.write_bytes(text.encode("utf-8", "replace"))
    _read_or_refuse(path)
