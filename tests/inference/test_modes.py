"""Several starting points, and modes that are far apart."""

from dataclasses import replace

import numpy as np
import pytest

from hearfit.inference.map import MapEstimate, MapStatus, SearchSettings, find_map, whitened_prior
from hearfit.inference.modes import distinct_modes, find_modes, mode_sentences, starting_points
from hearfit.inference.simulate import position_from_thresholds
from hearfit.inference.start import starting_point
from hearfit.listener.normal import NORMAL
from hearfit.listener.parameters import DEFAULT_PRIOR, NUM_PARAMETERS
from tests.inference.sessions import fit_data, loudness, simulated

pytestmark = pytest.mark.usefixtures("float64")

STEEP_DB_HL = np.array([5.0, 5.0, 5.0, 10.0, 40.0, 85.0, 95.0, 100.0, 100.0, 100.0, 100.0])
HZ = (2000.0, 3000.0, 4000.0, 6000.0)


def estimate(place: float, log_posterior: float, information: float) -> MapEstimate:
    whitened = np.zeros(NUM_PARAMETERS)
    whitened[0] = place
    fisher = np.diag([information] + [0.0] * (NUM_PARAMETERS - 1))
    return MapEstimate(whitened, fisher, log_posterior, (log_posterior,), 0.0, 1, MapStatus.CONVERGED)


def test_of_searches_from_several_points_the_best_is_kept() -> None:
    # Truth: each search by itself.
    position = position_from_thresholds(STEEP_DB_HL, outer_hair_cell_share=0.95, normal=NORMAL)
    conditions = simulated([loudness(HZ, num_levels=12, repetitions=2)], seed=1, position=position)
    data, prior = fit_data(conditions), whitened_prior(DEFAULT_PRIOR)
    starts = starting_points(starting_point(conditions, DEFAULT_PRIOR, NORMAL), 3, seed=0)
    modes = find_modes(data, prior, normal=NORMAL, settings=SearchSettings(), starts=starts)
    each = [find_map(data, prior, normal=NORMAL, settings=SearchSettings(), start=start) for start in starts]
    heights = [own.log_posterior_trace[-1] for own in each]
    assert modes.best.log_posterior_trace[-1] == max(heights)
    np.testing.assert_array_equal(modes.best.whitened, each[int(np.argmax(heights))].whitened)
    assert all(other.distance_sd > 3.0 and other.log_posterior_difference >= 0.0 for other in modes.others)


def test_weight_and_distance_of_two_gaussian_modes() -> None:
    # Truth: closed form. Precisions 4 and 1 + 15: areas are as SD times height, SDs here 0.5 and 0.25.
    modes = distinct_modes([estimate(4.0, -101.0, 15.0), estimate(0.0, -100.0, 3.0), estimate(0.2, -100.3, 3.0)])
    (other,) = modes.others
    assert modes.best.whitened[0] == 0.0
    assert other.distance_sd == pytest.approx(4.0 * 2.0)
    assert other.log_posterior_difference == pytest.approx(1.0)
    assert other.weight == pytest.approx(0.25 * np.exp(-1.0) / (0.5 + 0.25 * np.exp(-1.0)))
    (sentence,) = mode_sentences(modes)
    assert "8 posterior SDs" in sentence
    assert "15.5 %" in sentence
    # The sentence is for both methods.
    assert "--method map leave it out" in sentence
    assert "--method nuts do so too unless the chains went there" in sentence


def test_searches_that_end_at_one_place_are_one_mode() -> None:
    own = estimate(1.0, -50.0, 3.0)
    assert distinct_modes([own, own, replace(own, num_evaluations=9)]).others == ()


def test_starts_repeat_with_the_seed_and_begin_with_the_rough_fit() -> None:
    rough = np.ones(NUM_PARAMETERS)
    one, two = (starting_points(rough, 4, seed=3) for _ in range(2))
    np.testing.assert_array_equal(one, two)
    np.testing.assert_array_equal(one[0], rough)
    assert len(starting_points(rough, 1, seed=3)) == 1
