"""Scores of predicted responses against loops in float64, a signal of known power, and the published ceilings."""

import itertools
from pathlib import Path

import numpy as np
import pytest

from hearfit.corpora.ns1 import NeuralRecordings
from hearfit.soundtasks.neural.responses import Responses, responses, signal_power, smoothed
from hearfit.soundtasks.neural.scores import (
    correlation,
    correlation_of_drawn_sounds,
    greatest_correlation,
    normalised_correlation,
)
from tests.soundtasks.ns1_folder import load_real_ns1


@pytest.fixture(scope="module")
def ns1(shared_data: Path) -> NeuralRecordings:
    return load_real_ns1(shared_data)


def by_loops(predicted: np.ndarray, trials: np.ndarray) -> float:
    """CC_norm of one unit from its definition, one number at a time; trials are sounds x repeats x bins."""

    def variance(values: list[float]) -> float:
        mean = sum(values) / len(values)
        return sum((value - mean) ** 2 for value in values) / (len(values) - 1)

    sounds, repeats, bins = trials.shape
    psth = [[sum(trials[s, r, t] for r in range(repeats)) / repeats for t in range(bins)] for s in range(sounds)]
    powers = []
    for s in range(sounds):
        of_trials = sum(variance(list(trials[s, r])) for r in range(repeats)) / repeats
        powers.append((repeats * variance(psth[s]) - of_trials) / (repeats - 1))
    x = [float(predicted[s, t]) for s in range(sounds) for t in range(bins)]
    y = [psth[s][t] for s in range(sounds) for t in range(bins)]
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    covariance = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True)) / (len(x) - 1)
    return float(covariance / np.sqrt(variance(x) * sum(powers) / sounds))


def recorded(trials: np.ndarray) -> Responses:
    """Of units x sounds x repeats x bins, without smoothing."""
    return Responses(np.moveaxis(trials.mean(axis=2), 0, 2), signal_power(trials).T)


def test_scores_are_those_of_explicit_loops(rng: np.random.Generator) -> None:
    trials = rng.poisson(rng.gamma(1.0, 2.0, (4, 3, 1, 50)), (4, 3, 5, 50)).astype(np.float64)
    predicted = np.moveaxis(trials.mean(axis=2), 0, 2) + rng.standard_normal((3, 50, 4))
    scores = normalised_correlation(predicted, recorded(trials))
    np.testing.assert_allclose(scores, [by_loops(predicted[..., u], trials[u]) for u in range(4)], rtol=1e-10)
    assert signal_power(trials).shape == (4, 3)


def test_single_precision_predictions_are_scored_in_double(rng: np.random.Generator) -> None:
    # A large mean costs single precision its variance.
    trials = rng.poisson(3.0 * rng.random((1, 2, 1, 400)), (1, 2, 6, 400)).astype(np.float64)
    psth = np.moveaxis(trials.mean(axis=2), 0, 2)
    shifted = normalised_correlation((psth + 1000.0).astype(np.float32), recorded(trials))
    np.testing.assert_allclose(shifted, normalised_correlation(psth, recorded(trials)), rtol=1e-3)


def test_a_known_signal_in_known_noise(rng: np.random.Generator) -> None:
    # Closed form: y_r = s + n_r with var s = 1, var n = 4: E SP = 1. The signal itself scores 1; the signal plus
    # independent noise of variance v scores 1/sqrt(1 + v); correlation with the mean of R = 10 is 1/sqrt(1 + 4/R).
    bins = 40_000
    signal = rng.standard_normal(bins)
    trials = signal + 2.0 * rng.standard_normal((1, 1, 10, bins))
    known = recorded(trials)
    assert known.signal_power.item() == pytest.approx(1.0, abs=0.05)
    assert normalised_correlation(signal[None, :, None], known).item() == pytest.approx(1.0, abs=0.02)
    assert correlation(signal[None, :, None], known).item() == pytest.approx(1.0 / np.sqrt(1.4), abs=0.02)
    blurred = signal + np.sqrt(3.0) * rng.standard_normal(bins)
    assert normalised_correlation(blurred[None, :, None], known).item() == pytest.approx(0.5, abs=0.02)
    # Hsu: halves of five trials correlate at 1/(1 + 4/5); the ceiling of the mean of ten is 1/sqrt(1.4).
    assert greatest_correlation(trials[0], rng) == pytest.approx(1.0 / np.sqrt(1.4), abs=0.02)


