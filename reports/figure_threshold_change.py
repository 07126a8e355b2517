"""What changed between two sessions: implied thresholds of both, and the differences with the limits of retest."""

from collections.abc import Sequence
from typing import Final

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from hearfit.audiology.audiogram import Ear
from hearfit.change.difference import Quantity
from hearfit.change.verdict import QuantityChange, Verdict
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
    tick_step,
)
from hearfit.reports.panels import Panel, Tick, new_canvas
from hearfit.reports.wording import ear_name, number

_HEIGHT_IN: Final = 2.3
_BOTTOM: Final = 44.0
_PANEL_HEIGHT: Final = 100.0
_LEFT: Final = 30.0
_GAP: Final = 40.0
_LIMITS: Final = "#e3e6eb"
_SMALLEST_SPAN_DB: Final = 20.0
_UNMEASURED_DASHES: Final = (1.5, 1.2)


def draw_threshold_changes(changes: Sequence[QuantityChange]) -> Figure:
    """Change of the implied threshold by frequency, a panel an ear, the right ear first; downwards is better."""
    thresholds = [
        change
        for change in changes
        if change.measured.quantity is Quantity.THRESHOLD and len(change.measured.frequencies_hz) == 1
    ]
    ears = [ear for ear in (Ear.RIGHT, Ear.LEFT) if any(change.ear is ear for change in thresholds)]
    measured = [change for change in thresholds if change.verdict is not Verdict.NOT_MEASURED]
    ends = [abs(end) for c in measured for end in (c.measured.difference.lower_95, c.measured.difference.upper_95)]
    # Differences that were not measured may run off the panel: their intervals are those of the prior.
    span = max([_SMALLEST_SPAN_DB, *(1.1 * end for end in ends)])
    with house_style():
        figure, canvas = new_canvas(PAGE_WIDTH_IN, _HEIGHT_IN)
        width = (canvas.get_xlim()[1] - 2 * _LEFT - _GAP + _LEFT - 4.0) / 2
        for index, ear in enumerate(ears):
            panel = Panel(
                canvas,
                left=_LEFT + index * (width + _GAP),
                bottom=_BOTTOM,
                width=width,
                height=_PANEL_HEIGHT,
                x_limits=(octaves(OCTAVES_HZ[0]) - MARGIN_OCTAVES, octaves(OCTAVES_HZ[-1]) + MARGIN_OCTAVES),
                y_limits=(-span, span),
            )
            step = tick_step(span, (10.0, 20.0, 50.0, 100.0), 4.5)
            levels = [step * k for k in range(-int(span / step), int(span / step) + 1)]
            panel.frame(
                x_ticks=[Tick(octaves(hz), short_frequency(hz)) for hz in OCTAVES_HZ],
                y_ticks=[Tick(level, f"{'+' if level > 0 else ''}{number(level, 0)}") for level in levels],
            )
            panel.title(ear_name(ear), "change of implied threshold (dB), up is worse")
            _draw_ear(panel, [change for change in thresholds if change.ear is ear], colours(ear).line)
        _draw_legend(canvas)
    return figure


def _draw_ear(panel: Panel, changes: Sequence[QuantityChange], line: str) -> None:
    limits = [change.between_sessions.limit_95 for change in changes if change.between_sessions is not None]
    if limits:
        panel.band(panel.x_limits, (-limits[0],) * 2, (limits[0],) * 2, color=_LIMITS)
    panel.level_line(0.0, color=QUIET, width=0.8, dashes=(1.0, 1.5))
    for is_measured in (False, True):
        here = [change for change in changes if (change.verdict is not Verdict.NOT_MEASURED) is is_measured]
        x = [octaves(change.measured.frequencies_hz[0]) for change in here]
        panel.bars(
            x,
            [change.measured.difference.lower_95 for change in here],
            [change.measured.difference.upper_95 for change in here],
            color=line if is_measured else QUIET,
            width=1.6 if is_measured else 1.0,
            dashes=() if is_measured else _UNMEASURED_DASHES,
        )
        for is_told in (False, True):
            chosen = [change for change in here if change.is_told is is_told]
            panel.marks(
                [octaves(change.measured.frequencies_hz[0]) for change in chosen],
                [change.measured.difference.mean for change in chosen],
                areas=[34.0 if is_told else 20.0] * len(chosen),
                marker="D" if is_told else "o",
                face=line if is_told else "white",
                edge=line if is_measured else QUIET,
            )


def _draw_legend(canvas: Axes) -> None:
    handles: list[Artist] = [
        _sign("D", INK, "change told, or to be confirmed"),
        _sign("o", "white", "no change shown"),
        Line2D([], [], color=QUIET, linewidth=1.0, dashes=_UNMEASURED_DASHES, label="not measured twice"),
        Patch(facecolor=_LIMITS, label="95 % of retests of an unchanged ear"),
    ]
    middle = canvas.get_xlim()[1] / 2
    canvas.text(middle, 14.0, "Frequency (Hz)", ha="center", va="bottom", fontsize=7.5)
    canvas.legend(
        handles=handles,
        loc="lower center",
        ncols=len(handles),
        bbox_to_anchor=(middle, 0.0),
        bbox_transform=canvas.transData,
        borderaxespad=0.0,
        columnspacing=1.4,
        handletextpad=0.5,
    )


def _sign(marker: str, face: str, label: str) -> Line2D:
    return Line2D([], [], linestyle="none", color=INK, marker=marker, markersize=4.6, markerfacecolor=face, label=label)
