"""How the ear's parameters in their own units follow from the coordinates: derivatives for the delta method."""

from typing import Final

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from hearfit.listener.parameters import (
    NUM_KNOTS,
    NUM_PARAMETERS,
    attenuation_db,
    compression_exponent,
    inhibition_strength,
)

UNITS: Final = {"threshold": "dB", "compression exponent": "", "attenuation": "dB", "lateral inhibition": ""}
"""Unit of each of `QUANTITIES`, in their order."""
QUANTITIES: Final = tuple(UNITS)
"""The threshold in dB HL, that of its channel by itself; the exponent; the attenuation in dB; the strength."""

_NUM_CURVES: Final = 3
_DEPENDENCES: Final = ((1, 0), (1, 1), (2, 0), (2, 1), (3, 2))
"""Which quantity follows from which curve of coordinates: share, threshold, inhibition."""


def ear_directions(position: Float[np.ndarray, " parameters"]) -> Float[np.ndarray, "quantities knots parameters"]:
    """Derivatives of `QUANTITIES` at every audiometric frequency by every coordinate. Call under `jax.enable_x64`."""
    curves = jnp.asarray(position[: _NUM_CURVES * NUM_KNOTS].reshape(_NUM_CURVES, NUM_KNOTS))
    directions = np.zeros((len(QUANTITIES), NUM_KNOTS, NUM_PARAMETERS))
    knots = np.arange(NUM_KNOTS)
    directions[0, knots, NUM_KNOTS + knots] = 1.0
    for (quantity, curve), slope in zip(_DEPENDENCES, np.asarray(_slopes(curves)), strict=True):
        directions[quantity, knots, curve * NUM_KNOTS + knots] = slope
    return directions


# What an ear has at a frequency follows from the three coordinates of that frequency alone, so one tangent for all
# frequencies gives a whole curve of derivatives.
@jax.jit
def _slopes(curves: Float[Array, "curves knots"]) -> Float[Array, "dependences knots"]:
    share, threshold, inhibition = curves
    one, none = jnp.ones_like(share), jnp.zeros_like(share)
    slopes = [
        jax.jvp(function, (share, threshold), tangents)[1]
        for function in (compression_exponent, attenuation_db)
        for tangents in ((one, none), (none, one))
    ]
    return jnp.stack([*slopes, jax.jvp(inhibition_strength, (inhibition,), (one,))[1]])
