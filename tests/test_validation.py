"""The validation study: statistics against SciPy, a method that is wrong on purpose, and repeatability."""

import pickle
from dataclasses import replace
from functools import cache

import jax
import numpy as np
import pytest

from hearfit.errors import InputError
from hearfit.experiment.conditions import Conditions, collapse
from hearfit.experiment.protocol import Protocol
from hearfit.inference.calibration import NUM_DRAWS, CalibratedEar, _draws, _tested, calibrate_one
from hearfit.inference.ear_directions import QUANTITIES
from hearfit.inference.laplace import laplace
from hearfit.inference.map import whitened_prior
from hearfit.inference.nuts import Chains
from hearfit.inference.sampler_settings import METHODS
from hearfit.inference.simulate import normal_position, planned_block
from hearfit.listener.normal import AUDIOMETRIC_FREQUENCIES_HZ, NORMAL
from hearfit.listener.parameters import DEFAULT_PRIOR, NUM_PARAMETERS
from hearfit.protocols.loader import load_protocol
from hearfit.validation import (
    NUM_BINS,
    Calibration,
    LeftOut,
    Validation,
    _share_se,
    _summarised,
    validate_inference,
)
from tests.inference.sessions import fit_data, mode_of, simulated

TONES = load_protocol("pure_tone_detection")
SHORT = replace(TONES, design=replace(TONES.design, frequency_hz=(1000.0, 4000.0), repetitions=2))


def gaussian_ears(*, sd_ratio: float, method: str = "map", num_listeners: int = 400) -> list[CalibratedEar]:
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
    return ears


def gaussian_study(*, sd_ratio: float, method: str = "map") -> Validation:
    return _summarised(gaussian_ears(sd_ratio=sd_ratio, method=method), [TONES], method, 0)


@pytest.mark.parametrize("method", METHODS)
def test_a_right_posterior_is_uniform_and_covers(method: str) -> None:
    for each in gaussian_study(sd_ratio=1.0, method=method).calibrations:
        assert each.uniformity_p > 0.001
        assert each.pooled_uniformity_p > 0.001
        assert sum(each.rank_counts) == 400
        assert len(each.rank_counts) == NUM_BINS
        assert abs(each.coverage - 0.95) < 4.0 * each.coverage_se
        assert each.rmse_per_bound == pytest.approx(1.0, abs=0.05)
        assert each.num_dominated == 400 * len(AUDIOMETRIC_FREQUENCIES_HZ)


@pytest.mark.parametrize("sd_ratio", [0.6, 1.6])
def test_a_posterior_of_the_wrong_width_is_found_out(sd_ratio: float) -> None:
    for each in gaussian_study(sd_ratio=sd_ratio).calibrations:
        assert each.uniformity_p < 1e-6
        assert each.pooled_uniformity_p < 1e-6
        assert (each.coverage < 0.85) == (sd_ratio < 1.0)


THRESHOLD = Calibration("threshold", (5,) * NUM_BINS, 1.0, 1.0, 0.95, 0.01, 800, 1.01, 80)
STUDY = Validation(
    protocols=(TONES.name,),
    num_listeners=100,
    num_trials=300,
    num_not_converged=0,
    method="map",
    seed=0,
    calibrations=(THRESHOLD,),
)


def study_of(calibration: Calibration) -> Validation:
    return replace(STUDY, calibrations=(calibration,))


def test_ranks_that_are_not_uniform_refute_a_method() -> None:
    assert STUDY.problems == ()
    (problem,) = study_of(
        replace(THRESHOLD, rank_counts=(100, *[0] * (NUM_BINS - 1)), pooled_uniformity_p=9e-4)
    ).problems
    assert problem.startswith("Ranks of the threshold are not uniform (p 0.0009)")
    assert study_of(replace(THRESHOLD, pooled_uniformity_p=1.1e-3)).problems == ()


