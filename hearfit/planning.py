"""The library's verb for sessions that nobody has done yet: what would these tests pin down in this ear?"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from hearfit.audiology.audiogram import Audiogram, Ear
from hearfit.audiology.retspl import reference_thresholds
from hearfit.errors import InputError
from hearfit.experiment.protocol import Protocol
from hearfit.inference.frequency_estimates import frequency_estimates, trials_near_knots
from hearfit.inference.information import Direction, PlannedSession, least_determined, plan_session
from hearfit.inference.laplace import LaplacePosterior
from hearfit.inference.simulate import position_from_thresholds, thresholds_at_knots
from hearfit.listener.normal import NORMAL
from hearfit.listener.parameters import DEFAULT_PRIOR, NUM_KNOTS, listener_at
from hearfit.listener.profile import FrequencyEstimates

# Beside the sound itself: the time to answer and the pause before the next trial. An assumption, not a measurement.
SECONDS_BETWEEN_SOUNDS = 2.5
_MOST_SESSIONS = 64.0


@dataclass(frozen=True)
class Precision:
    """A standard deviation that is wanted of one quantity at every frequency where it is measured, in `unit` or "".

    `num_trials` of the same mix of tests reach it, or None where 64 such sessions do not.
    """

    quantity: str
    unit: str
    wanted_sd: float
    num_trials: int | None


@dataclass(frozen=True)
class SessionPlan:
    """What a session would pin down, for an ear with the given thresholds.

    `frequencies` are the estimates to be expected; their intervals lie about the assumed ear.
    """

    ear: Ear
    protocols: tuple[str, ...]
    num_trials: int
    minutes: float
    outer_hair_cell_share: float
    frequencies: tuple[FrequencyEstimates, ...]
    not_identified: tuple[str, ...]
    least_determined: Direction
    precisions: tuple[Precision, ...]


# Quantity, its unit, and an SD that makes a profile worth having.
WANTED: Final = (
    ("threshold", "dB", 3.0),
    ("compression exponent", "", 0.05),
    ("attenuation", "dB", 3.0),
    ("lateral inhibition", "", 0.15),
)


def plan_trials(
    protocols: Sequence[Protocol],
    audiogram: Audiogram,
    ear: Ear,
    *,
    transducer: str,
    outer_hair_cell_share: float,
    minutes: float | None = None,
    seed: int = 0,
) -> SessionPlan:
    """As `plan_lengths`, for one session: as designed, or of this many minutes."""
    (plan,) = plan_lengths(
        protocols,
        audiogram,
        ear,
        transducer=transducer,
        outer_hair_cell_share=outer_hair_cell_share,
        minutes=() if minutes is None else (minutes,),
        seed=seed,
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
    seed: int = 0,
) -> tuple[SessionPlan, ...]:
    """Expected precision of sessions of these protocols, longer or shorter ones of the same mix for each of `minutes`.

    Without any, of the session as designed.

    Raises:
        InputError: the share is outside [0, 1], a duration is not positive, or the audiogram lacks the ear.
    """
    if not 0.0 <= outer_hair_cell_share <= 1.0:
        raise InputError(f"The outer-hair-cell share is {outer_hair_cell_share}; it must be between 0 and 1.")
    for length in minutes:
        if not length > 0.0:
            raise InputError(f"The session is {length} minutes long; it must be longer than 0 minutes.")
    reference = reference_thresholds(transducer)
    with jax.enable_x64(True):
        position = position_from_thresholds(
            thresholds_at_knots(audiogram, ear), outer_hair_cell_share=outer_hair_cell_share, normal=NORMAL
        )
        session = plan_session(protocols, position, transducer=reference.id, prior=DEFAULT_PRIOR, normal=NORMAL)
        once = sum(
            float(group.counts.sum()) * (group.protocol.stimulus.duration_s + SECONDS_BETWEEN_SOUNDS) / 60.0
            for group in session.conditions
        )
        precisions = _precisions(session)
        return tuple(
            _plan(session, ear, sessions, once, outer_hair_cell_share, precisions, seed)
            for sessions in ([length / once for length in minutes] or [1.0])
        )


def _plan(
    session: PlannedSession,
    ear: Ear,
    sessions: float,
    minutes_once: float,
    outer_hair_cell_share: float,
    precisions: tuple[Precision, ...],
    seed: int,
) -> SessionPlan:
    posterior = session.posterior(sessions=sessions)
    rows, unknown = frequency_estimates(session.conditions, posterior, session.prior, normal=NORMAL, seed=seed)
    tested = np.flatnonzero(trials_near_knots(session.conditions))
    of_the_ear = [curve * NUM_KNOTS + int(knot) for curve in range(3) for knot in tested]
    return SessionPlan(
        ear=ear,
        protocols=tuple(group.protocol.name for group in session.conditions),
        num_trials=round(sessions * session.num_trials),
        minutes=sessions * minutes_once,
        outer_hair_cell_share=outer_hair_cell_share,
        frequencies=tuple(replace(row, num_trials=round(sessions * row.num_trials)) for row in rows),
        not_identified=unknown,
        least_determined=least_determined(posterior, of_the_ear),
        precisions=precisions,
    )


def expected_sd(posterior: LaplacePosterior) -> Float[np.ndarray, "quantities knots"]:
    """SDs by the delta method, in the order of `WANTED`; the threshold is that of the channel by itself."""

    def quantities(position: jax.Array) -> jax.Array:
        listener = listener_at(position)
        threshold = position[NUM_KNOTS : 2 * NUM_KNOTS]
        return jnp.stack([threshold, listener.exponent, listener.attenuation_db, listener.inhibition])

    slope = np.asarray(jax.jacfwd(quantities)(jnp.asarray(posterior.mode)))
    return np.sqrt(np.einsum("qkp,pr,qkr->qk", slope, posterior.covariance, slope))


def _precisions(session: PlannedSession) -> tuple[Precision, ...]:
    tested = trials_near_knots(session.conditions) > 0
    masked = trials_near_knots([group for group in session.conditions if group.has_masker]) > 0
    # Without a masker at a frequency, inhibition is what its neighbours and the prior say.
    measured = np.stack([tested, tested, tested, masked])
    wanted = np.array([sd for _, _, sd in WANTED])
    sessions = np.full(len(wanted), np.nan)
    # Powers of 2^(1/8): to 9 % of the number of trials.
    for exponent in np.arange(8 * np.log2(_MOST_SESSIONS), -32, -1):
        factor = float(2.0 ** (exponent / 8.0))
        sds = np.where(measured, expected_sd(session.posterior(sessions=factor)), 0.0).max(axis=1)
        reached = measured.any(axis=1) & (sds <= wanted)
        sessions = np.where(reached, factor, sessions)
    return tuple(
        Precision(name, unit, sd, None if np.isnan(times) else int(np.ceil(times * session.num_trials)))
        for (name, unit, sd), times in zip(WANTED, sessions, strict=True)
    )
