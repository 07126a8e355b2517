"""The cochlea of Famularo et al. 2024 as a frontend: constant-Q bank, compression, inhibition, leaky integration.

The paper normalises every sound to an RMS of 1, after which its power law can no longer depend on level. Here sounds
are in pascal and are divided by one fixed pressure, that of `REFERENCE_LEVEL_DB_SPL`, the level that speech is given
everywhere here: it then has an RMS of 1, as in the paper, and a softer sound stays softer.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from hearfit.errors import InputError
from hearfit.frontend.bounded_parameters import BoundedParameter
from hearfit.frontend.constant_q import ConstantQDesign, digital_filters, latency_s
from hearfit.frontend.frame_integration import FrameSampling
from hearfit.frontend.presets import paper
from hearfit.learnable.freezing import freeze
from hearfit.learnable.interface import Features, FrameLayout, Frontend, Sounds, Values, check_whole_frames
from hearfit.learnable.output_compression import OutputCompression, compressed
from hearfit.levels import pascal_from_db_spl

REFERENCE_LEVEL_DB_SPL: Final = 65.0
# What the channels give for noise of RMS 1 lies between 0.01 and 0.2.
_RESPONSE_UNIT: Final = 0.01

LEAN_CHANNELS: Final = ConstantQDesign(channels_per_octave=12, num_channels=64)
"""179.7 Hz to 6.8 kHz in half the paper's density: fits 16 kHz, and half the work."""


@dataclass(frozen=True)
class BiomimeticDesign:
    """The cochlea before any training.

    The exponent, the strength of inhibition and the time constant are the paper's. Two departures, each of which can be
    undone: frames are averages free of aliasing (POINT samples as the paper does), and what comes out is compressed,
    log(1 + s/0.01), as its range is too large for a network (NONE leaves it).
    """

    sampling_rate_hz: float = 16_000.0
    channels: ConstantQDesign = LEAN_CHANNELS
    frame_s: float = 0.01
    exponent: float = 1.0
    inhibition: float = 1.0
    time_constant_s: float = 0.008
    sampling: FrameSampling = FrameSampling.SMOOTH
    output_compression: OutputCompression = OutputCompression.LOG


def evenly_spaced(lowest_hz: float, highest_hz: float, num_channels: int) -> ConstantQDesign:
    """Channels at equal steps of log frequency, the first and the last at these frequencies.

    Raises:
        InputError: there are fewer than two channels, or a frequency lies outside what the bank is designed for.
    """
    if num_channels < 2 or not 0.0 < lowest_hz < highest_hz:
        raise InputError(
            f"{num_channels} channels from {lowest_hz:g} to {highest_hz:g} Hz were asked for. A bank between two "
            f"frequencies has at least 2, and the frequencies are positive and ascend."
        )
    return ConstantQDesign(lowest_hz, (num_channels - 1) / float(np.log2(highest_hz / lowest_hz)), num_channels)


class BiomimeticFrontend(Frontend):
    """Waveform in pascal to the auditory spectrogram of the paper's cochlea.

    With `is_learned` the exponent and the inhibition of every channel and the time constant learn, each within the
    range of physiology; the filters never do. Without it nothing learns.

    Raises:
        InputError: the sampling rate cannot carry the bank and the filter above it, or a parameter is out of its range.
    """

    def __init__(self, design: BiomimeticDesign, *, is_learned: bool) -> None:
        self.design = design
        self.is_learned = is_learned
        self.cochlea = paper(
            design.sampling_rate_hz,
            design=design.channels,
            exponent=design.exponent,
            inhibition=design.inhibition,
            time_constant_s=design.time_constant_s,
            sampling=design.sampling,
            is_top_inhibited=True,
            frame_s=design.frame_s,
        )
        if not is_learned:
            freeze(self.cochlea)
        grid = self.cochlea.grid
        self.layout = FrameLayout(
            sampling_rate_hz=design.sampling_rate_hz,
            hop_samples=grid.frame_samples,
            centre_frequencies_hz=self.cochlea.centre_frequencies_hz,
            latency_s=_slowest_filter_s(design)
            + design.time_constant_s
            + (grid.frame_s if design.sampling is FrameSampling.SMOOTH else 0.0),
        )

    @property
    def parameters(self) -> tuple[BoundedParameter, ...]:
        """Exponent, inhibition and time constant of the cochlea that learns."""
        return self.cochlea.parameters if self.is_learned else ()

    def values(self) -> Values:
        """The learned parameters in their own units."""
        return self.cochlea.values() if self.is_learned else {}

    def __call__(self, waveform: Sounds) -> Features:
        """The auditory spectrogram as one map."""
        check_whole_frames(waveform, self.layout)
        reference_pa = float(pascal_from_db_spl(np.array(REFERENCE_LEVEL_DB_SPL)))
        spectrogram = self.cochlea(waveform / reference_pa)
        return compressed(spectrogram, self.design.output_compression, unit=_RESPONSE_UNIT)[..., None]


def _slowest_filter_s(design: BiomimeticDesign) -> float:
    """Of the lowest channel, whose filter is the slowest."""
    lowest = ConstantQDesign(design.channels.lowest_hz, design.channels.channels_per_octave, 1)
    return float(latency_s(digital_filters(lowest, design.sampling_rate_hz), design.sampling_rate_hz)[0])
