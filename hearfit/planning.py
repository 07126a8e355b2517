"""The library's verb for sessions that nobody has done yet: what would these tests pin down in this ear?"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import jax
import numpy as np
from jaxtyping import Float
from scipy.optimize import brentq

from hearfit.audiology.audiogram import Audiogram, Ear
from hearfit.audiology.retspl import reference_thresholds
from hearfit.errors import InputError
from hearfit.experiment.conditions import Conditions
from hearfit.experiment.protocol import Protocol, Task
from hearfit.inference.ear_directions import QUANTITIES, UNITS, ear_directions
from hearfit.inference.frequency_estimates import frequency_estimates, measured_knots
from hearfit.inference.information import PlannedSession, plan_session
from hearfit.inference.least_determined import least_determined
from hearfit.inference.simulate import position_from_thresholds, thresholds_at_knots
from hearfit.listener.normal import NORMAL
from hearfit.listener.priors import POPULATION, prior_named
from hearfit.listener.profile import Direction, FrequencyEstimates

# Assumptions, not measurements. Between the last sound of a trial and the first of the next: the time to answer, and a
# pause. Between two intervals of one trial: silence.
SECONDS_BETWEEN_TRIALS = 2.5
SECONDS_BETWEEN_INTERVALS = 0.5
_MOST_SESSIONS = 64.0
LARGEST_WANTED_SD = 1000.0
"""Nobody wants to know any quantity less well than to this SD, in its own unit."""


@dataclass(frozen=True)
class Precision:
    """A standard deviation that is wanted of one quantity at every frequency where it is measured, in `unit` or "".

    `num_trials` of the same mix of tests reach it: 0 where the prior alone is within it before any trial, None where 64
    such sessions do not reach it or no test measures it (`is_measured` is false).
    """

    quantity: str
    unit: str
    wanted_sd: float
    num_trials: int | None
    is_measured: bool


@dataclass(frozen=True)
class PriorSd:
    """SDs that the prior leaves about the assumed ear without any trial; names and units as in `FrequencyEstimates`.

    They are those of a session of no length, and depend on the ear: where a curve is flat, as that of inhibition is
    near its bound, the same prior spreads less.
    """

    frequency_hz: float
    compression_exponent: float
    attenuation_db: float
    inhibition: float
    equivalent_bandwidth_hz: float
    threshold_db_hl: float


@dataclass(frozen=True)
class SessionPlan:
    """What a session would pin down, for an ear with the given thresholds.

    `frequencies` are the estimates to be expected; their intervals lie about the assumed ear. `prior_sds`, of the same
    frequencies, are what would be left without the session: what it is worth is the difference.
    """

    ear: Ear
    protocols: tuple[str, ...]
    num_trials: int
    minutes: float
    outer_hair_cell_share: float
    inhibition: float
    prior: str
    frequencies: tuple[FrequencyEstimates, ...]
    prior_sds: tuple[PriorSd, ...]
    not_identified: tuple[str, ...]
    least_determined: Direction | None
    precisions: tuple[Precision, ...]


WANTED: Final = {"threshold": 3.0, "compression exponent": 0.05, "attenuation": 3.0, "lateral inhibition": 0.15}
"""An SD of each quantity that makes a profile worth having; wanted where no other one is."""


def plan_trials(
    protocols: Sequence[Protocol],
    audiogram: Audiogram,
    ear: Ear,
    *,
    transducer: str,
    outer_hair_cell_share: float,
    inhibition: float | None = None,
    minutes: float | None = None,
    seed: int = 0,
    prior: str = POPULATION,
    wanted: Mapping[str, float] = WANTED,
) -> SessionPlan:
    """As `plan_lengths`, for one session: as designed, or of this many minutes."""
    (plan,) = plan_lengths(
        protocols,
        audiogram,
        ear,
        transducer=transducer,
        outer_hair_cell_share=outer_hair_cell_share,
        inhibition=inhibition,
        minutes=() if minutes is None else (minutes,),
        seed=seed,
        prior=prior,
        wanted=wanted,
    )
    return plan


def plan_lengths(
    protocols: Sequence[Protocol],
    audiogram: Audiogram,
    ear: Ear,
    *,
    transducer: str,
    outer_hair_cell_share: float,
    minutes: Sequence[float],
    inhibition: float | None = None,
    seed: int = 0,
    prior: str = POPULATION,
    wanted: Mapping[str, float] = WANTED,
) -> tuple[SessionPlan, ...]:
    """Expected precision of sessions of these protocols, longer or shorter ones of the same mix for each of `minutes`.

    Without any, of the session as designed. `inhibition` is the assumed strength of lateral inhibition (above 0, below
    0.55), None being the normal one; `prior` is a name of `PRIORS`. `wanted` are SDs by quantity, in place of
    those of `WANTED`, for which the number of trials is worked out.

    Raises:
        InputError: no ear has that share or inhibition, a duration is not positive or is asked of a session
            that takes no time, the prior or a quantity is unknown, a wanted SD is not a positive number, or the
            audiogram lacks the ear.
    """
    assumed = prior_named(prior)
    _check_wanted(wanted)
    for length in minutes:
        if not length > 0.0:
            raise InputError(f"The session is {length} minutes long; it must be longer than 0 minutes.")
    reference = reference_thresholds(transducer)
    with jax.enable_x64(True):
        position = position_from_thresholds(
            thresholds_at_knots(audiogram, ear),
            outer_hair_cell_share=outer_hair_cell_share,
            normal=NORMAL,
            inhibition=inhibition,
        )
        session = plan_session(protocols, position, transducer=reference.id, prior=assumed, normal=NORMAL)
        once = sum(_minutes(group) for group in session.conditions)
        if minutes and not once > 0.0:
            raise InputError(
                "Stored thresholds were measured before the session, so these tests take no time of it and cannot fill "
                f"{minutes[0]:g} minutes. Leave the minutes out, or add a test."
            )
        prior_sds, precisions = _prior_sds(session, seed), _precisions(session, {**WANTED, **wanted})
        plans = []
        for sessions in [length / once for length in minutes] or [1.0]:
            rows, unknown, undetermined = _expected(session, sessions, seed)
            plans.append(
                SessionPlan(
                    ear=ear,
                    protocols=tuple(group.protocol.name for group in session.conditions),
                    num_trials=round(sessions * session.num_trials),
                    minutes=sessions * once,
                    outer_hair_cell_share=outer_hair_cell_share,
                    inhibition=NORMAL.inhibition if inhibition is None else inhibition,
                    prior=prior,
                    frequencies=rows,
                    prior_sds=prior_sds,
                    not_identified=unknown,
                    least_determined=undetermined,
                    precisions=precisions,
                )
            )
        return tuple(plans)


def _expected(
    session: PlannedSession, sessions: float, seed: int
) -> tuple[tuple[FrequencyEstimates, ...], tuple[str, ...], Direction | None]:
    """Estimates after so many sessions, sentences about what they leave open, and what is least determined."""
    posterior = session.posterior(sessions=sessions)
    rows, unknown = frequency_estimates(session.conditions, posterior, session.prior, normal=NORMAL, seed=seed)
    scaled = tuple(replace(row, num_trials=round(sessions * row.num_trials)) for row in rows)
    return scaled, unknown, least_determined(posterior, measured_knots(session.conditions))


def _prior_sds(session: PlannedSession, seed: int) -> tuple[PriorSd, ...]:
    rows, _, _ = _expected(session, 0.0, seed)
    return tuple(
        PriorSd(
            frequency_hz=row.frequency_hz,
            compression_exponent=row.compression_exponent.sd,
            attenuation_db=row.attenuation_db.sd,
            inhibition=row.inhibition.sd,
            equivalent_bandwidth_hz=row.equivalent_bandwidth_hz.sd,
            threshold_db_hl=row.threshold_db_hl.sd,
        )
        for row in rows
    )


def _minutes(group: Conditions) -> float:
    """How long the trials of one protocol take. Stored thresholds take none: they were measured before."""
    if group.protocol.task is Task.STORED_THRESHOLD:
        return 0.0
    stimulus = group.protocol.stimulus
    # With the masker before it; the gap between the two is shorter than what is assumed between sounds.
    sound_s = stimulus.duration_s + (stimulus.masker_duration_s or 0.0)
    between_s = (group.interval_count - 1) * SECONDS_BETWEEN_INTERVALS
    trial_s = group.interval_count * sound_s + between_s + SECONDS_BETWEEN_TRIALS
    return float(group.counts.sum(axis=1) @ trial_s) / 60.0


def _check_wanted(wanted: Mapping[str, float]) -> None:
    problems = [
        f"An SD is wanted of {name!r}, which is no quantity of a profile. Quantities are {', '.join(QUANTITIES)}."
        for name in wanted
        if name not in QUANTITIES
    ]
    problems += [
        f"The SD that is wanted of the {name} is {sd:g}; it must be more than 0 and at most {LARGEST_WANTED_SD:g}."
        for name, sd in wanted.items()
        if not 0.0 < sd <= LARGEST_WANTED_SD
    ]
    if problems:
        raise InputError(problems)


def _precisions(session: PlannedSession, wanted: Mapping[str, float]) -> tuple[Precision, ...]:
    knots = measured_knots(session.conditions)
    # Without a test of selectivity at a frequency, inhibition is what its neighbours and the prior say.
    tested, selective = knots.is_threshold_tested, knots.is_selective
    directions = ear_directions(session.position)
    return tuple(
        Precision(
            quantity=name,
            unit=UNITS[name],
            wanted_sd=wanted[name],
            num_trials=_trials_for(session, directions[row, measured], wanted[name]) if measured.any() else None,
            is_measured=bool(measured.any()),
        )
        for row, (name, measured) in enumerate(zip(QUANTITIES, (tested, tested, tested, selective), strict=True))
    )


def _trials_for(
    session: PlannedSession, directions: Float[np.ndarray, "knots parameters"], wanted_sd: float
) -> int | None:
    """The fewest trials after which each of these quantities is known to the SD; None beyond the most sessions."""

    def excess(sessions: float) -> float:
        return float(session.sds_along(directions, sessions=sessions).max()) - wanted_sd

    if excess(0.0) <= 0.0:
        return 0
    if excess(_MOST_SESSIONS) > 0.0:
        return None
    # More trials never know less, so the excess changes its sign once.
    return math.ceil(brentq(excess, 0.0, _MOST_SESSIONS, xtol=1e-9) * session.num_trials)
