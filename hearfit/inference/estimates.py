"""Posterior mean, SD and 95 % interval of the reported quantities."""

from functools import partial

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float
from scipy.special import expit

from hearfit.experiment.protocol import Task
from hearfit.inference.derived import equivalent_bandwidths_hz, threshold_sensitivities, tone_thresholds
from hearfit.inference.posterior import Transform
from hearfit.inference.sampled import EarPosterior
from hearfit.listener.loudness_growth import CATEGORY_BOUNDARIES_CU
from hearfit.listener.normal import AUDIOMETRIC_FREQUENCIES_HZ, NormalEar
from hearfit.listener.parameters import (
    NUM_KNOTS,
    Prior,
    attenuation_db,
    compression_exponent,
    inhibition_strength,
    listener_at,
)
from hearfit.listener.profile import Estimate, ObserverEstimate
from hearfit.observer.categories import listener_boundaries

NUM_COCHLEAR_DRAWS = 4000
NUM_THRESHOLD_DRAWS = 400
NUM_BANDWIDTH_DRAWS = 100


def transformed_estimate(posterior: EarPosterior, index: int, transform: Transform) -> Estimate:
    """Estimate of a monotone increasing function of one coordinate."""
    own = posterior.marginal(index, transform)
    share = _bounded(posterior.data_share[index])
    return Estimate(own.mean, own.sd, own.lower_95, own.upper_95, share)


def inhibition_estimates(posterior: EarPosterior) -> list[Estimate]:
    """Lateral inhibition at every audiometric frequency."""
    return [transformed_estimate(posterior, i, _inhibition) for i in range(2 * NUM_KNOTS, 3 * NUM_KNOTS)]


def _inhibition(coordinate: Float[np.ndarray, " nodes"]) -> Float[np.ndarray, " nodes"]:
    return np.asarray(inhibition_strength(jnp.asarray(coordinate)))


def cochlear_estimates(posterior: EarPosterior, prior: Prior, *, seed: int) -> tuple[list[Estimate], list[Estimate]]:
    """Compression exponent and attenuation at every audiometric frequency. Call under `jax.enable_x64`.

    Both follow from two coordinates. Their data share is what the answers added to the threshold: 1 - posterior
    variance / variance under the prior of the compressive share and the posterior of the threshold. A threshold alone
    so has the share 0, although with a prior it narrows both.
    """
    draws = posterior.draws(NUM_COCHLEAR_DRAWS, seed=seed)
    share_logit, threshold = draws[:, :NUM_KNOTS], draws[:, NUM_KNOTS : 2 * NUM_KNOTS]
    spread = np.sqrt(np.diag(prior.compressive_share_logit.covariance()))
    generator = np.random.default_rng([seed, 1])
    guessed = prior.mean[:NUM_KNOTS] + spread * generator.standard_normal(share_logit.shape)
    columns: list[list[Estimate]] = []
    for function, scale in ((compression_exponent, np.log), (attenuation_db, np.asarray)):
        values = np.asarray(function(jnp.asarray(share_logit), jnp.asarray(threshold)))
        without = np.asarray(function(jnp.asarray(guessed), jnp.asarray(threshold)))
        share = 1.0 - np.var(scale(values), axis=0) / np.var(scale(without), axis=0)
        columns.append([_drawn(values[:, k], _bounded(share[k])) for k in range(NUM_KNOTS)])
    return columns[0], columns[1]


def threshold_estimates(posterior: EarPosterior, *, normal: NormalEar, seed: int) -> list[Estimate]:
    """Model-implied thresholds in dB HL, from random ears of the posterior. Call under `jax.enable_x64`."""
    draws = posterior.draws(NUM_THRESHOLD_DRAWS, seed=seed)
    levels = np.asarray(tone_thresholds(jnp.asarray(draws), normal=normal))
    direction = np.asarray(threshold_sensitivities(jnp.asarray(posterior.mode), normal=normal).jacobian)
    return [_drawn(levels[:, k], _bounded(share)) for k, share in enumerate(posterior.share_along(direction))]


def bandwidth_estimates(posterior: EarPosterior, *, normal: NormalEar, seed: int) -> list[Estimate]:
    """Equivalent rectangular bandwidths in hertz; as much data as the lateral inhibition that they follow from."""
    bandwidths = equivalent_bandwidths_hz(posterior.draws(NUM_BANDWIDTH_DRAWS, seed=seed), normal=normal)
    share = posterior.data_share[2 * NUM_KNOTS : 3 * NUM_KNOTS]
    return [_drawn(bandwidths[:, k], _bounded(share[k])) for k in range(len(AUDIOMETRIC_FREQUENCIES_HZ))]


def observer_estimates(
    posterior: EarPosterior, tasks: frozenset[Task], *, has_masker: bool
) -> tuple[ObserverEstimate, ...]:
    """The parameters of the person who answers, of the tasks that were done."""
    first = 3 * NUM_KNOTS

    def one(name: str, unit: str, index: int, transform: Transform) -> ObserverEstimate:
        return ObserverEstimate(name, unit, transformed_estimate(posterior, index, transform))

    rows = []
    if Task.DETECTION in tasks:
        rows.append(one("sensitivity re normal", "ratio of d'", first, np.exp))
        rows.append(one("criterion", "d'", first + 1, np.asarray))
    if has_masker:
        rows.append(one("sensitivity in noise re in quiet", "ratio of d'", first + 4, np.exp))
    rows.append(one("lapse rate", "proportion", first + 2, expit))
    if Task.CATEGORICAL_LOUDNESS in tasks:
        rows.append(one("spread of loudness answers", "CU", first + 3, np.exp))
        boundaries = np.asarray(listener_boundaries(listener_at(jnp.asarray(posterior.mode)).boundary_shift_cu))
        for k, nominal in enumerate(CATEGORY_BOUNDARIES_CU):
            shift = boundaries[k] - posterior.mode[first + 5 + k]
            rows.append(
                one(f"category boundary nominally at {nominal:g} CU", "CU", first + 5 + k, partial(np.add, shift))
            )
    return tuple(rows)


def _drawn(values: Float[np.ndarray, " draws"], share: float) -> Estimate:
    lower, upper = np.quantile(values, [0.025, 0.975])
    return Estimate(float(values.mean()), float(values.std(ddof=1)), float(lower), float(upper), share)


def _bounded(share: float) -> float:
    return float(np.clip(share, 0.0, 1.0))
