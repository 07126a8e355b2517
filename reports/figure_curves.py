"""Answers against level with what the fitted ear and a normal ear predict: one small panel a frequency."""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from hearfit.audiology.audiogram import Ear
from hearfit.listener.profile import CurveMasker, ResponseCurve
from hearfit.reports.figure_style import INK, PAGE_WIDTH_IN, QUIET, EarColours, colours, house_style
from hearfit.reports.panels import Panel, Tick, new_canvas
from hearfit.reports.wording import count, frequency, number

_MOST_COLUMNS: Final = 4
_RIGHT_MARGIN: Final = 10.0
_GAP: Final = 14.0
_PANEL_HEIGHT: Final = 70.0
_ROW_HEIGHT: Final = 104.0
_LEGEND_HEIGHT: Final = 15.0
_NORMAL_DASHES: Final = (5.0, 2.5)

_LOUDNESS_LEVELS_DB_HL: Final = (-10.0, 122.0)
_LOUDNESS_LEVEL_TICKS: Final = (0.0, 40.0, 80.0, 120.0)
_LOUDNESS_LIMITS: Final = (-2.0, 52.0)
# ISO 16832 codes; those between have no room.
_CATEGORIES: Final = ((0, "not heard"), (15, "soft"), (25, "medium"), (35, "loud"), (50, "extremely loud"))

_DETECTION_MARGIN_DB: Final = 8.0
_SHORTEST_DETECTION_SPAN_DB: Final = 40.0
_SHARE_LIMITS: Final = (-0.03, 1.03)


def draw_loudness(curves: Sequence[ResponseCurve], ear: Ear) -> Figure:
    """Loudness growth: category against level."""
    with house_style():
        figure, axes = _canvas(len(curves))
        panels = _panels(axes, [_LOUDNESS_LEVELS_DB_HL] * len(curves), _LOUDNESS_LIMITS, left=72.0)
        for index, (panel, curve) in enumerate(zip(panels, curves, strict=True)):
            is_first = index % _num_columns(len(curves)) == 0
            panel.frame(
                x_ticks=[Tick(level, f"{level:g}") for level in _LOUDNESS_LEVEL_TICKS],
                y_ticks=[Tick(value, f"{name} {value}" if is_first else "") for value, name in _CATEGORIES],
            )
            _draw_curve(panel, curve, colours(ear))
            heard = [(a.level_db_hl, a.response, a.count) for a in curve.answers if a.level_db_hl is not None]
            panel.marks(
                [level for level, _, _ in heard],
                [response for _, response, _ in heard],
                areas=_areas([total for _, _, total in heard], each=5.0),
            )
        _draw_legend(axes, colours(ear), answers="answers (area: how many)", has_catch_trials=False)
    return figure


def draw_detection(curves: Sequence[ResponseCurve], ear: Ear) -> Figure:
    """Psychometric functions: share heard, or right, against level, each around its own levels on one scale."""
    with house_style():
        figure, axes = _canvas(len(curves))
        ranges = _detection_ranges(curves)
        panels = _panels(axes, ranges, _SHARE_LIMITS, left=26.0)
        for index, (panel, curve) in enumerate(zip(panels, curves, strict=True)):
            is_first = index % _num_columns(len(curves)) == 0
            panel.frame(
                x_ticks=_round_ticks(panel.x_limits),
                y_ticks=[Tick(share, f"{share:g}" if is_first else "") for share in (0.0, 0.5, 1.0)],
            )
            if curve.interval_count > 1:
                panel.level_line(1.0 / curve.interval_count, color=QUIET, width=0.8, dashes=(1.0, 1.5))
            _draw_curve(panel, curve, colours(ear))
            _draw_proportions(panel, curve)
        has_catch = any(answer.level_db_hl is None for curve in curves for answer in curve.answers)
        _draw_legend(axes, colours(ear), answers="share heard or right (area: how many)", has_catch_trials=has_catch)
    return figure


def notch(masker: CurveMasker) -> str:
    """Where the edges of a notch lie re the frequency of the tone: below and above it, where they differ."""
    if masker.notch_lower == masker.notch_upper:
        return f"notch {masker.notch_lower:g}" if masker.notch_lower else "no notch"
    return f"notch {masker.notch_lower:g} / {masker.notch_upper:g}"


def proportions(curve: ResponseCurve) -> tuple[tuple[float | None, float, int], ...]:
    """Per level, None for catch trials: the level, the share of 1 among the answers, their number."""
    levels = sorted(
        {answer.level_db_hl for answer in curve.answers}, key=lambda level: -math.inf if level is None else level
    )
    rows: list[tuple[float | None, float, int]] = []
    for level in levels:
        answers = [answer for answer in curve.answers if answer.level_db_hl == level]
        total = sum(answer.count for answer in answers)
        if total > 0:
            rows.append((level, sum(answer.count for answer in answers if answer.response == 1) / total, total))
    return tuple(rows)


