"""Real against replicated answers: one small panel a protocol, readable without colour."""

import math
from collections.abc import Sequence
from typing import Final

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from hearfit.experiment.protocol import Task
from hearfit.listener.profile import PredictiveBin, PredictiveCheck
from hearfit.reports.figure_style import FRAME, INK, PAGE_WIDTH_IN, QUIET, house_style
from hearfit.reports.names import shortened
from hearfit.reports.panels import Panel, Tick, new_canvas
from hearfit.reports.wording import count

_MOST_COLUMNS: Final = 3
_LEFT: Final = 36.0
_GAP: Final = 34.0
_RIGHT: Final = 10.0
_PANEL_HEIGHT: Final = 110.0
_ROW_HEIGHT: Final = 146.0
_LEGEND_HEIGHT: Final = 28.0
_DASHES: Final = (5.0, 2.5)
_LONGEST_TITLE: Final = 26
_CATEGORY_LIMITS: Final = (-2.0, 52.0)
_SHARE_LIMITS: Final = (-0.04, 1.04)


def draw_predictive(checks: Sequence[PredictiveCheck]) -> Figure:
    """Mean answer of trials of like expectation against what was expected, with the 95 % band of replications."""
    num_columns = min(_MOST_COLUMNS, len(checks))
    num_rows = math.ceil(len(checks) / num_columns)
    with house_style():
        figure, axes = new_canvas(PAGE_WIDTH_IN, (num_rows * _ROW_HEIGHT + _LEGEND_HEIGHT) / 72.0)
        width = (axes.get_xlim()[1] - _LEFT - _RIGHT - (_MOST_COLUMNS - 1) * _GAP) / _MOST_COLUMNS
        for index, check in enumerate(checks):
            limits, ticks = _scale(check)
            panel = Panel(
                axes,
                left=_LEFT + (index % num_columns) * (width + _GAP),
                bottom=axes.get_ylim()[1] - (index // num_columns + 1) * _ROW_HEIGHT + 20.0,
                width=width,
                height=_PANEL_HEIGHT,
                x_limits=limits,
                y_limits=limits,
            )
            panel.frame(x_ticks=ticks, y_ticks=ticks)
            _draw(panel, check)
        _draw_legend(axes)
    return figure


def is_outside(part: PredictiveBin) -> bool:
    """Whether the real answers lie outside the band of the replicated ones."""
    return not part.lower_95 <= part.observed <= part.upper_95


def _scale(check: PredictiveCheck) -> tuple[tuple[float, float], list[Tick]]:
    if check.task == Task.CATEGORICAL_LOUDNESS:
        return _CATEGORY_LIMITS, [Tick(float(value), f"{value} CU") for value in (0, 25, 50)]
    return _SHARE_LIMITS, [Tick(share, f"{share:g}") for share in (0.0, 0.5, 1.0)]


def _draw(panel: Panel, check: PredictiveCheck) -> None:
    panel.line(panel.x_limits, panel.y_limits, color=INK, width=0.8, dashes=_DASHES, zorder=1.5)
    expected = [part.expected for part in check.bins]
    panel.bars(
        expected,
        [part.lower_95 for part in check.bins],
        [part.upper_95 for part in check.bins],
        color=FRAME,
        width=5.0,
    )
    for face, wanted in (("white", False), (INK, True)):
        chosen = [part for part in check.bins if is_outside(part) is wanted]
        panel.marks(
            [part.expected for part in chosen],
            [part.observed for part in chosen],
            areas=[16.0] * len(chosen),
            face=face,
        )
    low, high = panel.x_limits
    panel.title(shortened(check.protocol, _LONGEST_TITLE))
    panel.remark(low + 0.62 * (high - low), low + 0.02 * (high - low), count(check.num_trials, "answer"))


def _draw_legend(axes: Axes) -> None:
    handles: list[Artist] = [
        Line2D(
            [], [], linestyle="none", color=INK, marker="o", markersize=4.0, markerfacecolor="white", label="answers"
        ),
        Line2D([], [], linestyle="none", color=INK, marker="o", markersize=4.0, label="answers outside the range"),
        Line2D([], [], color=FRAME, linewidth=5.0, label="95 % range of replicated answers"),
        Line2D([], [], color=INK, linewidth=0.8, dashes=_DASHES, label="as expected"),
    ]
    middle = axes.get_xlim()[1] / 2
    axes.text(
        middle,
        14.0,
        "Expected answer of the fitted ear (across) and mean answer (up)",
        ha="center",
        va="bottom",
        fontsize=7.5,
        color=QUIET,
    )
    axes.legend(
        handles=handles,
        loc="lower center",
        ncols=len(handles),
        bbox_to_anchor=(middle, 0.0),
        bbox_transform=axes.transData,
        borderaxespad=0.0,
    )
