"""The figures of the page on an experiment, with captions and with what they show in words."""

import re
from collections.abc import Sequence
from typing import Final

from hearfit.reports.document import Figure
from hearfit.reports.experiment_words import conditions_text, ends, name, signed, trainings, verdict
from hearfit.reports.figure_forest import ForestMark, ForestPanel, draw_forest
from hearfit.reports.figure_pictures import draw_sheet
from hearfit.reports.figure_training import MOST_PARAMETERS, draw_curves, draw_learned
from hearfit.reports.svg import inline_svg
from hearfit.reports.wording import count, enumeration
from hearfit.soundtasks.intervals import Interval
from hearfit.soundtasks.pictures import Sheet
from hearfit.soundtasks.record import Metric, RunRecord
from hearfit.soundtasks.result import Difference, ExperimentResult, Score, baseline_of

_MOST_CURVE_FIGURES: Final = 4
_NOT_IN_IDENTIFIERS: Final = re.compile(r"[^a-z0-9]+")
_TABLE_BELOW: Final = "All numbers are in the tables."


def score_figure(result: ExperimentResult, metric: Metric, found: Sequence[Score]) -> Figure:
    """All scores of one metric."""
    panels = tuple(
        ForestPanel(
            condition,
            tuple(
                ForestMark(
                    each.frontend,
                    each.over_seeds.mean,
                    _known(each.over_seeds),
                    None,
                    tuple(each.by_seed.values()),
                    is_reference=each.frontend in result.facts.references,
                )
                for each in found
                if each.condition == condition
            ),
        )
        for condition in result.conditions
    )
    rows = [row for row in result.rows if any(each.frontend == row for each in found)]
    drawing = draw_forest(panels, rows, label=_label(metric), has_zero=False)
    return Figure(
        identifier="scores",
        svg=inline_svg(drawing, prefix="scores"),
        alternative=(
            f"{name(metric)} of {enumeration(rows)} in {count(len(panels), 'condition')}, each with its 95 % interval "
            f"over seeds and a dot for each seed. {_TABLE_BELOW}"
        ),
        caption=(
            "Diamond: mean over seeds, with its 95 % interval. Small rings above it: the single seeds. "
            f"{'Higher' if metric.is_higher_better else 'Lower'} is better."
        ),
    )


def difference_figure(result: ExperimentResult, metric: Metric, found: Sequence[Difference]) -> Figure:
    """Every frontend less the baseline."""
    baseline = baseline_of(result)
    panels = tuple(
        ForestPanel(
            condition,
            tuple(
                ForestMark(
                    each.frontend,
                    each.over_seeds.mean,
                    _known(each.over_seeds),
                    _known(each.over_items),
                    is_filled=_is_sure(each),
                )
                for each in found
                if each.condition == condition
            ),
        )
        for condition in result.conditions
    )
    rows = [row for row in result.frontends if any(each.frontend == row for each in found)]
    drawing = draw_forest(
        panels,
        rows,
        label=f"{_label(metric)}, difference from {baseline}",
        has_zero=True,
        key=("zero is excluded", "zero is included"),
    )
    told = "; ".join(
        f"{each.frontend}, {each.condition}: {signed(metric, each.over_seeds.mean)} "
        f"({ends(metric, each.over_seeds, is_signed=True)}), {verdict(metric, each)}"
        for each in found[:6]
    )
    return Figure(
        identifier="differences",
        svg=inline_svg(drawing, prefix="differences"),
        alternative=f"Differences in {name(metric)} from {baseline}, with intervals. {told}. {_TABLE_BELOW}",
        caption=(
            f"Difference from {baseline} (dashed line: none), of equal seeds. Thin line: 95 % interval over seeds. "
            "Broad grey line: 95 % interval over seeds and items, where there is one. Filled where both exclude zero."
        ),
    )


def curve_figures(result: ExperimentResult) -> tuple[Figure, ...]:
    """Learning curves of the first conditions that have any."""
    figures: list[Figure] = []
    found = trainings(result)
    for condition in result.conditions:
        own = [each for each in found if each.conditions[0] == condition]
        # A closed form has a single point, which is no curve.
        runs = {each.frontend: [run for run in each.runs if len(run.curve) > 1] for each in own}
        runs = {frontend: records for frontend, records in runs.items() if records}
        if not runs or len(figures) == _MOST_CURVE_FIGURES:
            continue
        drawn = [each for each in result.conditions if any(each in one.conditions for one in own)]
        served = conditions_text(result, drawn)
        prefix = f"curves-{len(figures) + 1}"
        figures.append(
            Figure(
                identifier=prefix,
                svg=inline_svg(draw_curves(runs), prefix=prefix),
                alternative=(
                    f"Training loss and validation score over steps of {enumeration(tuple(runs))}, {served}, a line "
                    "for each seed, with a ring at the best validation score."
                ),
                caption=(
                    f"{served[:1].upper()}{served[1:]}: a line for each seed. Ring: the best validation score, whose "
                    "state was tested. The test set has no part in this."
                ),
            )
        )
    return tuple(figures)


def learned_figure(frontend: str, condition: str, runs: Sequence[RunRecord]) -> Figure:
    """Learned parameters of one frontend before and after."""
    identifier = f"learned-{_identifier(frontend)}"
    shown = enumeration([each.name for each in runs[0].learned[:MOST_PARAMETERS]])
    hidden = len(runs[0].learned) - MOST_PARAMETERS
    return Figure(
        identifier=identifier,
        svg=inline_svg(draw_learned(runs), prefix=identifier),
        alternative=f"{shown} of {frontend} before training and after it. A table of their ranges follows.",
        caption=(
            f"{frontend}, {condition}: rings before training, dots after it, joined by a line. Of parameters with many "
            f"values those of seed {runs[0].name.seed}; of single numbers every seed. Dashed: a bound of what is "
            f"allowed.{f' {hidden} more are in the table.' if hidden > 0 else ''}"
        ),
    )


def sheet_figure(sheet: Sheet) -> Figure:
    """What a task gave to be drawn."""
    identifier = f"sheet-{_identifier(sheet.name)}"
    return Figure(
        identifier=identifier,
        svg=inline_svg(draw_sheet(sheet), prefix=identifier),
        alternative=sheet.alternative,
        caption=sheet.caption,
    )


def _label(metric: Metric) -> str:
    return f"{name(metric)} ({metric.unit})" if metric.unit else name(metric)


def _known(interval: Interval | None) -> tuple[float, float] | None:
    if interval is None or interval.low is None or interval.high is None:
        return None
    return interval.low, interval.high


def _is_sure(difference: Difference) -> bool:
    return difference.excludes_zero


def _identifier(text: str) -> str:
    return _NOT_IN_IDENTIFIERS.sub("-", text.lower()).strip("-")