def _num_columns(num_panels: int) -> int:
    """Four, or three where that fills the rows better."""
    is_three_fuller = math.ceil(num_panels / 3) == math.ceil(num_panels / _MOST_COLUMNS)
    return 3 if is_three_fuller and num_panels > 2 else _MOST_COLUMNS


def _canvas(num_panels: int) -> tuple[Figure, Axes]:
    num_rows = math.ceil(num_panels / _num_columns(num_panels))
    return new_canvas(PAGE_WIDTH_IN, (num_rows * _ROW_HEIGHT + _LEGEND_HEIGHT) / 72.0)


def _panels(
    axes: Axes, x_limits: Sequence[tuple[float, float]], y_limits: tuple[float, float], *, left: float
) -> list[Panel]:
    """Row by row from the upper left."""
    num_columns = _num_columns(len(x_limits))
    width = (axes.get_xlim()[1] - left - _RIGHT_MARGIN - (num_columns - 1) * _GAP) / num_columns
    top = axes.get_ylim()[1]
    return [
        Panel(
            axes,
            left=left + (index % num_columns) * (width + _GAP),
            bottom=top - (index // num_columns + 1) * _ROW_HEIGHT + (_ROW_HEIGHT - _PANEL_HEIGHT - 14.0),
            width=width,
            height=_PANEL_HEIGHT,
            x_limits=limits,
            y_limits=y_limits,
        )
        for index, limits in enumerate(x_limits)
    ]


def _draw_curve(panel: Panel, curve: ResponseCurve, hue: EarColours) -> None:
    panel.band(curve.level_db_hl, curve.lower_95, curve.upper_95, color=hue.tint)
    panel.line(curve.level_db_hl, curve.normal_ear, color=INK, width=0.9, dashes=_NORMAL_DASHES)
    panel.line(curve.level_db_hl, curve.predicted, color=hue.line, width=1.5, zorder=4)
    intervals = f", {curve.interval_count} intervals" if curve.interval_count > 1 else ""
    total = sum(answer.count for answer in curve.answers)
    remark = count(total, "answer") if curve.masker is None else notch(curve.masker)
    panel.title(frequency(curve.frequency_hz), f"{remark}{intervals}")


def _draw_proportions(panel: Panel, curve: ResponseCurve) -> None:
    rows = proportions(curve)
    presented = [(level, share, total) for level, share, total in rows if level is not None]
    panel.marks(
        [level for level, _, _ in presented],
        [share for _, share, _ in presented],
        areas=_areas([total for _, _, total in presented], each=1.6),
    )
    catch = [(share, total) for level, share, total in rows if level is None]
    # A catch trial has no level: at the left edge, with another sign.
    panel.marks(
        [panel.x_limits[0]] * len(catch),
        [share for share, _ in catch],
        areas=_areas([total for _, total in catch], each=1.2),
        marker="s",
        face=QUIET,
    )


def _areas(counts: Sequence[int], *, each: float) -> list[float]:
    """In proportion to counts, but never so large that they cover their neighbours."""
    return [min(each * total, 60.0) for total in counts]


def _detection_ranges(curves: Sequence[ResponseCurve]) -> list[tuple[float, float]]:
    ends: list[tuple[float, float]] = []
    for curve in curves:
        levels = [a.level_db_hl for a in curve.answers if a.level_db_hl is not None] or list(curve.level_db_hl) or [0.0]
        ends.append((min(levels), max(levels)))
    span = max([_SHORTEST_DETECTION_SPAN_DB, *(high - low + 2 * _DETECTION_MARGIN_DB for low, high in ends)])
    return [((low + high - span) / 2, (low + high + span) / 2) for low, high in ends]


def _round_ticks(limits: tuple[float, float]) -> list[Tick]:
    low, high = limits
    step = 10.0 if high - low <= 60.0 else 20.0
    levels = np.arange(math.ceil(low / step), math.floor(high / step) + 1) * step
    return [Tick(float(level), number(float(level), 0)) for level in levels]


def _draw_legend(axes: Axes, hue: EarColours, *, answers: str, has_catch_trials: bool) -> None:
    handles: list[Artist] = [
        Line2D([], [], linestyle="none", color=INK, marker="o", markersize=4.5, markerfacecolor="white", label=answers),
        Line2D([], [], color=hue.line, linewidth=1.5, label="fitted ear"),
        Patch(facecolor=hue.tint, label="its 95 % band"),
        Line2D([], [], color=INK, linewidth=0.9, dashes=_NORMAL_DASHES, label="the model's normal ear"),
    ]
    if has_catch_trials:
        squares = Line2D([], [], linestyle="none", color=QUIET, marker="s", markersize=3.5, label="catch trials")
        handles.insert(1, squares)
    middle = axes.get_xlim()[1] / 2
    axes.text(middle, 13.0, "Level (dB HL)", ha="center", va="bottom", fontsize=7.5)
    axes.legend(
        handles=handles,
        loc="lower center",
        ncols=len(handles),
        bbox_to_anchor=(middle, 0.0),
        bbox_transform=axes.transData,
        borderaxespad=0.0,
    )
