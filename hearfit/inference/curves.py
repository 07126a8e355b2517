"""Response curves for the report: answers against level, with what the fitted ear and a normal ear predict."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float
from scipy.special import expit, logit

from hearfit.experiment.conditions import Conditions
from hearfit.experiment.protocol import Task
from hearfit.experiment.stimulus_columns import MASKER_LEVEL
from hearfit.inference.data import build_fit_data, task_group
from hearfit.inference.likelihood import Responses, predict
from hearfit.inference.sampled import EarPosterior
from hearfit.inference.simulate import normal_position
from hearfit.listener.normal import NormalEar
from hearfit.listener.profile import AnswerCount, CurveMasker, ResponseCurve

_NUM_LEVELS = 25
_MARGIN_DB = 10.0
_NORMAL_QUANTILE_975 = 1.959963984540054


class _Prediction(NamedTuple):
    probability: Float[np.ndarray, "levels responses"]
    jacobian: Float[np.ndarray, "levels responses parameters"]


def response_curves(
    conditions: Sequence[Conditions], posterior: EarPosterior, *, transducer: str | None, normal: NormalEar
) -> tuple[ResponseCurve, ...]:
    """One curve for each protocol, stimulus (frequency and notch) and number of intervals. Under `jax.enable_x64`.

    In noise of several levels, a curve is that of the level with most trials.
    """
    # A stored threshold is one number, not answers that vary with level.
    drawn = [group for group in conditions if group.protocol.task is not Task.STORED_THRESHOLD]
    # All tasks at once, in the order in which the likelihood groups them, so that one program serves them all.
    grids = [_grid(group) for group in sorted(drawn, key=lambda group: task_group(group.protocol))]
    grids = [grid for grid in grids if grid.rows]
    if not grids:
        return ()
    data = build_fit_data([grid.conditions for grid in grids], transducer=transducer, normal=normal)
    fitted = _rows(predict(posterior.mode, data, normal=normal), grids)
    healthy = _rows(predict(normal_position(normal), data, normal=normal), grids)
    return tuple(
        curve
        for grid, own, reference in zip(grids, fitted, healthy, strict=True)
        for curve in _curves(grid, own, reference, posterior)
    )


@dataclass(frozen=True)
class _Row:
    """One curve; the masker's level is 0 in quiet."""

    stimulus: int
    interval_count: int
    masker_level_db: float


@dataclass(frozen=True)
class _Grid:
    """Conditions at closely spaced levels; row i holds those of `rows[i]`."""

    presented: Conditions
    conditions: Conditions
    rows: tuple[_Row, ...]


def _grid(group: Conditions) -> _Grid:
    played = ~group.is_catch
    pairs = zip(group.stimulus_index[played], group.interval_count[played], strict=True)
    rows = tuple(
        _Row(stimulus, interval_count, _usual_masker_level(group, stimulus, interval_count))
        for stimulus, interval_count in sorted({(int(stimulus), int(count)) for stimulus, count in pairs})
    )
    levels = []
    for row in rows:
        own = group.level_db_hl[played & _is_of(group, row)]
        levels.append(np.linspace(own.min() - _MARGIN_DB, own.max() + _MARGIN_DB, _NUM_LEVELS))
    size = len(rows) * _NUM_LEVELS
    conditions = replace(
        group,
        stimulus_index=np.repeat([row.stimulus for row in rows], _NUM_LEVELS),
        level_db_hl=np.concatenate([np.zeros(0), *levels]),
        interval_count=np.repeat([row.interval_count for row in rows], _NUM_LEVELS),
        is_catch=np.zeros(size, bool),
        counts=np.zeros((size, group.counts.shape[1]), np.int64),
        parameters=_parameters(group, rows),
    )
    return _Grid(group, conditions, rows)


def _parameters(group: Conditions, rows: Sequence[_Row]) -> dict[str, Float[np.ndarray, " conditions"]]:
    """Of the grid: what belongs to the sound, and the level of its masker."""
    if not group.has_masker:
        return {}
    of_sound = [dict(group.stimuli[row.stimulus].parameters) for row in rows]
    values = {name: [own[name] for own in of_sound] for name in (of_sound[0] if of_sound else ())}
    values[MASKER_LEVEL] = [row.masker_level_db for row in rows]
    return {name: np.repeat(value, _NUM_LEVELS) for name, value in values.items()}


