"""Monotone splines against scipy's PCHIP."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.interpolate import PchipInterpolator

from hearfit.observer.splines import evaluate_spline, monotone_spline

pytestmark = pytest.mark.usefixtures("float64")

KNOT = np.array([-3.0, -1.0, 0.0, 0.5, 4.0, 9.0])
VALUE = np.array([-50.0, -2.0, -1.5, 3.0, 3.0, 20.0])


@jax.jit
def interpolated(at: jax.Array) -> jax.Array:
    return evaluate_spline(monotone_spline(KNOT, VALUE), at)


def value_at(x: float) -> float:
    return float(interpolated(jnp.asarray(x)))


@given(st.floats(KNOT[0], KNOT[-1]))
def test_inside_it_is_scipys_pchip(x: float) -> None:
    assert value_at(x) == pytest.approx(float(PchipInterpolator(KNOT, VALUE)(x)), abs=1e-10)


def test_it_goes_through_its_knots() -> None:
    np.testing.assert_allclose([value_at(x) for x in KNOT], VALUE, atol=1e-12)


@given(st.floats(0.0, 1e3))
def test_outside_it_is_straight_with_the_slope_at_the_end(distance: float) -> None:
    # Truth: the tangent of scipy's PCHIP at the outermost knots.
    slope = PchipInterpolator(KNOT, VALUE).derivative()
    assert value_at(KNOT[0] - distance) == pytest.approx(VALUE[0] - distance * float(slope(KNOT[0])), rel=1e-9)
    assert value_at(KNOT[-1] + distance) == pytest.approx(VALUE[-1] + distance * float(slope(KNOT[-1])), rel=1e-9)


@given(st.floats(-10.0, 15.0), st.floats(0.0, 5.0))
def test_it_never_turns_back(x: float, step: float) -> None:
    assert value_at(x + step) >= value_at(x) - 1e-9


@given(st.floats(-6.0, 12.0))
def test_its_derivative_is_that_of_finite_differences(x: float) -> None:
    # Truth: central differences; continuous at the knots, too.
    slope = float(jax.grad(interpolated)(jnp.asarray(x)))
    assert slope == pytest.approx((value_at(x + 1e-6) - value_at(x - 1e-6)) / 2e-6, rel=1e-4, abs=1e-4)


@pytest.mark.parametrize("knot", KNOT)
def test_its_derivative_at_a_knot_is_scipys(knot: float) -> None:
    expected = float(PchipInterpolator(KNOT, VALUE).derivative()(knot))
    assert float(jax.grad(interpolated)(jnp.asarray(knot))) == pytest.approx(expected, rel=1e-9, abs=1e-9)
