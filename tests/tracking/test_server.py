"""The same against a real tracking server: what is written there is found there, and its files come back equal."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from hearfit.audiology.audiogram import Ear
from hearfit.storage.draw_files import read_draws, write_draws
from hearfit.storage.profile_files import write_profile
from hearfit.tracking.find import find_history, profiles_of
from hearfit.tracking.write import track_fit
from tests.reports.example_profile import example_profile
from tests.tracking.conftest import client_of

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.skipif(os.name == "nt", reason="ends the server's processes as POSIX systems do"),
]

_PATIENCE_S = 120


@pytest.fixture(scope="module")
def server(empty_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server with a database and artifacts of its own."""
    folder = tmp_path_factory.mktemp("server")
    # Without its experiment, so that hearfit creates it through the server.
    database = folder / "mlflow.db"
    database.write_bytes(empty_store.read_bytes())
    with sqlite3.connect(database) as connection:
        connection.execute("delete from experiment_tags")
        connection.execute("delete from experiments where name = 'hearfit'")
    connection.close()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        *(sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"),
        *("--backend-store-uri", f"sqlite:///{database}", "--artifacts-destination", str(folder / "artifacts")),
    ]
    # The runners of MLflow's own jobs would be eight processes more.
    environment = {**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    with (
        (folder / "log.txt").open("w") as log,
        subprocess.Popen(
            command, cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        ) as process,
    ):
        try:
            _wait_for(f"http://127.0.0.1:{port}/health", process, folder / "log.txt")
            yield f"http://127.0.0.1:{port}"
        finally:
            # The server's workers are processes of the same group.
            os.killpg(process.pid, signal.SIGKILL)


def _wait_for(address: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    end = time.monotonic() + _PATIENCE_S
    while time.monotonic() < end:
        assert process.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    pytest.fail(f"The server did not start:\n{log.read_text()}")


def test_a_history_on_a_server(server: str, tmp_path: Path) -> None:
    profiles = [example_profile(Ear.LEFT, listener="' OR 1=1 <b>", seed=seed) for seed in (1, 2)]
    write_draws(tmp_path / "draws.npz", ("a",), np.ones((2, 3, 1)))
    (tmp_path / "report.html").write_text("<p>")
    runs = []
    for profile in profiles:
        write_profile(tmp_path / "profile.json", profile)
        artifacts = [tmp_path / name for name in ("profile.json", "report.html", "draws.npz")]
        runs.append(track_fit(profile, artifacts=artifacts, trial_files=[], tracking_uri=server))
    run = runs[-1]
    assert run.version == 2
    (session,) = find_history("' OR 1=1 <b>", tracking_uri=server).sessions
    assert [fit.version for fit in session.fits] == [1, 2]
    assert session.latest.run_id == run.run_id
    assert profiles_of("' OR 1=1 <b>", tracking_uri=server) == (profiles[1],)
    client = client_of(server)
    assert {each.path for each in client.list_artifacts(run.run_id)} == {"profile.json", "report.html", "draws.npz"}
    assert read_draws(Path(client.download_artifacts(run.run_id, "draws.npz", str(tmp_path))))[0] == ("a",)
