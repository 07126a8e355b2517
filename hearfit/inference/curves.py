"""Response curves for the report: answers against one column, with what the fitted ear and a normal ear predict."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.special import expit, logit

from hearfit.experiment.conditions import Conditions
from hearfit.experiment.excitation import Stimulus
from hearfit.experiment.protocol import Task
from hearfit.experiment.stimulus_columns import (
    ALL_COLUMNS,
    LEVEL,
    MASKER_LEVEL,
    TONE_MASKER_LEVEL,
    curve_column,
    stimulus_columns,
)
from hearfit.inference.data import build_fit_data, task_group
from hearfit.inference.delta_method import delta_sd
from hearfit.inference.likelihood import Responses, predict
from hearfit.inference.sampled import EarPosterior
from hearfit.inference.simulate import normal_position
from hearfit.listener.normal import NormalEar
from hearfit.listener.profile import AnswerCount, ResponseCurve

_NUM_POINTS = 25
_MARGIN_DB = 10.0
# Of the range of what is not a level.
_MARGIN_SHARE = 0.1
# Of one sound: the masker's level varies with the threshold that was sought, so one stands for all. Three gaps show how
# a listener recovers from a masker.
_MOST_CURVES_MASKED, _MOST_CURVES_FORWARD, _MOST_CURVES = 1, 3, 4
_FREQUENCY = "frequency_hz"
_INTERVALS = "interval_count"
_NORMAL_QUANTILE_975 = 1.959963984540054


class _Prediction(NamedTuple):
    probability: Float[np.ndarray, "points responses"]
    jacobian: Float[np.ndarray, "points responses parameters"]


def response_curves(
    conditions: Sequence[Conditions], posterior: EarPosterior, *, transducer: str | None, normal: NormalEar
) -> tuple[ResponseCurve, ...]:
    """One curve for each protocol and stimulus apart from what is drawn along it. Under `jax.enable_x64`.

    In noise of several levels, a curve is that of the level with most trials (where the noise was varied and the tone
    was not, it runs along the level of the noise, at the level of the tone with most trials); of other stimuli those of
    the four most frequent settings of each sound.
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
class _Grid:
    """Conditions at closely spaced places; row i holds the places `x[i]` of the curve whose columns are `rows[i]`."""

    presented: Conditions
    conditions: Conditions
    rows: tuple[dict[str, float], ...]
    x: Float[np.ndarray, "rows points"]


def _columns(group: Conditions) -> dict[str, Float[np.ndarray, " conditions"]]:
    """All that a condition states, by column."""
    return {
        _INTERVALS: group.interval_count.astype(float),
        _FREQUENCY: group.frequency_hz,
        **group.parameters,
        LEVEL: group.level_db_hl,
    }


def _along(group: Conditions) -> str:
    """The column that curves run along: of tone and noise the one that takes more levels with the other the same."""
    usual = curve_column(group.protocol.stimulus.kind)
    if not group.has_masker:
        return usual
    played = ~group.is_catch
    tone, noise = group.level_db_hl[played], group.parameters[MASKER_LEVEL][played]
    sound = group.stimulus_index[played].astype(float)
    # Conditions are unique, so the fewer settings of what stays, the more conditions each curve has.
    num_tones, num_noises = (len(np.unique(np.stack([sound, each]), axis=1).T) for each in (tone, noise))
    return MASKER_LEVEL if num_tones < num_noises else usual


def _grid(group: Conditions) -> _Grid:
    columns, along = _columns(group), _along(group)
    rows = _settings(group, columns, along)
    x = np.zeros((len(rows), _NUM_POINTS))
    for i, row in enumerate(rows):
        x[i] = _places(columns[along][~group.is_catch & _is_of(group, columns, row)], along)
    of_row = {name: np.array([row[name] for row in rows]) for name in columns if name != along}
    values = {name: np.repeat(value, _NUM_POINTS) for name, value in of_row.items()} | {along: x.ravel()}
    of_sound = [column.name for column in stimulus_columns(group.protocol.stimulus.kind) if column.is_of_sound]
    sounds = [(values[_FREQUENCY][i], *(values[name][i] for name in of_sound)) for i in range(len(rows) * _NUM_POINTS)]
    unique = {sound: index for index, sound in enumerate(dict.fromkeys(sounds))}
    conditions = replace(
        group,
        stimuli=tuple(
            Stimulus(
                group.protocol.stimulus,
                float(frequency),
                tuple(zip(of_sound, map(float, parameters), strict=True)),
            )
            for frequency, *parameters in unique
        ),
        stimulus_index=np.array([unique[sound] for sound in sounds], np.int64),
        level_db_hl=values[LEVEL],
        interval_count=values[_INTERVALS].astype(np.int64),
        is_catch=np.zeros(len(sounds), bool),
        counts=np.zeros((len(sounds), group.counts.shape[1]), np.int64),
        parameters={name: values[name] for name in group.parameters},
    )
    return _Grid(group, conditions, rows, x)


