"""Simulated listeners: their thresholds, and answers in the right proportions."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import chi2

from hearfit.audiology.audiogram import Audiogram, Conduction, Ear, Threshold
from hearfit.audiology.bisgaard import standard_audiogram
from hearfit.errors import InputError
from hearfit.experiment.conditions import collapse
from hearfit.inference.derived import tone_thresholds
from hearfit.inference.likelihood import predict
from hearfit.inference.simulate import normal_position, position_from_thresholds, simulate_block, thresholds_at_knots
from hearfit.listener.normal import AUDIOMETRIC_FREQUENCIES_HZ, NORMAL
from hearfit.listener.parameters import NUM_KNOTS, listener_at
from tests.inference.sessions import TRANSDUCER, detection, fit_data, loudness, simulated_blocks, truth

pytestmark = pytest.mark.usefixtures("float64")


def implied(position: np.ndarray) -> np.ndarray:
    return np.asarray(tone_thresholds(jnp.asarray(position[None]), normal=NORMAL))[0]


@pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 0.9])
@pytest.mark.parametrize("name", ["N1", "N3", "N7", "S2"])
def test_simulated_listener_has_the_thresholds_of_the_audiogram(name: str, share: float) -> None:
    # Truth: Bisgaard et al. 2010, from mild to profound and the steepest.
    wanted = thresholds_at_knots(standard_audiogram(name), Ear.LEFT)
    position = position_from_thresholds(wanted, outer_hair_cell_share=share, normal=NORMAL)
    np.testing.assert_allclose(implied(position), wanted, atol=0.1)


@pytest.mark.parametrize("share", [0.25, 0.75])
def test_share_of_the_loss_is_loss_of_compression(share: float) -> None:
    # Truth: closed form alpha = alpha_0 / (1 - share T/L_A) and a = (1 - share) T for a flat loss, to the 1.5 dB that
    # the skirts make; they are spread over both by the same share.
    position = position_from_thresholds(np.full(NUM_KNOTS, 50.0), outer_hair_cell_share=share, normal=NORMAL)
    listener = listener_at(jnp.asarray(position))
    explained = NORMAL.anchor_db_hl * (1.0 - NORMAL.compression_exponent / np.asarray(listener.exponent))
    np.testing.assert_allclose(explained, share * 50.0, atol=1.5)
    np.testing.assert_allclose(np.asarray(listener.attenuation_db), (1.0 - share) * 50.0, atol=1.5)


@pytest.mark.parametrize("inhibition", [0.05, 0.3, 0.54])
def test_a_listener_of_other_inhibition_has_the_same_thresholds(inhibition: float) -> None:
    # Truth: the request. Spread of excitation by broader filters is adjusted for.
    wanted = thresholds_at_knots(standard_audiogram("N3"), Ear.LEFT)
    position = position_from_thresholds(wanted, outer_hair_cell_share=0.65, normal=NORMAL, inhibition=inhibition)
    np.testing.assert_allclose(np.asarray(listener_at(jnp.asarray(position)).inhibition), inhibition)
    np.testing.assert_allclose(implied(position), wanted, atol=0.1)
    usual = position_from_thresholds(wanted, outer_hair_cell_share=0.65, normal=NORMAL)
    same = position_from_thresholds(wanted, outer_hair_cell_share=0.65, normal=NORMAL, inhibition=NORMAL.inhibition)
    np.testing.assert_array_equal(usual, same)


def test_an_ear_that_cannot_be_is_refused_with_all_its_problems() -> None:
    with pytest.raises(InputError, match="share is 2") as caught:
        position_from_thresholds(np.zeros(NUM_KNOTS), outer_hair_cell_share=2.0, normal=NORMAL, inhibition=0.55)
    assert len(caught.value.problems) == 2


def test_normal_position_is_the_normal_ear() -> None:
    listener = listener_at(jnp.asarray(normal_position(NORMAL)))
    # No attenuation stands for 0.1 % of the 0.7 dB of loss that 0 dB HL counts as.
    np.testing.assert_allclose(np.asarray(listener.exponent), NORMAL.compression_exponent, rtol=1e-3)
    np.testing.assert_allclose(np.asarray(listener.attenuation_db), 0.0, atol=0.001)
    np.testing.assert_allclose(np.asarray(listener.inhibition), NORMAL.inhibition)


def test_audiogram_is_read_on_a_log_frequency_axis_by_ear_and_conduction() -> None:
    # Truth: 20 and 40 dB HL an octave apart give 30 dB half an octave up; bone conduction and the other ear stay out.
    audiogram = Audiogram(
        "L",
        (
            Threshold(Ear.LEFT, 1000.0, 20.0),
            Threshold(Ear.LEFT, 2250.0, 40.0),
            Threshold(Ear.RIGHT, 1000.0, 90.0),
            Threshold(Ear.LEFT, 1000.0, 5.0, Conduction.BONE),
        ),
    )
    levels = dict(zip(AUDIOMETRIC_FREQUENCIES_HZ, thresholds_at_knots(audiogram, Ear.LEFT), strict=True))
    assert levels[1500.0] == pytest.approx(30.0)
    assert levels[125.0] == levels[1000.0] == 20.0
    assert levels[8000.0] == 40.0


def test_an_ear_without_air_conduction_is_refused() -> None:
    audiogram = Audiogram("L", (Threshold(Ear.LEFT, 1000.0, 5.0, Conduction.BONE),))
    with pytest.raises(InputError, match="no air-conduction threshold of the left ear"):
        thresholds_at_knots(audiogram, Ear.LEFT)


@pytest.mark.slow
def test_the_seed_decides_the_answers() -> None:
    protocols = [detection(), loudness()]
    first, again, other = (simulated_blocks(protocols, seed=seed) for seed in (3, 3, 4))
    for one, same in zip(first, again, strict=True):
        np.testing.assert_array_equal(one.response, same.response)
        np.testing.assert_array_equal(one.frequency_hz, same.frequency_hz)
    assert not np.array_equal(first[0].response, other[0].response)


def test_session_presents_what_the_design_says() -> None:
    block, scale = simulated_blocks([detection(), loudness()], seed=5)
    assert len(block.trial) == 3 * (7 * 4 + 6)
    assert block.is_catch.sum() == 18
    np.testing.assert_array_equal(np.isnan(block.level_db_hl), block.is_catch)
    np.testing.assert_array_equal(np.sort(block.trial), np.arange(1, len(block.trial) + 1))
    # Levels are re the listener's own threshold, to the decibel.
    at_2_khz = np.unique(block.level_db_hl[(block.frequency_hz == 2000.0) & ~block.is_catch])
    expected = np.round(implied(truth())[AUDIOMETRIC_FREQUENCIES_HZ.index(2000.0)] + np.arange(-9.0, 10.0, 3.0))
    np.testing.assert_array_equal(at_2_khz, expected)
    assert len(scale.trial) == 3 * 10 * 2
    assert scale.level_db_hl.max() == 105.0
    assert set(scale.response) <= set(range(0, 51, 5))
    # In random order.
    assert np.count_nonzero(np.diff(block.frequency_hz)) > 20


@pytest.mark.parametrize("interval_count", [1, 3])
def test_answers_come_in_the_proportions_of_their_probabilities(interval_count: int) -> None:
    # Truth: chi-square of 8,000 and more answers against the predicted probabilities, with its 99.9 % point; the seed
    # is fixed, so that the test never fails by chance.
    catch = 0 if interval_count > 1 else 50
    protocols = [
        detection((1000.0,), repetitions=1200, catch_trials=catch, interval_count=interval_count),
        loudness((1000.0,), repetitions=800),
    ]
    generator = np.random.default_rng(17)
    for protocol in protocols:
        block = simulate_block(protocol, truth(), transducer=TRANSDUCER, normal=NORMAL, generator=generator)
        conditions = collapse(block)
        (responses,) = predict(truth(), fit_data([conditions]), normal=NORMAL)
        expected = conditions.counts.sum(axis=1, keepdims=True) * responses.probability
        is_common = expected > 5.0
        statistic = np.sum((conditions.counts[is_common] - expected[is_common]) ** 2 / expected[is_common])
        degrees = is_common.sum() - len(expected)
        assert statistic < chi2.ppf(0.999, degrees)
        assert statistic > chi2.ppf(0.001, degrees)


def test_a_steep_listener_at_the_edge_still_gets_levels_within_the_limits() -> None:
    position = position_from_thresholds(np.full(NUM_KNOTS, 115.0), outer_hair_cell_share=0.5, normal=NORMAL)
    protocol = detection((1000.0,))
    design = replace(protocol.design, level_offsets_db=(-200.0, 0.0, 60.0))
    (block,) = simulated_blocks([replace(protocol, design=design)], seed=6, position=position)
    played = block.level_db_hl[~block.is_catch]
    assert played.min() == -20.0
    assert played.max() == 130.0
