"""Notched noise end to end: published normal values, what it adds to a session, and the way back to the listener."""

from dataclasses import replace
from functools import cache

import jax
import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import norm

from hearfit.audiology.audiogram import Ear
from hearfit.audiology.bisgaard import standard_audiogram
from hearfit.audiology.retspl import reference_thresholds
from hearfit.experiment.conditions import collapse
from hearfit.experiment.protocol import Notch, Protocol
from hearfit.experiment.stimulus_columns import LEVEL, MASKER_LEVEL, NOTCH_LOWER, NOTCH_UPPER
from hearfit.experiment.trials import TrialBlock
from hearfit.inference.curves import response_curves
from hearfit.inference.information import plan_session
from hearfit.inference.laplace import laplace
from hearfit.inference.simulate import normal_position, planned_block, position_from_thresholds, thresholds_at_knots
from hearfit.listener.normal import AUDIOMETRIC_FREQUENCIES_HZ, NORMAL
from hearfit.listener.parameters import DEFAULT_PRIOR, NUM_KNOTS, inhibition_coordinate
from hearfit.protocols.loader import load_protocol
from tests.inference.sessions import (
    TRANSDUCER,
    detection,
    expected_sd,
    loudness,
    mode_of,
    notched_noise,
    simulated,
    simulated_blocks,
    truth,
)

pytestmark = pytest.mark.usefixtures("float64")

FREQUENCIES_HZ = (500.0, 1000.0, 2000.0, 4000.0)
SYMMETRIC = (0.0, 0.05, 0.1, 0.2, 0.3)
OUTER_EDGE = 0.8
REFERENCE = reference_thresholds(TRANSDUCER)
TESTED = [AUDIOMETRIC_FREQUENCIES_HZ.index(frequency) for frequency in FREQUENCIES_HZ]


def fixed_masker_session() -> Protocol:
    """Symmetric notches, many answers each."""
    protocol = load_protocol("notched_noise")
    notches = tuple(Notch(width, width) for width in SYMMETRIC)
    return replace(protocol, design=replace(protocol.design, notches=notches, repetitions=60, catch_trials=0))


@cache
def normal_session() -> TrialBlock:
    """Answers of a normal ear."""
    (block,) = simulated_blocks([fixed_masker_session()], seed=8, position=normal_position(NORMAL))
    return block


def measured_thresholds(block: TrialBlock, frequency_hz: float) -> tuple[np.ndarray, float]:
    """Levels in dB HL at which half of the tones are heard, by a cumulative normal curve a notch; and the noise."""
    levels = []
    for width in SYMMETRIC:
        own = (block.frequency_hz == frequency_hz) & (block.parameters[NOTCH_LOWER] == width)
        level, heard = block.level_db_hl[own], block.response[own]

        def cost(at: np.ndarray, level: np.ndarray = level, heard: np.ndarray = heard) -> float:
            # False alarms of 5 % and lapses of 2 %, as the simulated listener has.
            share = 0.05 + 0.94 * norm.cdf((level - at[0]) / np.exp(at[1]))
            return -float(np.sum(np.log(np.where(heard == 1, share, 1.0 - share))))

        levels.append(minimize(cost, [float(level.mean()), 1.0], method="Nelder-Mead").x[0])
    (noise,) = np.unique(block.parameters[MASKER_LEVEL][block.frequency_hz == frequency_hz])
    return np.array(levels), float(noise)


def roex_bandwidth_hz(threshold_db_hl: np.ndarray, frequency_hz: float) -> float:
    """4 f/p of the roex(p) filter that fits best; the noise at the cochlea is what the transducer's thresholds leave.

    Patterson et al. 1982; corrected for transmission as by Glasberg & Moore 1990.
    """
    deviation = np.linspace(-OUTER_EDGE, OUTER_EDGE, 16_001)
    at_hz = np.log(frequency_hz * (1.0 + deviation))
    transmitted = 10.0 ** (-np.interp(at_hz, np.log(REFERENCE.frequency_hz), REFERENCE.level_db_spl) / 10.0)

    def passed(slope_p: float, width: float) -> float:
        weight = (1.0 + slope_p * np.abs(deviation)) * np.exp(-slope_p * np.abs(deviation))
        return float(np.sum(weight * transmitted * (np.abs(deviation) >= width - 1e-9)))

    def cost(at: np.ndarray) -> float:
        residual = threshold_db_hl - 10.0 * np.log10([passed(float(np.exp(at[0])), width) for width in SYMMETRIC])
        return float(np.sum((residual - residual.mean()) ** 2))

    best = minimize(cost, [np.log(25.0)], method="Nelder-Mead", options={"xatol": 1e-3, "fatol": 1e-6})
    return float(4.0 * frequency_hz / np.exp(best.x[0]))


