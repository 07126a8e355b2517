"""Pressures as multiples of 20 uPa, and their compression above a stated floor."""

from typing import Final, Literal

import jax.numpy as jnp
from jaxtyping import Array, Float

from hearfit.levels import REFERENCE_PRESSURE_PA

Compression = Literal["log", "cube-root", "none"]

DEFAULT_FLOOR_DB_SPL: Final = 0.0
# -80 dB SPL of amplitude: keeps the root's gradient finite in silence and lies far below every floor.
_LEAST_POWER = 1e-8


def referred(pressure_pa: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Pressure as a multiple of 20 uPa: its RMS is then 10^(level / 20) at a level in dB SPL."""
    return pressure_pa * (1.0 / REFERENCE_PRESSURE_PA)


def amplitude_of(power: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Root of a power, with a finite gradient (0) where it is 0."""
    return jnp.sqrt(power + _LEAST_POWER)


def compressed(
    amplitude: Float[Array, "*shape"], compression: Compression, floor_db_spl: float
) -> Float[Array, "*shape"]:
    """Amplitude re 20 uPa, at least the floor F, compressed so that the floor is 0.

    log: ln(a / F), in neper above the floor (1 Np is 8.7 dB). cube-root: a^(1/3) - F^(1/3). none: a - F.
    """
    floor = 10.0 ** (floor_db_spl / 20.0)
    audible = jnp.maximum(amplitude, floor)
    if compression == "log":
        return jnp.log(audible * (1.0 / floor))
    if compression == "cube-root":
        return jnp.cbrt(audible) - floor ** (1.0 / 3.0)
    return audible - floor
