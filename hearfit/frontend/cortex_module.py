"""The cortical stage as a Flax NNX module, alone and behind a cochlea: waveform to cortical features."""

from typing import Final

import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, Float

from hearfit.errors import InputError
from hearfit.frontend.auditory_spectrogram import EnvelopeState, FineStructureState
from hearfit.frontend.bounded_parameters import BoundedParameter
from hearfit.frontend.cortex import Past, Response, cortical_response, silent_past
from hearfit.frontend.cortex_parameters import (
    CortexCoordinates,
    CortexDesign,
    ModulationFilters,
    coordinates_of,
    filters_at,
)
from hearfit.frontend.module import EnvelopeFrontend, FineStructureFrontend, Frozen, Waveform

_FRAME_RATE_TOLERANCE: Final = 1e-3


class Cortex(nnx.Module):
    """Spectrotemporal modulation filters whose scales and rates are learned; directions are fixed."""

    def __init__(self, filters: ModulationFilters, design: CortexDesign) -> None:
        coordinates = coordinates_of(filters, design)
        self.design = design
        self.scale = nnx.Param(coordinates.scale)
        self.rate = nnx.Param(coordinates.rate)
        self.direction = Frozen(jnp.asarray(filters.direction))

    @property
    def parameters(self) -> tuple[BoundedParameter, ...]:
        """What is learned, in the order of `values`."""
        return (self.design.scale, self.design.rate)

    def filters(self) -> ModulationFilters:
        """The filters in physical units."""
        return filters_at(CortexCoordinates(self.scale[...], self.rate[...]), self.direction[...], self.design)

    def values(self) -> dict[str, Float[np.ndarray, " filters"]]:
        """Every learned parameter in its own unit, for a parameter table."""
        filters = self.filters()
        return {"scale": np.asarray(filters.scale_cycles_per_octave), "rate": np.asarray(filters.rate_hz)}

    def initial_state(self, batch: int = 1) -> Past:
        """Silence before the beginning of a streamed sound."""
        return silent_past(self.rate[...].shape[0], batch=batch, design=self.design)

    def stream(self, spectrogram: Float[Array, "batch frames channels"], past: Past) -> tuple[Response, Past]:
        """Response to the next frames of a sound, and the state after them."""
        return cortical_response(spectrogram, self.filters(), self.design, past)

    def __call__(self, spectrogram: Float[Array, "batch frames channels"]) -> Response:
        """Response to whole spectrograms, silence before them."""
        return self.stream(spectrogram, self.initial_state(spectrogram.shape[0]))[0]


class CochleaAndCortex(nnx.Module):
    """Waveform in, auditory spectrogram and cortical features out.

    Raises:
        InputError: the frames or channels of the cochlea are not those of the cortex.
    """

    def __init__(self, cochlea: FineStructureFrontend | EnvelopeFrontend, cortex: Cortex) -> None:
        frame_rate_hz, num_channels = cochlea.grid.frame_rate_hz, len(cochlea.centre_frequencies_hz)
        design = cortex.design
        if num_channels != design.num_channels or not np.isclose(
            frame_rate_hz, design.frame_rate_hz, rtol=_FRAME_RATE_TOLERANCE
        ):
            raise InputError(
                f"The cochlea has {num_channels} channels and {frame_rate_hz:g} frames a second, but the cortex is "
                f"made for {design.num_channels} channels and {design.frame_rate_hz:g} frames a second."
            )
        spacing = np.diff(np.log2(cochlea.centre_frequencies_hz)) * design.channels_per_octave
        if not np.allclose(spacing, 1.0, atol=1e-3):
            raise InputError(
                f"The cochlea's channels are {spacing.min():.3g} to {spacing.max():.3g} times as far apart as those of "
                f"the cortex, {design.channels_per_octave:g} an octave: scales are cycles per octave. Bring the "
                f"spectrogram to that axis (`log_frequency_weights`) and use the cortex by itself."
            )
        self.cochlea = cochlea
        self.cortex = cortex

    def initial_state(self, batch: int = 1) -> tuple[FineStructureState | EnvelopeState, Past]:
        """Silence before the beginning of a streamed sound."""
        return self.cochlea.initial_state(batch), self.cortex.initial_state(batch)

    def __call__(self, waveform: Waveform) -> tuple[Float[Array, "batch frames channels"], Response]:
        """Auditory spectrogram and cortical response of whole sounds."""
        spectrogram = self.cochlea(waveform if waveform.ndim == 2 else waveform[None])
        return spectrogram, self.cortex(spectrogram)
