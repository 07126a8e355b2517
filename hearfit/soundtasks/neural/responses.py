"""Spike counts of repeated trials as what a model predicts and what it can at best explain."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float, UInt8

# 21 ms are 4.2 bins of 5 ms, rounded to the odd number above, so that smoothing moves nothing in time; the outermost
# weights of a Hann window are zero (np.hanning(5), as the published models of these data smooth; Hsu et al. 2004).
SMOOTHING_WEIGHTS: Final = (0.25, 0.5, 0.25)


@dataclass(frozen=True)
class Responses:
    """What is needed of the trials.

    Attributes:
        psth: mean count per bin over the repeats, after smoothing.
        signal_power: of each sound and unit (`signal_power`); zero or less where repeats share nothing.
    """

    psth: Float[np.ndarray, "sounds bins units"]
    signal_power: Float[np.ndarray, "sounds units"]

    def of(self, sounds: tuple[int, ...]) -> "Responses":
        """Those to some of the sounds, in that order."""
        return Responses(self.psth[list(sounds)], self.signal_power[list(sounds)])


def smoothed(
    trials: Float[np.ndarray, "*trials bins"], weights: tuple[float, ...] = SMOOTHING_WEIGHTS
) -> Float[np.ndarray, "*trials bins"]:
    """Trials convolved in time with a window of an odd number of bins; zeros before and after the recording."""
    assert len(weights) % 2, "an even window would move the responses by half a bin"
    reach = len(weights) // 2
    num_bins = trials.shape[-1]
    padded = np.pad(trials, [(0, 0)] * (trials.ndim - 1) + [(reach, reach)])
    return np.asarray(sum(weight * padded[..., lag : lag + num_bins] for lag, weight in enumerate(weights)))


def signal_power(trials: Float[np.ndarray, "*sounds repeats bins"]) -> Float[np.ndarray, "*sounds"]:
    """Variance in time that the repeats share: SP = (R var(mean_r y_r) - mean_r var(y_r)) / (R - 1).

    Sahani & Linden 2003, with unbiased variances, as Schoppe et al. 2016 (Measuring the performance of neural models)
    take it.
    """
    repeats = trials.shape[-2]
    of_mean = trials.mean(axis=-2).var(axis=-1, ddof=1)
    of_trials = trials.var(axis=-1, ddof=1).mean(axis=-1)
    return np.asarray((repeats * of_mean - of_trials) / (repeats - 1))


def responses(counts: UInt8[np.ndarray, "units sounds repeats bins"]) -> Responses:
    """Every trial smoothed, then averaged and its signal power taken."""
    units, sounds, _, bins = counts.shape
    psth = np.empty((sounds, bins, units))
    power = np.empty((sounds, units))
    # Sound by sound: all trials as floating point numbers at once would take 400 MB.
    for sound in range(sounds):
        trials = smoothed(counts[:, sound].astype(np.float64))
        psth[sound] = trials.mean(axis=1).T
        power[sound] = signal_power(trials)
    return Responses(psth, power)
