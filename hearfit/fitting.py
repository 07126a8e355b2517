"""Two of the library's verbs: fit a listener's trials, simulate a listener."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version

import jax
import numpy as np
from scipy.special import expit

from hearfit.audiology.audiogram import Audiogram, Ear
from hearfit.audiology.retspl import reference_thresholds
from hearfit.errors import InputError
from hearfit.experiment.conditions import Conditions, collapse
from hearfit.experiment.protocol import Protocol
from hearfit.experiment.trial_assembly import trials_sha256
from hearfit.experiment.trials import Trials
from hearfit.inference.curves import response_curves
from hearfit.inference.data import build_fit_data, own_sensitivities
from hearfit.inference.diagnostics import (
    lapse_sentences,
    not_gaussian_sentences,
    parameters_at_bound,
    stored_threshold_warnings,
    warnings_of,
)
from hearfit.inference.estimates import observer_estimates, transformed_estimate
from hearfit.inference.frequency_estimates import frequency_estimates, measured_knots
from hearfit.inference.laplace import LaplacePosterior, laplace
from hearfit.inference.least_determined import least_determined
from hearfit.inference.map import MapStatus, SearchSettings, whitened_prior
from hearfit.inference.masker_audibility import masker_warnings, unheard_masker_frequencies
from hearfit.inference.modes import Modes, find_modes, mode_sentences, starting_points
from hearfit.inference.predictive_check import predictive_checks, violations
from hearfit.inference.sampled import EarPosterior, SampledPosterior
from hearfit.inference.sampler_settings import METHODS, SamplerSettings
from hearfit.inference.simulate import position_from_thresholds, simulate_block, thresholds_at_knots
from hearfit.inference.start import starting_point
from hearfit.inference.task_model import LAPSE
from hearfit.inference.track_warnings import track_warnings
from hearfit.inference.trade_offs import trade_off_sentences
from hearfit.listener.normal import NORMAL
from hearfit.listener.parameters import PARAMETER_NAMES
from hearfit.listener.priors import POPULATION, prior_named
from hearfit.listener.profile import (
    Diagnostics,
    NamedVersion,
    Posterior,
    PredictiveCheck,
    Profile,
    Provenance,
    Sampling,
)

DEFAULT_NUM_STARTS = 2
UNSTATED_TRANSDUCER = "not stated"
_SOFTWARE = ("hearfit", "jax", "numpy", "scipy")
_SAMPLING_SOFTWARE = ("blackjax", "arviz-stats")

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class Fit:
    """A profile and the draws that it was made from: None where it was made from Laplace's approximation."""

    profile: Profile
    draws: SampledPosterior | None


def fit_trials(
    trials: Trials,
    *,
    audiogram: Audiogram | None,
    method: str,
    seed: int,
    prior: str = POPULATION,
    progress: Progress | None = None,
) -> Profile:
    """The profile of `fit_ear`.

    Raises:
        InputError: as `fit_ear`.
    """
    return fit_ear(trials, audiogram=audiogram, method=method, seed=seed, prior=prior, progress=progress).profile


