"""Held-out densities against closed forms, against answers one by one, and against fits made here."""

from dataclasses import replace
from functools import cache

import jax
import numpy as np
import pytest
from scipy.signal import lfilter
from scipy.stats import beta as beta_distribution

from hearfit.experiment.conditions import collapse
from hearfit.experiment.trials import TrialBlock
from hearfit.inference.held_out import (
    CellLogLikelihood,
    HeldOut,
    LeaveOneOut,
    PosteriorDraws,
    cell_log_likelihood,
    cross_validate,
    difference,
    leave_one_out,
    part_of,
    relative_efficiency,
)
from hearfit.inference.likelihood import predict
from hearfit.inference.map import whitened_prior
from hearfit.listener.normal import NORMAL
from hearfit.listener.parameters import DEFAULT_PRIOR
from hearfit.listener.profile import Sampling
from tests.inference.sessions import (
    TRANSDUCER,
    detection,
    fit_data,
    loudness,
    mode_of,
    notched_noise,
    simulated_blocks,
    truth,
)

# Of chains that went well; only their number matters here.
SAMPLING = Sampling(2, 100, 1, 1.0, 400.0, 400.0, 0, 0, 1.0, 7.0, (), ())
# Answers of a coin: heads and tails, and the prior Beta(A, B) of the probability of heads.
HEADS, TAILS, A, B = 14, 6, 2.0, 1.0


def coin(probability: np.ndarray) -> CellLogLikelihood:
    return CellLogLikelihood(
        np.stack([np.log(probability), np.log1p(-probability)], axis=1), np.array([HEADS, TAILS], float)
    )


def exact_coin() -> np.ndarray:
    """Log probability of a head and of a tail given all other answers."""
    total = A + B + HEADS + TAILS - 1.0
    return np.log([(A + HEADS - 1.0) / total, (B + TAILS - 1.0) / total])


def test_leave_one_out_of_a_coin_is_its_closed_form() -> None:
    # Truth: posterior predictive of the beta-binomial model without the answer.
    draws = beta_distribution.rvs(A + HEADS, B + TAILS, size=4000, random_state=1)
    found = leave_one_out(PosteriorDraws(coin(draws), None))
    np.testing.assert_allclose(found.held_out.log_density, exact_coin(), atol=0.01)
    assert found.num_unreliable == 0
    # One parameter, of which the prior knows a little.
    assert 0.7 < found.num_effective < 1.1


def test_draws_from_elsewhere_are_corrected() -> None:
    # Truth: the same closed form; the draws are from a distribution that is too wide and beside the posterior.
    draws = beta_distribution.rvs(6.0, 4.0, size=4000, random_state=2)
    log_ratio = beta_distribution.logpdf(draws, A + HEADS, B + TAILS) - beta_distribution.logpdf(draws, 6.0, 4.0)
    found = leave_one_out(PosteriorDraws(coin(draws), log_ratio))
    np.testing.assert_allclose(found.held_out.log_density, exact_coin(), atol=0.02)
    assert np.abs(leave_one_out(PosteriorDraws(coin(draws), None)).held_out.log_density - exact_coin()).max() > 0.03


def test_an_answer_that_no_draw_expected_is_reported() -> None:
    # Truth: one answer as improbable under most draws as to dominate the weights has no finite variance (k > 0.7).
    rng = np.random.default_rng(3)
    log_probability = np.stack([-0.5 * (rng.standard_normal(1000) - 6.0) ** 2, np.full(1000, -1.0)], axis=1)
    found = leave_one_out(PosteriorDraws(CellLogLikelihood(log_probability, np.array([2.0, 5.0])), None))
    assert found.pareto_k[0] > 0.7
    assert found.num_unreliable == 2


def test_a_tail_that_many_draws_bear_is_not_reliable_from_few() -> None:
    # Truth: the published limits, 0.6 for 320 draws and 0.7 for 2200.
    held_out = HeldOut(np.array([-1.0, -2.0, -3.0]), np.array([3.0, 2.0, 1.0]))
    pareto_k = np.array([0.65, 0.75, np.nan])
    assert [LeaveOneOut(held_out, pareto_k, 1.0, draws).num_unreliable for draws in (320, 2200)] == [6, 3]


