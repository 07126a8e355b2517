"""The course of a listener's sessions: a graph for each average, both ears in each. Grey prints read the same."""

import io
import warnings
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Final, Literal

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from hearfit.audiology.audiogram import Ear
from hearfit.reports.figure_style import FAINT_GRID, INK, PAGE_WIDTH_IN, QUIET, colours, house_style
from hearfit.reports.wording import PRIOR_SPEAKS_BELOW
from hearfit.storage.files import write_bytes
from hearfit.tracking.averages import AVERAGES, Average, AverageKind
from hearfit.tracking.history import EarSession, History

_DOTS_PER_INCH: Final = 200
_PANEL_HEIGHT_IN: Final = 1.05
_MARGINS_IN: Final = 1.15
_MARKER: Final = {Ear.RIGHT: "o", Ear.LEFT: "X"}
_DASHES: Final[dict[Ear, Literal["solid"] | tuple[float, tuple[float, ...]]]] = {
    Ear.RIGHT: "solid",
    Ear.LEFT: (0, (4.0, 2.0)),
}
_MOST_SIGNS: Final = 80
_MOST_TICKS: Final = 12
_Z_95: Final = 1.959964
# Matplotlib counts days from here.
_EPOCH: Final = date(1970, 1, 1).toordinal()
_BESIDE: Final = 0.05
# The ears stand a little beside each other, so that one does not hide the other.
_ASIDE: Final = {Ear.RIGHT: -0.006, Ear.LEFT: 0.006}


def write_history_figure(history: History, path: Path) -> None:
    """Writes the figure in the format that the name of the file asks for.

    Raises:
        InputError: the file cannot be written.
    """
    drawing = io.BytesIO()
    kind = path.suffix[1:].lower()
    with (
        house_style(),
        matplotlib.rc_context({"svg.hashsalt": "hearfit", "svg.fonttype": "none"}),
        warnings.catch_warnings(),
    ):
        # A name in letters that the font lacks is still a name.
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        metadata = {"Date": None} if kind == "svg" else {}
        draw_history(history).savefig(drawing, format=kind, dpi=_DOTS_PER_INCH, metadata=metadata)
    write_bytes(path, drawing.getvalue())


def draw_history(history: History) -> Figure:
    """A graph for each average against the date of the session."""
    with house_style(), matplotlib.rc_context({"date.converter": "concise"}):
        height_in = len(AVERAGES) * _PANEL_HEIGHT_IN + _MARGINS_IN
        figure = Figure(figsize=(PAGE_WIDTH_IN, height_in))
        panels = figure.subplots(len(AVERAGES), 1, sharex=True, squeeze=False)[:, 0]
        figure.subplots_adjust(left=0.115, right=0.985, top=1 - 0.42 / height_in, bottom=0.72 / height_in, hspace=0.18)
        positions = _positions(history)
        for panel, kind in zip(panels, AVERAGES, strict=True):
            for ear in history.ears():
                _draw_course(panel, history.of(ear), kind, positions)
            _finish(panel, kind)
        panels[-1].set_xlim(*_limits(positions))
        _label_dates(panels[-1], history, positions)
        listener = history.listener if history.listener.isprintable() else ascii(history.listener)[1:-1]
        figure.text(0.115, 1 - 0.25 / height_in, f"Sessions of {listener}", fontsize=9.0, fontweight="bold")
        _draw_legend(figure, history)
    return figure


def _positions(history: History) -> dict[str, float]:
    """Where each session stands: by its date, or in order where one is no date."""
    names = sorted({each.session for each in history.sessions})
    try:
        return {name: float(date.fromisoformat(name).toordinal() - _EPOCH) for name in names}
    except ValueError:
        return {name: float(index) for index, name in enumerate(names)}


def _limits(positions: dict[str, float]) -> tuple[float, float]:
    low, high = min(positions.values()), max(positions.values())
    beside = _BESIDE * (high - low) or 1.0
    return low - beside, high + beside


def _has_dates(history: History) -> bool:
    try:
        for each in history.sessions:
            date.fromisoformat(each.session)
    except ValueError:
        return False
    return True


