"""The back end of the recogniser, which all frontends share.

Three convolutions of 3 x 3, each followed by GELU and by averages over three channels (Famularo et al. 2024, section
3.1).
"""

from collections.abc import Sequence
from typing import Final

import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Float

from hearfit.learnable.interface import Features

POOLED_CHANNELS: Final = 3
_KERNEL: Final = (3, 3)


class BackEnd(nnx.Module):
    """Features to one vector a frame."""

    def __init__(self, num_maps: int, num_channels: int, widths: Sequence[int], rngs: nnx.Rngs) -> None:
        self.convolutions = nnx.List(
            [
                nnx.Conv(before, after, _KERNEL, rngs=rngs)
                for before, after in zip((num_maps, *widths), widths, strict=False)
            ]
        )
        for _ in widths:
            num_channels //= POOLED_CHANNELS
        assert num_channels > 0, "no channel is left after the pooling"
        self.num_outputs = num_channels * widths[-1]

    @staticmethod
    def constants() -> dict[str, Sequence[int]]:
        """All of it that is not learned, nor given."""
        return {"kernel": _KERNEL, "pooled channels": [POOLED_CHANNELS]}

    def __call__(self, features: Features) -> Float[Array, "batch frames outputs"]:
        """A vector of `num_outputs` for each frame."""
        for convolution in self.convolutions:
            features = _pooled(nnx.gelu(convolution(features)))
        return features.reshape(*features.shape[:2], -1)


def _pooled(features: Features) -> Float[Array, "batch frames pooled maps"]:
    """Averages of neighbouring channels; those that are left over at the top are dropped."""
    batch, frames, channels, maps = features.shape
    kept = channels // POOLED_CHANNELS
    grouped = features[:, :, : kept * POOLED_CHANNELS].reshape(batch, frames, kept, POOLED_CHANNELS, maps)
    return jnp.mean(grouped, axis=3)
