"""The validation study: statistics against SciPy, a method that is wrong on purpose, and repeatability."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from hearfit.errors import InputError
from hearfit.inference.calibration import NUM_DRAWS, QUANTITIES, CalibratedEar
from hearfit.inference.sampler_settings import METHODS
from hearfit.listener.normal import AUDIOMETRIC_FREQUENCIES_HZ
from hearfit.protocols.loader import load_protocol
from hearfit.validation import NUM_BINS, Validation, _summarised, uniformity, validate_inference

TONES = load_protocol("pure_tone_detection")
SHORT = replace(TONES, design=replace(TONES.design, frequency_hz=(1000.0, 4000.0), repetitions=2))


@given(st.lists(st.integers(0, 50), min_size=2, max_size=30).filter(any))
def test_uniformity_is_pearsons(counts: list[int]) -> None:
    assert uniformity(np.array(counts)) == pytest.approx(chisquare(counts).pvalue, abs=1e-12)


def gaussian_study(*, sd_ratio: float, method: str = "map", num_listeners: int = 400) -> Validation:
    """Closed form: a standard normal truth, and draws from a normal whose SD is `sd_ratio` of the right one."""
    generator = np.random.default_rng(1)
    shape = (len(QUANTITIES), len(AUDIOMETRIC_FREQUENCIES_HZ))
    ears = []
    for _ in range(num_listeners):
        truth = generator.standard_normal(shape)
        draws = sd_ratio * generator.standard_normal((NUM_DRAWS[method], *shape))
        low, high = np.quantile(draws, [0.025, 0.975], axis=0, method="weibull")
        ears.append(
            CalibratedEar(
                is_converged=True,
                num_trials=10,
                num_draws=len(draws),
                is_tested=np.ones(shape, bool),
                rank=np.sum(draws < truth, axis=0),
                is_covered=(low <= truth) & (truth <= high),
                error=draws.mean(axis=0) - truth,
                bound=np.ones(shape),
                data_share=np.full(shape, 0.95),
            )
        )
    return _summarised(ears, [TONES], method, 0)


@pytest.mark.parametrize("method", METHODS)
def test_a_right_posterior_is_uniform_and_covers(method: str) -> None:
    for each in gaussian_study(sd_ratio=1.0, method=method).calibrations:
        assert each.uniformity_p > 0.001
        assert sum(each.rank_counts) == 400
        assert len(each.rank_counts) == NUM_BINS
        assert abs(each.coverage - 0.95) < 4.0 * each.coverage_se
        assert each.rmse_per_bound == pytest.approx(1.0, abs=0.05)
        assert each.num_dominated == 400 * len(AUDIOMETRIC_FREQUENCIES_HZ)


@pytest.mark.parametrize("sd_ratio", [0.6, 1.6])
def test_a_posterior_of_the_wrong_width_is_found_out(sd_ratio: float) -> None:
    for each in gaussian_study(sd_ratio=sd_ratio).calibrations:
        assert each.uniformity_p < 1e-6
        assert (each.coverage < 0.85) == (sd_ratio < 1.0)


@cache
def small_study(num_processes: int) -> Validation:
    return validate_inference([SHORT], SHORT, transducer="HDA200", num_listeners=2, seed=5, num_processes=num_processes)


def test_a_real_study_runs_and_tests_what_was_tested() -> None:
    study = small_study(1)
    assert study.num_listeners == 2
    assert study.num_not_converged == 0
    assert [each.quantity for each in study.calibrations] == list(QUANTITIES)
    assert all(sum(each.rank_counts) == 2 for each in study.calibrations)


def test_the_same_seed_gives_the_same_study_in_any_number_of_processes() -> None:
    assert small_study(1) == small_study(2)


def test_one_core_that_may_be_used_is_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def here(*_job: object) -> CalibratedEar:
        raise InputError("computed in this process")

    def elsewhere(*_arguments: object, **_options: object) -> None:
        raise AssertionError("other processes were started")

    monkeypatch.setattr("os.cpu_count", lambda: 64)
    monkeypatch.setattr("os.sched_getaffinity", lambda _process: {5}, raising=False)
    monkeypatch.setattr("hearfit.validation._one", here)
    monkeypatch.setattr("hearfit.validation.ProcessPoolExecutor", elsewhere)
    with pytest.raises(InputError, match="in this process"):
        validate_inference([SHORT], SHORT, transducer="HDA200", num_listeners=2, seed=5)


def test_bad_requests_are_sentences() -> None:
    with pytest.raises(InputError, match="method 'vague' is not known"):
        validate_inference([TONES], TONES, transducer="HDA200", num_listeners=5, seed=0, method="vague")
    with pytest.raises(InputError, match="number of listeners is 1"):
        validate_inference([TONES], TONES, transducer="HDA200", num_listeners=1, seed=0)
    with pytest.raises(InputError, match="no protocol"):
        validate_inference([], TONES, transducer="HDA200", num_listeners=5, seed=0)
    with pytest.raises(InputError, match="transducer"):
        validate_inference([TONES], TONES, transducer="trumpet", num_listeners=5, seed=0)
