"""`hearfit history`: what a person sees and a script reads. The store itself is tested with the tracking."""

import json
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearfit.audiology.audiogram import Ear
from hearfit.cli.sparkline import sparkline
from hearfit.tracking.averages import AVERAGES, Average, averages_of_profile
from hearfit.tracking.history import EarSession, History, TrackedFit, sessions_of
from tests.cli.conftest import Cli
from tests.reports.example_profile import example_profile

STORE = "sqlite:///store.db"


def tracked(session: str, ear: Ear = Ear.RIGHT, *, version: int = 1, is_converged: bool = True) -> TrackedFit:
    return TrackedFit(
        run_id=f"{ear}-{session}-{version}",
        listener="L001",
        ear=ear,
        session=session,
        version=version,
        begun=datetime(2026, 1, 1, tzinfo=UTC),
        method="map",
        prior="population",
        transducer="HDA200",
        data_sha256="9f" * 32,
        is_converged=is_converged,
        num_trials=1380,
        warnings="",
        artifact_uri="",
        averages=averages_of_profile(example_profile(ear, seed=version + int(session[:4]))),
    )


def history_of(*fits: TrackedFit, listener: str = "L001", warnings: tuple[str, ...] = ()) -> History:
    return History(listener, STORE, sessions_of(fits), warnings)


EXAMPLE = history_of(
    tracked("2024-01-02"),
    tracked("2026-03-14"),
    tracked("2026-03-14", version=2),
    tracked("2024-01-02", Ear.LEFT, is_converged=False),
    warnings=("Something is unlike.",),
)


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hearfit.tracking.find.find_history", lambda listener, **rest: EXAMPLE)


