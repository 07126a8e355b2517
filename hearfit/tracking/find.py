"""Finds the fits of a listener in the store, and reads their profiles back."""

import difflib
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hearfit.audiology.audiogram import Ear
from hearfit.errors import InputError
from hearfit.listener.profile import Profile
from hearfit.storage.profile_files import read_profile
from hearfit.tracking.averages import averages_of_metrics
from hearfit.tracking.history import EarSession, History, TrackedFit, differences, sessions_of
from hearfit.tracking.quiet import LATER_ANSWERS_S, failures_told, quiet_mlflow
from hearfit.tracking.runs import EAR_TAG, LISTENER_TAG, SESSION_TAG, newest_runs, runs_of, tag_value
from hearfit.tracking.store import Store, open_to_read, resolve_tracking_uri
from hearfit.tracking.write import version_of

if TYPE_CHECKING:
    from mlflow.entities import Run

PROFILE_ARTIFACT: Final = "profile.json"
_MAX_NAMES: Final = 5
_UNREADABLE: Final = "The history could not be read"
_SHOWN_SHA: Final = 8

CountTold = Callable[[int], None]


def find_history(
    listener: str, *, ear: Ear | None = None, tracking_uri: str | None = None, told: CountTold = lambda _count: None
) -> History:
    """All sessions of a listener; `told` hears how many runs have been read.

    Raises:
        InputError: the store holds no finished fit of this listener, or none of this ear.
        TrackingError: the store cannot be reached or read.
    """
    uri = resolve_tracking_uri(tracking_uri)
    with failures_told(uri, _UNREADABLE):
        store = open_to_read(uri)
        with quiet_mlflow(LATER_ANSWERS_S):
            return _history(store, listener, ear, told)


def profiles_of(listener: str, *, ear: Ear | None = None, tracking_uri: str | None = None) -> tuple[Profile, ...]:
    """The profile of each session's latest version, the right ear's first, by date.

    Raises:
        InputError, TrackingError: as `history_with_profiles`.
    """
    return history_with_profiles(listener, ear=ear, tracking_uri=tracking_uri)[1]


def history_with_profiles(
    listener: str, *, ear: Ear | None = None, tracking_uri: str | None = None, most: int | None = None
) -> tuple[History, tuple[Profile, ...]]:
    """All sessions of a listener, and the profile of each one's latest version in the same order.

    Raises:
        InputError: as `find_history`; there are more than `most` profiles, of which none is read then; or a profile is
            missing, damaged or not the one that its run says it is.
        TrackingError: the store cannot be reached or read.
    """
    uri = resolve_tracking_uri(tracking_uri)
    profiles: list[Profile] = []
    problems: list[str] = []
    with failures_told(uri, _UNREADABLE):
        store = open_to_read(uri)
        with quiet_mlflow(LATER_ANSWERS_S):
            history = _history(store, listener, ear, lambda _count: None)
            if most is not None and len(history.sessions) > most:
                raise InputError(
                    f"The tracking store {store.shown} holds {len(history.sessions)} profiles of {listener!r}; at most "
                    f"{most} are read at once. Give the files of those that matter."
                )
            for each in history.sessions:
                try:
                    profiles.append(_profile(store, each))
                except InputError as error:
                    problems += error.problems
    if problems:
        raise InputError(problems)
    return history, tuple(profiles)


def _history(store: Store, listener: str, ear: Ear | None, told: CountTold) -> History:
    fits: list[TrackedFit] = []
    left_out: list[str] = []
    num_unfinished = num_read = 0
    for page in runs_of(store, listener=listener, ear=ear):
        num_read += len(page)
        told(num_read)
        for run in page:
            if run.info.status != "FINISHED":
                num_unfinished += 1
            elif isinstance(fit := _fit(run, listener), str):
                left_out.append(fit)
            else:
                fits.append(fit)
    if num_unfinished:
        left_out.append(f"{num_unfinished} of the listener's runs did not finish and are left out.")
    if not fits:
        raise InputError([_not_found(store, listener, ear), *left_out])
    sessions = sessions_of(fits)
    warnings = [*left_out, *(sentence for each in sessions for sentence in _session_warnings(each))]
    return History(listener, store.shown, sessions, (*warnings, *differences(sessions)))


