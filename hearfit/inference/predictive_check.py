"""Posterior predictive checks: would this ear, as fitted, have answered like that?

Answers to every trial are replicated from draws of the posterior and compared with the real ones by statistics that
each look for another failure (Gelman, Meng & Stern 1996). Response probabilities of a draw follow from their logarithms
and the Jacobian at the mode, so that the check costs no further run of the model.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Float, Int

from hearfit.experiment.conditions import collapse_with_index
from hearfit.experiment.protocol import Task
from hearfit.experiment.trials import TrialBlock
from hearfit.inference.data import FitData, task_group
from hearfit.inference.likelihood import Responses, predict
from hearfit.inference.sampled import EarPosterior
from hearfit.listener.normal import NormalEar
from hearfit.listener.profile import PredictiveBin, PredictiveCheck, PredictiveStatistic

_NUM_REPLICATIONS = 400
_NUM_BINS = 8
_RARE = 0.05
# A well-specified listener is flagged in fewer than one of twenty sessions: see the tests.
_SMALLEST_P = 0.01
_FEWEST_FOR_A_SLOPE = 3
_SMALLEST_PROBABILITY = 1e-6

OVERALL, MEAN, RARE, DRIFT = "misfit (chi-squared)", "mean answer", "improbable answers", "drift within the session"
_SENTENCES = {
    OVERALL: "the answers scatter about the fitted ear more than its own answers would",
    MEAN: "the answers are on average others than the fitted ear's",
    RARE: "there are more answers than expected that the fitted ear would hardly give",
    DRIFT: "the two halves of the trials follow the sounds differently well, as if attention or the task had changed",
}


def predictive_checks(
    blocks: Sequence[TrialBlock], data: FitData, posterior: EarPosterior, *, normal: NormalEar, seed: int
) -> tuple[PredictiveCheck, ...]:
    """One check for each protocol of the session with answers; stored thresholds are none. Under `jax.enable_x64`."""
    generator = np.random.default_rng([seed, 3])
    change = posterior.draws(_NUM_REPLICATIONS, seed=seed) - posterior.mode
    groups = predict(posterior.mode, data, normal=normal)
    return tuple(
        _check(block, rows, probability, generator) for block, rows, probability in _of_blocks(blocks, groups, change)
    )


def violations(checks: Sequence[PredictiveCheck]) -> tuple[str, ...]:
    """A sentence for each statistic by which the answers do not fit the model."""
    return tuple(
        f"{check.protocol}: {_SENTENCES[statistic.name]} (posterior predictive p = {statistic.p_value:.3f})."
        for check in checks
        for statistic in check.statistics
        if statistic.p_value < _SMALLEST_P
    )


def _of_blocks(
    blocks: Sequence[TrialBlock], groups: tuple[Responses, ...], change: Float[np.ndarray, "draws parameters"]
) -> Iterator[tuple[TrialBlock, Int[np.ndarray, " trials"], Float[np.ndarray, "draws conditions responses"]]]:
    """Each block with the condition of every trial and the probabilities of each draw."""
    of_task = dict(zip(sorted({task_group(block.protocol) for block in blocks}), groups, strict=True))
    start = dict.fromkeys(of_task, 0)
    for block in blocks:
        conditions, rows = collapse_with_index(block)
        task, size = task_group(block.protocol), len(conditions.counts)
        part = slice(start[task], start[task] + size)
        start[task] += size
        if not len(rows) or block.protocol.task is Task.STORED_THRESHOLD:
            continue
        probability = np.maximum(of_task[task].probability[part], _SMALLEST_PROBABILITY)
        slope = of_task[task].jacobian[part] / probability[..., None]
        # A softmax keeps every draw a distribution, however far the tangent leads.
        log_odds = np.log(probability) + np.einsum("crp,dp->dcr", slope, change)
        drawn = np.exp(log_odds - log_odds.max(axis=-1, keepdims=True))
        yield block, rows, np.maximum(drawn / drawn.sum(axis=-1, keepdims=True), _SMALLEST_PROBABILITY)


def _check(
    block: TrialBlock,
    rows: Int[np.ndarray, " trials"],
    probability: Float[np.ndarray, "draws conditions responses"],
    generator: np.random.Generator,
) -> PredictiveCheck:
    order = np.argsort(block.trial, kind="stable")
    rows, values = rows[order], np.array(block.protocol.response_values)
    observed = np.searchsorted(values, block.response[order])
    of_trial = probability[:, rows]
    uniform = generator.random((*of_trial.shape[:2], 1))
    replicated = np.minimum(np.sum(uniform > np.cumsum(of_trial, axis=2), axis=2), len(values) - 1)
    real = np.broadcast_to(observed, replicated.shape)
    statistics = []
    for name, function in ((OVERALL, _misfit), (RARE, _improbable)):
        own, other = (function(answers, rows, probability) for answers in (real, replicated))
        statistics.append(_statistic(name, own, other, float(np.mean(other >= own))))
    own, other = (values[answers].mean(axis=1) for answers in (real, replicated))
    above = float(np.mean(other > own) + 0.5 * np.mean(other == own))
    statistics.insert(1, _statistic(MEAN, own, other, 2.0 * min(above, 1.0 - above)))
    drawn = of_trial @ values
    own, other = (_drift(values[answers].astype(float), drawn) for answers in (real, replicated))
    statistics.append(_statistic(DRIFT, own, other, float(np.mean(other >= own))))
    expected = drawn.mean(axis=0)
    return PredictiveCheck(
        protocol=block.protocol.name,
        task=block.protocol.task.value,
        num_trials=len(rows),
        statistics=tuple(statistics),
        bins=tuple(_bins(expected, values[observed].astype(float), values[replicated].astype(float))),
    )


def _statistic(
    name: str, own: Float[np.ndarray, " draws"], other: Float[np.ndarray, " draws"], p_value: float
) -> PredictiveStatistic:
    lower, upper = np.quantile(other, [0.025, 0.975])
    return PredictiveStatistic(name, float(own.mean()), float(lower), float(upper), p_value)


def _misfit(
    answers: Int[np.ndarray, "draws trials"],
    rows: Int[np.ndarray, " trials"],
    probability: Float[np.ndarray, "draws conditions responses"],
) -> Float[np.ndarray, " draws"]:
    """Pearson's chi-squared over conditions and responses."""
    counts = np.zeros(probability.shape)
    np.add.at(counts, (np.arange(len(answers))[:, None], rows[None, :], answers), 1.0)
    expected = counts.sum(axis=2, keepdims=True) * probability
    # One answer of a probability of a thousandth would outweigh hundreds of others; those are counted by themselves.
    return np.asarray(np.sum((counts - expected) ** 2 / (expected + 0.5), axis=(1, 2)))


