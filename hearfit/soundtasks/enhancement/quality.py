"""How close enhanced speech comes to the speech that is in the mixture."""

from typing import Final, TypeVar

import numpy as np
from jaxtyping import Array, Float

from hearfit.errors import InputError

Waveform = Float[np.ndarray, " samples"]
# [batch, samples] of either library, or one number of each.
Sounds = TypeVar("Sounds", np.ndarray, Array)

# pystoi needs 30 frames of 256 samples, half overlapping, at 10 kHz after it has left out the pauses.
LEAST_INTELLIGIBILITY_S: Final = 0.4


def scale_invariant_ratio_db(estimate: Sounds, speech: Sounds, *, least_distortion: float, smallest: float) -> Sounds:
    """SI-SDR of each sound in dB, Le Roux et al. 2019 (arXiv 1811.02508), eq. 3, in NumPy or JAX, as the sounds are.

    10 log10((|a s|^2 + f) / (|a s - e|^2 + f)) with the a = <e, s> / <s, s> that brings speech s closest to the
    estimate e, and f = `least_distortion` |e|^2 + `smallest`. With both 0 it is the ratio itself, which is infinite
    where there is no distortion; in training f keeps its gradient finite, and being of the estimate, a soft one scores
    as a loud one does.
    """
    numeric = estimate.__array_namespace__()
    energy = numeric.sum(speech**2, axis=-1, keepdims=True)
    target = numeric.sum(estimate * speech, axis=-1, keepdims=True) / energy * speech
    wanted = numeric.sum(target**2, axis=-1)
    distortion = numeric.sum((target - estimate) ** 2, axis=-1)
    floor = least_distortion * numeric.sum(estimate**2, axis=-1) + smallest
    return 10.0 * numeric.log10((wanted + floor) / (distortion + floor))


def si_sdr_db(estimate: Waveform, speech: Float[np.ndarray, " speech_samples"]) -> float:
    """Scale-invariant signal-to-distortion ratio of a test sound in dB (`scale_invariant_ratio_db`), in float64.

    As in Le Roux et al. 2019, no mean is subtracted. An estimate without any speech gives -inf, the speech itself at
    any scale inf.

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
    with np.errstate(divide="ignore"):
        return float(scale_invariant_ratio_db(e[None], s[None], least_distortion=0.0, smallest=0.0)[0])


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
