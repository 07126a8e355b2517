"""In words: which parameters the answers identified, and where the prior is speaking."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float, Int

from hearfit.experiment.protocol import Task
from hearfit.listener.normal import AUDIOMETRIC_FREQUENCIES_HZ

# Below this data share the prior contributes more to the variance than the answers took away.
IDENTIFIED_SHARE = 0.5
# Single sounds in quiet say nothing about selectivity, whatever little the model makes of their spread of excitation.
BLIND_TO_INHIBITION = frozenset({Task.DETECTION, Task.CATEGORICAL_LOUDNESS})


def not_identified(
    *,
    exponent_share: Float[np.ndarray, " knots"],
    attenuation_share: Float[np.ndarray, " knots"],
    threshold_share: Float[np.ndarray, " knots"],
    num_trials: Int[np.ndarray, " knots"],
    tasks: Sequence[Task],
) -> tuple[str, ...]:
    """Sentences for the report, one for each kind of quantity that the answers left to the prior."""
    sentences = []
    untested = _frequencies(num_trials == 0)
    if untested:
        sentences.append(
            f"No trial was presented at {untested}: the numbers there are carried over from neighbouring "
            f"frequencies by the prior."
        )
    if Task.CATEGORICAL_LOUDNESS not in tasks:
        sentences.append(
            "Loudness was not measured. Tone detection alone cannot tell loss of compression from attenuation: only "
            "their sum, the "
            "threshold, is known."
        )
    if Task.DETECTION not in tasks:
        sentences.append(
            "Tone detection was not measured. Thresholds are extrapolated from loudness judgements and from the "
            "boundary between “not heard” and “very soft”."
        )
    tested = num_trials > 0
    for name, share in (
        ("threshold", threshold_share),
        ("compression exponent", exponent_share),
        ("attenuation", attenuation_share),
    ):
        weak = _frequencies(tested & (share < IDENTIFIED_SHARE))
        if weak:
            sentences.append(
                f"The {name} at {weak} is mostly the prior speaking: the answers took away less than half of its "
                "variance."
            )
    if set(tasks) <= BLIND_TO_INHIBITION:
        sentences.append(
            "Lateral inhibition and the equivalent bandwidth were not measured: that needs a masking task such as "
            "notched noise."
        )
    return tuple(sentences)


def _frequencies(selected: Bool[np.ndarray, " knots"]) -> str:
    chosen = [f"{frequency:g}" for frequency, use in zip(AUDIOMETRIC_FREQUENCIES_HZ, selected, strict=True) if use]
    if not chosen:
        return ""
    if len(chosen) == len(AUDIOMETRIC_FREQUENCIES_HZ):
        return "every frequency"
    return (", ".join(chosen[:-1]) + " and " if len(chosen) > 1 else "") + chosen[-1] + " Hz"
