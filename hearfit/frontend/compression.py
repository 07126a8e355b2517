"""Attenuation and anchored power-law compression of the channel level.

y = 10^(alpha (L - a - L_A) / 20): a is the linear part of a loss, alpha the compression exponent, L_A the level at
which the exponent makes no difference (Famularo et al. 2024 compress |x|^alpha; the anchor makes the exponent a hearing
parameter instead of a gain).
"""

import jax.numpy as jnp
from jaxtyping import Array, Float

NEPER_PER_DB = 0.11512925464970229  # ln(10) / 20
# Channel power is measured in units of the normal threshold; this floor of -100 dB HL keeps log finite in silence and
# lies far below anything that reaches the internal representation.
POWER_FLOOR = 1e-10


def level_db(power: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Level of a channel power in dB re the power's unit, floored at -100 dB so that silence has a gradient."""
    return (0.5 / NEPER_PER_DB) * jnp.log(power + POWER_FLOOR)


def log_compressed_amplitude(
    channel_level_db: Float[Array, "*frames channels"],
    *,
    exponent: Float[Array, " channels"],
    attenuation_db: Float[Array, " channels"],
    anchor_db: float,
) -> Float[Array, "*frames channels"]:
    """Natural logarithm of the compressed amplitude, 0 for an unattenuated channel at the anchor level."""
    expand = (None,) * (channel_level_db.ndim - 1)
    exponent, attenuation_db = exponent[expand], attenuation_db[expand]
    return NEPER_PER_DB * exponent * (channel_level_db - attenuation_db - anchor_db)
