"""The audiogram by clinical convention, with what the fitted ear implies beneath what was measured.

Axes as ASHA (2005, GL2005-00014): a square between any octave and any 20 dB. Symbols as ASHA (1990): air O right and
X left, masked triangle and square, bone < and >, masked [ and ]; an arrow where there was no response.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.path import Path as Outline
from matplotlib.transforms import Affine2D, ScaledTranslation

from hearfit.audiology.audiogram import Audiogram, Conduction, Ear, Threshold
from hearfit.listener.profile import FrequencyEstimates
from hearfit.reports.figure_style import (
    FAINT_GRID,
    FRAME,
    GRID,
    INK,
    MARGIN_OCTAVES,
    OCTAVES_HZ,
    QUIET,
    EarColours,
    colours,
    house_style,
    octaves,
)

LEVEL_LIMITS_DB_HL: Final = (-10.0, 120.0)
FREQUENCY_LIMITS_HZ: Final = (OCTAVES_HZ[0], OCTAVES_HZ[-1])
_INTER_OCTAVES_HZ: Final = (750.0, 1500.0, 3000.0, 6000.0)
_WIDTH_IN: Final = 3.45
_AXES_WIDTH_IN: Final = 2.95
_RIGHT_IN: Final = 0.06
_TOP_IN: Final = 0.43
_LEGEND_LINE_IN: Final = 0.138
_LEGEND_MARGIN_IN: Final = 0.1
MOST_LEGEND_LINES: Final = 4
_SYMBOL_SIZE: Final = 8.0
_BONE_OFFSET_POINTS: Final = 6.0

_ANGLE_RIGHT: Final = Outline([(0.5, 0.9), (-0.5, 0.0), (0.5, -0.9)])
_ANGLE_LEFT: Final = Outline([(-0.5, 0.9), (0.5, 0.0), (-0.5, -0.9)])
_BRACKET_RIGHT: Final = Outline([(0.5, 0.9), (-0.3, 0.9), (-0.3, -0.9), (0.5, -0.9)])
_BRACKET_LEFT: Final = Outline([(-0.5, 0.9), (0.3, 0.9), (0.3, -0.9), (-0.5, -0.9)])
_ARROW: Final = Outline(
    [(0.3, -0.3), (0.85, -0.85), (1.0, -1.0), (0.86, -0.6), (0.6, -0.86), (1.0, -1.0)],
    [Outline.MOVETO, Outline.LINETO, Outline.MOVETO, Outline.LINETO, Outline.LINETO, Outline.CLOSEPOLY],
)
_DASHES: Final = (4.0, 2.0)


@dataclass(frozen=True)
class _Symbol:
    marker: str | Outline
    name: str


_SYMBOLS: Final = {
    (Ear.RIGHT, Conduction.AIR, False): _Symbol("o", "measured, air"),
    (Ear.LEFT, Conduction.AIR, False): _Symbol("x", "measured, air"),
    (Ear.RIGHT, Conduction.AIR, True): _Symbol("^", "air, masked"),
    (Ear.LEFT, Conduction.AIR, True): _Symbol("s", "air, masked"),
    (Ear.RIGHT, Conduction.BONE, False): _Symbol(_ANGLE_RIGHT, "bone"),
    (Ear.LEFT, Conduction.BONE, False): _Symbol(_ANGLE_LEFT, "bone"),
    (Ear.RIGHT, Conduction.BONE, True): _Symbol(_BRACKET_RIGHT, "bone, masked"),
    (Ear.LEFT, Conduction.BONE, True): _Symbol(_BRACKET_LEFT, "bone, masked"),
}


def draw_audiogram(
    ear: Ear,
    frequencies: Sequence[FrequencyEstimates],
    audiogram: Audiogram | None,
    *,
    num_legend_lines: int = MOST_LEGEND_LINES,
) -> Figure:
    """One ear: measured symbols over the model-implied threshold and its 95 % band, or one of them alone.

    Drawings with as many lines for the legend are of one height, so that those of two ears can stand side by side.
    """
    with house_style():
        figure = Figure()
        axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
        box_aspect = _prepare(axes)
        hue = colours(ear)
        implied = _draw_model(axes, frequencies, hue) if frequencies else []
        measured = _draw_measured(axes, audiogram, ear, hue) if audiogram is not None else []
        # Matplotlib would move a title above the label of the upper axis.
        axes.annotate(
            f"{ear.value.capitalize()} ear",
            (0.0, 1.0),
            xycoords="axes fraction",
            xytext=(0, 18),
            textcoords="offset points",
            fontsize=9.0,
            weight="bold",
            color=hue.line,
        )
        bottom_in = _LEGEND_MARGIN_IN + num_legend_lines * _LEGEND_LINE_IN
        axes_height_in = _AXES_WIDTH_IN * box_aspect
        height_in = bottom_in + axes_height_in + _TOP_IN
        figure.set_size_inches(_WIDTH_IN, height_in)
        left = (_WIDTH_IN - _AXES_WIDTH_IN - _RIGHT_IN) / _WIDTH_IN
        axes.set_position((left, bottom_in / height_in, _AXES_WIDTH_IN / _WIDTH_IN, axes_height_in / height_in))
        _draw_legend(axes, measured, implied)
    return figure


def num_legend_lines(ear: Ear, frequencies: Sequence[FrequencyEstimates], audiogram: Audiogram | None) -> int:
    """How many lines the legend of one ear needs."""
    shown = [] if audiogram is None else [each for each in audiogram.thresholds if each.ear is ear and is_inside(each)]
    num_measured = len({(each.conduction, each.is_masked) for each in shown})
    num_implied = 2 + any(entry.num_trials == 0 for entry in frequencies) if frequencies else 0
    return max(num_measured, num_implied)


def _draw_legend(axes: Axes, measured: list[Artist], implied: list[Artist]) -> None:
    """Below the axes: what was measured to the left, what the model implies to the right, or alone."""
    columns = ((measured, 0.0), (implied, 0.45)) if measured else ((implied, 0.0),)
    for handles, x in columns:
        if not handles:
            continue
        if previous := axes.get_legend():
            # The next call of `legend` would take its place.
            axes.add_artist(previous)
        axes.legend(
            handles=handles,
            loc="upper left",
            bbox_to_anchor=(x, -0.005),
            handlelength=2.2,
            handletextpad=0.6,
            fontsize=6.8,
        )


def is_inside(threshold: Threshold) -> bool:
    """Whether a threshold lies on the drawn axes."""
    return (
        FREQUENCY_LIMITS_HZ[0] <= threshold.frequency_hz <= FREQUENCY_LIMITS_HZ[1]
        and LEVEL_LIMITS_DB_HL[0] <= threshold.level_db_hl <= LEVEL_LIMITS_DB_HL[1]
    )


def _prepare(axes: Axes) -> float:
    """Axes, grid and labels; returns the ratio of height to width that makes an octave as wide as 20 dB is tall."""
    low, high = LEVEL_LIMITS_DB_HL
    axes.set_ylim(high, low)
    left, right = (octaves(OCTAVES_HZ[0]) - MARGIN_OCTAVES, octaves(OCTAVES_HZ[-1]) + MARGIN_OCTAVES)
    axes.set_xlim(left, right)
    axes.set_xticks([octaves(value) for value in OCTAVES_HZ], [f"{value:g}" for value in OCTAVES_HZ])
    axes.set_yticks(range(int(low), int(high) + 1, 10))
    axes.set_ylabel("Hearing level (dB HL)")
    axes.set_xlabel("Frequency (Hz)", labelpad=5)
    axes.xaxis.set_label_position("top")
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    axes.grid(visible=True, color=GRID, linewidth=0.6)
    axes.axhline(0.0, color=FRAME, linewidth=0.9, zorder=1)
    for frequency in _INTER_OCTAVES_HZ:
        axes.axvline(octaves(frequency), color=FAINT_GRID, linewidth=0.6, dashes=(3, 2), zorder=0.5)
        axes.annotate(
            f"{frequency:g}",
            (octaves(frequency), low),
            xytext=(0, -3),
            textcoords="offset points",
            ha="center",
            va="top",
            fontsize=5.5,
            color=QUIET,
        )
    axes.set_axisbelow(True)
    return ((high - low) / 20.0) / (right - left)


def _draw_model(axes: Axes, frequencies: Sequence[FrequencyEstimates], hue: EarColours) -> list[Artist]:
    position = [octaves(entry.frequency_hz) for entry in frequencies]
    estimates = [entry.threshold_db_hl for entry in frequencies]
    lower = [estimate.lower_95 for estimate in estimates]
    upper = [estimate.upper_95 for estimate in estimates]
    axes.fill_between(position, lower, upper, facecolor=hue.tint, edgecolor="none", alpha=0.75, zorder=2)
    for edge in (lower, upper):
        axes.plot(position, edge, color=INK, linewidth=0.4, zorder=2.1)
    axes.plot(position, [estimate.mean for estimate in estimates], color=INK, linewidth=1.0, dashes=_DASHES, zorder=4)
    for x, entry in zip(position, frequencies, strict=True):
        axes.add_line(_diamond([x], [entry.threshold_db_hl.mean], is_tested=entry.num_trials > 0))
    implied = _diamond([], [], is_tested=True, label="implied by the fit")
    implied.set(linestyle=(0, _DASHES), linewidth=1.0)
    handles: list[Artist] = [
        implied,
        Patch(facecolor=hue.tint, edgecolor=INK, linewidth=0.4, label="its 95 % interval"),
    ]
    if any(entry.num_trials == 0 for entry in frequencies):
        handles.append(_diamond([], [], is_tested=False, label="implied, not tested"))
    return handles


def _diamond(x: list[float], y: list[float], *, is_tested: bool, label: str = "") -> Line2D:
    return Line2D(
        x,
        y,
        linestyle="none",
        color=INK,
        marker="D",
        markersize=3.2,
        markerfacecolor=INK if is_tested else "white",
        markeredgewidth=0.7,
        zorder=5,
        label=label,
    )


def _draw_measured(axes: Axes, audiogram: Audiogram, ear: Ear, hue: EarColours) -> list[Artist]:
    shown = [
        threshold for conduction in Conduction for threshold in audiogram.of(ear, conduction) if is_inside(threshold)
    ]
    _connect(axes, [threshold for threshold in shown if threshold.conduction is Conduction.AIR], hue)
    handles: dict[str, Artist] = {}
    for threshold in shown:
        symbol = _SYMBOLS[ear, threshold.conduction, threshold.is_masked]
        for sign in (_symbol(symbol, threshold, hue), *([_arrow(threshold, hue)] if threshold.is_no_response else [])):
            axes.add_line(sign)
            sign.set_transform(axes.transData + _nudge(axes, threshold))
        handles.setdefault(symbol.name, _symbol(symbol, None, hue))
    return list(handles.values())


def _symbol(symbol: _Symbol, threshold: Threshold | None, hue: EarColours) -> Line2D:
    return Line2D(
        [octaves(threshold.frequency_hz)] if threshold else [],
        [threshold.level_db_hl] if threshold else [],
        linestyle="none",
        color=hue.line,
        marker=symbol.marker,
        markersize=_SYMBOL_SIZE - (1.0 if symbol.marker in ("x", "s") else 0.0),
        markerfacecolor="none",
        markeredgewidth=1.5,
        clip_on=False,
        zorder=8,
        label=symbol.name,
    )


def _nudge(axes: Axes, threshold: Threshold) -> ScaledTranslation:
    """Bone symbols stand beside the frequency line, the right ear's to the left as seen facing the patient."""
    points = 0.0
    if threshold.conduction is Conduction.BONE:
        points = -_BONE_OFFSET_POINTS if threshold.ear is Ear.RIGHT else _BONE_OFFSET_POINTS
    figure = axes.get_figure(root=True)
    assert figure is not None
    return ScaledTranslation(points / 72.0, 0.0, figure.dpi_scale_trans)


def _connect(axes: Axes, air: list[Threshold], hue: EarColours) -> None:
    """Joins neighbouring air thresholds, the masked one of a pair, except where there was no response."""
    chosen = {threshold.frequency_hz: threshold for threshold in sorted(air, key=lambda threshold: threshold.is_masked)}
    ordered = [chosen[frequency] for frequency in sorted(chosen)]
    for first, second in pairwise(ordered):
        if not (first.is_no_response or second.is_no_response):
            axes.plot(
                [octaves(first.frequency_hz), octaves(second.frequency_hz)],
                [first.level_db_hl, second.level_db_hl],
                color=hue.line,
                linewidth=1.3,
                zorder=6,
            )


def _arrow(threshold: Threshold, hue: EarColours) -> Line2D:
    """No response: an arrow from the symbol, down and to the left for the right ear, to the right for the left."""
    side = -1.0 if threshold.ear is Ear.RIGHT else 1.0
    return Line2D(
        [octaves(threshold.frequency_hz)],
        [threshold.level_db_hl],
        linestyle="none",
        color=hue.line,
        marker=Affine2D().scale(side, 1.0).transform_path(_ARROW),
        markersize=26,
        markeredgewidth=1.2,
        clip_on=False,
        zorder=7,
    )
