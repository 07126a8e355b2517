"""Stored thresholds: interval-censored, where a procedure kept its result and not its trials.

The threshold is the level at which a listener of ordinary criterion says "heard" in half of the trials: there d' is the
criterion. A result T in steps of s says that it lies in (T - s, T], blurred by the retest SD of the procedure:

    P(above T) = 1 - F(T - threshold),    P(at T) = F(T - threshold) - F(T - s - threshold),    the rest below.

F has the retest SD and the heavier tails that retests have: one result in twenty comes from a normal distribution four
times as wide (a contaminated normal distribution; Tukey 1960), so that no single one wrecks a fit.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import ndtr
from jaxtyping import Array, Float, Int

from hearfit.experiment.conditions import Conditions
from hearfit.frontend.cochlea import Cochlea
from hearfit.inference.task_detection import (
    DetectionSounds,
    detection_evidence,
    detection_sounds,
    masker_levels,
    trimmed_sounds,
)
from hearfit.inference.task_model import (
    MASKED_SENSITIVITY,
    SENSITIVITY,
    Block,
    TaskData,
    TaskModel,
    in_blocks,
    joined_counts,
    joined_stimulus_rows,
    power_gains,
)
from hearfit.listener.normal import NormalEar
from hearfit.observer.threshold import HIGHEST_DB_HL, LOWEST_DB_HL

# Retests of NHANES (7700 ears, 1 kHz, steps of 5 dB) differ by 10 dB three times as often as normal errors would make
# them; with these tails as often as observed.
_WIDE_SHARE: Final = 0.05
_WIDE_RATIO: Final = 4.0
_NARROW_SD_RE_TOTAL: Final = (1.0 - _WIDE_SHARE + _WIDE_SHARE * _WIDE_RATIO**2) ** -0.5
# Keeps logarithms finite where even those tails are 0 in float64.
_SMALLEST_PROBABILITY: Final = 1e-15
# 220 dB halved 14 times, 0.013 dB; a Newton step does the rest.
_NUM_BISECTIONS: Final = 14
_SLOPE_STEP_DB: Final = 0.05
# An audiogram has few thresholds, and each needs as many evaluations of the ear as there are bisections.
_BLOCK_SIZE: Final = 16


class StoredRow(NamedTuple):
    """One condition: a level at which a threshold was, or was not, found."""

    stimulus: Int[Array, "*conditions"]
    masker_gain: Float[Array, "*conditions"]
    level_db_hl: Float[Array, "*conditions"]
    step_db: Float[Array, "*conditions"]
    retest_sd_db: Float[Array, "*conditions"]


def stored_data(conditions: Sequence[Conditions], *, transducer: str | None, normal: NormalEar) -> TaskData:
    """The conditions of stored thresholds. Call under `jax.enable_x64`."""
    sounds = detection_sounds(conditions, transducer=transducer, normal=normal)
    procedures = [c.protocol.procedure for c in conditions]
    sizes = [len(c.counts) for c in conditions]
    columns = (
        joined_stimulus_rows(conditions),
        power_gains([masker_levels(c) for c in conditions]),
        np.concatenate([c.level_db_hl for c in conditions]),
        np.repeat([p.step_db for p in procedures if p is not None], sizes),
        np.repeat([p.retest_sd_db for p in procedures if p is not None], sizes),
        joined_counts(conditions),
    )
    blocks = [
        Block(sounds, StoredRow(*row), counts)
        for *row, counts in in_blocks(columns, fill=(0, 0.0, 0.0, 1.0, 1.0, 0.0), block_size=_BLOCK_SIZE)
    ]
    return TaskData(STORED, tuple(blocks), len(columns[0]))


def result_probabilities(
    threshold_db_hl: Float[Array, ""],
    level_db_hl: Float[Array, ""],
    step_db: Float[Array, ""],
    retest_sd_db: Float[Array, ""],
) -> Float[Array, " responses"]:
    """Probabilities of a result above the level, at it, and below."""
    distance, narrow_db = level_db_hl - threshold_db_hl, _NARROW_SD_RE_TOTAL * retest_sd_db
    narrow = _normal_probabilities(distance, step_db, narrow_db)
    wide = _normal_probabilities(distance, step_db, _WIDE_RATIO * narrow_db)
    result = (1.0 - _WIDE_SHARE) * narrow + _WIDE_SHARE * wide
    return _SMALLEST_PROBABILITY + (1.0 - 3.0 * _SMALLEST_PROBABILITY) * result


def _normal_probabilities(
    distance_db: Float[Array, ""], step_db: Float[Array, ""], sd_db: Float[Array, ""]
) -> Float[Array, " responses"]:
    upper, lower = distance_db / sd_db, (distance_db - step_db) / sd_db
    # The difference of the two nearer tails keeps its digits far away from the threshold.
    inside = jnp.where(upper + lower > 0.0, ndtr(-lower) - ndtr(-upper), ndtr(upper) - ndtr(lower))
    return jnp.stack([ndtr(-upper), inside, ndtr(lower)])


def _evidence(
    coordinates: Float[Array, "curves channels"],
    observer: Float[Array, " observer"],
    sounds: DetectionSounds,
    row: StoredRow,
    cochlea: Cochlea,
) -> Float[Array, ""]:
    """The ear's threshold in dB HL: bisection, then one Newton step, which carries the derivatives.

    By the implicit function theorem the derivative of the level at which f(level, ear) = 0 is -(df/dear)/(df/dlevel).
    """
    wanted = jnp.log(cochlea.normal.threshold_detectability)

    def excess(
        coordinates: Float[Array, "curves channels"], observer: Float[Array, " observer"], level: Float[Array, ""]
    ) -> Float[Array, ""]:
        evidence = detection_evidence(
            coordinates,
            observer[1],
            sounds.power[row.stimulus],
            sounds.masker[row.stimulus],
            sounds.leak[row.stimulus],
            sounds.window[row.stimulus],
            10.0 ** (level / 10.0),
            row.masker_gain,
            cochlea,
        )
        return evidence + observer[0] - wanted

    fixed = jax.lax.stop_gradient((coordinates, observer))

    def halve(
        _: int | Int[Array, ""], bounds: tuple[Float[Array, ""], Float[Array, ""]]
    ) -> tuple[Float[Array, ""], Float[Array, ""]]:
        low, high = bounds
        middle = 0.5 * (low + high)
        is_heard = excess(*fixed, middle) > 0.0
        return jnp.where(is_heard, low, middle), jnp.where(is_heard, middle, high)

    dtype = coordinates.dtype
    start = (jnp.asarray(LOWEST_DB_HL, dtype), jnp.asarray(HIGHEST_DB_HL, dtype))
    low, high = jax.lax.fori_loop(0, _NUM_BISECTIONS, halve, start)
    level = 0.5 * (low + high)
    rise = excess(*fixed, level + _SLOPE_STEP_DB) - excess(*fixed, level - _SLOPE_STEP_DB)
    slope = jax.lax.stop_gradient(rise / (2.0 * _SLOPE_STEP_DB))
    return jax.lax.stop_gradient(level) - excess(coordinates, observer, jax.lax.stop_gradient(level)) / slope


def _probabilities(
    evidence: Float[Array, ""], _observer: Float[Array, " observer"], row: StoredRow
) -> Float[Array, " responses"]:
    return result_probabilities(evidence, row.level_db_hl, row.step_db, row.retest_sd_db)


STORED = TaskModel(
    name="stored thresholds",
    observer=(SENSITIVITY, MASKED_SENSITIVITY),
    evidence=_evidence,
    probabilities=_probabilities,
    trimmed=trimmed_sounds,
)
