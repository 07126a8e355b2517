"""Answers against one column with what the fitted ear and a normal ear predict: one small panel a stimulus."""

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
from hearfit.experiment.stimulus_columns import (
    GAP,
    INCREMENT,
    LEVEL,
    LEVEL_DIFFERENCE,
    MASKER_LEVEL,
    MODULATION_DEPTH,
    NOTCH_LOWER,
    NOTCH_UPPER,
    NUM_COMPONENTS,
    RIPPLE_DENSITY,
    RIPPLE_RATE,
    ROVE_RANGE,
    TONE_MASKER_FREQUENCY,
    TONE_MASKER_LEVEL,
)
from hearfit.listener.profile import ResponseCurve
from hearfit.reports.figure_style import INK, PAGE_WIDTH_IN, QUIET, EarColours, colours, house_style, tick_step
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

_LEVEL_MARGIN_DB: Final = 8.0
_SHORTEST_LEVEL_SPAN_DB: Final = 40.0
_X_LABELS: Final = {
    LEVEL: "Level (dB HL)",
    LEVEL_DIFFERENCE: "Level difference (dB)",
    INCREMENT: "Increment re the amplitude of the target (dB)",
    RIPPLE_DENSITY: "Ripples per octave",
    MODULATION_DEPTH: "Modulation depth (dB re full)",
    MASKER_LEVEL: "Spectrum level of the noise (dB SPL per Hz)",
    TONE_MASKER_LEVEL: "Level of the masker (dB SPL)",
}
_STEPS: Final = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
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
            heard = [(a.x, a.response, a.count) for a in curve.answers if a.x is not None]
            panel.marks(
                [level for level, _, _ in heard],
                [response for _, response, _ in heard],
                areas=_areas([total for _, _, total in heard], each=5.0),
            )
        _draw_legend(axes, colours(ear), x_column=LEVEL, answers="answers (area: how many)", has_catch_trials=False)
    return figure


def draw_choices(curves: Sequence[ResponseCurve], ear: Ear) -> Figure:
    """Psychometric functions: share heard, or right, against one column, which is the same in all curves.

    Levels are each drawn around their own on one scale, other columns over one range.
    """
    with house_style():
        figure, axes = _canvas(len(curves))
        ranges = _ranges(curves)
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
        _draw_legend(
            axes,
            colours(ear),
            x_column=curves[0].x_column,
            answers="share heard or right (area: how many)",
            has_catch_trials=any(answer.x is None for curve in curves for answer in curve.answers),
        )
    return figure


def setting(curve: ResponseCurve) -> str:
    """What tells a curve from others at its frequency, in few words; empty where nothing does."""
    value = curve.parameters
    words = []
    if NOTCH_LOWER in value:
        words.append(_notch(value[NOTCH_LOWER], value[NOTCH_UPPER]))
    if RIPPLE_RATE in value:
        arrow = "↓" if value[RIPPLE_RATE] > 0.0 else "↑"
        words.append(f"{abs(value[RIPPLE_RATE]):g} Hz {arrow} {value[RIPPLE_DENSITY]:g}/octave")
    if GAP in value:
        return f"{frequency(value[TONE_MASKER_FREQUENCY])}, {value[GAP]:g} ms before"
    if NUM_COMPONENTS in value:
        words.append(f"{value[NUM_COMPONENTS]:g} tones")
    if value.get(ROVE_RANGE):
        words.append(f"±{0.5 * value[ROVE_RANGE]:g}")
    if LEVEL in value:
        # More has no room beside the frequency.
        is_long = len(words) > 1 or NOTCH_LOWER in value
        words.insert(0, f"{number(value[LEVEL], 0)} dB{'' if is_long else ' HL'}")
    return ", ".join(words)


def _notch(lower: float, upper: float) -> str:
    """Where the edges lie re the frequency of the tone: below and above it, where they differ."""
    if lower == upper:
        return f"notch {lower:g}" if lower else "no notch"
    return f"notch {lower:g} / {upper:g}"


def proportions(curve: ResponseCurve) -> tuple[tuple[float | None, float, int], ...]:
    """Per place, None for catch trials: the place, the share of 1 among the answers, their number."""
    places = sorted({answer.x for answer in curve.answers}, key=lambda x: -math.inf if x is None else x)
    rows: list[tuple[float | None, float, int]] = []
    for x in places:
        answers = [answer for answer in curve.answers if answer.x == x]
        total = sum(answer.count for answer in answers)
        if total > 0:
            rows.append((x, sum(answer.count for answer in answers if answer.response == 1) / total, total))
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
    panel.band(curve.x, curve.lower_95, curve.upper_95, color=hue.tint)
    panel.line(curve.x, curve.normal_ear, color=INK, width=0.9, dashes=_NORMAL_DASHES)
    panel.line(curve.x, curve.predicted, color=hue.line, width=1.5, zorder=4)
    intervals = f", {curve.interval_count} intervals" if curve.interval_count > 1 and curve.x_column == LEVEL else ""
    remark = setting(curve) or count(sum(answer.count for answer in curve.answers), "answer")
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


def _ranges(curves: Sequence[ResponseCurve]) -> list[tuple[float, float]]:
    ends: list[tuple[float, float]] = []
    if any(curve.x_column != LEVEL for curve in curves):
        places = [x for curve in curves for x in curve.x] or [0.0, 1.0]
        return [(min(places), max(places))] * len(curves)
    for curve in curves:
        levels = [a.x for a in curve.answers if a.x is not None] or list(curve.x) or [0.0]
        ends.append((min(levels), max(levels)))
    span = max([_SHORTEST_LEVEL_SPAN_DB, *(high - low + 2 * _LEVEL_MARGIN_DB for low, high in ends)])
    return [((low + high - span) / 2, (low + high + span) / 2) for low, high in ends]


def _round_ticks(limits: tuple[float, float]) -> list[Tick]:
    low, high = limits
    step = tick_step(high - low, _STEPS, 6.0)
    decimals = 1 if step < 1.0 else 0
    levels = np.arange(math.ceil(low / step), math.floor(high / step) + 1) * step
    return [Tick(float(level), number(float(level), decimals)) for level in levels]


def _draw_legend(axes: Axes, hue: EarColours, *, x_column: str, answers: str, has_catch_trials: bool) -> None:
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
    axes.text(middle, 13.0, _X_LABELS.get(x_column, x_column), ha="center", va="bottom", fontsize=7.5)
    axes.legend(
        handles=handles,
        loc="lower center",
        ncols=len(handles),
        bbox_to_anchor=(middle, 0.0),
        bbox_transform=axes.transData,
        borderaxespad=0.0,
    )
