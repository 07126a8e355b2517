"""`hearfit compare`: what is printed, written and refused."""

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import pytest

from hearfit.audiology.audiogram import Ear
from hearfit.cli.output import Output
from hearfit.storage.profile_files import write_profile
from tests.change.profiles import FREQUENCIES_HZ, profile_with
from tests.cli.conftest import Cli

FLAT = [30.0] * len(FREQUENCIES_HZ)
WORSE = [*FLAT[:4], 55.0, 58.0, *FLAT[6:]]


@pytest.fixture
def sessions(tmp_path: Path) -> list[str]:
    """Both ears in three sessions; the right ear is worse at 3 and 4 kHz in the last two."""
    names = []
    for ear in Ear:
        for day in ("2025-01-10", "2025-07-11", "2026-01-12"):
            levels = FLAT if ear is Ear.LEFT or day == "2025-01-10" else WORSE
            name = f"{ear}-{day}.json"
            write_profile(tmp_path / name, profile_with(levels, ear=ear, session=day))
            names.append(name)
    return names


def test_what_has_changed_is_said_in_words_and_numbers(cli: Cli, sessions: list[str]) -> None:
    outcome = cli("compare", *sessions)
    assert outcome.code == 0
    words = " ".join(outcome.out.split())
    assert "Right ear, 2026-01-12 against 2025-01-10. Worse, beyond retest: threshold at 3 kHz (+25.0 dB)" in words
    assert "Left ear, 2026-01-12 against 2025-01-10: no change shown in" in words
    assert "Right ear, 2025-07-11 against 2025-01-10" in words
    # Both limits are printed with their sources.
    for source in ("NHANES 2011-2012", "fortier_project", "Henry et al. 2001"):
        assert source in words
    (row,) = (line for line in outcome.out.splitlines() if line.split()[:2] == ["4", "kHz"] and "58.0" in line)
    assert row.split()[2:5] == ["30.0", "58.0", "+28.0"]
    assert row.split()[-1] == "worse"


