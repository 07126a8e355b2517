"""The fine-structure carrier of Famularo et al. 2024: every sample compressed, inhibited and rectified.

y2_c = |y_c|^alpha_c sgn y_c, y3_c = max(y2_c - g_c y2_(c+1), 0): each channel is inhibited by the one above it, on
whose side its filter is steep. A g of 1 in all channels is the paper's kernel (1, -1).
"""

import jax.numpy as jnp
from jaxtyping import Array, Float

# Below this amplitude the power law turns into a straight line through 0, where its gradient would be infinite. In
# pascal 46 dB below 20 uPa; re full scale the step of 23 bits.
AMPLITUDE_FLOOR = 1e-7


def signed_power(
    output: Float[Array, "channels rows samples"], exponent: Float[Array, " channels"]
) -> Float[Array, "channels rows samples"]:
    """|y|^alpha sgn y as y (y^2 + floor^2)^((alpha - 1) / 2), with finite gradients everywhere.

    Exactly y for alpha = 1; else within a share of |alpha - 1| / 2 (floor / y)^2 of the power law.
    """
    power = 0.5 * (exponent - 1.0)[:, None, None]
    # The exponential of a logarithm is exact only in the type of the exponents, whatever that of the samples.
    log_square = jnp.log(jnp.square(output.astype(exponent.dtype)) + AMPLITUDE_FLOOR**2)
    return output * jnp.exp(power * log_square).astype(output.dtype)


def inhibition_by_next_higher(
    compressed: Float[Array, "filters rows samples"], strength: Float[Array, " channels"]
) -> Float[Array, "channels rows samples"]:
    """max(y_c - g_c y_(c+1), 0) for as many channels as there are strengths.

    With one filter more than channels every channel is inhibited; with equally many the last is not, as in the paper,
    whose highest channel is merely scaled by its kernel's 1.
    """
    channels = strength.shape[0]
    higher = compressed[1 : channels + 1]
    if higher.shape[0] < channels:
        higher = jnp.pad(higher, ((0, 1), (0, 0), (0, 0)))
    return jnp.maximum(compressed[:channels] - strength.astype(compressed.dtype)[:, None, None] * higher, 0.0)
