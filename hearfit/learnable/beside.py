"""A layer's maps with the spectrogram that they are made of."""

import jax.numpy as jnp

from hearfit.frontend.bounded_parameters import BoundedParameter
from hearfit.learnable.interface import Features, Layer, Spectrograms, Values


class BesideSpectrogram(Layer):
    """The maps of a layer and, last, the spectrogram that it is given (`concat_spectrogram` of Riad et al. 2021).

    Modulation filters take away what is constant over frequency or time; behind them a network cannot tell levels.
    """

    def __init__(self, layer: Layer) -> None:
        self.layer = layer
        self.num_maps = layer.num_maps + 1
        self.latency_s = layer.latency_s

    @property
    def parameters(self) -> tuple[BoundedParameter, ...]:
        """Those of the layer."""
        return self.layer.parameters

    def values(self) -> Values:
        """Those of the layer."""
        return self.layer.values()

    def __call__(self, spectrogram: Spectrograms) -> Features:
        """The layer's maps first."""
        return jnp.concatenate([self.layer(spectrogram), spectrogram[..., None]], axis=-1)
