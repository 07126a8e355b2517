"""Filtering as a product with a Toeplitz matrix: exact zeros out of the reach of a kernel, fast to differentiate."""

import jax.numpy as jnp
from jaxtyping import Array, Float


def toeplitz(kernel: Float[Array, "filters offsets"]) -> Float[Array, "filters channels channels"]:
    """Matrix whose entry [c, c'] is the kernel at offset c' - c, by reshaping: a gather is slow to differentiate."""
    num_filters, num_offsets = kernel.shape
    num_channels = (num_offsets + 1) // 2
    # Each row of the reshaped copy begins one entry earlier in the kernel than the row above it.
    padded = jnp.pad(kernel, ((0, 0), (0, 1)))
    copies = jnp.broadcast_to(padded[:, None, :], (num_filters, num_channels, num_offsets + 1))
    skewed = copies.reshape(num_filters, -1)[:, : num_channels * num_offsets]
    return skewed.reshape(num_filters, num_channels, num_offsets)[:, :, num_channels - 1 :]


def banded(kernel: Float[Array, "filters taps"]) -> Float[Array, "filters taps-1 2*taps-2"]:
    """Matrix [o, n] from twice as many frames to the last half of them: the kernel at lag taps - 1 + o - n, else 0."""
    num_filters, num_taps = kernel.shape
    lags = num_taps - 1
    padded = jnp.pad(kernel[:, ::-1], ((0, 0), (0, lags)))
    copies = jnp.broadcast_to(padded[:, None, :], (num_filters, lags, 2 * lags + 1))
    return copies.reshape(num_filters, -1)[:, : 2 * lags * lags].reshape(num_filters, lags, 2 * lags)
