"""Which model of an ear predicts the answers of real listeners: the documentation's table, in Markdown.

    python -m tests.studies.compare_models ../shared/data [--models 1 5] [--kept out/models] [--laplace]

Sums over the four real loudness runs (400 answers). LOO: leave-one-out by Pareto-smoothed importance sampling from
draws of the posterior, made by two chains for each run and model, or with --laplace by Laplace's approximation, which
takes a fifth of the time; "not reliable" are the answers whose Pareto k is above the limit for so many draws. Folds:
five-fold, by the most probable ear of the other four folds. Differences are from model 1, with their standard error
over answers.

Each run's result is kept in a file as soon as it is there, so that a study that was stopped goes on from there. Files
of another prior or other constants are not read; those of other code are, so remove them when it changes.
"""

import argparse
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from hearfit.experiment.trials import Trials
from hearfit.inference.compilation import use_compilation_cache
from hearfit.inference.held_out import Folds, HeldOut, LeaveOneOut, leave_one_out
from hearfit.inference.model_variants import COMPARED_MODELS, FURTHER_MODELS, ModelVariant
from hearfit.inference.posterior_draws import NUM_DRAWS, chain_draws, corrected_laplace_draws
from hearfit.inference.sampler_settings import SamplerSettings
from hearfit.listener.model_comparison import Criterion, ModelScore
from hearfit.listener.profile import Sampling
from hearfit.model_choice import NUM_FOLDS, Predictions, Sampler, draws_of, folds_of, joined, scored
from tests.studies.real_runs import LISTENERS, real_run

HEADER = (
    "| model | compression | attenuation | inhibition | LOO per answer | difference | not reliable | folds per answer "
    "| difference |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- |"
)
# The answers of a run are 100, and leave-one-out needs some hundred independent draws.
CHAINS = SamplerSettings(num_chains=2, num_draws=250, num_warmup=100)
_SEED = 1

Arrays = dict[str, np.ndarray]


class ChainQuality(NamedTuple):
    """The worst of all coordinates, and diverged trajectories; of several runs the worst and the sum."""

    rhat_max: float
    effective_size_min: float
    num_divergent: int


@dataclass(frozen=True)
class Scored:
    """The table's rows, and how the worst chains went; None without chains."""

    scores: tuple[ModelScore, ...]
    chains: ChainQuality | None


def study(
    data: Path,
    models: Sequence[ModelVariant],
    *,
    listeners: Sequence[str] = LISTENERS,
    settings: SamplerSettings | None = CHAINS,
    kept: Path,
) -> Scored:
    """Criteria of every model over the answers of all listeners; `settings` None is Laplace's approximation."""
    runs = [real_run(data, listener) for listener in listeners]
    # The folds of all models first: they take a fifth of the time.
    folds = [[_kept_folds(run, model, kept) for run in runs] for model in models]
    draws = [[_kept_leave_one_out(run, model, settings, kept) for run in runs] for model in models]
    found = [
        joined(
            [
                Predictions(model, loo, fold, is_found and fold.is_converged, problems)
                for fold, (loo, is_found, problems, _) in zip(own_folds, own_draws, strict=True)
            ]
        )
        for model, own_folds, own_draws in zip(models, folds, draws, strict=True)
    ]
    chains = [quality for own in draws for *_, quality in own if quality is not None]
    return Scored(scored(found), _worst(chains) if chains else None)


def table(scores: Sequence[ModelScore]) -> Iterator[str]:
    """Rows of the table in Markdown."""
    yield HEADER
    for score in scores:
        columns = (
            str(score.number),
            score.family.replace("_", " "),
            score.attenuation,
            score.inhibition,
            f"{score.leave_one_out.per_answer:.3f}",
            _difference(score.leave_one_out),
            str(score.num_unreliable),
            f"{score.folds.per_answer:.3f}",
            _difference(score.folds),
        )
        yield "| " + " | ".join(columns) + (" |" if score.is_converged else " | a fold did not converge")


def _quality(sampling: Sampling) -> ChainQuality:
    return ChainQuality(sampling.rhat_max, min(sampling.ess_bulk_min, sampling.ess_tail_min), sampling.num_divergent)