@pytest.mark.parametrize(
    ("coverage", "coverage_se", "verdict"),
    [
        (0.921, 0.01, None),
        (0.919, 0.01, "too narrow"),
        # 95 % of 800 independent intervals: a standard error of 0.77 %, so that 97.4 % and more are too many.
        (0.97, 0.001, None),
        (0.975, 0.001, "too wide"),
        (1.0, 0.0, "too wide"),
        # The same design effect at 95 % gives 1.2 %.
        (0.98, 0.008, None),
    ],
)
def test_coverage_that_is_not_95_percent_refutes_a_method(
    coverage: float, coverage_se: float, verdict: str | None
) -> None:
    # Truth: three standard errors by hand, of 1 %, or of a share of 95 % of independent cases.
    problems = study_of(replace(THRESHOLD, coverage=coverage, coverage_se=coverage_se)).problems
    assert len(problems) == (verdict is not None)
    for problem in problems:
        assert problem.startswith(f"95 % intervals of the threshold hold the truth in {coverage:.1%}")
        assert str(verdict) in problem


@pytest.mark.parametrize(("num_listeners", "is_refuted"), [(2, False), (19, False), (20, True)])
def test_a_few_listeners_refute_no_coverage(num_listeners: int, is_refuted: bool) -> None:
    study = study_of(
        replace(
            THRESHOLD,
            rank_counts=(num_listeners, *[0] * (NUM_BINS - 1)),
            coverage=0.5,
            coverage_se=0.0,
            num_intervals=160,
        )
    )
    assert bool(study.problems) is is_refuted


def test_of_sound_studies_next_to_none_is_refuted() -> None:
    # Truth: shares of intervals that hold the truth in 95 %, half of whose variance is the listener's; without the
    # floor of the standard error, one study of 20 such listeners in three is refuted where each has one frequency.
    generator = np.random.default_rng(0)
    for num_listeners, num_knots, most in ((20, 1, 0.003), (20, 8, 0.003), (300, 8, 0.01)):
        refuted = 0
        for _ in range(500):
            own, shared = (
                generator.standard_normal((num_listeners, num_knots)),
                generator.standard_normal(num_listeners),
            )
            covered = np.abs(own + shared[:, None]) < 1.96 * np.sqrt(2.0)
            study = study_of(
                replace(
                    THRESHOLD,
                    rank_counts=(num_listeners, *[0] * (NUM_BINS - 1)),
                    coverage=float(covered.mean()),
                    coverage_se=float(covered.mean(axis=1).std(ddof=1) / np.sqrt(num_listeners)),
                    num_intervals=covered.size,
                )
            )
            refuted += bool(study.problems)
        assert refuted / 500 <= most


@pytest.mark.parametrize(("num_not_converged", "is_refuted"), [(0, False), (1, False), (2, True)])
def test_more_than_one_percent_of_searches_that_end_too_early(num_not_converged: int, is_refuted: bool) -> None:
    assert bool(replace(STUDY, num_not_converged=num_not_converged).problems) is is_refuted


def test_listeners_count_at_the_frequencies_that_were_tested_in_them() -> None:
    # Truth: by hand. The first half of the listeners has no frequency of the attenuation, one of the threshold that
    # no interval holds, and two of the exponent; of the lateral inhibition one listener only has a frequency.
    ears = gaussian_ears(sd_ratio=1.0, num_listeners=40)
    for index, ear in enumerate(ears):
        ear.is_tested[:] = index >= 20
        ear.is_covered[:] = True
        ear.is_tested[3] = index == 0
        if index < 20:
            ear.is_tested[0, 4] = ear.is_tested[1, 2] = ear.is_tested[1, 3] = True
            ear.is_covered[0, 4] = False
            ear.rank[0, :4] = 399
            ear.rank[0, 4] = 0
    study = _summarised(ears, [TONES], "map", 0)
    threshold, exponent, attenuation = study.calibrations
    num_knots = len(AUDIOMETRIC_FREQUENCIES_HZ)
    assert study.untested == ("lateral inhibition",)
    assert [each.quantity for each in study.calibrations] == list(QUANTITIES[:3])
    assert [sum(each.rank_counts) for each in study.calibrations] == [40, 40, 20]
    assert threshold.rank_counts[0] >= 20
    assert threshold.num_intervals == 20 * num_knots + 20
    assert threshold.coverage == num_knots / (num_knots + 1)
    assert exponent.num_intervals == exponent.num_dominated == 20 * num_knots + 40
    assert attenuation.num_intervals == attenuation.num_dominated == 20 * num_knots


