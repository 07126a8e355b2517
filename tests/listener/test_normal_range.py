"""The range of ears with normal thresholds."""

import jax
import numpy as np
import pytest

from hearfit.listener.normal import AUDIOMETRIC_FREQUENCIES_HZ, NORMAL
from hearfit.listener.normal_range import normal_range
from hearfit.listener.parameters import listener_at
from tests.studies.normal_range import normal_positions

NUM_EARS = 3000


def test_it_is_that_of_draws_from_the_prior() -> None:
    """Other draws than those that made the table, through the model's own formulas."""
    positions = normal_positions(NUM_EARS, seed=2)
    with jax.enable_x64(True):
        ears = jax.vmap(listener_at)(positions)
    for index, frequency in enumerate(AUDIOMETRIC_FREQUENCIES_HZ):
        found = normal_range(frequency)
        assert found is not None
        for ends, values, tolerance in (
            (found.compression_exponent, ears.exponent, 0.01),
            (found.attenuation_db, ears.attenuation_db, 1.0),
            (found.inhibition, ears.inhibition, 0.02),
        ):
            drawn = np.quantile(np.asarray(values)[:, index], (0.025, 0.975))
            assert ends == pytest.approx(tuple(drawn), abs=tolerance)


def test_the_normal_ear_lies_inside() -> None:
    for frequency in AUDIOMETRIC_FREQUENCIES_HZ:
        found = normal_range(frequency)
        assert found is not None
        assert found.compression_exponent[0] < NORMAL.compression_exponent < found.compression_exponent[1]
        assert found.inhibition[0] < NORMAL.inhibition < found.inhibition[1]


def test_there_is_none_between_the_audiometric_frequencies() -> None:
    assert normal_range(1100.0) is None
