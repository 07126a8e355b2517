"""How well a predicted response agrees with a recorded one, as a share of what the noise of its trials allows."""

import itertools
from typing import Final

import numpy as np
from jaxtyping import Bool, Float

from hearfit.soundtasks.neural.responses import Responses

# Hsu et al. (2004) average over every way to halve ten trials.
_MOST_HALVINGS: Final = 126
# Of the mean square: with less variance than this, values in single precision are constant but for rounding.
_LEAST_VARIANCE: Final = 1e-12


def correlation(predicted: Float[np.ndarray, "sounds bins units"], recorded: Responses) -> Float[np.ndarray, " units"]:
    """Pearson's correlation of each unit over all sounds and bins; NaN where either is constant."""
    covariance, of_predicted, of_recorded = _moments(predicted, recorded.psth)
    is_defined = _varies(predicted, of_predicted) & _varies(recorded.psth, of_recorded)
    return _ratio(covariance, of_predicted * of_recorded, is_defined)


def normalised_correlation(
    predicted: Float[np.ndarray, "sounds bins units"], recorded: Responses
) -> Float[np.ndarray, " units"]:
    """CC_norm of each unit: cov(predicted, psth) / sqrt(var(predicted) SP) (Schoppe et al. 2016).

    As in the published comparison, variances are unbiased and run over all sounds and bins, and the signal power is the
    mean of that within each sound. So it can exceed 1, by chance and where the mean response differs between sounds,
    which counts in the numerator alone. A constant prediction explains nothing and has 0; NaN where the signal power is
    not positive.
    """
    covariance, of_predicted, _ = _moments(predicted, recorded.psth)
    power = recorded.signal_power.mean(axis=0)
    varies = _varies(predicted, of_predicted)
    explained = np.nan_to_num(_ratio(covariance, of_predicted * power, (power > 0.0) & varies))
    return np.where(power > 0.0, explained, np.nan)


def correlation_of_drawn_sounds(
    predicted: Float[np.ndarray, "sounds bins units"], recorded: Responses
) -> Float[np.ndarray, "draws units"]:
    """CC_norm of each unit for every draw of as many sounds with replacement, all of them equally likely.

    The bootstrap over n sounds, enumerated: n^n draws. The variance of a mean is too small by (n - 1) / n in it, much
    for three sounds, so that deviations from the score of all sounds are made greater by the root of the inverse.
    """
    num_sounds = len(predicted)
    draws = itertools.product(range(num_sounds), repeat=num_sounds)
    # Of one sound nothing can be drawn but itself.
    stretch = np.sqrt(num_sounds / max(1, num_sounds - 1))
    of_all = normalised_correlation(predicted, recorded)
    of_draws = np.stack([normalised_correlation(predicted[list(draw)], recorded.of(draw)) for draw in draws])
    return of_all + stretch * (of_draws - of_all)


def greatest_correlation(trials: Float[np.ndarray, "sounds repeats bins"], rng: np.random.Generator) -> float:
    """CC_max of one unit by Hsu et al. 2004: sqrt(2 rho / (1 + rho)), rho that of half the trials with the others.

    Averaged over at most 126 random halvings; the alternative to `signal_power` for a ceiling. NaN where the halves do
    not correlate positively, or the repeats cannot be halved.
    """
    sounds, repeats, bins = trials.shape
    if repeats % 2:
        return float("nan")
    flat = np.moveaxis(trials, 1, 0).reshape(repeats, sounds * bins)
    signs = np.stack([rng.permutation(np.repeat((1.0, -1.0), repeats // 2)) for _ in range(_MOST_HALVINGS)])
    total, difference = flat.sum(axis=0), signs @ flat
    first, second = total[None] + difference, total[None] - difference
    first -= first.mean(axis=1, keepdims=True)
    second -= second.mean(axis=1, keepdims=True)
    size = np.sqrt(np.sum(first**2, axis=1) * np.sum(second**2, axis=1))
    if not np.all(size > 0.0):
        return float("nan")
    rho = float(np.mean(np.sum(first * second, axis=1) / size))
    return float(np.sqrt(2.0 * rho / (1.0 + rho))) if rho > 0.0 else float("nan")


def _moments(
    predicted: Float[np.ndarray, "sounds bins units"], recorded: Float[np.ndarray, "sounds bins units"]
) -> tuple[Float[np.ndarray, " units"], Float[np.ndarray, " units"], Float[np.ndarray, " units"]]:
    units = recorded.shape[-1]
    first = predicted.astype(np.float64).reshape(-1, units)
    second = recorded.astype(np.float64).reshape(-1, units)
    first, second = first - first.mean(axis=0), second - second.mean(axis=0)
    num_free = len(first) - 1
    covariance = np.sum(first * second, axis=0) / num_free
    return covariance, np.sum(first**2, axis=0) / num_free, np.sum(second**2, axis=0) / num_free


def _varies(
    values: Float[np.ndarray, "sounds bins units"], variance: Float[np.ndarray, " units"]
) -> Bool[np.ndarray, " units"]:
    mean_square = np.mean(np.square(values.astype(np.float64)), axis=(0, 1))
    return np.asarray(variance > _LEAST_VARIANCE * mean_square)


def _ratio(
    covariance: Float[np.ndarray, " units"],
    product: Float[np.ndarray, " units"],
    is_defined: Bool[np.ndarray, " units"],
) -> Float[np.ndarray, " units"]:
    return np.where(is_defined, covariance / np.sqrt(np.where(is_defined, product, 1.0)), np.nan)
