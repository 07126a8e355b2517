"""How well a steady signal is told from a steady standard: the ideal linear observer of the internal representation.

Each channel carries independent noise of one variance. Where the level of every interval is roved, what a common change
of level does to the representation is noise as well, of rank one, and the best linear observer looks past it: it
compares channels, which is profile analysis (Green 1988, "Profile Analysis"; Durlach, Braida & Ito 1986).
"""

import jax.numpy as jnp
from jaxtyping import Array, Float

# As in detection: keeps the logarithm and its gradient finite where signal and standard are the same. d' of 1e-5.
_SMALLEST_SQUARED_DISTANCE = 1e-10


def log_discriminability(
    change: Float[Array, " channels"],
    growth_per_db: Float[Array, " channels"],
    precision: Float[Array, ""],
    rove_sd_db: Float[Array, ""],
) -> Float[Array, ""]:
    """Natural logarithm of d' between two intervals whose levels vary with this SD, independently.

    d'^2 = x' (I/N + s^2 g g')^-1 x for the change x, the growth g with level and N = `precision`, by the formula of
    Sherman and Morrison: N (|x|^2 - N s^2 (g'x)^2 / (1 + N s^2 |g|^2)). It is the d' of one
    interval, which the m-interval formula takes: the difference of two intervals has sqrt(2) times the SD, of the rove
    as of the noise.
    """
    roved = precision * rove_sd_db**2
    explained = roved * jnp.sum(growth_per_db * change) ** 2 / (1.0 + roved * jnp.sum(growth_per_db**2))
    squared = precision * (jnp.sum(change**2) - explained)
    return 0.5 * jnp.log(squared + _SMALLEST_SQUARED_DISTANCE)
