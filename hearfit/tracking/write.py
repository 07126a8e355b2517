"""One run for each fitted ear: what it is called, and what it holds."""

import contextlib
import json
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hearfit.listener.profile import NamedVersion, Profile
from hearfit.tracking.averages import (
    AVERAGED_QUANTITIES,
    averages_of_profile,
    estimate_of,
    mean_metric,
    metrics_of_averages,
    sd_metric,
)
from hearfit.tracking.embedded import alone
from hearfit.tracking.quiet import LATER_ANSWERS_S, failures_told, quiet_mlflow
from hearfit.tracking.runs import EAR_TAG, LISTENER_TAG, SESSION_TAG, VERSION_TAG, runs_of, tag_value
from hearfit.tracking.store import EXPERIMENT, Store, open_to_write, resolve_tracking_uri

if TYPE_CHECKING:
    from mlflow.entities import Run

_METRICS_IN_A_BATCH: Final = 1000
# Databases keep 250 letters of a run's name.
_LONGEST_NAME_IN_A_NAME: Final = 100
_DIGEST_LETTERS: Final = 8


@dataclass(frozen=True)
class TrackedRun:
    """Where a fit can be found again; `uri` carries no password, `version` counts the fits of the session."""

    run_id: str
    experiment: str
    uri: str
    version: int


def track_fit(
    profile: Profile, *, artifacts: Sequence[Path], trial_files: Sequence[Path], tracking_uri: str | None
) -> TrackedRun:
    """Records a fit as one run: parameters, metrics, the log-posterior trace, tags and files.

    A fit of a listener, ear and session that the store knows becomes their next version. Processes that write to the
    same embedded store wait for each other. On a server, two that begin in the same instant may take the same number:
    both runs are kept, and readers take the one that began later for the newer.

    Raises:
        TrackingError: the store cannot be reached or refused something; says what was not tracked.
    """
    uri = resolve_tracking_uri(tracking_uri)
    with failures_told(uri, f"The fit of the {profile.ear} ear was not tracked; nothing else is lost"):
        store = open_to_write(uri)
        with quiet_mlflow(LATER_ANSWERS_S):
            with alone(uri):
                version = _next_version(store, profile)
                run_id = _create_run(store, profile, version)
            try:
                _fill_run(store, run_id, profile, artifacts, trial_files)
            except Exception:
                with contextlib.suppress(Exception):
                    store.client.set_terminated(run_id, "FAILED")
                raise
            store.client.set_terminated(run_id)
    return TrackedRun(run_id=run_id, experiment=EXPERIMENT, uri=store.shown, version=version)


def version_of(run: "Run") -> int:
    """The version that a run says it is; runs of an older hearfit do not say, and count as the first."""
    text = run.data.tags.get(VERSION_TAG, "")
    return int(text) if text.isascii() and text.isdecimal() else 1


def _next_version(store: Store, profile: Profile) -> int:
    """One more than there are, also counting runs in progress; a number is used again only for a failed run."""
    versions = [
        version_of(run)
        for page in runs_of(store, listener=profile.listener, ear=profile.ear, session=profile.session)
        for run in page
        if run.info.status != "FAILED"
    ]
    return 1 + max(len(versions), max(versions, default=0))


def _create_run(store: Store, profile: Profile, version: int) -> str:
    name = f"{profile.listener[:_LONGEST_NAME_IN_A_NAME]} {profile.ear} {profile.session}"
    run: Run = store.client.create_run(
        store.experiment_id,
        run_name=name if version == 1 else f"{name} v{version}",
        # With the run, so that it is known by them from its first moment.
        tags={
            LISTENER_TAG: tag_value(profile.listener),
            EAR_TAG: profile.ear.value,
            SESSION_TAG: tag_value(profile.session),
            VERSION_TAG: str(version),
            "mlflow.source.name": "hearfit",
            "mlflow.note.content": _description(profile),
        },
    )
    return str(run.info.run_id)


