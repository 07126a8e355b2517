"""Which class was taken for which, as matrices side by side: each cell a share of its row, as a number and a shade."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hearfit.reports.figure_style import FRAME, INK, PAGE_WIDTH_IN, house_style

# Greys alone: a print reads the same.
_COLOURS: Final = "Greys"
# Where a white number begins to be the more readable one.
_WHITE_FROM: Final = 0.56
# More than as wide: titles and slanted names stand above and below.
_MORE_HIGH_THAN_WIDE_IN: Final = 0.3
# From how many classes on a cell has room for small numbers alone.
_SMALL_FROM: Final = 12


@dataclass(frozen=True, eq=False)
class ConfusionPanel:
    """`shares` of each row, NaN where a class did not occur."""

    title: str
    shares: Float[np.ndarray, "classes classes"]


def draw_confusions(panels: Sequence[ConfusionPanel], classes: Sequence[str]) -> Figure:
    """Rows are the classes, columns the answers, numbers percent; what rounds to 0 % is left out."""
    panel_in = PAGE_WIDTH_IN / 2.0
    with house_style():
        figure = Figure(figsize=(panel_in * len(panels), panel_in + _MORE_HIGH_THAN_WIDE_IN), layout="constrained")
        places = figure.subplots(1, len(panels), squeeze=False)[0].tolist()
        for number, (panel, place) in enumerate(zip(panels, places, strict=True)):
            _draw(place, panel, classes)
            place.set_yticks(range(len(classes)), classes if number == 0 else [""] * len(classes))
            if number == 0:
                place.set_ylabel("class")
    return figure


def _draw(place: Axes, panel: ConfusionPanel, classes: Sequence[str]) -> None:
    place.set_title(panel.title, loc="left", fontsize=7.5, fontweight="bold")
    place.imshow(np.nan_to_num(panel.shares), cmap=_COLOURS, vmin=0.0, vmax=1.0, rasterized=True)
    size = 5.6 if len(classes) >= _SMALL_FROM else 6.8
    for (row, column), share in np.ndenumerate(panel.shares):
        if np.isfinite(share) and round(100.0 * share) >= 1:
            place.text(
                column,
                row,
                f"{100.0 * share:.0f}",
                ha="center",
                va="center",
                fontsize=size,
                fontweight="bold" if row == column else "normal",
                color="white" if share >= _WHITE_FROM else INK,
            )
    place.set_xticks(range(len(classes)), classes, rotation=45.0, ha="right", rotation_mode="anchor")
    place.set_xlabel("answer")
    place.tick_params(length=0.0)
    place.set_xticks(np.arange(len(classes) - 1) + 0.5, minor=True)
    place.set_yticks(np.arange(len(classes) - 1) + 0.5, minor=True)
    place.tick_params(which="minor", length=0.0)
    place.grid(which="minor", color=FRAME, linewidth=0.4)