def _draw_course(panel: Axes, sessions: Sequence[EarSession], kind: AverageKind, positions: dict[str, float]) -> None:
    known = [(each, each.latest.averages[kind.name]) for each in sessions if kind.name in each.latest.averages]
    if not known:
        return
    ear = sessions[0].ear
    low, high = _limits(positions)
    x = np.array([positions[each.session] for each, _ in known]) + _ASIDE[ear] * (high - low)
    mean = np.array([average.mean for _, average in known])
    half = _Z_95 * np.array([average.sd_at_most for _, average in known])
    colour = colours(ear).line
    panel.plot(x, mean, color=colour, linewidth=1.1, linestyle=_DASHES[ear], zorder=3)
    if len(known) > _MOST_SIGNS:
        panel.fill_between(x, mean - half, mean + half, color=colour, alpha=0.18, linewidth=0, zorder=2)
        return
    panel.errorbar(x, mean, yerr=half, fmt="none", ecolor=colour, elinewidth=0.7, capsize=1.8, zorder=2)
    for is_hollow in (True, False):
        chosen = [i for i, (_, average) in enumerate(known) if _is_prior(average) is is_hollow]
        panel.scatter(
            x[chosen],
            mean[chosen],
            s=30.0,
            marker=_MARKER[ear],
            facecolor="white" if is_hollow else colour,
            edgecolor=colour,
            linewidth=0.9,
            zorder=4,
        )
    untrusted = [i for i, (each, _) in enumerate(known) if not each.latest.is_converged]
    panel.scatter(
        x[untrusted], mean[untrusted], s=75.0, marker="s", facecolor="none", edgecolor=INK, linewidth=0.9, zorder=5
    )


def _is_prior(average: Average) -> bool:
    return average.data_share is not None and average.data_share < PRIOR_SPEAKS_BELOW


def _finish(panel: Axes, kind: AverageKind) -> None:
    frequencies = ", ".join(f"{hz / 1000:g}" for hz in kind.frequency_hz)
    panel.set_title(
        f"{kind.title[0].upper()}{kind.title[1:]}, mean at {frequencies} kHz", loc="left", fontsize=7.5, pad=2.5
    )
    panel.set_ylabel(kind.unit)
    panel.grid(visible=True, color=FAINT_GRID, linewidth=0.6)
    panel.set_axisbelow(True)
    panel.tick_params(length=0)
    panel.margins(y=0.12)
    if kind.unit == "dB HL":
        # As in an audiogram: worse hearing is lower.
        panel.invert_yaxis()


def _label_dates(panel: Axes, history: History, positions: dict[str, float]) -> None:
    if not _has_dates(history):
        names = list(positions)[:: max(1, len(positions) // _MOST_TICKS)]
        panel.set_xticks([positions[name] for name in names], names)
    elif len(positions) <= _MOST_TICKS // 2:
        panel.set_xticks(list(positions.values()), list(positions))
    else:
        panel.xaxis_date()
    panel.set_xlabel("Session")


def _draw_legend(figure: Figure, history: History) -> None:
    handles = [
        Line2D(
            [],
            [],
            color=colours(ear).line,
            linestyle=_DASHES[ear],
            linewidth=1.1,
            marker=_MARKER[ear],
            markersize=4.7,
            label=f"{ear} ear",
        )
        for ear in history.ears()
    ]
    signs = (("o", "white", 4.7, QUIET, "hollow: mostly the prior"), ("s", "none", 7.5, INK, "did not converge"))
    for marker, face, size, edge, label in signs:
        handles.append(
            Line2D(
                [],
                [],
                linestyle="none",
                marker=marker,
                markersize=size,
                markerfacecolor=face,
                markeredgecolor=edge,
                label=label,
            )
        )
    bar = Line2D([], [], linestyle="none", marker="|", markersize=8, color=QUIET, label="95 % interval, at most")
    figure.legend(handles=[*handles, bar], loc="lower center", ncols=5, fontsize=7.0, handlelength=3.4)
