"""Small panels on one canvas.

A report has dozens of them, and a matplotlib `Axes` with its ticks costs 40 ms each. So one bare `Axes`, measured in
points, carries a whole figure, and a `Panel` maps data onto its place there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.markers import MarkerStyle
from matplotlib.patches import Polygon
from matplotlib.transforms import Bbox, IdentityTransform, TransformedBbox

from hearfit.reports.figure_style import FRAME, GRID, INK, QUIET

_POINTS_PER_INCH: Final = 72.0
_LINE_MARGIN: Final = 1.0
_MARK_MARGIN: Final = 5.0
_TICK_SIZE: Final = 7.0
_TITLE_SIZE: Final = 8.0

Dashes = tuple[float, ...]
Numbers = Sequence[float] | Float[np.ndarray, " values"]


@dataclass(frozen=True)
class Tick:
    """A grid line at a place on an axis, with its label ("" for none)."""

    position: float
    label: str


def new_canvas(width_in: float, height_in: float) -> tuple[Figure, Axes]:
    """A figure whose only axes are invisible and count points from the lower left corner."""
    figure = Figure(figsize=(width_in, height_in))
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0), autoscale_on=False)
    axes.set_xlim(0.0, width_in * _POINTS_PER_INCH)
    axes.set_ylim(0.0, height_in * _POINTS_PER_INCH)
    axes.set_axis_off()
    return figure, axes


@dataclass(frozen=True)
class Panel:
    """A rectangle on a canvas, in points, and the data ranges of its axes."""

    axes: Axes
    left: float
    bottom: float
    width: float
    height: float
    x_limits: tuple[float, float]
    y_limits: tuple[float, float]

    def x(self, values: Numbers) -> Float[np.ndarray, " values"]:
        """Horizontal places on the canvas."""
        low, high = self.x_limits
        return self.left + self.width * (np.asarray(values, dtype=np.float64) - low) / (high - low)

    def y(self, values: Numbers) -> Float[np.ndarray, " values"]:
        """Vertical places on the canvas."""
        low, high = self.y_limits
        return self.bottom + self.height * (np.asarray(values, dtype=np.float64) - low) / (high - low)

    def frame(self, *, x_ticks: Sequence[Tick], y_ticks: Sequence[Tick]) -> None:
        """The two axes that carry numbers, on a light grid."""
        right, top = self.left + self.width, self.bottom + self.height
        columns = self.x([tick.position for tick in x_ticks])
        rows = self.y([tick.position for tick in y_ticks])
        grid = [[(x, self.bottom), (x, top)] for x in columns] + [[(self.left, y), (right, y)] for y in rows]
        corner = [(self.left, top), (self.left, self.bottom), (right, self.bottom)]
        lines = LineCollection(
            [*grid, corner],
            colors=[*[GRID] * len(grid), FRAME],
            linewidths=[*[0.5] * len(grid), 0.7],
            zorder=0.5,
        )
        self.axes.add_collection(lines, autolim=False)
        for x, tick in zip(columns, x_ticks, strict=True):
            if tick.label:
                self._text(x, self.bottom - 4.0, tick.label, _TICK_SIZE, QUIET, ha="center", va="top")
        for y, tick in zip(rows, y_ticks, strict=True):
            if tick.label:
                self._text(self.left - 4.0, y, tick.label, _TICK_SIZE, QUIET, ha="right", va="center")

    def title(self, text: str, remark: str = "") -> None:
        """A bold title above the left corner and a quiet remark above the right one."""
        top = self.bottom + self.height + 4.0
        self._text(self.left, top, text, _TITLE_SIZE, INK, ha="left", va="bottom", weight="bold")
        if remark:
            self._text(self.left + self.width, top, remark, 6.5, QUIET, ha="right", va="bottom")

    def remark(self, x: float, y: float, text: str) -> None:
        """Quiet words just above a place in the panel."""
        place_x, place_y = float(self.x([x])[0]), float(self.y([y])[0])
        self._text(place_x + 3.0, place_y + 1.5, text, 6.5, QUIET, ha="left", va="bottom")

    def line(
        self, x: Numbers, y: Numbers, *, color: str, width: float, dashes: Dashes = (), zorder: float = 3.0
    ) -> None:
        """A line through points."""
        line = Line2D(self.x(x), self.y(y), color=color, linewidth=width, zorder=zorder)
        if dashes:
            line.set_dashes(dashes)
        self._add(line)

    def level_line(self, y: float, *, color: str, width: float, dashes: Dashes) -> None:
        """A horizontal line from edge to edge."""
        self.line(self.x_limits, (y, y), color=color, width=width, dashes=dashes, zorder=1.5)

    def bars(
        self, x: Numbers, lower: Numbers, upper: Numbers, *, color: str, width: float, dashes: Dashes = ()
    ) -> None:
        """Vertical intervals."""
        ends = zip(self.x(x), self.y(lower), self.y(upper), strict=True)
        style = (0, dashes) if dashes else "solid"
        bars = [[(place, low), (place, high)] for place, low, high in ends]
        self._add(LineCollection(bars, colors=color, linewidths=width, linestyles=[style], zorder=3))

    def band(self, x: Numbers, lower: Numbers, upper: Numbers, *, color: str) -> None:
        """The area between two curves."""
        outline = np.concatenate(
            [np.column_stack([self.x(x), self.y(lower)]), np.column_stack([self.x(x), self.y(upper)])[::-1]]
        )
        self._add(Polygon(outline, facecolor=color, edgecolor="none", zorder=2))

    def marks(
        self, x: Numbers, y: Numbers, *, areas: Numbers, marker: str = "o", face: str = "white", edge: str = INK
    ) -> None:
        """Signs at points; areas in square points."""
        if not len(x):
            return
        # `Axes.scatter` does the same and takes three times as long.
        style = MarkerStyle(marker)
        marks = PathCollection(
            (style.get_path().transformed(style.get_transform()),),
            sizes=np.asarray(areas, dtype=np.float64),
            offsets=np.column_stack([self.x(x), self.y(y)]),
            offset_transform=self.axes.transData,
            facecolors=face,
            edgecolors=edge,
            linewidths=0.8,
            zorder=5,
        )
        marks.set_transform(IdentityTransform())
        self.axes.add_collection(marks, autolim=False)
        # Marks at the edge stay whole, lines end there.
        self._clip(marks, _MARK_MARGIN, _MARK_MARGIN)

    def _add(self, artist: Artist) -> None:
        self.axes.add_artist(artist)
        self._clip(artist, 0.0, _LINE_MARGIN)

    def _clip(self, artist: Artist, beside: float, above: float) -> None:
        box = Bbox.from_bounds(
            self.left - beside, self.bottom - above, self.width + 2 * beside, self.height + 2 * above
        )
        artist.set_clip_box(TransformedBbox(box, self.axes.transData))

    def _text(
        self, x: float, y: float, text: str, size: float, color: str, *, ha: str, va: str, weight: str = "normal"
    ) -> None:
        self.axes.text(x, y, text, fontsize=size, color=color, ha=ha, va=va, weight=weight)
