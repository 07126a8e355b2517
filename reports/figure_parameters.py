"""Compression exponent, attenuation and lateral inhibition over frequency, each with its 95 % interval."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from hearfit.audiology.audiogram import Ear
from hearfit.listener.profile import Estimate, FrequencyEstimates
from hearfit.reports.figure_style import (
    INK,
    MARGIN_OCTAVES,
    OCTAVES_HZ,
    PAGE_WIDTH_IN,
    QUIET,
    colours,
    house_style,
    octaves,
    short_frequency,
)
from hearfit.reports.panels import Panel, Tick, new_canvas
from hearfit.reports.wording import is_prior

_HEIGHT_IN: Final = 2.1
_BOTTOM: Final = 36.0
_PANEL_HEIGHT: Final = 100.0
_LEFT: Final = 24.0
_GAP: Final = 32.0
_NORMAL_DASHES: Final = (5.0, 2.5)
_PRIOR_DASHES: Final = (1.5, 1.2)

_EXPONENT_TICKS: Final = (0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0, 10.0)
_EXPONENT_SPAN: Final = (0.18, 1.25)
_ATTENUATION_SPAN_DB: Final = 40.0


@dataclass(frozen=True)
class NormalValues:
    """The parameters of the model's normal ear, drawn as lines; not clinical norms."""

    compression_exponent: float
    attenuation_db: float
    inhibition: float


@dataclass(frozen=True)
class _Axis:
    title: str
    limits: tuple[float, float]
    ticks: tuple[Tick, ...]
    normal: float


def draw_parameters(frequencies: Sequence[FrequencyEstimates], ear: Ear, normal: NormalValues) -> Figure:
    """Three panels side by side."""
    exponents = [entry.compression_exponent for entry in frequencies]
    attenuations = [entry.attenuation_db for entry in frequencies]
    inhibitions = [entry.inhibition for entry in frequencies]
    line = colours(ear).line
    with house_style():
        figure, canvas = new_canvas(PAGE_WIDTH_IN, _HEIGHT_IN)
        exponent_axis = _exponent_axis(exponents, normal.compression_exponent)
        first = _draw(canvas, 0, frequencies, line, [_in_decades(estimate) for estimate in exponents], exponent_axis)
        first.level_line(0.0, color=QUIET, width=0.8, dashes=(1.0, 1.5))
        first.remark(first.x_limits[0], 0.0, "linear")
        _draw(canvas, 1, frequencies, line, attenuations, _attenuation_axis(attenuations, normal.attenuation_db))
        _draw(canvas, 2, frequencies, line, inhibitions, _inhibition_axis(normal.inhibition))
        _draw_legend(canvas, line)
    return figure


def _draw(
    canvas: Axes,
    index: int,
    frequencies: Sequence[FrequencyEstimates],
    line: str,
    estimates: Sequence[Estimate],
    axis: _Axis,
) -> Panel:
    width = (canvas.get_xlim()[1] - _LEFT - 2 * _GAP - 4.0) / 3
    ends = (octaves(OCTAVES_HZ[0]) - MARGIN_OCTAVES, octaves(OCTAVES_HZ[-1]) + MARGIN_OCTAVES)
    panel = Panel(canvas, _LEFT + index * (width + _GAP), _BOTTOM, width, _PANEL_HEIGHT, ends, axis.limits)
    panel.frame(x_ticks=[Tick(octaves(hz), short_frequency(hz)) for hz in OCTAVES_HZ], y_ticks=axis.ticks)
    panel.title(axis.title)
    panel.level_line(axis.normal, color=INK, width=0.9, dashes=_NORMAL_DASHES)
    pairs = list(zip(frequencies, estimates, strict=True))
    for is_prior_speaking in (False, True):
        color = QUIET if is_prior_speaking else line
        chosen = [(entry, estimate) for entry, estimate in pairs if is_prior(estimate) is is_prior_speaking]
        panel.bars(
            [octaves(entry.frequency_hz) for entry, _ in chosen],
            [estimate.lower_95 for _, estimate in chosen],
            [estimate.upper_95 for _, estimate in chosen],
            color=color,
            width=1.0 if is_prior_speaking else 1.6,
            dashes=_PRIOR_DASHES if is_prior_speaking else (),
        )
        for is_tested in (False, True):
            here = [(entry, estimate) for entry, estimate in chosen if (entry.num_trials > 0) is is_tested]
            panel.marks(
                [octaves(entry.frequency_hz) for entry, _ in here],
                [estimate.mean for _, estimate in here],
                areas=[25.0 if is_tested else 18.0] * len(here),
                marker="o" if is_tested else "s",
                face="white" if is_prior_speaking else color,
                edge=color,
            )
    return panel


