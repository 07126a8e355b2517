"""From a point of the unconstrained coordinates to the ear on the channels of the frontend."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from hearfit.frontend.cochlea import Cochlea, EarParameters
from hearfit.inference.task_model import NUM_CURVES
from hearfit.listener.parameters import (
    NUM_KNOTS,
    attenuation_db,
    compression_exponent,
    inhibition_strength,
    knot_weights,
)


def ear_on_channels(coordinates: Float[Array, "curves channels"]) -> EarParameters:
    """Ear parameters from the unconstrained coordinates of each channel."""
    return EarParameters(
        exponent=compression_exponent(coordinates[0], coordinates[1]),
        attenuation_db=attenuation_db(coordinates[0], coordinates[1]),
        inhibition=inhibition_strength(coordinates[2]),
    )


def channel_coordinates(position: Float[Array, " parameters"], cochlea: Cochlea) -> Float[Array, "curves channels"]:
    """The three curves interpolated from the audiometric frequencies to the channels."""
    weights = jnp.asarray(knot_weights(cochlea.frequency_hz), position.dtype)
    return position[: NUM_CURVES * NUM_KNOTS].reshape(NUM_CURVES, NUM_KNOTS) @ weights.T
