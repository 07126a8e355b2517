"""Fits and their scores: small sessions, odd sessions, and refusals."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import jax
import numpy as np
import pytest
from scipy.stats import spearmanr

from hearfit.audiology.audiogram import Audiogram, Ear, Threshold
from hearfit.audiology.bisgaard import standard_audiogram
from hearfit.errors import InputError
from hearfit.experiment.stored_audiogram import with_stored_thresholds
from hearfit.experiment.trials import TrialBlock, Trials
from hearfit.fitting import fit_ear, fit_trials
from hearfit.inference.sampler_settings import SamplerSettings
from hearfit.listener.normal import AUDIOMETRIC_FREQUENCIES_HZ
from hearfit.listener.parameters import PARAMETER_NAMES, listener_at
from hearfit.listener.profile import Profile
from hearfit.protocols.loader import load_protocol
from hearfit.scoring import score_trials
from hearfit.storage.draw_files import read_draws, write_draws
from hearfit.storage.profile_files import profile_from_json, profile_to_json
from tests.inference.sessions import TESTED_HZ, detection, loudness, notched_noise, simulated_blocks, trials_of

KNOTS = [AUDIOMETRIC_FREQUENCIES_HZ.index(f) for f in TESTED_HZ]


def fitted(trials: Trials, *, audiogram: Audiogram | None = None, seed: int = 0) -> Profile:
    return fit_trials(trials, audiogram=audiogram, method="map", seed=seed)


@cache
def both_tasks() -> tuple[Trials, Profile]:
    trials = trials_of(simulated_blocks([detection(), loudness()], seed=51))
    return trials, fitted(trials)


@cache
def detection_only() -> tuple[Trials, Profile]:
    trials = trials_of(simulated_blocks([detection(repetitions=8)], seed=52))
    return trials, fitted(trials)


@cache
def loudness_only() -> tuple[Trials, Profile]:
    trials = trials_of(simulated_blocks([loudness(repetitions=4)], seed=53))
    return trials, fitted(trials)


def some_trials(block: TrialBlock, rows: slice | np.ndarray, **changes: np.ndarray) -> TrialBlock:
    part = replace(
        block,
        trial=block.trial[rows],
        frequency_hz=block.frequency_hz[rows],
        level_db_hl=block.level_db_hl[rows],
        interval_count=block.interval_count[rows],
        is_catch=block.is_catch[rows],
        response=block.response[rows],
    )
    return replace(part, **changes)  # type: ignore[arg-type]


def test_fit_converges_and_describes_every_frequency() -> None:
    trials, profile = both_tasks()
    assert profile.diagnostics.is_converged
    assert (profile.listener, profile.ear, profile.session) == ("L001", Ear.LEFT, "2026-01-31")
    assert tuple(row.frequency_hz for row in profile.frequencies) == AUDIOMETRIC_FREQUENCIES_HZ
    assert profile.diagnostics.num_trials == trials.num_trials
    assert profile.posterior.names == PARAMETER_NAMES
    assert np.all(np.diff(profile.diagnostics.log_posterior_trace) > 0.0)


def test_draws_make_the_profile_and_are_written(tmp_path: Path) -> None:
    # Truth: the draws that come with the profile; so few that the fit must say that they cannot be trusted.
    trials = trials_of(simulated_blocks([detection((1000.0,), repetitions=2)], seed=55))
    brief = SamplerSettings(num_chains=2, num_draws=20, num_warmup=20)
    fit = fit_ear(trials, audiogram=None, method="nuts", seed=1, sampler=brief)
    profile, draws = fit.profile, fit.draws
    assert draws is not None
    assert draws.chains.shape == (2, 20, len(PARAMETER_NAMES))
    inhibition = 0.55 / (1.0 + np.exp(-draws.positions[:, 2 * len(AUDIOMETRIC_FREQUENCIES_HZ)]))
    assert profile.frequencies[0].inhibition.mean == pytest.approx(inhibition.mean())
    np.testing.assert_allclose(profile.posterior.covariance, draws.covariance)
    sampling = profile.diagnostics.sampling
    assert sampling is not None
    assert (sampling.num_chains, sampling.num_draws) == (2, 20)
    assert len(sampling.agreement) == 4 * len(AUDIOMETRIC_FREQUENCIES_HZ)
    assert not profile.diagnostics.is_converged
    assert "effective sample size" in profile.diagnostics.status
    assert profile_from_json(profile_to_json(profile), source="p") == profile
    write_draws(tmp_path / "draws.npz", PARAMETER_NAMES, draws.chains)
    names, positions = read_draws(tmp_path / "draws.npz")
    assert names == PARAMETER_NAMES
    np.testing.assert_array_equal(positions, draws.chains)
    (tmp_path / "other.npz").write_bytes(b"no draws")
    with pytest.raises(InputError, match="holds no draws of a posterior"):
        read_draws(tmp_path / "other.npz")


def test_trials_are_counted_at_their_frequency_without_catch_trials() -> None:
    trials, profile = both_tasks()
    expected = dict.fromkeys(AUDIOMETRIC_FREQUENCIES_HZ, 0)
    for block in trials.blocks:
        for frequency, is_catch in zip(block.frequency_hz, block.is_catch, strict=True):
            expected[float(frequency)] += 0 if is_catch else 1
    assert {row.frequency_hz: row.num_trials for row in profile.frequencies} == expected


def test_profile_round_trips_through_its_file() -> None:
    _, profile = both_tasks()
    assert profile_from_json(profile_to_json(profile), source="profile.json") == profile


def test_score_of_the_fitted_trials_is_the_log_likelihood_of_the_fit() -> None:
    # Truth: the likelihood at the mode is the one that the search reported.
    for trials, profile in (both_tasks(), detection_only(), loudness_only()):
        score = score_trials(profile, trials)
        assert score.num_trials == trials.num_trials
        assert score.log_likelihood == pytest.approx(profile.diagnostics.log_likelihood, rel=1e-9)
        assert score.log_likelihood_per_trial == pytest.approx(score.log_likelihood / trials.num_trials)


def test_score_is_the_sum_over_conditions_of_observed_times_log_predicted() -> None:
    # Truth: worked out from the printed rows.
    trials, profile = both_tasks()
    score = score_trials(profile, trials)
    total = 0.0
    for row in score.by_condition:
        assert sum(row.predicted) == pytest.approx(sum(row.counts))
        proportions = np.array(row.predicted) / sum(row.counts)
        total += float(np.array(row.counts) @ np.log(proportions))
    assert score.log_likelihood == pytest.approx(total, rel=1e-9)
    assert sum(sum(row.counts) for row in score.by_condition) == trials.num_trials


def test_score_of_new_answers_by_the_same_listener_is_better_than_by_a_blind_guess() -> None:
    _, profile = both_tasks()
    new = trials_of(simulated_blocks([loudness()], seed=99))
    assert score_trials(profile, new).log_likelihood_per_trial > np.log(1.0 / 11.0)


def test_a_session_in_noise_is_fitted_and_scored_by_its_maskers() -> None:
    # Truth: the trials; inhibition counts as measured where there was a masker, and nowhere else.
    trials = trials_of(simulated_blocks([detection(), loudness(), notched_noise((2000.0,), repetitions=8)], seed=6))
    profile = fitted(trials)
    measured = [row.frequency_hz for row in profile.frequencies if (row.inhibition.data_share or 0.0) > 0.5]
    assert measured == [2000.0]
    assert "sensitivity in noise re in quiet" in {row.name for row in profile.observer}
    assert profile_from_json(profile_to_json(profile), source="p.json") == profile
    score = score_trials(profile, trials)
    assert score.log_likelihood == pytest.approx(profile.diagnostics.log_likelihood, rel=1e-9)
    masked = [row for row in score.by_condition if row.protocol == "notched_noise"]
    assert {(row.parameters["notch_lower"], row.parameters["notch_upper"]) for row in masked} == {
        (0.0, 0.0),
        (0.2, 0.2),
        (0.1, 0.3),
    }
    assert all(row.parameters["masker_level_db_spl_per_hz"] is not None for row in masked)
    assert all(not row.parameters for row in score.by_condition if row not in masked)


def test_a_profile_with_other_parameters_is_refused() -> None:
    trials, profile = both_tasks()
    old = replace(profile, posterior=replace(profile.posterior, names=("something else",)))
    with pytest.raises(InputError, match="other parameters than this version"):
        score_trials(old, trials)


def test_detection_alone_does_not_pretend_to_know_compression() -> None:
    # Truth: d' near threshold depends on exponent and attenuation through the threshold alone.
    _, profile = detection_only()
    for k in KNOTS:
        row = profile.frequencies[k]
        assert row.compression_exponent.data_share is not None
        assert row.threshold_db_hl.data_share is not None
        assert row.threshold_db_hl.data_share > 0.9
        # Shares are known to 4000 draws.
        assert row.compression_exponent.data_share < 0.1
    assert any("Loudness was not measured" in sentence for sentence in profile.not_identified)


def test_what_detection_alone_trades_off_is_named() -> None:
    # Truth: ranks of exponent and attenuation among ears drawn from the posterior.
    _, profile = detection_only()
    named = [sentence for sentence in profile.not_identified if "trade off" in sentence]
    assert len(named) == 1
    assert named[0].startswith("Attenuation and compression exponent at 500, 2000 and 4000 Hz trade off (correlation −")
    generator = np.random.default_rng(3)
    draws = generator.multivariate_normal(profile.posterior.mode, profile.posterior.covariance, size=1000)
    with jax.enable_x64(True):
        ears = jax.vmap(listener_at)(draws)
    for k in KNOTS:
        assert spearmanr(ears.exponent[:, k], ears.attenuation_db[:, k]).statistic < -0.7


def test_what_detection_alone_leaves_widest_is_the_division_of_the_loss() -> None:
    # Truth: a tone in quiet is heard by its threshold; what makes the threshold does not matter.
    _, profile = detection_only()
    direction = profile.least_determined
    assert direction is not None
    assert {part.quantity for part in direction.parts} == {"division of the loss"}
    assert {part.frequency_hz for part in direction.parts} <= {500.0, 2000.0, 4000.0}
    assert direction.data_share < 0.05
    for part in direction.parts:
        row = next(row for row in profile.frequencies if row.frequency_hz == part.frequency_hz)
        assert 0.3 * row.attenuation_db.sd < part.sd < 1.2 * row.attenuation_db.sd


def test_loudness_alone_says_that_thresholds_are_extrapolated() -> None:
    _, profile = loudness_only()
    assert any("Tone detection was not measured" in sentence for sentence in profile.not_identified)
    # 60 judgements tell something of where the loss comes from, although less than they would of somebody whose use of
    # loudness words is known, and less of the threshold than tones would.
    _, tones = detection_only()
    for k in KNOTS:
        row, other = profile.frequencies[k], tones.frequencies[k]
        assert (row.attenuation_db.data_share or 0.0) > 0.05 + (other.attenuation_db.data_share or 0.0)
        assert row.threshold_db_hl.sd > other.threshold_db_hl.sd


def test_untested_frequencies_are_named_and_wider() -> None:
    _, profile = both_tasks()
    assert any(s.startswith("No trial was presented at 125, 250, 750") for s in profile.not_identified)
    tested, untested = profile.frequencies[6], profile.frequencies[0]
    assert untested.threshold_db_hl.sd > 2.0 * tested.threshold_db_hl.sd


def test_the_seed_decides_everything_but_the_clock() -> None:
    trials, profile = both_tasks()

    def without_clock(own: Profile) -> Profile:
        return replace(
            own,
            diagnostics=replace(own.diagnostics, seconds=0.0),
            provenance=replace(own.provenance, created=""),
        )

    assert without_clock(fitted(trials)) == without_clock(profile)


def test_progress_goes_up_to_the_end() -> None:
    told: list[float] = []
    trials, _ = both_tasks()
    fit_trials(trials, audiogram=None, method="map", seed=0, progress=lambda _, fraction: told.append(fraction))
    assert told == sorted(told)
    assert told[-1] == 1.0


@pytest.mark.parametrize("heard", [0, 1])
def test_a_single_trial_is_fitted_and_says_that_the_prior_is_speaking(heard: int) -> None:
    (block,) = simulated_blocks([detection((1000.0,), repetitions=1, catch_trials=0)], seed=54)
    profile = fitted(trials_of([some_trials(block, slice(0, 1), response=np.array([heard]))]))
    assert profile.diagnostics.is_converged
    assert profile.diagnostics.warnings
    assert any("mostly the prior speaking" in sentence for sentence in profile.not_identified)
    assert profile_from_json(profile_to_json(profile), source="profile.json") == profile


@pytest.mark.parametrize(("task", "answer"), [("detection", 0), ("detection", 1), ("loudness", 0), ("loudness", 50)])
def test_answers_that_are_all_the_same_are_fitted_with_a_warning(task: str, answer: int) -> None:
    protocol = detection() if task == "detection" else loudness()
    (block,) = simulated_blocks([protocol], seed=55)
    profile = fitted(trials_of([some_trials(block, slice(None), response=np.full(len(block.trial), answer))]))
    assert profile.diagnostics.is_converged
    assert any("one side only" in warning for warning in profile.diagnostics.warnings)
    assert profile.not_identified
    assert all(np.isfinite(row.threshold_db_hl.mean) for row in profile.frequencies)


def test_one_frequency_is_fitted_and_the_others_are_named() -> None:
    profile = fitted(trials_of(simulated_blocks([detection((1000.0,)), loudness((1000.0,))], seed=56)))
    assert profile.diagnostics.is_converged
    (untested,) = (s for s in profile.not_identified if s.startswith("No trial was presented"))
    assert "1000" not in untested
    assert "8000 Hz" in untested


def test_levels_without_a_transducer_are_fitted_with_a_warning() -> None:
    trials, _ = both_tasks()
    profile = fitted(replace(trials, transducer=None))
    assert any("transducer was not stated" in warning for warning in profile.diagnostics.warnings)
    assert profile.provenance.standards == ()


def test_the_audiogram_is_carried_along_and_not_used() -> None:
    trials, profile = both_tasks()
    audiogram = standard_audiogram("N5")
    compared = fitted(trials, audiogram=audiogram)
    assert compared.measured_audiogram == audiogram
    assert compared.posterior == profile.posterior


def test_an_audiogram_of_the_other_ear_an_unknown_method_and_prior_are_refused_together() -> None:
    trials, _ = both_tasks()
    right = Audiogram("L001", (Threshold(Ear.RIGHT, 1000.0, 20.0),))
    with pytest.raises(InputError) as caught:
        fit_trials(trials, audiogram=right, method="magic", seed=0, prior="vague")
    assert len(caught.value.problems) == 3
    assert "The prior 'vague' is not known" in str(caught.value)
    assert "'magic' is not known" in str(caught.value)
    assert "left ear, but the audiogram has right ear" in str(caught.value)


def test_a_flat_prior_widens_what_the_answers_leave_open_and_is_told() -> None:
    trials, usual = detection_only()
    flat = fit_trials(trials, audiogram=None, method="map", seed=0, prior="flat")
    assert flat.diagnostics.is_converged
    assert (usual.provenance.prior, flat.provenance.prior) == ("population", "flat")
    for knot, (with_people, without) in enumerate(zip(usual.frequencies, flat.frequencies, strict=True)):
        own, other = with_people.threshold_db_hl, without.threshold_db_hl
        if knot in KNOTS:
            assert abs(own.mean - other.mean) < own.sd + other.sd
        else:
            assert other.sd > own.sd
        # Tones tell nothing of the exponent, with either prior.
        assert without.compression_exponent.data_share == pytest.approx(0.0, abs=0.2)


def test_two_protocols_of_one_name_are_refused() -> None:
    (block,) = simulated_blocks([detection()], seed=1)
    other = replace(block, protocol=replace(block.protocol, stimulus=replace(block.protocol.stimulus, duration_s=0.2)))
    with pytest.raises(InputError, match="two different protocols of the name pure_tone_detection"):
        fit_trials(trials_of([block, other]), audiogram=None, method="map", seed=1)


def test_an_audiogram_as_data_is_fitted_with_a_warning() -> None:
    protocol = load_protocol("stored_thresholds")
    audiogram = standard_audiogram("N3")
    trials = trials_of(simulated_blocks([loudness()], seed=1))
    joined, _ = with_stored_thresholds(trials, audiogram, protocol, source="N3")
    profile = fit_trials(joined, audiogram=audiogram, method="map", seed=1)
    assert any(told.startswith("Stored thresholds are among the data") for told in profile.diagnostics.warnings)
    assert not any("are the same" in told for told in profile.diagnostics.warnings)
    assert not any("Tone detection was not measured" in told for told in profile.not_identified)
    assert {curve.protocol for curve in profile.curves} == {"categorical_loudness"}


def test_no_trials_are_refused() -> None:
    with pytest.raises(InputError, match="no trials of the left ear"):
        fitted(trials_of([]))
