"""Expected SD of every parameter over frequency, for sessions of several lengths."""

import io
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from hearfit.listener.profile import Estimate, FrequencyEstimates
from hearfit.planning import WANTED, SessionPlan
from hearfit.reports.figure_style import (
    INK,
    MARGIN_OCTAVES,
    OCTAVES_HZ,
    PAGE_WIDTH_IN,
    QUIET,
    house_style,
    octaves,
    short_frequency,
)
from hearfit.reports.panels import Panel, Tick, new_canvas
from hearfit.reports.wording import is_prior
from hearfit.storage.files import write_bytes

_DOTS_PER_INCH: Final = 200
_HEIGHT_IN: Final = 2.25
_LEFT: Final = 24.0
_GAP: Final = 26.0
_BOTTOM: Final = 48.0
_PANEL_HEIGHT: Final = 92.0
# Lengths differ in line, sign and lightness.
_STYLES: Final = (
    ((1.0, 1.2), "^", "#9aa1ab"),
    ((4.0, 1.5), "s", "#6b7280"),
    ((), "o", INK),
    ((6.0, 1.5, 1.0, 1.5), "D", "#4b5563"),
)
MOST_LENGTHS: Final = len(_STYLES)
_TICKS: Final = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0)


def write_precision_figure(plans: Sequence[SessionPlan], path: Path) -> None:
    """Writes the figure in the format that the name of the file asks for."""
    drawing = io.BytesIO()
    figure = draw_precision(plans)
    figure.savefig(drawing, format=path.suffix[1:].lower(), dpi=_DOTS_PER_INCH, bbox_inches="tight", pad_inches=0.1)
    write_bytes(path, drawing.getvalue())


def draw_precision(plans: Sequence[SessionPlan]) -> Figure:
    """Four panels, one a parameter, on logarithmic scales; at most `MOST_LENGTHS` plans, the shortest first."""
    with house_style():
        figure, canvas = new_canvas(PAGE_WIDTH_IN, _HEIGHT_IN)
        width = (canvas.get_xlim()[1] - _LEFT - 8.0 - (len(WANTED) - 1) * _GAP) / len(WANTED)
        ends = (octaves(OCTAVES_HZ[0]) - MARGIN_OCTAVES, octaves(OCTAVES_HZ[-1]) + MARGIN_OCTAVES)
        for index, (name, unit, wanted) in enumerate(WANTED):
            columns = [[_estimate(row, name) for row in plan.frequencies] for plan in plans]
            sds = [estimate.sd for column in columns for estimate in column] + [wanted]
            limits = (math.log10(min(sds) / 1.3), math.log10(max(sds) * 1.3))
            left = _LEFT + index * (width + _GAP)
            panel = Panel(canvas, left, _BOTTOM, width, _PANEL_HEIGHT, ends, limits)
            panel.frame(
                # Every other octave: four panels leave no room for more.
                x_ticks=[Tick(octaves(hz), short_frequency(hz)) for hz in OCTAVES_HZ[::2]],
                y_ticks=[Tick(math.log10(sd), f"{sd:g}") for sd in _TICKS if limits[0] <= math.log10(sd) <= limits[1]],
            )
            panel.title(f"{name.capitalize()}{f' ({unit})' if unit else ''}")
            panel.level_line(math.log10(wanted), color=QUIET, width=0.8, dashes=(1.0, 1.5))
            for plan, column, style in zip(plans, columns, _STYLES, strict=False):
                _draw(panel, plan.frequencies, column, style)
        _draw_legend(canvas, plans)
    return figure


def _estimate(row: FrequencyEstimates, name: str) -> Estimate:
    return {
        "threshold": row.threshold_db_hl,
        "compression exponent": row.compression_exponent,
        "attenuation": row.attenuation_db,
        "lateral inhibition": row.inhibition,
    }[name]


def _draw(
    panel: Panel,
    rows: Sequence[FrequencyEstimates],
    column: Sequence[Estimate],
    style: tuple[tuple[float, ...], str, str],
) -> None:
    dashes, marker, color = style
    x = [octaves(row.frequency_hz) for row in rows]
    y = [math.log10(estimate.sd) for estimate in column]
    panel.line(x, y, color=color, width=1.1, dashes=dashes)
    for is_hollow in (True, False):
        chosen = [i for i, estimate in enumerate(column) if is_prior(estimate) is is_hollow]
        panel.marks(
            [x[i] for i in chosen],
            [y[i] for i in chosen],
            areas=[13.0] * len(chosen),
            marker=marker,
            face="white" if is_hollow else color,
            edge=color,
        )


def _draw_legend(canvas: Axes, plans: Sequence[SessionPlan]) -> None:
    handles: list[Artist] = [
        Line2D(
            [],
            [],
            color=color,
            linewidth=1.1,
            linestyle=(0, dashes) if dashes else "solid",
            marker=marker,
            markersize=3.6,
            label=f"{plan.minutes:.0f} minutes, {plan.num_trials:,} trials",
        )
        for plan, (dashes, marker, color) in zip(plans, _STYLES, strict=False)
    ]
    handles.append(
        Line2D(
            [], [], linestyle="none", color=QUIET, marker="o", markersize=3.6, markerfacecolor="white",
            label="hollow: mostly the prior",
        )
    )  # fmt: skip
    handles.append(Line2D([], [], color=QUIET, linewidth=0.8, dashes=(1.0, 1.5), label="wanted"))
    middle = canvas.get_xlim()[1] / 2
    canvas.text(middle, 24.0, "Frequency (Hz)", ha="center", va="bottom", fontsize=7.5)
    names = ", ".join(name.replace("_", " ") for name in plans[0].protocols)
    canvas.text(middle, 14.0, f"Expected SD: {names}", ha="center", va="bottom", fontsize=7.0, color=QUIET)
    canvas.legend(
        handles=handles,
        loc="lower center",
        ncols=len(handles),
        bbox_to_anchor=(middle, 0.0),
        bbox_transform=canvas.transData,
        borderaxespad=0.0,
        columnspacing=1.2,
        handletextpad=0.5,
    )
