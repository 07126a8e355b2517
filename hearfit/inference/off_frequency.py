"""Coordinates of thresholds in which off-frequency listening makes no corner.

A tone is heard by the channels of its own place, or by those of a neighbouring frequency if these are so much better.
Where the tone's frequency was tested and its neighbour was not, answers fix the threshold t_k of the first only as long
as the neighbour's t_j is high; if t_j is as low as it can be, t_k may be anything above. The posterior has two arms at
a right angle, whose corner no straight coordinates remove: samplers stay in an arm, and diverge at its walls. Here

    t_k = u_k + S(u_k - u_j),    t_j = u_j + S(u_k - u_j),

where S(d) rises from none to a slope of one where the channels of the neighbour take over: below that point a still
lower u_j leaves t_j where it is and raises t_k. As t_k - t_j = u_k - u_j, the inverse is as simple and the Jacobian
determinant is exactly 1, whatever S is: densities stay what they are.
"""

from functools import cache
from typing import NamedTuple

import jax
import numpy as np
from jax.scipy.special import logsumexp
from jaxtyping import Array, Float

from hearfit.frontend.cochlea import cochlea_of
from hearfit.frontend.compression import NEPER_PER_DB
from hearfit.frontend.filterbank import tone_power
from hearfit.listener.normal import AUDIOMETRIC_FREQUENCIES_HZ, NormalEar
from hearfit.listener.parameters import NUM_KNOTS, knot_weights

_THRESHOLDS = slice(NUM_KNOTS, 2 * NUM_KNOTS)
# Answers that leave a threshold less than this share of the SD of its neighbour's decide about the neighbour too.
_LARGEST_SD_RATIO = 0.5
# Pairs from 250 and 500 Hz on first: of the two neighbours that octave tests give to a frequency between, the upper one
# then comes first. In most ears it is the first to be heard elsewhere.
_ORDER = (1, 0)


class Takeover(NamedTuple):
    """For each pair of neighbouring audiometric frequencies, the threshold of one of them heard by the other.

    `sign` is 1 where the lower frequency is the one heard elsewhere and -1 where the higher one is. `share` is what the
    neighbour's threshold contributes to that of a channel, nothing where neither decides about the other. `loss` is by
    how much less than its own channel the tone excites each, in units of `softness_db`.
    """

    sign: Float[Array, " pairs"]
    share: Float[Array, "pairs channels"]
    loss: Float[Array, "pairs channels"]
    softness_db: Float[Array, ""]


def takeover(covariance: Float[np.ndarray, "parameters parameters"], normal: NormalEar) -> Takeover:
    """Which thresholds decide about their neighbours', from an approximate covariance. Under `jax.enable_x64`."""
    sd = np.sqrt(np.diag(covariance))[_THRESHOLDS]
    lower, upper = sd[:-1] < _LARGEST_SD_RATIO * sd[1:], sd[1:] < _LARGEST_SD_RATIO * sd[:-1]
    softness_db, share, loss = _shares_and_losses(normal)
    own_share = np.where(lower[:, None], share, np.where(upper[:, None], 1.0 - share, 0.0))
    own_loss = np.where(lower[:, None], loss[:-1], loss[1:])
    return Takeover(*jax.device_put((np.where(lower, 1.0, -1.0), own_share, own_loss, np.asarray(softness_db))))


def from_straight(straight: Float[Array, " parameters"], takeover: Takeover) -> Float[Array, " parameters"]:
    """Position in the unconstrained coordinates of a point in the straightened ones."""
    thresholds = straight[_THRESHOLDS]
    for first in _ORDER:
        thresholds = _with_excess(thresholds, takeover, first, 1.0)
    return straight.at[_THRESHOLDS].set(thresholds)


def to_straight(position: Float[Array, " parameters"], takeover: Takeover) -> Float[Array, " parameters"]:
    """The inverse of `from_straight`."""
    thresholds = position[_THRESHOLDS]
    for first in reversed(_ORDER):
        thresholds = _with_excess(thresholds, takeover, first, -1.0)
    return position.at[_THRESHOLDS].set(thresholds)


def _with_excess(
    thresholds: Float[Array, " knots"], takeover: Takeover, first: int, factor: float
) -> Float[Array, " knots"]:
    """S added `factor` times to both thresholds of every other pair from pair `first` on; these have none in common."""
    pairs = thresholds[first : first + NUM_KNOTS - 1].reshape(-1, 2)
    sign, share, loss = takeover.sign[first::2], takeover.share[first::2], takeover.loss[first::2]
    difference = sign * (pairs[:, 0] - pairs[:, 1]) / takeover.softness_db
    # The squared evidence of all channels adds up; S(0) = 0.
    excess = logsumexp(share * difference[:, None] - loss, axis=1) - logsumexp(-loss, axis=1)
    moved = pairs + factor * takeover.softness_db * excess[:, None]
    return thresholds.at[first : first + NUM_KNOTS - 1].set(moved.reshape(-1))


@cache
def _shares_and_losses(
    normal: NormalEar,
) -> tuple[float, Float[np.ndarray, "pairs channels"], Float[np.ndarray, "knots channels"]]:
    """Softness in dB, the upper knot's share of each channel between the knots of a pair, and losses of all tones."""
    cochlea = cochlea_of(normal)
    # Below threshold the squared evidence of a channel grows by this many nepers a decibel.
    softness_db = 1.0 / (2.0 * normal.threshold_sharpness * normal.compression_exponent * NEPER_PER_DB)
    # Beyond both knots of a pair, channels count as those of the nearer one.
    share = np.cumsum(knot_weights(cochlea.frequency_hz)[:, ::-1], axis=1)[:, ::-1].T[1:]
    power = tone_power(cochlea.bank, np.array(AUDIOMETRIC_FREQUENCIES_HZ))
    return softness_db, share, -10.0 / softness_db * np.log10(power)
