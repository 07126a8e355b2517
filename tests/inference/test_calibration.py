"""Whether the intervals mean what they say: listeners drawn from the prior itself are covered as often as promised."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import binom

from hearfit.inference.derived import tone_thresholds
from hearfit.inference.estimates import cochlear_estimates, threshold_estimates
from hearfit.inference.laplace import laplace
from hearfit.inference.map import MapStatus, whitened_prior
from hearfit.listener.normal import AUDIOMETRIC_FREQUENCIES_HZ, NORMAL
from hearfit.listener.parameters import DEFAULT_PRIOR, NUM_PARAMETERS, listener_at
from hearfit.listener.profile import Estimate
from hearfit.protocols.loader import load_protocol
from tests.inference.sessions import mode_of, simulated

pytestmark = [pytest.mark.usefixtures("float64"), pytest.mark.slow]

NUM_LISTENERS = 14
# Measured over 40 listeners; misses of one listener come together.
DESIGN_EFFECT = 2.0
# Losses that differ by less are alike in every clinic. Where there is no attenuation, the truth lies at the end of
# what is possible, and an interval often ends within this distance of it.
ALIKE_DB = 1.0


def test_intervals_hold_the_truth_of_listeners_drawn_from_the_prior() -> None:
    # Truth: the definition of a posterior interval: averaged over the prior, 95 % of them hold the truth.
    protocols = [load_protocol("pure_tone_detection"), load_protocol("categorical_loudness")]
    tested = [AUDIOMETRIC_FREQUENCIES_HZ.index(f) for f in protocols[0].design.frequency_hz]
    prior, generator = whitened_prior(DEFAULT_PRIOR), np.random.default_rng(3)
    covered = []
    for seed in range(NUM_LISTENERS):
        truth = DEFAULT_PRIOR.mean + prior.factor @ generator.normal(size=NUM_PARAMETERS)
        estimate = mode_of(simulated(protocols, seed=seed, position=truth))
        assert estimate.status is MapStatus.CONVERGED
        posterior = laplace(estimate, DEFAULT_PRIOR)
        exponent, attenuation = cochlear_estimates(posterior, DEFAULT_PRIOR, seed=0)
        level = threshold_estimates(posterior, normal=NORMAL, seed=0)
        ear = listener_at(jnp.asarray(truth))
        thresholds = np.asarray(tone_thresholds(jnp.asarray(truth[None]), normal=NORMAL))[0]
        covered.append(
            [
                holds(loss_of_compression(exponent), explained_db(np.asarray(ear.exponent)), ALIKE_DB)[tested],
                holds(level, thresholds)[tested],
                holds(attenuation, np.asarray(ear.attenuation_db), ALIKE_DB)[tested],
            ]
        )
    found = np.mean(covered, axis=(0, 2))
    effective = round(NUM_LISTENERS * len(tested) / DESIGN_EFFECT)
    lowest = float(binom.ppf(0.001, effective, 0.95)) / effective
    # An upper end would be of no use: all of so few intervals may hold the truth.
    assert found.min() >= lowest, found


def explained_db(exponent: np.ndarray) -> np.ndarray:
    """What loss of compression adds to the threshold, which grows with the exponent."""
    return NORMAL.anchor_db_hl * (1.0 - NORMAL.compression_exponent / exponent)


def loss_of_compression(estimates: list[Estimate]) -> list[Estimate]:
    bounds = explained_db(np.array([[e.lower_95, e.upper_95] for e in estimates]))
    return [replace(e, lower_95=low, upper_95=high) for e, (low, high) in zip(estimates, bounds, strict=True)]


def holds(estimates: list[Estimate], truth: np.ndarray, slack: float = 0.0) -> np.ndarray:
    return np.array([e.lower_95 - slack <= own <= e.upper_95 + slack for e, own in zip(estimates, truth, strict=True)])
