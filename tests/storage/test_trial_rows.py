"""Rows of trial tables, read from files: what arrives, and the sentence for each violation."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearfit.errors import InputError
from hearfit.experiment.trials import TrialBlock
from hearfit.protocols.loader import shipped_protocols
from hearfit.storage.trial_files import read_trials

COLUMNS = ("listener", "ear", "session", "protocol", "trial", "frequency_hz", "level_db_hl", "response")
DETECTION = ("S1", "left", "2024-05-06", "pure_tone_detection", "1", "1000", "30", "1")
LOUDNESS = ("S1", "left", "2024-05-06", "categorical_loudness", "1", "1000", "60", "25")


def _write(path: Path, *rows: tuple[str, ...], columns: tuple[str, ...] = COLUMNS) -> Path:
    path.write_text("".join("\t".join(row) + "\n" for row in (columns, *rows)), "utf-8")
    return path


def _with(row: tuple[str, ...], **cells: str) -> tuple[str, ...]:
    return tuple(cells.get(name, cell) for name, cell in zip(COLUMNS, row, strict=True))


def _block(path: Path) -> TrialBlock:
    (trials,), warnings = read_trials([path], protocols=shipped_protocols())
    assert warnings == ()
    (block,) = trials.blocks
    return block


def _problems(path: Path, *rows: tuple[str, ...], columns: tuple[str, ...] = COLUMNS) -> list[str]:
    file = _write(path / "a.tsv", *rows, columns=columns)
    with pytest.raises(InputError) as caught:
        read_trials([file], protocols=shipped_protocols())
    assert all(problem.startswith(str(file)) for problem in caught.value.problems)
    return [problem.removeprefix(f"{file}, ") for problem in caught.value.problems]


def test_values_arrive(tmp_path: Path) -> None:
    block = _block(_write(tmp_path / "a.tsv", LOUDNESS, _with(LOUDNESS, trial="2", level_db_hl="-4.5", response="5.0")))
    assert block.protocol.name == "categorical_loudness"
    np.testing.assert_array_equal(block.trial, [1, 2])
    np.testing.assert_array_equal(block.frequency_hz, [1000.0, 1000.0])
    np.testing.assert_array_equal(block.level_db_hl, [60.0, -4.5])
    np.testing.assert_array_equal(block.response, [25, 5])
    np.testing.assert_array_equal(block.interval_count, [1, 1])
    assert not block.is_catch.any()


def test_catch_trials_and_forced_choice_arrive(tmp_path: Path) -> None:
    catch = (*_with(DETECTION, trial="2", level_db_hl="n/a", response="0"), "true", "1")
    forced = (*_with(DETECTION, trial="3"), "0", "4")
    columns = (*COLUMNS, "catch", "interval_count")
    block = _block(_write(tmp_path / "a.tsv", (*DETECTION, "0", "1"), catch, forced, columns=columns))
    np.testing.assert_array_equal(block.is_catch, [False, True, False])
    np.testing.assert_array_equal(block.level_db_hl, [30.0, np.nan, 30.0])
    np.testing.assert_array_equal(block.interval_count, [1, 1, 4])


def test_columns_of_detection_may_be_missing_in_other_rows(tmp_path: Path) -> None:
    columns = (*COLUMNS, "catch", "interval_count")
    block = _block(_write(tmp_path / "a.tsv", (*LOUDNESS, "n/a", ""), columns=columns))
    assert not block.is_catch.any()
    np.testing.assert_array_equal(block.interval_count, [1])


@pytest.mark.parametrize(
    ("row", "cells", "sentence"),
    [
        (DETECTION, {"listener": "a/b"}, "column listener: 'a/b' cannot be the id of a listener. Allowed: 1 to 64"),
        (DETECTION, {"ear": "L"}, "column ear: 'L' is not an ear. Allowed: left, right."),
        (DETECTION, {"session": "6.5.24"}, "column session: '6.5.24' is not a session. Allowed: a date as year-"),
        (DETECTION, {"protocol": "x"}, "column protocol: 'x' is not a protocol. Known are categorical_loudness, cat"),
        (DETECTION, {"trial": "0"}, "column trial: '0' is not the number of a trial. Allowed: a whole number from 1"),
        (DETECTION, {"frequency_hz": "n/a"}, "column frequency_hz: 'n/a' (missing) is not a finite number."),
        (DETECTION, {"frequency_hz": "124"}, "column frequency_hz: '124' is outside the frequencies of pure_tone_de"),
        (DETECTION, {"frequency_hz": "nan"}, "column frequency_hz: 'nan' is not a finite number. Allowed: digits"),
        (DETECTION, {"level_db_hl": "131"}, "column level_db_hl: '131' is outside what is allowed: -20 to 130 dB HL."),
        (DETECTION, {"level_db_hl": "-21"}, "column level_db_hl: '-21' is outside what is allowed: -20 to 130 dB HL."),
        (DETECTION, {"level_db_hl": "inf"}, "column level_db_hl: 'inf' is not a finite number."),
        (
            DETECTION,
            {"level_db_hl": ""},
            "column level_db_hl: '' (missing) is not a level. Allowed: -20 to 130 dB HL; n",
        ),
        (DETECTION, {"response": "2"}, "column response: '2' is not a response of pure_tone_detection. Allowed: 0, 1."),
        (DETECTION, {"response": ""}, "column response: '' (missing) is not a finite number."),
        (LOUDNESS, {"response": "7"}, "column response: '7' is not a response of categorical_loudness. Allowed: 0, 5,"),
        (LOUDNESS, {"response": "25.01"}, "column response: '25.01' is not a response of categorical_loudness."),
    ],
)
def test_a_cell_that_is_not_allowed(row: tuple[str, ...], cells: dict[str, str], sentence: str, tmp_path: Path) -> None:
    (problem,) = _problems(tmp_path, _with(row, **cells))
    assert problem.startswith(f"line 2, {sentence}")


@pytest.mark.parametrize(
    ("row", "catch", "count", "sentence"),
    [
        (DETECTION, "1", "1", "column level_db_hl: '30' is a level in a catch trial, in which nothing was played."),
        (DETECTION, "2", "1", "column catch: '2' does not say whether this is a catch trial. Allowed: 0, 1, false,"),
        (DETECTION, "n/a", "1", "column catch: 'n/a' (missing) does not say whether this is a catch trial. Allowed in"),
        (DETECTION, "0", "n/a", "column interval_count: 'n/a' (missing) is not a number of intervals. Allowed: 1"),
        (DETECTION, "0", "9", "column interval_count: '9' is not a number of intervals. Allowed: a whole number from"),
        (LOUDNESS, "0", "2", "column interval_count: '2' intervals cannot be: this protocol plays one sound a trial."),
        (_with(LOUDNESS, level_db_hl="n/a"), "1", "1", "column catch: '1' marks a catch trial, which only detection"),
        (_with(DETECTION, level_db_hl="n/a"), "1", "2", "column interval_count: '2' cannot be: a forced choice"),
        (_with(DETECTION, level_db_hl="n/a"), "0", "2", "column level_db_hl: 'n/a' (missing) is not a level."),
    ],
)
def test_catch_and_intervals_that_contradict(
    row: tuple[str, ...], catch: str, count: str, sentence: str, tmp_path: Path
) -> None:
    columns = (*COLUMNS, "catch", "interval_count")
    (problem,) = _problems(tmp_path, (*row, catch, count), columns=columns)
    assert problem.startswith(f"line 2, {sentence}")


def test_a_trial_number_stands_once(tmp_path: Path) -> None:
    (problem,) = _problems(tmp_path, DETECTION, LOUDNESS, _with(DETECTION, ear="right"), DETECTION)
    assert problem == (
        "line 5, column trial: 1 is there already (see line 2) for this listener, ear, session and protocol. Each "
        "number may stand once; keep another run in another file."
    )


def test_short_and_long_rows_are_named(tmp_path: Path) -> None:
    assert _problems(tmp_path, DETECTION, ("S1",), (*DETECTION, "x")) == [
        "line 3, the row has 1 cell, the header 8.",
        "line 4, the row has 9 cells, the header 8.",
    ]


def test_equal_violations_are_one_problem_with_its_lines(tmp_path: Path) -> None:
    rows = [_with(DETECTION, trial=str(trial), ear="L", response="9" if trial == 2 else "1") for trial in range(1, 9)]
    assert _problems(tmp_path, *rows) == [
        "lines 2, 3, 4, 5, 6 and 3 more, column ear: 'L' is not an ear. Allowed: left, right.",
        "line 3, column response: '9' is not a response of pure_tone_detection. Allowed: 0, 1.",
    ]
    assert _problems(tmp_path, *rows[:3])[0].startswith("lines 2, 3 and 4, column ear")


def test_many_problems_are_counted_and_reading_stops(tmp_path: Path) -> None:
    rows = [_with(DETECTION, trial=str(trial), level_db_hl=str(1000 + trial)) for trial in range(1, 3000)]
    file = _write(tmp_path / "a.tsv", *rows)
    with pytest.raises(InputError) as caught:
        read_trials([file], protocols=shipped_protocols())
    lines = str(caught.value).splitlines()
    assert lines[0] == f"{file}: has so many problems that reading stopped; there may be more. The first are these."
    assert len(lines) == 21
    assert lines[-1] == "... and 981 more problems of this kind."


def test_blank_lines_and_spaces_around_cells_mean_nothing(tmp_path: Path) -> None:
    plain = _write(tmp_path / "a.tsv", DETECTION, _with(DETECTION, trial="2"))
    spaced = tmp_path / "b.tsv"
    spaced.write_text(plain.read_text("utf-8").replace("\t", " \t ").replace("\n", "\r\n\r\n"), "utf-8-sig")
    first, second = (read_trials([path], protocols=shipped_protocols())[0][0] for path in (plain, spaced))
    assert first.source_sha256 == second.source_sha256


def test_line_numbers_count_blank_lines_and_quoted_line_feeds(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    rows = [(*COLUMNS, "note"), (*DETECTION, '"one\ntwo"'), (*_with(DETECTION, trial="2", ear="L"), "")]
    file.write_text("\n\n".join(",".join(row) for row in rows), "utf-8")
    with pytest.raises(InputError, match=r"a\.csv, line 6, column ear: 'L'"):
        read_trials([file], protocols=shipped_protocols())


MASKED = ("S1", "left", "2024-05-06", "notched_noise", "1", "1000", "50", "1", "0", "40", "0.1", "0.3")
MASKED_COLUMNS = (*COLUMNS, "catch", "masker_level_db_spl_per_hz", "notch_lower", "notch_upper")


def _masked(**cells: str) -> tuple[str, ...]:
    return tuple(cells.get(name, cell) for name, cell in zip(MASKED_COLUMNS, MASKED, strict=True))


def _read_masked(path: Path, *rows: tuple[str, ...], transducer: str | None = "HDA200") -> tuple[TrialBlock, ...]:
    file = _write(path / "a.tsv", *rows, columns=MASKED_COLUMNS)
    (trials,), _ = read_trials([file], protocols=shipped_protocols(), transducer=transducer)
    return trials.blocks


def test_maskers_arrive_beside_trials_in_quiet(tmp_path: Path) -> None:
    quiet = (*DETECTION, "0", "n/a", "", "n/a")
    alone = _masked(trial="2", catch="1", level_db_hl="n/a", notch_lower="0", notch_upper="0.79")
    masked, tone = _read_masked(tmp_path, _masked(), quiet, alone)
    assert not tone.parameters
    np.testing.assert_array_equal(masked.parameters["masker_level_db_spl_per_hz"], [40.0, 40.0])
    np.testing.assert_array_equal(masked.parameters["notch_lower"], [0.1, 0.0])
    np.testing.assert_array_equal(masked.parameters["notch_upper"], [0.3, 0.79])
    np.testing.assert_array_equal(masked.is_catch, [False, True])


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        (
            {"masker_level_db_spl_per_hz": "n/a"},
            "column masker_level_db_spl_per_hz: 'n/a' (missing) is not the level of a masker. Allowed in notched_noise",
        ),
        (
            {"masker_level_db_spl_per_hz": "400"},
            "column masker_level_db_spl_per_hz: '400' is not the level of a masker.",
        ),
        (
            {"masker_level_db_spl_per_hz": "-41"},
            "column masker_level_db_spl_per_hz: '-41' is not the level of a masker.",
        ),
        ({"masker_level_db_spl_per_hz": "inf"}, "column masker_level_db_spl_per_hz: 'inf' is not a finite number."),
        ({"masker_level_db_spl_per_hz": "40,5"}, "column masker_level_db_spl_per_hz: '40,5' is not a number. Write"),
        (
            {"notch_lower": "0.8"},
            "column notch_lower: '0.8' is not the edge of a notch. Allowed in notched_noise: 0 (no notch) to below 0.8",
        ),
        ({"notch_upper": "-0.1"}, "column notch_upper: '-0.1' is not the edge of a notch."),
        ({"notch_upper": "200"}, "column notch_upper: '200' is not the edge of a notch."),
        ({"notch_upper": ""}, "column notch_upper: '' (missing) is not the edge of a notch."),
        (
            {"protocol": "pure_tone_detection", "notch_lower": "n/a", "notch_upper": "n/a"},
            "column masker_level_db_spl_per_hz: '40' describes a masker, which pure_tone_detection does not have.",
        ),
        (
            {"protocol": "pure_tone_detection", "masker_level_db_spl_per_hz": "n/a", "notch_upper": "n/a"},
            "column notch_lower: '0.1' describes a masker, which pure_tone_detection does not have. Allowed here: n/a.",
        ),
    ],
)
def test_what_a_masker_cannot_be(tmp_path: Path, cells: dict[str, str], sentence: str) -> None:
    (problem,) = _problems(tmp_path, _masked(), _masked(trial="2", **cells), columns=MASKED_COLUMNS)
    assert problem.startswith(f"line 3, {sentence}")


def test_a_protocol_with_a_masker_needs_its_columns(tmp_path: Path) -> None:
    (problem,) = _problems(tmp_path, LOUDNESS, _with(MASKED[: len(COLUMNS)], trial="2"))
    assert problem == (
        "line 3, column protocol: 'notched_noise' needs the columns masker_level_db_spl_per_hz, notch_lower, "
        "notch_upper, which this table does not have."
    )


def test_a_masker_needs_the_transducer_though_the_tones_are_in_db_hl(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the protocol notched_noise needs the transducer, whatever the unit"):
        _read_masked(tmp_path, _masked(), transducer=None)


@given(
    cells=st.fixed_dictionaries(
        {},
        optional={
            name: st.one_of(st.floats().map(str), st.sampled_from(["", "n/a", "x", "1e400", "0", "-0"]))
            for name in MASKED_COLUMNS[-3:]
        },
    ),
    protocol=st.sampled_from([protocol.name for protocol in shipped_protocols()]),
)
def test_any_masker_arrives_or_is_refused_in_sentences(
    cells: dict[str, str], protocol: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp()
    response = "25" if "loudness" in protocol else "1"
    problems: tuple[str, ...] = ()
    blocks: tuple[TrialBlock, ...] = ()
    try:
        blocks = _read_masked(path, _masked(protocol=protocol, response=response, **cells))
    except InputError as error:
        problems = error.problems
    assert all("a.tsv, line 2, column " in problem for problem in problems)
    assert len(blocks) == (not problems)
    for block in blocks:
        assert bool(block.parameters) == (protocol == "notched_noise")
        if block.parameters:
            edges = (block.parameters["notch_lower"][0], block.parameters["notch_upper"][0])
            assert all(0.0 <= edge < 0.8 for edge in edges)
            assert -40.0 <= block.parameters["masker_level_db_spl_per_hz"][0] <= 90.0
