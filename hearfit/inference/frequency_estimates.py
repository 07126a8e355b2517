"""What a report says of each audiometric frequency: estimates, trials, and what the answers left to the prior."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Int

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
    conditions: Sequence[Conditions],
    posterior: EarPosterior,
    prior: Prior,
    *,
    normal: NormalEar,
    seed: int,
    unheard_hz: Sequence[frozenset[float]] | None = None,
) -> tuple[tuple[FrequencyEstimates, ...], tuple[str, ...]]:
    """Estimates at every audiometric frequency, and sentences on what is not identified. Under `jax.enable_x64`.

    `unheard_hz` has for each protocol the frequencies at which the ear hears none of its maskers: answers there say
    nothing of selectivity. None where every masker is taken to be heard, as in a session that is planned.
    """
    num_trials = trials_near_knots(conditions)
    num_selective = selective_trials_near_knots(conditions, unheard_hz)
    exponent, attenuation = cochlear_estimates(posterior, prior, seed=seed)
    inhibition = inhibition_estimates(posterior)
    threshold = threshold_estimates(posterior, normal=normal, seed=seed)
    bandwidth = bandwidth_estimates(posterior, normal=normal, seed=seed)
    for column in (inhibition, bandwidth):
        # Without a test of selectivity, what little narrows them comes from the model's spread of excitation and from
        # neighbouring frequencies.
        column[:] = [
            estimate if count else replace(estimate, data_share=0.0)
            for estimate, count in zip(column, num_selective, strict=True)
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
        num_selective_trials=num_selective,
        quiet_tasks=[group.protocol.task for group in conditions if group.is_in_quiet],
        has_forward_masker=any(group.has_forward_masker for group in conditions),
    )
    return rows, sentences


class MeasuredKnots(NamedTuple):
    """Audiometric frequencies with trials of any sound, of one that measures the threshold, and of selectivity.

    A broad sound says nothing of the threshold at a frequency within its band, and little of what makes it: exponent
    and attenuation.
    """

    is_tested: Bool[np.ndarray, " knots"]
    is_threshold_tested: Bool[np.ndarray, " knots"]
    is_selective: Bool[np.ndarray, " knots"]


def measured_knots(
    conditions: Sequence[Conditions], unheard_hz: Sequence[frozenset[float]] | None = None
) -> MeasuredKnots:
    """Where there are trials; `unheard_hz` as in `frequency_estimates`."""
    narrow = [group for group in conditions if not group.protocol.stimulus.kind.is_broad]
    return MeasuredKnots(
        is_tested=trials_near_knots(conditions) > 0,
        is_threshold_tested=trials_near_knots(narrow) > 0,
        is_selective=selective_trials_near_knots(conditions, unheard_hz) > 0,
    )


def selective_trials_near_knots(
    conditions: Sequence[Conditions], unheard_hz: Sequence[frozenset[float]] | None = None
) -> Int[np.ndarray, " knots"]:
    """As `trials_near_knots`, of the trials that show selectivity; `unheard_hz` as in `frequency_estimates`."""
    left_out = [frozenset[float]()] * len(conditions) if unheard_hz is None else unheard_hz
    selective = [
        (group, unheard)
        for group, unheard in zip(conditions, left_out, strict=True)
        if group.protocol.stimulus.kind.shows_selectivity
    ]
    return trials_near_knots([group for group, _ in selective], left_out_hz=[unheard for _, unheard in selective])


def trials_near_knots(
    conditions: Sequence[Conditions], *, left_out_hz: Sequence[frozenset[float]] | None = None
) -> Int[np.ndarray, " knots"]:
    """Trials without catch trials at each audiometric frequency; others count for the nearest one in octaves.

    Those of a broad sound, which is all signal, count at each audiometric frequency within its band. Those at the
    frequencies `left_out_hz` of each protocol do not count.
    """
    left_out = [frozenset[float]()] * len(conditions) if left_out_hz is None else left_out_hz
    counts = np.zeros(len(AUDIOMETRIC_FREQUENCIES_HZ), np.int64)
    knots = np.log2(AUDIOMETRIC_FREQUENCIES_HZ)
    for group, unheard in zip(conditions, left_out, strict=True):
        is_counted = ~group.is_catch & ~np.isin(group.frequency_hz, list(unheard))
        num_trials = np.where(is_counted, group.counts.sum(axis=1), 0)
        distance = np.abs(np.log2(group.frequency_hz)[:, None] - knots[None, :])
        is_near = distance == distance.min(axis=1, keepdims=True)
        design = group.protocol.stimulus
        if design.kind.is_broad and design.bandwidth_octaves is not None:
            is_near |= distance <= 0.5 * design.bandwidth_octaves
        counts += num_trials @ is_near
    return counts