def test_draws_of_chains_count_by_their_effective_size() -> None:
    # Truth: (1 - a) / (1 + a) for an autoregressive process of the first order, 1 without autocorrelation, and 1 for
    # draws that are known to be independent; weights of the answers.
    rng = np.random.default_rng(7)
    noise = rng.standard_normal((2, 10_000))
    slow = lfilter([1.0], [1.0, -0.6], noise, axis=1)
    columns = np.stack([slow.ravel(), rng.standard_normal(20_000), np.zeros(20_000)], axis=1)
    cells = CellLogLikelihood(0.1 * columns, np.array([3.0, 1.0, 4.0]))
    sampling = replace(SAMPLING, num_chains=2)
    found = relative_efficiency(PosteriorDraws(cells, None, sampling))
    assert found == pytest.approx((3.0 * 0.25 + 1.0) / 4.0, abs=0.03)
    assert relative_efficiency(PosteriorDraws(cells, None)) == 1.0
    assert relative_efficiency(PosteriorDraws(CellLogLikelihood(columns[:, 2:], np.ones(1)), None, sampling)) == 1.0


def test_leave_one_out_is_told_of_the_autocorrelation() -> None:
    # Truth: each of 500 draws five times over is no more than the 500, and the tail that is smoothed grows with it.
    draws = np.repeat(beta_distribution.rvs(A + HEADS, B + TAILS, size=500, random_state=8), 5)
    alone, told = (
        leave_one_out(PosteriorDraws(coin(draws), None, sampling))
        for sampling in (None, replace(SAMPLING, num_chains=1))
    )
    assert (told.pareto_k != alone.pareto_k).all()
    np.testing.assert_allclose(told.held_out.log_density, exact_coin(), atol=0.03)


def test_sums_and_standard_errors_are_those_of_single_answers() -> None:
    # Truth: every answer by itself.
    rng = np.random.default_rng(4)
    count = np.array([3.0, 1.0, 6.0])
    first, second = (HeldOut(rng.normal(-1.5, 0.5, 3), count) for _ in range(2))
    single, other = (np.repeat(own.log_density, count.astype(int)) for own in (first, second))
    assert first.elpd == pytest.approx(single.sum())
    assert first.standard_error == pytest.approx(np.sqrt(len(single)) * single.std(ddof=1))
    gained, uncertainty = difference(first, second)
    assert gained == pytest.approx((single - other).sum())
    assert uncertainty == pytest.approx(np.sqrt(len(single)) * (single - other).std(ddof=1))


@cache
def session() -> tuple[TrialBlock, ...]:
    return tuple(simulated_blocks([detection(repetitions=2), loudness(repetitions=1)], seed=5))


def test_cells_are_the_answers_that_were_given() -> None:
    # Truth: the log likelihood of the whole session at each point.
    data = fit_data([collapse(block) for block in session()])
    points = np.stack([truth(), truth() + 0.05])
    with jax.enable_x64(True):
        cells = cell_log_likelihood(points, data, normal=NORMAL)
        whole = [
            sum(float(np.sum(group.counts * np.log(group.probability))) for group in predict(at, data, normal=NORMAL))
            for at in points
        ]
    assert cells.count.min() > 0
    assert cells.count.sum() == sum(len(block.trial) for block in session())
    np.testing.assert_allclose(cells.log_probability @ cells.count, whole, rtol=1e-9)


def test_folds_are_predicted_by_the_others() -> None:
    # Truth: a fit to the other half made here, and the probability that it gives to each answer of this half.
    with jax.enable_x64(True):
        folds = cross_validate(session(), num_folds=2, transducer=TRANSDUCER, prior=DEFAULT_PRIOR, normal=NORMAL)
    whitened = whitened_prior(DEFAULT_PRIOR)
    expected = 0.0
    for fold in range(2):
        kept, left = (
            [collapse(part_of(block, np.flatnonzero(np.arange(len(block.trial)) % 2 == own))) for block in session()]
            for own in (1 - fold, fold)
        )
        position = whitened.mean + whitened.factor @ mode_of(kept).whitened
        with jax.enable_x64(True):
            expected += sum(
                float(np.sum(group.counts * np.log(group.probability)))
                for group in predict(position, fit_data(left), normal=NORMAL)
            )
    assert folds.is_converged
    assert folds.held_out.elpd == pytest.approx(expected, rel=1e-9)
    assert folds.held_out.count.sum() == sum(len(block.trial) for block in session())


def test_a_part_of_a_block_keeps_its_columns_together() -> None:
    (block,) = simulated_blocks([notched_noise()], seed=6)
    chosen = np.array([4, 1])
    part = part_of(block, chosen)
    assert part.trial.tolist() == block.trial[chosen].tolist()
    for name, column in block.parameters.items():
        np.testing.assert_array_equal(part.parameters[name], column[chosen])
