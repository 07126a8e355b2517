"""The tables of the page on an experiment."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from hearfit.reports.document import Cell, Column, Row, Table
from hearfit.reports.experiment_words import amount, ends, name, signed, verdict
from hearfit.reports.wording import count, number
from hearfit.soundtasks.record import LearnedParameter, Metric, RunRecord
from hearfit.soundtasks.result import Difference, ExperimentResult, Score

_MOST_COLUMNS: Final = 6
# This close to an end of its range, as a share of it, a parameter counts as at its bound.
_AT_BOUND: Final = 0.01
_TOLD_FROM: Final = 0.1


def score_table(result: ExperimentResult, metric: Metric, found: Sequence[Score]) -> Table:
    """Mean and interval over seeds of every frontend in every condition; the larger number of the two goes down."""
    by_place = {(each.frontend, each.condition): each for each in found}
    rows = [each for each in result.rows if any(score.frontend == each for score in found)]
    conditions = list(result.conditions)
    is_turned = len(conditions) > _MOST_COLUMNS

    def cell(frontend: str, condition: str) -> Cell:
        score = by_place.get((frontend, condition))
        if score is None:
            return Cell("–")
        return Cell(amount(metric, score.over_seeds.mean), ends(metric, score.over_seeds))

    unit = f" ({metric.unit})" if metric.unit else ""
    direction = "higher is better" if metric.is_higher_better else "lower is better"
    caption = f"Test set: {name(metric)}{unit}; {direction}"
    note = f"{metric.meaning[:1].upper()}{metric.meaning[1:]}. Below each mean: its 95 % interval over seeds."
    if is_turned:
        columns = (Column("Condition"), *(Column(each) for each in rows))
        turned = tuple(Row(each, tuple(cell(frontend, each) for frontend in rows)) for each in conditions)
        return Table(caption, columns, turned, note)
    columns = (Column("Frontend"), *(Column(each) for each in conditions))
    return Table(
        caption,
        columns,
        tuple(Row(each, tuple(cell(each, condition) for condition in conditions)) for each in rows),
        note,
    )


def cost_table(result: ExperimentResult) -> Table:
    """How many numbers are learned, where, and how long that takes; means over conditions and seeds."""
    rows = []
    for frontend in result.frontends:
        runs = [record for record in result.records if record.name.frontend == frontend]
        rows.append(
            Row(
                frontend,
                (
                    Cell(_counts([run.num_frontend_parameters for run in runs])),
                    Cell(_counts([run.num_readout_parameters for run in runs])),
                    Cell(_counts([run.num_frontend_parameters + run.num_readout_parameters for run in runs])),
                    Cell(number(float(np.mean([run.duration_s for run in runs])), 1)),
                    Cell(f"{len(runs):,}"),
                ),
            )
        )
    columns = (
        Column("Frontend"),
        Column("Learned in it"),
        Column("Learned behind it"),
        Column("Together"),
        Column("Time of a run", "s, mean"),
        Column("Runs"),
    )
    note = "Time without loading data, on the machine that ran it, with whatever else ran there."
    return Table("Learned numbers and time", columns, tuple(rows), note)


def difference_table(metric: Metric, found: Sequence[Difference], baseline: str) -> Table:
    """Every frontend less the baseline, with both intervals and what they say."""
    rows = tuple(
        Row(
            f"{each.frontend}, {each.condition}",
            (
                Cell(signed(metric, each.over_seeds.mean)),
                Cell(ends(metric, each.over_seeds, is_signed=True)),
                Cell(ends(metric, each.over_items, is_signed=True) or "–"),
                Cell(verdict(metric, each)),
            ),
        )
        for each in found
    )
    columns = (
        Column("Frontend, condition"),
        Column("Difference", metric.unit),
        Column("95 % over seeds"),
        Column("95 % over seeds and items"),
        Column("Verdict", f"against {baseline}"),
    )
    note = "Of equal seeds, seed by seed."
    if any(each.over_items is not None for each in found):
        note += " Over items it is the mean over items, which differs from the score where items weigh unequally."
    return Table(f"{name(metric)} less that of {baseline}", columns, rows, note)


def best_table(metric: Metric, found: Sequence[Difference]) -> Table:
    """Every frontend less the best one of its condition: which are as good as the best, as far as anybody can tell."""
    table = difference_table(metric, found, "the best")
    rows = tuple(
        replace(row, head=f"{each.frontend} less {each.baseline}, {each.condition}")
        for row, each in zip(table.rows, found, strict=True)
    )
    return replace(table, rows=rows, columns=(Column("Frontend, best, condition"), *table.columns[1:]))


def learned_table(frontend: str, condition: str, runs: Sequence[RunRecord]) -> Table:
    """What training did to each parameter, over all runs of a frontend in one condition."""
    rows = []
    for index, parameter in enumerate(runs[0].learned):
        every = [run.learned[index] for run in runs]
        before = np.concatenate([each.before for each in every])
        after = np.concatenate([each.after for each in every])
        at_bound = sum(_is_at_bound(parameter, value) for value in after.tolist())
        rows.append(
            Row(
                f"{parameter.name} ({parameter.unit})" if parameter.unit else parameter.name,
                (
                    Cell(f"{parameter.low:g} to {parameter.high:g}".replace("-", "−")),
                    Cell(_spread(before)),
                    Cell(_spread(after)),
                    Cell(_significant(float(np.median(np.abs(after - before))))),
                    Cell(_significant(float(np.abs(after - before).max()))),
                    Cell(f"{at_bound:,} of {after.size:,}"),
                    Cell(parameter.meaning),
                ),
            )
        )
    columns = (
        Column("Parameter"),
        Column("Range"),
        Column("Before", "min, median, max"),
        Column("After", "min, median, max"),
        Column("Change", "median"),
        Column("Change", "largest"),
        Column("At a bound"),
        Column("Meaning"),
    )
    note = (
        f"All values of {count(len(runs), 'run')} together. Change: of single values, without sign. "
        "At a bound: within 1 % of the range from one of its ends after training."
    )
    caption = f"{frontend}, {condition}: learned parameters before and after training"
    return Table(caption, columns, tuple(rows), note, is_textual=True)


def at_bound_sentence(frontend: str, condition: str, runs: Sequence[RunRecord], index: int) -> str:
    """Of a parameter of which a tenth or more ended at a bound, so that the bound decided its value; else empty."""
    parameters = [run.learned[index] for run in runs]
    values = [value for each in parameters for value in each.after]
    at_bound = sum(_is_at_bound(parameters[0], value) for value in values)
    if at_bound < _TOLD_FROM * len(values):
        return ""
    return (
        f"{frontend}, {condition}: {at_bound:,} of {len(values):,} values of the {parameters[0].name} ended at a bound."
    )


def _is_at_bound(parameter: LearnedParameter, value: float) -> bool:
    low, high, at = parameter.low, parameter.high, value
    if parameter.is_log:
        low, high, at = (float(np.log(each)) for each in (low, high, at))
    share = (at - low) / (high - low)
    return not _AT_BOUND <= share <= 1.0 - _AT_BOUND


def _spread(values: np.ndarray) -> str:
    if np.ptp(values) == 0:
        return _significant(float(values[0]))
    return ", ".join(_significant(float(each)) for each in (values.min(), np.median(values), values.max()))


def _significant(value: float) -> str:
    return f"{value:.4g}".replace("-", "−")


def _counts(values: Sequence[int]) -> str:
    low, high = min(values), max(values)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"
