"""The network of every event task: a frontend's features, contracted, read by a recurrent layer in both directions.

The frontend is causal, what reads it is not: an event is told with what follows it in view, as by the recurrent
networks of Riad et al. (2021). Everything behind the frontend is the same for all frontends; only where a frontend
gives fewer than `NUM_MAPS` maps, a convolution makes the others, so that all are contracted alike.
"""

from dataclasses import dataclass
from typing import Final

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax import lax
from jaxtyping import Array, Float

from hearfit.frontend.module import Frozen
from hearfit.learnable.interface import Features, Frontend, Layer
from hearfit.training.settings import Settings

# Three scales and three rates in both directions.
NUM_FILTERS: Final = 18
# The filters of a layer or a convolution, and the spectrogram itself: band-pass filters do not tell how loud it is.
NUM_MAPS: Final = NUM_FILTERS + 1
CONTRACTED: Final = 64
RECURRENT: Final = 32
# Neighbouring channels whose rectified maps are averaged before the contraction.
POOLED_CHANNELS: Final = 4
KERNEL_FRAMES: Final = 5
KERNEL_CHANNELS: Final = 5
_SLOPE: Final = 0.2


def network_settings() -> Settings:
    """The sizes of the network, which are the same for all frontends."""
    return {
        "filters": NUM_FILTERS,
        "maps": NUM_MAPS,
        "contracted": CONTRACTED,
        "recurrent": RECURRENT,
        "pooled channels": POOLED_CHANNELS,
        "kernel (frames, channels)": (KERNEL_FRAMES, KERNEL_CHANNELS),
        "slope of negative features": _SLOPE,
    }


Sounds = Float[Array, "batch samples"] | Float[Array, "batch frames channels"] | Features
Mask = Float[Array, "batch frames"]
# Factors of the contracted features, the same in all frames: 0 for those dropped, more than 1 for the others.
Kept = Float[Array, "batch contracted"]


@dataclass(frozen=True)
class FeatureScale:
    """Mean and standard deviation of every channel and map of the untrained frontend, over sounds for training."""

    mean: Float[np.ndarray, "channels maps"]
    deviation: Float[np.ndarray, "channels maps"]


class CausalConvolution(nnx.Module):
    """A square kernel over the present frame, those before it and the channels around each."""

    def __init__(self, num_inputs: int, num_outputs: int, rngs: nnx.Rngs) -> None:
        shape = (KERNEL_FRAMES, KERNEL_CHANNELS, num_inputs, num_outputs)
        self.kernel = nnx.Param(_uniform(rngs, shape, KERNEL_FRAMES * KERNEL_CHANNELS * num_inputs))
        self.bias = nnx.Param(jnp.zeros(num_outputs))

    def __call__(self, features: Features) -> Float[Array, "batch frames channels filters"]:
        """Zero, which is the mean of standardised features, before the first frame and beyond the channels."""
        reach = KERNEL_CHANNELS // 2
        response = lax.conv_general_dilated(
            features,
            self.kernel[...],
            window_strides=(1, 1),
            padding=((KERNEL_FRAMES - 1, 0), (reach, reach)),
            dimension_numbers=("NHWC", "HWIO", "NHWC"),
        )
        return response + self.bias[...][None, None, None]


class BothDirections(nnx.Module):
    """Gated recurrent units (Cho et al. 2014) that read forwards and, others, backwards; masked frames are skipped."""

    def __init__(self, num_inputs: int, num_units: int, rngs: nnx.Rngs) -> None:
        self.num_units = num_units
        self.drive = nnx.Param(_uniform(rngs, (2, num_inputs, 3 * num_units), num_inputs))
        self.recurrence = nnx.Param(_uniform(rngs, (2, num_units, 3 * num_units), num_units))
        self.bias = nnx.Param(jnp.zeros((2, 3 * num_units)))

    def __call__(self, features: Float[Array, "batch frames inputs"], mask: Mask) -> Float[Array, "batch frames both"]:
        """States of both directions side by side."""
        batch = features.shape[0]
        both = jnp.stack([features, features[:, ::-1]])
        is_heard = jnp.stack([mask, mask[:, ::-1]])
        drive = jnp.einsum("dbfi,dik->fdbk", both, self.drive[...]) + self.bias[...][None, :, None]
        recurrence, num_units = self.recurrence[...], self.num_units

        def advance(state: Array, inputs: tuple[Array, Array]) -> tuple[Array, Array]:
            driven, heard = inputs
            past = jnp.einsum("dbh,dhk->dbk", state, recurrence)
            gates = jax.nn.sigmoid(driven[..., : 2 * num_units] + past[..., : 2 * num_units])
            reset, update = gates[..., :num_units], gates[..., num_units:]
            new = jnp.tanh(driven[..., 2 * num_units :] + reset * past[..., 2 * num_units :])
            changed = state + heard[..., None] * (1.0 - update) * (new - state)
            return changed, changed

        start = jnp.zeros((2, batch, num_units), drive.dtype)
        _, states = lax.scan(advance, start, (drive, jnp.moveaxis(is_heard, 2, 0)))
        forwards, backwards = states[:, 0], states[::-1, 1]
        return jnp.moveaxis(jnp.concatenate([forwards, backwards], axis=-1), 0, 1)


