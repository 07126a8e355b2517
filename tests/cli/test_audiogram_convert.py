"""`hearfit audiogram convert`: every format to every other, losses refused or told, nothing replaced unasked."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from hearfit.storage.audiogram_files import read_audiogram, read_audiograms
from tests.cli.conftest import Cli

FULL = (
    "listener,ear,frequency_hz,threshold_db_hl,conduction,masked,transducer,date\n"
    "=cmd,left,125,10,air,0,HDA200,2024-05-31\n"
    "=cmd,left,8000,>110,air,0,HDA200,2024-05-31\n"
    "=cmd,right,500,30,air,1,HDA200,2024-05-31\n"
    "=cmd,right,500,5,bone,1,,2024-05-31\n"
)


@pytest.fixture
def full(tmp_path: Path) -> Path:
    path = tmp_path / "full.csv"
    path.write_text(FULL, encoding="utf-8")
    return path


def test_through_every_format_and_back(cli: Cli, full: Path) -> None:
    expected = read_audiogram(str(full))
    assert expected.listener == "=cmd"
    names = ["1.fhir.json", "2.tsv", "3.csv", "4.fhir.json", "5.csv"]
    for before, after in zip([full.name, *names], names, strict=False):
        options = ["--layout", "wide"] if after == "3.csv" else []
        outcome = cli("audiogram", "convert", before, after, *options)
        assert (outcome.code, outcome.err) == (0, "")
        assert "thresholds  4" in outcome.out
    found = read_audiogram("5.csv")
    assert (found.listener, found.transducer, found.date) == (expected.listener, expected.transducer, expected.date)
    assert set(found.thresholds) == set(expected.thresholds)
    assert "\n'=cmd," in Path("5.csv").read_text(encoding="utf-8")


def test_a_standard_audiogram_to_clarity_with_json(cli: Cli) -> None:
    outcome = cli("audiogram", "convert", "S2", "s2.json", "--json")
    assert json.loads(outcome.out) == {
        "out": "s2.json",
        "format": "clarity",
        "listeners": ["S2"],
        "num_thresholds": 20,
        "lost": [],
    }
    assert read_audiogram("s2.json") == read_audiogram("S2")


def test_losses_are_refused_and_with_lossy_told(cli: Cli, full: Path) -> None:
    full.write_text(FULL + "=cmd,left,500,20,air,0,HDA200,2024-05-31\n", encoding="utf-8")
    refused = cli("audiogram", "convert", full, "out.json")
    assert refused.code == 2
    lines = refused.err.splitlines()
    assert len(lines) == 6
    assert all(line.endswith("Give --lossy to drop this, or choose another format.") for line in lines)
    assert not Path("out.json").exists()
    told = cli("audiogram", "convert", full, "out.json", "--lossy")
    assert told.code == 0
    assert len(told.err.splitlines()) == 6
    assert all(line.startswith("warning: ") and line.endswith("It was dropped.") for line in told.err.splitlines())
    assert json.loads(Path("out.json").read_text(encoding="utf-8")) == {
        "=cmd": {"name": "=cmd", "audiogram_cfs": [500], "audiogram_levels_l": [20], "audiogram_levels_r": [30]}
    }


def test_nothing_is_left_to_write(cli: Cli, full: Path) -> None:
    outcome = cli("audiogram", "convert", full, "out.json", "--lossy")
    assert outcome.code == 2
    assert "a Clarity file holds nothing else" in outcome.err
    assert not Path("out.json").exists()


def test_nothing_is_replaced_unless_forced_and_never_the_input(cli: Cli, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    out.write_text("mine", encoding="utf-8")
    refused = cli("audiogram", "convert", "N3", out)
    assert (refused.code, refused.out) == (2, "")
    assert "is already there. Give --force" in refused.err
    assert out.read_text(encoding="utf-8") == "mine"
    assert cli("audiogram", "convert", "N3", out, "--force").code == 0
    same = cli("audiogram", "convert", out, tmp_path / "." / "out.csv", "--force")
    assert "is a file that is read, so it is not replaced" in same.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.csv"]


def test_several_listeners_or_one(cli: Cli) -> None:
    table = "listener,ear,frequency_hz,threshold_db_hl\nA,left,500,10\n<script>x</script>,left,500,20\n"
    Path("two.csv").write_text(table, encoding="utf-8")
    assert "listeners   2" in cli("audiogram", "convert", "two.csv", "two.fhir.json").out
    assert read_audiograms("two.fhir.json") == read_audiograms("two.csv")
    cli("audiogram", "convert", "two.fhir.json", "one.tsv", "--listener", "<script>x</script>")
    assert read_audiogram("one.tsv").listener == "<script>x</script>"
    assert "has no listener 'B'" in cli("audiogram", "convert", "two.csv", "b.csv", "--listener", "B").err


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["N3", "out.xlsx"], "an audiogram is written as .tsv, .csv, .fhir.json or .json (Clarity), not as '.xlsx'."),
        (["N3", "out.json", "--layout", "wide"], "--layout wide is for tables, but out.json is written as clarity."),
        (["none.csv", "out.csv"], "none.csv: there is no such file."),
        (["N3", "."], "an audiogram is written as"),
        (["N3", ".", "--to", "csv"], "is a folder, but a file of this name would be written"),
        (["broken.json", "out.csv"], "broken.json: is not readable JSON (line 1, column 18"),
        (["patient.json", "out.csv"], "patient.json: is a FHIR Patient."),
    ],
)
def test_bad_use(cli: Cli, arguments: list[str], expected: str) -> None:
    Path("broken.json").write_text('{"resourceType": ', encoding="utf-8")
    Path("patient.json").write_text('{"resourceType": "Patient"}', encoding="utf-8")
    outcome = cli("audiogram", "convert", *arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert expected in outcome.err
    assert sorted(path.name for path in Path().iterdir()) == ["broken.json", "patient.json"]


def test_formats_by_name(cli: Cli) -> None:
    cli("audiogram", "convert", "N3", "out.txt", "--to", "fhir")
    assert cli("audiogram", "convert", "out.txt", "back.csv", "--from", "fhir").code == 0
    assert read_audiogram("back.csv") == read_audiogram("N3")
    assert (
        "is a FHIR resource, not a file of listeners"
        in cli("audiogram", "convert", "out.txt", "x.csv", "--from", "clarity").err
    )


def test_a_fhir_file_serves_wherever_an_audiogram_does(cli: Cli) -> None:
    cli("audiogram", "convert", "S3", "s3.fhir.json")
    assert cli("audiogram", "show", "s3.fhir.json").out == cli("audiogram", "show", "S3").out


def test_nothing_heavy_is_imported(tmp_path: Path) -> None:
    heavy = {"jax", "numpy", "pandas", "scipy", "mlflow", "matplotlib", "fhir"}
    code = (
        "import sys\n"
        "sys.argv = ['hearfit', 'audiogram', 'convert', 'N3', 'n3.fhir.json', '--json']\n"
        "import hearfit.cli.main as main\n"
        "try:\n    main.run()\nexcept SystemExit as error:\n    assert error.code == 0, error.code\n"
        f"sys.stderr.write(str(sorted(set(sys.modules) & {heavy!r})))"
    )
    done = subprocess.run([sys.executable, "-P", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stderr == "[]"
