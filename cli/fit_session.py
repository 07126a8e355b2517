"""Fits the ears of a session, writes their files and tracks the fits: what `fit` and `demo` share."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from hearfit.audiology.audiogram import Audiogram, Ear
from hearfit.cli.model_table import compare_session, comparison_document, print_comparison
from hearfit.cli.options import Method, PriorChoice
from hearfit.cli.output import JsonValue, Output, json_value, new_table
from hearfit.errors import TrackingError
from hearfit.listener.profile import Estimate, Profile
from hearfit.reports.sampling import sampling_sentences
from hearfit.reports.undetermined import undetermined_sentences
from hearfit.reports.wording import count, ear_name, is_prior, number

if TYPE_CHECKING:
    from hearfit.cli.tracking_process import TrackingProcess
    from hearfit.experiment.trials import Trials
    from hearfit.tracking.write import TrackedRun


@dataclass(frozen=True)
class FitRequest:
    """What to do with the trials. `tracking_uri` None means the default store."""

    out: Path
    audiogram: Audiogram | None
    method: Method
    prior: PriorChoice
    seed: int
    is_tracked: bool
    tracking_uri: str | None
    trial_files: tuple[Path, ...]
    column_maps: tuple[Path, ...] = ()
    num_chains: int = 4
    num_draws: int = 1000
    num_starts: int = 2
    compares_models: bool = False


@dataclass(frozen=True)
class FittedEar:
    """One ear's result and where it was written."""

    profile: Profile
    path: Path
    draws: Path | None
    run: "TrackedRun | None"


@dataclass(frozen=True)
class FittedSession:
    """The results of one or two ears, their common report, and the failure of the store, if there was one."""

    ears: tuple[FittedEar, ...]
    report: Path
    not_tracked: str | None

    @property
    def is_trustworthy(self) -> bool:
        """Whether every fit converged."""
        return all(ear.profile.diagnostics.is_converged for ear in self.ears)


def fit_session(trials: Sequence["Trials"], request: FitRequest, output: Output) -> FittedSession:
    """Fits each ear, then writes profiles and report, then tracks; a store that fails costs only the tracking."""
    with _tracking(request) as store:
        # Heavy, so imported while the store gets ready.
        from hearfit.fitting import Fit, fit_ear
        from hearfit.inference.compilation import use_compilation_cache
        from hearfit.inference.sampler_settings import SamplerSettings
        from hearfit.reports.report import write_report
        from hearfit.storage.draw_files import write_draws
        from hearfit.storage.profile_files import write_profile

        use_compilation_cache()
        settings = SamplerSettings(num_chains=request.num_chains, num_draws=request.num_draws)
        fits: list[Fit] = []
        for each in trials:
            with output.progress(ear_name(each.ear)) as progress:
                fits.append(
                    fit_ear(
                        each,
                        audiogram=request.audiogram,
                        method=request.method.value,
                        seed=request.seed,
                        prior=request.prior.value,
                        sampler=settings,
                        num_starts=request.num_starts,
                        progress=progress,
                    )
                )
        profiles = [fit.profile for fit in fits]
        *paths, report = [request.out / name for name in result_names([profile.ear for profile in profiles])]
        for profile, path in zip(profiles, paths, strict=True):
            write_profile(path, profile)
        draws: list[Path | None] = []
        for fit, path in zip(fits, paths, strict=True):
            draws.append(None if fit.draws is None else path.with_name("draws.npz"))
            if fit.draws is not None:
                write_draws(path.with_name("draws.npz"), fit.profile.posterior.names, fit.draws.chains)
        write_report(report, profiles)
        for profile, path, drawn in zip(profiles, paths, draws, strict=True):
            _tell_left_over(
                profile, path, has_draws=drawn is not None, has_models=request.compares_models, output=output
            )
        if request.compares_models:
            # This takes long, so the fits are on disk before it, and are then written again with what it found.
            try:
                comparisons = compare_session(
                    trials,
                    prior=request.prior.value,
                    settings=settings if request.method is Method.NUTS else None,
                    out=request.out,
                    seed=request.seed,
                    output=output,
                )
            except BaseException:
                for profile, path in zip(profiles, paths, strict=True):
                    _tell_left_over(profile, path, has_draws=True, has_models=False, output=output)
                raise
            profiles = [replace(own, model_comparison=found) for own, found in zip(profiles, comparisons, strict=True)]
            for profile, path in zip(profiles, paths, strict=True):
                write_profile(path, profile)
            write_report(report, profiles)
        runs, not_tracked = _track(profiles, paths, draws, report, request, store, output)
    ears = tuple(FittedEar(*each) for each in zip(profiles, paths, draws, runs, strict=True))
    return FittedSession(ears=ears, report=report, not_tracked=not_tracked)


