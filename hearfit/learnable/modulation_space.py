"""Where filters lie in modulation space: the temporal rate and spectral scale of every filter of a layer.

The picture of Singh and Theunissen 2003 (JASA 114:3394) for what a layer has learned. A real spectrogram's spectrum is
the same at (rate, scale) and (-rate, -scale), so that scales are given as 0 or positive; the sign of the rate tells
the direction. A positive rate is that of ripples which move down in frequency, cos 2 pi (rate t + scale x).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Final

import numpy as np
from jaxtyping import Float

from hearfit.errors import InputError
from hearfit.learnable.cortical import CorticalLayer
from hearfit.learnable.gabor_strf import GaborFilters, GaborLayer
from hearfit.learnable.interface import Chain, FrameLayout, Frontend

# Channels count as evenly spaced if no step differs from the mean by more than this share.
_SPACING_TOLERANCE: Final = 0.01


@unique
class ScaleUnit(StrEnum):
    """Cycles along the frequency axis, per channel where it is neither logarithmic nor linear."""

    PER_OCTAVE = "cycles per octave"
    PER_KILOHERTZ = "cycles per kHz"
    PER_CHANNEL = "cycles per channel"


@dataclass(frozen=True)
class ModulationSpace:
    """One point a filter."""

    rate_hz: Float[np.ndarray, " filters"]
    scale: Float[np.ndarray, " filters"]
    scale_unit: ScaleUnit


def modulation_space(frontend: Frontend) -> ModulationSpace:
    """The filters of a frontend with a cortical or Gabor layer, as they are now: take it before and after training.

    Raises:
        InputError: the frontend has no such layer.
    """
    layer = frontend.layer if isinstance(frontend, Chain) else None
    if isinstance(layer, GaborLayer):
        return gabor_modulations(layer.filters(), frontend.layout)
    if isinstance(layer, CorticalLayer):
        filters = layer.cortex.filters()
        rate_hz = np.asarray(filters.rate_hz * filters.direction, np.float64)
        return ModulationSpace(rate_hz, np.asarray(filters.scale_cycles_per_octave, np.float64), ScaleUnit.PER_OCTAVE)
    raise InputError(
        "This frontend has no modulation filters. Only one with a cortical or a Gabor layer lies in modulation space."
    )


def gabor_modulations(filters: GaborFilters, layout: FrameLayout) -> ModulationSpace:
    """Rate F cos gamma / (2 pi frame) and scale F sin gamma / (2 pi channel step) of Gabor filters."""
    modulation, orientation = (np.asarray(part, np.float64) for part in (filters.modulation, filters.orientation))
    channels_per_unit, unit = channel_density(layout.centre_frequencies_hz)
    rate_hz = modulation * np.cos(orientation) / (2.0 * math.pi) * layout.frame_rate_hz
    scale = modulation * np.sin(orientation) / (2.0 * math.pi) * channels_per_unit
    sign = np.where(scale < 0.0, -1.0, 1.0)
    return ModulationSpace(sign * rate_hz, sign * scale, unit)


def channel_density(centre_frequencies_hz: Sequence[float]) -> tuple[float, ScaleUnit]:
    """Channels in an octave or in a kilohertz where their steps are equal on that axis, else 1 in a channel."""
    frequency_hz = np.asarray(centre_frequencies_hz, np.float64)
    for axis, unit in ((np.log2(frequency_hz), ScaleUnit.PER_OCTAVE), (frequency_hz / 1e3, ScaleUnit.PER_KILOHERTZ)):
        step = np.diff(axis)
        if step.size and np.all(np.abs(step / step.mean() - 1.0) < _SPACING_TOLERANCE):
            return float(1.0 / step.mean()), unit
    return 1.0, ScaleUnit.PER_CHANNEL