def fit_ear(
    trials: Trials,
    *,
    audiogram: Audiogram | None,
    method: str,
    seed: int,
    prior: str = POPULATION,
    sampler: SamplerSettings | None = None,
    num_starts: int = DEFAULT_NUM_STARTS,
    progress: Progress | None = None,
) -> Fit:
    """Posterior of one ear's parameters as a profile: by Laplace's approximation (map), or by draws (nuts).

    The mode is the best of searches from `num_starts` points; other modes are told in the warnings.

    The audiogram is not used as data: it is carried along for comparison. `prior` is a name of `PRIORS`. `progress` is
    told what is being done and which fraction (0 to 1) is behind. A fit that did not converge is returned with
    `diagnostics.is_converged` false.

    Raises:
        InputError: an unknown method or prior, no trials, or an audiogram without this ear.
    """
    _check(trials, audiogram, method, prior)
    assumed = prior_named(prior)
    whitened = whitened_prior(assumed)
    tell: Progress = progress or (lambda _task, _fraction: None)
    begun = time.perf_counter()
    with jax.enable_x64(True):
        tell("Filtering the stimuli", 0.05)
        conditions = [collapse(block) for block in trials.blocks]
        data = build_fit_data(conditions, transducer=trials.transducer, normal=NORMAL)
        tell("Searching for the most probable ear", 0.3)
        # Sampling takes nearly all of the time where it is asked for.
        found_at = 0.35 if method == "nuts" else 0.7
        modes = find_modes(
            data,
            whitened,
            normal=NORMAL,
            settings=SearchSettings(),
            starts=starting_points(starting_point(conditions, assumed, NORMAL), num_starts, seed=seed),
            progress=lambda step, _: tell("Searching for the most probable ear", min(0.3 + 0.005 * step, found_at)),
        )
        estimate = modes.best
        approximation = laplace(estimate, assumed)
        posterior: EarPosterior = approximation
        draws, sampling = None, None
        if method == "nuts":
            # The sampler takes long to import.
            from hearfit.inference.sampling import sample_posterior

            tell("Sampling the posterior", found_at)
            draws, sampling = sample_posterior(
                data,
                approximation,
                whitened,
                normal=NORMAL,
                settings=SamplerSettings() if sampler is None else sampler,
                seed=seed,
                progress=lambda behind: tell("Sampling the posterior", found_at + (0.7 - found_at) * behind),
            )
            posterior = draws
        tell("Working out thresholds and bandwidths", 0.7)
        unheard = unheard_masker_frequencies(conditions, posterior.mode, transducer=trials.transducer, normal=NORMAL)
        rows_of = partial(frequency_estimates, conditions, prior=assumed, normal=NORMAL, seed=seed, unheard_hz=unheard)
        frequencies, unknown = rows_of(posterior)
        measured = measured_knots(conditions, unheard)
        unknown += trade_off_sentences(posterior, assumed, measured.is_tested)
        undetermined = least_determined(posterior, measured)
        if sampling is not None:
            from hearfit.inference.sampling_checks import agreement

            sampling = replace(sampling, agreement=agreement(frequencies, rows_of(approximation)[0]))
        tell("Predicting the answers", 0.9)
        curves = response_curves(conditions, posterior, transducer=trials.transducer, normal=NORMAL)
        checks = predictive_checks(trials.blocks, data, posterior, normal=NORMAL, seed=seed)
        observer = observer_estimates(
            posterior,
            frozenset(c.protocol.task for c in conditions),
            has_masker=any(c.has_masker for c in conditions),
            own_sensitivities=own_sensitivities(conditions),
        )
        warnings = (
            *warnings_of(conditions, trials.transducer),
            *track_warnings(trials.blocks),
            *masker_warnings(conditions, unheard, posterior.mode, transducer=trials.transducer, normal=NORMAL),
            *stored_threshold_warnings(conditions, has_audiogram=audiogram is not None),
        )
    tell("Done", 1.0)
    profile = Profile(
        listener=trials.listener,
        ear=trials.ear,
        session=trials.session,
        frequencies=frequencies,
        observer=observer,
        curves=curves,
        posterior=Posterior(
            names=PARAMETER_NAMES,
            mode=tuple(map(float, posterior.mode)),
            covariance=tuple(tuple(map(float, row)) for row in posterior.covariance),
        ),
        diagnostics=_diagnostics(
            trials,
            conditions,
            modes,
            approximation,
            warnings,
            method=method,
            sampling=sampling,
            checks=checks,
            seconds=time.perf_counter() - begun,
        ),
        not_identified=unknown,
        provenance=_provenance(trials, seed, prior, _SOFTWARE if draws is None else (*_SOFTWARE, *_SAMPLING_SOFTWARE)),
        measured_audiogram=audiogram,
        predictive_checks=checks,
        least_determined=undetermined,
    )
    return Fit(profile, draws)


