"""The mask network: features of a frontend to a real mask on the mixture's short-time spectrum.

As in 2409.08997 the mask is a sigmoid, the phase is the mixture's, and what is behind the frontend is small. Otherwise
it departs: frames are in step (`short_time_spectrum`); layers are dense over the channels and dilated over time, which
sees 0.6 s instead of nine frames at a tenth of the multiplications of 3 x 3 convolutions over 40 maps; any length of
sound will do; there is no FFT over the clip, so nothing wraps around.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

import jax
import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Float

from hearfit.learnable.interface import Frontend, Layer
from hearfit.soundtasks.enhancement.masks import HIGHEST_MASK
from hearfit.soundtasks.enhancement.quality import scale_invariant_ratio_db
from hearfit.soundtasks.enhancement.short_time_spectrum import SpectrumGrid, spectra, waveforms
from hearfit.soundtasks.feature_network import FeatureNetwork
from hearfit.training.settings import Settings

# Of the energy of an estimate that differs from the speech by nothing: the loss stays finite.
_LEAST_DISTORTION: Final = 1e-6
_SMALLEST: Final = 1e-20


@dataclass(frozen=True)
class NetworkDesign:
    """Sizes behind the frontend.

    Attributes:
        num_maps: of a modulation stage or a stem.
        num_mixed: maps of each channel after they are mixed.
        width: of the layers over time.
        dilations: frames to each side that the layers over time look; their sum is the look-ahead.
    """

    num_maps: int = 18
    num_mixed: int = 4
    width: int = 112
    dilations: tuple[int, ...] = (1, 2, 4, 8, 16)

    @property
    def look_ahead_frames(self) -> int:
        """Frames of the future that a mask depends on, besides what its window holds."""
        return sum(self.dilations)

    def num_parameters(self, *, num_features: int, num_channels: int, num_bins: int, has_stem: bool) -> int:
        """Learned numbers of a network on so many features of a channel, without those of its frontend."""
        maps = self.num_maps if has_stem else num_features
        # A kernel of 5 x 5, then three times five taps of each map and their mixing.
        stem = 26 * self.num_maps + 3 * (5 + self.num_maps + 1) * self.num_maps if has_stem else 0
        mixing = (maps + 1) * self.num_mixed
        entry = (num_channels * self.num_mixed + 1) * self.width
        over_time = len(self.dilations) * (3 * self.width + 1) * self.width
        return stem + mixing + entry + over_time + (self.width + 1) * num_bins


def loss_settings() -> Settings:
    """What is made small in training, with its constants."""
    return {"loss": "negative SI-SDR", "least distortion": _LEAST_DISTORTION, "smallest energy": _SMALLEST}


class Batch(NamedTuple):
    """What the frontend takes (sounds with their tail, or spectrograms), the mixture, and the speech within it."""

    inputs: Float[Array, "batch ..."]
    mixture: Float[Array, "batch samples"]
    speech: Float[Array, "batch samples"]


class MaskNetwork(FeatureNetwork):
    """From the frontend's inputs to the mask.

    Args:
        frontend: from sounds (`Frontend`), from spectrograms (`Layer`), or None: spectrograms are taken as they are.
        has_stem: whether a `TemporalStem` stands where other frontends have a modulation stage.
    """

    def __init__(
        self,
        frontend: Frontend | Layer | None,
        *,
        num_channels: int,
        has_stem: bool,
        grid: SpectrumGrid,
        design: NetworkDesign,
        rngs: nnx.Rngs,
    ) -> None:
        super().__init__(
            frontend, num_channels=num_channels, num_stem_maps=design.num_maps if has_stem else None, rngs=rngs
        )
        self.grid = grid
        self.dilations = design.dilations
        self.mixing = nnx.Linear(self.num_maps, design.num_mixed, rngs=rngs)
        self.entry = nnx.Linear(num_channels * design.num_mixed, design.width, rngs=rngs)
        self.over_time = nnx.List([nnx.Linear(3 * design.width, design.width, rngs=rngs) for _ in design.dilations])
        self.bins = nnx.Linear(design.width, grid.num_bins, rngs=rngs)

    def __call__(self, inputs: Float[Array, "batch ..."]) -> Float[Array, "batch frames bins"]:
        """The mask, from 0 to `HIGHEST_MASK`."""
        mixed = nnx.gelu(self.mixing(self.maps(inputs)))
        state = nnx.gelu(self.entry(mixed.reshape(*mixed.shape[:2], -1)))
        for layer, dilation in zip(self.over_time, self.dilations, strict=True):
            around = jnp.concatenate([_shifted(state, -dilation), state, _shifted(state, dilation)], axis=-1)
            state = state + nnx.gelu(layer(around))
        return HIGHEST_MASK * jax.nn.sigmoid(self.bins(state))

    def enhance(
        self, inputs: Float[Array, "batch ..."], mixture: Float[Array, "batch samples"]
    ) -> Float[Array, "batch samples"]:
        """The estimate of the speech, as long as the mixture."""
        return masked(mixture, self(inputs), self.grid)


def masked(
    mixture: Float[Array, "batch samples"], mask: Float[Array, "batch frames bins"], grid: SpectrumGrid
) -> Float[Array, "batch samples"]:
    """The mixture through a mask, with its own phase; a mask of 1 gives the mixture."""
    return waveforms(spectra(mixture, grid) * mask.astype(jnp.complex64), grid)


def loss(model: MaskNetwork, batch: Batch) -> Float[Array, ""]:
    """Mean negative SI-SDR in dB; the speech is as it is in the mixture, not brought to another level."""
    return -jnp.mean(si_sdr(model.enhance(batch.inputs, batch.mixture), batch.speech))


def si_sdr(estimate: Float[Array, "batch samples"], speech: Float[Array, "batch samples"]) -> Float[Array, " batch"]:
    """SI-SDR in dB of each sound, at most 60 dB, so that it has a gradient everywhere; 0 dB of silence."""
    return scale_invariant_ratio_db(estimate, speech, least_distortion=_LEAST_DISTORTION, smallest=_SMALLEST)


def _shifted(state: Float[Array, "batch frames width"], frames: int) -> Float[Array, "batch frames width"]:
    """What is this many frames later (earlier where negative), zero beyond the ends."""
    before, behind = max(0, -frames), max(0, frames)
    padded = jnp.pad(state, ((0, 0), (before, behind), (0, 0)))
    return padded[:, behind : behind + state.shape[1]]
