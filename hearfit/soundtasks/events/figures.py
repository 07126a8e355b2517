"""What the modulation filters of the event tasks have become, as arrays to be drawn."""

from collections.abc import Sequence
from typing import Final

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from hearfit.learnable.beside import BesideSpectrogram
from hearfit.learnable.cortical import CorticalLayer
from hearfit.learnable.gabor_strf import GaborFilters, GaborLayer, gabor_kernel
from hearfit.learnable.interface import Chain
from hearfit.learnable.modulation_space import ModulationSpace, ScaleUnit, gabor_modulations
from hearfit.soundtasks.events.examples import HOP_S
from hearfit.soundtasks.events.frontends import event_frontend
from hearfit.soundtasks.pictures import Axis, Image, Moves, Panel, Sheet
from hearfit.soundtasks.record import RunRecord

_HALF_FRAMES: Final = 20
_HALF_CHANNELS: Final = 12


def event_sheets(records: Sequence[RunRecord]) -> tuple[Sheet, ...]:
    """Modulation space of every run that has modulation filters, and the Gabor kernels of the first such run."""
    moves = [panel for record in records for panel in _modulations(record)]
    sheets = []
    for axis in dict.fromkeys(panel.y.unit for panel in moves):
        panels = tuple(panel for panel in moves if panel.y.unit == axis)[:24]
        sheets.append(
            Sheet(
                name=f"modulation-space-{axis.replace(' ', '-').lower()}",
                heading="What the modulation filters are tuned to, before and after training",
                caption=(
                    "Each filter has a temporal rate (positive: ripples that fall in frequency) and a spectral scale "
                    f"({axis}). Low rates and scales are slow and broad."
                ),
                alternative=f"Rate against scale of each filter before and after training, {len(panels)} runs.",
                panels=panels,
            )
        )
    gabors = [record for record in records if record.name.frontend == "gabor" and record.learned]
    if gabors:
        sheets.append(_kernels(gabors[0]))
    return tuple(sheets)


def modulations(record: RunRecord) -> tuple[ModulationSpace, ModulationSpace] | None:
    """Modulation filters of a run before and after training; None of a frontend that learns none."""
    frontend = event_frontend(record.name.frontend, record.name.seed)
    layer = frontend.layer if isinstance(frontend, Chain) else None
    layer = layer.layer if isinstance(layer, BesideSpectrogram) else layer
    if not record.learned or layer is None:
        return None
    if isinstance(layer, GaborLayer):
        before, after = (gabor_modulations(_gabors(record, is_after=when), frontend.layout) for when in (False, True))
        return before, after
    if isinstance(layer, CorticalLayer):
        direction = np.asarray(layer.cortex.direction[...], np.float64)
        old, new = (
            ModulationSpace(
                _learned(record, "rate", is_after=when) * direction,
                _learned(record, "scale", is_after=when),
                ScaleUnit.PER_OCTAVE,
            )
            for when in (False, True)
        )
        return old, new
    return None


def _modulations(record: RunRecord) -> list[Moves]:
    spaces = modulations(record)
    if spaces is None:
        return []
    before, after = (np.stack([space.rate_hz, space.scale], axis=1) for space in spaces)
    title = f"{record.name.frontend}, seed {record.name.seed}"
    return [Moves(title, Axis("rate", "Hz"), Axis("scale", str(spaces[0].scale_unit)), before, after)]


def _kernels(record: RunRecord) -> Sheet:
    filters = _gabors(record, is_after=True)
    kernels = np.asarray(
        jnp.real(gabor_kernel(filters, half_frames=_HALF_FRAMES, half_channels=_HALF_CHANNELS)), np.float64
    )
    time_ms = np.arange(-_HALF_FRAMES, _HALF_FRAMES + 1) * HOP_S * 1e3
    channels = np.arange(-_HALF_CHANNELS, _HALF_CHANNELS + 1, dtype=np.float64)
    panels: list[Panel] = [
        Image(
            f"filter {number + 1}",
            Axis("time", "ms"),
            Axis("frequency", "channels"),
            time_ms,
            channels,
            kernel.T / np.abs(kernel).max(),
            is_signed=True,
        )
        for number, kernel in enumerate(kernels)
    ]
    return Sheet(
        name="gabor-kernels",
        heading="Gabor kernels after training",
        caption=(
            f"Real part, each scaled to its greatest value; run with seed {record.name.seed}. The layer is causal: of "
            "each kernel it uses the past and what lies up to four frames beyond the centre."
        ),
        alternative=f"{len(panels)} kernels over 400 ms and 25 channels.",
        panels=tuple(panels),
    )


def _gabors(record: RunRecord, *, is_after: bool) -> GaborFilters:
    names = ("temporal width", "spectral width", "orientation", "modulation")
    return GaborFilters(*(jnp.asarray(_learned(record, name, is_after=is_after), float) for name in names))


def _learned(record: RunRecord, name: str, *, is_after: bool) -> Float[np.ndarray, " filters"]:
    parameter = next(each for each in record.learned if each.name == name)
    return np.array(parameter.after if is_after else parameter.before, np.float64)
