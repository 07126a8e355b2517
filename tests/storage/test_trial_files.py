"""Trial tables to `Trials`: which listener, ear, session and transducer, and the way back."""

import dataclasses
import datetime
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearfit.audiology.audiogram import Ear
from hearfit.errors import InputError
from hearfit.experiment.limits import MAX_INTERVALS
from hearfit.experiment.protocol import Task
from hearfit.experiment.stimulus_columns import MASKER_LEVEL, NOTCH_LOWER, NOTCH_UPPER, stimulus_columns
from hearfit.experiment.trial_assembly import trials_sha256
from hearfit.experiment.trial_cells import MAX_TRIAL, listener_from
from hearfit.experiment.trials import TrialBlock, Trials
from hearfit.protocols.loader import load_protocol, shipped_protocols
from hearfit.storage.trial_files import read_trials, trial_sidecar, trial_table, write_trials

PROTOCOLS = shipped_protocols()
FREQUENCIES = st.floats(125, 8000)
LEVELS = st.floats(-20, 130)


def _table(path: Path, num_trials: int = 4, columns: Mapping[str, object] | None = None) -> pd.DataFrame:
    """Writes a table in the format that the name of the file says."""
    content = {
        "listener": "S1",
        "ear": "left",
        "session": "2024-05-06",
        "protocol": "categorical_loudness",
        "trial": np.arange(1, num_trials + 1),
        "frequency_hz": 1000.0,
        "level_db_hl": np.linspace(20, 80, num_trials),
        "response": 25,
    }
    frame = pd.DataFrame({**content, **(columns or {})}, index=range(num_trials))
    if path.suffix == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_csv(path, sep="\t" if path.suffix == ".tsv" else ",", index=False)
    return frame


def _read(*paths: Path, **choices: str) -> tuple[Trials, ...]:
    trials, warnings = read_trials(
        paths,
        protocols=PROTOCOLS,
        ear=Ear(choices["ear"]) if "ear" in choices else None,
        listener=choices.get("listener"),
        session=choices.get("session"),
        transducer=choices.get("transducer"),
    )
    assert warnings == ()
    return trials


def _same(first: Trials, second: Trials) -> bool:
    def plain(trials: Trials) -> Trials:
        return dataclasses.replace(trials, blocks=(), source_names=())

    assert plain(first) == plain(second)
    for one, other in zip(first.blocks, second.blocks, strict=True):
        assert one.protocol == other.protocol
        for field in dataclasses.fields(TrialBlock)[1:-1]:
            np.testing.assert_array_equal(getattr(one, field.name), getattr(other, field.name))
        assert list(one.parameters) == list(other.parameters)
        for name, values in one.parameters.items():
            np.testing.assert_array_equal(values, other.parameters[name])
    return True


@st.composite
def _rows(draw: st.DrawFn, name: str) -> pd.DataFrame:
    """Rows of one protocol, plain: beartype draws random numbers, which hypothesis forbids where it draws its own."""
    protocol = load_protocol(name)
    is_detection = protocol.task is Task.DETECTION
    is_catch = st.booleans() if is_detection else st.just(False)
    count = st.integers(1, MAX_INTERVALS) if is_detection else st.just(1)
    masker = st.tuples(st.floats(-40, 90), st.floats(0, 0.79), st.floats(0, 0.79))
    numbers = st.tuples(FREQUENCIES, LEVELS, is_catch, count, st.sampled_from(protocol.response_values), masker)
    rows = draw(st.dictionaries(st.integers(1, MAX_TRIAL), numbers, min_size=1, max_size=8))
    frame = pd.DataFrame([(trial, *rows[trial][:-1], *rows[trial][-1]) for trial in sorted(rows)])
    names = [
        "trial",
        "frequency_hz",
        "level_db_hl",
        "is_catch",
        "interval_count",
        "response",
        MASKER_LEVEL,
        NOTCH_LOWER,
        NOTCH_UPPER,
    ]
    return frame.set_axis(names, axis=1)