def _settings(
    group: Conditions, columns: dict[str, Float[np.ndarray, " conditions"]], along: str
) -> tuple[dict[str, float], ...]:
    """What is the same along each curve; of each sound and number of intervals the most frequent settings."""
    names = [name for name in columns if name != along]
    played = ~group.is_catch
    if not played.any():
        return ()
    table = np.stack([columns[name] for name in names], axis=1)[played]
    unique, place = np.unique(table, axis=0, return_inverse=True)
    num_trials = np.bincount(place.reshape(-1), weights=group.counts[played].sum(axis=1))
    of_sound = [
        name for name in names if name in (_INTERVALS, _FREQUENCY) or (name != LEVEL and ALL_COLUMNS[name].is_of_sound)
    ]
    sound = unique[:, [names.index(name) for name in of_sound]]
    most = (
        _MOST_CURVES_MASKED if group.has_masker else _MOST_CURVES_FORWARD if group.has_forward_masker else _MOST_CURVES
    )
    chosen = [
        i
        for i in range(len(unique))
        if np.sum(np.all(sound == sound[i], axis=1) & (_rank(num_trials) < _rank(num_trials)[i])) < most
    ]
    return tuple(dict(zip(names, map(float, unique[i]), strict=True)) for i in chosen)


def _rank(num_trials: Float[np.ndarray, " settings"]) -> Float[np.ndarray, " settings"]:
    """0 for the most frequent setting, each rank once."""
    rank = np.zeros(len(num_trials))
    rank[np.argsort(-num_trials, kind="stable")] = np.arange(len(num_trials))
    return rank


def _places(values: Float[np.ndarray, " conditions"], along: str) -> Float[np.ndarray, " points"]:
    low, high = values.min(), values.max()
    if along in (LEVEL, MASKER_LEVEL, TONE_MASKER_LEVEL):
        return np.linspace(low - _MARGIN_DB, high + _MARGIN_DB, _NUM_POINTS)
    # A column has limits, and a curve through one single value some width.
    column, margin = ALL_COLUMNS[along], max(_MARGIN_SHARE * (high - low), 0.1 * abs(high), 1e-3)
    return np.linspace(max(low - margin, column.lowest), min(high + margin, column.highest), _NUM_POINTS)


def _is_of(
    group: Conditions, columns: dict[str, Float[np.ndarray, " conditions"]], row: dict[str, float]
) -> Bool[np.ndarray, " conditions"]:
    """The conditions of a curve, and all catch trials of its stimulus, whatever their number of intervals."""
    # What a catch trial does not have cannot differ.
    is_same = np.logical_and.reduce(
        [
            (columns[name] == value) | (group.is_catch & np.isnan(columns[name]))
            for name, value in row.items()
            if name != _INTERVALS
        ]
    )
    return np.asarray(is_same & ((columns[_INTERVALS] == row[_INTERVALS]) | group.is_catch))


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
    columns = _columns(group)
    along = _along(group)
    centre, lower, upper = _band(group, fitted, posterior)
    reference, _, _ = _band(group, healthy, posterior)
    for index, row in enumerate(grid.rows):
        part = slice(index * _NUM_POINTS, (index + 1) * _NUM_POINTS)
        yield ResponseCurve(
            protocol=group.protocol.name,
            task=group.protocol.task.value,
            frequency_hz=row[_FREQUENCY],
            interval_count=int(row[_INTERVALS]),
            x_column=along,
            x=tuple(map(float, grid.x[index])),
            predicted=tuple(map(float, centre[part])),
            lower_95=tuple(map(float, lower[part])),
            upper_95=tuple(map(float, upper[part])),
            normal_ear=tuple(map(float, reference[part])),
            answers=_answers(group, columns[along], np.flatnonzero(_is_of(group, columns, row))),
            parameters={name: value for name, value in row.items() if name not in (_FREQUENCY, _INTERVALS)},
        )


def _band(
    group: Conditions, prediction: _Prediction, posterior: EarPosterior
) -> tuple[Float[np.ndarray, " points"], Float[np.ndarray, " points"], Float[np.ndarray, " points"]]:
    """Prediction with its 95 % band by the delta method on the logit of the range, so that it stays inside."""
    values = np.array(group.protocol.response_values, float)
    # Response codes of detection are 0 and 1, so that the expected response is a probability there.
    top = values[-1] - values[0]
    proportion = (prediction.probability @ (values - values[0])) / top
    slope = np.einsum("crp,r->cp", prediction.jacobian, (values - values[0]) / top)
    sd = delta_sd(slope, posterior.covariance)
    inside = np.clip(proportion, 1e-6, 1.0 - 1e-6)
    half_width = _NORMAL_QUANTILE_975 * sd / (inside * (1.0 - inside))
    bounds = [values[0] + top * expit(logit(inside) + sign * half_width) for sign in (-1.0, 1.0)]
    return values[0] + top * proportion, bounds[0], bounds[1]


def _answers(
    group: Conditions, x: Float[np.ndarray, " conditions"], chosen: Int[np.ndarray, " chosen"]
) -> tuple[AnswerCount, ...]:
    return tuple(
        AnswerCount(
            x=None if group.is_catch[i] else float(x[i]),
            response=group.protocol.response_values[k],
            count=int(group.counts[i, k]),
        )
        for i in chosen
        for k in np.flatnonzero(group.counts[i])
    )
