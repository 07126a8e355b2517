"""Tables of other programs through a column map: the same trials as a table in the project's own columns."""

import csv
import dataclasses
import io
import json
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearfit.errors import InputError
from hearfit.experiment.column_map_file import parse_column_map
from hearfit.experiment.trials import TrialBlock, Trials
from hearfit.protocols.loader import shipped_protocols
from hearfit.storage.column_map_files import read_column_map
from hearfit.storage.trial_files import read_trials

EXAMPLES = Path(__file__).parents[2] / "docs" / "column_maps"
PROTOCOLS = shipped_protocols()
QCLS_HZ = (250, 500, 750, 1000, 1500, 2000, 3000, 4000, 6000, 8000)

needs_examples = pytest.mark.skipif(not EXAMPLES.is_dir(), reason="an installed wheel has no documentation")

CONSTANTS = """
[constants]
listener = "L1"
ear = "left"
session = 2026-01-31
protocol = "pure_tone_detection"
"""
COLUMNS = """
[columns]
trial = {row_order = true}
frequency_hz = "freq"
level_db_hl = "intensity"
response = "heard"
"""
TABLE = "freq,intensity,heard\n1000,20,0\n1000,30,1\n"


def _read(table: Path, column_map: str | Path) -> tuple[Trials, tuple[str, ...]]:
    read = parse_column_map(column_map, source="m.toml") if isinstance(column_map, str) else read_column_map(column_map)
    (trials,), warnings = read_trials([table], protocols=PROTOCOLS, column_maps=[read])
    return trials, warnings


def _example(name: str) -> tuple[pd.DataFrame, Trials, tuple[str, ...]]:
    table = EXAMPLES / f"{name}.csv"
    trials, warnings = _read(table, EXAMPLES / f"{name}.toml")
    return pd.read_csv(table, keep_default_na=False, encoding="utf-8-sig"), trials, warnings


def _assert_same_answers(first: Trials, second: Trials) -> None:
    assert dataclasses.replace(first, blocks=(), source_names=()) == dataclasses.replace(
        second, blocks=(), source_names=()
    )
    for one, other in zip(first.blocks, second.blocks, strict=True):
        assert one.protocol == other.protocol
        for field in dataclasses.fields(TrialBlock)[1:]:
            mine, theirs = getattr(one, field.name), getattr(other, field.name)
            if isinstance(mine, np.ndarray):
                np.testing.assert_array_equal(mine, theirs)


@needs_examples
def test_example_of_psychopy() -> None:
    """Against the table as pandas reads it: levels less ISO 389-8 at 1 and 4 kHz (HDA200: 5.5 and 9.5 dB)."""
    frame, trials, warnings = _example("psychopy_staircases")
    rows = frame[~frame["trials.thisN"].isin(["", "None"])].astype({"trials.thisN": int, "trials.intensity": float})
    (block,) = trials.blocks
    assert (trials.listener, trials.ear, trials.session, trials.transducer) == ("L001", "left", "2026-03-14", "HDA200")
    assert len(rows) == trials.num_trials == 24
    np.testing.assert_array_equal(block.trial, rows["trials.thisN"] + 1)
    np.testing.assert_array_equal(block.frequency_hz, rows["trials.frequency_khz"].astype(float) * 1000)
    reference = np.where(block.frequency_hz == 1000, 5.5, 9.5)
    np.testing.assert_allclose(block.level_db_hl, rows["trials.intensity"] - reference)
    np.testing.assert_array_equal(block.response, rows["trials.response"].astype(int))
    assert set(block.interval_count) == {2}
    assert "2 of 26 rows are left out" in warnings[0]
    assert "'trials.label'" in warnings[1]


@needs_examples
def test_example_of_jspsych() -> None:
    """Against the table as pandas reads it."""
    frame, trials, warnings = _example("jspsych_yes_no")
    rows = frame[(frame.trial_type == "audio-button-response") & (frame.phase == "test")]
    (block,) = trials.blocks
    np.testing.assert_array_equal(block.trial, np.arange(1, len(rows) + 1))
    np.testing.assert_array_equal(block.response, rows.response.map({"0": 1, "1": 0}))
    np.testing.assert_array_equal(block.is_catch, rows.is_catch == "true")
    level = rows.level_db_hl.astype(float).where(rows.is_catch == "false")
    np.testing.assert_array_equal(block.level_db_hl, level)
    assert (
        "25 as screens without a tone ('trial_type' is none of 'audio-button-response'); 1 as practice" in warnings[0]
    )


