"""Trial tables of discriminations: the way there and back, and the sentence for each violation."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hearfit.audiology.audiogram import Ear
from hearfit.errors import InputError
from hearfit.experiment.conditions import collapse
from hearfit.experiment.stimulus_columns import (
    INCREMENT,
    LEVEL_DIFFERENCE,
    NUM_COMPONENTS,
    RIPPLE_DENSITY,
    ROVE_RANGE,
    signal_column,
)
from hearfit.experiment.trial_assembly import trials_sha256
from hearfit.experiment.trials import TrialBlock, Trials
from hearfit.protocols.loader import load_protocol, shipped_protocols
from hearfit.storage.trial_files import read_trials, write_trials

HEAD = ("listener", "ear", "session", "protocol", "trial", "frequency_hz", "level_db_hl", "response")
INTENSITY = ("S1", "left", "2024-05-06", "intensity_discrimination", "1", "1000", "60", "1")
PROFILE = ("S1", "left", "2024-05-06", "profile_analysis", "1", "1000", "60", "1")
DETECTION = ("S1", "left", "2024-05-06", "pure_tone_detection", "2", "1000", "n/a", "0")
NAMES = ("intensity_discrimination", "profile_analysis", "spectral_ripple_discrimination")
COLUMNS = {name: [column for column, _ in load_protocol(name).design.values] for name in NAMES}
VALUES = {
    LEVEL_DIFFERENCE: st.floats(0, 60),
    INCREMENT: st.floats(-60, 60),
    NUM_COMPONENTS: st.integers(1, 49).map(lambda half: 2.0 * half + 1.0),
    ROVE_RANGE: st.floats(0, 40),
    RIPPLE_DENSITY: st.floats(0.05, 50),
}


@st.composite
def _rows(draw: st.DrawFn, name: str) -> list[tuple[float, ...]]:
    """Plain rows: beartype draws random numbers, which hypothesis forbids where it draws its own."""
    values = (VALUES[column] for column in COLUMNS[name])
    number = st.tuples(st.floats(250, 8000), st.floats(-20, 130), st.booleans(), st.integers(1, 8), *values)
    return draw(st.lists(number, min_size=1, max_size=6))


def _block(name: str, rows: list[tuple[float, ...]]) -> TrialBlock:
    protocol, columns = load_protocol(name), COLUMNS[name]
    frequency, level, is_catch, count, *values = (np.array(column) for column in zip(*rows, strict=True))
    signal = signal_column(protocol.stimulus.kind)
    return TrialBlock(
        protocol=protocol,
        trial=np.arange(1, len(rows) + 1),
        frequency_hz=frequency,
        level_db_hl=level,
        interval_count=np.where(is_catch, 1, count),
        is_catch=is_catch,
        response=np.arange(len(rows)) % 2,
        parameters={
            name: np.where(is_catch & (name == signal), np.nan, value)
            for name, value in zip(columns, values, strict=True)
        },
    )


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=40)
@given(data=st.data())
def test_what_is_written_reads_back(name: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    block = _block(name, data.draw(_rows(name)))
    digest = trials_sha256([block], listener="S1", ear=Ear.LEFT, session="2024-05-06", transducer="HDA200")
    trials = Trials("S1", Ear.LEFT, "2024-05-06", "HDA200", (block,), ("a.tsv",), digest)
    path = tmp_path_factory.mktemp("t") / "a.tsv"
    write_trials(path, trials)
    (found,), warnings = read_trials([path], protocols=shipped_protocols())
    assert warnings == ()
    assert found.source_sha256 == digest
    (again,) = found.blocks
    assert list(again.parameters) == list(block.parameters)
    for column, values in block.parameters.items():
        np.testing.assert_array_equal(again.parameters[column], values)
    np.testing.assert_array_equal(again.level_db_hl, block.level_db_hl)
    conditions = collapse(again)
    assert conditions.counts.sum() == len(block.trial)
    signal = signal_column(block.protocol.stimulus.kind)
    assert signal is not None
    np.testing.assert_array_equal(np.isnan(conditions.parameters[signal]), conditions.is_catch)


def _problems(path: Path, columns: tuple[str, ...], *rows: tuple[str, ...]) -> list[str]:
    file = path / "a.tsv"
    file.write_text("".join("\t".join(row) + "\n" for row in (columns, *rows)), "utf-8")
    with pytest.raises(InputError) as caught:
        read_trials([file], protocols=shipped_protocols(), transducer="HDA200")
    return [problem.removeprefix(f"{file}") for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        ({"level_db_hl": "n/a"}, "column level_db_hl: 'n/a' (missing) is not the level of the standard, which every"),
        (
            {LEVEL_DIFFERENCE: "n/a"},
            "column level_difference_db: 'n/a' (missing) is not a level difference. Allowed in",
        ),
        ({LEVEL_DIFFERENCE: "-1"}, "column level_difference_db: '-1' is not a level difference. Allowed in intensity_"),
        ({LEVEL_DIFFERENCE: "inf"}, "column level_difference_db: 'inf'"),
        (
            {ROVE_RANGE: "41"},
            "column rove_range_db: '41' is not the range of a rove. Allowed in intensity_discrimination",
        ),
        ({"catch": "1", "interval_count": "2"}, "column interval_count: '2' cannot be: a forced choice"),
        (
            {"catch": "1"},
            "column level_difference_db: '2' is a signal in a catch trial, in which only the standard was",
        ),
        ({"catch": "1", "level_db_hl": "n/a"}, "column level_db_hl: 'n/a' (missing) is not the level of the standard,"),
    ],
)
def test_a_wrong_cell_is_named(cells: dict[str, str], sentence: str, tmp_path: Path) -> None:
    columns = (*HEAD, "catch", "interval_count", LEVEL_DIFFERENCE, ROVE_RANGE)
    right = dict(zip(columns, (*INTENSITY, "0", "1", "2", "0"), strict=True))
    problems = _problems(tmp_path, columns, tuple((right | cells).values()))
    assert any(problem.startswith(f", line 2, {sentence}") for problem in problems), problems


def test_a_number_of_components_is_odd_and_columns_of_other_stimuli_are_empty(tmp_path: Path) -> None:
    columns = (*HEAD, INCREMENT, NUM_COMPONENTS, ROVE_RANGE)
    problems = _problems(tmp_path, columns, (*PROFILE, "-10", "6", "0"))
    assert any("'6' is not a number of components" in each and "odd whole number" in each for each in problems)
    problems = _problems(
        tmp_path, columns, (*PROFILE, "-10", "5", "0"), (*DETECTION[:-2], "30", "1", "n/a", "5", "n/a")
    )
    assert any("'5' describes a stimulus, which pure_tone_detection does not have" in each for each in problems)


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    problems = _problems(tmp_path, (*HEAD, INCREMENT, NUM_COMPONENTS), (*PROFILE, "-10", "5"))
    assert problems == [": the column rove_range_db is missing."]