def _in_decades(estimate: Estimate) -> Estimate:
    """On a logarithmic scale, because the exponent is a factor: a doubling looks the same everywhere."""
    mean, lower, upper = (
        math.log10(max(value, 1e-9)) for value in (estimate.mean, estimate.lower_95, estimate.upper_95)
    )
    return Estimate(mean, estimate.sd, lower, upper, estimate.data_share)


def _exponent_axis(estimates: Sequence[Estimate], normal: float) -> _Axis:
    lowest = 0.92 * min(estimate.lower_95 for estimate in estimates)
    highest = 1.08 * max(estimate.upper_95 for estimate in estimates)
    low = max(_EXPONENT_TICKS[0], min(_EXPONENT_SPAN[0], lowest))
    high = min(_EXPONENT_TICKS[-1], max(_EXPONENT_SPAN[1], highest))
    ticks = tuple(Tick(math.log10(value), f"{value:g}") for value in _EXPONENT_TICKS if low <= value <= high)
    return _Axis("Compression exponent", (math.log10(low), math.log10(high)), ticks, math.log10(normal))


def _attenuation_axis(estimates: Sequence[Estimate], normal: float) -> _Axis:
    high = max(_ATTENUATION_SPAN_DB, *(1.05 * estimate.upper_95 for estimate in estimates))
    step = 10 if high <= 60 else 20 if high <= 130 else 50
    ticks = tuple(Tick(value, str(value)) for value in range(0, int(high) + 1, step))
    return _Axis("Attenuation (dB)", (-0.03 * high, high), ticks, normal)


def _inhibition_axis(normal: float) -> _Axis:
    ticks = tuple(Tick(value, f"{value:g}") for value in (0.0, 0.25, 0.5, 0.75, 1.0))
    return _Axis("Lateral inhibition (no clinical norms)", (-0.03, 1.03), ticks, normal)


def _draw_legend(canvas: Axes, line: str) -> None:
    handles: list[Artist] = [
        _sign("o", color=line, face=line, label="mostly the answers"),
        _sign("o", color=QUIET, face="white", label="mostly the prior"),
        _sign("s", color=QUIET, face="white", label="square: not tested at this frequency"),
        Line2D([], [], color=INK, linewidth=0.9, dashes=_NORMAL_DASHES, label="the model's normal ear"),
    ]
    middle = canvas.get_xlim()[1] / 2
    canvas.text(middle, 14.0, "Frequency (Hz)", ha="center", va="bottom", fontsize=7.5)
    canvas.legend(
        handles=handles,
        loc="lower center",
        ncols=4,
        bbox_to_anchor=(middle, 0.0),
        bbox_transform=canvas.transData,
        borderaxespad=0.0,
    )


def _sign(marker: str, *, color: str, face: str, label: str) -> Line2D:
    return Line2D(
        [],
        [],
        linestyle="none",
        color=color,
        marker=marker,
        markersize=5.0 if marker == "o" else 4.2,
        markerfacecolor=face,
        markeredgewidth=1.0,
        label=label,
    )
