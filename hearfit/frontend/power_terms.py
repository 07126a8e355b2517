"""Exact power terms: any combination of part levels without filtering again.

A stimulus whose parts have free gains g_i (a target and a masker) has channel power
|sum_i g_i Y_i|^2 = sum_i g_i^2 |Y_i|^2 + sum_{i<j} 2 g_i g_j Re(Y_i Y_j*). Frame averages of these products are linear
in the products g_i g_j, so they hold every level combination exactly. Filter once, never inside a fit.
"""

from itertools import combinations

import jax.numpy as jnp
from jaxtyping import Array, Complex, Float


def term_pairs(num_parts: int) -> tuple[tuple[int, int], ...]:
    """Which parts each term multiplies: all squares first, then all pairs i < j."""
    return tuple((i, i) for i in range(num_parts)) + tuple(combinations(range(num_parts), 2))


def power_terms(
    outputs: Complex[Array, "parts channels samples"], *, frame_samples: int
) -> Float[Array, "terms frames channels"]:
    """Frame-averaged power products of the analytic outputs of all parts; trailing samples fill a last frame.

    Samples beyond the end count as silence, so the last frame keeps the energy of its samples.
    """
    num_parts, num_channels, num_samples = outputs.shape
    num_frames = -(-num_samples // frame_samples)
    padded = jnp.pad(outputs, ((0, 0), (0, 0), (0, num_frames * frame_samples - num_samples)))
    terms = []
    for i, j in term_pairs(num_parts):
        factor = 0.5 if i == j else 1.0
        product = factor * jnp.real(padded[i] * jnp.conj(padded[j]))
        terms.append(product.reshape(num_channels, num_frames, frame_samples).mean(-1).T)
    return jnp.stack(terms)


def combine_terms(
    terms: Float[Array, "terms *frames channels"], gains: Float[Array, " parts"]
) -> Float[Array, "*frames channels"]:
    """Channel power of the sum of all parts, part i with amplitude gain `gains[i]`.

    Cancellation between nearly opposite parts may leave tiny negative rounding errors, which are set to zero.
    """
    pairs = term_pairs(gains.shape[0])
    weights = jnp.stack([gains[i] * gains[j] for i, j in pairs])
    return jnp.maximum(jnp.tensordot(weights, terms, axes=1), 0.0)
