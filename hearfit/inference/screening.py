"""A simulated pure-tone audiogram, trial by trial: what a design may know of a listener is what they have answered.

A session that is laid out around the true thresholds of a simulated listener would tell a fit more than its answers do.
Here the rough thresholds come from an ascending staircase whose trials are answers like any other.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from hearfit.experiment.conditions import collapse_with_index
from hearfit.experiment.protocol import Protocol, Task
from hearfit.experiment.trials import TrialBlock
from hearfit.inference.data import build_fit_data
from hearfit.inference.likelihood import predict
from hearfit.inference.simulate import position_from_thresholds
from hearfit.listener.normal import AUDIOMETRIC_FREQUENCIES_HZ, NormalEar
from hearfit.listener.parameters import Prior

# As in clinics (Carhart & Jerger 1959): down 10 dB after "heard", up 5 dB after "not heard".
_FIRST_LEVEL_DB_HL = 40.0
_DOWN_DB, _UP_DB = 10.0, 5.0
_LOWEST_DB_HL, _HIGHEST_DB_HL = -10.0, 120.0
_ASCENTS_AT_THRESHOLD = 2
_MOST_TRIALS = 30


@dataclass(frozen=True)
class Screening:
    """The trials of a simulated audiogram, and the thresholds that an audiologist would have written down.

    A threshold is 5 dB above the highest level where that one was not heard either.
    """

    block: TrialBlock
    frequency_hz: tuple[float, ...]
    threshold_db_hl: tuple[float, ...]

    def rough_ear(self, prior: Prior, *, normal: NormalEar) -> Float[np.ndarray, " parameters"]:
        """An ear with these thresholds, and all else as the prior expects. Call under `jax.enable_x64`."""
        at_knots = np.interp(np.log(AUDIOMETRIC_FREQUENCIES_HZ), np.log(self.frequency_hz), self.threshold_db_hl)
        position = prior.mean.copy()
        share = 1.0 / (1.0 + np.exp(-float(np.mean(prior.mean[: len(at_knots)]))))
        ear = position_from_thresholds(at_knots, outer_hair_cell_share=share, normal=normal)
        position[: 2 * len(at_knots)] = ear[: 2 * len(at_knots)]
        return position


def screen(
    protocol: Protocol,
    position: Float[np.ndarray, " parameters"],
    *,
    transducer: str | None,
    normal: NormalEar,
    generator: np.random.Generator,
) -> Screening:
    """Yes/no trials of a protocol of tones in quiet at its simulated frequencies. Call under `jax.enable_x64`."""
    assert protocol.task is Task.DETECTION
    frequency_hz = protocol.design.frequency_hz
    levels = np.arange(_LOWEST_DB_HL, _HIGHEST_DB_HL + 1.0, _UP_DB)
    grid = _tones(protocol, np.repeat(frequency_hz, len(levels)), np.tile(levels, len(frequency_hz)))
    conditions, rows = collapse_with_index(grid)
    (responses,) = predict(position, build_fit_data([conditions], transducer=transducer, normal=normal), normal=normal)
    heard = responses.probability[rows, 1].reshape(len(frequency_hz), len(levels))
    tracks = [_staircase(probability, generator) for probability in heard]
    block = _tones(
        protocol,
        np.repeat(frequency_hz, [len(track.steps) for track in tracks]),
        levels[np.concatenate([track.steps for track in tracks])],
    )
    return Screening(
        block=TrialBlock(**{**vars(block), "response": np.concatenate([track.answers for track in tracks])}),
        frequency_hz=frequency_hz,
        threshold_db_hl=tuple(float(track.threshold_db_hl) for track in tracks),
    )


@dataclass(frozen=True)
class _Track:
    steps: list[int]
    answers: list[int]
    threshold_db_hl: float


def _staircase(probability: Float[np.ndarray, " levels"], generator: np.random.Generator) -> _Track:
    """The threshold is the lowest level heard twice on the way up."""
    down, highest = round(_DOWN_DB / _UP_DB), len(probability) - 1
    step = round((_FIRST_LEVEL_DB_HL - _LOWEST_DB_HL) / _UP_DB)
    steps: list[int] = []
    answers: list[int] = []
    ascents = np.zeros(len(probability), np.int64)
    is_ascending = False
    while len(steps) < _MOST_TRIALS:
        is_heard = bool(generator.random() < probability[step])
        steps.append(step)
        answers.append(int(is_heard))
        if is_heard:
            ascents[step] += is_ascending
            if ascents[step] == _ASCENTS_AT_THRESHOLD or step == 0:
                return _Track(steps, answers, _LOWEST_DB_HL + _UP_DB * step)
        elif step == highest:
            return _Track(steps, answers, _HIGHEST_DB_HL + _UP_DB)
        is_ascending = not is_heard
        step = max(step - down, 0) if is_heard else step + 1
    return _Track(steps, answers, _LOWEST_DB_HL + _UP_DB * step)


def _tones(
    protocol: Protocol, frequency_hz: Float[np.ndarray, " trials"], level_db_hl: Float[np.ndarray, " trials"]
) -> TrialBlock:
    count = len(frequency_hz)
    return TrialBlock(
        protocol=protocol,
        trial=np.arange(1, count + 1),
        frequency_hz=np.asarray(frequency_hz, np.float64),
        level_db_hl=np.asarray(level_db_hl, np.float64),
        interval_count=np.ones(count, np.int64),
        is_catch=np.zeros(count, bool),
        response=np.zeros(count, np.int64),
    )
