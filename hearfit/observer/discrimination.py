"""How well a steady signal is told from a steady standard, from the internal representations of the two.

Each channel carries independent noise of one variance. Where the level of every interval is roved, what a common change
of level does to the representation is noise as well. A listener can look past it by comparing channels, which is
profile analysis (Green 1988; Durlach, Braida & Ito 1986), but the farther they lie apart the worse.

Three constants were set on the pooled answers of the near-normal listeners of Guest et al. (2024) to complexes of 5 to
37 tones, fixed and roved (`tests.studies.profile_analysis`): the distance over which channels are compared, how few
channels decide, and how fast d' grows. The ideal observer of all channels gains too much from the spread of a lone
component's excitation, and loses nothing to a rove, both unlike people: it leaves three times the deviance.
"""

import math

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

COMPARISON_CAM = 12.0
"""Distance in ERB numbers over which the rove of two channels is alike to the listener, by a factor of e."""
POOLING_EXPONENT = 16.0
"""How the changes of channels of a broad sound are summed: 2 is ideal, infinity the largest alone."""
BROAD_GROWTH = 1.2
"""Exponent with which d' of a broad sound grows with the change of its representation."""

# As in detection: keeps the logarithm and its gradient finite where signal and standard are the same. d' of 1e-5.
_SMALLEST_SQUARED_DISTANCE = 1e-10
# Seventy channels that change alike have shares whose eighth powers sum to 1e-13.
_SMALLEST_SHARE = 1e-30


def rove_correlation(spacing_cam: float) -> float:
    """How alike the effect of a rove on neighbouring channels is to the listener: exp(-spacing / `COMPARISON_CAM`)."""
    return math.exp(-spacing_cam / COMPARISON_CAM)


def log_ideal_discriminability(
    change: Float[Array, " channels"],
    growth_per_db: Float[Array, " channels"],
    precision: Float[Array, ""],
    rove_sd_db: Float[Array, ""],
    correlation: float,
) -> Float[Array, ""]:
    """Natural logarithm of d' of the best linear observer of intervals whose levels vary independently with this SD.

    d'^2 = x' (I/N + s^2 C gg')^-1 x for the change x, the growth g with level, N = `precision` and the correlation
    C_ij = r^|i - j| (product by element with gg'), r = `correlation`. Where r is 1 this is
    N (|x|^2 - N s^2 (g'x)^2 / (1 + N s^2 |g|^2)) by Sherman and Morrison. It is the d' of one interval, which the
    m-interval formula takes: the difference of two intervals has sqrt(2) times the SD, of the rove as of the noise.

    The rove so perceived is a first-order autoregressive process along the channels, seen in noise, and the sum one
    over the innovations of its Kalman filter (Kalman 1960). A batch of LU decompositions instead, of which two programs
    at once block each other on a machine with two cores, never ended.
    """
    rove = precision * rove_sd_db**2

    def next_channel(
        state: tuple[Float[Array, ""], Float[Array, ""], Float[Array, ""]],
        channel: tuple[Float[Array, ""], Float[Array, ""]],
    ) -> tuple[tuple[Float[Array, ""], Float[Array, ""], Float[Array, ""]], None]:
        expected, variance, squared = state
        own, growth = channel
        innovation, innovation_variance = own - growth * expected, 1.0 + growth**2 * variance
        seen = expected + variance * growth * innovation / innovation_variance
        left = variance / innovation_variance
        after = correlation * seen, correlation**2 * left + (1.0 - correlation**2) * rove
        return (*after, squared + innovation**2 / innovation_variance), None

    none = jnp.zeros((), change.dtype)
    (_, _, squared), _ = jax.lax.scan(next_channel, (none, rove.astype(change.dtype), none), (change, growth_per_db))
    return 0.5 * jnp.log(precision * squared + _SMALLEST_SQUARED_DISTANCE)


def log_pooling_efficiency(change: Float[Array, " channels"]) -> Float[Array, ""]:
    """Natural logarithm of |x|_16 / |x|_2: 0 where one channel changes, -7/16 log n where n channels change alike.

    With a fixed level, ideal d' times this is Minkowski summation over channels (Quick 1974).
    """
    share = change**2 / (jnp.sum(change**2) + _SMALLEST_SQUARED_DISTANCE)
    return jnp.log(jnp.sum(share ** (POOLING_EXPONENT / 2.0)) + _SMALLEST_SHARE) / POOLING_EXPONENT