@needs_examples
def test_example_of_qcls() -> None:
    """Against the table as pandas reads it; ISO 389-2 at 1 kHz is 0 dB."""
    frame, trials, _ = _example("qcls_run")
    (block,) = trials.blocks
    np.testing.assert_array_equal(block.frequency_hz, [QCLS_HZ[index - 1] for index in frame.frequency_index])
    np.testing.assert_array_equal(block.response, 5 * (frame.category - 1))
    at_1_khz = block.frequency_hz == 1000
    np.testing.assert_allclose(block.level_db_hl[at_1_khz], frame.level[at_1_khz])


@needs_examples
def test_a_real_run_of_qcls_as_its_program_writes_it(shared_data: Path, tmp_path: Path) -> None:
    """A run in the project's format, put back into qCLS's own numbers, is read to the same answers."""
    source = shared_data / "qcls_trials" / "sub-S053_run-1_task-categoricalLoudness_beh.tsv"
    (direct,), _ = read_trials([source], protocols=PROTOCOLS)
    frame = pd.read_csv(source, sep="\t")
    run = pd.DataFrame(
        {
            "frequency_index": [QCLS_HZ.index(int(f)) + 1 for f in frame.frequency_hz],
            "level": frame.level_db_spl,
            "category": frame.response // 5 + 1,
        }
    )
    run.to_csv(tmp_path / "run.csv", index=False)
    text = (EXAMPLES / "qcls_run.toml").read_text("utf-8").replace("S900", "S053").replace("2026-03-14", "2023-11-02")
    mapped, warnings = _read(tmp_path / "run.csv", text)
    assert warnings == ()
    _assert_same_answers(mapped, direct)
    assert mapped.source_sha256 == direct.source_sha256


WORDS = {0: "no", 1: "yes, it was"}
# Levels that a table would hold: what 28 digits cannot, an offset rounds.
_level = st.decimals(-20, 130, places=6).map(float)
_trial = st.tuples(st.floats(125, 8000), _level, st.sampled_from((0, 1)), st.booleans())


