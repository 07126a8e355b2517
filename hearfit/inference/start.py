"""Where the search starts: a two-number map of each frequency by itself, smoothed by the prior.

The posterior of a steep loss can have a second, far worse mode, in which neighbouring channels explain the answers; a
start at the prior mean sometimes ends there. Each frequency alone, without spread of excitation, has a simple
likelihood over (threshold, exponent), which a grid searches completely.
"""

from collections.abc import Sequence

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float
from scipy.special import ndtr

from hearfit.experiment.conditions import Conditions
from hearfit.experiment.protocol import Task
from hearfit.listener.loudness_growth import CATEGORY_BOUNDARIES_CU, normal_category_cu
from hearfit.listener.normal import AUDIOMETRIC_FREQUENCIES_HZ, NormalEar
from hearfit.listener.parameters import NUM_KNOTS, NUM_PARAMETERS, Prior, compression_exponent

_THRESHOLDS_DB_HL = np.arange(-15.0, 121.0, 2.5)
_NUM_SHARES = 15
_SHARE_RANGE_SD = 2.5
# Rough spreads of answers: psychometric functions in dB, loudness in CU, and how far the two-number map is trusted.
_DETECTION_SPREAD_DB = 5.0
_LOUDNESS_SPREAD_CU = 5.0
_THRESHOLD_SD_DB = 3.0
_SHARE_LOGIT_SD = 0.5
_LAPSE = 0.03


def starting_point(
    conditions: Sequence[Conditions], prior: Prior, normal: NormalEar
) -> Float[np.ndarray, " parameters"]:
    """A point of the whitened coordinates close to what each tested frequency says by itself.

    Minimises |u|^2 + sum ((coordinate - rough value) / rough SD)^2 over the rough values of the tested frequencies,
    so that untested ones follow their neighbours.
    """
    rows, values, sds = [], [], []
    for knot, frequency in enumerate(AUDIOMETRIC_FREQUENCIES_HZ):
        rough = _two_number_map(conditions, knot, frequency, prior, normal)
        if rough is None:
            continue
        share_logit, threshold = rough
        rows += [knot, NUM_KNOTS + knot]
        values += [share_logit, threshold]
        sds += [_SHARE_LOGIT_SD, _THRESHOLD_SD_DB]
    if not rows:
        return np.zeros(NUM_PARAMETERS)
    factor = np.linalg.cholesky(prior.covariance)
    design = factor[rows] / np.array(sds)[:, None]
    target = (np.array(values) - prior.mean[rows]) / np.array(sds)
    return np.linalg.solve(np.eye(NUM_PARAMETERS) + design.T @ design, design.T @ target)


def _two_number_map(
    conditions: Sequence[Conditions], knot: int, frequency_hz: float, prior: Prior, normal: NormalEar
) -> tuple[float, float] | None:
    """Most probable share logit and threshold in dB HL of one frequency; None if it was not tested."""
    mean, covariance = prior.mean, prior.covariance
    threshold_index = NUM_KNOTS + knot
    deviate = np.linspace(-_SHARE_RANGE_SD, _SHARE_RANGE_SD, _NUM_SHARES)
    threshold = _THRESHOLDS_DB_HL[:, None]
    share_logit = mean[knot] + np.sqrt(covariance[knot, knot]) * deviate
    log_posterior = -0.5 * (
        deviate**2 + (threshold - mean[threshold_index]) ** 2 / covariance[threshold_index, threshold_index]
    )
    is_tested = False
    for group in conditions:
        near = (np.abs(np.log2(group.frequency_hz / frequency_hz)) < 0.2) & ~group.is_catch
        # The level of a masked tone says nothing of the threshold in quiet.
        if group.has_masker or not near.any():
            continue
        is_tested = True
        level, counts = group.level_db_hl[near], group.counts[near]
        if group.protocol.task is Task.DETECTION:
            chance = np.where(group.interval_count[near] > 1, 1.0 / group.interval_count[near], 0.0)
            log_posterior = log_posterior + _detection(level, counts, chance, threshold)
        elif group.protocol.task is Task.STORED_THRESHOLD:
            assert group.protocol.procedure is not None
            log_posterior = log_posterior + _stored(level, counts, group.protocol.procedure.step_db, threshold)
        else:
            log_posterior = log_posterior + _loudness(level, counts, frequency_hz, threshold, share_logit, normal)
    if not is_tested:
        return None
    row, column = np.unravel_index(np.argmax(log_posterior), log_posterior.shape)
    return float(share_logit[column]), float(_THRESHOLDS_DB_HL[row])


