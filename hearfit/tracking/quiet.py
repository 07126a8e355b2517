"""MLflow without telemetry, chatter and long waiting, and what its exceptions mean in a sentence."""

import contextlib
import logging
import os
import re
import warnings
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from hearfit.errors import HearfitError, TrackingError

# The first answer shows within seconds whether a server is there; then a slow one may take its time.
FIRST_ANSWER_S: Final = 5
LATER_ANSWERS_S: Final = 60
_LONGEST_REASON: Final = 300
_REASONS: Final = (
    ("Connection refused", "Nothing answers at {uri}."),
    ("Failed to resolve", "The host of {uri} is not known."),
    ("timed out", "{uri} did not answer {in_time}."),
    ("No route to host", "There is no route to {uri}."),
    ("Network is unreachable", "There is no route to {uri}."),
    ("file is not a database", "{uri} is not an MLflow store."),
    ("unsupported URI", "{uri} is not the address of an MLflow store, such as http://host:5000 or sqlite:///file.db."),
    ("filesystem tracking backend", "{uri} is a file or folder and not the address of a store; use sqlite:///file.db."),
    (
        "out-of-date database schema",
        (
            "{uri} was made by another version of MLflow than the one installed here. If it is newer, upgrade MLflow; "
            "if it is older, back the store up and run `mlflow db upgrade` on it."
        ),
    ),
    ("database disk image is malformed", "{uri} is damaged."),
)
# As urllib3 says it, which every request goes through.
_TIMEOUT: Final = re.compile(r"timeout=(\d+)")
_QUIET_LOGGERS: Final = ("mlflow", "alembic", "sqlalchemy", "urllib3")


def without_password(uri: str) -> str:
    """A tracking URI that may be shown."""
    parts = urlsplit(uri)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])) if "@" in parts.netloc else uri


@contextlib.contextmanager
def failures_told(uri: str, what: str) -> Iterator[None]:
    """Whatever a store fails with becomes a `TrackingError` that begins with `what`, a sentence without its stop."""
    try:
        yield
    except HearfitError:
        raise
    except Exception as error:
        # A store may fail with an exception of MLflow, of requests, of a database driver or of the operating system.
        raise TrackingError(f"{what}. {_reason(error, uri)}") from error


def _reason(error: Exception, uri: str) -> str:
    """Why, in one sentence: what MLflow says of a server that is not there fills a screen."""
    shown = without_password(uri)
    text = str(error).replace(uri, shown).strip()
    for sign, sentence in _REASONS:
        if sign in text:
            waited = _TIMEOUT.search(text)
            in_time = "in time" if waited is None else f"within {waited[1]} s"
            return sentence.format(uri=shown, in_time=in_time)
    first_line = text.splitlines()[0] if text else type(error).__name__
    return f"{shown} answered: {first_line[:_LONGEST_REASON].rstrip('.')}."


@contextlib.contextmanager
def quiet_mlflow(timeout_s: int) -> Iterator[None]:
    """No telemetry, no chatter and no waiting, for the time of a call; what the user set in the environment wins."""
    wanted = {
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_DISABLE_AGENT_HINT": "true",
        "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
        "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
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
def one_attempt() -> Iterator[None]:
    """A database that cannot be opened fails at once; MLflow would try ten times, which takes 100 s."""
    from mlflow.store.db import utils

    attempts = utils.MAX_RETRY_COUNT
    utils.MAX_RETRY_COUNT = 1
    try:
        yield
    finally:
        utils.MAX_RETRY_COUNT = attempts
