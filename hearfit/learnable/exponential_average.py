"""A running exponential average of every channel, as a parallel prefix sum over frames."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from hearfit.learnable.interface import Spectrograms


def smoothing_of(time_constant_s: Float[Array, "*shape"], frame_rate_hz: float) -> Float[Array, "*shape"]:
    """Weight s = 1 - exp(-1 / (tau rate)) of a new frame."""
    return -jnp.expm1(-1.0 / (time_constant_s * frame_rate_hz))


def exponential_average(
    spectrogram: Spectrograms,
    smoothing: Float[Array, " channels"],
    before: Float[Array, "batch channels"],
) -> Spectrograms:
    """m_t = (1 - s) m_(t-1) + s x_t with m_(-1) = `before`.

    Recursive doubling (Hillis & Steele 1986): after k rounds every frame holds the sum over its last 2^k. The weight
    1 - s is the same in every frame, so that a round is one product, (1 - s)^(2^k), and one shift. Every factor lies in
    [0, 1], so that no product grows, however long the sound.
    """
    keep = (1.0 - smoothing)[None, None]
    average = smoothing[None, None] * spectrogram
    average = average.at[:, 0].add(keep[0] * before)
    for level in range((spectrogram.shape[1] - 1).bit_length()):
        reach = 1 << level
        average = average + keep * jnp.pad(average[:, :-reach], ((0, 0), (reach, 0), (0, 0)))
        keep = jnp.square(keep)
    return average


def change_from_average(
    spectrogram: Spectrograms, time_constant_s: Float[Array, " channels"], frame_rate_hz: float
) -> Spectrograms:
    """A spectrogram less its running average, which begins at the first frame."""
    return spectrogram - exponential_average(
        spectrogram, smoothing_of(time_constant_s, frame_rate_hz), spectrogram[:, 0]
    )
