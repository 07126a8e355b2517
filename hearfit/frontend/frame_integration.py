"""Leaky integration of the full-rate carrier, sampled on the frame grid without ever storing it at the full rate.

The integrator s_t = a s_(t-1) + (1 - a) x_t, a = exp(-1 / tau), has unit gain at DC, so that tau never changes the
level. A frame is the average of s over a causal window that ends with the frame and reaches at most two frames back.
Both are linear: a sample's weight in its own frame and in the next has a closed form, and in all later frames decays
exponentially. Three sums a frame therefore carry everything, and all is differentiable in tau.
"""

from enum import Enum, unique
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.typing import DTypeLike
from jaxtyping import Array, Float


@unique
class FrameSampling(Enum):
    """How the integrator's output becomes frames.

    POINT takes its last sample, as the paper does: what modulates faster than half the frame rate folds back.
    SMOOTH averages two frames with a Hann window, which is zero at the frame rate and its multiples and delays by the
    length of a frame.
    """

    POINT = "point"
    SMOOTH = "smooth"


class FrameWeights(NamedTuple):
    """Weights of a frame's samples in this frame, in the next, and in the sum that decays from frame to frame."""

    samples: Float[Array, "frame_samples sums"]
    decay: Float[Array, ""]


class IntegratorState(NamedTuple):
    """What earlier frames contribute: to the next frame, and to the decaying sum."""

    to_next: Float[Array, "channels batch"]
    decaying: Float[Array, "channels batch"]


def sampling_window(sampling: FrameSampling, frame_samples: int) -> Float[np.ndarray, " samples"]:
    """Weights of the integrator's output over two frames, the latest sample first; they sum to 1."""
    position = np.arange(2 * frame_samples)
    if sampling is FrameSampling.POINT:
        return (position == 0).astype(np.float64)
    return np.asarray((1.0 - np.cos(2.0 * np.pi * (position + 0.5) / (2 * frame_samples))) / (2 * frame_samples))


def frame_weights(time_constant_samples: Float[Array, ""], window: Float[np.ndarray, " samples"]) -> FrameWeights:
    """Closed-form weights for a time constant in samples; `window` covers two frames (`sampling_window`)."""
    dtype = time_constant_samples.dtype
    two_frames = len(window)
    frame = two_frames // 2
    rate = 1.0 / time_constant_samples
    gain = -jnp.expm1(-rate)
    weight = jnp.asarray(window, dtype)
    age = np.arange(two_frames)
    elapsed = age[:, None] - age[None, :]
    # Weight of a sample of this age before the end of a frame: the window's parts that came after it.
    decayed = jnp.exp(-rate * jnp.asarray(np.maximum(elapsed, 0), dtype)) * jnp.asarray(elapsed >= 0, dtype)
    by_age = gain * jnp.matmul(decayed, weight, precision=lax.Precision.HIGHEST)
    # Once the whole window lies behind, only the decay remains; the sum is read two frames later.
    tail = gain * jnp.sum(weight * jnp.exp(-rate * jnp.asarray(two_frames - age, dtype)))
    later = tail * jnp.exp(-rate * jnp.asarray(age[:frame], dtype))
    columns = jnp.stack([by_age[:frame], by_age[frame:], later], axis=1)
    return FrameWeights(samples=columns[::-1], decay=jnp.exp(-rate * frame))


def silent_integrator(shape: tuple[int, int], dtype: DTypeLike) -> IntegratorState:
    """Silence before the beginning."""
    return IntegratorState(jnp.zeros(shape, dtype), jnp.zeros(shape, dtype))


def weighted_sums(
    carrier: Float[Array, "channels rows samples"], weights: FrameWeights
) -> Float[Array, "channels frames sums"]:
    """The three sums of every frame; `rows` are blocks of `samples`, a whole number of them to a frame."""
    channels, rows, samples = carrier.shape
    frame, sums = weights.samples.shape
    parts = frame // samples
    # All columns for every block, and then only the block's own: a product over whole frames, on an array that is
    # blocks in memory, is computed sample by sample on a CPU and ten times slower.
    columns = weights.samples.reshape(parts, samples, sums).transpose(1, 0, 2).reshape(samples, parts * sums)
    products = jnp.matmul(carrier.reshape(channels * rows, samples), columns, precision=lax.Precision.HIGHEST)
    own = products.reshape(channels, rows // parts, parts, parts, sums)
    return jnp.einsum("cfiis->cfs", own)


def integrated_frames(
    sums: Float[Array, "frames channels batch sums"], decay: Float[Array, ""], state: IntegratorState
) -> tuple[Float[Array, "frames channels batch"], IntegratorState]:
    """Frame values from the three sums of each frame (`weighted_sums`), and the state after the last."""

    def advance(
        before: IntegratorState, frame: Float[Array, "channels batch sums"]
    ) -> tuple[IntegratorState, Float[Array, "channels batch"]]:
        after = IntegratorState(frame[..., 1] + before.decaying, frame[..., 2] + decay * before.decaying)
        return after, frame[..., 0] + before.to_next

    state, frames = lax.scan(advance, state, sums)
    return frames, state


def leaky_frames(
    frames: Float[Array, "frames channels batch"],
    state: Float[Array, "channels batch"],
    *,
    frame_s: float,
    time_constant_s: Float[Array, ""],
) -> tuple[Float[Array, "frames channels batch"], Float[Array, "channels batch"]]:
    """Frame means of a leaky integrator on frames of equal length, and its output at the end of the last.

    The same numbers as `integration.leaky_integration`, with a state instead of a matrix: for sounds of any length.
    """
    rate = frame_s / time_constant_s
    decay = jnp.exp(-rate)
    carried = -jnp.expm1(-rate) / rate

    def advance(
        before: Float[Array, "channels batch"], frame: Float[Array, "channels batch"]
    ) -> tuple[Float[Array, "channels batch"], Float[Array, "channels batch"]]:
        difference = before - frame
        return frame + decay * difference, frame + carried * difference

    state, means = lax.scan(advance, state, frames)
    return means, state
