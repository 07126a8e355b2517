"""Where runs are kept: the embedded store or a server, and the experiments of MLflow that hold them."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hearfit.errors import TrackingError
from hearfit.tracking.embedded import SQLITE, alone, sqlite_path
from hearfit.tracking.quiet import FIRST_ANSWER_S, failures_told, one_attempt, quiet_mlflow, without_password

if TYPE_CHECKING:
    # Takes more than a second to import, so it is imported where the store is about to be used.
    from mlflow import MlflowClient

EXPERIMENT: Final = "hearfit"
STORE_FOLDER: Final = Path(".hearfit")
# MLflow's pages first show traces of language models where an experiment does not say what it holds.
_KIND_TAGS: Final = {"mlflow.experimentKind": "custom_model_development"}


@dataclass(frozen=True)
class Shelf:
    """An experiment of MLflow: what its runs have in common, and what its page says of them."""

    name: str
    note: str


FITS: Final = Shelf(
    EXPERIMENT,
    "One run for each fit of one ear of a listener in a session. Group the runs by the tag `listener`; filter them "
    "as in `tags.listener = 'L001' and tags.ear = 'left'`. Fitting the answers of a session again gives them the "
    "next `version`. `hearfit history` shows the metrics `.../average`. The report is "
    "`report.html` among the artifacts of a run.",
)


@dataclass(frozen=True)
class Store:
    """An open store. `uri` may hold a password; `shown` is what may be printed."""

    client: "MlflowClient"
    experiment_id: str
    uri: str

    @property
    def shown(self) -> str:
        """The address without a password."""
        return without_password(self.uri)


def resolve_tracking_uri(tracking_uri: str | None) -> str:
    """The store to use: the given one, that of MLFLOW_TRACKING_URI, or SQLite in `.hearfit` of the working folder."""
    chosen = tracking_uri or os.environ.get("MLFLOW_TRACKING_URI", "")
    return chosen or f"{SQLITE}{(Path.cwd() / STORE_FOLDER / 'mlflow.db').as_posix()}"


def prepare_store(tracking_uri: str | None, shelf: Shelf = FITS) -> None:
    """Makes sure that the store and the experiment exist.

    Creating the embedded store takes seconds. This must have ended before `track_fit` begins, because both change
    settings of the process while they run.

    Raises:
        TrackingError: the store cannot be reached or created.
    """
    uri = resolve_tracking_uri(tracking_uri)
    with failures_told(uri, "The tracking store is not ready"):
        open_to_write(uri, shelf)


def open_to_write(uri: str, shelf: Shelf = FITS) -> Store:
    """The store, in which the experiment is created when it is missing. Call it inside `failures_told`."""
    with quiet_mlflow(FIRST_ANSWER_S), alone(uri):
        from mlflow import MlflowClient
        from mlflow.exceptions import MlflowException

        with one_attempt():
            client = MlflowClient(tracking_uri=uri)
            experiment = client.get_experiment_by_name(shelf.name)
            if experiment is not None:
                return Store(client, experiment.experiment_id, uri)
            try:
                tags = {**_KIND_TAGS, "mlflow.note.content": shelf.note}
                created = client.create_experiment(shelf.name, artifact_location=_artifact_location(uri), tags=tags)
                return Store(client, created, uri)
            except MlflowException:
                # Another process may have been faster.
                experiment = client.get_experiment_by_name(shelf.name)
                if experiment is None:
                    raise
                return Store(client, experiment.experiment_id, uri)


def open_to_read(uri: str) -> Store:
    """The store as it is: nothing is created. Call it inside `failures_told`.

    Raises:
        TrackingError: there is no store, or it holds no fits.
    """
    shown = without_password(uri)
    path = sqlite_path(uri)
    if path is not None and not path.is_file():
        raise TrackingError(
            f"There is no tracking store at {shown}. `hearfit fit` makes one in the folder in which it is run; name "
            "another one with --tracking-uri."
        )
    with quiet_mlflow(FIRST_ANSWER_S), alone(uri, is_reading=True):
        from mlflow import MlflowClient

        with one_attempt():
            client = MlflowClient(tracking_uri=uri)
            experiment = client.get_experiment_by_name(EXPERIMENT)
    if experiment is None:
        raise TrackingError(f"The tracking store {shown} holds no fits of hearfit yet.")
    if experiment.lifecycle_stage != "active":
        raise TrackingError(
            f"The experiment {EXPERIMENT} was deleted in the tracking store {shown}. MLflow can restore it: "
            f"mlflow experiments restore --experiment-id {experiment.experiment_id}"
        )
    return Store(client, experiment.experiment_id, uri)


def _artifact_location(uri: str) -> str | None:
    """Beside an SQLite file, where MLflow would use the working folder; elsewhere the server's choice."""
    path = sqlite_path(uri)
    return None if path is None else (path.absolute().parent / "artifacts").as_uri()
