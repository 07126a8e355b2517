"""Tables are read in chunks: as if in one piece, in the memory of one chunk."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hearfit.errors import InputError
from hearfit.experiment.trials import Trials
from hearfit.protocols.loader import shipped_protocols
from hearfit.storage import table_files
from hearfit.storage.trial_files import read_trials

NUM_TRIALS = 20


def _frame() -> pd.DataFrame:
    trial = np.arange(1, NUM_TRIALS + 1)
    return pd.DataFrame(
        {
            "listener": "S1",
            # Left and right, detection and loudness begin in different chunks.
            "ear": np.where(trial < 12, "left", "right"),
            "session": np.where(trial < 12, "2024-05-06", "2024-05-07"),
            "protocol": np.where(trial % 7 == 0, "pure_tone_detection", "categorical_loudness"),
            "trial": trial,
            "frequency_hz": 250.0 * (1 + trial % 3),
            "level_db_hl": trial + 0.1,
            "response": np.where(trial % 7 == 0, 1, 5 * (trial % 3)),
        }
    )


def _read(path: Path) -> tuple[Trials, ...]:
    return read_trials([path], protocols=shipped_protocols())[0]


@pytest.mark.parametrize("suffix", [".tsv", ".parquet"])
@pytest.mark.parametrize("num_rows", [1, 3, 20])
def test_chunks_make_no_difference(suffix: str, num_rows: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / f"a{suffix}"
    if suffix == ".tsv":
        _frame().to_csv(path, sep="\t", index=False)
    else:
        _frame().to_parquet(path)
    whole = _read(path)
    monkeypatch.setattr(table_files, "ROWS_PER_CHUNK", num_rows)
    chunked = _read(path)
    assert [each.source_sha256 for each in chunked] == [each.source_sha256 for each in whole]
    assert [each.session for each in whole] == ["2024-05-06", "2024-05-07"]
    assert [each.num_trials for each in whole] == [11, 9]


def test_problems_of_all_chunks_are_one_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.tsv"
    frame = _frame()
    frame.loc[[1, 15], "ear"] = "L"
    frame.loc[19, "trial"] = 13
    lines = frame.to_csv(sep="\t", index=False).splitlines()
    lines[6] = "short"
    path.write_text("\n".join(lines), "utf-8")
    monkeypatch.setattr(table_files, "ROWS_PER_CHUNK", 2)
    with pytest.raises(InputError) as caught:
        _read(path)
    assert [problem.removeprefix(f"{path}, ").split(" for this")[0] for problem in caught.value.problems] == [
        "lines 3 and 17, column ear: 'L' is not an ear. Allowed: left, right.",
        "line 7, the row has 1 cell, the header 8.",
        "line 21, column trial: 13 is there already (see line 14)",
    ]


def test_rows_of_parquet_are_counted_through_all_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = _frame()
    frame.loc[[1, 15], "ear"] = "L"
    frame.to_parquet(tmp_path / "a.parquet")
    monkeypatch.setattr(table_files, "ROWS_PER_CHUNK", 4)
    with pytest.raises(InputError, match=r"a\.parquet, rows 2 and 16, column ear: 'L'"):
        _read(tmp_path / "a.parquet")


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak memory is read from /proc")
def test_a_million_rows_take_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    header = "listener\tear\tsession\tprotocol\ttrial\tfrequency_hz\tlevel_db_hl\tresponse\n"
    with path.open("w", encoding="utf-8") as handle:
        handle.write(header)
        for trial in range(1, 1_000_001):
            level = trial * 7919 % 1_000_003 / 10_001
            handle.write(f"S1\tleft\t2024-05-06\tpure_tone_detection\t{trial}\t1000\t{level}\t1\n")
    program = (
        "import sys; from pathlib import Path;"
        "from hearfit.protocols.loader import shipped_protocols; from hearfit.storage.trial_files import read_trials;"
        "trials, _ = read_trials([Path(sys.argv[1])], protocols=shipped_protocols());"
        # Not getrusage, whose peak a child inherits from the process that started it.
        "status = Path('/proc/self/status').read_text();"
        "print(trials[0].num_trials, status.split('VmHWM:')[1].split()[0])"
    )
    done = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True)
    num_trials, peak_kib = map(int, done.stdout.split())
    assert num_trials == 1_000_000
    # Measured 250 MB; a table held as text takes well over 1 GB.
    assert peak_kib < 500 * 1024
