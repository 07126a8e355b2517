"""The sidecar of a trial table: the transducer, the units, and everything that it can get wrong."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearfit.errors import InputError
from hearfit.experiment.trials import Trials
from hearfit.protocols.loader import shipped_protocols
from hearfit.storage.trial_files import read_trials

HEADER = "listener\tear\tsession\tprotocol\ttrial\tfrequency_hz\tlevel_db_spl\tresponse\n"
ROW = "S1\tleft\t2024-05-06\tcategorical_loudness\t1\t250\t60\t25\n"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "sub-S1_beh.tsv"
    path.write_text(HEADER + ROW, "utf-8")
    return path


def _sidecar(table: Path, content: object) -> None:
    text = content if isinstance(content, str) else json.dumps(content)
    table.with_suffix(".json").write_text(text, "utf-8")


def _read(table: Path, transducer: str | None = None) -> Trials:
    (trials,), _ = read_trials([table], protocols=shipped_protocols(), transducer=transducer)
    return trials


def _problem(table: Path, transducer: str | None = None) -> str:
    with pytest.raises(InputError) as caught:
        _read(table, transducer)
    (problem,) = caught.value.problems
    return problem.replace(str(table.parent) + "/", "")


def test_the_sidecar_or_the_user_names_the_transducer(table: Path) -> None:
    given_by_user = _read(table, "ER-3A")
    assert given_by_user.transducer == "ER-3A/HA-2"
    # ISO 389-2 table 1, HA-2 coupler: 14 dB SPL at 250 Hz.
    assert given_by_user.blocks[0].level_db_hl.tolist() == [46.0]
    _sidecar(table, {"Transducer": "EARtone 3A"})
    assert _read(table).source_sha256 == given_by_user.source_sha256
    assert _read(table, "er-3a/ha-2").transducer == "ER-3A/HA-2"


def test_levels_in_db_spl_need_a_transducer(table: Path) -> None:
    problem = _problem(table)
    assert problem.startswith(
        "sub-S1_beh.tsv: the levels are in dB SPL, which needs the transducer. Name it in sub-S1_beh.json "
        '({"Transducer": "ER-3A/HA-2"}) or give it with --transducer. Known are ER-3A/HA-2, '
    )
    _sidecar(table, {})
    assert _problem(table) == problem


def test_noise_needs_a_transducer_even_in_db_hl(table: Path) -> None:
    text = (HEADER + ROW).replace("db_spl", "db_hl")
    table.write_text(text, "utf-8")
    assert _read(table).transducer is None
    table.write_text(text.replace("loudness", "loudness_noise"), "utf-8")
    assert _problem(table) == (
        "sub-S1_beh.tsv: the protocol categorical_loudness_noise needs the transducer, whatever the unit of the "
        "levels. Give it with --transducer or in the sidecar."
    )
    assert _read(table, "HDA 200").transducer == "HDA200"


def test_two_different_transducers_are_refused(table: Path) -> None:
    _sidecar(table, {"Transducer": "ER-3A"})
    assert _problem(table, "HDA200") == (
        "sub-S1_beh.json names the transducer ER-3A/HA-2, but HDA200 was given. Correct one of them."
    )


def test_files_of_two_transducers_are_not_put_together(table: Path) -> None:
    other = table.with_name("other.tsv")
    other.write_text(HEADER + ROW.replace("\t60\t", "\t70\t"), "utf-8")
    _sidecar(table, {"Transducer": "ER-3A"})
    _sidecar(other, {"Transducer": "HDA200"})
    with pytest.raises(
        InputError, match=r"The trials of the left ear were made with several transducers \(ER-3A/HA-2 in"
    ):
        read_trials([table, other], protocols=shipped_protocols())


def test_an_unknown_transducer_is_named_with_its_place(table: Path) -> None:
    assert _problem(table, "X1").startswith("'X1' is not a transducer whose reference thresholds are known.")
    _sidecar(table, {"Transducer": "X1"})
    assert _problem(table).startswith("sub-S1_beh.json: 'X1' is not a transducer")


@pytest.mark.parametrize("unit", ["dB SPL", "dB(SPL)", "db spl", "dB re 20 µPa", "dB re 20 uPa"])
def test_a_unit_that_agrees(unit: str, table: Path) -> None:
    _sidecar(table, {"Transducer": "ER-3A", "level_db_spl": {"Units": unit}, "frequency_hz": {"Units": "Hz"}})
    assert _read(table).num_trials == 1


def test_a_unit_that_contradicts_the_name_of_the_column(table: Path) -> None:
    _sidecar(table, {"Transducer": "ER-3A", "level_db_spl": {"Units": "dB HL"}})
    assert _problem(table) == (
        "sub-S1_beh.json: the Units of level_db_spl are 'dB HL', but the name of the column says dB SPL. Correct "
        "one of them."
    )
    _sidecar(table, {"Transducer": "ER-3A", "frequency_hz": {"Units": "kHz"}})
    assert _problem(table) == "sub-S1_beh.json: the Units of frequency_hz are 'kHz'. Allowed: Hz."


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "is not a JSON file that can be read ("),
        ("[" * 100_000, "is not a JSON file that can be read ("),
        ("[1]", 'must hold a JSON object, such as {"Transducer": "ER-3A/HA-2"}.'),
        ({"Transducer": 3}, 'the key Transducer must be text, such as "ER-3A/HA-2".'),
        ({"Transducer": "ER-3A", "ear": {"Units": 3}}, "the Units of 'ear' must be text."),
    ],
)
def test_a_broken_sidecar(content: object, sentence: str, table: Path) -> None:
    _sidecar(table, content)
    with pytest.raises(InputError) as caught:
        _read(table)
    assert caught.value.problems[0].startswith(f"{table.with_suffix('.json')}: {sentence}")


def test_the_problems_of_sidecar_and_table_come_at_once(table: Path) -> None:
    table.write_text(HEADER + ROW.replace("left", "L"), "utf-8")
    with pytest.raises(InputError) as caught:
        _read(table)
    assert len(caught.value.problems) == 2


ANY_JSON = st.recursive(st.none() | st.text() | st.floats(), st.lists).map(lambda content: json.dumps(content).encode())


@given(content=st.binary() | ANY_JSON)
def test_any_sidecar_is_read_or_refused(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    table = tmp_path_factory.getbasetemp() / "any_sidecar.tsv"
    table.write_text(HEADER + ROW, "utf-8")
    table.with_suffix(".json").write_bytes(content)
    with pytest.raises(InputError):
        _read(table)
