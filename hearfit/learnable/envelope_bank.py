"""Envelopes of a bank of complex filters at a decimated rate, and their one-sided Gaussian pooling into frames.

The squared modulus of a narrow band varies slowly, so it is evaluated at every `step`-th sample only, aligned to the
ends of the frames. The pooled sum over all samples then follows from those by Gregory's rule: the recent end of the
window, where it breaks off, is corrected by the last four values (the Euler-Maclaurin terms up to the third
derivative). With a step of one sample the sum is the sum itself.

The values of several neighbouring positions are one matrix product of shifted copies of the kernel with windows of the
sound: few enough copies that the windows are hardly longer than the kernel, and enough that hardly a sample is copied
twice.
"""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from hearfit.learnable.interface import Sounds, Spectrograms
from hearfit.learnable.past import past_windows

# Frames that the pooling looks back over.
POOLED_FRAMES = 4
_NUM_CORRECTED = 4

# Greatest number of positions that share a window; it changes no number.
_MOST_SHARED = 12

Kernel = Float[Array, "parts channels taps"]
# The last position of the last block is the latest sample of its frame.
Envelopes = Float[Array, "channels positions batch frames blocks"]


def envelope_power(waveform: Sounds, kernel: Kernel, *, hop_samples: int, step: int) -> Envelopes:
    """Squared modulus of y[n] = sum_k g[k] x[n - k], real and imaginary part of g as `parts`.

    Position i of block j of frame t is the sample t hop + (j positions + i + 1) step - 1.
    """
    parts, channels, taps = kernel.shape
    shared = largest_step(hop_samples // step, _MOST_SHARED)
    block = shared * step
    width = taps + block - step
    windows = past_windows(waveform, block, width)
    # Rows one step longer than they are read: row i of the result is the kernel, i steps later (a Toeplitz matrix
    # without a gather).
    row = jnp.pad(kernel[:, :, ::-1].reshape(parts * channels, 1, taps), ((0, 0), (0, 0), (0, block)))
    rows = jnp.broadcast_to(row, (parts * channels, shared, taps + block)).reshape(parts * channels, -1)
    shifted = rows[:, : shared * width].reshape(parts * channels * shared, width)
    # The kernels from the left: the other way round takes longer.
    output = shifted @ windows.reshape(-1, width).T
    batch, samples = waveform.shape
    frames, blocks = samples // hop_samples, hop_samples // block
    return jnp.sum(jnp.square(output.reshape(parts, channels, shared, batch, frames, blocks)), axis=0)


def pooled(envelope: Envelopes, width_samples: Float[Array, " channels"], *, step: int) -> Spectrograms:
    """Average over the past, weighted by exp(-n^2 / (2 width^2)), n samples before the end of the frame.

    The weights add to 1, so that the width changes no level. The window breaks off after `POOLED_FRAMES` frames.
    """
    channels, shared, batch, frames, blocks = envelope.shape
    positions = shared * blocks
    before = np.arange(POOLED_FRAMES * positions) * step
    share = _sample_shares(POOLED_FRAMES * positions, step)
    relative = jnp.asarray(before, width_samples.dtype)[None] / width_samples[:, None]
    weight = jnp.exp(-0.5 * jnp.square(relative)) * jnp.asarray(share, width_samples.dtype)[None]
    weight = weight / jnp.sum(weight, axis=1, keepdims=True)
    lagged = weight.reshape(channels, POOLED_FRAMES, positions)[:, :, ::-1]
    parts = jnp.einsum("cpbfk,clkp->lbfc", envelope, lagged.reshape(channels, POOLED_FRAMES, blocks, shared))
    total = parts[0]
    for lag in range(1, min(POOLED_FRAMES, frames)):
        total = total + jnp.pad(parts[lag, :, : frames - lag], ((0, 0), (lag, 0), (0, 0)))
    assert total.shape == (batch, frames, channels)
    return total


def _sample_shares(num_values: int, step: int) -> Float[np.ndarray, " values"]:
    """How many samples each value stands for, so that sum share_j f(j step) = sum_n f(n) for a smooth f.

    sum_(n >= 0) f(n) - d sum_j f(j d) = (1 - d) f(0) / 2 - (1 - d^2) f'(0) / 12 + (1 - d^4) f'''(0) / 720 - ...
    (Euler-Maclaurin for either sum), exact here for cubics.
    """
    share = np.full(num_values, float(step))
    powers = np.arange(_NUM_CORRECTED)
    wanted = np.array([(1.0 - step) / 2.0, (step**2 - 1.0) / 12.0, 0.0, 6.0 * (1.0 - step**4) / 720.0])
    moments = (np.arange(_NUM_CORRECTED)[None, :] * float(step)) ** powers[:, None]
    share[:_NUM_CORRECTED] += np.linalg.solve(moments, wanted)
    return share


def largest_step(hop_samples: int, at_most: float) -> int:
    """The largest whole part of a hop, in samples, up to a limit; 1 at least."""
    return max(step for step in range(1, hop_samples + 1) if hop_samples % step == 0 and (step <= at_most or step == 1))
