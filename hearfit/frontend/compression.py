"""Attenuation and compression of the channel level, by an anchored power law or by a broken stick.

Power law: y = 10^(alpha (L - a - L_A) / 20). a is the linear part of a loss, alpha the compression exponent, L_A the
level at which the exponent makes no difference (Famularo et al. 2024 compress |x|^alpha; the anchor makes the exponent
a hearing parameter instead of a gain).

Broken stick: linear with a gain of G_0 - g below a knee, with the normal exponent alpha_0 above it, and passive (linear
without gain) from L_A on. The healthy gain is G_0 = (1 - alpha_0) (L_A - K). Loss of gain g lowers the low-level part,
so that the knee moves along the compressive part from K to K + g / (1 - alpha_0): less gain and a shorter range of
compression, but the same exponent in it (Plack et al. 2004, JASA 115:1684; Johannesen et al. 2014, Front. Neurosci.
8:214, who split losses of hearing in this way). An ear cannot lose more than G_0; what is lost beyond is linear.
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

NEPER_PER_DB = 0.11512925464970229  # ln(10) / 20
# Channel power is measured in units of the normal threshold; this floor of -100 dB HL keeps log finite in silence and
# lies far below anything that reaches the internal representation.
POWER_FLOOR = 1e-10
# A slope goes from one value to the other within some 4 of these to either side of a corner.
_CORNER_SOFTNESS_DB = 2.0


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


@dataclass(frozen=True)
class BrokenStick:
    """The healthy broken stick; levels in the unit of the channel level."""

    exponent: float
    knee_db: float
    anchor_db: float

    @property
    def largest_gain_db(self) -> float:
        """Gain of a healthy channel at low levels re the passive one."""
        return (1.0 - self.exponent) * (self.anchor_db - self.knee_db)

    def remaining_gain_db(self, gain_loss_db: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """Gain at low levels after a loss; softly never below 0 dB."""
        return _softly_positive(self.largest_gain_db - gain_loss_db)


def log_broken_stick_amplitude(
    channel_level_db: Float[Array, "*frames channels"],
    *,
    gain_loss_db: Float[Array, " channels"],
    attenuation_db: Float[Array, " channels"],
    stick: BrokenStick,
) -> Float[Array, "*frames channels"]:
    """Natural logarithm of the amplitude, 0 for an unattenuated channel at the anchor level (but for its soft corner).

    x + G - (1 - alpha_0) (max(x - knee, 0) - max(x - L_A, 0)) dB with soft corners. Where no gain is left the corners
    cancel and the channel is linear.
    """
    gain_db = stick.remaining_gain_db(gain_loss_db)
    # Zero but where more was lost than there is to lose.
    linear_db = attenuation_db + gain_loss_db - (stick.largest_gain_db - gain_db)
    expand = (None,) * (channel_level_db.ndim - 1)
    level = channel_level_db - linear_db[expand]
    knee_db = (stick.anchor_db - gain_db / (1.0 - stick.exponent))[expand]
    compressed = _softly_positive(level - knee_db) - _softly_positive(level - stick.anchor_db)
    return NEPER_PER_DB * (level + gain_db[expand] - (1.0 - stick.exponent) * compressed - stick.anchor_db)


def broken_stick_level_db(
    log_amplitude: Float[Array, "*frames channels"], *, gain_loss_db: Float[Array, " channels"], stick: BrokenStick
) -> Float[Array, "*frames channels"]:
    """Level behind the linear loss that gives this amplitude: the inverse, within 2 dB at the corners.

    Strictly increasing, which is what matters to a listener who reads the level from the amplitude.
    """
    gain_db = stick.remaining_gain_db(gain_loss_db)
    expand = (None,) * (log_amplitude.ndim - 1)
    output = log_amplitude / NEPER_PER_DB + stick.anchor_db
    # Output at the knee: G_0 - g above the knee's level.
    knee_db = (stick.anchor_db - stick.exponent * gain_db / (1.0 - stick.exponent))[expand]
    expanded = _softly_positive(output - knee_db) - _softly_positive(output - stick.anchor_db)
    return output - gain_db[expand] + (1.0 / stick.exponent - 1.0) * expanded


def _softly_positive(difference_db: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    return _CORNER_SOFTNESS_DB * jax.nn.softplus(difference_db / _CORNER_SOFTNESS_DB)
