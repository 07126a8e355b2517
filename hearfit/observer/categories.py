"""Ordered categories: a cumulative probit on loudness in categorical units.

The spread of answers is constant in categorical units, not in dB. Boundaries between categories are the listener's own
(people use loudness words differently); they stay in order whatever the parameters.
"""

from functools import partial

import jax
import jax.numpy as jnp
from jax.scipy.special import ndtr
from jaxtyping import Array, Float

from hearfit.listener.loudness_growth import CATEGORY_BOUNDARIES_CU

# Width in CU below which a category is squeezed smoothly instead of vanishing or changing places with its neighbour.
_SOFTNESS_CU = 0.5
_MIDDLE = len(CATEGORY_BOUNDARIES_CU) // 2
# Smallest probability of any answer before lapses; keeps logarithms finite at extreme levels.
_SMALLEST_PROBABILITY = 1e-12


# Compiled as a whole, because it is also called by itself.
@partial(jax.jit, inline=True)
def listener_boundaries(shift_cu: Float[Array, " boundaries"]) -> Float[Array, " boundaries"]:
    """Category boundaries of a listener whose boundaries are shifted by these amounts, kept in ascending order."""
    nominal = jnp.asarray(CATEGORY_BOUNDARIES_CU, shift_cu.dtype)
    gaps = _SOFTNESS_CU * jax.nn.softplus(jnp.diff(nominal + shift_cu) / _SOFTNESS_CU)
    from_first = jnp.concatenate([jnp.zeros(1, shift_cu.dtype), jnp.cumsum(gaps)])
    return from_first - from_first[_MIDDLE] + nominal[_MIDDLE] + shift_cu[_MIDDLE]


def category_probabilities(
    loudness_cu: Float[Array, ""],
    *,
    boundaries_cu: Float[Array, " boundaries"],
    spread_cu: Float[Array, ""],
    lapse: Float[Array, ""],
) -> Float[Array, " categories"]:
    """Probability of each of the categories, softest first; a lapse picks any of them.

    P(k) = lapse / K + (1 - lapse) [Phi((b_k+1 - x) / s) - Phi((b_k - x) / s)] (McCullagh 1980).
    """
    deviate = (boundaries_cu - loudness_cu) / spread_cu
    one = jnp.ones(1, deviate.dtype)
    # Differences of upper tails where the boundaries lie above the loudness avoid cancellation of numbers near one.
    lower_tail = jnp.concatenate([0.0 * one, ndtr(deviate), one])
    upper_tail = jnp.concatenate([one, ndtr(-deviate), 0.0 * one])
    is_above = jnp.concatenate([deviate > 0.0, jnp.ones(1, bool)])
    inside = jnp.where(is_above, upper_tail[:-1] - upper_tail[1:], lower_tail[1:] - lower_tail[:-1])
    num_categories = inside.shape[0]
    return lapse / num_categories + (1.0 - lapse) * jnp.maximum(inside, _SMALLEST_PROBABILITY)
