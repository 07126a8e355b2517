"""What stands before the networks of phonemes and enhancement: features of a frontend, standardised, or of a stem."""

from typing import Final

import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, Bool, Float

from hearfit.frontend.module import Frozen
from hearfit.learnable.interface import Features, Frontend, Layer
from hearfit.soundtasks.temporal_stem import TemporalStem

_SMALLEST_DEVIATION: Final = 1e-3


class FeatureNetwork(nnx.Module):
    """Sounds, or spectrograms of a fixed frontend, to maps of mean 0 and deviation 1.

    Args:
        frontend: from sounds (`Frontend`), from spectrograms (`Layer`), or None: spectrograms are taken as they are.
        num_stem_maps: of a `TemporalStem` behind the standardised features; None: there is none.

    Attributes:
        num_maps: of what `maps` gives, in each channel.
    """

    def __init__(
        self,
        frontend: Frontend | Layer | None,
        *,
        num_channels: int,
        num_stem_maps: int | None,
        rngs: nnx.Rngs,
    ) -> None:
        self.frontend = frontend
        num_features = num_maps_of(frontend)
        self.mean = Frozen(jnp.zeros((num_channels, num_features)))
        self.deviation = Frozen(jnp.ones((num_channels, num_features)))
        self.stem = None if num_stem_maps is None else TemporalStem(num_stem_maps, rngs)
        self.num_maps = num_features if num_stem_maps is None else num_stem_maps

    @staticmethod
    def constants() -> dict[str, float]:
        """All of it that is not learned, nor given."""
        return {"smallest deviation": _SMALLEST_DEVIATION}

    def features(self, inputs: Float[Array, "batch ..."]) -> Features:
        """What the frontend gives."""
        return inputs[..., None] if self.frontend is None else self.frontend(inputs)

    def standardise(
        self, inputs: Float[np.ndarray, "sounds ..."], is_frame: Bool[np.ndarray, "sounds frames"] | None = None
    ) -> None:
        """Sets mean and deviation of every channel and map to those of these inputs, before training.

        Args:
            is_frame: which frames count; all of them by default.
        """
        features = np.asarray(nnx.jit(lambda model, some: model.features(some))(self, jnp.asarray(inputs)))
        frames = features.reshape(-1, *features.shape[2:]) if is_frame is None else features[is_frame]
        self.mean[...] = jnp.asarray(frames.mean(axis=0))
        self.deviation[...] = jnp.asarray(np.maximum(frames.std(axis=0), _SMALLEST_DEVIATION))

    def maps(self, inputs: Float[Array, "batch ..."]) -> Features:
        """Standardised features, through the stem where there is one."""
        features = (self.features(inputs) - self.mean[...][None, None]) / self.deviation[...][None, None]
        return features if self.stem is None else self.stem(features)


def num_maps_of(frontend: Frontend | Layer | None) -> int:
    """Features of each channel and frame."""
    if frontend is None:
        return 1
    return frontend.num_maps if isinstance(frontend, Layer) else frontend.layout.num_maps