def print_session(session: FittedSession, output: Output) -> None:
    """The result on stdout, and on stderr what its reader must know."""
    for ear in session.ears:
        _print_ear(ear.profile, output)
    for ear in session.ears:
        print_comparison(ear.profile, output)
    for ear in session.ears:
        output.text(f"{f'{ear.profile.ear} profile':<14} {ear.path}")
        if ear.draws is not None:
            output.text(f"{f'{ear.profile.ear} draws':<14} {ear.draws}")
    output.text(f"{'report':<14} {session.report}")
    for ear in session.ears:
        if ear.run is not None:
            again = f" (version {ear.run.version} of this session)" if ear.run.version > 1 else ""
            output.text(f"{f'{ear.profile.ear} run':<14} {ear.run.run_id} in {ear.run.uri}{again}")
    output.document(
        {
            "listener": session.ears[0].profile.listener,
            "report": str(session.report),
            "is_trustworthy": session.is_trustworthy,
            "not_tracked": session.not_tracked,
            "fits": [_ear_document(ear) for ear in session.ears],
            **_models_document([ear.profile for ear in session.ears]),
        }
    )
    for ear in session.ears:
        name, fit = ear_name(ear.profile.ear), ear.profile.diagnostics
        for sentence in (*fit.warnings, *ear.profile.not_identified):
            output.warning(f"{name}: {sentence}")
        if not fit.is_converged:
            output.warning(f"{name}: The fit cannot be trusted, because it did not converge. {fit.status}")


def _models_document(profiles: Sequence[Profile]) -> dict[str, JsonValue]:
    compared = [(own, own.model_comparison) for own in profiles if own.model_comparison is not None]
    models = [
        {"listener": own.listener, "ear": own.ear.value, "session": own.session} | comparison_document(found)
        for own, found in compared
    ]
    return {"models": models} if models else {}


def _tracking(request: FitRequest) -> "contextlib.AbstractContextManager[TrackingProcess | None]":
    if not request.is_tracked:
        return contextlib.nullcontext()
    from hearfit.cli.tracking_process import tracking_process

    return tracking_process(request.tracking_uri)


def result_names(ears: Sequence[Ear]) -> list[str]:
    """The files that a fit writes, relative to its folder: a profile for each ear, then the report."""
    profiles = ["profile.json"] if len(ears) == 1 else [f"{ear.value}/profile.json" for ear in ears]
    return [*profiles, "report.html"]


def _tell_left_over(profile: Profile, path: Path, *, has_draws: bool, has_models: bool, output: Output) -> None:
    """Of an earlier fit into the same folder; such a file may have taken an hour, so it is not removed."""
    for name, is_replaced in (("draws.npz", has_draws), ("models.json", has_models)):
        if not is_replaced and path.with_name(name).exists():
            output.warning(
                f"{ear_name(profile.ear)}: {path.with_name(name)} is of an earlier fit and does not belong to the "
                f"profile that is now beside it. Remove it, or fit into another folder."
            )


