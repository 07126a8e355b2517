"""Derivatives of an ear's parameters against finite differences of the ear."""

import numpy as np
import pytest

from hearfit.inference.ear_directions import QUANTITIES, ear_directions
from hearfit.listener.parameters import NUM_KNOTS, NUM_PARAMETERS, listener_at
from tests.inference.sessions import truth


@pytest.mark.usefixtures("float64")
def test_directions_are_those_of_finite_differences() -> None:
    # Truth: central differences of the listener at points beside.
    def quantities(position: np.ndarray) -> np.ndarray:
        ear = listener_at(position)
        return np.stack([position[NUM_KNOTS : 2 * NUM_KNOTS], ear.exponent, ear.attenuation_db, ear.inhibition])

    assert QUANTITIES == ("threshold", "compression exponent", "attenuation", "lateral inhibition")
    position = truth() + 0.1 * np.random.default_rng(5).standard_normal(NUM_PARAMETERS)
    step = 1e-5
    slopes = [
        (quantities(position + along) - quantities(position - along)) / (2.0 * step)
        for along in step * np.eye(NUM_PARAMETERS)
    ]
    np.testing.assert_allclose(ear_directions(position), np.stack(slopes, axis=-1), rtol=1e-6, atol=1e-9)
