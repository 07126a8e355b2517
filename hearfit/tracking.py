"""The only module that knows MLflow: one run for each fitted ear."""

import contextlib
import logging
import math
import os
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit, urlunsplit

from hearfit.errors import TrackingError
from hearfit.listener.profile import Estimate, FrequencyEstimates, NamedVersion, Profile

if TYPE_CHECKING:
    # Takes more than a second to import, so it is imported where a run is about to be written.
    from mlflow import MlflowClient

EXPERIMENT: Final = "hearfit"
STORE_FOLDER: Final = Path(".hearfit")

# The first answer shows within seconds whether a server is there; then a slow one may take its time.
_FIRST_ANSWER_S: Final = 5
_LATER_ANSWERS_S: Final = 60
_METRICS_IN_A_BATCH: Final = 1000
_LONGEST_TAG: Final = 5000
_LONGEST_REASON: Final = 300
_REASONS: Final = (
    ("Connection refused", "Nothing answers at {uri}."),
    ("Failed to resolve", "The host of {uri} is not known."),
    ("timed out", f"{{uri}} did not answer within {_FIRST_ANSWER_S} s."),
    ("No route to host", "There is no route to {uri}."),
    ("Network is unreachable", "There is no route to {uri}."),
    ("file is not a database", "{uri} is not an MLflow store."),
    ("unsupported URI", "{uri} is not the address of an MLflow store, such as http://host:5000 or sqlite:///file.db."),
    ("filesystem tracking backend", "{uri} is a file or folder and not the address of a store; use sqlite:///file.db."),
)
_QUIET_LOGGERS: Final = ("mlflow", "alembic", "sqlalchemy", "urllib3")


@dataclass(frozen=True)
class TrackedRun:
    """Where a fit can be found again; `uri` carries no password."""

    run_id: str
    experiment: str
    uri: str


def resolve_tracking_uri(tracking_uri: str | None) -> str:
    """The store to use: the given one, that of MLFLOW_TRACKING_URI, or SQLite in `.hearfit` of the working folder."""
    chosen = tracking_uri or os.environ.get("MLFLOW_TRACKING_URI", "")
    return chosen or f"sqlite:///{(Path.cwd() / STORE_FOLDER / 'mlflow.db').as_posix()}"


def prepare_store(tracking_uri: str | None) -> None:
    """Makes sure that the store and the experiment exist.

    Creating the embedded store takes seconds. This must have ended before `track_fit` begins, because both change
    settings of the process while they run.

    Raises:
        TrackingError: the store cannot be reached or created.
    """
    uri = resolve_tracking_uri(tracking_uri)
    with _failures_told(uri, "The tracking store is not ready"):
        _connect(uri)


def track_fit(
    profile: Profile, *, artifacts: Sequence[Path], trial_files: Sequence[Path], tracking_uri: str | None
) -> TrackedRun:
    """Records a fit as one run: parameters, metrics, the log-posterior trace, tags and files.

    Raises:
        TrackingError: the store cannot be reached or refused something; says what was not tracked.
    """
    uri = resolve_tracking_uri(tracking_uri)
    with _failures_told(uri, f"The fit of the {profile.ear} ear was not tracked; nothing else is lost"):
        client, experiment_id = _connect(uri)
        with _settings(_LATER_ANSWERS_S):
            run_id = _write_run(client, experiment_id, profile, artifacts, trial_files)
    return TrackedRun(run_id=run_id, experiment=EXPERIMENT, uri=without_password(uri))


def without_password(uri: str) -> str:
    """A tracking URI that may be shown."""
    parts = urlsplit(uri)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])) if "@" in parts.netloc else uri


def _connect(uri: str) -> tuple["MlflowClient", str]:
    """A client of the store, and the id of the experiment, which is created when it is missing."""
    with _settings(_FIRST_ANSWER_S):
        from mlflow import MlflowClient
        from mlflow.exceptions import MlflowException

        with _one_attempt():
            client = MlflowClient(tracking_uri=uri)
            experiment = client.get_experiment_by_name(EXPERIMENT)
            if experiment is not None:
                return client, experiment.experiment_id
            try:
                return client, client.create_experiment(EXPERIMENT, artifact_location=_artifact_location(uri))
            except MlflowException:
                # Another process may have been faster.
                experiment = client.get_experiment_by_name(EXPERIMENT)
                if experiment is None:
                    raise
                return client, experiment.experiment_id


def _artifact_location(uri: str) -> str | None:
    """Beside an SQLite file, where MLflow would use the working folder; elsewhere the server's choice."""
    if not uri.startswith("sqlite:///"):
        return None
    return (Path(uri.removeprefix("sqlite:///")).absolute().parent / "artifacts").as_uri()


def _write_run(
    client: "MlflowClient",
    experiment_id: str,
    profile: Profile,
    artifacts: Sequence[Path],
    trial_files: Sequence[Path],
) -> str:
    name = f"{profile.listener} {profile.ear} {profile.session}"
    run_id: str = client.create_run(experiment_id, run_name=name).info.run_id
    try:
        _fill_run(client, run_id, profile, artifacts, trial_files)
    except Exception:
        with contextlib.suppress(Exception):
            client.set_terminated(run_id, "FAILED")
        raise
    client.set_terminated(run_id)
    return run_id