def _worst(chains: Sequence[ChainQuality]) -> ChainQuality:
    rhat, size, divergent = zip(*chains, strict=True)
    return ChainQuality(max(rhat), min(size), sum(divergent))


def _difference(criterion: Criterion) -> str:
    return f"{criterion.difference:+.1f} ± {criterion.difference_standard_error:.1f}"


def _kept_folds(run: Trials, model: ModelVariant, kept: Path) -> Folds:
    """From the file of an earlier study, or made and kept."""

    def make() -> Arrays:
        folds = folds_of(run, model)
        return {
            "density": folds.held_out.log_density,
            "count": folds.held_out.count,
            "is_converged": np.array(folds.is_converged),
        }

    own = _kept_arrays(kept, run, model, "folds", NUM_FOLDS, make)
    return Folds(HeldOut(own["density"], own["count"]), bool(own["is_converged"]))


def _kept_leave_one_out(
    run: Trials, model: ModelVariant, settings: SamplerSettings | None, kept: Path
) -> tuple[LeaveOneOut, bool, tuple[str, ...], ChainQuality | None]:
    """From the file of an earlier study, or made and kept; whether the search converged, and how the chains went.

    The third are sentences on why the draws cannot be trusted; files of before they were kept have none.
    """

    def make() -> Arrays:
        sampler: Sampler = corrected_laplace_draws
        if settings is not None:
            # One program for all listeners.
            sampler = partial(chain_draws, settings=settings, num_threads=1, is_padded=True)
        draws, is_converged = draws_of(run, model, sampler=sampler, seed=_SEED)
        found = leave_one_out(draws)
        return {
            "density": found.held_out.log_density,
            "count": found.held_out.count,
            "pareto_k": found.pareto_k,
            "num_effective": np.array(found.num_effective),
            "is_converged": np.array(is_converged),
            "problems": np.array(draws.problems, dtype=str),
            "chains": np.array([] if draws.sampling is None else [_quality(draws.sampling)], dtype=float),
        }

    own = _kept_arrays(kept, run, model, "loo", (settings, _SEED), make)
    loo = LeaveOneOut(
        HeldOut(own["density"], own["count"]),
        own["pareto_k"],
        float(own["num_effective"]),
        num_draws=NUM_DRAWS if settings is None else settings.num_chains * settings.num_draws,
    )
    chains = [ChainQuality(float(rhat), float(size), int(divergent)) for rhat, size, divergent in own["chains"]]
    return loo, bool(own["is_converged"]), tuple(map(str, own.get("problems", ()))), _worst(chains) if chains else None


def _kept_arrays(
    kept: Path, run: Trials, model: ModelVariant, name: str, how: object, make: Callable[[], Arrays]
) -> Arrays:
    # A changed prior, normal ear or sampler must not find what another has left.
    made_with = hashlib.sha256(repr((model, how)).encode()).hexdigest()[:12]
    path = kept / f"{run.listener}_model-{model.number}_{name}_{made_with}.npz"
    if not path.exists():
        arrays = make()
        kept.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f"unfinished-{path.name}")
        np.savez(beside, allow_pickle=False, **arrays)
        beside.replace(path)
    with np.load(path) as file:
        return dict(file)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--models", type=int, nargs="*", default=None, help="numbers; model 1 is always compared")
    parser.add_argument("--kept", type=Path, default=Path("out/models"), help="folder of the results of single runs")
    parser.add_argument("--laplace", action="store_true", help="draws of Laplace's approximation, corrected")
    asked = parser.parse_args()
    use_compilation_cache()
    models = [
        model
        for model in (*COMPARED_MODELS, *FURTHER_MODELS)
        if asked.models is None or model.number in {1, *asked.models}
    ]
    found = study(asked.data, models, settings=None if asked.laplace else CHAINS, kept=asked.kept)
    for line in table(found.scores):
        print(line)
    if found.chains is not None:
        rhat, size, divergent = found.chains
        print(f"Worst R-hat {rhat:.3f}, smallest effective sample size {size:.0f}, {divergent} trajectories diverged.")


if __name__ == "__main__":
    main()