def _block(name: str, rows: pd.DataFrame) -> TrialBlock:
    is_catch, protocol = rows["is_catch"].to_numpy(), load_protocol(name)
    return TrialBlock(
        protocol=protocol,
        trial=rows["trial"].to_numpy(),
        frequency_hz=rows["frequency_hz"].to_numpy(),
        level_db_hl=np.where(is_catch, np.nan, rows["level_db_hl"].to_numpy()),
        interval_count=np.where(is_catch, 1, rows["interval_count"].to_numpy()),
        is_catch=is_catch,
        response=rows["response"].to_numpy(),
        parameters={column.name: rows[column.name].to_numpy() for column in stimulus_columns(protocol.stimulus.kind)},
    )


_EAR_ROWS = st.fixed_dictionaries({}, optional={protocol.name: _rows(protocol.name) for protocol in PROTOCOLS}).filter(
    bool
)


@given(
    rows=st.fixed_dictionaries({}, optional=dict.fromkeys(Ear, _EAR_ROWS)).filter(bool),
    listener=st.text(min_size=1, max_size=64).filter(lambda text: isinstance(listener_from(text), str)),
    day=st.dates(),
)
def test_what_is_written_reads_back_to_the_same(
    rows: dict[Ear, dict[str, pd.DataFrame]],
    listener: str,
    day: datetime.date,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    path = tmp_path_factory.getbasetemp() / "round_trip_beh.tsv"
    expected = []
    for ear, ear_rows in rows.items():
        blocks = tuple(_block(name, ear_rows[name]) for name in sorted(ear_rows))
        session, transducer = day.isoformat(), "ER-3A/HA-2"
        digest = trials_sha256(blocks, listener=listener, ear=ear, session=session, transducer=transducer)
        expected.append(Trials(listener, ear, session, transducer, blocks, ("a.tsv",), digest))
    write_trials(path, *expected)
    for trials, again in zip(sorted(expected, key=lambda each: each.ear), _read(path), strict=True):
        assert _same(again, trials)


@given(columns=st.permutations(range(8)), rows=st.permutations(range(4)))
def test_columns_and_rows_may_come_in_any_order(
    columns: list[int], rows: list[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "permuted.tsv"
    frame = _table(path)
    (expected,) = _read(path)
    frame.iloc[rows, columns].to_csv(path, sep="\t", index=False)
    (permuted,) = _read(path)
    assert _same(permuted, expected)


@pytest.mark.parametrize("suffix", [".tsv", ".csv", ".parquet", ".TSV"])
def test_all_formats_hold_the_same(suffix: str, tmp_path: Path) -> None:
    _table(tmp_path / "a.tsv")
    _table(tmp_path / f"b{suffix.lower()}")
    (tmp_path / f"b{suffix.lower()}").rename(tmp_path / f"c{suffix}")
    assert _same(_read(tmp_path / "a.tsv")[0], _read(tmp_path / f"c{suffix}")[0])


def test_parquet_columns_of_other_types(tmp_path: Path) -> None:
    typed = {
        "listener": pd.Categorical(["S1"] * 4),
        "session": [datetime.date(2024, 5, 6)] * 4,
        "protocol": "pure_tone_detection",
        "frequency_hz": np.float32(1000),
        "level_db_hl": [20.0, 40.0, None, 80.0],
        "catch": [False, False, True, False],
        "response": np.array([1, 0, 0, 1], dtype=np.int8),
    }
    _table(tmp_path / "a.parquet", columns=typed)
    _table(tmp_path / "b.parquet", columns={**typed, "session": pd.Timestamp("2024-05-06")})
    _table(tmp_path / "c.tsv", columns={**typed, "level_db_hl": ["20.0", "40.0", "n/a", "80.0"]})
    first, second, third = (_read(tmp_path / name)[0] for name in ("a.parquet", "b.parquet", "c.tsv"))
    assert _same(first, third)
    assert _same(second, third)
    np.testing.assert_array_equal(third.blocks[0].is_catch, [False, False, True, False])


def test_both_ears_come_left_first_and_one_can_be_chosen(tmp_path: Path) -> None:
    _table(tmp_path / "a.tsv", columns={"ear": ["right", "left", "right", "left"]})
    left, right = _read(tmp_path / "a.tsv")
    assert (left.ear, right.ear) == (Ear.LEFT, Ear.RIGHT)
    np.testing.assert_array_equal(left.blocks[0].trial, [2, 4])
    assert _same(_read(tmp_path / "a.tsv", ear="right")[0], right)


def test_an_absent_ear_is_an_error(tmp_path: Path) -> None:
    _table(tmp_path / "a.tsv")
    with pytest.raises(InputError, match=r"^Listener 'S1' has no trials of the right ear, only of the left one\.$"):
        _read(tmp_path / "a.tsv", ear="right")


def test_two_listeners_must_be_told_apart(tmp_path: Path) -> None:
    _table(tmp_path / "a.tsv", columns={"listener": ["S2", "S1", "S2", "S1"]})
    with pytest.raises(InputError, match=r"a\.tsv: there are trials of 2 listeners: S1, S2\. Choose one of them with"):
        _read(tmp_path / "a.tsv")
    with pytest.raises(InputError, match=r"^There are no trials of listener 'S3'\. There are S1, S2\.$"):
        _read(tmp_path / "a.tsv", listener="S3")
    (trials,) = _read(tmp_path / "a.tsv", listener="S2")
    np.testing.assert_array_equal(trials.blocks[0].trial, [1, 3])


def test_two_sessions_are_fitted_one_at_a_time(tmp_path: Path) -> None:
    _table(
        tmp_path / "a.tsv",
        columns={"session": ["2024-05-06", "2024-05-07"] * 2, "ear": ["left", "left", "left", "right"]},
    )
    with pytest.raises(InputError) as caught:
        _read(tmp_path / "a.tsv")
    assert caught.value.problems == (
        (
            "The left ear of listener 'S1' has trials of 2 sessions: 2024-05-06, 2024-05-07. Fit one session at a "
            "time: choose it by its date with --session."
        ),
    )
    (left,) = _read(tmp_path / "a.tsv", session="2024-05-06")
    assert (left.ear, left.session, left.num_trials) == (Ear.LEFT, "2024-05-06", 2)
    assert len(_read(tmp_path / "a.tsv", session="2024-05-07")) == 2
    with pytest.raises(
        InputError, match=r"no trials of the session '2024-05-08'\. There are 2024-05-06, 2024-05-07\.$"
    ):
        _read(tmp_path / "a.tsv", session="2024-05-08")


def test_several_files_are_put_together(tmp_path: Path) -> None:
    _table(tmp_path / "a.tsv", columns={"protocol": "pure_tone_detection", "response": 1})
    _table(tmp_path / "b.tsv")
    _table(tmp_path / "c.tsv", columns={"response": 30})
    (trials,) = _read(*(tmp_path / name for name in ("c.tsv", "a.tsv", "b.tsv")))
    assert trials.source_names == ("c.tsv", "a.tsv", "b.tsv")
    loudness, detection = trials.blocks
    assert (loudness.protocol.name, detection.protocol.name) == ("categorical_loudness", "pure_tone_detection")
    np.testing.assert_array_equal(loudness.response, [30] * 4 + [25] * 4)
    assert trials.num_trials == 12
    with pytest.raises(InputError, match=r"^Trials of categorical_loudness share their numbers, because"):
        trial_table(trials)


def test_a_file_without_trials_of_the_choice_is_said_not_to_be_used(tmp_path: Path) -> None:
    _table(tmp_path / "a.tsv")
    _table(tmp_path / "b.tsv", columns={"listener": "S2", "note": 1})
    trials, warnings = read_trials([tmp_path / "a.tsv", tmp_path / "b.tsv"], protocols=PROTOCOLS, listener="S1")
    assert trials[0].source_names == ("a.tsv",)
    assert warnings == (
        f"{tmp_path / 'b.tsv'}: the column 'note' is not used.",
        f"{tmp_path / 'b.tsv'}: holds no trials of what was chosen, so it is not used.",
    )


def test_the_same_trials_twice_are_refused(tmp_path: Path) -> None:
    for name in ("a.tsv", "b.csv"):
        _table(tmp_path / name)
    with pytest.raises(InputError, match=r"a\.tsv: is given more than once\. Give each file once\.$"):
        _read(tmp_path / "a.tsv", tmp_path / "a.tsv")
    with pytest.raises(
        InputError, match=r"a\.tsv and .*b\.csv hold the same trials of the left ear\. Give each run once"
    ):
        _read(tmp_path / "a.tsv", tmp_path / "b.csv")


def test_no_file_and_two_protocols_of_one_name_are_refused() -> None:
    with pytest.raises(InputError) as caught:
        read_trials([], protocols=[*PROTOCOLS, PROTOCOLS[0]])
    assert caught.value.problems == (
        "No trial table is given. Give at least one .tsv, .csv or .parquet file.",
        "There are two protocols named categorical_loudness. Give each its own name.",
    )


def test_the_problems_of_all_files_come_at_once(tmp_path: Path) -> None:
    _table(tmp_path / "a.tsv", columns={"ear": "L"})
    _table(tmp_path / "b.tsv", columns={"response": 3})
    with pytest.raises(InputError) as caught:
        _read(tmp_path / "a.tsv", tmp_path / "b.tsv", tmp_path / "c.tsv")
    assert [problem.split(" ")[0].rstrip(",:") for problem in caught.value.problems] == [
        str(tmp_path / name) for name in ("a.tsv", "b.tsv", "c.tsv")
    ]


def test_the_hash_knows_the_data_and_only_the_data(tmp_path: Path) -> None:
    _table(tmp_path / "a.tsv", columns={"ear": ["left", "left", "left", "right"]})
    _table(tmp_path / "b.parquet", 3, columns={"level_db_hl": [20, 40, 60]})
    _table(tmp_path / "c.tsv", 3, columns={"level_db_hl": [20, 40, 60.0001]})
    first, second, third = (_read(tmp_path / name)[0] for name in ("a.tsv", "b.parquet", "c.tsv"))
    assert first.source_sha256 == second.source_sha256
    assert first.source_sha256 != third.source_sha256
    _table(tmp_path / "d.tsv", 3, columns={"level_db_hl": [20, 40, 0.0]})
    _table(tmp_path / "e.tsv", 3, columns={"level_db_hl": [20, 40, -0.0]})
    zero, minus_zero = (_read(tmp_path / name)[0] for name in ("d.tsv", "e.tsv"))
    assert zero.source_sha256 == minus_zero.source_sha256
    one_way, other_way = (
        _read(*(tmp_path / name for name in names))[0] for names in (("c.tsv", "d.tsv"), ("d.tsv", "c.tsv"))
    )
    assert one_way.source_sha256 == other_way.source_sha256
    # Fixed, because a profile names its data by this number for years.
    assert first.source_sha256[:12] == "f2e6f457ebc0"


def test_the_sidecar_names_units_codes_and_transducer(tmp_path: Path) -> None:
    _table(tmp_path / "a.tsv")
    (trials,) = _read(tmp_path / "a.tsv", transducer="ER-3A")
    sidecar = trial_sidecar(trials)
    for text in ('"TaskName": "categoricalLoudness"', '"Units": "dB HL"', '"Transducer": "ER-3A/HA-2"', "25 medium"):
        assert text in sidecar
    with pytest.raises(InputError, match="made with several transducers"):
        trial_sidecar(trials, dataclasses.replace(trials, transducer=None))


def test_what_would_not_read_back_is_not_written(tmp_path: Path) -> None:
    _table(tmp_path / "a.tsv")
    (trials,) = _read(tmp_path / "a.tsv")
    with pytest.raises(InputError, match=r"a trial table is written as \.tsv\. Give a path that ends in \.tsv\.$"):
        write_trials(tmp_path / "out.csv", trials)
    with pytest.raises(InputError, match=r"'\.\./S1' cannot be the id of a listener"):
        trial_table(dataclasses.replace(trials, listener="../S1"))
    block = dataclasses.replace(trials.blocks[0], level_db_hl=np.array([0.0, 1.0, -22.0, 3.0]))
    with pytest.raises(InputError, match=r"have a level of -22 dB HL\. Allowed in a table: -20 to 130 dB HL\.$"):
        trial_table(dataclasses.replace(trials, blocks=(block,)))


def test_a_table_that_would_not_read_back_is_not_written(tmp_path: Path) -> None:
    _table(tmp_path / "a.tsv")
    (trials,) = _read(tmp_path / "a.tsv")
    with pytest.raises(InputError, match=r"^'yesterday' is not a session\."):
        trial_table(dataclasses.replace(trials, session="yesterday"))
    with pytest.raises(InputError, match=r"^The trials of the left ear hold a protocol twice:"):
        trial_table(dataclasses.replace(trials, blocks=trials.blocks * 2))
