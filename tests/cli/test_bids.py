"""`hearfit bids`: names and metadata by the BIDS schema and its validator, and data that read back to the same."""

import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest
from bids_validator import BIDSValidator
from bidsschematools.schema import load_schema

from hearfit.audiology.audiogram import Ear
from hearfit.protocols.loader import load_protocol
from hearfit.storage.trial_files import read_trials
from tests.cli.conftest import Cli
from tests.cli.example_trials import write_example_trials

BOTH = (Ear.LEFT, Ear.RIGHT)
PROTOCOLS = ("pure_tone_detection", "categorical_loudness")


@pytest.fixture
def dataset(cli: Cli, tmp_path: Path) -> Path:
    write_example_trials(Path("t.tsv"), *BOTH, listener="P-07 a")
    outcome = cli("bids", "t.tsv", "--out", "data", "--age", "61.5", "--sex", "female")
    assert (outcome.code, outcome.err) == (0, "")
    return tmp_path / "data"


def files_of(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def participants(folder: Path) -> list[dict[str, str]]:
    with (folder / "participants.tsv").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle, delimiter="\t"))


def test_every_name_is_valid_by_the_validator_of_bids(dataset: Path) -> None:
    names = files_of(dataset)
    assert names == [
        "README",
        "dataset_description.json",
        "participants.json",
        "participants.tsv",
        "sub-P07a/ses-20260314/beh/sub-P07a_ses-20260314_task-categoricalLoudness_beh.json",
        "sub-P07a/ses-20260314/beh/sub-P07a_ses-20260314_task-categoricalLoudness_beh.tsv",
        "sub-P07a/ses-20260314/beh/sub-P07a_ses-20260314_task-pureToneDetection_beh.json",
        "sub-P07a/ses-20260314/beh/sub-P07a_ses-20260314_task-pureToneDetection_beh.tsv",
    ]
    validator = BIDSValidator()
    assert [name for name in names if not validator.is_bids(f"/{name}")] == []
    assert not validator.is_bids("/sub-P-07a/beh/sub-P-07a_task-x_beh.tsv"), "the validator can refuse"


def test_metadata_by_the_schema_of_bids(dataset: Path) -> None:
    """Required fields, the pattern of labels, and the names of columns, from the schema of the specification."""
    schema = load_schema()
    description = json.loads((dataset / "dataset_description.json").read_text(encoding="utf-8"))
    fields = schema.rules.json.dataset.dataset_description.fields
    assert {field for field, level in fields.items() if level == "required"} == {"Name", "BIDSVersion"}
    assert {"Name", "BIDSVersion"} <= set(description) <= set(fields)
    assert description["DatasetType"] == "raw"
    for path in dataset.rglob("*_beh.tsv"):
        sidecar = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        header = path.read_text(encoding="utf-8").splitlines()[0].split("\t")
        assert f"_task-{re.sub(r'[^0-9a-zA-Z]', '', sidecar['TaskName'])}_" in path.name
        assert set(header) <= set(sidecar), "every column is described"
        assert all(re.fullmatch(r"[a-z][a-z0-9_]*", column) for column in header), "snake_case"
        taken = {column["name"] for column in schema.objects.columns.values()}
        assert not set(header) & taken, "a column of the specification would have to keep its meaning"
        cells = [cell for line in path.read_text(encoding="utf-8").splitlines() for cell in line.split("\t")]
        assert "" not in cells, "missing values are n/a"
    rows = participants(dataset)
    assert rows == [{"participant_id": "sub-P07a", "listener": "P-07 a", "age": "61.5", "sex": "female"}]
    age, sex = schema.objects.columns.age.definition, schema.objects.columns.sex.definition
    assert float(rows[0]["age"]) <= age.Maximum
    assert rows[0]["sex"] in sex.Levels
    described = json.loads((dataset / "participants.json").read_text(encoding="utf-8"))
    assert set(rows[0]) <= set(described)
    subjects = {path.name for path in dataset.iterdir() if path.name.startswith("sub-")}
    assert subjects == {row["participant_id"] for row in rows}