@given(
    trials=st.lists(_trial, min_size=1, max_size=12),
    breaks=st.lists(st.integers(0, 12), max_size=4),
    order=st.permutations(range(7)),
    is_json=st.booleans(),
    end=st.sampled_from(("\n", "\r\n")),
)
def test_mapped_and_direct_tables_are_read_alike(
    trials: list[tuple[float, float, int, bool]],
    breaks: list[int],
    order: list[int],
    is_json: bool,
    end: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Columns renamed and shuffled, kHz, words, JSON cells and screens between the trials: the same data."""
    folder = tmp_path_factory.mktemp("mapped")
    direct = ["listener,ear,session,protocol,trial,frequency_hz,level_db_hl,catch,response"]
    rows = [["id", "what", "kHz", "loud", "answer", "blank", "when"]]
    for number, (frequency, level, response, is_catch) in enumerate(trials, start=1):
        rows += [["L1", "break", "", "", "none", "", "2026-01-31 10h"]] * breaks.count(number)
        direct.append(
            f"L1,left,2026-01-31,pure_tone_detection,{number},{frequency!r},{'n/a' if is_catch else repr(level)},"
            f"{int(is_catch)},{response}"
        )
        answer = json.dumps({"q": WORDS[response]}) if is_json else WORDS[response]
        khz, tenths = Decimal(repr(frequency)) / 1000, Decimal(repr(level)) * 10 + 5
        rows.append(["L1", "trial", str(khz), str(tenths), answer, str(is_catch), "2026-01-31 23h"])
    text = io.StringIO()
    csv.writer(text, lineterminator=end).writerows([row[at] for at in order] for row in rows)
    (folder / "theirs.csv").write_text(text.getvalue(), newline="")
    (folder / "ours.csv").write_text("\n".join(direct))
    column_map = f"""
    [constants]
    ear = "left"
    protocol = "pure_tone_detection"
    [columns]
    listener = "id"
    session = {{column = "when", date_format = "%Y-%m-%d %Hh"}}
    trial = {{row_order = true}}
    frequency_hz = {{column = "kHz", scale = 1000}}
    level_db_hl = {{column = "loud", scale = 0.1, add = -0.5, missing_where = {{column = "blank", equals = ["True"]}}}}
    catch = {{column = "blank", values = {{True = 1, False = 0}}}}
    response = {{column = "answer", {'json_key = "q", ' if is_json else ""}values = {{no = 0, "yes, it was" = 1}}}}
    [[leave_out]]
    what = "breaks"
    column = "what"
    differs_from = ["trial"]
    """
    (expected,), _ = read_trials([folder / "ours.csv"], protocols=PROTOCOLS)
    mapped, warnings = _read(folder / "theirs.csv", column_map)
    _assert_same_answers(mapped, expected)
    count = sum(breaks.count(number) for number in range(1, len(trials) + 1))
    assert len(warnings) == bool(count)
    if count:
        verb = "is" if count == 1 else "are"
        assert f"{count} of {count + len(trials)} rows {verb} left out" in warnings[0]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("x = = 1", "m.toml: is not a TOML file that can be read"),
        (CONSTANTS, "m.toml: the column trial is missing."),
        (CONSTANTS + COLUMNS.replace("frequency_hz", "frequncy_hz"), "Did you mean frequency_hz? Known are listener,"),
        (CONSTANTS + COLUMNS.replace("level_db_hl", "level"), "the key level does not say what its decibels refer to."),
        (CONSTANTS + COLUMNS.replace("level_db_hl", "intensity"), "the key intensity does not say what its decibels"),
        (CONSTANTS + COLUMNS + 'level_db_spl = "l"', "both level_db_spl and level_db_hl are given."),
        (CONSTANTS + COLUMNS + 'ear = "e"', "m.toml: ear is both in [columns] and in [constants]. Give it once."),
        (CONSTANTS + COLUMNS.replace('"intensity"', '"level_dB_SPL"'), "whose name says another unit."),
        (CONSTANTS + COLUMNS.replace('"freq"', "7"), "the key columns.frequency_hz is 7. Allowed is the name of a"),
        (CONSTANTS + COLUMNS.replace('"freq"', "{scale = 2}"), "the key columns.frequency_hz.column is missing."),
        (
            CONSTANTS + COLUMNS.replace('"freq"', '{column = "freq", factor = 2}'),
            "m.toml: the key 'columns.frequency_hz.factor' is not known.",
        ),
        (
            CONSTANTS + COLUMNS.replace('"freq"', '{column = "freq", scale = 0}'),
            "m.toml: the key columns.frequency_hz.scale is 0. Allowed is a number above 0, up to 1e12.",
        ),
        (
            CONSTANTS + COLUMNS.replace('"freq"', '{column = "freq", scale = inf}'),
            "columns.frequency_hz.scale is Infinity.",
        ),
        (
            CONSTANTS + COLUMNS.replace('"freq"', '{column = "freq", scale = "1000"}'),
            "columns.frequency_hz.scale is '1000'.",
        ),
        (
            CONSTANTS + COLUMNS.replace('"freq"', '{column = "freq", date_format = "%Y"}'),
            "the key columns.frequency_hz has date_format. Only session may have it.",
        ),
        (
            CONSTANTS + COLUMNS.replace('"heard"', '{column = "heard", values = {y = 1}, add = 1}'),
            "the key columns.response has values beside scale, add or date_format.",
        ),
        (
            CONSTANTS + COLUMNS.replace("{row_order = true}", "{row_order = false}"),
            "the key columns.trial must be {row_order = true} alone, or name a column.",
        ),
        (CONSTANTS + COLUMNS + '[[leave_out]]\ncolumn = "a"\nequals = [""]', "the key leave_out[1].what is missing."),
        (
            CONSTANTS + COLUMNS + '[[leave_out]]\nwhat = "a"\ncolumn = "a"',
            "leave_out[1] must have exactly one of the keys equals and differs_from.",
        ),
        (
            CONSTANTS + COLUMNS + '[[leave_out]]\nwhat = "a"\ncolumn = "a"\nequals = []',
            "the key leave_out[1].equals is a list. Allowed is a list of cells, such as",
        ),
        (CONSTANTS + COLUMNS.replace("[columns]", "[column]"), "the key 'column' is not known. Did you mean columns?"),
    ],
)
def test_a_map_that_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_column_map(text, source="m.toml")
    assert sentence in "\n".join(caught.value.problems)
    assert all(problem.startswith("m.toml: ") for problem in caught.value.problems)


@given(st.text())
def test_any_text_is_a_map_or_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        parse_column_map(text, source="m.toml")


@pytest.mark.parametrize(
    ("column_map", "table", "problems"),
    [
        (
            COLUMNS,
            TABLE.replace("freq,", "Frequency,"),
            (
                "t.csv: has no column 'freq', which the column map m.toml names for frequency_hz. Did you mean "
                "'Frequency'? Its columns are 'Frequency', 'intensity', 'heard'."
            ),
        ),
        (
            COLUMNS,
            TABLE.replace("intensity,", "freq,"),
            (
                "t.csv: the column 'freq', which the column map m.toml names for frequency_hz, is there 2 times. Each "
                "may stand once.\n"
                "t.csv: has no column 'intensity', which the column map m.toml names for level_db_hl. Its columns are "
                "'freq', 'freq', 'heard'."
            ),
        ),
        (
            COLUMNS.replace('"heard"', '{column = "heard", values = {"1" = 1, n = 0}}'),
            TABLE,
            (
                "t.csv, line 2, column heard: '0' is none of the values that the column map m.toml gives for response: "
                "'1', 'n'."
            ),
        ),
        (
            COLUMNS.replace('"heard"', '{column = "heard", json_key = "q"}'),
            TABLE.replace(",0\n", ',"{""q"": 0}"\n'),
            (
                "t.csv, line 3, column heard: '1' is not a JSON object in which the key 'q' is text, a number, true, "
                "false or null."
            ),
        ),
        (
            COLUMNS,
            TABLE.replace("1000,20", "1 kHz,20"),
            (
                "t.csv, line 2, column frequency_hz: '1 kHz' is not a finite number. Allowed: digits with a point as "
                "the decimal mark.\n"
                "t.csv: was read with the column map m.toml: frequency_hz from 'freq', level_db_hl from 'intensity', "
                "response from 'heard'."
            ),
        ),
        (
            COLUMNS + '[[leave_out]]\nwhat = "practice"\ncolumn = "freq"\nequals = [1000]',
            TABLE,
            (
                "t.csv: the column map m.toml leaves out all 2 rows: 2 as practice ('freq' is '1000'). At least one "
                "must be a trial."
            ),
        ),
        (COLUMNS, TABLE + "1000,40\n", "t.csv, line 4, the row has 2 cells, the header 3."),
        (
            COLUMNS + '[[leave_out]]\nwhat = "practice"\ncolumn = "phase"\nequals = ["practice"]',
            TABLE,
            (
                "t.csv: has no column 'phase', which the column map m.toml names for a rule about rows. Its columns "
                "are 'freq', 'intensity', 'heard'."
            ),
        ),
    ],
)
def test_a_table_that_does_not_fit_its_map(
    column_map: str, table: str, problems: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text(table)
    with pytest.raises(InputError) as caught:
        _read(Path("t.csv"), CONSTANTS + column_map)
    told = "\n".join(caught.value.problems)
    assert told.startswith(problems)
    assert told == problems or told.removeprefix(problems).startswith("\nt.csv: was read with the column map m.toml: ")


def test_only_what_a_rule_names_is_left_out(tmp_path: Path) -> None:
    """A row without an answer is refused, not dropped, unless the map says so."""
    table = tmp_path / "t.csv"
    table.write_text(TABLE + "1000,40,\n")
    with pytest.raises(InputError, match=r"line 4, column response: '' \(missing\)"):
        _read(table, CONSTANTS + COLUMNS)
    rule = '[[leave_out]]\nwhat = "trials without an answer"\ncolumn = "heard"\nequals = [""]'
    trials, (warning,) = _read(table, CONSTANTS + COLUMNS + rule)
    assert trials.num_trials == 2
    assert "1 of 3 rows is left out by the column map m.toml: 1 as trials without an answer" in warning


def test_the_transducer_of_a_map_must_be_the_one_that_is_given(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text(TABLE)
    column_map = parse_column_map('transducer = "HDA200"' + CONSTANTS + COLUMNS, source="m.toml")
    (trials,), _ = read_trials([table], protocols=PROTOCOLS, column_maps=[column_map])
    assert trials.transducer == "HDA200"
    with pytest.raises(InputError, match=r"m\.toml names the transducer HDA200, but .* was given"):
        read_trials([table], protocols=PROTOCOLS, column_maps=[column_map], transducer="ER-3A")


def test_one_map_for_each_table(tmp_path: Path) -> None:
    """Tables of another program beside one in the project's own columns."""
    theirs, ours = tmp_path / "theirs.csv", tmp_path / "ours.csv"
    theirs.write_text(TABLE)
    ours.write_text(
        "listener,ear,session,protocol,trial,frequency_hz,level_db_hl,response\n"
        "L1,left,2026-01-31,categorical_loudness,1,1000,60,25\n"
    )
    column_map = parse_column_map(CONSTANTS + COLUMNS, source="m.toml")
    (trials,), _ = read_trials([theirs, ours], protocols=PROTOCOLS, column_maps=[column_map, None])
    assert [block.protocol.name for block in trials.blocks] == ["categorical_loudness", "pure_tone_detection"]
    with pytest.raises(InputError, match=r"There are 3 column maps for 2 tables\."):
        read_trials([theirs, ours], protocols=PROTOCOLS, column_maps=[column_map, None, None])


@needs_examples
@pytest.mark.parametrize(("name", "program"), [("psychopy_staircases", "PsychoPy"), ("jspsych_yes_no", "jsPsych")])
def test_without_a_map_such_a_table_is_refused_with_a_hint(name: str, program: str) -> None:
    with pytest.raises(InputError) as caught:
        read_trials([EXAMPLES / f"{name}.csv"], protocols=PROTOCOLS)
    assert caught.value.problems[-1].endswith(
        f"looks like a table of {program}. Say with --columns what its columns mean."
    )