def _fill_run(
    store: Store, run_id: str, profile: Profile, artifacts: Sequence[Path], trial_files: Sequence[Path]
) -> None:
    from mlflow.entities import Dataset, DatasetInput, Metric, Param, RunTag
    from mlflow.exceptions import MlflowException

    now = int(time.time() * 1000)
    params = [Param(key, value) for key, value in _params(profile).items()]
    tags = [RunTag(key, tag_value(value)) for key, value in _tags(profile).items()]
    store.client.log_batch(run_id, params=params, tags=tags)
    metrics = [Metric(key, value, now, 0) for key, value in _metrics(profile).items()]
    trace = enumerate(profile.diagnostics.log_posterior_trace)
    metrics += [Metric("log_posterior", value, now, step) for step, value in trace]
    for start in range(0, len(metrics), _METRICS_IN_A_BATCH):
        store.client.log_batch(run_id, metrics=metrics[start : start + _METRICS_IN_A_BATCH])
    # MLflow's pages show which runs are fits of the same answers by the digest of their data set.
    answers = Dataset(
        name="answers",
        digest=profile.provenance.data_sha256[:_DIGEST_LETTERS],
        source_type="local",
        source=json.dumps({"trial_files": len(profile.provenance.trial_files)}),
    )
    try:
        store.client.log_inputs(run_id, datasets=[DatasetInput(answers)])
    except MlflowException:
        # Another process has just made the same one; now it is there and is found.
        store.client.log_inputs(run_id, datasets=[DatasetInput(answers)])
    for path in artifacts:
        store.client.log_artifact(run_id, str(path))
    for path in trial_files:
        store.client.log_artifact(run_id, str(path), "trials")


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
        "protocols": _named_versions(source.protocols),
        "standards": _named_versions(source.standards),
        "data_sha256": source.data_sha256,
        "trial_files": ", ".join(source.trial_files),
        "converged": str(profile.diagnostics.is_converged).lower(),
        "status": profile.diagnostics.status,
        "warnings": " ".join(profile.diagnostics.warnings),
        "not_identified": " ".join(profile.not_identified),
    }


def _description(profile: Profile) -> str:
    """What MLflow's page of the run says at its top; no words of a person, because MLflow reads them as Markdown."""
    fit = profile.diagnostics
    outcome = "The fit converged" if fit.is_converged else "**The fit did not converge: do not trust it**"
    warned = f"; {len(fit.warnings)} warnings, see the tag `warnings`" if fit.warnings else ""
    return f"{outcome}: {fit.num_trials:,} answers{warned}. The report is `report.html` under Artifacts."


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
    metrics |= _metrics_of_models(profile)
    metrics |= metrics_of_averages(averages_of_profile(profile))
    for entry in profile.frequencies:
        for quantity in AVERAGED_QUANTITIES:
            estimate = estimate_of(entry, quantity)
            metrics[mean_metric(quantity, entry.frequency_hz)] = estimate.mean
            metrics[sd_metric(quantity, entry.frequency_hz)] = estimate.sd
    return {key: value for key, value in metrics.items() if math.isfinite(value)}


def _metrics_of_models(profile: Profile) -> dict[str, float]:
    """Held-out log predictive density in nats of every model that was compared, and how far it is above the first.

    That of the first, with which the profile is made, has a name that is the same for every fit.
    """
    if profile.model_comparison is None:
        return {}
    first = profile.model_comparison.scores[0]
    metrics = {"held_out_log_likelihood_per_trial": first.folds.per_answer}
    for score in profile.model_comparison.scores:
        metrics[f"unreliable_answers/model_{score.number}"] = float(score.num_unreliable)
        for name, criterion in (("folds", score.folds), ("leave_one_out", score.leave_one_out)):
            own = {
                "": criterion.per_answer,
                "_difference": criterion.difference,
                "_difference_se": criterion.difference_standard_error,
            }
            metrics |= {f"{name}{part}/model_{score.number}": value for part, value in own.items()}
    return metrics
