"""`hearfit audiogram compare`. Truth: shifts and answers worked by hand from the files that are written here."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from hearfit.audiology.change.criteria import CRITERIA
from hearfit.cli.audiogram_compare import _SHORT_NAMES
from tests.cli.conftest import Cli

HZ = (250, 500, 1000, 2000, 3000, 4000, 6000, 8000)
BASELINE = (10, 10, 10, 15, 20, 25, 30, 30)
LATER = (10, 10, 10, 25, 35, 45, 50, ">70")


def write(
    name: str, right: Mapping[int, object], *, date: str | None = None, listener: str | None = "L001", **more: str
) -> str:
    """An audiogram of the right ear in the working folder of the command."""
    columns = ["ear", "frequency_hz", "threshold_db_hl", *(key for key in more)]
    columns += [column for column, value in (("date", date), ("listener", listener)) if value is not None]
    lines = [",".join(columns)]
    for hz, level in right.items():
        cells = ["right", str(hz), str(level), *more.values(), *(each for each in (date, listener) if each is not None)]
        lines.append(",".join(cells))
    Path(name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return name


@pytest.fixture
def files(cli: Cli) -> tuple[str, str, str]:
    """A baseline, a worse session and its retest; `cli` has moved to an empty folder."""
    return (
        write("a.csv", dict(zip(HZ, BASELINE, strict=True)), date="2024-01-10"),
        write("b.csv", dict(zip(HZ, LATER, strict=True)), date="2025-01-10"),
        write("r.csv", dict(zip(HZ, LATER, strict=True)), date="2025-01-12"),
    )


def words(text: str) -> str:
    return " ".join(text.split())


def test_shifts_answers_and_reasons(cli: Cli, files: tuple[str, str, str]) -> None:
    baseline, later, retest = files
    outcome = cli("audiogram", "compare", baseline, later, "--retest", retest)
    assert (outcome.code, outcome.err) == (0, "")
    assert "\x1b" not in outcome.out
    lines = outcome.out.splitlines()
    assert lines[0] == "L001: baseline 2024-01-10, 2025-01-10, retest 2025-01-12"
    table = [words(line) for line in lines if "2025-01-10 shift" in line or "dB HL  " in line]
    assert table == [
        "2024-01-10 dB HL 10 10 10 15 20 25 30 30",
        "2025-01-10 shift 0° 0 0 +10 +15* +20* +20* > +40*",
    ]
    assert "right OSHA STS met The average shift is +15 dB" in words(outcome.out)
    assert "not declared to be in a monitoring program" in words(outcome.out)
    assert "No shift is corrected for age" in words(outcome.out)


def test_json(cli: Cli, files: tuple[str, str, str]) -> None:
    baseline, later, retest = files
    arguments = ("--retest", retest, "--enrolled-in-monitoring", "--json", "--ladder", "500,1000,2000,4000,8000")
    document = json.loads(cli("audiogram", "compare", later, baseline, *arguments).out)
    assert document["baseline"]["date"] == "2024-01-10"
    assert document["declared_ladder_hz"] == [500, 1000, 2000, 4000, 8000]
    assert document["is_age_corrected"] is False
    assert document["warnings"][0].startswith("The sessions were not given in the order of their dates")
    (session,) = document["sessions"]
    by_frequency = {shift["frequency_hz"]: shift for shift in session["shifts"]}
    assert by_frequency[4000]["lowest_shift_db"] == by_frequency[4000]["highest_shift_db"] == 20
    assert (by_frequency[8000]["lowest_shift_db"], by_frequency[8000]["highest_shift_db"]) == (40, None)
    assert by_frequency[8000]["published_retest_limits"] == "beyond"
    answers = {answer["criterion"]: answer for answer in session["answers"]}
    assert {name for name, answer in answers.items() if answer["verdict"] == "met"} == set(answers) - {
        "asha-1994-c",
        "siop-boston",
    }
    assert answers["ctcae-5-adult"]["grade"] == {"lowest": 3, "highest": 3}
    assert {criterion["id"] for criterion in document["criteria"]} > set(answers)
    assert all(criterion["source"] for criterion in document["criteria"])
    assert all(limit["source"] for limit in document["retest_limits"])


def test_a_child_is_graded_without_a_program(cli: Cli, files: tuple[str, str, str]) -> None:
    out = words(cli("audiogram", "compare", *files[:2], "--child").out)
    assert "right CTCAE v5.0, child met, grade 1" in out
    assert "adult" not in out


def test_several_sessions_against_one_baseline(cli: Cli, files: tuple[str, str, str]) -> None:
    middle = write("m.csv", dict.fromkeys(HZ, 10), date="2024-06-01")
    out = words(cli("audiogram", "compare", files[0], middle, files[1]).out)
    assert "2024-06-01 shift 0° 0 0 −5 −10 −15* −20* −20*" in out
    # ASHA a to c, CTCAE, SIOP, OSHA's two, NIOSH.
    assert "2024-06-01 no no no ? ? no no no 2025-01-10 once once no ? ? met met once" in out
    again = words(cli("audiogram", "compare", files[0], middle, files[1], "--baseline", "2024-06-01").out)
    assert "2024-06-01 dB HL 10 10" in again


def test_every_criterion_has_a_short_name() -> None:
    assert set(_SHORT_NAMES) == {criterion.id for criterion in CRITERIA}


def test_frequencies_above_8_khz_have_a_table_of_their_own(cli: Cli) -> None:
    high = write("a.csv", {8000: 10, 10000: 10, 12500: 20}, date="2024-01-01")
    later = write("b.csv", {8000: 10, 10000: 25, 16000: 30}, date="2024-02-01")
    outcome = cli("audiogram", "compare", high, later)
    out = words(outcome.out)
    assert "Right ear, Hz 10000 12500 16000" in out
    assert "2024-02-01 shift +15* – –" in out
    assert "b.csv: lacks 12500 Hz of the right ear" in outcome.err


@pytest.mark.parametrize(
    ("second", "arguments", "message"),
    [
        ({"date": "2024-01-10"}, (), "a.csv and b.csv are both of 2024-01-10"),
        ({}, (), "b.csv: has no date"),
        ({"date": "2025-01-10", "listener": "L002"}, (), "a.csv is of 'L001'; b.csv is of 'L002'"),
        ({"date": "2025-01-10", "listener": None}, (), "say whose all of them are with --listener"),
        ({"date": "2025-01-10"}, ("--ladder", "500;1000"), "--ladder '500;1000' is not a list of frequencies"),
        ({"date": "2025-01-10"}, ("--ladder", "500,500"), "has 500 Hz more than once"),
        ({"date": "2025-01-10"}, ("--ladder", "500,nan"), "has nan Hz, which is not a number of hertz"),
        ({"date": "2025-01-10"}, ("--baseline", "2025-01-10"), "No session before the last is of '2025-01-10'"),
        ({"date": "2025-01-10"}, ("--retest", "no.csv"), "no.csv"),
    ],
)
def test_bad_input(cli: Cli, second: dict[str, str], arguments: tuple[str, ...], message: str) -> None:
    first = write("a.csv", dict.fromkeys(HZ, 10), date="2024-01-10")
    later = write("b.csv", dict.fromkeys(HZ, 10), **second)
    outcome = cli("audiogram", "compare", first, later, *arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert message in words(outcome.err)


def test_one_audiogram_and_a_standard_one_cannot_be_compared(cli: Cli, files: tuple[str, str, str]) -> None:
    assert "A change needs two audiograms" in cli("audiogram", "compare", files[0]).err
    assert "N3: has no date" in cli("audiogram", "compare", files[0], "N3", "--listener", "L001").err


def test_a_file_without_a_listener_is_named_by_the_option(cli: Cli) -> None:
    first = write("a.csv", dict.fromkeys(HZ, 10), date="2024-01-10", listener=None)
    later = write("b.csv", dict.fromkeys(HZ, 10), date="2025-01-10", listener=None)
    assert cli("audiogram", "compare", first, later).code == 2
    assert cli("audiogram", "compare", first, later, "--listener", "L7").out.startswith("L7: baseline")


def test_a_hostile_name_is_shown_and_not_obeyed(cli: Cli) -> None:
    name = "[red]\u202e=cmd"
    first = write("a.csv", dict.fromkeys(HZ, 10), date="2024-01-10", listener=None)
    later = write("b.csv", dict.fromkeys(HZ, 10), date="2025-01-10", listener=None)
    assert cli("audiogram", "compare", first, later, "--listener", name).out.startswith("[red]\\u202e=cmd: baseline")


def test_nothing_heavy_is_imported(cli: Cli, files: tuple[str, str, str], tmp_path: Path) -> None:
    code = (
        "import sys; from hearfit.cli.main import app\n"
        f"app(['audiogram', 'compare', {files[0]!r}, {files[1]!r}], standalone_mode=False)\n"
        "print(sorted(set(sys.modules) & {'jax', 'flax', 'pandas', 'scipy', 'mlflow', 'matplotlib'}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path, env=dict(os.environ)
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_another_transducer_is_warned_of(cli: Cli) -> None:
    first = write("a.csv", dict.fromkeys(HZ, 10), date="2024-01-10", transducer="HDA200")
    later = write("b.csv", dict.fromkeys(HZ, 10), date="2025-01-10", transducer="TDH-39")
    assert "measured with TDH-39 and the baseline with HDA200" in cli("audiogram", "compare", first, later).err
