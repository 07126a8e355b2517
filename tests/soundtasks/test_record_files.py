"""Records as files: what is read is what was written, and a broken file is named with its field."""

import json
import math
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hearfit.errors import InputError
from hearfit.soundtasks.record import Confusion, CurvePoint, LearnedParameter, RunName, RunRecord
from hearfit.soundtasks.record_files import file_stem, read_record, read_records, write_record
from hearfit.training.settings import Settings

words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
finite = st.floats(allow_nan=False, allow_infinity=False)
values = st.tuples(finite, finite)
points = st.builds(CurvePoint, st.integers(0, 10**6), finite, st.floats(allow_infinity=False))
names = st.builds(RunName, words, words, words, st.integers(0, 2**31))
# Built in the test, since the checks of types draw random numbers, which a strategy may not.
contents = st.tuples(
    st.dictionaries(words, st.floats(allow_infinity=False), max_size=3),
    st.integers(0, 10**9),
    st.integers(0, 10**9),
    st.floats(0.0, 1e6),
    st.dictionaries(words, st.lists(st.floats(allow_infinity=False), max_size=4).map(tuple), max_size=2),
    st.dictionaries(words, st.lists(st.floats(allow_infinity=False), max_size=4).map(tuple), max_size=2),
    st.lists(points, max_size=3).map(tuple),
    st.lists(st.tuples(words, words, words, finite, finite, values, values), max_size=2),
)
RECORD = RunRecord(RunName("neural", "leaf", "10 % of the data", 3), {"cc": 0.5}, 1, 2, 3.0, {"cc": (0.25, math.nan)})
SETTINGS: Settings = {"rate": 0.1, "split": (1, 2)}


@settings(max_examples=30)
@given(names, contents)
def test_round_trip(tmp_path_factory: pytest.TempPathFactory, name: RunName, content: tuple[Any, ...]) -> None:
    scores, frontend, readout, duration_s, items, draws, curve, learned = content
    parameters = tuple(LearnedParameter(*each) for each in learned)
    record = RunRecord(name, scores, frontend, readout, duration_s, items, draws, curve, parameters)
    folder = tmp_path_factory.mktemp("records")
    stored = read_record(write_record(folder, record, SETTINGS))
    # NaN is not equal to itself, but has one text.
    assert repr(asdict(stored.record)) == repr(asdict(record))
    assert hash(stored.record.name) == hash(record.name)
    assert stored.settings == {"rate": 0.1, "split": [1, 2]}


def test_undefined_scores_are_null(tmp_path: Path) -> None:
    content = json.loads(write_record(tmp_path, RECORD, SETTINGS).read_text())
    assert content["record"]["items"] == {"cc": [0.25, None]}


@given(names, names)
def test_every_run_has_a_file_of_its_own(one: RunName, other: RunName) -> None:
    assert (file_stem(one) == file_stem(other)) == (one == other)
    assert set(file_stem(one)) <= set("abcdefghijklmnopqrstuvwxyz0123456789-_")


def test_names_that_look_alike() -> None:
    one, other = (replace(RECORD.name, condition=condition) for condition in ("10 % of the data", "10 of the DATA"))
    assert file_stem(one) != file_stem(other)
    assert file_stem(one).startswith("neural_leaf_10-of-the-data_seed-3_")


@pytest.mark.parametrize(
    ("place", "value", "sentence"),
    [
        (("record", "num_frontend_parameters"), "many", r"`record.num_frontend_parameters` is 'many', but"),
        (("record", "scores", "cc"), "0.5", r"`record.scores.cc` is '0.5', but input should be a valid number"),
        (("record", "name", "seed"), 1.5, r"`record.name.seed` is 1.5, but"),
        (("record", "duration_s"), None, r"`record.duration_s` is None, but"),
        (("record", "colour"), "red", r"`record.colour` is not part of a record"),
        (("settings", "rate"), 0.2, r"do not have its `settings_hash`"),
        (("schema",), "hearfit-profile", r"its `schema` must be 'hearfit-run'"),
        (("version",), 2, r"`version` 1"),
    ],
)
def test_a_wrong_field_is_named(tmp_path: Path, place: tuple[str, ...], value: object, sentence: str) -> None:
    path = write_record(tmp_path, RECORD, SETTINGS)
    content = json.loads(path.read_text())
    inner = content
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    path.write_text(json.dumps(content))
    with pytest.raises(InputError, match=sentence) as caught:
        read_records(tmp_path)
    assert str(caught.value).startswith(f"{path}: ")


def test_confusions_read_back_and_older_records_have_none(tmp_path: Path) -> None:
    confusion = Confusion("frame", ("vowel", "stop"), ((3, 1), (0, 2)))
    path = write_record(tmp_path, replace(RECORD, confusion=confusion), SETTINGS)
    assert read_record(path).record.confusion == confusion
    content = json.loads(path.read_text())
    content["record"]["confusion"]["counts"].pop()
    path.write_text(json.dumps(content))
    with pytest.raises(InputError, match=r"`record\.confusion` is .* the counts of 2 classes are not 2 rows of 2"):
        read_record(path)
    del content["record"]["confusion"]
    path.write_text(json.dumps(content))
    older = read_record(path).record
    assert (older.confusion, older.scores["cc"]) == (None, RECORD.scores["cc"])


def test_other_broken_files(tmp_path: Path) -> None:
    path = write_record(tmp_path, RECORD, SETTINGS)
    whole = path.read_text()
    content = json.loads(whole)
    del content["record"]["name"]["task"]
    path.write_text(json.dumps(content))
    (tmp_path / "a.json").write_text(whole[:50])
    with pytest.raises(InputError, match=r"is not valid JSON(.|\n)*`record.name.task` is missing"):
        read_records(tmp_path)
    path.write_text(whole)
    (tmp_path / "a.json").write_text(whole)
    with pytest.raises(InputError, match=r"is of the same run as a\.json"):
        read_records(tmp_path)
    with pytest.raises(InputError, match="there is no such folder"):
        read_records(tmp_path / "none")


def test_what_is_no_number_is_not_written(tmp_path: Path) -> None:
    for record, place in (
        (replace(RECORD, scores={"cc": math.inf}), "scores.cc"),
        (replace(RECORD, duration_s=math.nan), "duration_s"),
    ):
        with pytest.raises(InputError, match=rf"`{place}` is (inf|nan), which is not a finite number"):
            write_record(tmp_path, record, SETTINGS)
    assert not list(tmp_path.iterdir())


def test_records_are_in_the_order_of_their_names(tmp_path: Path) -> None:
    for seed in np.random.default_rng(0).permutation(12).tolist():
        write_record(tmp_path, replace(RECORD, name=replace(RECORD.name, seed=seed)), SETTINGS)
    assert [record.name.seed for record in read_records(tmp_path)] == list(range(12))
