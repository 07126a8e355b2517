"""The cortical stage of Famularo et al. 2024 as a layer: modulation filters tuned to a scale and a rate each."""

from enum import StrEnum, unique
from typing import Final

import jax
import jax.numpy as jnp
import numpy as np

from hearfit.errors import InputError
from hearfit.frontend.bounded_parameters import BoundedParameter
from hearfit.frontend.cortex import cortical_magnitude
from hearfit.frontend.cortex_module import Cortex
from hearfit.frontend.cortex_parameters import CortexDesign, ModulationFilters, log_spaced_filters, random_filters
from hearfit.learnable.freezing import freeze
from hearfit.learnable.interface import Features, FrameLayout, Layer, Spectrograms, Values

# The envelope u^2 exp(-3.5 u) of a rate filter is greatest after this many of its cycles.
_CYCLES_TO_PEAK: Final = 2.0 / 3.5
_SPACING_TOLERANCE: Final = 1e-3
# Of a limit: at the limit itself a parameter has hardly any gradient, and would never leave it.
_INSIDE: Final = 0.8


@unique
class CorticalOutput(StrEnum):
    """REAL keeps the phase of a modulation, as the paper does; MAGNITUDE says how strong it is, whatever its phase."""

    REAL = "real"
    MAGNITUDE = "magnitude"


@unique
class CorticalStart(StrEnum):
    """The paper's two initialisations."""

    LOG = "log"
    RANDOM = "random"


def cortex_design(layout: FrameLayout, *, block_frames: int = 25) -> CortexDesign:
    """The grid of a spectrogram, and limits of scale and rate that it can hold: at most the paper's.

    Raises:
        InputError: the channels are not evenly spaced in log frequency, so that there are no cycles per octave.
    """
    log_spacing = np.diff(np.log2(layout.centre_frequencies_hz))
    if log_spacing.size == 0 or not np.allclose(log_spacing, log_spacing[0], rtol=_SPACING_TOLERANCE):
        raise InputError(
            f"The cortical stage needs channels at equal steps of log frequency; the {layout.num_channels} channels "
            f"of this frontend are not. Use a biomimetic frontend, or a listener with an `axis`."
        )
    channels_per_octave = float(1.0 / log_spacing.mean())
    return CortexDesign(
        num_channels=layout.num_channels,
        channels_per_octave=channels_per_octave,
        frame_rate_hz=layout.frame_rate_hz,
        lowest_scale=0.125,
        highest_scale=min(12.0, channels_per_octave / 2.0),
        lowest_rate_hz=0.5,
        highest_rate_hz=min(64.0, layout.frame_rate_hz / 3.0),
        block_frames=block_frames,
    )


def initial_filters(num_filters: int, design: CortexDesign, *, start: CorticalStart, seed: int) -> ModulationFilters:
    """The paper's initialisations, for any even number of filters on any grid.

    LOG is a grid of 0.25 to 8 cycles per octave and 2 to 32 Hz in both directions, narrowed to what the design holds,
    with as many scales as rates or more; it does not depend on the seed. No filter begins at a limit of the design.
    RANDOM draws uniformly (`random_filters`).

    Raises:
        InputError: there is no filter, or an odd number of them for the grid in two directions.
    """
    if num_filters < 1 or (start is CorticalStart.LOG and num_filters % 2):
        raise InputError(
            f"{num_filters} cortical filters were asked for. At random there are any number from 1 up; a grid has an "
            f"even number, half of them for each direction."
        )
    if start is CorticalStart.RANDOM:
        return random_filters(jax.random.key(seed), num_filters, design)
    pairs = num_filters // 2
    num_rates = max(count for count in range(1, int(pairs**0.5) + 1) if pairs % count == 0)
    return log_spaced_filters(
        num_scales=pairs // num_rates,
        num_rates=num_rates,
        scale_range=(0.25, min(8.0, _INSIDE * design.highest_scale)),
        rate_range_hz=(2.0, min(32.0, _INSIDE * design.highest_rate_hz)),
    )


class CorticalLayer(Layer):
    """One map a filter.

    With `is_learned` every filter's scale and rate learn, inside the limits of the design; directions are fixed, as no
    gradient leads from one to the other.
    """

    def __init__(
        self,
        filters: ModulationFilters,
        design: CortexDesign,
        *,
        is_learned: bool,
        output: CorticalOutput = CorticalOutput.REAL,
    ) -> None:
        self.cortex = Cortex(filters, design)
        if not is_learned:
            freeze(self.cortex)
        self.is_learned = is_learned
        self.output = output
        self.num_maps = len(filters.rate_hz)
        self.latency_s = _CYCLES_TO_PEAK / float(jnp.min(filters.rate_hz))

    @property
    def parameters(self) -> tuple[BoundedParameter, ...]:
        """Scale and rate of the filters that learn."""
        return self.cortex.parameters if self.is_learned else ()

    def values(self) -> Values:
        """Scale and rate of every filter that learns."""
        return self.cortex.values() if self.is_learned else {}

    def __call__(self, spectrogram: Spectrograms) -> Features:
        """The filters' responses, silence before the first frame."""
        if self.output is CorticalOutput.REAL:
            response = self.cortex(spectrogram)
        else:
            past = self.cortex.initial_state(spectrogram.shape[0])
            response, _ = cortical_magnitude(spectrogram, self.cortex.filters(), self.cortex.design, past)
        return jnp.moveaxis(response, 1, 3)
