"""The simulated audiogram against listeners whose answers leave no choice, and against the threshold of the model."""

import numpy as np
import pytest

from hearfit.audiology.audiogram import Ear
from hearfit.audiology.bisgaard import standard_audiogram
from hearfit.inference.screening import _staircase, screen
from hearfit.inference.simulate import position_from_thresholds, thresholds_at_knots
from hearfit.listener.normal import AUDIOMETRIC_FREQUENCIES_HZ, NORMAL
from hearfit.listener.parameters import DEFAULT_PRIOR, NUM_KNOTS
from hearfit.protocols.loader import load_protocol
from tests.inference.sessions import TRANSDUCER

pytestmark = pytest.mark.usefixtures("float64")


@pytest.mark.parametrize("threshold_step", [0, 1, 7, 10, 11, 26])
def test_a_listener_without_doubt_gets_the_lowest_level_that_they_hear(threshold_step: int) -> None:
    # Truth: the rule by hand: the lowest step at which this listener always hears; steps of 5 dB from -10.
    probability = (np.arange(27) >= threshold_step).astype(float)
    track = _staircase(probability, np.random.default_rng(0))
    assert track.threshold_db_hl == -10.0 + 5.0 * threshold_step
    changes = np.diff(track.steps)
    heard = np.array(track.answers[:-1], bool)
    assert np.all(changes[~heard] == 1)
    assert np.all((changes[heard] == -2) | (np.array(track.steps[1:])[heard] == 0))


def test_nothing_heard_at_all_is_above_the_highest_level() -> None:
    assert _staircase(np.zeros(27), np.random.default_rng(0)).threshold_db_hl == 125.0


def test_the_audiogram_lies_about_the_thresholds_of_the_ear() -> None:
    # Truth: the listener's thresholds; an ascending staircase in steps of 5 dB ends within one step of them on average.
    thresholds = thresholds_at_knots(standard_audiogram("N3"), Ear.LEFT)
    position = position_from_thresholds(thresholds, outer_hair_cell_share=0.7, normal=NORMAL)
    protocol = load_protocol("pure_tone_detection")
    generator = np.random.default_rng(3)
    found = [screen(protocol, position, transducer=TRANSDUCER, normal=NORMAL, generator=generator) for _ in range(6)]
    at = [AUDIOMETRIC_FREQUENCIES_HZ.index(f) for f in protocol.design.frequency_hz]
    errors = np.array([own.threshold_db_hl for own in found]) - thresholds[at]
    assert abs(errors.mean()) < 4.0
    assert np.abs(errors).max() <= 20.0
    block = found[0].block
    assert len(block.trial) == len(block.response) == len(np.unique(block.trial))
    rough = found[0].rough_ear(DEFAULT_PRIOR, normal=NORMAL)
    np.testing.assert_array_equal(rough[2 * NUM_KNOTS :], DEFAULT_PRIOR.mean[2 * NUM_KNOTS :])
