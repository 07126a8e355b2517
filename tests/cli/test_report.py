"""`hearfit report`: what it reads, where it writes, and what it never replaces."""

import dataclasses
import json
from pathlib import Path

import pytest

from hearfit.audiology.audiogram import Ear
from hearfit.storage.audiogram_files import write_audiograms
from hearfit.storage.profile_files import write_profile
from tests.cli.conftest import Cli
from tests.reports.example_report import earlier, example_audiogram, small_profile


@pytest.fixture
def profile_path(tmp_path: Path) -> Path:
    write_profile(tmp_path / "right" / "profile.json", small_profile(Ear.RIGHT))
    return tmp_path / "right" / "profile.json"


@pytest.fixture
def audiogram_path(tmp_path: Path) -> Path:
    write_audiograms([example_audiogram()], tmp_path / "a.csv")
    return tmp_path / "a.csv"


def files_in(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_a_report_lies_beside_its_profile(cli: Cli, profile_path: Path) -> None:
    outcome = cli("report", profile_path)
    assert outcome.code == 0
    assert profile_path.with_name("report.html").read_text("utf-8").startswith("<!DOCTYPE html>")


def test_a_report_on_both_ears_lies_above_them(cli: Cli, profile_path: Path, tmp_path: Path) -> None:
    write_profile(tmp_path / "left" / "profile.json", small_profile(Ear.LEFT))
    outcome = cli("report", profile_path, tmp_path / "left" / "profile.json", "--json")
    assert json.loads(outcome.out) == {"report": "report.html"}
    text = (tmp_path / "report.html").read_text("utf-8")
    assert ">Right ear</h2>" in text
    assert ">Left ear</h2>" in text


@pytest.mark.parametrize(
    ("arguments", "name", "begins"),
    [
        (("--out", "new/page.html"), "new/page.html", b"<!DOCTYPE html>"),
        (("--out", "page.PDF"), "page.PDF", b"%PDF-"),
        (("--format", "pdf"), "right/report.pdf", b"%PDF-"),
        (("--format", "pdf", "--out", "x.pdf", "--paper", "letter"), "x.pdf", b"%PDF-"),
    ],
)
def test_the_format_follows_from_the_ending(
    cli: Cli, profile_path: Path, tmp_path: Path, arguments: tuple[str, ...], name: str, begins: bytes
) -> None:
    before = files_in(tmp_path)
    outcome = cli("report", profile_path, *arguments)
    assert outcome.code == 0, outcome.err
    assert outcome.out.split(" ", 1)[1].strip().endswith(name)
    # Nothing else is written.
    assert files_in(tmp_path) - before == {name}
    assert (tmp_path / name).read_bytes().startswith(begins)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--out", "page.txt"), "page.txt: a report ends in .html or .pdf, not in '.txt'."),
        (("--out", "page"), "page: a report ends in .html or .pdf, not in 'nothing'."),
        (("--out", "a.pdf", "--format", "html"), "a.pdf: ends in .pdf, but --format asks for html."),
        (("--age", "40"), "Percentiles by age need both --age and --sex"),
        (("--age", "7", "--sex", "male"), "An age of 7 years is outside ISO 7029:2017"),
        (("--audiogram", "none.csv"), "none.csv: there is no such file."),
        (("--previous", "none.json"), "none.json: there is no such file."),
        (("--previous", "right/profile.json"), "The previous profile of the right ear is of session 2026-03-14, which"),
    ],
)
def test_what_is_refused(
    cli: Cli, profile_path: Path, tmp_path: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    before = files_in(tmp_path)
    outcome = cli("report", profile_path, *arguments)
    assert outcome.code == 2
    assert f"error: {sentence}" in outcome.err
    assert files_in(tmp_path) == before


def test_nothing_is_replaced_without_being_asked_to(cli: Cli, profile_path: Path) -> None:
    page = profile_path.with_name("report.html")
    page.write_text("mine", "utf-8")
    outcome = cli("report", profile_path)
    assert outcome.code == 2
    assert "report.html: exists already. Choose another path with --out, or replace it with --force." in outcome.err
    assert page.read_text("utf-8") == "mine"
    assert cli("report", profile_path, "--force").code == 0
    assert page.read_text("utf-8") != "mine"


@pytest.mark.parametrize("option", ["--audiogram", "--previous"])
def test_what_is_read_is_never_replaced(cli: Cli, profile_path: Path, tmp_path: Path, option: str) -> None:
    (tmp_path / "x.html").write_text("{}", "utf-8")
    outcome = cli("report", profile_path, option, "x.html", "--out", "x.html", "--force")
    assert outcome.code == 2
    assert "x.html: is a file that is read, so it is not replaced." in outcome.err
    assert (tmp_path / "x.html").read_text("utf-8") == "{}"


def test_an_audiogram_alone(cli: Cli, audiogram_path: Path, tmp_path: Path) -> None:
    outcome = cli("report", "--audiogram", audiogram_path, "--age", "60", "--sex", "female")
    assert outcome.code == 0, outcome.err
    text = (tmp_path / "report.html").read_text("utf-8")
    assert "Above threshold: nothing is known." in text
    assert "60 years, female" in text


def test_a_standard_audiogram_alone(cli: Cli, tmp_path: Path) -> None:
    assert cli("report", "--audiogram", "N3", "--listener", "Somebody").code == 0
    assert ">Somebody</bdi>" in (tmp_path / "report.html").read_text("utf-8")


def test_a_report_needs_something_to_report_on(cli: Cli) -> None:
    outcome = cli("report")
    assert outcome.code == 2
    assert "A report needs at least one PROFILE or an --audiogram." in outcome.err


def test_the_audiogram_of_another_listener_is_refused(cli: Cli, profile_path: Path, audiogram_path: Path) -> None:
    outcome = cli("report", profile_path, "--audiogram", audiogram_path)
    assert outcome.code == 2
    assert "L001" in outcome.err


def test_change_since_an_earlier_session(cli: Cli, profile_path: Path, tmp_path: Path) -> None:
    write_profile(tmp_path / "old.json", earlier(small_profile(Ear.RIGHT)))
    assert cli("report", profile_path, "--previous", "old.json", "--out", "r.html").code == 0
    text = (tmp_path / "r.html").read_text("utf-8")
    assert ">Change since 2025-09-10</h2>" in text
    assert "Perhaps worse, to be confirmed: threshold at 4\u00a0kHz (+12.0 dB)." in text


def test_sessions_that_cannot_be_compared(cli: Cli, profile_path: Path, tmp_path: Path) -> None:
    before = earlier(small_profile(Ear.RIGHT))
    other = dataclasses.replace(before, provenance=dataclasses.replace(before.provenance, prior="flat"))
    write_profile(tmp_path / "old.json", other)
    outcome = cli("report", profile_path, "--previous", "old.json", "--out", "r.html")
    assert outcome.code == 2
    assert "different priors" in outcome.err


def test_a_report_on_two_listeners_is_refused(cli: Cli, profile_path: Path, tmp_path: Path) -> None:
    write_profile(tmp_path / "other.json", small_profile(Ear.LEFT, listener="L002"))
    outcome = cli("report", profile_path, "other.json")
    assert outcome.code == 2
    assert outcome.err.startswith("error: A report is about one listener")


def test_a_report_of_something_else(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "profile.json").write_text("{}")
    outcome = cli("report", "profile.json")
    assert outcome.code == 2
    assert "is not a hearfit profile" in outcome.err


def test_a_name_that_climbs_stays_inside(cli: Cli, tmp_path: Path) -> None:
    write_profile(tmp_path / "in" / "profile.json", small_profile(Ear.RIGHT, listener="../../x"))
    assert cli("report", "in/profile.json", "--out", "in/r.pdf").code == 0
    assert files_in(tmp_path) == {"in/profile.json", "in/r.pdf"}
