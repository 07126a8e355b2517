"""Parameters over frequency in two sessions: earlier squares on a dashed line, later circles on a solid one."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from hearfit.audiology.audiogram import Ear
from hearfit.change.difference import MEASURED_SHARE, Quantity
from hearfit.change.verdict import QuantityChange, Verdict
from hearfit.listener.profile import Estimate, Profile
from hearfit.reports.change_words import headlines
from hearfit.reports.figure_style import (
    FRAME,
    INK,
    MARGIN_OCTAVES,
    OCTAVES_HZ,
    PAGE_WIDTH_IN,
    QUIET,
    colours,
    house_style,
    octaves,
    short_frequency,
    tick_step,
)
from hearfit.reports.panels import Panel, Tick, new_canvas

_HEIGHT_IN: Final = 4.3
_BOTTOM: Final = 38.0
_PANEL_HEIGHT: Final = 112.0
_ROW_GAP: Final = 34.0
_LEFT: Final = 26.0
_COLUMN_GAP: Final = 36.0
_EARLIER_DASHES: Final = (4.0, 2.0)
_EDGE_DASHES: Final = (1.5, 1.5)
_EARLIER_BAND: Final = "#e3e5e9"
_EXPONENT_TICKS: Final = (0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0, 10.0)
_STEPS: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 10.0, 20.0, 50.0, 100.0)
_SIGNS: Final = {Verdict.BEYOND_RETEST: "*", Verdict.TO_BE_CONFIRMED: "^", Verdict.RETEST_UNKNOWN: "d"}

QUANTITIES: Final = (Quantity.THRESHOLD, Quantity.EXPONENT, Quantity.ATTENUATION, Quantity.INHIBITION)
_TITLES: Final = {
    Quantity.THRESHOLD: "Implied threshold (dB HL)",
    Quantity.EXPONENT: "Compression exponent",
    Quantity.ATTENUATION: "Attenuation (dB)",
    Quantity.INHIBITION: "Lateral inhibition",
}


@dataclass(frozen=True)
class _Scale:
    """From values to places on the axis, with its limits and ticks."""

    place: Callable[[float], float]
    limits: tuple[float, float]
    ticks: tuple[Tick, ...]


def draw_change(before: Profile, after: Profile, changes: Sequence[QuantityChange]) -> Figure:
    """Four panels; `changes` are those of this ear."""
    with house_style():
        figure, canvas = new_canvas(PAGE_WIDTH_IN, _HEIGHT_IN)
        for index, quantity in enumerate(QUANTITIES):
            told = [change for change in headlines(changes) if change.measured.quantity is quantity]
            _draw(canvas, index, quantity, before, after, told)
        _legend(canvas, after.ear, (before.session, after.session))
    return figure


def _draw(
    canvas: Axes, index: int, quantity: Quantity, before: Profile, after: Profile, told: Sequence[QuantityChange]
) -> None:
    width = (canvas.get_xlim()[1] - _LEFT - _COLUMN_GAP - 4.0) / 2
    left = _LEFT + (index % 2) * (width + _COLUMN_GAP)
    bottom = _BOTTOM + (1 - index // 2) * (_PANEL_HEIGHT + _ROW_GAP)
    estimates = [quantity.of(row) for profile in (before, after) for row in profile.frequencies]
    scale = _scale(quantity, estimates)
    ends = (octaves(OCTAVES_HZ[0]) - MARGIN_OCTAVES, octaves(OCTAVES_HZ[-1]) + MARGIN_OCTAVES)
    panel = Panel(canvas, left, bottom, width, _PANEL_HEIGHT, ends, scale.limits)
    panel.frame(x_ticks=[Tick(octaves(hz), short_frequency(hz)) for hz in OCTAVES_HZ], y_ticks=scale.ticks)
    panel.title(_TITLES[quantity])
    look = colours(after.ear)
    # Bands first, so that neither hides the other's line.
    bands = [_band(profile, quantity, scale) for profile in (before, after)]
    for band, tint in zip(bands, (_EARLIER_BAND, look.tint), strict=True):
        panel.band(*band, color=tint)
    # Edges keep the earlier band visible under the later one, and apart from it in grey.
    along, *edges = bands[0]
    for edge in edges:
        panel.line(along, edge, color=QUIET, width=0.6, dashes=_EDGE_DASHES)
    _curve(panel, before, quantity, scale, color=QUIET, marker="s", face="white", dashes=_EARLIER_DASHES)
    _curve(panel, after, quantity, scale, color=look.line, marker="o", face=look.line, dashes=())
    for verdict, sign in _SIGNS.items():
        places = {hz for change in told if change.verdict is verdict for hz in change.measured.frequencies_hz}
        x = [octaves(hz) for hz in sorted(places)]
        low, high = scale.limits
        panel.marks(x, [high - 0.05 * (high - low)] * len(x), areas=[45.0] * len(x), marker=sign, face=INK, edge=INK)


def _band(profile: Profile, quantity: Quantity, scale: _Scale) -> tuple[list[float], list[float], list[float]]:
    rows = profile.frequencies
    estimates = [quantity.of(row) for row in rows]
    return (
        [octaves(row.frequency_hz) for row in rows],
        [scale.place(estimate.lower_95) for estimate in estimates],
        [scale.place(estimate.upper_95) for estimate in estimates],
    )


def _curve(
    panel: Panel,
    profile: Profile,
    quantity: Quantity,
    scale: _Scale,
    *,
    color: str,
    marker: str,
    face: str,
    dashes: tuple[float, ...],
) -> None:
    x = [octaves(row.frequency_hz) for row in profile.frequencies]
    y = [scale.place(quantity.of(row).mean) for row in profile.frequencies]
    panel.line(x, y, color=color, width=1.2, dashes=dashes)
    measured = [
        bool(row.num_trials) and (quantity.of(row).data_share or 0.0) >= MEASURED_SHARE for row in profile.frequencies
    ]
    chosen = [(place, value) for place, value, is_in in zip(x, y, measured, strict=True) if is_in]
    panel.marks(
        [place for place, _ in chosen],
        [value for _, value in chosen],
        areas=[20.0] * len(chosen),
        marker=marker,
        face=face,
        edge=color,
    )


def _scale(quantity: Quantity, estimates: Sequence[Estimate]) -> _Scale:
    low, high = min(e.lower_95 for e in estimates), max(e.upper_95 for e in estimates)
    if quantity is Quantity.EXPONENT:
        low, high = max(0.9 * low, _EXPONENT_TICKS[0]), min(1.1 * high, _EXPONENT_TICKS[-1])
        ticks = tuple(Tick(math.log10(v), f"{v:g}") for v in _EXPONENT_TICKS if low <= v <= high)
        # On a logarithmic scale, because the exponent is a factor.
        return _Scale(lambda value: math.log10(max(value, 1e-9)), (math.log10(low), math.log10(high)), ticks)
    room = 0.06 * (high - low or 1.0)
    low, high = low - room, high + room
    step = tick_step(high - low, _STEPS, 6.0)
    values = [step * k for k in range(math.ceil(low / step), math.floor(high / step) + 1)]
    ticks = tuple(Tick(value, f"{value:g}".replace("-", "−")) for value in values)
    # Hearing level increases downwards, as in an audiogram.
    return _Scale(float, (high, low) if quantity is Quantity.THRESHOLD else (low, high), ticks)


def _legend(canvas: Axes, ear: Ear, sessions: tuple[str, str]) -> None:
    look = colours(ear)
    earlier = Line2D(
        [], [], color=QUIET, marker="s", markersize=4.4, markerfacecolor="white", linewidth=1.2, label=sessions[0]
    )
    earlier.set_dashes(_EARLIER_DASHES)
    handles: list[Artist] = [
        earlier,
        Line2D([], [], color=look.line, marker="o", markersize=4.4, linewidth=1.2, label=sessions[1]),
        Line2D([], [], color=FRAME, linewidth=1.2, label="line without sign: not measured there"),
        Line2D([], [], linestyle="none", color=INK, marker="*", markersize=6.5, label="beyond retest"),
        Line2D([], [], linestyle="none", color=INK, marker="^", markersize=5.5, label="to be confirmed"),
    ]
    middle = canvas.get_xlim()[1] / 2
    canvas.text(middle, 15.0, "Frequency (Hz)", ha="center", va="bottom", fontsize=7.5)
    canvas.legend(
        handles=handles,
        loc="lower center",
        ncols=5,
        bbox_to_anchor=(middle, 0.0),
        bbox_transform=canvas.transData,
        borderaxespad=0.0,
    )
