"""`hearfit fit`: which files come where, what is said, and the exit codes."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from hearfit.audiology.audiogram import Ear
from hearfit.errors import TrackingError
from hearfit.fitting import Fit
from hearfit.inference.sampled import SampledPosterior
from hearfit.listener.profile import Direction, DirectionPart
from hearfit.storage.profile_files import read_profile
from hearfit.tracking.write import TrackedRun
from tests.cli.conftest import Cli
from tests.cli.example_trials import fake_fit, fake_fit_that_fails_to_converge, fake_simulation, write_example_trials
from tests.reports.example_comparison import WORSE, comparison
from tests.reports.example_profile import example_profile, sampled_profile
from tests.reports.example_report import small_profile


@pytest.fixture(autouse=True)
def quick_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hearfit.fitting.fit_ear", fake_fit)
    monkeypatch.setattr("hearfit.fitting.simulate_trials", fake_simulation)


@pytest.fixture
def one_ear(tmp_path: Path) -> Path:
    return write_example_trials(tmp_path / "trials.tsv", Ear.RIGHT)


@pytest.fixture
def two_ears(tmp_path: Path) -> Path:
    return write_example_trials(tmp_path / "trials.tsv", *Ear)


def files_in(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_one_ear(cli: Cli, one_ear: Path, tmp_path: Path) -> None:
    outcome = cli("fit", one_ear, "--out", "results", "--no-track")
    assert outcome.code == 0
    assert files_in(tmp_path / "results") == {"profile.json", "report.html"}
    assert read_profile(tmp_path / "results" / "profile.json").listener == "L001"
    assert "right profile  results/profile.json" in outcome.out
    assert "report         results/report.html" in outcome.out
    assert "Right ear: Fitting" in outcome.err
    assert "warning: Right ear: Lateral inhibition was not measured" in outcome.err


def test_two_ears(cli: Cli, two_ears: Path, tmp_path: Path) -> None:
    assert cli("fit", two_ears, "--out", "results", "--no-track").code == 0
    assert files_in(tmp_path / "results") == {"left/profile.json", "right/profile.json", "report.html"}
    assert read_profile(tmp_path / "results" / "left" / "profile.json").ear is Ear.LEFT


def test_one_of_two_ears(cli: Cli, two_ears: Path, tmp_path: Path) -> None:
    assert cli("fit", two_ears, "--ear", "left", "--out", "results", "--no-track").code == 0
    assert read_profile(tmp_path / "results" / "profile.json").ear is Ear.LEFT


def test_results_are_named_after_the_listener(cli: Cli, tmp_path: Path) -> None:
    trials = write_example_trials(tmp_path / "trials.tsv", Ear.LEFT, listener="P 7")
    assert cli("fit", trials, "--no-track").code == 0
    assert files_in(tmp_path / "out" / "P_7") == {"profile.json", "report.html"}


def test_json_is_one_document(cli: Cli, two_ears: Path) -> None:
    outcome = cli("fit", two_ears, "--out", "results", "--no-track", "--json", "--quiet")
    document = json.loads(outcome.out)
    assert document["listener"] == "L001"
    assert document["is_trustworthy"] is True
    assert [fit["ear"] for fit in document["fits"]] == ["left", "right"]
    assert document["fits"][0]["profile"] == "results/left/profile.json"
    assert document["fits"][0]["run"] is None
    assert document["fits"][0]["least_determined"] is None
    assert "Fitting" not in outcome.err


def test_what_the_answers_leave_widest(cli: Cli, one_ear: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    least = Direction(0.2, (DirectionPart("threshold coordinate", 1.0, "threshold", 250.0, 2.0, "dB"),))
    fit = Fit(dataclasses.replace(small_profile(), least_determined=least), None)
    monkeypatch.setattr("hearfit.fitting.fit_ear", lambda *_, **__: fit)
    told = cli("fit", one_ear, "--no-track").out
    assert "the threshold at 250 Hz: one SD of it after the answers moves the threshold there by 2.0 dB" in told
    (document,) = json.loads(cli("fit", one_ear, "--no-track", "--json").out)["fits"]
    assert document["least_determined"]["parts"][0]["frequency_hz"] == 250.0


def test_results_are_replaced(cli: Cli, one_ear: Path, tmp_path: Path) -> None:
    cli("fit", one_ear, "--out", "results", "--no-track")
    assert cli("fit", one_ear, "--out", "results", "--no-track", "--seed", "9").code == 0
    assert read_profile(tmp_path / "results" / "profile.json").provenance.seed == 9


def test_the_prior_is_chosen_and_told(cli: Cli, one_ear: Path, tmp_path: Path) -> None:
    outcome = cli("fit", one_ear, "--prior", "flat", "--out", "results", "--no-track")
    assert outcome.code == 0
    assert read_profile(tmp_path / "results" / "profile.json").provenance.prior == "flat"
    assert "with the flat prior" in " ".join(outcome.out.split())
    assert "(flat prior)" in (tmp_path / "results" / "report.html").read_text("utf-8")
    assert cli("fit", one_ear, "--out", "results", "--no-track").code == 0
    assert read_profile(tmp_path / "results" / "profile.json").provenance.prior == "population"


def test_an_unknown_prior_is_refused(cli: Cli, one_ear: Path, tmp_path: Path) -> None:
    outcome = cli("fit", one_ear, "--prior", "uniform", "--out", "results", "--no-track")
    assert outcome.code == 2
    assert "uniform" in outcome.err
    assert not (tmp_path / "results").exists()


def test_a_fit_that_did_not_converge_is_written_and_exits_1(
    cli: Cli, two_ears: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hearfit.fitting.fit_ear", fake_fit_that_fails_to_converge)
    outcome = cli("fit", two_ears, "--out", "results", "--no-track")
    assert outcome.code == 1
    assert "warning: Left ear: The fit cannot be trusted, because it did not converge." in outcome.err
    assert "Right ear: The fit cannot be trusted" not in outcome.err
    assert "report.html" in files_in(tmp_path / "results")


def test_an_audiogram_is_carried_along(cli: Cli, one_ear: Path, tmp_path: Path) -> None:
    assert cli("fit", one_ear, "--audiogram", "N3", "--out", "results", "--no-track").code == 0
    audiogram = read_profile(tmp_path / "results" / "profile.json").measured_audiogram
    assert audiogram is not None
    assert audiogram.listener == "L001"


def test_an_audiogram_of_the_other_ear(cli: Cli, one_ear: Path, tmp_path: Path) -> None:
    (tmp_path / "left.csv").write_text("listener,ear,frequency_hz,threshold_db_hl\nL001,left,1000,40\n")
    outcome = cli("fit", one_ear, "--audiogram", "left.csv", "--out", "results", "--no-track")
    assert outcome.code == 2
    assert "has no thresholds of the right ear" in outcome.err
    assert not (tmp_path / "results").exists()


class FakeStore:
    """In place of the process that writes to the store."""

    def __init__(self, uri: str | None, failure: str | None = None) -> None:
        self.uri, self.failure = uri, failure
        self.tracked: list[tuple[str, list[str], list[str]]] = []

    def __enter__(self) -> "FakeStore":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def ready(self) -> None:
        if self.failure:
            raise TrackingError(self.failure)

    def track(self, profile: Path, *, artifacts: list[Path], trial_files: list[Path]) -> TrackedRun:
        ear = read_profile(profile).ear
        self.tracked.append((ear.value, [p.name for p in artifacts], [p.name for p in trial_files]))
        return TrackedRun(f"run-{ear}", "hearfit", str(self.uri), 3)


def test_each_ear_is_tracked(cli: Cli, two_ears: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = FakeStore("http://store.test")
    monkeypatch.setattr("hearfit.cli.tracking_process.tracking_process", lambda uri: store)
    outcome = cli("fit", two_ears, "--out", "results", "--tracking-uri", "http://store.test")
    assert store.tracked == [
        (ear, ["profile.json", "report.html"], ["trials.tsv", "trials.json"]) for ear in ("left", "right")
    ]
    assert "left run       run-left in http://store.test (version 3 of this session)" in outcome.out


def test_draws_are_tracked_too(cli: Cli, one_ear: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    size = len(example_profile().posterior.names)
    draws = SampledPosterior(np.zeros(size), np.zeros((2, 3, size)), np.eye(size))

    store = FakeStore(None)
    monkeypatch.setattr(
        "hearfit.fitting.fit_ear",
        lambda trials, **rest: Fit(fake_fit(trials, **{**rest, "method": "map"}).profile, draws),
    )
    monkeypatch.setattr("hearfit.cli.tracking_process.tracking_process", lambda uri: store)
    assert cli("fit", one_ear, "--method", "nuts", "--out", "results").code == 0
    assert [artifacts for _, artifacts, _ in store.tracked] == [["profile.json", "report.html", "draws.npz"]]


def test_compared_models_are_tracked_too(cli: Cli, two_ears: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = FakeStore(None)
    monkeypatch.setattr("hearfit.cli.tracking_process.tracking_process", lambda uri: store)
    monkeypatch.setattr("hearfit.model_choice.check_comparable", lambda trials: None)
    monkeypatch.setattr("hearfit.model_choice.compare_models", lambda trials, **how: comparison(WORSE))
    assert cli("fit", two_ears, "--compare-models", "--out", "results").code == 0
    assert [artifacts for _, artifacts, _ in store.tracked] == [["profile.json", "report.html", "models.json"]] * 2


def test_each_ear_tells_how_its_chains_went(cli: Cli, two_ears: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Truth: hand-made sampling of both ears.
    monkeypatch.setattr("hearfit.fitting.fit_ear", lambda trials, **_: Fit(sampled_profile(trials.ear), None))
    outcome = cli("fit", two_ears, "--method", "nuts", "--out", "results", "--no-track")
    lines = [line for line in outcome.out.splitlines() if "worst R-hat 1.004" in line]
    assert len(lines) == 2
    assert all("SD ratio farthest from 1 is 0.50 (lateral inhibition at 750 Hz)" in line for line in lines)
    monkeypatch.setattr("hearfit.fitting.fit_ear", fake_fit)
    assert "R-hat" not in cli("fit", two_ears, "--out", "results", "--no-track").out


def test_a_store_that_is_not_there_costs_only_the_tracking(
    cli: Cli, two_ears: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hearfit.cli.tracking_process.tracking_process", lambda uri: FakeStore(uri, "Nothing answers."))
    outcome = cli("fit", two_ears, "--out", "results")
    assert outcome.code == 0
    assert "warning: Not tracked: left and right ear. Nothing answers. Profile and report are written." in outcome.err
    assert len(files_in(tmp_path / "results")) == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["missing.tsv"], "missing.tsv: there is no such file"),
        (["."], "is a folder"),
        (["trials.tsv", "--listener", "L999"], "L999"),
        (["trials.tsv", "--ear", "left"], "left"),
        (["trials.tsv", "--audiogram", "N9"], "N9"),
        (["trials.tsv", "--out", "trials.tsv"], "cannot be used as an output folder"),
        (["trials.tsv", "--protocol", "missing.toml"], "missing.toml"),
        (["trials.tsv", "--transducer", "gramophone"], "gramophone"),
        (["trials.tsv", "--ear", "both"], "Invalid value for '--ear'"),
        (["trials.tsv", "--method", "guess"], "Invalid value for '--method'"),
        (["trials.tsv", "--seed", "-1"], "Invalid value for '--seed'"),
        ([], "Missing argument"),
    ],
)
def test_bad_input_is_one_message_and_writes_nothing(
    cli: Cli, one_ear: Path, tmp_path: Path, arguments: list[str], message: str
) -> None:
    outcome = cli("fit", *arguments)
    assert outcome.code == 2
    assert message in outcome.err
    assert "Traceback" not in outcome.err
    assert outcome.out == ""
    assert files_in(tmp_path) == {"trials.tsv", "trials.json"}


def test_the_demo_goes_the_whole_way(cli: Cli, tmp_path: Path) -> None:
    outcome = cli("demo", "--no-track")
    assert outcome.code == 0
    written = {"trials.tsv", "trials.json", "left/profile.json", "right/profile.json", "report.html"}
    assert files_in(tmp_path / "hearfit-demo") == written
    for name in ("trials.tsv", "left/profile.json", "right/profile.json", "report.html"):
        assert f"hearfit-demo/{name}" in outcome.out


def test_the_demo_as_json(cli: Cli) -> None:
    document = json.loads(cli("demo", "--no-track", "--json", "--quiet", "--out", "here").out)
    assert document["listener"] == "SIM-N3"
    assert document["report"] == "here/report.html"
