"""How trainings went: loss and validation score over steps, and where each learned parameter came from and went."""

import math
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from hearfit.reports.figure_style import FAINT_GRID, FRAME, GRID, INK, PAGE_WIDTH_IN, QUIET, house_style, mark_log
from hearfit.soundtasks.record import LearnedParameter, RunRecord

_CURVE_COLUMNS: Final = 4
_PARAMETER_COLUMNS: Final = 3
_PANEL_IN: Final = 1.05
# Room above and below the curves, as a share of their range: a ring at the very edge would be cut.
_MARGIN: Final = 0.08
_PARAMETER_PANEL_IN: Final = 1.45
# From here on a range is shown in octaves, as is usual for frequencies and time constants.
_LOG_FROM: Final = 8.0
MOST_PARAMETERS: Final = 12


def best_of_curve(scores: Sequence[float]) -> int:
    """The place of the best validation score, which every training here takes the higher the better."""
    return int(np.argmax(scores))


def draw_curves(runs: Mapping[str, Sequence[RunRecord]]) -> Figure:
    """For each frontend the training loss above the validation score, a line for each seed, a ring at the best."""
    with house_style():
        columns = min(len(runs), _CURVE_COLUMNS)
        blocks = math.ceil(len(runs) / columns)
        figure = Figure(figsize=(PAGE_WIDTH_IN, blocks * (2 * _PANEL_IN + 0.45) + 0.25), layout="constrained")
        grid = figure.subplots(2 * blocks, columns, squeeze=False, sharex=False)
        losses, values = grid[0::2].ravel().tolist(), grid[1::2].ravel().tolist()
        for index, (name, records) in enumerate(runs.items()):
            _draw_curves(losses[index], values[index], name, records)
        _share(losses[: len(runs)])
        _share(values[: len(runs)])
        for places, label in ((losses, "training loss"), (values, "validation score")):
            for index in range(0, len(runs), columns):
                places[index].set_ylabel(label)
            for place in places[len(runs) :]:
                place.set_axis_off()
        figure.supxlabel("Step", fontsize=7.5)
    return figure


def _draw_curves(loss: Axes, value: Axes, name: str, records: Sequence[RunRecord]) -> None:
    loss.set_title(name, loc="left", fontsize=8.0, fontweight="bold")
    for record in records:
        if not record.curve:
            continue
        steps = [point.step for point in record.curve]
        scores = [point.validation_score for point in record.curve]
        loss.plot(steps, [point.training_loss for point in record.curve], color=QUIET, linewidth=0.8)
        value.plot(steps, scores, color=QUIET, linewidth=0.8)
        best = best_of_curve(scores)
        value.plot(steps[best], scores[best], "o", color=INK, markersize=3.6, fillstyle="none", mew=0.9, zorder=4)
    for place in (loss, value):
        _tidy(place)
        place.xaxis.set_major_locator(MaxNLocator(3, integer=True))
    loss.tick_params(axis="x", labelbottom=False)


def _share(places: Sequence[Axes]) -> None:
    """The same vertical axis for all, so that heights compare; logarithmic for losses of different size."""
    lines = [np.asarray(line.get_ydata(), np.float64) for place in places for line in place.lines]
    if not lines:
        return
    drawn = np.concatenate(lines)
    margin = _MARGIN * (np.ptp(drawn) or 1.0)
    is_log = bool((drawn > 0).all() and drawn.max() > 20 * drawn.min())
    for index, place in enumerate(places):
        if is_log:
            place.set_yscale("log")
            place.set_ylim(drawn.min() / 1.1, drawn.max() * 1.1)
            mark_log(place.yaxis, drawn.min() / 1.1, drawn.max() * 1.1)
        else:
            place.set_ylim(drawn.min() - margin, drawn.max() + margin)
            place.yaxis.set_major_locator(MaxNLocator(4))
        if index % _CURVE_COLUMNS:
            place.tick_params(axis="y", labelleft=False, which="both")


def draw_learned(runs: Sequence[RunRecord]) -> Figure:
    """Each learned parameter before training (rings) and after it (dots), of runs that learned the same ones.

    What has one value for each channel or filter is shown for the first run, in the order of the values before; a
    single number is shown for every seed. Dashed lines are the bounds, where they are near.
    """
    first = runs[0].learned[:MOST_PARAMETERS]
    columns = _PARAMETER_COLUMNS
    lines = math.ceil(len(first) / columns)
    with house_style():
        figure = Figure(figsize=(PAGE_WIDTH_IN, lines * _PARAMETER_PANEL_IN + 0.2), layout="constrained")
        places = figure.subplots(lines, columns, squeeze=False).ravel().tolist()
        for index, parameter in enumerate(first):
            if len(parameter.before) == 1:
                of_seeds = [run.learned[index] for run in runs]
                _draw_moves(
                    places[index],
                    parameter,
                    [run.name.seed for run in runs],
                    [each.before[0] for each in of_seeds],
                    [each.after[0] for each in of_seeds],
                )
                places[index].set_xlabel("seed")
            else:
                order = np.argsort(parameter.before, kind="stable")
                before, after = np.asarray(parameter.before)[order], np.asarray(parameter.after)[order]
                _draw_moves(places[index], parameter, range(1, len(order) + 1), before.tolist(), after.tolist())
                places[index].set_xlabel("place, by value before")
        for place in places[len(first) :]:
            place.set_axis_off()
    return figure


def _draw_moves(
    place: Axes, parameter: LearnedParameter, x: Sequence[int], before: Sequence[float], after: Sequence[float]
) -> None:
    unit = f" ({parameter.unit})" if parameter.unit else ""
    place.set_title(f"{parameter.name}{unit}", loc="left", fontsize=7.5, fontweight="bold")
    if parameter.low > 0 and parameter.high >= _LOG_FROM * parameter.low:
        place.set_yscale("log")
    place.vlines(x, before, after, color=FRAME, linewidth=0.9, zorder=2)
    # Many of them would hide each other.
    size = 3.0 if len(x) <= 40 else 1.8
    place.plot(x, before, "o", color=QUIET, markersize=size, fillstyle="none", mew=0.7, zorder=3)
    place.plot(x, after, "o", color=INK, markersize=size, mew=0.0, zorder=4)
    low, high = place.get_ylim()
    if place.get_yscale() == "log":
        mark_log(place.yaxis, low, high)
    for bound in (parameter.low, parameter.high):
        if low <= bound <= high:
            place.axhline(bound, color=INK, linewidth=0.8, dashes=(4.0, 2.0), zorder=1)
    _tidy(place)
    place.xaxis.set_major_locator(MaxNLocator(5, integer=True, steps=[1, 2, 5, 10]))


def _tidy(place: Axes) -> None:
    place.grid(color=FAINT_GRID, linewidth=0.6)
    place.set_axisbelow(True)
    place.spines[["top", "right"]].set_visible(False)
    place.spines[["left", "bottom"]].set_color(GRID)
