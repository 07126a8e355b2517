"""What a planned session would pin down, against fits of simulated answers and closed forms."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import expit, logit
from scipy.stats import norm

from hearfit.audiology.audiogram import Ear
from hearfit.audiology.bisgaard import standard_audiogram
from hearfit.errors import InputError
from hearfit.experiment.conditions import collapse
from hearfit.experiment.protocol import Protocol
from hearfit.inference.data import build_fit_data
from hearfit.inference.ear_directions import QUANTITIES, ear_directions
from hearfit.inference.frequency_estimates import measured_knots
from hearfit.inference.information import plan_session
from hearfit.inference.laplace import laplace
from hearfit.inference.least_determined import least_determined, widest_combination
from hearfit.inference.likelihood import evaluate, predict
from hearfit.inference.map import SearchSettings, find_map, whitened_prior
from hearfit.inference.simulate import position_from_thresholds, simulate_block, thresholds_at_knots
from hearfit.inference.start import starting_point
from hearfit.listener.normal import AUDIOMETRIC_FREQUENCIES_HZ, NORMAL
from hearfit.listener.parameters import DEFAULT_PRIOR, NUM_KNOTS, NUM_PARAMETERS, STRONGEST_INHIBITION
from hearfit.planning import (
    SECONDS_BETWEEN_INTERVALS,
    SECONDS_BETWEEN_TRIALS,
    WANTED,
    SessionPlan,
    plan_trials,
)
from hearfit.protocols.loader import load_protocol
from tests.inference.sessions import TRANSDUCER, detection, expected_sd, loudness, notched_noise, truth

PROTOCOLS = [detection(), loudness()]


def plan(minutes: float | None = None) -> SessionPlan:
    return plan_trials(
        PROTOCOLS,
        standard_audiogram("N3"),
        Ear.LEFT,
        transducer=TRANSDUCER,
        outer_hair_cell_share=0.65,
        minutes=minutes,
    )


@pytest.mark.usefixtures("float64")
def test_information_is_the_variance_of_the_score() -> None:
    # Truth: brute force. The expected outer product of the score over all answers, trial by trial, by finite
    # differences of the log probabilities.
    session = plan_session([loudness()], truth(), transducer=TRANSDUCER, prior=DEFAULT_PRIOR, normal=NORMAL)
    (conditions,) = session.conditions
    few = replace(
        conditions,
        **{
            name: getattr(conditions, name)[::7]
            for name in ("stimulus_index", "level_db_hl", "interval_count", "is_catch", "counts")
        },
    )
    prior = whitened_prior(DEFAULT_PRIOR)
    data = build_fit_data([few], transducer=TRANSDUCER, normal=NORMAL)
    at = np.linalg.solve(prior.factor, truth() - prior.mean)
    directions = (0, 2, NUM_KNOTS + 4, 3 * NUM_KNOTS + 3)

    def probability(whitened: np.ndarray) -> np.ndarray:
        (responses,) = predict(prior.mean + prior.factor @ whitened, data, normal=NORMAL)
        return np.asarray(responses.probability)

    step = 1e-4
    slopes = np.stack(
        [
            (probability(at + step * np.eye(NUM_PARAMETERS)[i]) - probability(at - step * np.eye(NUM_PARAMETERS)[i]))
            / (2.0 * step)
            for i in directions
        ]
    )
    trials = few.counts.sum(axis=1)
    brute = np.einsum("icr,jcr,cr,c->ij", slopes, slopes, 1.0 / probability(at), trials)
    fisher = evaluate(at, prior, data, normal=NORMAL).fisher[np.ix_(directions, directions)]
    np.testing.assert_allclose(fisher, brute, rtol=1e-3, atol=1e-3 * np.abs(brute).max())


@pytest.mark.usefixtures("float64")
def test_the_order_of_trials_and_the_answers_do_not_matter() -> None:
    # Truth: the information of a simulated session of the same design, at the same ear.
    session = plan_session(PROTOCOLS, truth(), transducer=TRANSDUCER, prior=DEFAULT_PRIOR, normal=NORMAL)
    generator = np.random.default_rng(5)
    blocks = [simulate_block(p, truth(), transducer=TRANSDUCER, normal=NORMAL, generator=generator) for p in PROTOCOLS]
    prior = whitened_prior(DEFAULT_PRIOR)
    data = build_fit_data([collapse(b) for b in blocks], transducer=TRANSDUCER, normal=NORMAL)
    at = np.linalg.solve(prior.factor, truth() - prior.mean)
    np.testing.assert_allclose(session.fisher, evaluate(at, prior, data, normal=NORMAL).fisher, rtol=1e-6, atol=1e-6)


@pytest.mark.slow
@pytest.mark.usefixtures("float64")
def test_expected_sd_of_thresholds_is_that_of_fits() -> None:
    # Truth: 40 simulated sessions of one ear. An SD from 40 fits is known to 11 %; shrinkage towards the prior makes
    # the scatter of modes a little smaller than the posterior SD.
    session = plan_session(PROTOCOLS, truth(), transducer=TRANSDUCER, prior=DEFAULT_PRIOR, normal=NORMAL)
    prior = whitened_prior(DEFAULT_PRIOR)
    generator = np.random.default_rng(11)
    modes = []
    for _ in range(40):
        conditions = [
            collapse(simulate_block(p, truth(), transducer=TRANSDUCER, normal=NORMAL, generator=generator))
            for p in PROTOCOLS
        ]
        estimate = find_map(
            build_fit_data(conditions, transducer=TRANSDUCER, normal=NORMAL),
            prior,
            normal=NORMAL,
            settings=SearchSettings(tolerance_nats=1e-4),
            start=starting_point(conditions, DEFAULT_PRIOR, NORMAL),
        )
        modes.append(laplace(estimate, DEFAULT_PRIOR).mode)
    knots = NUM_KNOTS + np.array([2, 6, 8])
    covariance = session.posterior().covariance
    # Scatter of the modes of a Gaussian posterior: covariance x information x covariance.
    precision = np.linalg.inv(covariance) - np.linalg.inv(DEFAULT_PRIOR.covariance)
    expected = np.sqrt(np.diag(covariance @ precision @ covariance)[knots])
    np.testing.assert_allclose(np.std(modes, axis=0, ddof=1)[knots], expected, rtol=0.35)


@pytest.mark.slow
def test_twice_the_time_is_twice_the_trials_and_more_is_known() -> None:
    short = plan()
    long = plan(minutes=2.0 * short.minutes)
    assert long.num_trials == 2 * short.num_trials
    seconds = [p.stimulus.duration_s + SECONDS_BETWEEN_TRIALS for p in PROTOCOLS]
    counts = [3 * (7 * 4 + 6), 3 * 10 * 2]
    assert short.minutes == pytest.approx(np.dot(counts, seconds) / 60.0)
    for brief, thorough in zip(short.frequencies, long.frequencies, strict=True):
        assert thorough.num_trials == 2 * brief.num_trials
        assert thorough.threshold_db_hl.sd < brief.threshold_db_hl.sd


@pytest.mark.slow
@pytest.mark.usefixtures("float64")
def test_wanted_precision_is_reached_with_the_stated_trials_and_not_with_fewer() -> None:
    # Truth: the SDs themselves after so many trials, and after one less.
    audiogram = standard_audiogram("N3")
    position = position_from_thresholds(
        thresholds_at_knots(audiogram, Ear.LEFT), outer_hair_cell_share=0.65, normal=NORMAL
    )
    session = plan_session(PROTOCOLS, position, transducer=TRANSDUCER, prior=DEFAULT_PRIOR, normal=NORMAL)
    planned = plan_trials(
        PROTOCOLS,
        audiogram,
        Ear.LEFT,
        transducer=TRANSDUCER,
        outer_hair_cell_share=0.65,
        wanted={"threshold": 2.5},
    )
    reached = {precision.quantity: precision for precision in planned.precisions}
    assert {name: each.wanted_sd for name, each in reached.items()} == WANTED | {"threshold": 2.5}
    tested = [2, 6, 8]
    for row, name in enumerate(QUANTITIES[:2]):
        trials = reached[name].num_trials
        assert trials is not None
        for fewer, is_enough in ((0, True), (1, False)):
            sds = expected_sd(session.posterior(sessions=(trials - fewer) / session.num_trials))[row, tested]
            assert bool(sds.max() <= reached[name].wanted_sd) is is_enough
    # Neither of these tests sees lateral inhibition.
    assert reached["lateral inhibition"].num_trials is None
    assert [precision.is_measured for precision in reached.values()] == [True, True, True, False]


@pytest.mark.usefixtures("float64")
def test_more_sessions_never_know_less() -> None:
    session = plan_session(PROTOCOLS, truth(), transducer=TRANSDUCER, prior=DEFAULT_PRIOR, normal=NORMAL)
    sds = [expected_sd(session.posterior(sessions=n)) for n in (0.0, 0.5, 1.0, 4.0)]
    for less, more in pairwise(sds):
        assert np.all(more <= less * (1.0 + 1e-9))
    for own, n in zip(sds, (0.0, 0.5, 1.0, 4.0), strict=True):
        np.testing.assert_allclose(session.sds_along(ear_directions(truth()), sessions=n), own, rtol=1e-8)
    # Without any session the prior is all.
    np.testing.assert_allclose(session.posterior(sessions=0.0).covariance, DEFAULT_PRIOR.covariance, rtol=1e-6)


@pytest.mark.usefixtures("float64")
def test_what_is_left_widest_is_what_these_tests_cannot_see() -> None:
    session = plan_session([detection()], truth(), transducer=TRANSDUCER, prior=DEFAULT_PRIOR, normal=NORMAL)
    direction = least_determined(session.posterior(), measured_knots(session.conditions))
    assert direction is not None
    assert direction.data_share < 0.01
    assert {part.quantity for part in direction.parts} == {"division of the loss"}
    assert {part.frequency_hz for part in direction.parts} <= {500.0, 2000.0, 4000.0}
    thresholds, _ = widest_combination(session.posterior(), [NUM_KNOTS + 2, NUM_KNOTS + 6])
    assert thresholds > 0.5


def test_unknown_priors_are_refused_and_known_ones_matter() -> None:
    def planned(prior: str) -> SessionPlan:
        return plan_trials(
            [detection([1000.0])],
            standard_audiogram("N3"),
            Ear.LEFT,
            transducer=TRANSDUCER,
            outer_hair_cell_share=0.65,
            prior=prior,
        )

    with pytest.raises(InputError, match="'vague' is not known"):
        planned("vague")
    usual, flat = planned("population"), planned("flat")
    assert (usual.prior, flat.prior) == ("population", "flat")
    assert flat.frequencies[1].threshold_db_hl.sd > usual.frequencies[1].threshold_db_hl.sd


def test_precision_that_nobody_can_want_is_refused() -> None:
    with pytest.raises(InputError) as refusal:
        plan_trials(
            PROTOCOLS,
            standard_audiogram("N3"),
            Ear.LEFT,
            transducer=TRANSDUCER,
            outer_hair_cell_share=0.65,
            wanted={"loudness": 1.0, "threshold": 0.0, "attenuation": float("nan")},
        )
    unknown, none, nothing = refusal.value.problems
    assert "'loudness', which is no quantity of a profile. Quantities are threshold, compression exponent," in unknown
    assert "wanted of the threshold is 0; it must be more than 0 and at most 1000" in none
    assert "wanted of the attenuation is nan" in nothing


@pytest.mark.parametrize(("share", "minutes", "problem"), [(1.5, None, "share is 1.5"), (0.5, 0.0, "longer than 0")])
def test_impossible_plans_are_refused(share: float, minutes: float | None, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        plan_trials(
            PROTOCOLS,
            standard_audiogram("N3"),
            Ear.LEFT,
            transducer=TRANSDUCER,
            outer_hair_cell_share=share,
            minutes=minutes,
        )


def n3_plan(*protocols: Protocol, inhibition: float | None = None, prior: str = "population") -> SessionPlan:
    return plan_trials(
        protocols,
        standard_audiogram("N3"),
        Ear.LEFT,
        transducer=TRANSDUCER,
        outer_hair_cell_share=0.65,
        inhibition=inhibition,
        prior=prior,
    )


@pytest.fixture(scope="module")
def selective() -> dict[float, SessionPlan]:
    """Plans of one frequency of notched noise, for a weak and the normal inhibition."""
    protocol = notched_noise([500.0])
    return {strength: n3_plan(protocol, inhibition=strength) for strength in (0.1, 0.5)}


def _strength(middle: float, deviation: float) -> float:
    return float(STRONGEST_INHIBITION * expit(middle + deviation))


def _spread(function: Callable[[float], float], sd: float) -> float:
    """SD of a function of a Gaussian coordinate about 0, by adaptive quadrature."""

    def moment(power: int) -> float:
        return float(quad(lambda z: function(sd * z) ** power * norm.pdf(z), -9.0, 9.0)[0])

    return float(np.sqrt(moment(2) - moment(1) ** 2))


@pytest.mark.slow
def test_without_a_session_the_prior_is_all_that_is_known(selective: dict[float, SessionPlan]) -> None:
    # Truth: moments of w_max expit(y), y Gaussian about the assumed strength with the prior's SD, by quadrature; and
    # 400,000 ears from the prior for the attenuation, by the formulas of `hearfit.listener.parameters`.
    (sd,) = {float(np.sqrt(variance)) for variance in np.diag(DEFAULT_PRIOR.inhibition.covariance()).round(12)}
    for strength, planned in selective.items():
        assert planned.inhibition == strength
        middle = float(logit(strength / STRONGEST_INHIBITION))
        expected = _spread(partial(_strength, middle), sd)
        for alone in planned.prior_sds:
            assert alone.inhibition == pytest.approx(expected, rel=1e-3)
    planned, knot = selective[0.5], AUDIOMETRIC_FREQUENCIES_HZ.index(500.0)
    generator = np.random.default_rng(3)
    logits = logit(0.65) + np.sqrt(DEFAULT_PRIOR.compressive_share_logit.covariance()[knot, knot]) * (
        generator.standard_normal(400_000)
    )
    row = planned.frequencies[knot]
    deviation = np.sqrt(DEFAULT_PRIOR.covariance[NUM_KNOTS + knot, NUM_KNOTS + knot])
    loss = np.logaddexp(0.0, row.threshold_db_hl.mean + deviation * generator.standard_normal(400_000))
    attenuation = loss * (1.0 - expit(logits))
    assert planned.prior_sds[knot].attenuation_db == pytest.approx(float(attenuation.std()), rel=0.05)
    for alone, row in zip(planned.prior_sds, planned.frequencies, strict=True):
        assert alone.frequency_hz == row.frequency_hz
        assert row.inhibition.sd <= alone.inhibition
        assert row.threshold_db_hl.sd <= alone.threshold_db_hl


@pytest.mark.slow
def test_a_precision_that_the_prior_has_needs_no_trial(selective: dict[float, SessionPlan]) -> None:
    # Truth: the delta method in closed form, SD(w) = w (1 - w / w_max) SD(y): at most 0.149 with the population prior.
    for planned in selective.values():
        precision = planned.precisions[3]
        assert (precision.quantity, precision.num_trials, precision.is_measured) == ("lateral inhibition", 0, True)
    assert all(precision.num_trials != 0 for planned in selective.values() for precision in planned.precisions[:3])
    # The flat prior alone leaves 0.275 / 2 * 1.7 = 0.23.
    trials = n3_plan(notched_noise([1000.0]), inhibition=0.275, prior="flat").precisions[3].num_trials
    assert trials is not None
    assert trials > 0


@pytest.mark.slow
def test_weaker_inhibition_is_planned_with_broader_filters(selective: dict[float, SessionPlan]) -> None:
    # Truth: inhibition narrows the filters of this model, here at 500 Hz by a fifth: 88 Hz at 0.1 and 73 Hz at 0.5.
    knot = AUDIOMETRIC_FREQUENCIES_HZ.index(500.0)
    weak, normal = (selective[strength].frequencies[knot].equivalent_bandwidth_hz.mean for strength in (0.1, 0.5))
    assert weak > 1.1 * normal


def test_each_interval_of_a_trial_takes_its_time() -> None:
    # Truth: two more sounds and two more gaps in each of 28 trials; without catch trials the counts are the same.
    once, thrice = (n3_plan(detection([1000.0], catch_trials=0, interval_count=intervals)) for intervals in (1, 3))
    assert once.num_trials == thrice.num_trials == 28
    assert once.inhibition == NORMAL.inhibition
    sound_s = detection().stimulus.duration_s
    assert once.minutes == pytest.approx(28 * (sound_s + SECONDS_BETWEEN_TRIALS) / 60.0)
    more_s = 28 * 2 * (sound_s + SECONDS_BETWEEN_INTERVALS)
    assert thrice.minutes - once.minutes == pytest.approx(more_s / 60.0)


@pytest.mark.slow
def test_stored_thresholds_take_no_time_of_the_session() -> None:
    # Truth: they were measured before it.
    stored, tones = load_protocol("stored_thresholds"), detection([1000.0])
    both = n3_plan(stored, tones)
    assert both.minutes == pytest.approx(34 * (tones.stimulus.duration_s + SECONDS_BETWEEN_TRIALS) / 60.0)
    with pytest.raises(InputError, match="cannot fill 10 minutes"):
        plan_trials(
            [stored],
            standard_audiogram("N3"),
            Ear.LEFT,
            transducer=TRANSDUCER,
            outer_hair_cell_share=0.65,
            minutes=10.0,
        )


@pytest.mark.parametrize("inhibition", [0.0, 0.55, 0.9, float("nan")])
def test_an_inhibition_that_no_ear_has_is_refused(inhibition: float) -> None:
    with pytest.raises(InputError, match=r"must be more than 0 and less than 0\.55"):
        n3_plan(detection([1000.0]), inhibition=inhibition)