def test_the_standard_error_of_clusters() -> None:
    # Truth: of clusters of one size the SE of their means, of others the spread over simulated studies.
    generator = np.random.default_rng(2)
    alike = (generator.random((30, 8)) < 0.9).astype(float)
    assert _share_se(list(alike), float(alike.mean())) == pytest.approx(
        alike.mean(axis=1).std(ddof=1) / np.sqrt(30), rel=1e-12
    )
    sizes = np.tile([1, 4, 11], 60)
    shares, errors = [], []
    for _ in range(400):
        clusters = [(generator.random(size) < generator.beta(8.0, 2.0)).astype(float) for size in sizes]
        shares.append(float(np.concatenate(clusters).mean()))
        errors.append(_share_se(clusters, shares[-1]))
    assert np.mean(errors) == pytest.approx(np.std(shares), rel=0.12)


def test_what_the_chains_were_like() -> None:
    # Truth: NumPy on the listeners' own numbers; a listener without them, from an old file, does not count.
    ears = gaussian_ears(sd_ratio=1.0, method="nuts", num_listeners=5)
    assert _summarised(ears, [TONES], "nuts", 0).chains is None
    sizes, shares = [30.0, 90.0, 50.0, 70.0], [0.0, 0.02, 0.0, 0.0]
    known = [
        replace(ear, ess_bulk_min=size, divergent_share=share)
        for ear, size, share in zip(ears, sizes, shares, strict=False)
    ]
    checks = _summarised([*known, ears[4]], [TONES], "nuts", 0).chains
    assert checks is not None
    assert (checks.num_listeners, checks.divergent_share, checks.ess_bulk_min_median) == (4, 0.005, 60.0)
    assert checks.ess_bulk_min_percentile_5 == pytest.approx(np.percentile(sizes, 5.0))


def test_the_smallest_effective_size_and_divergent_trajectories_of_a_listener(monkeypatch: pytest.MonkeyPatch) -> None:
    # Truth: of n draws of an autoregressive process with coefficient c, n (1 - c) / (1 + c) count; here all coordinates
    # follow one such process. Three of 4000 trajectories diverged.
    generator = np.random.default_rng(4)
    shape, coefficient = (2, 2000), 0.8
    process = generator.standard_normal(shape)
    for k in range(1, shape[1]):
        process[:, k] = coefficient * process[:, k - 1] + 0.6 * process[:, k]
    draws = np.repeat(process[..., None], NUM_PARAMETERS, axis=2)
    is_divergent = np.zeros(shape, bool)
    is_divergent[1, [3, 50, 1000]] = True
    none, noise = np.zeros(shape, int), generator.standard_normal(shape)
    chains = Chains(draws, noise, noise, is_divergent, none, none, np.ones(2))
    monkeypatch.setattr("hearfit.inference.sampling.sample_chains", lambda *_, **__: chains)
    conditions = simulated([SHORT], seed=1)
    with jax.enable_x64(True):
        drawn = _draws(
            fit_data(conditions),
            laplace(mode_of(conditions), DEFAULT_PRIOR),
            whitened_prior(DEFAULT_PRIOR),
            NORMAL,
            "nuts",
            1,
        )
    assert drawn.positions.shape == (NUM_DRAWS["nuts"], NUM_PARAMETERS)
    assert drawn.divergent_share == 3 / 4000
    assert drawn.ess_bulk_min == pytest.approx(4000 * (1.0 - coefficient) / (1.0 + coefficient), rel=0.25)


