"""Receptive fields in closed form against the normal equations, a field of known weights, and the published control."""

from pathlib import Path

import numpy as np
import pytest
from scipy.signal import lfilter

from hearfit.corpora.ns1 import PUBLISHED_SPLIT, RAHMAN_SPLIT, SAMPLES_PER_BIN, NeuralRecordings, SoundSplit
from hearfit.soundtasks.neural.responses import Responses, responses
from hearfit.soundtasks.neural.ridge import fit_linear_field, with_history
from hearfit.soundtasks.neural.scores import normalised_correlation
from tests.soundtasks.ns1_folder import load_real_ns1

LOW_HZ, HIGH_HZ, CHANNELS = 500.0, 22_627.0, 34


@pytest.fixture(scope="module")
def ns1(shared_data: Path) -> NeuralRecordings:
    return load_real_ns1(shared_data)


@pytest.fixture(scope="module")
def recorded(ns1: NeuralRecordings) -> Responses:
    return responses(ns1.counts)


@pytest.fixture(scope="module")
def log_mel(ns1: NeuralRecordings) -> np.ndarray:
    """34 mel bands of 10 ms windows, amplitude, natural logarithm: the fixed features of the published control."""
    frequency_hz = np.fft.rfftfreq(480, 1.0 / 48_000)
    edges = mel_edges_hz()
    rising = (frequency_hz[:, None] - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - frequency_hz[:, None]) / (edges[2:] - edges[1:-1])
    bank = np.maximum(0.0, np.minimum(rising, falling))
    # The published files have an RMS of about 0.2 and a floor of 1e-4.
    sounds = ns1.waveform_pa.astype(np.float64) * (0.2 / np.sqrt(np.mean(ns1.waveform_pa.astype(np.float64) ** 2)))
    padded = np.pad(sounds, ((0, 0), (SAMPLES_PER_BIN, 0)))
    spectrograms = []
    for sound in padded:
        frames = np.lib.stride_tricks.sliding_window_view(sound, 480)[::SAMPLES_PER_BIN]
        amplitude = np.abs(np.fft.rfft(frames * np.hanning(480))) @ bank
        spectrograms.append(np.log(np.maximum(amplitude, 1e-4)))
    return np.stack(spectrograms)


def mel_edges_hz() -> np.ndarray:
    low, high = 2595.0 * np.log10(1.0 + np.array([LOW_HZ, HIGH_HZ]) / 700.0)
    return np.asarray(700.0 * (10.0 ** (np.linspace(low, high, CHANNELS + 2) / 2595.0) - 1.0))


def above_average(spectrograms: np.ndarray, time_constant_frames: np.ndarray) -> np.ndarray:
    """Each channel minus its exponential average, by scipy; the average begins at the first frame."""
    kept = np.exp(-1.0 / time_constant_frames)
    average = [
        lfilter([1.0 - a], [1.0, -a], spectrograms[..., c], axis=1, zi=a * spectrograms[:, :1, c])[0]
        for c, a in enumerate(kept)
    ]
    return spectrograms - np.stack(average, axis=-1)


def score(features: np.ndarray, recorded: Responses, split: SoundSplit = PUBLISHED_SPLIT) -> float:
    validation, test = recorded.of(split.validation), recorded.of(split.test)
    field = fit_linear_field(
        features[list(split.training)],
        recorded.of(split.training).psth,
        score=lambda field: float(
            np.nanmean(normalised_correlation(field(features[list(split.validation)]), validation))
        ),
    )
    return float(np.mean(normalised_correlation(field(features[list(split.test)]), test)))


def test_weights_solve_the_normal_equations(rng: np.random.Generator) -> None:
    features, targets = 3.0 + rng.standard_normal((2, 30, 4)), rng.standard_normal((2, 30, 5))
    field = fit_linear_field(features, targets, score=lambda _: 0.0, num_lags=3, penalties=[7.0])
    columns = with_history((features - features.mean((0, 1))) / features.std((0, 1)), 3).reshape(60, 12)
    centred, wanted = columns - columns.mean(0), targets.reshape(60, 5) - targets.reshape(60, 5).mean(0)
    solved = np.linalg.solve(centred.T @ centred + 7.0 * np.eye(12), centred.T @ wanted)
    np.testing.assert_allclose(field.weights.reshape(12, 5), solved, atol=1e-6)
    np.testing.assert_allclose(field(features).mean((0, 1)), targets.mean((0, 1)), atol=1e-9)


def test_a_known_field_is_found_and_the_penalty_is_chosen_by_score(rng: np.random.Generator) -> None:
    truth = rng.standard_normal((2, 3, 1))
    features = rng.standard_normal((4, 500, 3))
    features = (features - features.mean((0, 1))) / features.std((0, 1))
    targets = 5.0 + with_history(features, 2) @ truth.reshape(6, 1)

    def closeness(field: object) -> float:
        return -float(np.mean((field(features) - targets) ** 2))  # type: ignore[operator]

    field = fit_linear_field(features, targets, score=closeness, num_lags=2, penalties=[1e6, 1e-6, 1e3])
    assert field.penalty == 1e-6
    np.testing.assert_allclose(field.weights, truth, atol=1e-5)


def test_a_field_hears_only_the_present_and_the_past(rng: np.random.Generator) -> None:
    features, targets = rng.standard_normal((2, 40, 3)), rng.standard_normal((2, 40, 2))
    field = fit_linear_field(features, targets, score=lambda _: 0.0, penalties=[1.0])
    changed = features.copy()
    changed[:, 20] += 1.0
    difference = np.abs(field(changed) - field(features)).max(axis=(0, 2))
    assert np.flatnonzero(difference > 1e-12).tolist() == list(range(20, 29))


def test_fixed_features_reach_the_published_scores(log_mel: np.ndarray, recorded: Responses) -> None:
    # Truth: a control that others measured: log-mel .531, adapted channels .702, ON and OFF channels .719. They
    # smoothed with six points, half a bin late, which costs log-mel .01 (0.547 here).
    centres_hz = mel_edges_hz()[1:-1]
    adapted = np.maximum(above_average(log_mel, (500.0 - 105.0 * np.log10(centres_hz)) / 5.0), 0.0)
    change = above_average(log_mel, np.full(CHANNELS, 10.0))
    on_off = np.concatenate([log_mel, np.maximum(change, 0.0), np.maximum(-change, 0.0)], axis=-1)
    assert score(log_mel, recorded) == pytest.approx(0.531, abs=0.02)
    assert score(adapted, recorded) == pytest.approx(0.702, abs=0.01)
    assert score(on_off, recorded) == pytest.approx(0.719, abs=0.01)
    # Unsmoothed, on the other split: .502.
    assert score(log_mel, recorded, RAHMAN_SPLIT) == pytest.approx(0.51, abs=0.02)
