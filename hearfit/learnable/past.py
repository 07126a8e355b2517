"""Windows of a sound that end where a frame ends."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from hearfit.learnable.interface import Sounds


def past_windows(waveform: Sounds, hop_samples: int, window_samples: int) -> Float[Array, "batch frames window"]:
    """For every frame t the last samples before (t + 1) hop, in order; silence before the sound."""
    num_blocks = -(-window_samples // hop_samples)
    batch, num_samples = waveform.shape
    num_frames = num_samples // hop_samples
    padded = jnp.pad(waveform, ((0, 0), ((num_blocks - 1) * hop_samples, 0)))
    # Whole blocks side by side: a gather of windows, and above all its transpose, is far slower on a CPU.
    blocks = padded.reshape(batch, num_frames + num_blocks - 1, hop_samples)
    windows = jnp.concatenate([blocks[:, first : first + num_frames] for first in range(num_blocks)], axis=2)
    return windows[..., num_blocks * hop_samples - window_samples :]