@pytest.mark.parametrize("frequency_hz", FREQUENCIES_HZ)
def test_simulated_answers_of_a_normal_ear_have_the_bandwidth_of_glasberg_and_moore(frequency_hz: float) -> None:
    # Truth: 24.7 (4.37 f + 1), to 15 %. The way there shares nothing with the model: a psychometric function for each
    # notch, and a roex(p) filter through their thresholds.
    levels, _ = measured_thresholds(normal_session(), frequency_hz)
    found = roex_bandwidth_hz(levels, frequency_hz)
    assert found == pytest.approx(24.7 * (4.37 * frequency_hz / 1000.0 + 1.0), rel=0.15)


@pytest.mark.parametrize("frequency_hz", FREQUENCIES_HZ)
def test_tones_in_flat_noise_are_heard_by_a_normal_ear_as_published(frequency_hz: float) -> None:
    # Truth: ISO/PAS 20065: critical bandwidth 25 + 75 (1 + 1.4 f^2)^0.69 and masking index
    # -2 - lg(1 + (f/502 Hz)^2.5) dB, the level at which half of the tones are heard.
    levels, noise = measured_thresholds(normal_session(), frequency_hz)
    bandwidth = 25.0 + 75.0 * (1.0 + 1.4 * (frequency_hz / 1000.0) ** 2) ** 0.69
    expected = 10.0 * np.log10(bandwidth) - 2.0 - np.log10(1.0 + (frequency_hz / 502.0) ** 2.5)
    found = levels[0] + float(REFERENCE.at(np.array(frequency_hz))) - noise
    assert found == pytest.approx(expected, abs=2.0)


def expected_inhibition_sd(names: tuple[str, ...], audiogram: str) -> np.ndarray:
    wanted = thresholds_at_knots(standard_audiogram(audiogram), Ear.LEFT)
    position = position_from_thresholds(wanted, outer_hair_cell_share=0.65, normal=NORMAL)
    protocols = [load_protocol(name) for name in names]
    plan = plan_session(protocols, position, transducer=TRANSDUCER, prior=DEFAULT_PRIOR, normal=NORMAL)
    posterior = plan.posterior()
    coordinates = 2 * NUM_KNOTS + np.array(TESTED)
    assert expected_sd(posterior)[3, TESTED].max() < 0.15
    return np.sqrt(np.diag(posterior.covariance)[coordinates] / np.diag(DEFAULT_PRIOR.covariance)[coordinates])


@pytest.mark.parametrize("audiogram", ["N1", "N3"])
def test_notched_noise_measures_the_inhibition_that_tones_and_loudness_leave_open(audiogram: str) -> None:
    # Truth: an SD of at most 0.15 from 0.5 to 4 kHz was asked for; and, in units of the prior's SD, that tones and
    # loudness leave it as it is.
    quiet = expected_inhibition_sd(("pure_tone_detection", "categorical_loudness"), audiogram)
    masked = expected_inhibition_sd(("pure_tone_detection", "categorical_loudness", "notched_noise"), audiogram)
    assert quiet.min() > 0.9
    assert masked.max() < 0.7


def test_the_inhibition_of_a_simulated_listener_is_found_again() -> None:
    # Truth: the listener who answered, whose inhibition is 0.2 at 1 kHz and 0.45 at 4 kHz; 3 SDs.
    position = truth().copy()
    coordinates = np.interp(np.arange(NUM_KNOTS), [4, 8], inhibition_coordinate(np.array([0.2, 0.45])))
    position[2 * NUM_KNOTS : 3 * NUM_KNOTS] = coordinates
    protocols = [detection(), loudness(), notched_noise(repetitions=12)]
    posterior = laplace(mode_of(simulated(protocols, seed=21, position=position)), DEFAULT_PRIOR)
    sd = np.sqrt(np.diag(posterior.covariance))
    for knot in (4, 8):
        index = 2 * NUM_KNOTS + knot
        assert abs(posterior.mode[index] - position[index]) < 3.0 * sd[index]
        assert posterior.data_share[index] > 0.5
    assert posterior.mode[2 * NUM_KNOTS + 8] - posterior.mode[2 * NUM_KNOTS + 4] > 0.4


