"""Reasons to distrust a fit, as names and sentences."""

from collections.abc import Sequence

import jax
import numpy as np
from jaxtyping import Float
from scipy.stats import binom

from hearfit.experiment.conditions import Conditions
from hearfit.experiment.protocol import Task
from hearfit.listener.normal import AUDIOMETRIC_FREQUENCIES_HZ
from hearfit.listener.parameters import STRONGEST_INHIBITION, listener_at
from hearfit.listener.profile import Estimate, Sampling

# Below this an attenuation cannot be told from none in any clinic.
_NO_ATTENUATION_DB = 0.1
# In units of the strongest one.
_INHIBITION_MARGIN = 0.02
_MOST_NAMES = 6
_MANY_LAPSES = 0.1
_MANY_FALSE_ALARMS = 0.3
# How often a listener with just this rate of false alarms has as many by chance.
_SMALLEST_P = 0.01
# What the listener says where there is a signal, and what shifts with the criterion for it.
_YES = {
    Task.DETECTION: ("heard", "thresholds"),
    Task.DISCRIMINATION: ("yes", "the smallest differences that are heard"),
}


def parameters_at_bound(position: Float[np.ndarray, " parameters"]) -> tuple[str, ...]:
    """Which parameters of the ear lie at the edge of what they may be."""
    listener = jax.device_get(listener_at(jax.device_put(position)))
    names = []
    for k, frequency in enumerate(AUDIOMETRIC_FREQUENCIES_HZ):
        if float(listener.attenuation_db[k]) < _NO_ATTENUATION_DB:
            names.append(f"attenuation at {frequency:g} Hz (0 dB)")
        inhibition = float(listener.inhibition[k])
        if not _INHIBITION_MARGIN < inhibition / STRONGEST_INHIBITION < 1.0 - _INHIBITION_MARGIN:
            names.append(f"lateral inhibition at {frequency:g} Hz ({inhibition:.2f})")
    return tuple(names)


def lapse_sentences(lapse: Estimate) -> tuple[str, ...]:
    """A sentence if many answers cannot have had to do with the sounds."""
    if lapse.lower_95 < _MANY_LAPSES:
        return ()
    sentence = (
        f"At least {100 * lapse.lower_95:.0f} % of the answers do not follow the sounds (lapse rate "
        f"{100 * lapse.mean:.0f} %). The listener may have been inattentive or have misunderstood the task."
    )
    return (sentence,)


def not_gaussian_sentences(sampling: Sampling) -> tuple[str, ...]:
    """A sentence on where Laplace's approximation would have misled, if anywhere."""
    if not sampling.not_gaussian:
        return ()
    shown = ", ".join(sampling.not_gaussian[:_MOST_NAMES])
    more = len(sampling.not_gaussian) - _MOST_NAMES
    rest = f" and {more} more" if more > 0 else ""
    sentence = (
        f"The posterior is not Gaussian in {shown}{rest}. The intervals here follow the draws; those of --method map "
        "would differ."
    )
    return (sentence,)


def warnings_of(conditions: Sequence[Conditions], transducer: str | None) -> tuple[str, ...]:
    """Sentences about the answers that a reader of the profile must know."""
    sentences = []
    if transducer is None:
        sentences.append("The transducer was not stated; levels were taken as hearing levels as they are.")
    for group in conditions:
        answered = group.counts.sum(axis=0)
        # That a stored threshold was found says where, so thresholds that were all found bound the ear on both sides.
        is_found = group.protocol.task is Task.STORED_THRESHOLD and answered[1] > 0
        if np.count_nonzero(answered) == 1 and not is_found:
            value = group.protocol.response_values[int(np.argmax(answered))]
            total = int(answered.sum())
            which = "The only answer" if total == 1 else f"All {total} answers"
            sentences.append(
                f"{which} of {group.protocol.name} {'is' if total == 1 else 'are the same:'} {value}, which bounds the "
                "ear on one side only."
            )
        if group.protocol.task.is_choice:
            sentences += _catch_sentences(group)
        if group.has_forward_masker:
            sentences.append(
                f"{group.protocol.name}: recovery from forward masking was taken not to depend on the level of the "
                "masker. Where it does, compression is overestimated by up to a factor of two."
            )
    return tuple(sentences)


def _catch_sentences(group: Conditions) -> list[str]:
    """On the criterion of yes/no answers, which only catch trials tell of."""
    name, (yes, found) = group.protocol.name, _YES[group.protocol.task]
    if not np.any(group.is_catch):
        shifts = f"the criterion for “{yes}” is the prior's, and {found} shift with it."
        return [f"{name} has no catch trial: {shifts}"] if np.any(group.interval_count == 1) else []
    counts = group.counts[group.is_catch].sum(axis=0)
    if binom.sf(counts[-1] - 1, counts.sum(), _MANY_FALSE_ALARMS) >= _SMALLEST_P:
        return []
    answers = f"{counts[-1]} of {counts.sum()} catch trials were answered “{yes}”."
    return [f"{name}: {answers} The listener may have misunderstood the task."]


def stored_threshold_warnings(conditions: Sequence[Conditions], *, has_audiogram: bool) -> tuple[str, ...]:
    """Where an audiogram is compared with the fit, and thresholds are part of what was fitted."""
    if not has_audiogram or all(group.protocol.task is not Task.STORED_THRESHOLD for group in conditions):
        return ()
    agreement = "the agreement of the fitted thresholds with the audiogram"
    return (f"Stored thresholds are among the data, so that {agreement} says little.",)
