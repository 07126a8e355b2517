"""How well the model describes the loudness category boundaries of 100 real listeners at 10 frequencies.

A boundary is the level at which half of the answers lie above it. Each listener's 100 boundaries are fitted as if 10
answers just above and 10 just below had been given at that level.

    python -m tests.studies.loudness_boundaries ../shared/data
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import jax
import numpy as np
import pandas as pd
from jaxtyping import Bool, Float

from hearfit.audiology.retspl import reference_thresholds
from hearfit.experiment.conditions import Conditions
from hearfit.experiment.excitation import Stimulus
from hearfit.inference.data import build_fit_data
from hearfit.inference.likelihood import predict
from hearfit.inference.map import SearchSettings, find_map, whitened_prior
from hearfit.inference.simulate import normal_position
from hearfit.inference.start import starting_point
from hearfit.listener.normal import NORMAL
from hearfit.listener.parameters import DEFAULT_PRIOR, Prior
from hearfit.protocols.loader import load_protocol

TRANSDUCER = "ER-3A/HA-2"
_ANSWERS = 10
_GRID_DB_HL = np.arange(-30.0, 141.0, 2.0)


@dataclass(frozen=True)
class Boundaries:
    """Boundary levels in dB HL of all listeners."""

    frequency_hz: Float[np.ndarray, " frequencies"]
    level_db_hl: Float[np.ndarray, "listeners frequencies boundaries"]

    @property
    def best_third(self) -> Float[np.ndarray, "frequencies boundaries"]:
        """Mean of the third of the listeners with the lowest first boundary."""
        order = np.argsort(self.level_db_hl[:, :, 0].mean(axis=1))
        return np.asarray(self.level_db_hl[order[: len(order) // 3]].mean(axis=0))


def read_boundaries(data: Path) -> Boundaries:
    """The published boundaries, as hearing levels."""
    table = pd.read_csv(data / "qcls_148" / "boundaries.csv")
    wide = table.pivot_table(index="record", columns=["freq_hz", "boundary"], values="level_db_spl")
    frequency = np.array(sorted(table["freq_hz"].unique()), float)
    level = wide.to_numpy().reshape(len(wide), len(frequency), -1)
    reference = reference_thresholds(TRANSDUCER).at(frequency)
    return Boundaries(frequency, level - reference[None, :, None])


def fitted_boundaries(
    frequency_hz: Float[np.ndarray, " frequencies"], level_db_hl: Float[np.ndarray, "frequencies boundaries"]
) -> Float[np.ndarray, "frequencies boundaries"]:
    """Boundary levels of the most probable ear for one listener's boundaries. Under `jax.enable_x64`."""
    everything = np.ones(level_db_hl.shape[1], bool)
    ear = most_probable_ear(frequency_hz, level_db_hl, prior=DEFAULT_PRIOR, known=everything, answers=_ANSWERS)
    return predicted_boundaries(frequency_hz, ear)


def most_probable_ear(
    frequency_hz: Float[np.ndarray, " frequencies"],
    level_db_hl: Float[np.ndarray, "frequencies boundaries"],
    *,
    prior: Prior,
    known: Bool[np.ndarray, " boundaries"],
    answers: int,
) -> Float[np.ndarray, " parameters"]:
    """The ear for the known ones of a listener's boundaries. Under `jax.enable_x64`.

    As if so many answers just above and as many just below had been given at the level of each.
    """
    num_frequencies, num_boundaries = level_db_hl.shape
    below = np.tile(np.flatnonzero(known), num_frequencies)
    counts = np.zeros((len(below), num_boundaries + 1), np.int64)
    rows = np.arange(len(counts))
    counts[rows, below] = counts[rows, below + 1] = answers
    conditions = _conditions(frequency_hz, level_db_hl[:, known], counts)
    start = starting_point([conditions], prior, NORMAL)
    data = build_fit_data([conditions], transducer=TRANSDUCER, normal=NORMAL)
    whitened = whitened_prior(prior)
    estimate = find_map(data, whitened, normal=NORMAL, settings=SearchSettings(tolerance_nats=1e-4), start=start)
    return whitened.mean + whitened.factor @ estimate.whitened


def predicted_boundaries(
    frequency_hz: Float[np.ndarray, " frequencies"], position: Float[np.ndarray, " parameters"]
) -> Float[np.ndarray, "frequencies boundaries"]:
    """Levels at which the probability of an answer above each boundary is one half."""
    level = np.tile(_GRID_DB_HL, (len(frequency_hz), 1))
    conditions = _conditions(frequency_hz, level, np.zeros((level.size, 11), np.int64))
    data = build_fit_data([conditions], transducer=TRANSDUCER, normal=NORMAL)
    (responses,) = predict(position, data, normal=NORMAL)
    probability = responses.probability.reshape(*level.shape, -1)
    below = np.cumsum(probability, axis=-1)[..., :-1]
    return np.array([[np.interp(-0.5, -of[:, k], _GRID_DB_HL) for k in range(of.shape[1])] for of in below])


def normal_boundaries(frequency_hz: Float[np.ndarray, " frequencies"]) -> Float[np.ndarray, "frequencies boundaries"]:
    """Boundaries of the normal ear. Under `jax.enable_x64`."""
    return predicted_boundaries(frequency_hz, normal_position(NORMAL))


def _conditions(
    frequency_hz: Float[np.ndarray, " frequencies"],
    level_db_hl: Float[np.ndarray, "frequencies levels"],
    counts: np.ndarray,
) -> Conditions:
    protocol = load_protocol("categorical_loudness")
    return Conditions(
        protocol=protocol,
        stimuli=tuple(Stimulus(protocol.stimulus, float(f)) for f in frequency_hz),
        stimulus_index=np.repeat(np.arange(len(frequency_hz)), level_db_hl.shape[1]),
        level_db_hl=level_db_hl.ravel(),
        interval_count=np.ones(level_db_hl.size, np.int64),
        is_catch=np.zeros(level_db_hl.size, bool),
        counts=counts,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--listeners", type=int, default=100)
    arguments = parser.parse_args()
    boundaries = read_boundaries(arguments.data)
    with jax.enable_x64(True):
        difference = normal_boundaries(boundaries.frequency_hz) - boundaries.best_third
        fitted = [
            fitted_boundaries(boundaries.frequency_hz, own) for own in boundaries.level_db_hl[: arguments.listeners]
        ]
    error = np.stack(fitted) - boundaries.level_db_hl[: arguments.listeners]
    print(f"normal ear against the best third: largest difference {np.abs(difference).max():.2f} dB")
    print(f"all listeners, frequencies and boundaries: {np.sqrt(np.mean(error**2)):.2f} dB rms")
    for frequency, own in zip(boundaries.frequency_hz, np.moveaxis(error, 1, 0), strict=True):
        print(f"{frequency:6g} Hz  {np.sqrt(np.mean(own**2)):.2f} dB rms")


if __name__ == "__main__":
    main()