def _fit(run: "Run", listener: str) -> TrackedFit | str:
    """What a run says, or why it says nothing."""
    tags, params, metrics = run.data.tags, run.data.params, run.data.metrics
    missing = [tag for tag in (EAR_TAG, SESSION_TAG) if tag not in tags]
    if missing:
        return f"The run {run.info.run_id} is left out: it has no tag {' and no tag '.join(missing)}."
    if tags[EAR_TAG] not in set(Ear):
        return f"The run {run.info.run_id} is left out: its ear is {tags[EAR_TAG]!r}, and not left or right."
    return TrackedFit(
        run_id=run.info.run_id,
        listener=listener,
        ear=Ear(tags[EAR_TAG]),
        session=tags[SESSION_TAG],
        version=version_of(run),
        begun=datetime.fromtimestamp(run.info.start_time / 1000, tz=UTC),
        method=params.get("method", "not stated"),
        prior=params.get("prior", "not stated"),
        transducer=params.get("transducer", "not stated"),
        data_sha256=tags.get("data_sha256", ""),
        is_converged=tags.get("converged") == "true",
        num_trials=round(metrics["trials"]) if "trials" in metrics else None,
        warnings=tags.get("warnings", ""),
        artifact_uri=run.info.artifact_uri,
        averages=averages_of_metrics(metrics),
    )


def _session_warnings(each: EarSession) -> list[str]:
    sentences = []
    if each.num_data_sets > 1:
        sentences.append(
            f"The {each.ear} ear's session {each.session} was fitted from {each.num_data_sets} different sets of "
            f"answers; the latest fit counts (data {each.latest.data_sha256[:_SHOWN_SHA]})."
        )
    if not each.latest.is_converged:
        sentences.append(f"The fit of the {each.ear} ear's session {each.session} did not converge: do not trust it.")
    return sentences


def _not_found(store: Store, listener: str, ear: Ear | None) -> str:
    if ear is not None and next((page for page in runs_of(store, listener=listener) if page), None):
        return f"The tracking store {store.shown} holds no fit of the {ear} ear of listener {listener!r}."
    sentence = f"The tracking store {store.shown} holds no fit of a listener {listener!r}."
    newest = [run.data.tags[LISTENER_TAG] for run in newest_runs(store) if LISTENER_TAG in run.data.tags]
    names = list(dict.fromkeys(newest))
    if not names:
        return f"{sentence} It holds no fit at all."
    alike = difflib.get_close_matches(listener, names, n=_MAX_NAMES, cutoff=0.5) or [
        name for name in names if name.casefold() == listener.casefold()
    ]
    if alike:
        return f"{sentence} Names like it: {', '.join(map(repr, alike))}."
    shown = ", ".join(map(repr, names[:_MAX_NAMES]))
    return f"{sentence} Newest fits are of: {shown}{', ...' if len(names) > _MAX_NAMES else ''}."


def _profile(store: Store, each: EarSession) -> Profile:
    """The profile among the artifacts of a session's latest run, checked to be of that ear and session."""
    from mlflow.artifacts import download_artifacts

    fit = each.latest
    place = f"{PROFILE_ARTIFACT} of the run {fit.run_id} ({fit.ear} ear, {fit.session}) in {store.shown}"
    with tempfile.TemporaryDirectory() as folder:
        try:
            # By its address, for which the client would ask the store twice.
            address = f"{fit.artifact_uri}/{PROFILE_ARTIFACT}"
            path = Path(download_artifacts(artifact_uri=address, dst_path=folder, tracking_uri=store.uri))
        except Exception as error:
            # An artifact store fails with whatever its own library raises.
            raise InputError(
                f"{place}: cannot be fetched ({_first_line(error)}). Fit this session again, or bring the folder of "
                "artifacts back to where it was."
            ) from error
        try:
            profile = read_profile(path)
        except InputError as error:
            raise InputError([problem.replace(str(path), place) for problem in error.problems]) from None
    found = (tag_value(profile.listener), profile.ear, tag_value(profile.session), profile.provenance.data_sha256)
    if found != (tag_value(fit.listener), fit.ear, fit.session, fit.data_sha256):
        raise InputError(
            f"{place}: is the profile of listener {profile.listener!r}, {profile.ear} ear, {profile.session}, data "
            f"{profile.provenance.data_sha256[:_SHOWN_SHA]}, which is not what its run says. Fit this session again."
        )
    return profile


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__
