"""Staircases are data like any other: a fit of all their trials is unbiased, where the mean of reversals is not."""

from collections.abc import Callable
from functools import cache, partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jaxtyping import Float

from hearfit.experiment.conditions import Conditions, collapse
from hearfit.experiment.trials import TrialBlock
from hearfit.inference.data import build_fit_data
from hearfit.inference.derived import tone_thresholds
from hearfit.inference.likelihood import predict
from hearfit.inference.map import whitened_prior
from hearfit.listener.normal import AUDIOMETRIC_FREQUENCIES_HZ, NORMAL
from hearfit.listener.parameters import DEFAULT_PRIOR
from tests.inference.sessions import TESTED_HZ, TRANSDUCER, detection, mode_of, truth

NUM_SESSIONS = 8
TRIALS_PER_TRACK = 60
LEVELS_DB_HL = np.arange(-20.0, 111.0, 1.0)
KNOTS = [AUDIOMETRIC_FREQUENCIES_HZ.index(frequency) for frequency in TESTED_HZ]
START_RE_THRESHOLD_DB = 25.0
# Two right answers down, one wrong up: levels gather where sqrt(1/2) of the answers are right (Levitt 1971).
TARGET = np.sqrt(0.5)


@cache
def _correct() -> dict[float, Float[np.ndarray, " levels"]]:
    """The true listener's probability of the right interval of two at each level and frequency."""
    size = len(LEVELS_DB_HL)
    curves = {}
    with jax.enable_x64(True):
        for frequency in TESTED_HZ:
            block = _block(np.full(size, frequency), LEVELS_DB_HL, np.zeros(size, np.int64))
            data = build_fit_data([collapse(block)], transducer=TRANSDUCER, normal=NORMAL)
            (responses,) = predict(truth(), data, normal=NORMAL)
            curves[frequency] = responses.probability[:, 1]
    return curves


def _block(frequency_hz: np.ndarray, level_db_hl: np.ndarray, response: np.ndarray) -> TrialBlock:
    size = len(response)
    return TrialBlock(
        protocol=detection(interval_count=2, catch_trials=0),
        trial=np.arange(1, size + 1),
        frequency_hz=frequency_hz,
        level_db_hl=level_db_hl,
        interval_count=np.full(size, 2),
        is_catch=np.zeros(size, bool),
        response=response,
    )


def _answer(frequency_hz: float, generator: np.random.Generator, level_db_hl: float) -> int:
    return int(generator.random() < np.interp(level_db_hl, LEVELS_DB_HL, _correct()[frequency_hz]))


def _track(answer: Callable[[float], int], *, start: float) -> tuple[list[float], list[int], list[float]]:
    """Levels, answers and reversals of a two-down one-up track in steps of 8, then 4, then 2 dB."""
    levels = [start]
    answers: list[int] = []
    reversals: list[float] = []
    run, direction = 0, 0
    while len(answers) < TRIALS_PER_TRACK:
        level = levels[-1]
        answers.append(answer(level))
        run = run + 1 if answers[-1] else 0
        move = -1 if run == 2 else (0 if answers[-1] else 1)
        if move:
            run = 0
            if direction and move != direction:
                reversals.append(level)
            direction = move
        step = (8.0, 4.0, 2.0)[min(len(reversals), 2)]
        levels.append(float(np.clip(level + move * step, -20.0, 110.0)))
    return levels[:-1], answers, reversals


@pytest.fixture(scope="module")
def sessions() -> list[tuple[Conditions, Float[np.ndarray, " tracks"]]]:
    """Simulated sessions: all trials of a track at each frequency, and the mean of its reversals but the first four."""
    generator = np.random.default_rng(20260131)
    made = []
    for _ in range(NUM_SESSIONS):
        frequency, levels, answers, means = [], [], [], []
        for hertz, threshold in zip(TESTED_HZ, _true_thresholds(), strict=True):
            start = float(np.round(threshold + START_RE_THRESHOLD_DB))
            track = _track(partial(_answer, hertz, generator), start=start)
            frequency += [hertz] * TRIALS_PER_TRACK
            levels += track[0]
            answers += track[1]
            means.append(np.mean(track[2][4:]))
        made.append((collapse(_block(np.array(frequency), np.array(levels), np.array(answers))), np.array(means)))
    return made


@cache
def _true_thresholds() -> Float[np.ndarray, " tracks"]:
    return _thresholds(truth())


def _thresholds(position: np.ndarray) -> Float[np.ndarray, " tracks"]:
    with jax.enable_x64(True):
        return np.asarray(tone_thresholds(jnp.asarray(position[None]), normal=NORMAL))[0][KNOTS]


@pytest.mark.slow
def test_thresholds_from_staircases(sessions: list[tuple[Conditions, np.ndarray]]) -> None:
    """Against the simulated listener: no bias, and no larger error than the mean of reversals has at its own target.

    The mean of reversals estimates the level of 71 % right answers, not the threshold of an audiogram, so it is held
    against that level of the true listener. It is the textbook's estimate (Levitt 1971, J. Acoust. Soc. Am. 49, 467).
    """
    levels_of_target = np.array([np.interp(TARGET, _correct()[f], LEVELS_DB_HL) for f in TESTED_HZ])
    fitted = np.array([_thresholds(_position(conditions)) for conditions, _ in sessions]) - _true_thresholds()
    reversals = np.array([means for _, means in sessions]) - levels_of_target
    num = fitted.size
    print(f"fit: bias {fitted.mean():.2f}, rms {np.sqrt(np.mean(fitted**2)):.2f} dB")
    print(f"reversals: bias {reversals.mean():.2f}, rms {np.sqrt(np.mean(reversals**2)):.2f} dB")
    print(f"reversals as thresholds: bias {(reversals + levels_of_target - _true_thresholds()).mean():.2f} dB")
    assert abs(fitted.mean()) < 3.0 * fitted.std(ddof=1) / np.sqrt(num)
    assert np.sqrt(np.mean(fitted**2)) < 1.1 * np.sqrt(np.mean(reversals**2))


def _position(conditions: Conditions) -> Float[np.ndarray, " parameters"]:
    prior = whitened_prior(DEFAULT_PRIOR)
    return prior.mean + prior.factor @ mode_of([conditions]).whitened
