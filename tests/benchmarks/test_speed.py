"""How fast the costly steps are; `python -m tests.benchmarks.table` prints the ratios side by side."""

from collections.abc import Iterator
from pathlib import Path

import jax
import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from hearfit.experiment.conditions import Conditions, collapse
from hearfit.experiment.trials import Trials
from hearfit.fitting import fit_trials
from hearfit.inference.data import FitData, build_fit_data
from hearfit.inference.laplace import laplace
from hearfit.inference.likelihood import evaluate
from hearfit.inference.map import SearchSettings, find_map, whitened_prior
from hearfit.inference.start import starting_point
from hearfit.listener.normal import NORMAL
from hearfit.listener.parameters import DEFAULT_PRIOR, NUM_PARAMETERS
from tests.benchmarks.sessions import TRANSDUCER, standard_session
from tests.studies.real_runs import LISTENERS, real_run


@pytest.fixture(scope="module")
def session() -> Trials:
    return standard_session()


@pytest.fixture(scope="module")
def conditions(session: Trials) -> list[Conditions]:
    return [collapse(block) for block in session.blocks]


@pytest.fixture(scope="module")
def data(conditions: list[Conditions]) -> Iterator[FitData]:
    with jax.enable_x64(True):
        yield build_fit_data(conditions, transducer=TRANSDUCER, normal=NORMAL)


def test_likelihood_and_jacobian(benchmark: BenchmarkFixture, data: FitData) -> None:
    prior = whitened_prior(DEFAULT_PRIOR)
    with jax.enable_x64(True):
        benchmark(lambda: evaluate(np.zeros(NUM_PARAMETERS), prior, data, normal=NORMAL))


def test_map_and_laplace(benchmark: BenchmarkFixture, data: FitData, conditions: list[Conditions]) -> None:
    prior = whitened_prior(DEFAULT_PRIOR)

    def run() -> None:
        start = starting_point(conditions, DEFAULT_PRIOR, NORMAL)
        laplace(find_map(data, prior, normal=NORMAL, settings=SearchSettings(), start=start), DEFAULT_PRIOR)

    with jax.enable_x64(True):
        benchmark(run)


def test_whole_fit(benchmark: BenchmarkFixture, session: Trials) -> None:
    benchmark.pedantic(lambda: fit_trials(session, audiogram=None, method="map", seed=0), rounds=3, warmup_rounds=1)


@pytest.mark.parametrize("listener", LISTENERS)
def test_real_run(benchmark: BenchmarkFixture, shared_data: Path, listener: str) -> None:
    trials = real_run(shared_data, listener)
    benchmark(lambda: fit_trials(trials, audiogram=None, method="map", seed=0))
