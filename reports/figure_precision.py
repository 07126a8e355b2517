"""Expected SD of every parameter over frequency, for sessions of several lengths and for none."""

import io
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.lines import Line2D

from hearfit.listener.profile import Estimate, FrequencyEstimates
from hearfit.planning import PriorSd, SessionPlan
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
_HEIGHT_IN: Final = 2.6
_LEFT: Final = 24.0
_GAP: Final = 26.0
_BOTTOM: Final = 60.0
_PANEL_HEIGHT: Final = 104.0
# Lengths differ in line, sign and lightness.
_STYLES: Final = (
    ((1.0, 1.2), "^", "#9aa1ab"),
    ((4.0, 1.5), "s", "#6b7280"),
    ((), "o", INK),
    ((6.0, 1.5, 1.0, 1.5), "D", "#4b5563"),
)
MOST_LENGTHS: Final = len(_STYLES)
# Without signs, which only sessions have.
_PRIOR_DASHES: Final = (7.0, 3.0)
_WANTED_DASHES: Final = (1.0, 1.5)
# Few of the first kind fit into a decade, and many of the second into two.
_TICKS: Final = tuple(step * 10.0**decade for decade in range(-4, 4) for step in (1, 2, 5))
_DENSE_TICKS: Final = tuple(step * 10.0**decade for decade in range(-4, 4) for step in (1, 2, 3, 5))
_FEWEST_TICKS: Final = 4


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
        precisions, alone = plans[0].precisions, plans[0].prior_sds
        width = (canvas.get_xlim()[1] - _LEFT - 8.0 - (len(precisions) - 1) * _GAP) / len(precisions)
        ends = (octaves(OCTAVES_HZ[0]) - MARGIN_OCTAVES, octaves(OCTAVES_HZ[-1]) + MARGIN_OCTAVES)
        for index, precision in enumerate(precisions):
            name, unit, wanted = precision.quantity, precision.unit, precision.wanted_sd
            columns = [[_estimate(row, name) for row in plan.frequencies] for plan in plans]
            prior_sds = [_prior_sd(row, name) for row in alone]
            sds = [*(estimate.sd for column in columns for estimate in column), *prior_sds, wanted]
            limits = (math.log10(min(sds) / 1.3), math.log10(max(sds) * 1.3))
            left = _LEFT + index * (width + _GAP)
            panel = Panel(canvas, left, _BOTTOM, width, _PANEL_HEIGHT, ends, limits)
            panel.frame(
                # Every other octave: four panels leave no room for more.
                x_ticks=[Tick(octaves(hz), short_frequency(hz)) for hz in OCTAVES_HZ[::2]],
                y_ticks=_sd_ticks(*limits),
            )
            panel.title(f"{name.capitalize()}{f' ({unit})' if unit else ''}")
            panel.level_line(math.log10(wanted), color=QUIET, width=0.8, dashes=_WANTED_DASHES)
            panel.line(
                [octaves(row.frequency_hz) for row in alone],
                [math.log10(sd) for sd in prior_sds],
                color=QUIET,
                width=0.9,
                dashes=_PRIOR_DASHES,
            )
            for plan, column, style in zip(plans, columns, _STYLES, strict=False):
                _draw(panel, plan.frequencies, column, style)
        _draw_legend(canvas, plans)
    return figure


def _sd_ticks(low: float, high: float) -> list[Tick]:
    """Between two logarithms of SDs."""
    inside = [[sd for sd in ticks if low <= math.log10(sd) <= high] for ticks in (_TICKS, _DENSE_TICKS)]
    chosen = inside[0] if len(inside[0]) >= _FEWEST_TICKS else inside[1]
    return [Tick(math.log10(sd), f"{sd:.3g}") for sd in chosen]


def _estimate(row: FrequencyEstimates, name: str) -> Estimate:
    return {
        "threshold": row.threshold_db_hl,
        "compression exponent": row.compression_exponent,
        "attenuation": row.attenuation_db,
        "lateral inhibition": row.inhibition,
    }[name]


def _prior_sd(row: PriorSd, name: str) -> float:
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
    middle = canvas.get_xlim()[1] / 2
    canvas.text(middle, 36.0, "Frequency (Hz)", ha="center", va="bottom", fontsize=7.5)
    names = ", ".join(name.replace("_", " ") for name in plans[0].protocols)
    canvas.text(middle, 26.0, f"Expected SD: {names}", ha="center", va="bottom", fontsize=7.0, color=QUIET)
    others: list[Artist] = [
        Line2D([], [], color=QUIET, linewidth=0.9, dashes=_PRIOR_DASHES, label=f"{plans[0].prior} prior, no session"),
        Line2D([], [], color=QUIET, linewidth=0.8, dashes=_WANTED_DASHES, label="wanted"),
        Line2D(
            [], [], linestyle="none", color=QUIET, marker="o", markersize=3.6, markerfacecolor="white",
            label="hollow: mostly the prior",
        ),
    ]  # fmt: skip
    # Two rows: what is done, and what it is compared with.
    for row, bottom in ((handles, 12.0), (others, 0.0)):
        legend = Legend(
            canvas,
            row,
            [str(handle.get_label()) for handle in row],
            loc="lower center",
            ncols=len(row),
            bbox_to_anchor=(middle, bottom),
            bbox_transform=canvas.transData,
            borderaxespad=0.0,
            columnspacing=1.6,
            handletextpad=0.5,
            handlelength=2.6,
        )
        canvas.add_artist(legend)
