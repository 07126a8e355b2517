"""Draws what a task gives to be drawn: receptive fields, curves, and points before and after training."""

import math
from typing import Final

import numpy as np
from jaxtyping import Float
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, QuadMesh
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from hearfit.reports.figure_style import FAINT_GRID, FRAME, GRID, INK, PAGE_WIDTH_IN, QUIET, house_style, mark_log
from hearfit.soundtasks.pictures import Axis, Image, Lines, Moves, Panel, Sheet

# Light to dark in equal steps, so that a grey print reads the same; of signed values the middle is zero.
_COLOURS: Final = "cividis"
_MOST_COLUMNS: Final = 4
_PANEL_IN: Final = 1.5
_WIDE_PANEL_IN: Final = 1.9
_IMAGE_DOTS_PER_INCH: Final = 150
# Few enough curves to be told apart without colour.
_DASHES: Final = ((), (4.0, 2.0), (1.0, 1.5), (6.0, 1.5, 1.0, 1.5), (2.0, 1.0))
_MOST_LABELLED: Final = len(_DASHES)


def draw_sheet(sheet: Sheet) -> Figure:
    """The figure of a sheet: panels in a grid, at most four in a line."""
    columns = _columns(len(sheet.panels))
    lines = math.ceil(len(sheet.panels) / columns)
    panel_in = _PANEL_IN if columns > 2 else _WIDE_PANEL_IN
    with house_style():
        figure = Figure(
            figsize=(PAGE_WIDTH_IN, lines * panel_in + 0.35), dpi=_IMAGE_DOTS_PER_INCH, layout="constrained"
        )
        places = figure.subplots(lines, columns, squeeze=False).ravel().tolist()
        limits = _shared_limits(sheet)
        meshes: list[QuadMesh] = []
        for panel, place in zip(sheet.panels, places, strict=False):
            place.set_title(panel.title, loc="left", fontsize=7.5, fontweight="bold")
            if isinstance(panel, Image):
                meshes.append(_draw_image(place, panel, limits))
            elif isinstance(panel, Lines):
                _draw_lines(place, panel)
            else:
                _draw_moves(place, panel)
        _label(sheet, figure, places, columns)
        for place in places[len(sheet.panels) :]:
            place.set_axis_off()
        if meshes and limits is not None:
            figure.colorbar(meshes[0], ax=places, label=sheet.unit or "arbitrary units", pad=0.01, aspect=30)
        if any(isinstance(panel, Moves) for panel in sheet.panels):
            figure.legend(handles=_moves_legend(), loc="outside upper right", ncols=2)
    return figure


def _columns(num_panels: int) -> int:
    """As many as fit, in lines of equal length where that is possible."""
    lines = math.ceil(num_panels / _MOST_COLUMNS)
    return math.ceil(num_panels / lines)


def _shared_limits(sheet: Sheet) -> tuple[float, float] | None:
    images = [panel for panel in sheet.panels if isinstance(panel, Image)]
    if not images or not (sheet.has_shared_scale or len(images) == 1):
        return None
    ends = [_limits(image) for image in images]
    return min(low for low, _ in ends), max(high for _, high in ends)


def _limits(image: Image) -> tuple[float, float]:
    low, high = float(image.values.min()), float(image.values.max())
    if image.is_signed:
        most = max(abs(low), abs(high)) or 1.0
        return -most, most
    return (low, high) if high > low else (low, low + 1.0)


def _draw_image(place: Axes, image: Image, shared: tuple[float, float] | None) -> QuadMesh:
    low, high = shared or _limits(image)
    mesh = place.pcolormesh(
        _edges(image.x_places, image.x),
        _edges(image.y_places, image.y),
        image.values,
        cmap=_COLOURS,
        vmin=low,
        vmax=high,
        # Thousands of cells would be as many shapes.
        rasterized=True,
    )
    _scale(place, image.x, image.y)
    return mesh


