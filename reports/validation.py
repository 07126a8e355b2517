"""The figure of a validation study: ranks of the truth among draws, and what the 95 % intervals cover."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from matplotlib.figure import Figure
from scipy.stats import binom

from hearfit.reports.figure_style import INK, PAGE_WIDTH_IN, QUIET, house_style
from hearfit.reports.panels import Panel, Tick, new_canvas
from hearfit.storage.files import write_bytes
from hearfit.validation import Calibration, Validation

_DOTS_PER_INCH: Final = 200
_HEIGHT_IN: Final = 1.95
_BAND: Final = "#d9dde3"
_BAR: Final = "#4b5563"
_GAP: Final = 26.0
_LEFT: Final = 26.0
_BOTTOM: Final = 46.0
_PANEL_HEIGHT: Final = 78.0


def write_validation_figure(validation: Validation, path: Path) -> None:
    """Writes the figure in the format that the name of the file asks for."""
    figure = draw_validation(validation)
    drawing = io.BytesIO()
    figure.savefig(drawing, format=path.suffix[1:].lower(), dpi=_DOTS_PER_INCH, bbox_inches="tight", pad_inches=0.1)
    write_bytes(path, drawing.getvalue())


def draw_validation(validation: Validation) -> Figure:
    """One rank histogram a quantity; the band holds 99 % of the counts of a bin if ranks are uniform."""
    with house_style():
        figure, axes = new_canvas(PAGE_WIDTH_IN, _HEIGHT_IN)
        count = len(validation.calibrations)
        width = (axes.get_xlim()[1] - _LEFT - 8.0 - (count - 1) * _GAP) / count
        highest = _highest(validation.calibrations)
        for index, calibration in enumerate(validation.calibrations):
            panel = Panel(
                axes,
                left=_LEFT + index * (width + _GAP),
                bottom=_BOTTOM,
                width=width,
                height=_PANEL_HEIGHT,
                x_limits=(0.0, 1.0),
                y_limits=(0.0, highest),
            )
            _draw_ranks(panel, calibration)
        middle = axes.get_xlim()[1] / 2
        axes.text(
            middle, 22.0, "Rank of the true value among draws from the posterior", ha="center", va="top", fontsize=7.5
        )
        axes.text(
            middle,
            10.0,
            f"Listeners in each of 20 bins, of {validation.num_listeners}; grey: 99 % of such counts if ranks are "
            "uniform. "
            f"{', '.join(name.replace('_', ' ') for name in validation.protocols)}",
            ha="center",
            va="top",
            fontsize=6.5,
            color=QUIET,
        )
    return figure


def _draw_ranks(panel: Panel, calibration: Calibration) -> None:
    counts = np.array(calibration.rank_counts)
    low, high = _band(calibration.rank_counts)
    panel.frame(
        x_ticks=[Tick(place, f"{place:g}") for place in (0.0, 0.5, 1.0)],
        y_ticks=[Tick(value, f"{value:g}") for value in _ticks(panel.y_limits[1])],
    )
    panel.band([0.0, 1.0], [low, low], [high, high], color=_BAND)
    edges = np.repeat(np.linspace(0.0, 1.0, len(counts) + 1), 2)
    outline = np.concatenate([[0.0], np.repeat(counts, 2), [0.0]])
    panel.line(edges, outline, color=_BAR, width=1.1, zorder=4)
    panel.level_line(counts.sum() / len(counts), color=INK, width=0.8, dashes=(4.0, 2.0))
    panel.title(calibration.quantity.capitalize())
    panel.remark(0.03, 0.02 * panel.y_limits[1], f"95 % intervals hold {100 * calibration.coverage:.1f} %")


def _band(counts: Sequence[int]) -> tuple[float, float]:
    low, high = (float(binom.ppf(p, sum(counts), 1.0 / len(counts))) for p in (0.005, 0.995))
    return low, high


def _highest(calibrations: Sequence[Calibration]) -> float:
    return 1.15 * max(max(_band(each.rank_counts)[1], *map(float, each.rank_counts)) for each in calibrations)


def _ticks(highest: float) -> list[float]:
    step = next(step for step in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 10_000) if highest / step <= 5.0)
    return [float(value) for value in np.arange(0, highest, step)]
