"""One interface for every frontend: a waveform in pascal to frames x channels x maps, strictly causal.

A frontend declares its rate, its frames and its channels (`FrameLayout`), what it learns and within which bounds, and
maps sounds to features. Frame t is a function of the samples before (t + 1) hop alone, silence before the first; the
gradient of a frame with respect to any later sample is exactly zero. A stage that works on spectrograms (`Layer`)
follows the same rule for frames, so that a chain of both (`Chain`) is a frontend again.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from flax import nnx
from jaxtyping import Array, Float

from hearfit.errors import InputError
from hearfit.frontend.bounded_parameters import BoundedParameter

Sounds = Float[Array, "batch samples"]
Spectrograms = Float[Array, "batch frames channels"]
Features = Float[Array, "batch frames channels maps"]
Values = Mapping[str, Float[np.ndarray, "..."]]


@dataclass(frozen=True)
class FrameLayout:
    """What a frontend takes and gives.

    Attributes:
        sampling_rate_hz: of the waveform, which is in pascal.
        hop_samples: samples from one frame to the next.
        centre_frequencies_hz: of each channel before any training, ascending.
        latency_s: from a click to the greatest response of the slowest channel, by design.
        num_maps: features of each channel and frame; a plain spectrogram has one.
    """

    sampling_rate_hz: float
    hop_samples: int
    centre_frequencies_hz: tuple[float, ...]
    latency_s: float
    num_maps: int = 1

    @property
    def num_channels(self) -> int:
        """How many frequency channels."""
        return len(self.centre_frequencies_hz)

    @property
    def frame_rate_hz(self) -> float:
        """Frames a second."""
        return self.sampling_rate_hz / self.hop_samples


class Frontend(nnx.Module, ABC):
    """Waveform in pascal to features."""

    layout: FrameLayout

    @property
    def parameters(self) -> tuple[BoundedParameter, ...]:
        """What is learned, in the order of `values`; none of a fixed frontend."""
        return ()

    def values(self) -> Values:
        """Every learned parameter in its own unit, for `parameter_table`."""
        return {}

    @property
    def late(self) -> "Layer | None":
        """The last stage, where it is a layer on one spectrogram, `early`, so that it can be trained alone."""
        return None

    def early(self, waveform: Sounds) -> Spectrograms:
        """What the last stage is given.

        Raises:
            NotImplementedError: no last stage is told apart.
        """
        raise NotImplementedError(f"{type(self).__name__} has no last stage of its own.")

    @abstractmethod
    def __call__(self, waveform: Sounds) -> Features:
        """Features of whole frames.

        Raises:
            InputError: the sounds are not a whole number of frames, or empty (`check_whole_frames`).
        """


class Layer(nnx.Module, ABC):
    """Spectrograms to features of the same frames and channels; causal in frames."""

    num_maps: int
    latency_s: float

    @property
    def parameters(self) -> tuple[BoundedParameter, ...]:
        """What is learned, in the order of `values`."""
        return ()

    def values(self) -> Values:
        """Every learned parameter in its own unit, for `parameter_table`."""
        return {}

    @abstractmethod
    def __call__(self, spectrogram: Spectrograms) -> Features:
        """Features of the same frames and channels."""


class Chain(Frontend):
    """A frontend with one map and a layer on its spectrogram."""

    def __init__(self, frontend: Frontend, layer: Layer) -> None:
        assert frontend.layout.num_maps == 1, "a layer takes a spectrogram, which has one map"
        self.frontend = frontend
        self.layer = layer
        self.layout = replace(
            frontend.layout, num_maps=layer.num_maps, latency_s=frontend.layout.latency_s + layer.latency_s
        )

    @property
    def parameters(self) -> tuple[BoundedParameter, ...]:
        """Those of the frontend, then those of the layer."""
        return (*self.frontend.parameters, *self.layer.parameters)

    def values(self) -> Values:
        """Those of the frontend and those of the layer."""
        return {**self.frontend.values(), **self.layer.values()}

    @property
    def late(self) -> Layer:
        """The layer."""
        return self.layer

    def early(self, waveform: Sounds) -> Spectrograms:
        """The frontend's spectrogram."""
        return self.frontend(waveform)[..., 0]

    def __call__(self, waveform: Sounds) -> Features:
        """The layer's features of the frontend's spectrogram."""
        return self.layer(self.early(waveform))


def check_whole_frames(waveform: Sounds, layout: FrameLayout) -> None:
    """Refuses what has no whole frames.

    Raises:
        InputError: the sounds are empty or not a whole number of hops long.
    """
    sounds, samples = waveform.shape
    if sounds == 0 or samples == 0 or samples % layout.hop_samples:
        raise InputError(
            f"Sounds of the shape {waveform.shape} are not a whole number of frames: at {layout.sampling_rate_hz:g} Hz "
            f"a frame has {layout.hop_samples} samples. Cut the sound, or complete its last frame with silence."
        )