def test_every_row_ends_with_its_verdict(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    # Wide numbers leave a table of 80 columns no room to spare.
    names = []
    for day, level in (("2025-01-10", 30.0), ("2026-01-12", 41.0)):
        profile = profile_with([level] * len(FREQUENCIES_HZ), session=day)
        rows = tuple(
            dataclasses.replace(
                row,
                attenuation_db=dataclasses.replace(
                    row.attenuation_db, mean=level - 19.0, sd=16.0, lower_95=level - 29.0, upper_95=level + 12.0
                ),
            )
            for row in profile.frequencies
        )
        write_profile(tmp_path / f"{day}.json", dataclasses.replace(profile, frequencies=rows))
        names.append(f"{day}.json")
    rows_told = [
        line.split() for line in cli("compare", *names).out.splitlines() if line.startswith(" ") and " to " in line
    ]
    assert len(rows_told) > 20
    assert {row[-1] for row in rows_told} <= {"worse", "worse?", "larger", "larger?", "differs", "–"}


def test_json_is_one_document(cli: Cli, sessions: list[str]) -> None:
    document = json.loads(cli("compare", *sessions, "--json").out)
    assert document["schema"] == "hearfit.change"
    assert [each["session"] for each in document["sessions"]] == ["2025-01-10", "2025-07-11", "2026-01-12"]
    latest = document["steps"][-1]
    assert latest["baselines"] == {"left": "2025-01-10", "right": "2025-01-10"}
    (at_3_khz,) = (
        each
        for each in latest["changes"]
        if (each["ear"], each["quantity"], each["frequencies_hz"]) == ("right", "threshold_db_hl", [3000.0])
    )
    assert at_3_khz["verdict"] == "beyond retest"
    assert at_3_khz["difference"]["mean"] == pytest.approx(25.0)
    assert at_3_khz["within_session"]["probability_beyond"] > 0.99
    assert at_3_khz["published_limit"] == 10.0


def test_files_are_written_and_never_replaced_unasked(cli: Cli, sessions: list[str], tmp_path: Path) -> None:
    assert cli("compare", *sessions, "--out", "change").code == 0
    page, record = (tmp_path / "change" / name for name in ("compare.html", "compare.json"))
    assert json.loads(record.read_text("utf-8"))["listener"] == "L001"
    assert page.read_text("utf-8").startswith("<!DOCTYPE html>")
    page.write_text("mine", encoding="utf-8")
    refused = cli("compare", *sessions, "--out", "change")
    assert refused.code == 2
    assert "exists already and is not replaced" in refused.err
    assert page.read_text("utf-8") == "mine"
    assert cli("compare", *sessions, "--out", "change", "--force").code == 0
    assert page.read_text("utf-8") != "mine"


def test_files_are_written_although_the_reader_of_the_text_leaves(
    cli: Cli, sessions: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `hearfit compare ... --out change | head -1` does: the first table meets a closed pipe."""

    def closed(*_: object) -> None:
        raise BrokenPipeError

    monkeypatch.setattr(Output, "table", closed)
    cli("compare", *sessions, "--out", "change")
    assert json.loads((tmp_path / "change/compare.json").read_text("utf-8"))
    assert (tmp_path / "change/compare.html").exists()


def test_a_fit_that_did_not_converge_ends_with_1_and_the_reason(cli: Cli, tmp_path: Path) -> None:
    write_profile(tmp_path / "a.json", profile_with(FLAT))
    write_profile(tmp_path / "b.json", profile_with(WORSE, session="2026-09-01", is_converged=False))
    outcome = cli("compare", "a.json", "b.json")
    assert outcome.code == 1
    assert "warning: The fit of the right ear in 2026-09-01 cannot be trusted" in outcome.err
    assert "Worse, beyond retest" in outcome.out


def test_what_cannot_be_read_is_refused_with_all_reasons(cli: Cli, sessions: list[str], tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text('{"schema": ', encoding="utf-8")
    newer = json.loads((tmp_path / sessions[0]).read_text("utf-8")) | {"version": 99}
    (tmp_path / "newer.json").write_text(json.dumps(newer), encoding="utf-8")
    outcome = cli("compare", sessions[0], "broken.json", "newer.json", "absent.json")
    assert outcome.code == 2
    assert "broken.json: is not valid JSON" in outcome.err
    assert "newer.json: was written by a newer hearfit" in outcome.err
    assert "absent.json: there is no such file" in outcome.err


def test_refusals_name_the_files(cli: Cli, tmp_path: Path) -> None:
    write_profile(tmp_path / "a.json", profile_with(FLAT))
    write_profile(tmp_path / "b.json", profile_with(FLAT, listener="L002", session="2026-09-01"))
    outcome = cli("compare", "a.json", "b.json")
    assert outcome.code == 2
    assert "'L001' (a.json), 'L002' (b.json)" in outcome.err


def test_malicious_names_are_shown_and_not_obeyed(cli: Cli, tmp_path: Path) -> None:
    name = "<script>alert(1)</script>\x1b[31m../../x\u202e=cmd()"
    for day, levels in (("2025-01-10", FLAT), ("2026-01-12", WORSE)):
        write_profile(tmp_path / f"{day}.json", profile_with(levels, session=day, listener=name))
    outcome = cli("compare", "2025-01-10.json", "2026-01-12.json", "--out", "change")
    assert outcome.code == 0
    assert "\x1b" not in outcome.out
    assert "\u202e" not in outcome.out
    page = (tmp_path / "change" / "compare.html").read_text("utf-8")
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert sorted(path.name for path in tmp_path.iterdir()) == ["2025-01-10.json", "2026-01-12.json", "change"]


def test_nothing_heavy_is_imported(sessions: list[str], tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from hearfit.cli.main import app\n"
        "app(sys.argv[1:], standalone_mode=False)\n"
        "assert not {'jax', 'mlflow', 'pandas', 'flax'} & set(sys.modules)\n"
    )
    subprocess.run(
        [sys.executable, "-P", "-c", code, "compare", *sessions, "--out", "change"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