def test_drawn_sounds_are_all_draws_with_replacement(rng: np.random.Generator) -> None:
    # Brute force by the loops above; and the variance of a drawn mean of three numbers, unbiased by the stretch.
    trials = rng.poisson(rng.gamma(1.0, 2.0, (2, 3, 1, 60)), (2, 3, 5, 60)).astype(np.float64)
    predicted = np.moveaxis(trials.mean(axis=2), 0, 2) + rng.standard_normal((3, 60, 2))
    found = correlation_of_drawn_sounds(predicted, recorded(trials))
    draws = list(itertools.product(range(3), repeat=3))
    of_all = np.array([by_loops(predicted[..., u], trials[u]) for u in range(2)])
    for number in (0, 5, 26):
        chosen = list(draws[number])
        drawn = np.array([by_loops(predicted[chosen][..., u], trials[u][chosen]) for u in range(2)])
        np.testing.assert_allclose(found[number], of_all + np.sqrt(1.5) * (drawn - of_all), rtol=1e-9)
    assert len(found) == 27


def test_scale_and_offset_of_a_prediction_do_not_matter(rng: np.random.Generator) -> None:
    trials = rng.poisson(2.0 * rng.random((2, 2, 1, 300)), (2, 2, 6, 300)).astype(np.float64)
    predicted = rng.standard_normal((2, 300, 2))
    plain = normalised_correlation(predicted, recorded(trials))
    np.testing.assert_allclose(normalised_correlation(7.0 * predicted - 3.0, recorded(trials)), plain, rtol=1e-9)
    np.testing.assert_allclose(normalised_correlation(-predicted, recorded(trials)), -plain, rtol=1e-9)


def test_what_cannot_be_scored_is_nan(rng: np.random.Generator) -> None:
    trials = rng.poisson(2.0 * rng.random((3, 2, 1, 100)), (3, 2, 6, 100)).astype(np.float64)
    trials[0] = 0.0  # silent unit: no signal power
    # Every bin holds one spike in one of the six trials, never the same: the trials share nothing, so SP < 0.
    trials[1] = np.eye(6)[:, np.arange(100) % 6]
    predicted = rng.standard_normal((2, 100, 3))
    scores = normalised_correlation(predicted, recorded(trials))
    assert np.isnan(scores).tolist() == [True, True, False]
    constant = np.full_like(predicted, 0.1)
    # A constant prediction explains nothing, where there is something to explain.
    np.testing.assert_array_equal(normalised_correlation(constant, recorded(trials)), [np.nan, np.nan, 0.0])
    assert np.isnan(correlation(constant, recorded(trials))).all()
    assert np.isnan(greatest_correlation(trials[0], rng))
    assert np.isnan(greatest_correlation(trials[2][:, :5], rng))


def test_smoothing_is_a_centred_convolution(rng: np.random.Generator) -> None:
    trials = rng.poisson(1.0, (3, 2, 40)).astype(np.float64)
    window = np.hanning(5) / np.hanning(5).sum()
    expected = np.apply_along_axis(np.convolve, -1, trials, window, mode="same")
    np.testing.assert_allclose(smoothed(trials), expected, atol=1e-12)


def test_ceilings_of_the_recordings(ns1: NeuralRecordings) -> None:
    # Truth: measured elsewhere with other code, sqrt(SP / var psth) of all 119 units at quantiles 0, 10, 50, 90, 100 %,
    # unsmoothed and after a window of six points; ours has five, so its ceilings must lie between.
    counts = ns1.counts.astype(np.float32)
    six = np.hanning(6)[1:5] / np.hanning(6).sum()
    ceilings = []
    for weights in ((1.0,), (*six, 0.0)):
        ceilings.append(np.empty((20, 2, 119)))
        for sound in range(20):
            trials = smoothed(counts[:, sound], weights).astype(np.float64)
            ceilings[-1][sound] = signal_power(trials), trials.mean(axis=1).var(axis=-1, ddof=1)
    ours = responses(ns1.counts)
    ceilings.append(np.stack([ours.signal_power, ours.psth.var(axis=1, ddof=1)], axis=1))
    quantiles = []
    for power in ceilings:
        signal, total = power.mean(axis=0)
        quantiles.append(np.quantile(np.sqrt(signal / total), [0.0, 0.1, 0.5, 0.9, 1.0]))
    np.testing.assert_allclose(quantiles[0], [0.585, 0.621, 0.749, 0.867, 0.926], atol=6e-4)
    np.testing.assert_allclose(quantiles[1], [0.720, 0.776, 0.859, 0.927, 0.959], atol=6e-4)
    assert np.all((quantiles[0] < quantiles[2]) & (quantiles[2] < quantiles[1]))
