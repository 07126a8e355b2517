"""Monotone cubic interpolation with straight continuation, usable inside a compiled and differentiated function."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from scipy.interpolate import PchipInterpolator


class MonotoneSpline(NamedTuple):
    """Knots, values and slopes of a cubic Hermite spline; a leading axis may stack several."""

    knot: Float[Array, "*stack knots"]
    value: Float[Array, "*stack knots"]
    slope: Float[Array, "*stack knots"]


def monotone_spline(knot: Float[np.ndarray, " knots"], value: Float[np.ndarray, " knots"]) -> MonotoneSpline:
    """Shape-preserving spline (Fritsch & Butland 1984, as in scipy's PCHIP) through ascending knots."""
    slope = PchipInterpolator(knot, value).derivative()(knot)
    return MonotoneSpline(*jax.device_put((knot, value, slope)))


def evaluate_spline(spline: MonotoneSpline, at: Float[Array, ""]) -> Float[Array, ""]:
    """Value of the spline at a point; straight lines with the end slopes outside the knots."""
    last = spline.knot.shape[-1] - 1
    index = jnp.clip(jnp.searchsorted(spline.knot, at, side="right") - 1, 0, last - 1)
    left, right = spline.knot[index], spline.knot[index + 1]
    width = right - left
    inside = jnp.clip(at, spline.knot[0], spline.knot[last])
    t = (inside - left) / width
    cubic = (
        (1.0 + 2.0 * t) * (1.0 - t) ** 2 * spline.value[index]
        + t * (1.0 - t) ** 2 * width * spline.slope[index]
        + t**2 * (3.0 - 2.0 * t) * spline.value[index + 1]
        + t**2 * (t - 1.0) * width * spline.slope[index + 1]
    )
    below = jnp.minimum(at - spline.knot[0], 0.0) * spline.slope[0]
    above = jnp.maximum(at - spline.knot[last], 0.0) * spline.slope[last]
    return cubic + below + above
