"""How well a profile predicts answers that it was not fitted to."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import jax
import numpy as np
from jaxtyping import Float

from hearfit.errors import InputError
from hearfit.experiment.conditions import Conditions, collapse
from hearfit.experiment.trials import Trials
from hearfit.inference.data import build_fit_data
from hearfit.inference.likelihood import predict
from hearfit.listener.normal import NORMAL
from hearfit.listener.parameters import PARAMETER_NAMES
from hearfit.listener.profile import Profile


@dataclass(frozen=True)
class ConditionScore:
    """Observed counts and expected counts of each response in one condition.

    `parameters` are the columns of the stimulus. What makes the signal, the level or one of them, is None in a catch
    trial.
    """

    protocol: str
    frequency_hz: float
    level_db_hl: float | None
    interval_count: int
    responses: tuple[int, ...]
    counts: tuple[int, ...]
    predicted: tuple[float, ...]
    parameters: Mapping[str, float | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Score:
    """How well a profile predicted answers: log likelihood in nats, natural logarithm."""

    num_trials: int
    log_likelihood: float
    log_likelihood_per_trial: float
    by_condition: tuple[ConditionScore, ...]


def score_trials(profile: Profile, trials: Trials) -> Score:
    """Log likelihood of answers under a profile's most probable ear, and observed against expected counts.

    Raises:
        InputError: the profile was made by another set of parameters.
    """
    if profile.posterior.names != PARAMETER_NAMES:
        raise InputError(
            f"The profile of {profile.listener} has other parameters than this version of hearfit. Fit the trials "
            f"again."
        )
    rows: list[ConditionScore] = []
    total = 0.0
    with jax.enable_x64(True):
        for block in trials.blocks:
            conditions = collapse(block)
            data = build_fit_data([conditions], transducer=trials.transducer, normal=NORMAL)
            (responses,) = predict(np.array(profile.posterior.mode), data, normal=NORMAL)
            probability = responses.probability
            total += float(np.sum(conditions.counts * np.log(probability)))
            rows += [_condition_score(conditions, row, probability[row]) for row in range(len(probability))]
    return Score(trials.num_trials, total, total / max(trials.num_trials, 1), tuple(rows))


def _condition_score(conditions: Conditions, row: int, probability: Float[np.ndarray, " responses"]) -> ConditionScore:
    total = int(conditions.counts[row].sum())
    return ConditionScore(
        protocol=conditions.protocol.name,
        frequency_hz=float(conditions.frequency_hz[row]),
        level_db_hl=_known(conditions.level_db_hl[row]),
        interval_count=int(conditions.interval_count[row]),
        responses=conditions.protocol.response_values,
        counts=tuple(map(int, conditions.counts[row])),
        predicted=tuple(map(float, total * probability)),
        parameters={name: _known(values[row]) for name, values in conditions.parameters.items()},
    )


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