def _detection(
    level_db_hl: Float[np.ndarray, " conditions"],
    counts: np.ndarray,
    chance: Float[np.ndarray, " conditions"],
    threshold_db_hl: Float[np.ndarray, "thresholds 1"],
) -> Float[np.ndarray, "thresholds 1"]:
    """Log likelihood of a psychometric function of fixed slope for each candidate threshold."""
    heard = ndtr((level_db_hl[None, :] - threshold_db_hl) / _DETECTION_SPREAD_DB)
    positive = 0.5 * _LAPSE + (1.0 - _LAPSE) * (chance + (1.0 - chance) * heard)
    return (np.log(positive) @ counts[:, 1] + np.log1p(-positive) @ counts[:, 0])[:, None]


def _stored(
    level_db_hl: Float[np.ndarray, " conditions"],
    counts: np.ndarray,
    step_db: float,
    threshold_db_hl: Float[np.ndarray, "thresholds 1"],
) -> Float[np.ndarray, "thresholds 1"]:
    """Log likelihood of thresholds above, at, and below their levels, for each candidate threshold."""
    # Not 0 far away, and yet "no response" at 100 dB HL is no slip of an ear with a threshold of 30.
    distance = (level_db_hl[None, :] - threshold_db_hl)[..., None] / np.array([1.0, 2.0]) / _DETECTION_SPREAD_DB
    step = step_db / np.array([1.0, 2.0]) / _DETECTION_SPREAD_DB
    weight = np.array([1.0 - _LAPSE, _LAPSE])
    above, below = ndtr(-distance) @ weight, ndtr(distance - step) @ weight
    probability = np.maximum(np.stack([above, 1.0 - above - below, below], axis=-1), 1e-15)
    return np.einsum("tcr,cr->t", np.log(probability), counts)[:, None]


def _loudness(
    level_db_hl: Float[np.ndarray, " conditions"],
    counts: np.ndarray,
    frequency_hz: float,
    threshold_db_hl: Float[np.ndarray, "thresholds 1"],
    share_logit: Float[np.ndarray, " shares"],
    normal: NormalEar,
) -> Float[np.ndarray, "thresholds shares"]:
    """Log likelihood of the categories for each candidate; a normal ear hears (alpha/alpha_0) (L - threshold)."""
    logit, threshold = np.broadcast_arrays(share_logit, threshold_db_hl)
    exponent = np.asarray(compression_exponent(jnp.asarray(logit), jnp.asarray(threshold)))
    ratio = exponent / normal.compression_exponent
    # The anchored power law in these two numbers: 0 dB HL at the threshold, and the ratio as slope.
    equivalent = ratio[..., None] * (level_db_hl - threshold_db_hl[..., None])
    loudness = normal_category_cu(equivalent.ravel(), frequency_hz).reshape(equivalent.shape)
    edges = np.array([-np.inf, *CATEGORY_BOUNDARIES_CU, np.inf])
    below = ndtr((edges - loudness[..., None]) / _LOUDNESS_SPREAD_CU)
    probability = (1.0 - _LAPSE) * np.diff(below, axis=-1) + _LAPSE / counts.shape[1]
    return np.einsum("teck,ck->te", np.log(probability), counts)
