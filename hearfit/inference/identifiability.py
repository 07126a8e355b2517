"""In words: which parameters the answers identified, and where the prior is speaking."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float, Int

from hearfit.experiment.protocol import Task
from hearfit.listener.normal import AUDIOMETRIC_FREQUENCIES_HZ

# Below this data share the prior contributes more to the variance than the answers took away.
IDENTIFIED_SHARE = 0.5
# An attenuation known as well as this leaves nothing open; near 0 dB its correlations mean nothing.
SMALLEST_ATTENUATION_SD_DB = 0.5


def not_identified(
    *,
    exponent_share: Float[np.ndarray, " knots"],
    attenuation_share: Float[np.ndarray, " knots"],
    threshold_share: Float[np.ndarray, " knots"],
    inhibition_share: Float[np.ndarray, " knots"],
    num_trials: Int[np.ndarray, " knots"],
    num_selective_trials: Int[np.ndarray, " knots"],
    quiet_tasks: Sequence[Task],
    has_forward_masker: bool,
) -> tuple[str, ...]:
    """Sentences for the report, one for each kind of quantity that the answers left to the prior.

    `quiet_tasks` are those done without a masker. Inhibition counts as measured where there are trials in a masker, or
    with a complex or ripples: single sounds in quiet say nothing about selectivity, whatever little the model makes of
    their spread of excitation. Compression counts as measured by loudness and by forward masking.
    """
    sentences = []
    untested = frequencies_in_words(num_trials == 0)
    if untested:
        sentences.append(
            f"No trial was presented at {untested}: the numbers there are carried over from neighbouring "
            f"frequencies by the prior."
        )
    if Task.CATEGORICAL_LOUDNESS not in quiet_tasks and not has_forward_masker:
        sentences.append(
            "Loudness was not measured. Tone detection alone cannot tell loss of compression from attenuation: only "
            "their sum, the "
            "threshold, is known."
        )
    if not quiet_tasks:
        sentences.append("No sound was presented in quiet. Thresholds are extrapolated from masked ones.")
    elif not {Task.DETECTION, Task.CATEGORICAL_LOUDNESS, Task.STORED_THRESHOLD} & set(quiet_tasks):
        sentences.append(
            "Neither tone detection nor loudness was measured in quiet. Thresholds are extrapolated from how sounds "
            "well above them were told apart."
        )
    elif Task.DETECTION not in quiet_tasks and Task.STORED_THRESHOLD not in quiet_tasks:
        sentences.append(
            "Tone detection was not measured. Thresholds are extrapolated from loudness judgements and from the "
            "boundary between “not heard” and “very soft”."
        )
    tested, selective = num_trials > 0, num_selective_trials > 0
    for name, share, measured in (
        ("threshold", threshold_share, tested),
        ("compression exponent", exponent_share, tested),
        ("attenuation", attenuation_share, tested),
        ("lateral inhibition", inhibition_share, selective),
    ):
        weak = frequencies_in_words(measured & (share < IDENTIFIED_SHARE))
        if weak:
            sentences.append(
                f"The {name} at {weak} is mostly the prior speaking: the answers took away less than half of its "
                "variance."
            )
    untold = frequencies_in_words(tested & ~selective) if selective.any() else ""
    if untold or not selective.any():
        where = f" at {untold}" if untold else ""
        sentences.append(
            f"Lateral inhibition and the equivalent bandwidth were not measured{where}: that needs a masking task such "
            "as notched noise."
        )
    return tuple(sentences)


def frequencies_in_words(selected: Bool[np.ndarray, " knots"]) -> str:
    """The selected audiometric frequencies, empty where there are none: 500, 1000 and 4000 Hz; every frequency."""
    chosen = [f"{frequency:g}" for frequency, use in zip(AUDIOMETRIC_FREQUENCIES_HZ, selected, strict=True) if use]
    if not chosen:
        return ""
    if len(chosen) == len(AUDIOMETRIC_FREQUENCIES_HZ):
        return "every frequency"
    return f"{listed(chosen)} Hz"


def listed(parts: Sequence[str]) -> str:
    """A, B and C."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