def simulate_trials(
    audiogram: Audiogram,
    ear: Ear,
    protocols: Sequence[Protocol],
    *,
    listener: str,
    session: str,
    transducer: str,
    seed: int,
    outer_hair_cell_share: float,
    inhibition: float | None = None,
) -> Trials:
    """Answers of a simulated listener whose thresholds are the audiogram's; the same seed gives the same answers.

    `outer_hair_cell_share` (0 to 1) of every loss is loss of compression, the rest attenuation; `inhibition` is the
    strength of lateral inhibition (above 0, below 0.55), None being the normal one.

    Raises:
        InputError: no ear has that share or inhibition, the transducer is unknown, or the audiogram lacks the ear.
    """
    reference = reference_thresholds(transducer)
    thresholds = thresholds_at_knots(audiogram, ear)
    # Ears of one listener answer differently although the seed is one.
    generator = np.random.default_rng([seed, list(Ear).index(ear)])
    with jax.enable_x64(True):
        position = position_from_thresholds(
            thresholds, outer_hair_cell_share=outer_hair_cell_share, normal=NORMAL, inhibition=inhibition
        )
        blocks = tuple(
            simulate_block(protocol, position, transducer=reference.id, normal=NORMAL, generator=generator)
            for protocol in protocols
        )
    return Trials(
        listener=listener,
        ear=ear,
        session=session,
        transducer=reference.id,
        blocks=blocks,
        source_names=("simulated",),
        source_sha256=trials_sha256(blocks, listener=listener, ear=ear, session=session, transducer=reference.id),
    )


def _check(trials: Trials, audiogram: Audiogram | None, method: str, prior: str) -> None:
    problems = []
    if method not in METHODS:
        problems.append(f"The method {method!r} is not known. Known are {', '.join(METHODS)}.")
    try:
        prior_named(prior)
    except InputError as error:
        problems += error.problems
    if trials.num_trials == 0:
        problems.append(f"There are no trials of the {trials.ear} ear of {trials.listener}.")
    by_name = {block.protocol.name: block.protocol for block in trials.blocks}
    problems += [
        f"The trials hold two different protocols of the name {block.protocol.name}. Give each its own name."
        for block in trials.blocks
        if block.protocol != by_name[block.protocol.name]
    ]
    if audiogram is not None and trials.ear not in audiogram.ears():
        has = " and ".join(audiogram.ears()) or "no"
        problems.append(
            f"The trials are of the {trials.ear} ear, but the audiogram has {has} ear. Give that ear's audiogram."
        )
    if problems:
        raise InputError(problems)


def _diagnostics(
    trials: Trials,
    conditions: Sequence[Conditions],
    modes: Modes,
    posterior: LaplacePosterior,
    warnings: tuple[str, ...],
    *,
    method: str,
    sampling: Sampling | None,
    checks: Sequence[PredictiveCheck],
    seconds: float,
) -> Diagnostics:
    estimate = modes.best
    problems = () if sampling is None else sampling.problems
    careless = lapse_sentences(transformed_estimate(posterior, LAPSE, expit))
    doubts = () if sampling is None else not_gaussian_sentences(sampling)
    return Diagnostics(
        method=method,
        is_converged=estimate.status is MapStatus.CONVERGED and not problems,
        status=" ".join([estimate.status.value, *problems]),
        num_iterations=estimate.num_evaluations,
        newton_decrement=float(np.nan_to_num(estimate.newton_decrement, posinf=1e300)),
        condition_number=posterior.condition_number,
        parameters_at_bound=parameters_at_bound(posterior.mode),
        num_trials=trials.num_trials,
        num_conditions=sum(len(c.counts) for c in conditions),
        log_likelihood=estimate.log_likelihood,
        log_likelihood_per_trial=estimate.log_likelihood / trials.num_trials,
        log_posterior_trace=estimate.log_posterior_trace,
        seconds=seconds,
        warnings=(*warnings, *mode_sentences(modes), *violations(checks), *careless, *doubts),
        sampling=sampling,
    )


def _provenance(trials: Trials, seed: int, prior: str, software: tuple[str, ...]) -> Provenance:
    standards = []
    if trials.transducer is not None:
        reference = reference_thresholds(trials.transducer)
        standards.append(NamedVersion(f"reference thresholds of {reference.id}", reference.standard))
    return Provenance(
        data_sha256=trials.source_sha256,
        trial_files=trials.source_names,
        protocols=tuple(NamedVersion(block.protocol.name, block.protocol.version) for block in trials.blocks),
        transducer=trials.transducer if trials.transducer is not None else UNSTATED_TRANSDUCER,
        standards=tuple(standards),
        software=tuple(NamedVersion(name, version(name)) for name in software),
        seed=seed,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        prior=prior,
    )
