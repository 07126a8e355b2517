"""Scores with their intervals and every seed as a dot: a row for each frontend, a panel for each condition."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from hearfit.reports.figure_style import FAINT_GRID, FRAME, INK, PAGE_WIDTH_IN, QUIET, house_style

MOST_COLUMNS: Final = 3
_ROW_IN: Final = 0.24
_DOT_LIFT: Final = 0.24
_MARGINS_IN: Final = 0.75


@dataclass(frozen=True)
class ForestMark:
    """One row of one panel. An interval is None where it is not known, and then not drawn.

    Attributes:
        row: its name, as in the rows of the figure.
        is_filled: what the sign says: filled, or hollow.
        is_reference: drawn as a square: a row that is no frontend.
    """

    row: str
    mean: float
    over_seeds: tuple[float, float] | None
    over_items: tuple[float, float] | None
    by_seed: tuple[float, ...] = ()
    is_filled: bool = True
    is_reference: bool = False


@dataclass(frozen=True)
class ForestPanel:
    """The marks of one condition."""

    title: str
    marks: tuple[ForestMark, ...]


def draw_forest(
    panels: Sequence[ForestPanel], rows: Sequence[str], *, label: str, has_zero: bool, key: Sequence[str] = ()
) -> Figure:
    """Panels side by side, three in a line; all share the horizontal axis, which `label` names.

    Args:
        rows: from top to bottom.
        has_zero: whether a line marks zero, as it should for differences.
        key: in the legend, what a filled and a hollow sign say; empty where all are filled.
    """
    columns = min(len(panels), MOST_COLUMNS)
    lines = math.ceil(len(panels) / columns)
    height_in = lines * (_ROW_IN * len(rows) + _MARGINS_IN) + 0.3
    with house_style():
        figure = Figure(figsize=(PAGE_WIDTH_IN, height_in), layout="constrained")
        places = figure.subplots(lines, columns, sharex=True, sharey=True, squeeze=False).ravel().tolist()
        for panel, place in zip(panels, places, strict=False):
            _draw(place, panel, rows, has_zero=has_zero)
        for place in places[len(panels) :]:
            place.set_axis_off()
        places[0].set_ylim(len(rows) - 0.4, -0.6)
        for place in places[max(0, len(panels) - columns) : len(panels)]:
            place.set_xlabel(label)
        figure.legend(handles=_legend(panels, key), loc="outside lower center", ncols=6, handletextpad=0.4)
    return figure


def _draw(place: Axes, panel: ForestPanel, rows: Sequence[str], *, has_zero: bool) -> None:
    place.set_title(panel.title, loc="left", fontsize=8.0, fontweight="bold")
    place.grid(axis="x", color=FAINT_GRID, linewidth=0.6)
    place.set_axisbelow(True)
    place.spines[["top", "right", "left"]].set_visible(False)
    place.tick_params(axis="y", length=0)
    # Of a grid of panels the lowest ones only have numbers otherwise, far away from the uppermost.
    place.tick_params(axis="x", labelbottom=True)
    place.set_yticks(range(len(rows)), rows)
    place.xaxis.set_major_locator(MaxNLocator(5))
    if has_zero:
        place.axvline(0.0, color=INK, linewidth=0.8, dashes=(4.0, 2.0), zorder=1)
    for mark in panel.marks:
        if not math.isfinite(mark.mean):
            continue
        y = float(rows.index(mark.row))
        if mark.over_items is not None:
            place.plot(mark.over_items, (y, y), color=FRAME, linewidth=3.4, solid_capstyle="butt", zorder=2)
        if mark.over_seeds is not None:
            place.plot(mark.over_seeds, (y, y), color=INK, linewidth=1.1, marker="|", markersize=5.0, zorder=3)
        dots = [value for value in mark.by_seed if math.isfinite(value)]
        place.plot(
            dots, [y - _DOT_LIFT] * len(dots), "o", color=QUIET, markersize=2.6, fillstyle="none", mew=0.7, zorder=4
        )
        place.plot(
            [mark.mean],
            [y],
            "s" if mark.is_reference else "D",
            color=INK,
            markerfacecolor=INK if mark.is_filled else "white",
            markersize=4.4,
            zorder=5,
        )


def _legend(panels: Sequence[ForestPanel], key: Sequence[str]) -> list[Artist]:
    marks = [mark for panel in panels for mark in panel.marks]
    words = [*key, ""] if key else ["mean"]
    handles: list[Artist] = [
        Line2D([], [], linestyle="none", marker="D", color=INK, markersize=4.4, markerfacecolor=face, label=word)
        for word, face in zip(words, (INK, "white"), strict=False)
        if word
    ]
    if any(mark.is_reference for mark in marks):
        handles.append(
            Line2D([], [], linestyle="none", marker="s", color=INK, markersize=4.4, label="for reference, no frontend")
        )
    if any(mark.by_seed for mark in marks):
        handles.append(
            Line2D([], [], linestyle="none", marker="o", color=QUIET, markersize=2.6, fillstyle="none", label="a seed")
        )
    if any(mark.over_seeds for mark in marks):
        handles.append(Line2D([], [], color=INK, linewidth=1.1, marker="|", markersize=5.0, label="95 % over seeds"))
    if any(mark.over_items for mark in marks):
        handles.append(Line2D([], [], color=FRAME, linewidth=3.4, label="95 % over seeds and items"))
    return handles
