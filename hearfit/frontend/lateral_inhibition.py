"""Lateral inhibition between channels: z_c = relu(y_c - w_c sum_j k_j y_(c+j)).

The strength w belongs to the listener, the surround kernel k to the model.
"""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float


def surround_matrix(
    num_channels: int, *, spacing_cam: float, inner_cam: float, outer_cam: float
) -> Float[np.ndarray, "channels channels"]:
    """Uniform two-sided surround: row c averages the channels between `inner_cam` and `outer_cam` ERB numbers away.

    Each row sums to one over the channels that exist, so that the edge channels do not escape inhibition.
    """
    distance = spacing_cam * np.abs(np.arange(num_channels)[:, None] - np.arange(num_channels)[None, :])
    tolerance = 1e-9
    weight = ((distance >= inner_cam - tolerance) & (distance <= outer_cam + tolerance)).astype(np.float64)
    return weight / weight.sum(axis=1, keepdims=True)


def lateral_inhibition(
    excitation: Float[Array, "*frames channels"],
    *,
    strength: Float[Array, " channels"],
    surround: Float[Array, "channels channels"],
) -> Float[Array, "*frames channels"]:
    """Excitation minus `strength` times its surround average, rectified."""
    expand = (None,) * (excitation.ndim - 1)
    return jnp.maximum(excitation - strength[expand] * (excitation @ surround.T), 0.0)
