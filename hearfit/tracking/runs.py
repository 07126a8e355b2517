"""Runs of one listener in a store, whatever the listener is called, page after page."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from hearfit.audiology.audiogram import Ear
from hearfit.tracking.store import Store

if TYPE_CHECKING:
    from mlflow.entities import Run

LISTENER_TAG: Final = "listener"
EAR_TAG: Final = "ear"
SESSION_TAG: Final = "session"
VERSION_TAG: Final = "version"
LONGEST_TAG: Final = 5000

# A run of a fit weighs some 30 kB while MLflow reads it.
RUNS_IN_A_PAGE: Final = 500
_LONGEST_PATTERN: Final = 200
_PLAIN: Final = re.compile(r"[A-Za-z0-9 .:@+_-]+")
_NOT_PLAIN: Final = re.compile(r"[^A-Za-z0-9 .:@+-]", re.DOTALL)


def tag_value(text: str) -> str:
    """A text as it is stored in a tag: MLflow refuses longer ones."""
    return text[:LONGEST_TAG]


def runs_of(
    store: Store, *, listener: str, ear: Ear | None = None, session: str | None = None
) -> Iterator[list["Run"]]:
    """Pages of the listener's runs, in the order in which they began; each run once.

    Filters of MLflow have no escapes: no quote can be part of a value. So what is not plain is asked for as "any
    letter", and of what comes back only equal names are kept.
    """
    wanted = {LISTENER_TAG: tag_value(listener)}
    if ear is not None:
        wanted[EAR_TAG] = ear.value
    if session is not None:
        wanted[SESSION_TAG] = tag_value(session)
    for page in _pages(store, " AND ".join(_condition(tag, value) for tag, value in wanted.items())):
        yield [run for run in page if all(run.data.tags.get(tag) == value for tag, value in wanted.items())]


def newest_runs(store: Store) -> list["Run"]:
    """The newest runs, as many as fit on a page."""
    return list(
        store.client.search_runs(
            [store.experiment_id], max_results=RUNS_IN_A_PAGE, order_by=["attributes.start_time DESC"]
        )
    )


def _condition(tag: str, value: str) -> str:
    if _PLAIN.fullmatch(value) and len(value) <= _LONGEST_PATTERN:
        return f"tags.{tag} = '{value}'"
    rest = "%" if len(value) > _LONGEST_PATTERN else ""
    return f"tags.{tag} LIKE '{_NOT_PLAIN.sub('_', value[:_LONGEST_PATTERN])}{rest}'"


def _pages(store: Store, condition: str) -> Iterator[list["Run"]]:
    seen: set[str] = set()
    token: str | None = None
    while True:
        page = store.client.search_runs(
            [store.experiment_id],
            condition,
            max_results=RUNS_IN_A_PAGE,
            # Runs that begin meanwhile come last, so that they shift no page.
            order_by=["attributes.start_time ASC"],
            page_token=token,
        )
        # A page begins at a count, so a deletion meanwhile may repeat a run.
        yield [run for run in page if run.info.run_id not in seen]
        seen.update(run.info.run_id for run in page)
        token = page.token
        if not token:
            return
