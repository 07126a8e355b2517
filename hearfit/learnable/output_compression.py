"""Static compression of what a cochlea gives, so that features span one or two decades instead of four."""

from enum import StrEnum, unique
from typing import Final

import jax.numpy as jnp
from jaxtyping import Array, Float

# Share of the unit at which the cube root turns into a straight line through 0, where its gradient would be infinite.
_FLOOR: Final = 0.1


@unique
class OutputCompression(StrEnum):
    """NONE keeps the response; LOG is log(1 + s/u); CUBE_ROOT is (s/u)^(1/3), straight below 0.1 u."""

    NONE = "none"
    LOG = "log"
    CUBE_ROOT = "cube root"


def compressed(response: Float[Array, "*shape"], kind: OutputCompression, *, unit: float) -> Float[Array, "*shape"]:
    """The response s >= 0, compressed above about `unit`, which is u of `OutputCompression`; 0 stays 0."""
    if kind is OutputCompression.NONE:
        return response
    if kind is OutputCompression.LOG:
        return jnp.log1p(response / unit)
    return jnp.cbrt(response / unit + _FLOOR) - jnp.cbrt(jnp.asarray(_FLOOR, response.dtype))
