"""score, simulate and protocol."""

import json
import re
from pathlib import Path

import pytest

from hearfit.audiology.audiogram import Ear
from hearfit.experiment.trials import Trials
from hearfit.listener.profile import Profile
from hearfit.scoring import ConditionScore, Score
from hearfit.storage.profile_files import write_profile
from tests.cli.conftest import Cli
from tests.cli.example_trials import fake_simulation, write_example_trials
from tests.reports.example_profile import example_profile


@pytest.fixture
def profile_path(tmp_path: Path) -> Path:
    write_profile(tmp_path / "right" / "profile.json", example_profile(Ear.RIGHT))
    return tmp_path / "right" / "profile.json"


def fake_score(profile: Profile, trials: Trials) -> Score:
    conditions = (
        ConditionScore("categorical_loudness", 1000.0, 40.0, 1, (0, 5), (1, 3), (2.0, 2.0)),
        ConditionScore("categorical_loudness", 1000.0, None, 1, (0, 5), (4, 0), (3.0, 1.0)),
    )
    return Score(8, -float("inf"), -1.25, conditions)


def test_score(cli: Cli, profile_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hearfit.scoring.score_trials", fake_score)
    trials = write_example_trials(tmp_path / "trials.tsv", *Ear)
    outcome = cli("score", profile_path, trials)
    assert outcome.code == 0
    assert "−1.250 per answer" in outcome.out
    # (0 * 5 + 3 * 5) / 8 observed, (2 * 5 + 1 * 5) / 8 expected.
    assert re.search(r"categorical_loudness +1000 +8 +1\.88 +1\.88", outcome.out)
    document = json.loads(cli("score", profile_path, trials, "--json").out)
    assert document["log_likelihood"] is None
    assert document["by_condition"][1]["level_db_hl"] is None
    assert document["by_frequency"][0]["num_trials"] == 8


def test_score_of_another_listener_is_told(
    cli: Cli, profile_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hearfit.scoring.score_trials", fake_score)
    trials = write_example_trials(tmp_path / "trials.tsv", Ear.RIGHT, listener="P7")
    assert cli("score", profile_path, trials).code == 2
    outcome = cli("score", profile_path, trials, "--listener", "P7")
    assert outcome.code == 0
    assert "warning: These are the answers of P7, but the profile is of L001." in outcome.err


def test_score_of_another_ear_is_refused(cli: Cli, profile_path: Path, tmp_path: Path) -> None:
    trials = write_example_trials(tmp_path / "trials.tsv", Ear.LEFT)
    assert cli("score", profile_path, trials).code == 2


def test_simulate_both_ears(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hearfit.fitting.simulate_trials", fake_simulation)
    arguments = ["simulate", "--audiogram", "N3", "--protocol", "pure_tone_detection", "--out", "new/trials.tsv"]
    outcome = cli(*arguments, "--session", "2026-01-02")
    assert outcome.code == 0
    assert "SIM-N3, left ear: 3 answers" in outcome.out
    table = (tmp_path / "new" / "trials.tsv").read_text("utf-8")
    assert table.count("SIM-N3\tleft\t2026-01-02") == 3
    assert table.count("SIM-N3\tright\t2026-01-02") == 3
    document = json.loads(cli(*arguments, "--json", "--ear", "left", "--listener", "X").out)
    assert document["num_trials"] == {"left": 3}
    assert document["listener"] == "X"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (["--audiogram", "N9"], "N9"),
        (["--protocol", "pure_tone"], "Did you mean pure_tone_detection?"),
        (["--out", "trials.csv"], "Give a path that ends in .tsv"),
        (["--outer-hair-cell-share", "2"], "--outer-hair-cell-share"),
        (["--inhibition", "0"], "The lateral inhibition is 0; it must be more than 0 and less than 0.55."),
        (["--ear", "left", "--audiogram", "right.csv"], "has no thresholds of the left ear"),
    ],
)
def test_simulate_bad_input(cli: Cli, tmp_path: Path, changes: list[str], message: str) -> None:
    (tmp_path / "right.csv").write_text("listener,ear,frequency_hz,threshold_db_hl\nL001,right,1000,40\n")
    arguments = ["--audiogram", "N3", "--protocol", "pure_tone_detection", "--out", "new/trials.tsv"]
    outcome = cli("simulate", *arguments, *changes)
    assert outcome.code == 2
    assert message in outcome.err
    assert not (tmp_path / "new").exists()


def test_protocols_are_listed(cli: Cli) -> None:
    outcome = cli("protocol", "list")
    assert outcome.code == 0
    assert re.search(r"^pure_tone_detection +1\.0\.0", outcome.out, re.MULTILINE)
    assert {"categorical_loudness", "pure_tone_detection"} <= {
        entry["name"] for entry in json.loads(cli("protocol", "list", "--json").out)
    }


@pytest.mark.parametrize("name", ["pure_tone_detection", "categorical_loudness", "categorical_loudness_noise"])
def test_a_protocol_is_shown(cli: Cli, name: str) -> None:
    outcome = cli("protocol", "show", name)
    assert outcome.code == 0
    assert outcome.out.startswith(name)
    assert json.loads(cli("protocol", "show", name, "--json").out)["name"] == name


def test_a_wrong_protocol_file_is_explained(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('name = "Mine"\ntask = "detection"\n')
    outcome = cli("protocol", "show", "mine.toml")
    assert outcome.code == 2
    assert len(outcome.err.splitlines()) > 3
    assert all(line.startswith("error: mine.toml: ") for line in outcome.err.splitlines())
