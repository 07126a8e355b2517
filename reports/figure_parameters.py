"""The parameters of an ear over frequency with 95 % intervals, before the range of ears with normal thresholds."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from hearfit.audiology.audiogram import Ear
from hearfit.frontend.erb_scale import normal_erb_hz
from hearfit.listener.normal_range import normal_range
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

_HEIGHT_IN: Final = 3.84
_BOTTOM: Final = 45.0
_PANEL_HEIGHT: Final = 90.0
_ROW_HEIGHT: Final = 126.0
_LEFT: Final = 24.0
_GAP: Final = 38.0
_NUM_COLUMNS: Final = 2
_RANGE: Final = "#e3e6eb"
_NORMAL_DASHES: Final = (5.0, 2.5)
_PRIOR_DASHES: Final = (1.5, 1.2)

_FACTOR_TICKS: Final = (0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0, 10.0)
_EXPONENT_SPAN: Final = (0.18, 1.25)
_BANDWIDTH_SPAN: Final = (0.7, 2.5)
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
    """Four panels: compression exponent, attenuation, lateral inhibition and, following from these, bandwidth."""
    exponents = [_in_decades(entry.compression_exponent) for entry in frequencies]
    attenuations = [entry.attenuation_db for entry in frequencies]
    inhibitions = [entry.inhibition for entry in frequencies]
    bandwidths = [_in_decades(bandwidth_ratio(entry)) for entry in frequencies]
    ranges = [normal_range(entry.frequency_hz) for entry in frequencies]
    line = colours(ear).line
    with house_style():
        figure, canvas = new_canvas(PAGE_WIDTH_IN, _HEIGHT_IN)
        exponent_axis = _factor_axis("Compression exponent", exponents, normal.compression_exponent, _EXPONENT_SPAN)
        panels = [
            _panel(canvas, index, axis)
            for index, axis in enumerate(
                (
                    exponent_axis,
                    _attenuation_axis(attenuations, normal.attenuation_db),
                    _inhibition_axis(normal.inhibition),
                    _factor_axis("Equivalent bandwidth re normal (ERB)", bandwidths, 1.0, _BANDWIDTH_SPAN),
                )
            )
        ]
        normal_ranges = (
            [_log10(each.compression_exponent) if each else None for each in ranges],
            [each.attenuation_db if each else None for each in ranges],
            [each.inhibition if each else None for each in ranges],
            [_log10(each.bandwidth_ratio) if each else None for each in ranges],
        )
        for panel, estimates, normal_of in zip(
            panels, (exponents, attenuations, inhibitions, bandwidths), normal_ranges, strict=True
        ):
            _draw_range(panel, frequencies, normal_of)
            _draw_estimates(panel, frequencies, estimates, line)
        panels[0].level_line(0.0, color=QUIET, width=0.8, dashes=(1.0, 1.5))
        panels[0].remark(panels[0].x_limits[0], 0.0, "linear")
        _draw_legend(canvas, line)
    return figure


def bandwidth_ratio(entry: FrequencyEstimates) -> Estimate:
    """The equivalent rectangular bandwidth as a multiple of that of a normal ear."""
    normal_hz = float(normal_erb_hz(np.array([entry.frequency_hz]))[0])
    value = entry.equivalent_bandwidth_hz
    ratios = (value.mean / normal_hz, value.sd / normal_hz, value.lower_95 / normal_hz, value.upper_95 / normal_hz)
    # Where its share is not given: it follows from the inhibition.
    share = entry.inhibition.data_share if value.data_share is None else value.data_share
    return Estimate(*ratios, share)


def _panel(canvas: Axes, index: int, axis: _Axis) -> Panel:
    width = (canvas.get_xlim()[1] - _NUM_COLUMNS * _LEFT - (_NUM_COLUMNS - 1) * (_GAP - _LEFT) - 4.0) / _NUM_COLUMNS
    ends = (octaves(OCTAVES_HZ[0]) - MARGIN_OCTAVES, octaves(OCTAVES_HZ[-1]) + MARGIN_OCTAVES)
    row, column = divmod(index, _NUM_COLUMNS)
    panel = Panel(
        canvas,
        left=_LEFT + column * (width + _GAP),
        bottom=_BOTTOM + (1 - row) * _ROW_HEIGHT,
        width=width,
        height=_PANEL_HEIGHT,
        x_limits=ends,
        y_limits=axis.limits,
    )
    panel.frame(x_ticks=[Tick(octaves(hz), short_frequency(hz)) for hz in OCTAVES_HZ], y_ticks=axis.ticks)
    panel.title(axis.title)
    panel.level_line(axis.normal, color=INK, width=0.9, dashes=_NORMAL_DASHES)
    return panel


def _draw_range(
    panel: Panel, frequencies: Sequence[FrequencyEstimates], ranges: Sequence[tuple[float, float] | None]
) -> None:
    known = [(octaves(entry.frequency_hz), ends) for entry, ends in zip(frequencies, ranges, strict=True) if ends]
    if known:
        panel.band(
            [x for x, _ in known], [low for _, (low, _) in known], [high for _, (_, high) in known], color=_RANGE
        )


def _draw_estimates(
    panel: Panel, frequencies: Sequence[FrequencyEstimates], estimates: Sequence[Estimate], line: str
) -> None:
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


def _log10(ends: tuple[float, float]) -> tuple[float, float]:
    return math.log10(ends[0]), math.log10(ends[1])


def _in_decades(estimate: Estimate) -> Estimate:
    """On a logarithmic scale, because the exponent is a factor: a doubling looks the same everywhere."""
    mean, lower, upper = (
        math.log10(max(value, 1e-9)) for value in (estimate.mean, estimate.lower_95, estimate.upper_95)
    )
    return Estimate(mean, estimate.sd, lower, upper, estimate.data_share)


def _factor_axis(title: str, in_decades: Sequence[Estimate], normal: float, span: tuple[float, float]) -> _Axis:
    """Logarithmic, with numbers as they are; `span` is shown at least."""
    lowest = min(estimate.lower_95 for estimate in in_decades) - 0.035
    highest = max(estimate.upper_95 for estimate in in_decades) + 0.035
    low = max(math.log10(_FACTOR_TICKS[0]), min(math.log10(span[0]), lowest))
    high = min(math.log10(_FACTOR_TICKS[-1]), max(math.log10(span[1]), highest))
    ticks = [(math.log10(value), value) for value in _FACTOR_TICKS]
    inside = tuple(Tick(place, f"{value:g}") for place, value in ticks if low <= place <= high)
    return _Axis(title, (low, high), inside, math.log10(normal))


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
        _sign("s", color=QUIET, face="white", label="square: not tested here"),
        Line2D([], [], color=INK, linewidth=0.9, dashes=_NORMAL_DASHES, label="the model's normal ear"),
        Patch(facecolor=_RANGE, label="95 % of ears with normal thresholds*"),
    ]
    middle = canvas.get_xlim()[1] / 2
    canvas.text(middle, 23.0, "Frequency (Hz)", ha="center", va="bottom", fontsize=7.5)
    canvas.legend(
        handles=handles,
        loc="lower center",
        ncols=3,
        columnspacing=1.6,
        handletextpad=0.5,
        labelspacing=0.25,
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
