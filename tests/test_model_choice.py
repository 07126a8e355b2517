"""The comparison of models against a listener whose model is known, and what it says of answers that are too few."""

from collections.abc import Callable
from functools import cache, partial

import jax
import numpy as np
import pytest

from hearfit.errors import InputError
from hearfit.experiment.trials import Trials
from hearfit.inference.data import FitData
from hearfit.inference.held_out import Folds, HeldOut, LeaveOneOut, PosteriorDraws, part_of
from hearfit.inference.laplace import LaplacePosterior
from hearfit.inference.model_variants import COMPARED_MODELS, ModelVariant
from hearfit.inference.posterior_draws import corrected_laplace_draws
from hearfit.inference.simulate import position_from_thresholds
from hearfit.listener.model_comparison import ModelComparison
from hearfit.listener.normal import NORMAL
from hearfit.listener.parameters import DEFAULT_PRIOR, NUM_KNOTS, Prior
from hearfit.listener.priors import FLAT_PRIOR
from hearfit.model_choice import Predictions, Sampler, compare_models, joined, predictions, scored
from tests.inference.sessions import detection, loudness, simulated_blocks, trials_of

pytestmark = pytest.mark.slow
SAMPLER = partial(corrected_laplace_draws, num_draws=60)


@cache
def comparison() -> ModelComparison:
    """The default, and the default without attenuation, for a listener whose whole loss is attenuation."""
    with jax.enable_x64(True):
        listener = position_from_thresholds(np.full(NUM_KNOTS, 45.0), outer_hair_cell_share=0.0, normal=NORMAL)
    trials = trials_of(simulated_blocks([detection(), loudness(repetitions=6)], seed=8, position=listener))
    return compare_models(trials, models=COMPARED_MODELS[:2], sampler=SAMPLER, seed=1)


def test_the_model_of_the_listener_predicts_better() -> None:
    # Truth: the listener was simulated with 45 dB of attenuation, which the other model cannot have.
    with_attenuation, without = comparison().scores
    assert with_attenuation.folds.difference == 0.0
    assert without.folds.difference < -2.0
    assert with_attenuation.is_converged


def test_criteria_are_per_answer() -> None:
    for score in comparison().scores:
        for criterion in (score.leave_one_out, score.folds):
            assert criterion.per_answer == pytest.approx(criterion.elpd / comparison().num_trials)
            # Eleven categories and two answers: worse than chance would be below -2.4 nats.
            assert -2.0 < criterion.per_answer < -0.5


def test_a_warning_names_what_is_not_reliable() -> None:
    # Truth: 60 draws in 48 dimensions are too few; their limit is 1 - 1 / log10(60).
    assert any(score.num_unreliable for score in comparison().scores)
    assert any("Pareto k above 0.44" in sentence for sentence in comparison().warnings)


def test_ears_are_joined_answer_by_answer() -> None:
    # Truth: sums; variances of sums of independent answers add nearly.
    (block,) = simulated_blocks([loudness(repetitions=1)], seed=9)
    trials = trials_of([block])
    one = predictions(trials, COMPARED_MODELS[0], sampler=SAMPLER, seed=1)
    (single,), (both,) = scored([one]), scored([joined([one, one])])
    assert both.folds.elpd == pytest.approx(2.0 * single.folds.elpd)
    assert both.folds.standard_error == pytest.approx(np.sqrt(2.0) * single.folds.standard_error, rel=0.02)
    assert both.num_effective == pytest.approx(2.0 * single.num_effective)


def test_models_are_compared_with_the_prior_of_the_fit() -> None:
    # Truth: the priors that the sampler is handed, which all but ends the comparison.
    seen: list[Prior] = []

    def sampler(
        data: FitData,
        posterior: LaplacePosterior,
        model: ModelVariant,
        seed: int,
        progress: Callable[[float], None],
    ) -> PosteriorDraws:
        seen.append(model.prior)
        raise StopIteration

    (block,) = simulated_blocks([loudness(repetitions=1)], seed=9)
    for name in ("flat", "population"):
        with pytest.raises(StopIteration):
            compare_models(trials_of([block]), prior=name, sampler=sampler, seed=1)
    assert seen == [FLAT_PRIOR, DEFAULT_PRIOR]


def test_chains_that_cannot_be_trusted_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    held_out = HeldOut(np.array([-1.0, -2.0]), np.array([3.0, 2.0]))

    def fake(
        _trials: Trials, model: ModelVariant, *, sampler: Sampler, seed: int, progress: Callable[[float], None]
    ) -> Predictions:
        progress(0.5)
        problems = ("The chains disagree.",) if model.number == 2 else ()
        loo = LeaveOneOut(held_out, np.array([0.1, -np.inf]), 2.0, 1000)
        return joined(
            [Predictions(model, loo, Folds(held_out, is_converged=True), is_converged=True, problems=problems)]
        )

    monkeypatch.setattr("hearfit.model_choice.predictions", fake)
    (block,) = simulated_blocks([loudness(repetitions=1)], seed=9)
    told: list[tuple[str, float]] = []
    found = compare_models(
        trials_of([block]), models=COMPARED_MODELS[:2], seed=1, progress=lambda *step: told.append(step)
    )
    assert found.warnings == ("Leave-one-out of model 2 cannot be trusted, so go by the folds. The chains disagree.",)
    assert not found.is_leave_one_out_used
    assert told == [
        ("model 1 of 2", 0.0),
        ("model 1 of 2: sampling the posterior", 0.25),
        ("model 2 of 2", 0.5),
        ("model 2 of 2: sampling the posterior", 0.75),
        ("Done", 1.0),
    ]


def test_too_few_answers_are_refused() -> None:
    (block,) = simulated_blocks([detection([1000.0], repetitions=1, catch_trials=0)], seed=10)
    with pytest.raises(InputError, match=r"left ear of L001 has at most 4 answers of a protocol\. .* at least 5"):
        compare_models(trials_of([part_of(block, np.arange(4))]), seed=1)
