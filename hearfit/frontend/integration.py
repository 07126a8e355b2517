"""Leaky integration on frames of unequal length, exact for input that is constant within each frame."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float


def leaky_weights(
    duration_s: Float[np.ndarray, " frames"], *, time_constant_s: float
) -> Float[np.ndarray, "frames frames"]:
    """Matrix that turns frame inputs into frame means of a leaky integrator's output, starting from silence.

    tau ds/dt = x - s has unit gain at DC whatever tau, so that tau never changes the level. Within a frame of length D,
    s(t) = x + (s_0 - x) exp(-t/tau); its mean is x + (s_0 - x) (tau/D) (1 - exp(-D/tau)). Frames of zero length
    (padding) leave the state alone and get zero weight. Lower triangular: causal.
    """
    num_frames = len(duration_s)
    weights = np.zeros((num_frames, num_frames))
    state = np.zeros(num_frames)  # weights of the inputs in the integrator's state at the start of a frame
    for frame, duration in enumerate(duration_s):
        if duration <= 0.0:
            continue
        decay = np.exp(-duration / time_constant_s)
        carried = (time_constant_s / duration) * (1.0 - decay)
        weights[frame] = carried * state
        weights[frame, frame] += 1.0 - carried
        state = decay * state
        state[frame] += 1.0 - decay
    return weights


def with_steady_past(weights: Float[np.ndarray, "frames frames"]) -> Float[np.ndarray, "frames frames"]:
    """Makes the first frame, which has no duration in `weights`, stand for all the time before the others.

    Its input has lasted for so long that the integrator starts from it instead of from silence: each frame gives to it
    the weight that its own inputs lack of one.
    """
    assert not weights[:, 0].any()
    return np.concatenate([1.0 - weights.sum(axis=1, keepdims=True), weights[:, 1:]], axis=1)


def periodic_leaky_weights(
    num_frames: int, *, period_s: float, time_constant_s: float
) -> Float[np.ndarray, "frames frames"]:
    """As `leaky_weights`, for one period in equal frames of an input that has repeated for ever; each row sums to one.

    The state at the start of a frame is the sum over all frames before it, of which each comes round every period.
    """
    duration = period_s / num_frames
    decay = np.exp(-duration / time_constant_s)
    carried = (time_constant_s / duration) * (1.0 - decay)
    frame = np.arange(num_frames)
    frames_ago = (frame[:, None] - frame[None, :] - 1) % num_frames
    state = (1.0 - decay) * decay**frames_ago / (1.0 - decay**num_frames)
    return np.asarray(carried * state + (1.0 - carried) * np.eye(num_frames))


def leaky_integration(
    excitation: Float[Array, "frames channels"], weights: Float[Array, "frames frames"]
) -> Float[Array, "frames channels"]:
    """Frame means of the leaky integrator's output; `weights` from `leaky_weights`."""
    return jnp.matmul(weights, excitation)
