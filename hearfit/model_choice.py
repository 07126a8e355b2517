"""The library's verb for choosing among models of an ear: which of them predicts answers that it has not seen?"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import jax
import numpy as np

from hearfit.errors import InputError
from hearfit.experiment.trials import Trials
from hearfit.inference.data import FitData
from hearfit.inference.held_out import (
    Folds,
    HeldOut,
    LeaveOneOut,
    PosteriorDraws,
    cross_validate,
    difference,
    leave_one_out,
    most_probable,
)
from hearfit.inference.laplace import LaplacePosterior, laplace
from hearfit.inference.map import MapStatus
from hearfit.inference.model_variants import ModelVariant, compared_models
from hearfit.inference.posterior_draws import corrected_laplace_draws
from hearfit.listener.model_comparison import Criterion, ModelComparison, ModelScore, pareto_k_limit
from hearfit.listener.priors import POPULATION, prior_named

NUM_FOLDS = 5

Progress = Callable[[str, float], None]
Sampler = Callable[[FitData, LaplacePosterior, ModelVariant, int, Callable[[float], None]], PosteriorDraws]
"""Draws from the posterior of a model, about its Laplace approximation; by a seed, telling the fraction behind."""


@dataclass(frozen=True)
class Predictions:
    """What the criteria of a model are made from; those of several ears may be joined."""

    model: ModelVariant
    leave_one_out: LeaveOneOut
    folds: Folds
    is_converged: bool
    problems: tuple[str, ...] = ()


def check_comparable(trials: Trials) -> None:
    """Checks that something is left to fit when any fold is held out.

    Raises:
        InputError: no protocol has as many answers as there are folds.
    """
    most = max((len(block.trial) for block in trials.blocks), default=0)
    if most < NUM_FOLDS:
        raise InputError(
            f"The {trials.ear} ear of {trials.listener} has at most {most} answers of a protocol. Models are compared "
            f"on at least {NUM_FOLDS}, because one in {NUM_FOLDS} is held out."
        )


def compare_models(
    trials: Trials,
    *,
    prior: str = POPULATION,
    models: Sequence[ModelVariant] | None = None,
    sampler: Sampler = corrected_laplace_draws,
    seed: int,
    progress: Progress | None = None,
) -> ModelComparison:
    """Held-out predictive density of one ear's answers under each model.

    The models are those of `compared_models` with the prior of this name in `PRIORS`, unless others are given.

    By leave-one-out from posterior draws (the parameters are averaged over), and by five folds with the most probable
    ear of the other four.

    Draws come from Laplace's approximation, corrected by their importance, unless another sampler is given, as
    `chain_draws`; where that does not do, Pareto k says so.

    Raises:
        InputError: as `check_comparable`, or an unknown prior.
    """
    check_comparable(trials)
    compared = compared_models(prior_named(prior)) if models is None else models
    tell = progress if progress is not None else _silent
    found_models = []
    for index, model in enumerate(compared):
        tell(f"model {model.number} of {len(compared)}", index / len(compared))
        found_models.append(
            predictions(trials, model, sampler=sampler, seed=seed, progress=_within(tell, model, index, len(compared)))
        )
    tell("Done", 1.0)
    scores = scored(found_models)
    return ModelComparison(
        num_trials=trials.num_trials,
        num_folds=NUM_FOLDS,
        scores=scores,
        warnings=_warnings(scores),
    )


def predictions(
    trials: Trials,
    model: ModelVariant,
    *,
    sampler: Sampler,
    seed: int,
    progress: Callable[[float], None] | None = None,
) -> Predictions:
    """Held-out densities of every answer under one model; `progress` is told the fraction of the draws behind."""
    draws, is_found = draws_of(trials, model, sampler=sampler, seed=seed, progress=progress)
    folds = folds_of(trials, model)
    return Predictions(
        model=model,
        leave_one_out=leave_one_out(draws),
        folds=folds,
        is_converged=is_found and folds.is_converged,
        problems=draws.problems,
    )


def draws_of(
    trials: Trials,
    model: ModelVariant,
    *,
    sampler: Sampler,
    seed: int,
    progress: Callable[[float], None] | None = None,
) -> tuple[PosteriorDraws, bool]:
    """What leave-one-out is made from, and whether the search for the most probable ear converged."""
    with jax.enable_x64(True):
        data, estimate = most_probable(
            trials.blocks, transducer=trials.transducer, prior=model.prior, normal=model.normal
        )
        draws = sampler(data, laplace(estimate, model.prior), model, seed, progress or (lambda _: None))
    return draws, estimate.status is MapStatus.CONVERGED


def folds_of(trials: Trials, model: ModelVariant) -> Folds:
    """Every answer predicted by the most probable ear of the other folds."""
    with jax.enable_x64(True):
        return cross_validate(
            trials.blocks,
            num_folds=NUM_FOLDS,
            transducer=trials.transducer,
            prior=model.prior,
            normal=model.normal,
        )


def joined(ears: Sequence[Predictions]) -> Predictions:
    """Predictions of one model for several ears as if they were one."""

    def together(parts: Sequence[HeldOut]) -> HeldOut:
        return HeldOut(
            np.concatenate([part.log_density for part in parts]), np.concatenate([part.count for part in parts])
        )

    return Predictions(
        model=ears[0].model,
        leave_one_out=LeaveOneOut(
            held_out=together([ear.leave_one_out.held_out for ear in ears]),
            pareto_k=np.concatenate([ear.leave_one_out.pareto_k for ear in ears]),
            num_effective=sum(ear.leave_one_out.num_effective for ear in ears),
            num_draws=min(ear.leave_one_out.num_draws for ear in ears),
        ),
        folds=Folds(together([ear.folds.held_out for ear in ears]), all(ear.folds.is_converged for ear in ears)),
        is_converged=all(ear.is_converged for ear in ears),
        problems=tuple(sentence for ear in ears for sentence in ear.problems),
    )


def scored(models: Sequence[Predictions]) -> tuple[ModelScore, ...]:
    """Criteria of every model; differences are from the first of them."""
    first = models[0]
    return tuple(
        ModelScore(
            number=own.model.number,
            name=own.model.name,
            family=own.model.family.value,
            attenuation=own.model.attenuation,
            inhibition=own.model.inhibition,
            leave_one_out=_criterion(own.leave_one_out.held_out, first.leave_one_out.held_out),
            num_effective=own.leave_one_out.num_effective,
            largest_pareto_k=_finite(float(own.leave_one_out.pareto_k.max())),
            num_unreliable=own.leave_one_out.num_unreliable,
            folds=_criterion(own.folds.held_out, first.folds.held_out),
            is_converged=own.is_converged,
            pareto_k_limit=pareto_k_limit(own.leave_one_out.num_draws),
            draw_problems=own.problems,
        )
        for own in models
    )


def _criterion(own: HeldOut, first: HeldOut) -> Criterion:
    gained, uncertainty = difference(own, first)
    return Criterion(
        elpd=own.elpd,
        standard_error=own.standard_error,
        per_answer=own.elpd / float(own.count.sum()),
        difference=gained,
        difference_standard_error=uncertainty,
    )


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _warnings(scores: Sequence[ModelScore]) -> tuple[str, ...]:
    sentences = []
    if unreliable := [score for score in scores if score.num_unreliable]:
        limit = min(score.pareto_k_limit for score in scores)
        which = ", ".join(f"{score.number} ({score.num_unreliable})" for score in unreliable)
        sentences.append(
            f"Leave-one-out is not reliable for some answers (Pareto k above {limit:.2g}) of model {which}. "
            "Go by the folds."
        )
    if lost := [str(score.number) for score in scores if not score.is_converged]:
        sentences.append(f"The search did not converge for model {', '.join(lost)}, so its numbers cannot be trusted.")
    sentences += [
        f"Leave-one-out of model {score.number} cannot be trusted, so go by the folds. {' '.join(score.draw_problems)}"
        for score in scores
        if score.draw_problems
    ]
    return tuple(sentences)


def _within(tell: Progress, model: ModelVariant, index: int, total: int) -> Callable[[float], None]:
    """Tells the fraction of one model's draws as a part of all models."""

    def progress(behind: float) -> None:
        tell(f"model {model.number} of {total}: sampling the posterior", (index + behind) / total)

    return progress


def _silent(_task: str, _fraction: float) -> None:
    pass
