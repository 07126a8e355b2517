"""An embedded store for each module of tests: creating one takes seconds, so one is made and copied."""

import shutil
import sqlite3
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hearfit.tracking.store import prepare_store

if TYPE_CHECKING:
    from mlflow import MlflowClient


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of a store without runs."""
    path = tmp_path_factory.mktemp("empty") / "mlflow.db"
    prepare_store(f"sqlite:///{path}")
    return path


def copied(empty_store: Path, folder: Path) -> str:
    """The address of a copy, which keeps its artifacts beside it."""
    path = folder / "mlflow.db"
    shutil.copyfile(empty_store, path)
    with sqlite3.connect(path) as connection:
        connection.execute("update experiments set artifact_location = ?", ((folder / "artifacts").as_uri(),))
    connection.close()
    return f"sqlite:///{path}"


def client_of(uri: str) -> "MlflowClient":
    """MLflow's own client, the independent reader of what was written."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from mlflow import MlflowClient

        return MlflowClient(tracking_uri=uri)
