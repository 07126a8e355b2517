"""How well a model predicts answers that it has not seen: leave-one-out from draws, and cross-validation by folds.

Answers of the same kind to the same condition are equally likely, so that a cell (condition and response) with its
count stands for them. Expected log predictive densities (elpd) are in nats; larger is better.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from hearfit.experiment.conditions import collapse
from hearfit.experiment.trials import TrialBlock
from hearfit.inference.data import FitData, build_fit_data
from hearfit.inference.likelihood import WhitenedPrior, predict, probabilities
from hearfit.inference.map import MapEstimate, MapStatus, SearchSettings, find_map, whitened_prior
from hearfit.inference.start import starting_point
from hearfit.inference.task_model import Block, TaskModel
from hearfit.listener.model_comparison import pareto_k_limit
from hearfit.listener.normal import NormalEar
from hearfit.listener.parameters import Prior
from hearfit.listener.profile import Sampling

_SMALLEST_RANGE_NATS = 1e-12


@dataclass(frozen=True)
class CellLogLikelihood:
    """Log probability of one answer of each cell that was given, for every draw, and how often it was given."""

    log_probability: Float[np.ndarray, "draws cells"]
    count: Float[np.ndarray, " cells"]


class PosteriorDraws(NamedTuple):
    """What draws from the posterior say of the answers.

    `log_ratio` is the logarithm of the posterior density re the density from which they were drawn, up to a constant;
    None if they were drawn from the posterior itself, as by a Markov chain that has converged. `sampling` says how the
    chains went, whose draws then follow each other, chain after chain; None if there were none.
    """

    cells: CellLogLikelihood
    log_ratio: Float[np.ndarray, " draws"] | None
    sampling: Sampling | None = None

    @property
    def problems(self) -> tuple[str, ...]:
        """Sentences on why the draws cannot be trusted."""
        return () if self.sampling is None else self.sampling.problems


@dataclass(frozen=True)
class HeldOut:
    """Log predictive density of an answer of each cell, and how many there are."""

    log_density: Float[np.ndarray, " cells"]
    count: Float[np.ndarray, " cells"]

    @property
    def elpd(self) -> float:
        """Sum over all answers."""
        return float(self.count @ self.log_density)

    @property
    def standard_error(self) -> float:
        """Of the sum, by the spread of the answers."""
        return _standard_error(self.log_density, self.count)


@dataclass(frozen=True)
class LeaveOneOut:
    """PSIS-LOO: the densities, their Pareto k, the effective number of parameters, and how many draws it is from."""

    held_out: HeldOut
    pareto_k: Float[np.ndarray, " cells"]
    num_effective: float
    num_draws: int

    @property
    def num_unreliable(self) -> int:
        """Answers whose Pareto k is above the limit for so many draws, or no number."""
        return int(self.held_out.count[~(self.pareto_k <= pareto_k_limit(self.num_draws))].sum())


@dataclass(frozen=True)
class Folds:
    """Cross-validated densities, and whether the search in every fold converged."""

    held_out: HeldOut
    is_converged: bool


def difference(first: HeldOut, second: HeldOut) -> tuple[float, float]:
    """Elpd of the first model minus that of the second, and the standard error of the difference over answers."""
    own = first.log_density - second.log_density
    return float(first.count @ own), _standard_error(own, first.count)


def cell_log_likelihood(
    positions: Float[np.ndarray, "draws parameters"], data: FitData, *, normal: NormalEar
) -> CellLogLikelihood:
    """Of every cell with an answer, in the order of the data. Call under `jax.enable_x64`."""
    at = jnp.asarray(positions)
    parts, counts = [], []
    for task in data:
        found = [np.asarray(_log_probabilities(at, block, model=task.model, normal=normal)) for block in task.blocks]
        count = np.concatenate([np.asarray(block.counts) for block in task.blocks])[: task.num_conditions]
        parts.append(np.concatenate(found, axis=1)[:, : task.num_conditions][:, count > 0])
        counts.append(count[count > 0])
    return CellLogLikelihood(np.concatenate(parts, axis=1), np.concatenate(counts))


def leave_one_out(draws: PosteriorDraws) -> LeaveOneOut:
    """Pareto-smoothed importance sampling leave-one-out (Vehtari et al. 2017, Stat. Comput. 27:1413), by ArviZ.

    Draws from an approximation are corrected with their `log_ratio` (Magnusson et al. 2019, ICML); those are
    independent. Draws of chains are not, so that the tail that is smoothed is longer (`relative_efficiency`).
    """
    # Its import takes a second.
    from arviz_stats.base.array import array_stats

    cells, log_ratio, _ = draws
    by_cell = cells.log_probability.T
    # An answer that is equally likely under every draw needs no weights, and has no tail to be smoothed.
    density, pareto_k = by_cell[:, 0].copy(), np.full(len(by_cell), -np.inf)
    effective = np.zeros(len(by_cell))
    varies = np.ptp(by_cell, axis=1) > _SMALLEST_RANGE_NATS
    if varies.any():
        if log_ratio is None:
            found = array_stats.loo(by_cell[varies], chain_axis=None, draw_axis=-1, r_eff=relative_efficiency(draws))
        else:
            ratios = np.broadcast_to(log_ratio, by_cell[varies].shape)
            found = array_stats.loo_approximate_posterior(
                by_cell[varies], ratios, np.zeros_like(ratios), chain_axis=None, draw_axis=-1
            )
        density[varies], pareto_k[varies], effective[varies] = found
    return LeaveOneOut(
        HeldOut(density, cells.count), pareto_k, float(cells.count @ effective), num_draws=by_cell.shape[1]
    )


def relative_efficiency(draws: PosteriorDraws) -> float:
    """Effective sample size of the log likelihood re the number of draws, mean over all answers.

    1 for independent draws, which have no `sampling`, and where no answer's likelihood varies among the draws. The
    effective size is that for the mean (Vehtari et al. 2021, Bayesian Anal. 16:667), by ArviZ.
    """
    if draws.sampling is None:
        return 1.0
    # Its import takes a second.
    from arviz_stats.base.array import array_stats

    values = draws.cells.log_probability
    varies = np.ptp(values, axis=0) > _SMALLEST_RANGE_NATS
    if not varies.any():
        return 1.0
    by_chain = values[:, varies].T.reshape(int(varies.sum()), draws.sampling.num_chains, -1)
    sizes = array_stats.ess(by_chain, chain_axis=1, draw_axis=2, method="mean")
    return float(np.average(sizes, weights=draws.cells.count[varies])) / len(values)


def cross_validate(
    blocks: Sequence[TrialBlock], *, num_folds: int, transducer: str | None, prior: Prior, normal: NormalEar
) -> Folds:
    """Density of the answers in each fold by the most probable ear of the others. Call under `jax.enable_x64`.

    The fold of an answer is its place in its protocol modulo `num_folds`.
    """
    densities, counts, is_converged = [], [], True
    whitened = whitened_prior(prior)
    for fold in range(num_folds):
        training = [part_of(block, np.arange(len(block.trial)) % num_folds != fold) for block in blocks]
        test = [part_of(block, np.arange(len(block.trial)) % num_folds == fold) for block in blocks]
        _, estimate = most_probable(
            [block for block in training if len(block.trial)], transducer=transducer, prior=prior, normal=normal
        )
        is_converged &= estimate.status is MapStatus.CONVERGED
        held_out = build_fit_data(
            [collapse(block) for block in test if len(block.trial)], transducer=transducer, normal=normal
        )
        for group in predict(position_of(estimate, whitened), held_out, normal=normal):
            is_given = group.counts > 0
            densities.append(np.log(group.probability[is_given]))
            counts.append(group.counts[is_given])
    return Folds(HeldOut(np.concatenate(densities), np.concatenate(counts)), is_converged)


def most_probable(
    blocks: Sequence[TrialBlock], *, transducer: str | None, prior: Prior, normal: NormalEar
) -> tuple[FitData, MapEstimate]:
    """The most probable ear of these answers, and the data to which it was fitted. Call under `jax.enable_x64`."""
    conditions = [collapse(block) for block in blocks]
    data = build_fit_data(conditions, transducer=transducer, normal=normal)
    estimate = find_map(
        data,
        whitened_prior(prior),
        normal=normal,
        settings=SearchSettings(),
        start=starting_point(conditions, prior, normal),
    )
    return data, estimate


def position_of(estimate: MapEstimate, prior: WhitenedPrior) -> Float[np.ndarray, " parameters"]:
    """The mode in the unconstrained coordinates."""
    return prior.mean + prior.factor @ estimate.whitened


def part_of(block: TrialBlock, chosen: Bool[np.ndarray, " trials"] | Int[np.ndarray, " chosen"]) -> TrialBlock:
    """Some of the trials of a block."""
    return replace(
        block,
        trial=block.trial[chosen],
        frequency_hz=block.frequency_hz[chosen],
        level_db_hl=block.level_db_hl[chosen],
        interval_count=block.interval_count[chosen],
        is_catch=block.is_catch[chosen],
        response=block.response[chosen],
        parameters={name: column[chosen] for name, column in block.parameters.items()},
    )


@partial(jax.jit, static_argnames=("model", "normal"))
def _log_probabilities(
    positions: Float[Array, "draws parameters"], block: Block, *, model: TaskModel, normal: NormalEar
) -> Float[Array, "draws conditions responses"]:
    return jax.lax.map(lambda position: jnp.log(probabilities(position, block, model=model, normal=normal)), positions)


def _standard_error(value: Float[np.ndarray, " cells"], count: Float[np.ndarray, " cells"]) -> float:
    total = float(count.sum())
    mean = float(count @ value) / total
    return float(np.sqrt(total * (count @ (value - mean) ** 2) / max(total - 1.0, 1.0)))