def _improbable(
    answers: Int[np.ndarray, "draws trials"],
    rows: Int[np.ndarray, " trials"],
    probability: Float[np.ndarray, "draws conditions responses"],
) -> Float[np.ndarray, " draws"]:
    """How many answers had a probability below 5 %."""
    return np.asarray(np.sum(_probability_given(answers, rows, probability) < _RARE, axis=1).astype(float))


def _drift(
    answers: Float[np.ndarray, "draws trials"], expected: Float[np.ndarray, "draws trials"]
) -> Float[np.ndarray, " draws"]:
    """Difference between the halves of the trials in the slope of answers over expected answers.

    The slope is one while the person answers as the ear is fitted, less with lapses, negative with the scale reversed.
    """
    half = answers.shape[1] // 2
    slopes = []
    for part in (slice(0, half), slice(half, None)):
        if expected[:, part].shape[1] < _FEWEST_FOR_A_SLOPE:
            return np.zeros(len(answers))
        centred = expected[:, part] - expected[:, part].mean(axis=1, keepdims=True)
        slopes.append(np.sum(centred * answers[:, part], axis=1) / (np.sum(centred**2, axis=1) + _SMALLEST_PROBABILITY))
    return np.asarray(np.abs(slopes[0] - slopes[1]))


def _probability_given(
    answers: Int[np.ndarray, "draws trials"],
    rows: Int[np.ndarray, " trials"],
    probability: Float[np.ndarray, "draws conditions responses"],
) -> Float[np.ndarray, "draws trials"]:
    return probability[np.arange(len(answers))[:, None], rows[None, :], answers]


def _bins(
    expected: Float[np.ndarray, " trials"],
    observed: Float[np.ndarray, " trials"],
    replicated: Float[np.ndarray, "draws trials"],
) -> Iterator[PredictiveBin]:
    """Trials of like expectation together: mean answer, and its 95 % band over the replications."""
    for chosen in np.array_split(np.argsort(expected, kind="stable"), min(_NUM_BINS, len(expected))):
        lower, upper = np.quantile(replicated[:, chosen].mean(axis=1), [0.025, 0.975])
        yield PredictiveBin(
            num_trials=len(chosen),
            expected=float(expected[chosen].mean()),
            observed=float(observed[chosen].mean()),
            lower_95=float(lower),
            upper_95=float(upper),
        )
