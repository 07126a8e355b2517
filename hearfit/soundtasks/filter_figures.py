"""What the filters of a study have become, as arrays to be drawn: modulation filters, Gabor kernels, filterbanks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import jax.numpy as jnp
import numpy as np

from hearfit.learnable.beside import BesideSpectrogram
from hearfit.learnable.cortical import CorticalLayer
from hearfit.learnable.gabor_strf import GaborFilters, GaborLayer, gabor_kernel
from hearfit.learnable.interface import Chain, FrameLayout, Frontend, Layer
from hearfit.learnable.modulation_space import ModulationSpace, ScaleUnit, gabor_modulations
from hearfit.soundtasks.filter_responses import LOWEST_DB, MOST_CHANNELS, filter_responses, learned_values
from hearfit.soundtasks.pictures import MOST_PANELS, Axis, Image, Lines, Moves, Panel, Sheet
from hearfit.soundtasks.record import RunRecord

_HALF_KERNEL_S: Final = 0.2
_HALF_CHANNELS: Final = 12


@dataclass(frozen=True, eq=False)
class PicturedRun:
    """A run with what it began from.

    Attributes:
        title: above its panels; captions say the seed.
        start: what learns, before any training; None where nothing does.
        layout: of the spectrogram that a layer of modulation filters is given.
    """

    record: RunRecord
    title: str
    start: Frontend | Layer | None
    layout: FrameLayout


def filter_sheets(runs: Sequence[PicturedRun]) -> tuple[Sheet, ...]:
    """All filters of some runs before and after training, and the Gabor kernels of the first run that has any.

    Runs that learned to the last digit what an earlier one of their frontend did, such as those of one network that
    serves several conditions, are left out.
    """
    own = _without_copies(runs)
    gabors = [run for run in own if isinstance(_modulation_layer(run), GaborLayer)]
    return (*_modulation_sheets(own), *(_kernels(run) for run in gabors[:1]), *_response_sheets(own))


def modulations(run: PicturedRun) -> tuple[ModulationSpace, ModulationSpace] | None:
    """Modulation filters of a run before and after training; None of a frontend that learns none."""
    layer = _modulation_layer(run)
    if isinstance(layer, GaborLayer):
        before, after = (gabor_modulations(_gabors(run.record, is_after=when), run.layout) for when in (False, True))
        return before, after
    if isinstance(layer, CorticalLayer):
        direction = np.asarray(layer.cortex.direction[...], np.float64)
        old, new = (
            ModulationSpace(
                learned_values(run.record, "rate", is_after=when) * direction,
                learned_values(run.record, "scale", is_after=when),
                ScaleUnit.PER_OCTAVE,
            )
            for when in (False, True)
        )
        return old, new
    return None


def _without_copies(runs: Sequence[PicturedRun]) -> list[PicturedRun]:
    own: list[PicturedRun] = []
    for run in runs:
        name = run.record.name
        is_copy = any(
            (each.record.name.frontend, each.record.name.seed, each.record.learned)
            == (name.frontend, name.seed, run.record.learned)
            for each in own
        )
        if run.record.learned and not is_copy:
            own.append(run)
    return own


def _modulation_layer(run: PicturedRun) -> Layer | None:
    start = run.start
    layer = start.layer if isinstance(start, Chain) else start
    layer = layer.layer if isinstance(layer, BesideSpectrogram) else layer
    return layer if isinstance(layer, Layer) else None


def _modulation_sheets(runs: Sequence[PicturedRun]) -> list[Sheet]:
    moves = [
        Moves(
            run.title,
            Axis("rate", "Hz"),
            Axis("scale", str(spaces[0].scale_unit)),
            *(np.stack([space.rate_hz, space.scale], axis=1) for space in spaces),
        )
        for run in runs
        if (spaces := modulations(run)) is not None
    ]
    sheets = []
    for unit in dict.fromkeys(panel.y.unit for panel in moves):
        panels = [panel for panel in moves if panel.y.unit == unit]
        sheets.append(
            Sheet(
                name=f"modulation-space-{unit.replace(' ', '-').lower()}",
                heading="What the modulation filters are tuned to, before and after training",
                caption=(
                    "Each filter has a temporal rate (positive: ripples that fall in frequency) and a spectral scale "
                    f"({unit}). Low rates and scales are slow and broad. {_seeds(runs)}{_left_out(panels)}"
                ),
                alternative=f"Rate against scale of each filter before and after training, {len(panels)} panels.",
                panels=tuple(panels[:MOST_PANELS]),
            )
        )
    return sheets


def _kernels(run: PicturedRun) -> Sheet:
    layer = _modulation_layer(run)
    assert isinstance(layer, GaborLayer)
    hop_s = 1.0 / run.layout.frame_rate_hz
    half_frames = round(_HALF_KERNEL_S / hop_s)
    filters = _gabors(run.record, is_after=True)
    kernels = np.asarray(
        jnp.real(gabor_kernel(filters, half_frames=half_frames, half_channels=_HALF_CHANNELS)), np.float64
    )
    time_ms = np.arange(-half_frames, half_frames + 1) * hop_s * 1e3
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
            f"Real part, each scaled to its greatest value; {run.title}, seed {run.record.name.seed}. The "
            f"layer is causal: of each kernel it uses the past and what lies up to {layer.latency_frames} frames "
            f"beyond the centre.{_left_out(panels)}"
        ),
        alternative=f"{len(panels)} kernels over {2e3 * half_frames * hop_s:.0f} ms and {len(channels)} channels.",
        panels=tuple(panels[:MOST_PANELS]),
    )


def _response_sheets(runs: Sequence[PicturedRun]) -> list[Sheet]:
    panels: list[Panel] = []
    for run in runs:
        found = filter_responses(run.record, run.start)
        if found is None:
            continue
        for when, gain_db in (("before", found.before_db), ("after", found.after_db)):
            axes = (Axis("frequency", "Hz", is_log=True), Axis("gain", "dB"))
            panels.append(Lines(f"{run.title}: {when}", *axes, found.frequency_hz, gain_db))
    if not panels:
        return []
    return [
        Sheet(
            name="filter-responses",
            heading="Frequency responses of the filters, before and after training",
            caption=(
                f"Gain against frequency of at most {MOST_CHANNELS} filters, spread over the channels, each relative "
                f"to its own greatest gain; what lies below −{-LOWEST_DB:.0f} dB is drawn there. The same "
                f"channels before and after. {_seeds(runs)}{_left_out(panels)}"
            ),
            alternative=(
                f"Gain over frequency of some filters in {len(panels) // 2} pairs of panels, before training and after "
                "it; centres, widths or edges of all filters are in the tables of what was learned."
            ),
            panels=tuple(panels[:MOST_PANELS]),
        )
    ]


def _seeds(runs: Sequence[PicturedRun]) -> str:
    seeds = sorted({run.record.name.seed for run in runs})
    return f"Runs with seed {', '.join(map(str, seeds))}."


def _left_out(panels: Sequence[Panel]) -> str:
    return f" {len(panels) - MOST_PANELS} more panels are left out." if len(panels) > MOST_PANELS else ""


def _gabors(record: RunRecord, *, is_after: bool) -> GaborFilters:
    names = ("temporal width", "spectral width", "orientation", "modulation")
    return GaborFilters(*(jnp.asarray(learned_values(record, name, is_after=is_after), float) for name in names))
