"""`--columns`: tables of other programs in `fit` and `score`."""

from importlib.resources import files
from pathlib import Path

import pytest

from hearfit.audiology.audiogram import Ear
from hearfit.listener.profile import Profile
from hearfit.scoring import Score
from hearfit.storage.profile_files import write_profile
from tests.cli.conftest import Cli
from tests.cli.example_trials import fake_fit, write_example_trials
from tests.reports.example_profile import example_profile

TABLE = "who,screen,hz,dB,key\nL001,intro,,,space\nL001,tone,1000,20,n\nL001,tone,1000,40,y\n"
MAP = """
[constants]
ear = "right"
session = 2026-03-14
protocol = "pure_tone_detection"
[columns]
listener = "who"
trial = {row_order = true}
frequency_hz = "hz"
level_db_hl = "dB"
response = {column = "key", values = {y = 1, n = 0}}
[[leave_out]]
what = "instructions"
column = "screen"
equals = ["intro"]
"""


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def score(profile: Profile, trials: object) -> Score:
        return Score(2, -1.0, -0.5, ())

    monkeypatch.setattr("hearfit.fitting.fit_ear", fake_fit)
    monkeypatch.setattr("hearfit.scoring.score_trials", score)
    (tmp_path / "t.csv").write_text(TABLE)
    (tmp_path / "m.toml").write_text(MAP)


def test_fit_reads_another_programs_table(cli: Cli) -> None:
    assert "the column ear is missing" in cli("fit", "t.csv", "--no-track").err
    outcome = cli("fit", "t.csv", "--columns", "m.toml", "--no-track")
    assert outcome.code == 0
    told = "warning: t.csv: 1 of 3 rows is left out by the column map m.toml: 1 as instructions ('screen' is 'intro')."
    assert told in outcome.err


def test_fit_mixes_tables(cli: Cli, tmp_path: Path) -> None:
    write_example_trials(tmp_path / "own.tsv", Ear.RIGHT, transducer=None)
    arguments = ("fit", "t.csv", "own.tsv", "--no-track", "--columns", "m.toml")
    assert "own.tsv: has no column 'who'" in cli(*arguments).err
    assert cli(*arguments, "--columns", "none").code == 0


def test_score_reads_another_programs_table(cli: Cli, tmp_path: Path) -> None:
    write_profile(tmp_path / "profile.json", example_profile(Ear.RIGHT, listener="L001"))
    outcome = cli("score", "profile.json", "t.csv", "--columns", "m.toml")
    assert outcome.code == 0
    assert "1 of 3 rows is left out" in outcome.err


def test_all_problems_of_maps_at_once(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text(MAP.replace("hz", "frequency"))
    outcome = cli("fit", "t.csv", "--columns", "bad.toml", "--columns", "no.toml")
    assert outcome.code == 2
    assert outcome.out == ""
    assert "error: bad.toml: 'frequency_frequency' is no column of a trial table." in outcome.err
    assert "error: no.toml: there is no such file." in outcome.err
    assert not (tmp_path / "out").exists()


def test_a_shipped_protocol_may_be_given_again(cli: Cli, tmp_path: Path) -> None:
    """A copy of it, or one that only presents other levels in a simulated session, is no contradiction."""
    shipped = files("hearfit.protocols").joinpath("pure_tone_detection.toml").read_text(encoding="utf-8")
    (tmp_path / "copy.toml").write_text(shipped.replace("repetitions = 5", "repetitions = 3"))
    assert cli("fit", "t.csv", "--columns", "m.toml", "--protocol", "copy.toml", "--no-track").code == 0