def test_the_tables_read_back_to_the_same_trials(dataset: Path) -> None:
    known = [load_protocol(name) for name in PROTOCOLS]
    before, _ = read_trials([Path("t.tsv")], protocols=known)
    after, _ = read_trials(sorted(dataset.rglob("*_beh.tsv")), protocols=known)
    for first, second in zip(before, after, strict=True):
        assert (first.listener, first.ear, first.session) == (second.listener, second.ear, second.session)
        assert first.transducer == second.transducer
        blocks = {block.protocol.name: block for block in second.blocks}
        for block in first.blocks:
            np.testing.assert_array_equal(block.level_db_hl, blocks[block.protocol.name].level_db_hl)
            np.testing.assert_array_equal(block.response, blocks[block.protocol.name].response)


def test_adding_to_a_dataset_changes_nothing_else(cli: Cli, dataset: Path) -> None:
    table = dataset / "participants.tsv"
    table.write_text("participant_id\tgroup\tage\nsub-P07a\tcontrol\t61.5\nsub-X\tn/a\t20\n", encoding="utf-8")
    (dataset / "README").write_text("mine", encoding="utf-8")
    write_example_trials(Path("u.tsv"), Ear.LEFT, listener="=Q8")
    assert cli("bids", "u.tsv", "--out", "data", "--json").code == 0
    assert (dataset / "README").read_text(encoding="utf-8") == "mine"
    assert table.read_text(encoding="utf-8") == (
        "participant_id\tgroup\tage\tlistener\tsex\n"
        "sub-P07a\tcontrol\t61.5\tn/a\tn/a\nsub-X\tn/a\t20\tn/a\tn/a\nsub-Q8\tn/a\tn/a\t'=Q8\tn/a\n"
    )
    assert cli("bids", "t.tsv", "--out", "data", "--force", "--sex", "male").code == 0
    assert participants(dataset)[0] == {
        "participant_id": "sub-P07a",
        "group": "control",
        "age": "61.5",
        "listener": "P-07 a",
        "sex": "male",
    }


@pytest.mark.parametrize(
    ("options", "listener", "expected"),
    [
        ([], "P-07 a", "is already there. Give --force to replace it"),
        (["--force", "--age", "62"], "P-07 a", "sub-P07a, age: is '61.5', not '62'. Correct one of them"),
        (["--force"], "P07a", "sub-P07a, listener: is 'P-07 a', not 'P07a'. Two listeners whose ids"),
        (["--age", "90"], "Q8", "An age of 90 years is not allowed. Allowed: 0 to 89, where BIDS caps"),
        (["--age", "nan"], "Q8", "An age of nan years is not allowed."),
        ([], "ÄÖ", "has no letter or digit of ASCII"),
    ],
)
def test_contradictions_leave_the_dataset_as_it_was(
    cli: Cli, dataset: Path, options: list[str], listener: str, expected: str
) -> None:
    write_example_trials(Path("t.tsv"), *BOTH, listener=listener)
    before = {name: (dataset / name).read_bytes() for name in files_of(dataset)}
    outcome = cli("bids", "t.tsv", "--out", "data", *options)
    assert (outcome.code, outcome.out) == (2, "")
    assert expected in outcome.err
    assert {name: (dataset / name).read_bytes() for name in files_of(dataset)} == before


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("notes.txt", "mine", "is not empty and has no dataset_description.json"),
        ("dataset_description.json", "{", "is not readable JSON"),
        ("dataset_description.json", "[]", "has no Name and BIDSVersion"),
        ("participants.tsv", "id\n1\n", "its first column must be participant_id"),
        ("participants.tsv", "participant_id\tage\nsub-1\n", "line 2: has 1 cells, but the header has 2 columns"),
        ("participants.tsv", "", "is not a table with a header"),
        ("participants.json", "[]", "must hold a JSON object"),
        ("participants.json", "{", "is not readable JSON"),
    ],
)
def test_folders_that_are_refused(cli: Cli, tmp_path: Path, name: str, content: str, expected: str) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    if name.startswith("participants"):
        (folder / "dataset_description.json").write_text('{"Name": "x", "BIDSVersion": "1.10.0"}', encoding="utf-8")
    (folder / name).write_text(content, encoding="utf-8")
    before = files_of(folder)
    write_example_trials(Path("t.tsv"), Ear.LEFT)
    outcome = cli("bids", "t.tsv", "--out", "data")
    assert (outcome.code, outcome.out) == (2, "")
    assert expected in outcome.err
    assert files_of(folder) == before