class EventReadout(nnx.Module):
    """Features of a frontend to one score a class, for each frame or for the whole sound."""

    def __init__(self, scale: FeatureScale, num_classes: int, rngs: nnx.Rngs, *, is_framewise: bool) -> None:
        num_channels, num_maps = scale.mean.shape
        self.is_framewise = is_framewise
        self.mean = Frozen(jnp.asarray(scale.mean, float))
        self.deviation = Frozen(jnp.asarray(scale.deviation, float))
        self.convolution = CausalConvolution(num_maps, NUM_MAPS - num_maps, rngs) if num_maps < NUM_MAPS else None
        num_inputs = -(-num_channels // POOLED_CHANNELS) * max(num_maps, NUM_MAPS)
        self.contraction = nnx.Param(_uniform(rngs, (num_inputs, CONTRACTED), num_inputs))
        self.contraction_bias = nnx.Param(jnp.zeros(CONTRACTED))
        self.recurrent = BothDirections(CONTRACTED, RECURRENT, rngs)
        self.classes = nnx.Param(_uniform(rngs, (2 * RECURRENT, num_classes), 2 * RECURRENT))
        self.classes_bias = nnx.Param(jnp.zeros(num_classes))

    def __call__(
        self, features: Features, mask: Mask, kept: Kept | None = None
    ) -> Float[Array, "batch frames classes"] | Float[Array, "b c"]:
        """Logits; those of a whole sound are of the mean state over its frames. `kept` is for training alone."""
        standard = (features - self.mean[...][None, None]) / self.deviation[...][None, None]
        if self.convolution is not None:
            standard = jnp.concatenate([self.convolution(standard), standard], axis=-1)
        pooled = _pooled(jax.nn.leaky_relu(standard, _SLOPE))
        batch, frames = pooled.shape[:2]
        flat = pooled.reshape(batch, frames, -1)
        contracted = jax.nn.relu(flat @ self.contraction[...] + self.contraction_bias[...][None, None])
        if kept is not None:
            contracted = contracted * kept[:, None]
        states = self.recurrent(contracted, mask)
        if not self.is_framewise:
            weights = mask / jnp.maximum(jnp.sum(mask, axis=1, keepdims=True), 1.0)
            states = jnp.einsum("bfh,bf->bh", states, weights)
        logits = jnp.einsum("...h,hk->...k", states, self.classes[...])
        return logits + jnp.broadcast_to(self.classes_bias[...], logits.shape)


class EventNetwork(nnx.Module):
    """A frontend, or the part of it that learns, and the readout behind it.

    `frontend` takes waveforms (`Frontend`) or the spectrograms of a fixed first stage (`Layer`); without one the
    network reads the features of a fixed frontend.
    """

    def __init__(self, frontend: Frontend | Layer | None, readout: EventReadout) -> None:
        self.frontend = frontend
        self.readout = readout

    def __call__(
        self, sounds: Sounds, mask: Mask, kept: Kept | None = None
    ) -> Float[Array, "batch frames classes"] | Float[Array, "b c"]:
        """Logits of every class."""
        return self.readout(features_of(self.frontend, sounds), mask, kept)


def features_of(frontend: Frontend | Layer | None, sounds: Sounds) -> Features:
    """What a readout is given."""
    return sounds if frontend is None else frontend(sounds)


def _pooled(features: Features) -> Float[Array, "batch frames groups maps"]:
    """Averages of neighbouring channels; the last group may be smaller."""
    batch, frames, channels, maps = features.shape
    missing = -channels % POOLED_CHANNELS
    padded = jnp.pad(features, ((0, 0), (0, 0), (0, missing), (0, 0)))
    return jnp.mean(padded.reshape(batch, frames, -1, POOLED_CHANNELS, maps), axis=3)


def _uniform(rngs: nnx.Rngs, shape: tuple[int, ...], num_inputs: int) -> Array:
    """Glorot's range for as many outputs as inputs."""
    limit = float(np.sqrt(3.0 / num_inputs))
    return jax.random.uniform(rngs.params(), shape, float, -limit, limit)
