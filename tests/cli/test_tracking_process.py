"""The process that tracks beside the fit: what it records, how it fails, and that an interruption leaves it whole."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hearfit.cli.tracking_process import answers, tracking_process
from hearfit.errors import TrackingError
from hearfit.storage.profile_files import write_profile
from hearfit.tracking.write import TrackedRun
from tests.reports.example_profile import example_profile


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    path = tmp_path / "profile.json"
    write_profile(path, example_profile())
    return path


def test_a_fit_is_recorded(tmp_path: Path, profile: Path) -> None:
    uri = f"sqlite:///{tmp_path}/store/mlflow.db"
    with tracking_process(uri) as store:
        store.ready()
        run = store.track(profile, artifacts=[profile], trial_files=[])
        with pytest.raises(TrackingError, match=r"missing\.json: there is no such file"):
            store.track(tmp_path / "missing.json", artifacts=[], trial_files=[])
    assert run.uri == uri
    with sqlite3.connect(tmp_path / "store" / "mlflow.db") as database:
        assert database.execute("SELECT run_uuid, status FROM runs").fetchall() == [(run.run_id, "FINISHED")]
    database.close()


def test_a_store_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("not a database " * 100)
    with (
        tracking_process(f"sqlite:///{tmp_path}/text.db") as store,
        pytest.raises(TrackingError, match="is not an MLflow store"),
    ):
        store.ready()


def test_a_process_that_ends_before_its_time(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, profile: Path) -> None:
    # An interpreter that refuses every option, in place of one without hearfit or without memory.
    ends = tmp_path / "python"
    ends.write_text("#!/bin/sh\nexit 3\n")
    ends.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(ends))
    with tracking_process(None) as store:
        with pytest.raises(TrackingError, match="ended with the exit code 3"):
            store.ready()
        with pytest.raises(TrackingError, match="ended with the exit code 3"):
            store.track(profile, artifacts=[], trial_files=[])


def test_an_answer_to_each_request(monkeypatch: pytest.MonkeyPatch, profile: Path) -> None:
    monkeypatch.setattr("hearfit.cli.tracking_process.prepare_store", lambda uri: None)
    monkeypatch.setattr(
        "hearfit.cli.tracking_process.track_fit",
        lambda profile, artifacts, trial_files, tracking_uri: TrackedRun(profile.listener, "hearfit", tracking_uri, 2),
    )
    request = json.dumps({"profile": str(profile), "artifacts": [], "trial_files": []})
    assert list(answers([request, request], "http://store.test")) == [
        {},
        *2 * [{"run_id": "L001", "experiment": "hearfit", "uri": "http://store.test", "version": 2}],
    ]


@pytest.mark.slow
@pytest.mark.usefixtures("children_hear_interrupts")
@pytest.mark.skipif(os.name == "nt", reason="sends the signal of Ctrl-C as POSIX systems do")
def test_an_interruption_leaves_a_whole_store(tmp_path: Path) -> None:
    code = (
        "import time\n"
        "from hearfit.cli.tracking_process import tracking_process\n"
        "try:\n"
        "    with tracking_process(None):\n"
        "        print('begun', flush=True)\n"
        "        time.sleep(60)\n"
        "except KeyboardInterrupt:\n"
        "    print('interrupted', flush=True)\n"
    )
    command = [sys.executable, "-c", code]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        time.sleep(0.5)
        # To the whole group, as a terminal does.
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate()
    assert (out, err) == ("interrupted\n", "")
    with tracking_process(f"sqlite:///{tmp_path}/.hearfit/mlflow.db") as store:
        store.ready()
