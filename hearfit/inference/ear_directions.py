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

QUANTITIES: Final = ("threshold", "compression exponent", "attenuation", "lateral inhibition")
"""The threshold in dB HL, that of its channel by itself; the exponent; the attenuation in dB; the strength."""

_NUM_CURVES: Final = 3


def ear_directions(position: Float[np.ndarray, " parameters"]) -> Float[np.ndarray, "quantities knots parameters"]:
    """Derivatives of `QUANTITIES` at every audiometric frequency by every coordinate. Call under `jax.enable_x64`."""
    curves = jnp.asarray(position[: _NUM_CURVES * NUM_KNOTS].reshape(_NUM_CURVES, NUM_KNOTS))
    slopes = np.asarray(_slopes(curves))
    directions = np.zeros((len(QUANTITIES), NUM_KNOTS, NUM_PARAMETERS))
    knots = np.arange(NUM_KNOTS)
    for curve in range(_NUM_CURVES):
        directions[:, knots, curve * NUM_KNOTS + knots] = slopes[:, :, curve].T
    return directions


# What an ear has at a frequency follows from the three coordinates of that frequency alone.
@jax.jit
def _slopes(curves: Float[Array, "curves knots"]) -> Float[Array, "knots quantities curves"]:
    def quantities(own: Float[Array, " curves"]) -> Float[Array, " quantities"]:
        share, threshold, inhibition = own
        return jnp.stack(
            [
                threshold,
                compression_exponent(share, threshold),
                attenuation_db(share, threshold),
                inhibition_strength(inhibition),
            ]
        )

    return jax.vmap(jax.jacfwd(quantities), in_axes=1)(curves)
