"""What a report says of each audiometric frequency: estimates, trials, and what the answers left to the prior."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Int

from hearfit.experiment.conditions import Conditions
from hearfit.inference.estimates import (
    bandwidth_estimates,
    cochlear_estimates,
    inhibition_estimates,
    threshold_estimates,
)
from hearfit.inference.identifiability import not_identified
from hearfit.inference.sampled import EarPosterior
from hearfit.listener.normal import AUDIOMETRIC_FREQUENCIES_HZ, NormalEar
from hearfit.listener.parameters import Prior
from hearfit.listener.profile import FrequencyEstimates


def frequency_estimates(
    conditions: Sequence[Conditions], posterior: EarPosterior, prior: Prior, *, normal: NormalEar, seed: int
) -> tuple[tuple[FrequencyEstimates, ...], tuple[str, ...]]:
    """Estimates at every audiometric frequency, and sentences on what is not identified. Under `jax.enable_x64`."""
    num_trials = trials_near_knots(conditions)
    exponent, attenuation = cochlear_estimates(posterior, prior, seed=seed)
    inhibition = inhibition_estimates(posterior)
    threshold = threshold_estimates(posterior, normal=normal, seed=seed)
    bandwidth = bandwidth_estimates(posterior, normal=normal, seed=seed)
    num_masked = trials_near_knots([group for group in conditions if group.has_masker])
    for column in (inhibition, bandwidth):
        # Without a masker, what little narrows them comes from the model's spread of excitation and from neighbouring
        # frequencies, not from a test of selectivity.
        column[:] = [
            estimate if count else replace(estimate, data_share=0.0)
            for estimate, count in zip(column, num_masked, strict=True)
        ]
    rows = tuple(
        FrequencyEstimates(
            frequency_hz=frequency,
            num_trials=int(num_trials[k]),
            compression_exponent=exponent[k],
            attenuation_db=attenuation[k],
            inhibition=inhibition[k],
            equivalent_bandwidth_hz=bandwidth[k],
            threshold_db_hl=threshold[k],
        )
        for k, frequency in enumerate(AUDIOMETRIC_FREQUENCIES_HZ)
    )
    shares = [
        np.array([e.data_share or 0.0 for e in column]) for column in (exponent, attenuation, threshold, inhibition)
    ]
    sentences = not_identified(
        exponent_share=shares[0],
        attenuation_share=shares[1],
        threshold_share=shares[2],
        inhibition_share=shares[3],
        num_trials=num_trials,
        num_masked_trials=num_masked,
        quiet_tasks=[group.protocol.task for group in conditions if not group.has_masker],
    )
    return rows, sentences


def trials_near_knots(conditions: Sequence[Conditions]) -> Int[np.ndarray, " knots"]:
    """Trials without catch trials at each audiometric frequency; others count for the nearest one in octaves."""
    counts = np.zeros(len(AUDIOMETRIC_FREQUENCIES_HZ), np.int64)
    knots = np.log2(AUDIOMETRIC_FREQUENCIES_HZ)
    for group in conditions:
        nearest = np.argmin(np.abs(np.log2(group.frequency_hz)[:, None] - knots[None, :]), axis=1)
        np.add.at(counts, nearest, np.where(group.is_catch, 0, group.counts.sum(axis=1)))
    return counts