def test_listeners_of_an_older_file_can_still_be_read() -> None:
    (ear,) = gaussian_ears(sd_ratio=1.0, num_listeners=1)
    for name in ("left_out", "divergent_share", "ess_bulk_min"):
        del ear.__dict__[name]
    read = pickle.loads(pickle.dumps(ear))
    assert (read.left_out, read.divergent_share, read.ess_bulk_min) == ((), None, None)
    np.testing.assert_array_equal(read.rank, ear.rank)


def planned(protocol: Protocol) -> Conditions:
    with jax.enable_x64(True):
        ear = normal_position(NORMAL)
        generator = np.random.default_rng(0)
        return collapse(planned_block(protocol, ear, transducer="HDA200", normal=NORMAL, generator=generator))


@pytest.mark.parametrize(
    ("name", "lowest_hz", "highest_hz"),
    # 707 Hz and 5.64 octaves are 100 to 5000 Hz; 1.5 kHz and 4 octaves are 375 to 6000 Hz.
    [("spectral_ripple_discrimination", 100.0, 5000.0), ("spectro_temporal_modulation", 375.0, 6000.0)],
)
def test_a_broad_sound_tests_the_ear_within_its_band_and_no_threshold(
    name: str, lowest_hz: float, highest_hz: float
) -> None:
    threshold, *rest = _tested(planned(SHORT), [planned(load_protocol(name))])
    assert frequencies(threshold) == [1000.0, 4000.0]
    for row in rest:
        assert frequencies(row) == [f for f in AUDIOMETRIC_FREQUENCIES_HZ if lowest_hz <= f <= highest_hz]


def test_a_tone_tests_its_own_frequency_or_the_nearest() -> None:
    between = replace(TONES, design=replace(TONES.design, frequency_hz=(2100.0, 8000.0)))
    threshold, *rest = _tested(planned(SHORT), [planned(between)])
    assert frequencies(threshold) == [1000.0, 2000.0, 4000.0, 8000.0]
    assert all(frequencies(row) == [2000.0, 8000.0] for row in rest)


def frequencies(is_tested: np.ndarray) -> list[float]:
    return [f for f, own in zip(AUDIOMETRIC_FREQUENCIES_HZ, is_tested, strict=True) if own]


def test_a_protocol_that_refuses_an_ear_is_left_out_for_this_listener() -> None:
    # Truth: the same listener who was never asked to do it. The shipped design takes a normal ear, but not one that
    # next to nothing can be heard by.
    deaf = replace(DEFAULT_PRIOR, threshold=replace(DEFAULT_PRIOR.threshold, mean=130.0))
    curve = load_protocol("temporal_masking_curve")
    with jax.enable_x64(True):
        asked, spared = (
            calibrate_one(own, SHORT, transducer="HDA200", prior=deaf, normal=NORMAL, method="map", seed=(1, 2))
            for own in ([curve], [])
        )
    assert (asked.left_out, spared.left_out) == (("temporal_masking_curve",), ())
    for name, value in vars(replace(asked, left_out=())).items():
        np.testing.assert_array_equal(value, getattr(spared, name), err_msg=name)
    study = _summarised([asked, asked, spared], [curve], "map", 0)
    assert study.left_out == (LeftOut("temporal_masking_curve", 2),)
    assert study.untested == QUANTITIES[1:]


def test_a_design_that_refuses_every_ear_is_told_before_anybody_is_fitted(monkeypatch: pytest.MonkeyPatch) -> None:
    def fitted(*_job: object) -> CalibratedEar:
        raise AssertionError("somebody was fitted")

    monkeypatch.setattr("hearfit.validation._one", fitted)
    curve = load_protocol("temporal_masking_curve")
    soft = replace(curve, design=replace(curve.design, highest_level_db_spl=-50.0))
    with pytest.raises(InputError, match="temporal_masking_curve cannot be done by a normal ear"):
        validate_inference([SHORT, soft], SHORT, transducer="HDA200", num_listeners=2, seed=5, num_processes=1)


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
