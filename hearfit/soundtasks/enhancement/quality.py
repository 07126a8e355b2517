"""How close enhanced speech comes to the speech that is in the mixture."""

from typing import Final

import numpy as np
from jaxtyping import Float

from hearfit.errors import InputError

Waveform = Float[np.ndarray, " samples"]

# pystoi needs 30 frames of 256 samples, half overlapping, at 10 kHz after it has left out the pauses.
LEAST_INTELLIGIBILITY_S: Final = 0.4


def si_sdr_db(estimate: Waveform, speech: Float[np.ndarray, " speech_samples"]) -> float:
    """Scale-invariant signal-to-distortion ratio in dB, Le Roux et al. 2019 (arXiv 1811.02508), eq. 3.

    10 log10(|a s|^2 / |a s - e|^2) with the a = <e, s> / <s, s> that brings speech s closest to the estimate e. As
    there, no mean is subtracted. An estimate without any speech gives -inf, the speech itself at any scale inf.

    Raises:
        InputError: lengths differ, a number is not finite, or the speech or the estimate is silent.
    """
    if estimate.shape != speech.shape:
        raise InputError(f"The estimate has {len(estimate)} samples, the speech {len(speech)}; they must be as long.")
    e, s = estimate.astype(np.float64), speech.astype(np.float64)
    if not (np.isfinite(e).all() and np.isfinite(s).all()):
        raise InputError("The estimate or the speech holds a number that is not finite, so it has no distortion ratio.")
    if not (e.any() and s.any()):
        raise InputError("The estimate or the speech is silent, so there is no ratio of speech to distortion.")
    # Any scale gives the same; this one keeps the squares of soft sounds away from underflow.
    e, s = e / np.abs(e).max(), s / np.abs(s).max()
    target = (np.dot(e, s) / np.dot(s, s)) * s
    with np.errstate(divide="ignore"):
        return float(10.0 * np.log10(np.dot(target, target)) - 10.0 * np.log10(np.sum((target - e) ** 2)))


def estoi(estimate: Waveform, speech: Waveform, *, sampling_rate_hz: int) -> float:
    """Extended short-time objective intelligibility (Jensen & Taal 2016) by pystoi, near 0 to 1.

    Raises:
        InputError: the speech without its pauses is shorter than 0.4 s, which pystoi would score with a constant.
    """
    # Loads a resampler and large matrices that only the scoring needs.
    from pystoi import stoi

    if len(speech) < LEAST_INTELLIGIBILITY_S * sampling_rate_hz:
        raise InputError(
            f"An utterance of {len(speech) / sampling_rate_hz:.2f} s is too short for ESTOI, which needs "
            f"{LEAST_INTELLIGIBILITY_S:g} s of speech without pauses. Join several words."
        )
    return float(stoi(speech, estimate, sampling_rate_hz, extended=True))
