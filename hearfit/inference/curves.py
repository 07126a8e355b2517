"""Response curves for the report: answers against level, with what the fitted ear and a normal ear predict."""

from collections.abc import Sequence
from dataclasses import replace

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float
from scipy.special import expit, logit

from hearfit.experiment.conditions import Conditions
from hearfit.inference.data import build_fit_data
from hearfit.inference.laplace import LaplacePosterior
from hearfit.inference.likelihood import Responses, predict
from hearfit.inference.simulate import normal_position
from hearfit.listener.normal import NormalEar
from hearfit.listener.profile import AnswerCount, ResponseCurve

_NUM_LEVELS = 25
_MARGIN_DB = 10.0
_NORMAL_QUANTILE_975 = 1.959963984540054


def response_curves(
    conditions: Sequence[Conditions], posterior: LaplacePosterior, *, transducer: str | None, normal: NormalEar
) -> tuple[ResponseCurve, ...]:
    """One curve for each protocol, frequency and number of intervals. Call under `jax.enable_x64`."""
    return tuple(curve for group in conditions for curve in _of_protocol(group, posterior, transducer, normal))


def _of_protocol(
    group: Conditions, posterior: LaplacePosterior, transducer: str | None, normal: NormalEar
) -> list[ResponseCurve]:
    played = ~group.is_catch
    keys = np.unique(np.stack([group.stimulus_index, group.interval_count], axis=1)[played], axis=0)
    if not len(keys):
        return []
    grids = []
    for stimulus, interval_count in keys:
        level = group.level_db_hl[
            played & (group.stimulus_index == stimulus) & (group.interval_count == interval_count)
        ]
        grids.append(np.linspace(level.min() - _MARGIN_DB, level.max() + _MARGIN_DB, _NUM_LEVELS))
    grid = replace(
        group,
        stimulus_index=np.repeat(keys[:, 0], _NUM_LEVELS),
        level_db_hl=np.concatenate(grids),
        interval_count=np.repeat(keys[:, 1], _NUM_LEVELS),
        is_catch=np.zeros(len(keys) * _NUM_LEVELS, bool),
        counts=np.zeros((len(keys) * _NUM_LEVELS, group.counts.shape[1]), np.int64),
    )
    data = build_fit_data([grid], transducer=transducer, normal=normal)
    (fitted,) = predict(jnp.asarray(posterior.mode), data, normal=normal)
    (healthy,) = predict(jnp.asarray(normal_position(normal)), data, normal=normal)
    centre, lower, upper = _band(group, fitted, posterior)
    reference, _, _ = _band(group, healthy, posterior)
    curves = []
    for row, (stimulus, interval_count) in enumerate(keys):
        part = slice(row * _NUM_LEVELS, (row + 1) * _NUM_LEVELS)
        curves.append(
            ResponseCurve(
                protocol=group.protocol.name,
                task=group.protocol.task.value,
                frequency_hz=group.stimuli[stimulus].frequency_hz,
                interval_count=int(interval_count),
                level_db_hl=tuple(map(float, grids[row])),
                predicted=tuple(map(float, centre[part])),
                lower_95=tuple(map(float, lower[part])),
                upper_95=tuple(map(float, upper[part])),
                normal_ear=tuple(map(float, reference[part])),
                answers=_answers(group, stimulus, interval_count),
            )
        )
    return curves


def _band(
    group: Conditions, responses: Responses, posterior: LaplacePosterior
) -> tuple[Float[np.ndarray, " levels"], Float[np.ndarray, " levels"], Float[np.ndarray, " levels"]]:
    """Prediction with its 95 % band by the delta method on the logit of the range, so that it stays inside."""
    values = np.array(group.protocol.response_values, float)
    # Response codes of detection are 0 and 1, so that the expected response is a probability there.
    top = values[-1] - values[0]
    proportion = (np.asarray(responses.probability) @ (values - values[0])) / top
    slope = np.einsum("crp,r->cp", np.asarray(responses.jacobian), (values - values[0]) / top)
    sd = np.sqrt(np.einsum("cp,pq,cq->c", slope, posterior.covariance, slope))
    inside = np.clip(proportion, 1e-6, 1.0 - 1e-6)
    half_width = _NORMAL_QUANTILE_975 * sd / (inside * (1.0 - inside))
    bounds = [values[0] + top * expit(logit(inside) + sign * half_width) for sign in (-1.0, 1.0)]
    return values[0] + top * proportion, bounds[0], bounds[1]


def _answers(group: Conditions, stimulus: int, interval_count: int) -> tuple[AnswerCount, ...]:
    chosen = np.flatnonzero(
        (group.stimulus_index == stimulus) & ((group.interval_count == interval_count) | group.is_catch)
    )
    return tuple(
        AnswerCount(
            level_db_hl=None if group.is_catch[row] else float(group.level_db_hl[row]),
            response=group.protocol.response_values[k],
            count=int(group.counts[row, k]),
        )
        for row in chosen
        for k in np.flatnonzero(group.counts[row])
    )
