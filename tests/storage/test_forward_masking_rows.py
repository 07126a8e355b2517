"""Rows of forward masking, read from files: what arrives, what is refused, and the way to a file and back."""

from pathlib import Path

import numpy as np
import pytest

from hearfit.errors import InputError
from hearfit.experiment.stimulus_columns import GAP, TONE_MASKER_FREQUENCY, TONE_MASKER_LEVEL
from hearfit.experiment.trials import TrialBlock
from hearfit.protocols.loader import shipped_protocols
from hearfit.storage.trial_files import read_trials

COLUMNS = (
    *("listener", "ear", "session", "protocol", "trial", "frequency_hz", "level_db_hl", "catch", "response"),
    *("masker_frequency_hz", "masker_level_db_spl", "gap_ms"),
)
ROW = ("S1", "left", "2024-05-06", "temporal_masking_curve", "1", "1000", "25", "0", "1", "550", "70.5", "20")
QUIET = ("S1", "left", "2024-05-06", "pure_tone_detection", "1", "1000", "25", "0", "1", "n/a", "n/a", "n/a")


def _row(**cells: str) -> tuple[str, ...]:
    return tuple(cells.get(name, cell) for name, cell in zip(COLUMNS, ROW, strict=True))


def _write(path: Path, *rows: tuple[str, ...], columns: tuple[str, ...] = COLUMNS) -> Path:
    file = path / "a.tsv"
    file.write_text("".join("\t".join(row) + "\n" for row in (columns, *rows)), "utf-8")
    return file


def _read(path: Path, *rows: tuple[str, ...], transducer: str | None = "HDA200") -> tuple[TrialBlock, ...]:
    (trials,), _ = read_trials([_write(path, *rows)], protocols=shipped_protocols(), transducer=transducer)
    return trials.blocks


def _problems(path: Path, *rows: tuple[str, ...], columns: tuple[str, ...] = COLUMNS) -> list[str]:
    file = _write(path, *rows, columns=columns)
    with pytest.raises(InputError) as caught:
        read_trials([file], protocols=shipped_protocols(), transducer="HDA200")
    return [problem.removeprefix(str(file)).lstrip(",: ") for problem in caught.value.problems]


def test_maskers_and_gaps_arrive_beside_trials_in_quiet(tmp_path: Path) -> None:
    alone = _row(trial="2", level_db_hl="n/a", catch="1", response="0", gap_ms="0")
    quiet, masked = _read(tmp_path, ROW, QUIET, alone)
    assert quiet.parameters == {}
    np.testing.assert_array_equal(masked.parameters[TONE_MASKER_FREQUENCY], [550.0, 550.0])
    np.testing.assert_array_equal(masked.parameters[TONE_MASKER_LEVEL], [70.5, 70.5])
    np.testing.assert_array_equal(masked.parameters[GAP], [20.0, 0.0])
    np.testing.assert_array_equal(masked.is_catch, [False, True])


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        (
            {"gap_ms": "n/a"},
            "column gap_ms: 'n/a' (missing) is not a gap. Allowed in temporal_masking_curve: 0 to 500 ms.",
        ),
        ({"gap_ms": ""}, "column gap_ms: '' (missing) is not a gap."),
        ({"gap_ms": "-1"}, "column gap_ms: '-1' is not a gap."),
        ({"gap_ms": "501"}, "column gap_ms: '501' is not a gap."),
        ({"gap_ms": "ten"}, "column gap_ms: 'ten' is not a finite number."),
        ({"gap_ms": "inf"}, "column gap_ms: 'inf' is not a finite number."),
        (
            {"masker_frequency_hz": "n/a"},
            "column masker_frequency_hz: 'n/a' (missing) is not the frequency of a masker.",
        ),
        (
            {"masker_frequency_hz": "100"},
            "column masker_frequency_hz: '100' is not the frequency of a masker. Allowed in temporal_masking_curve:",
        ),
        ({"masker_frequency_hz": "0"}, "column masker_frequency_hz: '0' is not the frequency of a masker."),
        ({"masker_level_db_spl": ""}, "column masker_level_db_spl: '' (missing) is not the level of a masker."),
        (
            {"masker_level_db_spl": "121"},
            "column masker_level_db_spl: '121' is not the level of a masker. Allowed in temporal_masking_curve: -20 to",
        ),
        ({"protocol": "pure_tone_detection"}, "column masker_frequency_hz: '550' describes a masker, which pure_tone"),
    ],
)
def test_what_a_masker_or_a_gap_cannot_be(tmp_path: Path, cells: dict[str, str], sentence: str) -> None:
    problems = _problems(tmp_path, ROW, _row(trial="2", **cells))
    assert any(problem.startswith(f"line 3, {sentence}") for problem in problems), problems


def test_without_a_column_for_the_gap_the_file_is_refused(tmp_path: Path) -> None:
    (problem,) = _problems(tmp_path, ROW[:-1], columns=COLUMNS[:-1])
    assert problem == "the column gap_ms is missing."


def test_a_table_without_any_of_the_columns_has_no_such_trials(tmp_path: Path) -> None:
    (problem,) = _problems(tmp_path, ROW[:-3], columns=COLUMNS[:-3])
    assert problem == (
        "line 2, column protocol: 'temporal_masking_curve' needs the columns masker_frequency_hz, masker_level_db_spl, "
        "gap_ms, which this table does not have."
    )


def test_the_level_of_a_masker_needs_the_transducer(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the protocol temporal_masking_curve needs the transducer"):
        _read(tmp_path, ROW, transducer=None)