def _fill_run(
    client: "MlflowClient", run_id: str, profile: Profile, artifacts: Sequence[Path], trial_files: Sequence[Path]
) -> None:
    from mlflow.entities import Metric, Param, RunTag

    now = int(time.time() * 1000)
    params = [Param(key, value) for key, value in _params(profile).items()]
    tags = [RunTag(key, value[:_LONGEST_TAG]) for key, value in _tags(profile).items()]
    client.log_batch(run_id, params=params, tags=tags)
    metrics = [Metric(key, value, now, 0) for key, value in _metrics(profile).items()]
    trace = enumerate(profile.diagnostics.log_posterior_trace)
    metrics += [Metric("log_posterior", value, now, step) for step, value in trace]
    for start in range(0, len(metrics), _METRICS_IN_A_BATCH):
        client.log_batch(run_id, metrics=metrics[start : start + _METRICS_IN_A_BATCH])
    for path in artifacts:
        client.log_artifact(run_id, str(path))
    for path in trial_files:
        client.log_artifact(run_id, str(path), "trials")


def _params(profile: Profile) -> dict[str, str]:
    return {
        "method": profile.diagnostics.method,
        "seed": str(profile.provenance.seed),
        "prior": profile.provenance.prior,
        "transducer": profile.provenance.transducer,
        "profile_version": str(profile.version),
    }


def _tags(profile: Profile) -> dict[str, str]:
    source = profile.provenance
    versions = {f"version.{entry.name}": entry.version for entry in source.software}
    return versions | {
        "listener": profile.listener,
        "ear": profile.ear.value,
        "session": profile.session,
        "protocols": _named_versions(source.protocols),
        "standards": _named_versions(source.standards),
        "data_sha256": source.data_sha256,
        "trial_files": ", ".join(source.trial_files),
        "converged": str(profile.diagnostics.is_converged).lower(),
        "status": profile.diagnostics.status,
        "warnings": " ".join(profile.diagnostics.warnings),
        "not_identified": " ".join(profile.not_identified),
    }


def _named_versions(entries: Sequence[NamedVersion]) -> str:
    return ", ".join(f"{entry.name} {entry.version}" for entry in entries)


def _metrics(profile: Profile) -> dict[str, float]:
    fit = profile.diagnostics
    metrics: dict[str, float] = {
        "log_likelihood": fit.log_likelihood,
        "log_likelihood_per_trial": fit.log_likelihood_per_trial,
        "iterations": float(fit.num_iterations),
        "seconds": fit.seconds,
        "trials": float(fit.num_trials),
        "conditions": float(fit.num_conditions),
        "newton_decrement": fit.newton_decrement,
        "condition_number": fit.condition_number,
    }
    for entry in profile.frequencies:
        for name, estimate in _estimates(entry).items():
            metrics[f"{name}/{entry.frequency_hz:g}_hz"] = estimate.mean
            metrics[f"{name}_sd/{entry.frequency_hz:g}_hz"] = estimate.sd
    return {key: value for key, value in metrics.items() if math.isfinite(value)}


def _estimates(entry: FrequencyEstimates) -> Mapping[str, Estimate]:
    return {
        "threshold_db_hl": entry.threshold_db_hl,
        "compression_exponent": entry.compression_exponent,
        "attenuation_db": entry.attenuation_db,
        "inhibition": entry.inhibition,
    }


@contextlib.contextmanager
def _failures_told(uri: str, what: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        # A store may fail with an exception of MLflow, of requests, of a database driver or of the operating system.
        raise TrackingError(f"{what}. {_reason(error, uri)}") from error


def _reason(error: Exception, uri: str) -> str:
    """Why, in one sentence: what MLflow says of a server that is not there fills a screen."""
    shown = without_password(uri)
    text = str(error).replace(uri, shown).strip()
    for sign, sentence in _REASONS:
        if sign in text:
            return sentence.format(uri=shown)
    first_line = text.splitlines()[0] if text else type(error).__name__
    return f"{shown} answered: {first_line[:_LONGEST_REASON].rstrip('.')}."


@contextlib.contextmanager
def _settings(timeout_s: int) -> Iterator[None]:
    """No telemetry, no chatter and no waiting, for the time of a call; what the user set in the environment wins."""
    wanted = {
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_DISABLE_AGENT_HINT": "true",
        "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
        "MLFLOW_LOGGING_LEVEL": "ERROR",
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
        "MLFLOW_HTTP_REQUEST_TIMEOUT": str(timeout_s),
        "PGCONNECT_TIMEOUT": str(timeout_s),
    }
    added = {name: value for name, value in wanted.items() if name not in os.environ}
    levels = {name: logging.getLogger(name).level for name in _QUIET_LOGGERS}
    os.environ.update(added)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # Importing MLflow configures its loggers, so they are silenced after it.
            import mlflow  # noqa: F401

            for name in _QUIET_LOGGERS:
                logging.getLogger(name).setLevel(logging.CRITICAL)
            yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
        for name in added:
            os.environ.pop(name, None)


@contextlib.contextmanager
def _one_attempt() -> Iterator[None]:
    """A database that cannot be opened fails at once; MLflow would try ten times, which takes 100 s."""
    from mlflow.store.db import utils

    attempts = utils.MAX_RETRY_COUNT
    utils.MAX_RETRY_COUNT = 1
    try:
        yield
    finally:
        utils.MAX_RETRY_COUNT = attempts
