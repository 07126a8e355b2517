"""One MLflow run for each ear, quietly; a store that is not there costs seconds and loses nothing."""

import dataclasses
import os
import socket
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hearfit.audiology.audiogram import Ear
from hearfit.errors import TrackingError
from hearfit.tracking.averages import averages_of_profile
from hearfit.tracking.quiet import without_password
from hearfit.tracking.store import EXPERIMENT, prepare_store, resolve_tracking_uri
from hearfit.tracking.write import TrackedRun, track_fit
from tests.reports.example_comparison import WORSE, comparison
from tests.reports.example_profile import FREQUENCIES_HZ, example_profile

if TYPE_CHECKING:
    from mlflow import MlflowClient

# A server's error paths leave sockets and database handles to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working folder with an embedded store, created in another process, which must not say a word."""
    folder = tmp_path_factory.mktemp("tracking")
    code = (
        "import logging; logging.basicConfig(level=logging.DEBUG)\n"
        "from hearfit.tracking.store import prepare_store\n"
        "prepare_store(None)\n"
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW")}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout == ""
    assert done.stderr == ""
    return folder


@pytest.fixture(scope="module")
def client(folder: Path) -> "MlflowClient":
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from mlflow import MlflowClient

        return MlflowClient(tracking_uri=f"sqlite:///{folder}/.hearfit/mlflow.db")


@pytest.fixture(scope="module")
def tracked(folder: Path) -> TrackedRun:
    (folder / "profile.json").write_text("{}")
    (folder / "report.html").write_text("<p>")
    (folder / "trials.tsv").write_text("listener")
    return track_fit(
        example_profile(Ear.LEFT),
        artifacts=[folder / "profile.json", folder / "report.html"],
        trial_files=[folder / "trials.tsv"],
        tracking_uri=f"sqlite:///{folder}/.hearfit/mlflow.db",
    )


def test_the_embedded_store_lives_in_the_working_folder(folder: Path) -> None:
    assert [path.name for path in folder.iterdir() if path.is_dir()] == [".hearfit"]
    assert (folder / ".hearfit" / "mlflow.db").is_file()


def test_a_run_says_what_was_fitted(client: "MlflowClient", tracked: TrackedRun) -> None:
    run = client.get_run(tracked.run_id)
    assert tracked.experiment == EXPERIMENT
    assert run.info.run_name == "L001 left 2026-03-14"
    assert run.info.status == "FINISHED"
    assert run.data.params == {
        "method": "map",
        "seed": "1",
        "transducer": "HDA200",
        "profile_version": "2",
        "prior": example_profile(Ear.LEFT).provenance.prior,
    }
    assert run.data.tags["listener"] == "L001"
    assert run.data.tags["ear"] == "left"
    assert run.data.tags["converged"] == "true"
    assert run.data.tags["protocols"] == "pure_tone_detection 1.0, categorical_loudness 1.0"
    assert run.data.tags["standards"] == "ISO 389-8 2004, ISO 16832 2006"
    assert run.data.tags["version.hearfit"] == "0.1.0"
    assert len(run.data.tags["data_sha256"]) == 64


def test_metrics_cover_every_frequency(client: "MlflowClient", tracked: TrackedRun) -> None:
    metrics = client.get_run(tracked.run_id).data.metrics
    profile = example_profile(Ear.LEFT)
    assert metrics["log_likelihood"] == pytest.approx(-1841.2)
    assert metrics["iterations"] == 15
    for entry in profile.frequencies:
        place = f"{entry.frequency_hz:g}_hz"
        assert metrics[f"threshold_db_hl/{place}"] == pytest.approx(entry.threshold_db_hl.mean)
        assert metrics[f"compression_exponent_sd/{place}"] == pytest.approx(entry.compression_exponent.sd)
    assert sum(name.startswith("attenuation_db/") for name in metrics) == len(FREQUENCIES_HZ) + 1
    assert metrics["attenuation_db/average"] == pytest.approx(averages_of_profile(profile)["attenuation_db"].mean)


def test_models_that_were_compared_are_metrics(folder: Path, client: "MlflowClient", tracked: TrackedRun) -> None:
    run = track_fit(
        dataclasses.replace(example_profile(), model_comparison=comparison(WORSE)),
        artifacts=[],
        trial_files=[],
        tracking_uri=f"sqlite:///{folder}/.hearfit/mlflow.db",
    )
    metrics = client.get_run(run.run_id).data.metrics
    # Truth: the scores, written out by hand.
    assert metrics["held_out_log_likelihood_per_trial"] == pytest.approx(-1.48)
    assert metrics["folds/model_5"] == pytest.approx(-1.51)
    assert metrics["folds_difference/model_5"] == pytest.approx(-3.0)
    assert metrics["folds_difference_se/model_5"] == pytest.approx(3.2)
    assert metrics["leave_one_out/model_5"] == pytest.approx(-1.552)
    assert metrics["leave_one_out_difference/model_5"] == pytest.approx(-10.0)
    assert metrics["unreliable_answers/model_5"] == 3.0
    assert not any("model_" in name or "held_out" in name for name in client.get_run(tracked.run_id).data.metrics)


def test_the_trace_is_a_curve(client: "MlflowClient", tracked: TrackedRun) -> None:
    history = client.get_metric_history(tracked.run_id, "log_posterior")
    curve = [point.value for point in sorted(history, key=lambda point: point.step)]
    assert curve == pytest.approx(example_profile(Ear.LEFT).diagnostics.log_posterior_trace)


def test_files_are_kept_beside_the_store(folder: Path, client: "MlflowClient", tracked: TrackedRun) -> None:
    assert {item.path for item in client.list_artifacts(tracked.run_id)} == {"profile.json", "report.html", "trials"}
    assert [item.path for item in client.list_artifacts(tracked.run_id, "trials")] == ["trials/trials.tsv"]
    assert str(folder / ".hearfit" / "artifacts") in client.get_run(tracked.run_id).info.artifact_uri


def test_thousands_of_iterations_are_tracked(folder: Path, client: "MlflowClient") -> None:
    profile = example_profile()
    diagnostics = dataclasses.replace(
        profile.diagnostics, log_posterior_trace=tuple(float(step) for step in range(2500)), warnings=("w" * 9000,)
    )
    run = track_fit(
        dataclasses.replace(profile, diagnostics=diagnostics),
        artifacts=[],
        trial_files=[],
        tracking_uri=f"sqlite:///{folder}/.hearfit/mlflow.db",
    )
    assert len(client.get_metric_history(run.run_id, "log_posterior")) == 2500


def test_the_store_may_be_prepared_in_a_thread(folder: Path) -> None:
    before = dict(os.environ)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(prepare_store, f"sqlite:///{folder}/.hearfit/mlflow.db").result()
    assert dict(os.environ) == before


def fails(uri: str) -> str:
    begun = time.monotonic()
    with pytest.raises(TrackingError) as caught:
        track_fit(example_profile(), artifacts=[], trial_files=[], tracking_uri=uri)
    assert time.monotonic() - begun < 15
    return str(caught.value)


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture
def silent_port() -> Iterator[int]:
    """Of a server that accepts a connection and never answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield int(listener.getsockname()[1])


def test_a_server_that_is_not_there(closed_port: int) -> None:
    message = fails(f"http://somebody:secret@127.0.0.1:{closed_port}")
    assert message == (
        "The fit of the right ear was not tracked; nothing else is lost. "
        f"Nothing answers at http://127.0.0.1:{closed_port}."
    )


def test_a_server_that_never_answers(silent_port: int) -> None:
    assert "did not answer within 5 s" in fails(f"http://127.0.0.1:{silent_port}")


def test_stores_that_are_none(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("not a database " * 100)
    assert "is not an MLflow store" in fails(f"sqlite:///{tmp_path}/text.db")
    assert "not the address of an MLflow store" in fails("nonsense://x")
    assert "is a file or folder and not the address of a store" in fails(str(tmp_path / "mlruns"))
    assert "is a file or folder and not the address of a store" in fails(str(tmp_path / "text.db"))
    (tmp_path / "file").write_text("")
    assert "not tracked" in fails(f"sqlite:///{tmp_path}/file/mlflow.db")


def test_a_file_that_is_missing_is_an_error_of_tracking(folder: Path, client: "MlflowClient") -> None:
    with pytest.raises(TrackingError, match="not tracked"):
        track_fit(
            example_profile(),
            artifacts=[folder / "missing.json"],
            trial_files=[],
            tracking_uri=f"sqlite:///{folder}/.hearfit/mlflow.db",
        )
    experiment = client.get_experiment_by_name(EXPERIMENT)
    assert experiment is not None
    assert client.search_runs([experiment.experiment_id])[0].info.status == "FAILED"


def test_which_store_is_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert resolve_tracking_uri(None) == f"sqlite:///{tmp_path}/.hearfit/mlflow.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://tracking.test")
    assert resolve_tracking_uri(None) == "http://tracking.test"
    assert resolve_tracking_uri("sqlite:///x.db") == "sqlite:///x.db"


def test_no_password_is_shown() -> None:
    assert without_password("https://me:pw@host:5000/path") == "https://host:5000/path"
    assert without_password("sqlite:////a@b/c.db") == "sqlite:////a@b/c.db"


def test_mlflow_is_imported_only_when_needed() -> None:
    code = "import sys, hearfit.tracking.find, hearfit.tracking.write; sys.exit('mlflow' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