def _draw_lines(place: Axes, lines: Lines) -> None:
    is_told_apart = 0 < len(lines.labels) <= _MOST_LABELLED
    for index, curve in enumerate(lines.values):
        (line,) = place.plot(
            lines.x_places,
            curve,
            color=INK if is_told_apart else QUIET,
            linewidth=1.0 if is_told_apart else 0.7,
            label=lines.labels[index] if is_told_apart else None,
        )
        if is_told_apart and _DASHES[index]:
            line.set_dashes(_DASHES[index])
    if is_told_apart:
        place.legend(fontsize=6.5, loc="best")
    _tidy(place)
    place.set_xlim(lines.x_places[0], lines.x_places[-1])
    _scale(place, lines.x, lines.y)


def _draw_moves(place: Axes, moves: Moves) -> None:
    place.add_collection(
        LineCollection(
            [np.asarray(pair).tolist() for pair in zip(moves.before, moves.after, strict=True)],
            colors=FRAME,
            linewidths=0.8,
            zorder=2,
        )
    )
    place.plot(moves.before[:, 0], moves.before[:, 1], "o", color=QUIET, markersize=3.4, fillstyle="none", mew=0.8)
    place.plot(moves.after[:, 0], moves.after[:, 1], "o", color=INK, markersize=3.4, mew=0.0, zorder=4)
    _tidy(place)
    _scale(place, moves.x, moves.y)


def _moves_legend() -> list[Artist]:
    return [
        Line2D([], [], linestyle="none", marker="o", color=QUIET, markersize=3.4, fillstyle="none", label="before"),
        Line2D([], [], linestyle="none", marker="o", color=INK, markersize=3.4, label="after training"),
    ]


def _edges(places: Float[np.ndarray, " places"], axis: Axis) -> Float[np.ndarray, " edges"]:
    """Cells end half way to their neighbours, on the scale that is drawn."""
    at = np.log(places) if axis.is_log else np.asarray(places, np.float64)
    middles = (at[1:] + at[:-1]) / 2.0
    edges = np.concatenate([[at[0] - (middles[0] - at[0])], middles, [at[-1] + (at[-1] - middles[-1])]])
    return np.exp(edges) if axis.is_log else edges


def _scale(place: Axes, x: Axis, y: Axis) -> None:
    if x.is_log:
        place.set_xscale("log")
        mark_log(place.xaxis, *place.get_xlim())
    else:
        place.xaxis.set_major_locator(MaxNLocator(4))
    if y.is_log:
        place.set_yscale("log")
        mark_log(place.yaxis, *place.get_ylim())
    else:
        place.yaxis.set_major_locator(MaxNLocator(4))


def _label(sheet: Sheet, figure: Figure, places: list[Axes], columns: int) -> None:
    """Axes that all panels share are named once, and have numbers at the edges alone where places are the same too."""
    panels = sheet.panels
    is_shared = len({(panel.x, panel.y) for panel in panels}) == 1
    has_same_places = is_shared and len({_places(panel) for panel in panels}) == 1
    for index, (panel, place) in enumerate(zip(panels, places, strict=False)):
        is_left, is_lowest = index % columns == 0, index + columns >= len(panels)
        if not is_shared:
            place.set_xlabel(_name(panel.x))
        if not is_shared or is_left:
            place.set_ylabel(_name(panel.y))
        if has_same_places:
            place.tick_params(axis="x", labelbottom=is_lowest)
            place.tick_params(axis="y", labelleft=is_left)
    if is_shared:
        figure.supxlabel(_name(panels[0].x), fontsize=7.5)


def _places(panel: Panel) -> bytes:
    if not isinstance(panel, Image):
        return repr(panel.title).encode()
    return panel.x_places.tobytes() + panel.y_places.tobytes()


def _name(axis: Axis) -> str:
    return f"{axis.label} ({axis.unit})" if axis.unit else axis.label


def _tidy(place: Axes) -> None:
    place.grid(color=FAINT_GRID, linewidth=0.6)
    place.set_axisbelow(True)
    place.spines[["top", "right"]].set_visible(False)
    place.spines[["left", "bottom"]].set_color(GRID)