def _track(
    profiles: Sequence[Profile],
    paths: Sequence[Path],
    draws: Sequence[Path | None],
    report: Path,
    request: FitRequest,
    store: "TrackingProcess | None",
    output: Output,
) -> tuple[list["TrackedRun | None"], str | None]:
    runs: list[TrackedRun | None] = [None] * len(profiles)
    if store is None:
        return runs, None
    try:
        with output.progress("Tracking") as progress:
            progress("waiting for the store", 0.1)
            store.ready()
            for index, (profile, path, drawn) in enumerate(zip(profiles, paths, draws, strict=True)):
                progress(f"{profile.ear} ear", (index + 1) / (len(profiles) + 1))
                artifacts = [path, report, *([] if drawn is None else [drawn])]
                artifacts += [path.with_name("models.json")] if profile.model_comparison is not None else []
                trial_files = [*_with_sidecars(request.trial_files), *request.column_maps]
                runs[index] = store.track(path, artifacts=artifacts, trial_files=trial_files)
    except TrackingError as error:
        ears = " and ".join(profile.ear.value for profile, run in zip(profiles, runs, strict=True) if run is None)
        sentence = f"Not tracked: {ears} ear. {error} Profile and report are written."
        output.warning(sentence)
        return runs, sentence
    return runs, None


def _with_sidecars(trial_files: Sequence[Path]) -> list[Path]:
    from hearfit.storage.trial_sidecar import sidecar_path

    sidecars = [sidecar_path(path) for path in trial_files]
    return [*trial_files, *(path for path in sidecars if path.is_file())]


def _print_ear(profile: Profile, output: Output) -> None:
    fit = profile.diagnostics
    table = new_table(
        "Hz",
        "answers",
        "threshold\ndB HL",
        "compression\nexponent",
        "attenuation\ndB",
        "lateral\ninhibition",
        title=f"{profile.listener}, {profile.ear} ear, {profile.session}",
    )
    for entry in profile.frequencies:
        table.add_row(
            f"{entry.frequency_hz:g}",
            f"{entry.num_trials:,}" if entry.num_trials else "none",
            _estimate(entry.threshold_db_hl, 1),
            _estimate(entry.compression_exponent, 2),
            _estimate(entry.attenuation_db, 1),
            _estimate(entry.inhibition, 2),
        )
    output.table(table)
    outcome = "converged" if fit.is_converged else "did NOT converge"
    output.text(
        f"The fit {outcome} after {count(fit.num_iterations, 'iteration')} on {count(fit.num_trials, 'answer')}; log "
        f"likelihood {number(fit.log_likelihood_per_trial, 3)} per answer. Values are mean ± SD, with the "
        f"{profile.provenance.prior} prior; † is mostly the prior."
    )
    if fit.sampling is not None:
        output.text(sampling_sentences(fit.sampling))
    for sentence in undetermined_sentences(profile):
        output.text(sentence)
    output.text()


def _estimate(estimate: Estimate, decimals: int) -> str:
    mark = "†" if is_prior(estimate) else " "
    return f"{number(estimate.mean, decimals)} ± {number(estimate.sd, decimals)}{mark}"


def _ear_document(ear: FittedEar) -> JsonValue:
    profile, fit = ear.profile, ear.profile.diagnostics
    return {
        "ear": profile.ear.value,
        "session": profile.session,
        "prior": profile.provenance.prior,
        "profile": str(ear.path),
        "draws": None if ear.draws is None else str(ear.draws),
        "is_converged": fit.is_converged,
        "status": fit.status,
        "num_trials": fit.num_trials,
        "num_iterations": fit.num_iterations,
        "log_likelihood": json_value(fit.log_likelihood),
        "log_likelihood_per_trial": json_value(fit.log_likelihood_per_trial),
        "seconds": json_value(fit.seconds),
        "sampling": json_value(fit.sampling),
        "warnings": list(fit.warnings),
        "not_identified": list(profile.not_identified),
        "least_determined": json_value(profile.least_determined),
        "run": json_value(ear.run),
    }
