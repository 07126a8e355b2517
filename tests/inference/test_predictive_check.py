from dataclasses import replace

import numpy as np
import pytest

from hearfit.experiment.conditions import collapse
from hearfit.experiment.trials import TrialBlock
from hearfit.inference.laplace import laplace
from hearfit.inference.predictive_check import DRIFT, OVERALL, RARE, predictive_checks, violations
from hearfit.listener.normal import NORMAL
from hearfit.listener.parameters import DEFAULT_PRIOR
from hearfit.listener.profile import PredictiveCheck
from tests.inference.sessions import detection, fit_data, loudness, mode_of, simulated_blocks

pytestmark = pytest.mark.usefixtures("float64")

NUM_SEEDS = 12


def checked(blocks: list[TrialBlock]) -> tuple[PredictiveCheck, ...]:
    conditions = [collapse(block) for block in blocks]
    posterior = laplace(mode_of(conditions), DEFAULT_PRIOR)
    return predictive_checks(blocks, fit_data(conditions), posterior, normal=NORMAL, seed=1)


def session(seed: int) -> list[TrialBlock]:
    return simulated_blocks([detection(), loudness()], seed=seed)


def flipped(block: TrialBlock) -> TrialBlock:
    """The second half answered with the scale upside down."""
    is_late = block.trial > np.median(block.trial)
    values = np.array(block.protocol.response_values)
    return replace(block, response=np.where(is_late, values[-1] + values[0] - block.response, block.response))


def test_listeners_who_follow_the_model_are_rarely_flagged() -> None:
    # Truth: simulated by the model itself. Expected: fewer than one in twenty sessions; 3 of 12 has p < 0.02 then.
    flagged = [seed for seed in range(NUM_SEEDS) if violations(checked(session(100 + seed)))]
    assert len(flagged) <= 2, flagged


@pytest.mark.parametrize("which", [0, 1])
def test_listener_who_changes_sides_half_way_is_flagged(which: int) -> None:
    blocks = session(100)
    blocks[which] = flipped(blocks[which])
    sentences = violations(checked(blocks))
    assert any(sentence.startswith(blocks[which].protocol.name) for sentence in sentences), sentences


def test_bins_hold_every_trial_and_replications_surround_the_expectation() -> None:
    # Truth: counting, and that a mean of replications is unbiased.
    for check, block in zip(checked(session(100)), session(100), strict=True):
        assert sum(part.num_trials for part in check.bins) == check.num_trials == len(block.trial)
        total = sum(part.num_trials * part.observed for part in check.bins)
        assert total == pytest.approx(float(block.response.sum()))
        assert all(part.lower_95 <= part.expected + 0.1 and part.upper_95 >= part.expected - 0.1 for part in check.bins)
        assert {statistic.name for statistic in check.statistics} >= {OVERALL, RARE, DRIFT}
        assert all(0.0 <= statistic.p_value <= 1.0 for statistic in check.statistics)