def test_a_session_presents_what_the_design_says() -> None:
    protocol = load_protocol("notched_noise")
    design = protocol.design
    block = planned_block(protocol, truth(), transducer=TRANSDUCER, normal=NORMAL, generator=np.random.default_rng(0))
    masker = block.parameters
    num_sounds = len(design.frequency_hz) * len(design.notches)
    assert len(block.trial) == num_sounds * (len(design.level_offsets_db) * design.repetitions + design.catch_trials)
    assert np.count_nonzero(block.is_catch) == num_sounds * design.catch_trials
    assert masker[MASKER_LEVEL].max() <= design.highest_masker_level_db_spl_per_hz
    present = set(zip(block.frequency_hz, masker[NOTCH_LOWER], masker[NOTCH_UPPER], strict=True))
    assert present == {(f, n.lower, n.upper) for f in design.frequency_hz for n in design.notches}
    # Truth: the wider the notch, the lower the tones; the masker alone has no level.
    at_1_khz = (block.frequency_hz == 1000.0) & (masker[NOTCH_LOWER] == masker[NOTCH_UPPER])
    means = [np.nanmean(block.level_db_hl[at_1_khz & (masker[NOTCH_LOWER] == width)]) for width in (0.0, 0.1, 0.2, 0.3)]
    assert np.all(np.diff(means) < 0.0)
    assert np.isnan(block.level_db_hl[block.is_catch]).all()


def test_each_notch_has_a_curve_of_its_own() -> None:
    conditions = simulated([detection((1000.0,)), notched_noise((1000.0,))], seed=3)
    with jax.enable_x64(True):
        curves = response_curves(
            conditions, laplace(mode_of(conditions), DEFAULT_PRIOR), transducer=TRANSDUCER, normal=NORMAL
        )
    quiet, *masked = curves
    assert not quiet.parameters
    found = [(c.parameters[NOTCH_LOWER], c.parameters[NOTCH_UPPER]) for c in masked]
    assert found == [(0.0, 0.0), (0.1, 0.3), (0.2, 0.2)]
    # Every answer is in one curve, and in its own.
    assert [sum(a.count for a in c.answers) for c in curves] == [7 * 4 + 6, *[5 * 4 + 1] * 3]
    assert all(np.all(np.diff(c.predicted) > -1e-9) for c in curves)


def test_of_several_masker_levels_the_most_frequent_is_drawn() -> None:
    (block,) = simulated_blocks([notched_noise((1000.0,))], seed=4)
    level = block.parameters[MASKER_LEVEL].copy()
    level[::5] -= 10.0
    conditions = collapse(replace(block, parameters={**block.parameters, MASKER_LEVEL: level}))
    posterior = laplace(mode_of([conditions]), DEFAULT_PRIOR)
    curves = response_curves([conditions], posterior, transducer=TRANSDUCER, normal=NORMAL)
    assert len(curves) == 3
    assert {c.parameters[MASKER_LEVEL] for c in curves} == {level.max()}
    drawn = sum(answer.count for curve in curves for answer in curve.answers)
    assert drawn == np.count_nonzero(level == level.max())


def test_where_the_noise_was_varied_the_curve_runs_along_its_level() -> None:
    # Truth: the design with a fixed target of Patterson (1976): every answer is drawn, louder noise masks more.
    (block,) = simulated_blocks([notched_noise((1000.0,))], seed=4)
    posterior = laplace(mode_of([collapse(block)]), DEFAULT_PRIOR)
    noise = block.parameters[MASKER_LEVEL] - np.nan_to_num(block.level_db_hl - np.nanmean(block.level_db_hl))
    tone = np.where(block.is_catch, np.nan, np.nanmean(block.level_db_hl))
    fixed_target = replace(block, level_db_hl=tone, parameters={**block.parameters, MASKER_LEVEL: noise})
    conditions = collapse(fixed_target)
    curves = response_curves([conditions], posterior, transducer=TRANSDUCER, normal=NORMAL)
    assert [(c.parameters[NOTCH_LOWER], c.parameters[NOTCH_UPPER]) for c in curves] == [(0, 0), (0.1, 0.3), (0.2, 0.2)]
    for curve in curves:
        assert curve.x_column == MASKER_LEVEL
        assert curve.parameters[LEVEL] == pytest.approx(np.nanmean(block.level_db_hl))
        assert np.all(np.diff(curve.predicted) < 1e-9)
        assert curve.predicted[0] - curve.predicted[-1] > 0.2
        own = (block.parameters[NOTCH_LOWER], block.parameters[NOTCH_UPPER])
        is_own = (own[0] == curve.parameters[NOTCH_LOWER]) & (own[1] == curve.parameters[NOTCH_UPPER])
        drawn = {x: sum(a.count for a in curve.answers if a.x == x) for x in {a.x for a in curve.answers}}
        assert {x: n for x, n in drawn.items() if x is not None} == {
            x: np.count_nonzero(is_own & ~block.is_catch & (noise == x)) for x in set(noise[is_own & ~block.is_catch])
        }
