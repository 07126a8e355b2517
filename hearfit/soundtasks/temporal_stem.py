"""Convolutions in the place of a modulation stage, with a reach in time like that of the modulation filters.

It is what the CNN of Famularo et al. 2024 lacks: with it the two are compared on equal terms.
"""

from collections.abc import Sequence
from typing import Final

import jax
import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Float

from hearfit.learnable.interface import Features

_STEM_KERNEL: Final = (5, 5)
_TAPS: Final = 5
_DILATIONS: Final = (1, 5, 25)


class TemporalStem(nnx.Module):
    """One map to many, causal: 5 x 5 convolution, then dilated convolutions over time, each map on its own, mixed.

    A frame depends on itself and on the 128 frames before it (`reach_frames`), 1.28 s at 100 frames a second: the
    window of the paper's modulation filters. Before the first frame there are zeros, which is the mean of features that
    are standardised and no silence.
    """

    def __init__(self, num_maps: int, rngs: nnx.Rngs) -> None:
        self.num_maps = num_maps
        self.first = nnx.Conv(1, num_maps, _STEM_KERNEL, padding="VALID", rngs=rngs)
        initial = jax.nn.initializers.normal(_TAPS**-0.5)
        self.taps = nnx.List([nnx.Param(initial(rngs.params(), (_TAPS, num_maps), jnp.float32)) for _ in _DILATIONS])
        self.mixing = nnx.List([nnx.Linear(num_maps, num_maps, rngs=rngs) for _ in _DILATIONS])

    @staticmethod
    def constants() -> dict[str, Sequence[int]]:
        """All of it that is not learned, nor given."""
        return {"kernel": _STEM_KERNEL, "taps": [_TAPS], "dilations": _DILATIONS}

    @staticmethod
    def reach_frames() -> int:
        """Frames of the past that a frame depends on."""
        return (_STEM_KERNEL[0] - 1) + (_TAPS - 1) * sum(_DILATIONS)

    def __call__(self, features: Features) -> Float[Array, "batch frames channels new_maps"]:
        """Maps of the same frames and channels."""
        frames_before, channels_beside = _STEM_KERNEL[0] - 1, _STEM_KERNEL[1] // 2
        padded = jnp.pad(features, ((0, 0), (frames_before, 0), (channels_beside, channels_beside), (0, 0)))
        maps = nnx.gelu(self.first(padded))
        for taps, mixing, dilation in zip(self.taps, self.mixing, _DILATIONS, strict=True):
            # Five shifted products: XLA's depthwise convolution on a CPU is many times slower.
            past = _past(maps, taps[...], dilation)
            maps = maps + nnx.gelu(mixing(past))
        return maps


def _past(
    maps: Float[Array, "batch frames channels maps"], taps: Float[Array, "taps maps"], dilation: int
) -> Float[Array, "batch frames channels maps"]:
    """Weighted sum of each map with its own past; silence before the first frame."""
    num_frames = maps.shape[1]
    reach = (len(taps) - 1) * dilation
    padded = jnp.pad(maps, ((0, 0), (reach, 0), (0, 0), (0, 0)))
    shifted = (padded[:, reach - lag * dilation : reach - lag * dilation + num_frames] for lag in range(len(taps)))
    weighted = [part * tap[None, None, None, :] for part, tap in zip(shifted, taps, strict=True)]
    total = weighted[0]
    for part in weighted[1:]:
        total = total + part
    return total
