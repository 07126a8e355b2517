"""Temporal masking curves: published values of normal ears, what they tell of an ear, and the way back to it."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import norm

from hearfit.audiology.bisgaard import standard_audiogram
from hearfit.audiology.retspl import reference_thresholds
from hearfit.experiment.conditions import Conditions
from hearfit.experiment.protocol import Protocol
from hearfit.experiment.stimulus_columns import GAP, TONE_MASKER_FREQUENCY, TONE_MASKER_LEVEL
from hearfit.inference.curves import response_curves
from hearfit.inference.data import own_sensitivities
from hearfit.inference.diagnostics import warnings_of
from hearfit.inference.estimates import observer_estimates
from hearfit.inference.forward_masking_design import masker_levels
from hearfit.inference.frequency_estimates import frequency_estimates
from hearfit.inference.information import plan_session
from hearfit.inference.laplace import laplace
from hearfit.inference.simulate import normal_position, position_from_thresholds, thresholds_at_knots
from hearfit.inference.start import starting_point
from hearfit.inference.task_model import RECOVERY_TIME, TAIL_LEVEL, TASK_SENSITIVITY
from hearfit.listener.normal import AUDIOMETRIC_FREQUENCIES_HZ, NORMAL
from hearfit.listener.parameters import DEFAULT_PRIOR, NUM_KNOTS, PARAMETER_NAMES, cochlear_coordinates
from hearfit.protocols.loader import load_protocol
from tests.inference.sessions import (
    TRANSDUCER,
    detection,
    expected_sd,
    loudness,
    mode_of,
    simulated,
    simulated_blocks,
    truth,
)

pytestmark = pytest.mark.usefixtures("float64")

FREQUENCIES_HZ = (500.0, 1000.0, 2000.0, 4000.0)
TESTED = [AUDIOMETRIC_FREQUENCIES_HZ.index(frequency) for frequency in FREQUENCIES_HZ]
CRITERION = np.array([NORMAL.threshold_detectability])
GAPS_MS = (10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0)

# One normal ear: level in dB SPL of the 16 ms probe (10 dB above its threshold), and of on-frequency maskers of 108 ms
# that just mask it at each of `GAPS_MS`; those of half the frequency at a gap of 10 ms, of two normal ears.
# Participant CMA, left ear (and right), in the profiles of the model of Meddis et al., github.com/rmeddis/MAP,
# profiles/profile_CMA_L.m. The protocol has the durations of that experiment.
PROBE_DB_SPL = {500.0: 25.4, 1000.0: 25.2, 2000.0: 22.0, 4000.0: 21.65}
ON_FREQUENCY_DB_SPL = {
    500.0: (27.60, 40.87, 44.97, 56.03, 52.97, 73.27, 66.77, 78.97),
    1000.0: (26.90, 31.93, 42.30, 49.33, 57.97, 72.23, 77.73, 81.80),
    2000.0: (20.37, 32.03, 44.20, 44.67, 53.17, 64.63, 82.67, 90.77),
    4000.0: (20.90, 26.20, 30.13, 44.20, 67.03, 84.83, 89.47, 93.90),
}
OCTAVE_BELOW_DB_SPL = {1000.0: (51.27, 57.25), 2000.0: (42.03, 61.25), 4000.0: (55.93, 66.85)}


def curve_protocol(*, gaps_ms: tuple[float, ...] = GAPS_MS, **changes: object) -> Protocol:
    protocol = load_protocol("temporal_masking_curve")
    # mypy does not know which fields the keywords name.
    return replace(protocol, design=replace(protocol.design, gaps_ms=gaps_ms, **changes))  # type: ignore[arg-type]


def curve(position: np.ndarray, frequency_hz: float, ratio: float) -> tuple[float, np.ndarray]:
    """Level of the probe in dB SPL, and of the masker at threshold for each gap."""
    probe, masker = masker_levels(
        curve_protocol(),
        position,
        [(frequency_hz, ratio * frequency_hz)],
        detectability=CRITERION,
        transducer=TRANSDUCER,
        normal=NORMAL,
    )
    zero_db_hl = float(reference_thresholds(TRANSDUCER).at(np.array(frequency_hz)))
    return float(probe[0]) + zero_db_hl, masker[0, :, 0]


def slope_db_per_ms(masker_db: np.ndarray) -> float:
    """From 20 to 60 ms, where the published compression ratios were read."""
    inside = (np.array(GAPS_MS) >= 20.0) & (np.array(GAPS_MS) <= 60.0)
    return float(np.polyfit(np.array(GAPS_MS)[inside], masker_db[inside], 1)[0])


@cache
def normal_curve(frequency_hz: float, ratio: float) -> tuple[float, np.ndarray]:
    return curve(normal_position(NORMAL), frequency_hz, ratio)


@pytest.mark.parametrize("frequency_hz", [1000.0, 2000.0, 4000.0])
def test_the_compression_ratio_of_a_normal_ear_is_between_three_and_five(frequency_hz: float) -> None:
    # Truth: Lopez-Poveda, Plack & Meddis 2003, 0.5 to 8 kHz; off-frequency maskers at half the frequency.
    _, on = normal_curve(frequency_hz, 1.0)
    _, off = normal_curve(frequency_hz, 0.5)
    assert 0.2 <= slope_db_per_ms(off) <= 0.3
    assert 3.0 <= slope_db_per_ms(on) / slope_db_per_ms(off) <= 5.0


def test_at_500_hz_every_masker_is_compressed() -> None:
    # Truth: Lopez-Poveda, Plack & Meddis 2003: the slopes for a 500 Hz probe do not change with masker frequency.
    (_, on), (_, off) = normal_curve(500.0, 1.0), normal_curve(500.0, 0.5)
    assert slope_db_per_ms(off) == pytest.approx(slope_db_per_ms(on), rel=0.2)


def test_on_frequency_masker_levels_are_those_of_a_normal_ear() -> None:
    # Truth: the mean curve of one ear, re the level of its probes, because this ear hears better than the average.
    measured = np.mean([np.array(ON_FREQUENCY_DB_SPL[f]) - PROBE_DB_SPL[f] for f in FREQUENCIES_HZ], axis=0)
    model = np.mean([masker - probe for probe, masker in (normal_curve(f, 1.0) for f in FREQUENCIES_HZ)], axis=0)
    print("masker re probe at gaps of", GAPS_MS, "ms: measured", measured.round(1), "model", model.round(1))
    np.testing.assert_allclose(model[:4], measured[:4], atol=6.0)
    np.testing.assert_allclose(model, measured, atol=15.0)
    assert slope_db_per_ms(model) == pytest.approx(slope_db_per_ms(measured), rel=0.35)


@pytest.mark.parametrize("frequency_hz", [1000.0, 2000.0, 4000.0])
def test_off_frequency_masker_levels_are_within_those_of_normal_ears(frequency_hz: float) -> None:
    # Truth: two ears; ears differ by an SD of some 10 dB, and the model's normal threshold lies higher than theirs.
    _, masker = normal_curve(frequency_hz, 0.5)
    assert masker[0] == pytest.approx(np.mean(OCTAVE_BELOW_DB_SPL[frequency_hz]), abs=20.0)
    _, on = normal_curve(frequency_hz, 1.0)
    # Fixed probe levels: the curves of a normal ear are far apart at short gaps and meet at long ones.
    assert masker[0] - on[0] > 20.0
    assert masker[-1] - on[-1] < 5.0


@pytest.mark.parametrize("exponent", [0.6, 1.0])
def test_the_ratio_of_the_slopes_is_the_reciprocal_of_the_exponent(exponent: float) -> None:
    # Closed form: 8.686 / (alpha tau) against 8.686 / tau; a linear ear has a ratio of one.
    position = normal_position(NORMAL)
    share, threshold = cochlear_coordinates(np.full(NUM_KNOTS, exponent), np.zeros(NUM_KNOTS))
    position[:NUM_KNOTS], position[NUM_KNOTS : 2 * NUM_KNOTS] = share, threshold
    (_, on), (_, off) = curve(position, 2000.0, 1.0), curve(position, 2000.0, 0.5)
    assert slope_db_per_ms(on) / slope_db_per_ms(off) == pytest.approx(1.0 / exponent, rel=0.02)
    assert slope_db_per_ms(off) == pytest.approx(8.686e-3 / NORMAL.recovery_time_s, rel=0.02)


def test_answers_of_a_normal_ear_give_its_compression_ratio() -> None:
    # Truth: 3 to 5, from simulated answers by a psychometric function at each gap, as a laboratory would.
    protocol = curve_protocol(gaps_ms=(20.0, 40.0, 60.0), frequency_hz=(2000.0,), repetitions=60, catch_trials=0)
    (block,) = simulated_blocks([protocol], seed=8, position=normal_position(NORMAL))
    slopes = []
    for masker_hz in np.unique(block.parameters[TONE_MASKER_FREQUENCY]):
        levels = []
        for gap in (20.0, 40.0, 60.0):
            own = (block.parameters[TONE_MASKER_FREQUENCY] == masker_hz) & (block.parameters[GAP] == gap)
            level, heard = block.parameters[TONE_MASKER_LEVEL][own], block.response[own]

            def cost(at: np.ndarray, level: np.ndarray = level, heard: np.ndarray = heard) -> float:
                share = 0.05 + 0.94 * norm.cdf((at[0] - level) / np.exp(at[1]))
                return -float(np.sum(np.log(np.where(heard == 1, share, 1.0 - share))))

            levels.append(minimize(cost, [float(level.mean()), 1.0], method="Nelder-Mead").x[0])
        slopes.append(np.polyfit((20.0, 40.0, 60.0), levels, 1)[0])
    off, on = slopes
    assert 3.0 <= on / off <= 5.0


@cache
def planned_sd(*names: str) -> np.ndarray:
    """Expected SDs at the tested frequencies for the standard audiogram N3, 65 % of each loss in compression."""
    audiogram = standard_audiogram("N3")
    position = position_from_thresholds(
        thresholds_at_knots(audiogram, audiogram.ears()[0]), outer_hair_cell_share=0.65, normal=NORMAL
    )
    protocols = [load_protocol(name) for name in names]
    session = plan_session(protocols, position, transducer=TRANSDUCER, prior=DEFAULT_PRIOR, normal=NORMAL)
    return np.asarray(expected_sd(session.posterior())[:, TESTED])


def test_a_session_with_them_knows_compression_and_attenuation_better() -> None:
    before = planned_sd("pure_tone_detection", "categorical_loudness")
    after = planned_sd("pure_tone_detection", "categorical_loudness", "temporal_masking_curve")
    for name, row in (("exponent", 1), ("attenuation", 2)):
        print(name, "at", FREQUENCIES_HZ, "Hz without", before[row].round(3), "with", after[row].round(3))
        assert np.all(after[row] < 0.9 * before[row])


def test_with_tone_detection_they_are_worth_a_loudness_scaling() -> None:
    alone = planned_sd("pure_tone_detection")
    curves = planned_sd("pure_tone_detection", "temporal_masking_curve")
    scaling = planned_sd("pure_tone_detection", "categorical_loudness")
    assert np.all(curves[1] < 0.85 * alone[1])
    np.testing.assert_allclose(curves[1], scaling[1], rtol=0.3)


def test_without_off_frequency_maskers_the_rate_of_recovery_stays_unknown() -> None:
    # In an ear with a loss everywhere: where there is none, the exponent is known to be normal.
    position = position_from_thresholds(np.full(NUM_KNOTS, 45.0), outer_hair_cell_share=0.65, normal=NORMAL)
    recovery = []
    for ratios in ((1.0,), (0.55, 1.0)):
        protocols = [load_protocol("pure_tone_detection"), curve_protocol(masker_frequency_ratios=ratios)]
        session = plan_session(protocols, position, transducer=TRANSDUCER, prior=DEFAULT_PRIOR, normal=NORMAL)
        recovery.append(float(np.sqrt(session.posterior().covariance[RECOVERY_TIME, RECOVERY_TIME])))
    assert recovery[1] < 0.7 * recovery[0], recovery


@cache
def answered() -> tuple[Conditions, ...]:
    protocol = curve_protocol(gaps_ms=(10.0, 30.0, 50.0), frequency_hz=(500.0, 2000.0), repetitions=6)
    return tuple(simulated([detection((500.0, 2000.0)), protocol], seed=12))


def test_the_way_back_to_the_listener() -> None:
    posterior = laplace(mode_of(answered()), DEFAULT_PRIOR)
    error = (posterior.mode - truth()) / np.sqrt(np.diag(posterior.covariance))
    assert np.abs(error).max() < 4.0
    measured = [TASK_SENSITIVITY["forward masking"], RECOVERY_TIME, TAIL_LEVEL]
    assert all(posterior.data_share[i] > 0.4 for i in measured)
    assert [PARAMETER_NAMES[i] for i in measured] == [
        "log sensitivity in forward masking",
        "log recovery time from forward masking",
        "level of the tail of tuning",
    ]


def test_they_count_as_a_measurement_of_compression_and_not_of_selectivity() -> None:
    posterior = laplace(mode_of(answered()), DEFAULT_PRIOR)
    rows, sentences = frequency_estimates(answered(), posterior, DEFAULT_PRIOR, normal=NORMAL, seed=1)
    assert not any(sentence.startswith("Loudness was not measured") for sentence in sentences)
    assert any(sentence.startswith("Lateral inhibition and the equivalent bandwidth were") for sentence in sentences)
    assert all(row.inhibition.data_share == 0.0 for row in rows)
    assert (rows[TESTED[2]].compression_exponent.data_share or 0.0) > 0.2
    observer = observer_estimates(
        posterior,
        frozenset({answered()[0].protocol.task}),
        has_masker=False,
        own_sensitivities=own_sensitivities(answered()),
    )
    assert {
        "sensitivity in forward masking",
        "time of recovery from a masker re normal",
        "level of the tail of tuning re normal",
    } <= {row.name for row in observer}
    assert any("overestimated by up to a factor of two" in text for text in warnings_of(answered(), TRANSDUCER))


def test_probes_after_maskers_are_no_thresholds_in_quiet() -> None:
    # Alone they leave the search at the prior, and the report says so.
    (_, alone) = answered()
    np.testing.assert_array_equal(starting_point([alone], DEFAULT_PRIOR, NORMAL), 0.0)
    posterior = laplace(mode_of([alone]), DEFAULT_PRIOR)
    _, sentences = frequency_estimates([alone], posterior, DEFAULT_PRIOR, normal=NORMAL, seed=1)
    assert any(sentence.startswith("No sound was presented in quiet.") for sentence in sentences)


def test_curves_are_over_the_level_of_the_masker_for_each_gap() -> None:
    conditions = [*answered(), *simulated([loudness((2000.0,))], seed=2)]
    posterior = laplace(mode_of(conditions), DEFAULT_PRIOR)
    drawn = response_curves(conditions, posterior, transducer=TRANSDUCER, normal=NORMAL)
    curves = [own for own in drawn if own.protocol == "temporal_masking_curve"]
    assert {own.x_column for own in curves} == {TONE_MASKER_LEVEL}
    assert {own.x_column for own in drawn if own not in curves} == {"level_db_hl"}
    settings = [(own.parameters[TONE_MASKER_FREQUENCY], own.parameters[GAP]) for own in curves]
    assert len(set(settings)) == len(settings)
    assert {(2000.0, 10.0), (1100.0, 30.0)} <= set(settings)
    # The louder the masker, the fewer probes are heard; every answer is in one curve, the catch trials too.
    assert all(np.all(np.diff(own.predicted) < 1e-9) for own in curves)
    assert sum(a.count for own in curves for a in own.answers) == int(conditions[1].counts.sum())
    assert any(a.x is None for own in curves for a in own.answers)
