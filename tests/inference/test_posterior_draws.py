"""Draws by chains against what a stand-in for the sampler is handed and hands back."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from hearfit.inference.held_out import CellLogLikelihood
from hearfit.inference.laplace import LaplacePosterior
from hearfit.inference.model_variants import COMPARED_MODELS
from hearfit.inference.posterior_draws import chain_draws
from hearfit.inference.sampled import SampledPosterior
from hearfit.inference.sampler_settings import SamplerSettings
from hearfit.listener.profile import Sampling
from tests.reports.example_profile import SAMPLING


def test_chains_keep_their_problems_and_tell_their_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    checks = replace(SAMPLING, num_chains=2, problems=("The chains disagree.",))
    chains = np.arange(12.0).reshape(2, 3, 2)
    handed: dict[str, object] = {}

    def fake(*_: object, progress: Callable[[float], None], **how: object) -> tuple[SampledPosterior, Sampling]:
        handed.update(how)
        progress(0.5)
        return SampledPosterior(np.zeros(2), chains, np.eye(2)), checks

    def positions_as_they_are(positions: np.ndarray, _data: object, **_how: object) -> CellLogLikelihood:
        return CellLogLikelihood(positions, np.ones(2))

    monkeypatch.setattr("hearfit.inference.sampling.sample_posterior", fake)
    monkeypatch.setattr("hearfit.inference.posterior_draws.cell_log_likelihood", positions_as_they_are)
    told: list[float] = []
    posterior = LaplacePosterior(np.zeros(2), np.eye(2), np.eye(2), 1.0)
    settings = SamplerSettings(num_chains=2, num_draws=3)
    draws = chain_draws(
        (), posterior, COMPARED_MODELS[0], 7, told.append, settings=settings, num_threads=1, is_padded=True
    )
    assert told == [0.5]
    assert (handed["seed"], handed["settings"], handed["num_threads"], handed["is_padded"]) == (7, settings, 1, True)
    assert draws.problems == ("The chains disagree.",)
    assert draws.sampling is checks
    # Chain after chain, as the effective sample size reads them.
    np.testing.assert_array_equal(draws.cells.log_probability.reshape(chains.shape), chains)
