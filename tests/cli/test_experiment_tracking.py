"""When the runs of an experiment are tracked, and what a store that is lost does not take with it."""

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
import typer

from hearfit.cli.experiment_run import run_experiment
from hearfit.cli.output import Output
from hearfit.errors import TrackingError
from hearfit.soundtasks.experiment import run_names
from hearfit.soundtasks.record import RunName, RunRecord
from hearfit.soundtasks.workers import Tell
from hearfit.tracking.experiments import ExperimentRun, TrackedExperiment
from hearfit.training.settings import Settings
from tests.cli.quick_experiment import QuickTask, quick_experiment, quick_options


@pytest.fixture
def no_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawing takes seconds, and is tested where the page is."""
    monkeypatch.setattr("hearfit.reports.experiment.write_experiment_page", lambda *_arguments, **_options: None)


@pytest.mark.usefixtures("no_page")
@pytest.mark.parametrize("is_json", [False, True])
def test_a_store_that_is_lost_takes_no_results_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], is_json: bool
) -> None:
    class Lost:
        """Refuses every run, and says so once while runs are done."""

        def __init__(self, _tracking_uri: str | None) -> None:
            self._said = ["The run was not tracked."]

        def add(self, _run: ExperimentRun) -> str | None:
            return self._said.pop() if self._said else None

        def end(self, _runs: Sequence[ExperimentRun], **_options: object) -> None:
            raise TrackingError("The store is gone.")

    monkeypatch.setattr("hearfit.tracking.experiments.prepare_for_experiment", lambda *_arguments, **_options: None)
    monkeypatch.setattr("hearfit.tracking.experiments.ExperimentTracker", Lost)
    experiment = quick_experiment(tmp_path, failing="leaf")
    options = quick_options(tmp_path, is_tracked=True, output=Output(is_json=is_json, is_quiet=True))
    with pytest.raises(typer.Exit) as caught:
        run_experiment(dataclasses.replace(experiment, names=experiment.names[:2]), options)
    # That of bad input, as before the first run.
    assert caught.value.exit_code == 2
    said = capsys.readouterr()
    assert said.err.startswith(
        "warning: The run was not tracked.\nwarning: leaf, 100 %, seed 1 failed: There is no leaf."
    )
    assert said.err.count("was not tracked") == 1
    assert said.err.endswith("error: The store is gone.\n")
    if is_json:
        document = json.loads(said.out)
        assert (document["tracked"], document["not_tracked"]) == (None, "The store is gone.")
        assert len(document["records"]) == len(document["failures"]) == 1
    else:
        assert "1 run; seeds 1" in said.out
        assert f"result   {tmp_path / 'experiment.json'}" in said.out


def test_runs_are_tracked_and_the_pdf_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    uri = f"sqlite:///{tmp_path}/mlflow.db"
    out = tmp_path / "out"
    small = dataclasses.replace(quick_experiment(out), names=run_names("example", ("mel",), ("100 %",), (1,)))
    run_experiment(small, quick_options(out, is_tracked=True, tracking_uri=uri, is_pdf=True))
    assert f"hearfit-example in {uri}, 1 new run\n" in capsys.readouterr().out
    assert (out / "report.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.usefixtures("no_page")
def test_runs_are_tracked_while_others_are_under_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In which order the tracking hears what: each run before the next begins; what was kept, at the end.

    The settings hold a hash of all data: they are asked for once, before anything that a lost folder could end.
    """
    heard: list[str] = []

    class Told:
        def __init__(self, tracking_uri: str | None) -> None:
            assert tracking_uri == "sqlite:///x"

        def add(self, run: ExperimentRun) -> None:
            assert json.loads(run.record)["name"]["seed"] == run.seed
            # With a field that older records lack, a kept one would be another record.
            assert "confusion" not in json.loads(run.record)
            heard.append(f"{run.frontend} {run.seed}")

        def end(self, runs: Sequence[ExperimentRun], **_options: object) -> TrackedExperiment:
            heard.append(f"end {len(runs)}")
            return TrackedExperiment("hearfit-example", "x", ("id",) * len(runs), 1)

    run_of = QuickTask.run

    def noted(self: QuickTask, name: RunName, workspace: Path, progress: Tell) -> RunRecord:
        heard.append(f"begin {name.frontend} {name.seed}")
        return run_of(self, name, workspace, progress)

    settings_of = QuickTask.settings

    def asked(self: QuickTask) -> Settings:
        heard.append("settings")
        return settings_of(self)

    monkeypatch.setattr(QuickTask, "run", noted)
    monkeypatch.setattr(QuickTask, "settings", asked)
    monkeypatch.setattr("hearfit.tracking.experiments.prepare_for_experiment", lambda *_arguments, **_options: None)
    monkeypatch.setattr("hearfit.tracking.experiments.ExperimentTracker", Told)
    experiment = quick_experiment(tmp_path)
    options = quick_options(tmp_path, is_tracked=True, tracking_uri="sqlite:///x")
    run_experiment(dataclasses.replace(experiment, names=experiment.names[:2]), options)
    assert heard == ["settings", "begin mel 1", "mel 1", "begin leaf 1", "leaf 1", "end 2"]
    heard.clear()
    run_experiment(dataclasses.replace(experiment, names=experiment.names[:3]), options)
    assert heard == ["settings", "begin mel 1", "mel 1", "end 3"]
    assert "tracked  hearfit-example in x, 1 new run" in capsys.readouterr().out