def _masker_levels(group: Conditions) -> Float[np.ndarray, " conditions"]:
    levels = group.masker_level_db_spl_per_hz
    return np.zeros(len(group.counts)) if levels is None else levels


def _usual_masker_level(group: Conditions, stimulus: int, interval_count: int) -> float:
    """The level of the masker in most of the trials with a target."""
    chosen = (group.stimulus_index == stimulus) & (group.interval_count == interval_count) & ~group.is_catch
    levels, place = np.unique(_masker_levels(group)[chosen], return_inverse=True)
    return float(levels[np.argmax(np.bincount(place, weights=group.counts[chosen].sum(axis=1)))])


def _is_of(group: Conditions, row: _Row) -> Bool[np.ndarray, " conditions"]:
    """The conditions of a curve, and all catch trials of its stimulus and masker."""
    is_same_sound = (group.stimulus_index == row.stimulus) & (_masker_levels(group) == row.masker_level_db)
    return is_same_sound & ((group.interval_count == row.interval_count) | group.is_catch)


def _rows(groups: tuple[Responses, ...], grids: Sequence[_Grid]) -> list[_Prediction]:
    """Probabilities and Jacobians of each grid, cut out of the groups of the likelihood."""
    of_task = dict(zip(dict.fromkeys(task_group(grid.presented.protocol) for grid in grids), groups, strict=True))
    start = dict.fromkeys(of_task, 0)
    predictions = []
    for grid in grids:
        task, size = task_group(grid.presented.protocol), len(grid.conditions.counts)
        part = slice(start[task], start[task] + size)
        start[task] += size
        responses = of_task[task]
        predictions.append(_Prediction(responses.probability[part], responses.jacobian[part]))
    return predictions


def _curves(grid: _Grid, fitted: _Prediction, healthy: _Prediction, posterior: EarPosterior) -> Iterator[ResponseCurve]:
    group = grid.presented
    centre, lower, upper = _band(group, fitted, posterior)
    reference, _, _ = _band(group, healthy, posterior)
    for index, row in enumerate(grid.rows):
        part = slice(index * _NUM_LEVELS, (index + 1) * _NUM_LEVELS)
        notch = group.stimuli[row.stimulus].notch
        yield ResponseCurve(
            protocol=group.protocol.name,
            task=group.protocol.task.value,
            frequency_hz=group.stimuli[row.stimulus].frequency_hz,
            interval_count=row.interval_count,
            level_db_hl=tuple(map(float, grid.conditions.level_db_hl[part])),
            predicted=tuple(map(float, centre[part])),
            lower_95=tuple(map(float, lower[part])),
            upper_95=tuple(map(float, upper[part])),
            normal_ear=tuple(map(float, reference[part])),
            answers=_answers(group, row),
            masker=None if notch is None else CurveMasker(row.masker_level_db, notch.lower, notch.upper),
        )


def _band(
    group: Conditions, prediction: _Prediction, posterior: EarPosterior
) -> tuple[Float[np.ndarray, " levels"], Float[np.ndarray, " levels"], Float[np.ndarray, " levels"]]:
    """Prediction with its 95 % band by the delta method on the logit of the range, so that it stays inside."""
    values = np.array(group.protocol.response_values, float)
    # Response codes of detection are 0 and 1, so that the expected response is a probability there.
    top = values[-1] - values[0]
    proportion = (prediction.probability @ (values - values[0])) / top
    slope = np.einsum("crp,r->cp", prediction.jacobian, (values - values[0]) / top)
    sd = np.sqrt(np.einsum("cp,pq,cq->c", slope, posterior.covariance, slope))
    inside = np.clip(proportion, 1e-6, 1.0 - 1e-6)
    half_width = _NORMAL_QUANTILE_975 * sd / (inside * (1.0 - inside))
    bounds = [values[0] + top * expit(logit(inside) + sign * half_width) for sign in (-1.0, 1.0)]
    return values[0] + top * proportion, bounds[0], bounds[1]


def _answers(group: Conditions, row: _Row) -> tuple[AnswerCount, ...]:
    return tuple(
        AnswerCount(
            level_db_hl=None if group.is_catch[i] else float(group.level_db_hl[i]),
            response=group.protocol.response_values[k],
            count=int(group.counts[i, k]),
        )
        for i in np.flatnonzero(_is_of(group, row))
        for k in np.flatnonzero(group.counts[i])
    )