def test_a_table_an_ear(cli: Cli, found: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    outcome = cli("history", "--listener", "L001")
    assert outcome.code == 0
    lines = outcome.out.splitlines()
    assert "L001, right ear: 2 sessions, 3 fits" in outcome.out
    assert "L001, left ear: 1 session, 1 fit" in outcome.out
    assert any(line.startswith("2024-01-02 !  ") for line in lines)
    row = next(line for line in lines if line.startswith("2026-03-14"))
    average = EXAMPLE.of(Ear.RIGHT)[1].latest.averages["threshold_db_hl"]
    assert row.split()[1:5] == ["2", f"{average.mean:.1f}", "±", f"{average.sd_at_most:.1f}"]
    assert row.rstrip().endswith("†")
    assert max(map(len, lines)) <= 80
    assert "\x1b" not in outcome.out
    assert "warning: Something is unlike." in outcome.err


def test_what_changed_is_last_minus_first(cli: Cli, found: None) -> None:
    first, last = (each.latest.averages["attenuation_db"].mean for each in EXAMPLE.of(Ear.RIGHT))
    line = next(each for each in cli("history", "--listener", "L001").out.splitlines() if "last − first" in each)
    assert line.split()[-2] == f"{last - first:.1f}"


def test_json_names_every_fit(cli: Cli, found: None) -> None:
    outcome = cli("history", "--listener", "L001", "--json", "--quiet")
    document = json.loads(outcome.out)
    assert [(each["ear"], each["session"], each["version"]) for each in document["sessions"]] == [
        ("right", "2024-01-02", 1),
        ("right", "2026-03-14", 2),
        ("left", "2024-01-02", 1),
    ]
    assert [fit["run_id"] for fit in document["sessions"][1]["fits"]] == ["right-2026-03-14-1", "right-2026-03-14-2"]
    assert document["sessions"][2]["is_converged"] is False
    assert set(document["sessions"][0]["averages"]) == {kind.name for kind in AVERAGES}
    assert document["warnings"] == ["Something is unlike."]


@pytest.mark.parametrize("kind", ["svg", "png", "pdf"])
def test_the_figure_is_written_and_not_replaced(cli: Cli, found: None, tmp_path: Path, kind: str) -> None:
    name = f"course.{kind}"
    assert cli("history", "--listener", "L001", "--out", name).code == 0
    begin = {"svg": b"<?xml", "png": b"\x89PNG", "pdf": b"%PDF"}[kind]
    assert (tmp_path / name).read_bytes().startswith(begin)
    (tmp_path / name).write_text("mine")
    refused = cli("history", "--listener", "L001", "--out", name)
    assert refused.code == 2
    assert f"error: {name}: is there already" in refused.err
    assert (tmp_path / name).read_text() == "mine"
    assert cli("history", "--listener", "L001", "--out", name, "--force").code == 0
    assert (tmp_path / name).read_bytes().startswith(begin)


def test_a_figure_of_no_known_format(cli: Cli, found: None) -> None:
    outcome = cli("history", "--listener", "L001", "--out", "course.docx")
    assert outcome.code == 2
    assert "course.docx: the name of the figure must end in .svg, .png, .pdf." in outcome.err


def test_malicious_names_are_shown_and_not_obeyed(cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    name = "<script>\x1b[31m\u202e$x$[bold]=1+1"
    monkeypatch.setattr(
        "hearfit.tracking.find.find_history", lambda listener, **rest: history_of(tracked("2024-01-02"), listener=name)
    )
    outcome = cli("history", "--listener", name, "--out", "course.svg")
    assert outcome.code == 0
    assert r"<script>\x1b[31m\u202e$x$[bold]=1+1" in outcome.out
    drawing = (tmp_path / "course.svg").read_text("utf-8")
    assert "<script" not in drawing
    assert "&lt;script&gt;" in drawing


def test_hundreds_of_sessions_are_told_in_a_screen(cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    dates = [(date(2000, 1, 1) + timedelta(days=day)).isoformat() for day in range(300)]
    base = tracked(dates[0])
    sessions = tuple(EarSession(Ear.RIGHT, each, (base,)) for each in dates)
    history = History("L001", STORE, sessions, ())
    monkeypatch.setattr("hearfit.tracking.find.find_history", lambda listener, **rest: history)
    outcome = cli("history", "--listener", "L001", "--out", "course.png")
    assert outcome.code == 0
    assert len(outcome.out.splitlines()) < 50
    assert "… 270 …" in outcome.out


def test_what_is_not_known_is_a_dash(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs of somebody else's, or of a profile that lacks a frequency, have no averages."""
    from dataclasses import replace

    bare = [replace(tracked(f"202{year}-01-01"), averages={}) for year in (4, 5)]
    monkeypatch.setattr("hearfit.tracking.find.find_history", lambda listener, **rest: history_of(*bare))
    outcome = cli("history", "--listener", "L001", "--out", "course.svg", "--json")
    assert outcome.code == 0
    assert json.loads(outcome.out)["sessions"][0]["averages"] == {}
    assert "–" in cli("history", "--listener", "L001").out


def test_no_store_is_made_by_looking(cli: Cli, tmp_path: Path) -> None:
    outcome = cli("history", "--listener", "L001", "--json")
    assert outcome.code == 2
    assert "There is no tracking store at sqlite:///" in json.loads(outcome.out)["error"]["problems"][0]
    assert list(tmp_path.iterdir()) == []


def test_no_jax_is_imported() -> None:
    code = (
        "import sys\n"
        "import hearfit.cli.history, hearfit.tracking.find, hearfit.reports.figure_history\n"
        "print(sorted({'jax', 'mlflow', 'pandas'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_bars() -> None:
    assert sparkline([0, 1, 2, 3, 4, 5, 6, 7], least_span=0, width=8) == "▁▂▃▄▅▆▇█"
    assert sparkline([1.0, 1.0], least_span=4.0, width=8) == "▅▅"
    assert sparkline([0.0, None, 7.0], least_span=0.0, width=8) == "▁ █"
    assert sparkline([], least_span=1.0, width=8) == ""
    assert sparkline([None], least_span=1.0, width=8) == ""


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=40), st.integers(1, 12), st.floats(0, 10))
def test_bars_are_as_many_as_fit_and_rise_with_the_values(values: list[float], width: int, least: float) -> None:
    bars = sparkline(values, least_span=least, width=width)
    assert len(bars) == min(width, len(values))
    if len(values) <= width:
        ranked = [bar for _, bar in sorted(zip(values, bars, strict=True))]
        assert ranked == sorted(ranked)


def test_an_average_bounds_its_sd() -> None:
    """Against the SD of a mean of fully correlated errors, the largest that there is."""
    profile = example_profile()
    four = [entry.threshold_db_hl.sd for entry in profile.frequencies if entry.frequency_hz in (500, 1000, 2000, 4000)]
    variance_if_correlated = sum(a * b for a in four for b in four) / 16
    found: Average = averages_of_profile(profile)["threshold_db_hl"]
    assert found.sd_at_most == pytest.approx(variance_if_correlated**0.5)
