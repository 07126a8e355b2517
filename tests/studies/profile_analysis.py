"""Held-out binomial deviance on the profile analysis of 12 listeners (Guest et al. 2024), five-fold, by listener.

    python -m tests.studies.profile_analysis ../shared/data

The comparison is a logistic curve (threshold, slope) for each listener and condition by itself: target, number of
components and rove. Both predict blocks of 20 trials that they have not seen; fold = block mod 5 within its condition.
Our ear has the listener's audiogram as information on its threshold coordinates, and nothing else but the answers.
"""

import argparse
import csv
from dataclasses import dataclass, replace
from pathlib import Path

import jax
import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.linalg import cho_factor, cho_solve
from scipy.special import expit, xlogy

from hearfit.audiology.retspl import db_hl_from_db_spl, reference_thresholds
from hearfit.experiment.conditions import collapse_with_index
from hearfit.experiment.stimulus_columns import INCREMENT, NUM_COMPONENTS, ROVE_RANGE
from hearfit.experiment.trials import TrialBlock
from hearfit.inference.data import build_fit_data
from hearfit.inference.likelihood import WhitenedPrior, predict
from hearfit.inference.map import SearchSettings, find_map
from hearfit.inference.simulate import position_from_thresholds
from hearfit.listener.normal import AUDIOMETRIC_FREQUENCIES_HZ, NORMAL
from hearfit.listener.parameters import DEFAULT_PRIOR, NUM_KNOTS, PARAMETER_NAMES
from hearfit.protocols.loader import load_protocol

NUM_FOLDS = 5
TRIALS_PER_BLOCK = 20
# Insert earphones; the reference thresholds nearest to those that were used.
TRANSDUCER = "ER-3A/HA-2"
# "roved level": each interval from a range of 20 dB about 70 dB SPL.
ROVE_RANGE_DB = 20.0
AUDIOGRAM_SD_DB = 5.0
OUTER_HAIR_CELL_SHARE = 0.65
_MEASURED_HZ = (250.0, 500.0, 1000.0, 1500.0, 2000.0, 3000.0, 4000.0, 6000.0, 8000.0)
# Of lapses from 0.2 to 3 % the one with which the logistic curves predict best.
_LOGISTIC_LAPSE = 0.015
_THRESHOLDS_DB = np.arange(-35.0, 30.1, 0.5)
_SLOPES_DB = np.geomspace(0.7, 15.0, 30)


@dataclass(frozen=True)
class Blocks:
    """All blocks of one listener, and the thresholds in dB HL at `_MEASURED_HZ`."""

    listener: str
    frequency_hz: Float[np.ndarray, " blocks"]
    level_db_spl: Float[np.ndarray, " blocks"]
    num_components: Float[np.ndarray, " blocks"]
    rove_range_db: Float[np.ndarray, " blocks"]
    increment_db: Float[np.ndarray, " blocks"]
    num_correct: Int[np.ndarray, " blocks"]
    audiogram_db_hl: Float[np.ndarray, " frequencies"]

    @property
    def condition(self) -> Int[np.ndarray, " blocks"]:
        """Which combination of target, number of components and rove each block belongs to."""
        keys = np.stack([self.frequency_hz, self.num_components, self.rove_range_db, self.level_db_spl], axis=1)
        return np.unique(keys, axis=0, return_inverse=True)[1].reshape(-1)

    @property
    def fold(self) -> Int[np.ndarray, " blocks"]:
        """Successive blocks of a condition, in the order of its increments, are in successive folds."""
        order = np.lexsort((np.arange(len(self.condition)), self.increment_db, self.condition))
        fold = np.zeros(len(order), np.int64)
        fold[order] = np.arange(len(order)) % NUM_FOLDS
        return fold


def read_blocks(data: Path) -> tuple[Blocks, ...]:
    """Every listener."""
    with (data / "profile_analysis" / "blocks.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    listeners = sorted({row["subj"] for row in rows})
    return tuple(_blocks(listener, [row for row in rows if row["subj"] == listener]) for listener in listeners)


def _blocks(listener: str, rows: list[dict[str, str]]) -> Blocks:
    def column(name: str) -> Float[np.ndarray, " blocks"]:
        return np.array([float(row[name]) for row in rows])

    correct = TRIALS_PER_BLOCK * column("pcorr")
    assert np.all(np.abs(correct - np.round(correct)) < 1e-6)
    return Blocks(
        listener=listener,
        frequency_hz=column("freq"),
        level_db_spl=column("level"),
        num_components=column("n_comp"),
        rove_range_db=np.array([0.0 if row["rove"] == "fixed level" else ROVE_RANGE_DB for row in rows]),
        increment_db=column("increment"),
        num_correct=np.round(correct).astype(np.int64),
        audiogram_db_hl=np.array([float(rows[0][f"F{hertz:.0f}"]) for hertz in _MEASURED_HZ]),
    )


def deviances(
    num_correct: Int[np.ndarray, " blocks"], probability: Float[np.ndarray, " blocks"]
) -> Float[np.ndarray, " blocks"]:
    """Binomial deviance of each block: twice the log likelihood ratio of the share itself to the prediction."""
    wrong = TRIALS_PER_BLOCK - num_correct
    share = num_correct / TRIALS_PER_BLOCK
    return np.asarray(
        2.0 * (xlogy(num_correct, share / probability) + xlogy(wrong, (1.0 - share) / (1.0 - probability)))
    )


def predicted_by_logistic(
    blocks: Blocks, known: Bool[np.ndarray, " blocks"], *, lapse: float = _LOGISTIC_LAPSE
) -> Float[np.ndarray, " blocks"]:
    """Maximum likelihood over a grid of thresholds and slopes, each condition by itself."""
    probability = np.full(len(known), 0.75)
    x = (blocks.increment_db[:, None, None] - _THRESHOLDS_DB[:, None]) / _SLOPES_DB
    candidates = 0.5 + (0.5 - lapse) * expit(x)
    for condition in np.unique(blocks.condition):
        own = blocks.condition == condition
        chosen = own & known
        right = blocks.num_correct[chosen, None, None]
        fit = np.sum(
            right * np.log(candidates[chosen]) + (TRIALS_PER_BLOCK - right) * np.log1p(-candidates[chosen]), axis=0
        )
        best = np.unravel_index(np.argmax(fit), fit.shape)
        probability[own] = candidates[(slice(None), *best)][own]
    return probability


def predicted_by_ear(
    blocks: Blocks, known: Bool[np.ndarray, " blocks"], prior: WhitenedPrior
) -> tuple[Float[np.ndarray, " blocks"], Float[np.ndarray, " parameters"]]:
    """What the ear fitted to the known blocks predicts for all, and that ear. Call under `jax.enable_x64`."""
    block = trial_block(blocks)
    every = np.repeat(known, TRIALS_PER_BLOCK)
    conditions, rows = collapse_with_index(block)
    counts = np.zeros_like(conditions.counts)
    np.add.at(counts, (rows[every], block.response[every]), 1)
    data = build_fit_data([replace(conditions, counts=counts)], transducer=TRANSDUCER, normal=NORMAL)
    start = np.zeros(len(PARAMETER_NAMES))
    estimate = find_map(data, prior, normal=NORMAL, settings=SearchSettings(), start=start)
    position = prior.mean + prior.factor @ estimate.whitened
    (responses,) = predict(position, data, normal=NORMAL)
    return responses.probability[rows[::TRIALS_PER_BLOCK], 1], position


def trial_block(blocks: Blocks) -> TrialBlock:
    """The answers one by one, right ones first within each block."""
    reference = reference_thresholds(TRANSDUCER)
    level_db_hl = db_hl_from_db_spl(blocks.level_db_spl, frequency_hz=blocks.frequency_hz, reference=reference)
    size = len(blocks.num_correct) * TRIALS_PER_BLOCK

    def each(values: Float[np.ndarray, " blocks"]) -> Float[np.ndarray, " trials"]:
        return np.repeat(values, TRIALS_PER_BLOCK)

    return TrialBlock(
        protocol=load_protocol("profile_analysis"),
        trial=np.arange(1, size + 1),
        frequency_hz=each(blocks.frequency_hz),
        level_db_hl=each(level_db_hl),
        interval_count=np.full(size, 2),
        is_catch=np.zeros(size, bool),
        response=(np.arange(TRIALS_PER_BLOCK) < blocks.num_correct[:, None]).astype(np.int64).ravel(),
        parameters={
            INCREMENT: each(blocks.increment_db),
            NUM_COMPONENTS: each(blocks.num_components),
            ROVE_RANGE: each(blocks.rove_range_db),
        },
    )


def prior_with_audiogram(blocks: Blocks) -> WhitenedPrior:
    """The prior, given the threshold coordinates of an ear with this audiogram within 5 dB. Under `jax.enable_x64`."""
    thresholds = np.interp(np.log(AUDIOMETRIC_FREQUENCIES_HZ), np.log(_MEASURED_HZ), blocks.audiogram_db_hl)
    ear = position_from_thresholds(thresholds, outer_hair_cell_share=OUTER_HAIR_CELL_SHARE, normal=NORMAL)
    knots = [NUM_KNOTS + AUDIOMETRIC_FREQUENCIES_HZ.index(hertz) for hertz in _MEASURED_HZ]
    mean, covariance = DEFAULT_PRIOR.mean, DEFAULT_PRIOR.covariance
    noise = covariance[np.ix_(knots, knots)] + AUDIOGRAM_SD_DB**2 * np.eye(len(knots))
    gain = cho_solve(cho_factor(noise), covariance[knots]).T
    given = covariance - gain @ covariance[knots]
    return WhitenedPrior(mean + gain @ (ear[knots] - mean[knots]), np.linalg.cholesky(0.5 * (given + given.T)))


def held_out(blocks: Blocks) -> tuple[float, float]:
    """Deviance of all blocks, each predicted from the other folds: by the ear, and by a logistic curve a condition."""
    ours = logistic = 0.0
    with jax.enable_x64(True):
        prior = prior_with_audiogram(blocks)
        for fold in range(NUM_FOLDS):
            known = blocks.fold != fold
            by_ear, _ = predicted_by_ear(blocks, known, prior)
            ours += float(deviances(blocks.num_correct, by_ear)[~known].sum())
            by_curve = predicted_by_logistic(blocks, known)
            logistic += float(deviances(blocks.num_correct, by_curve)[~known].sum())
    return ours, logistic


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    data = parser.parse_args().data
    print("listener  blocks  ear  logistic")
    sums = np.zeros(2)
    for blocks in read_blocks(data):
        found = held_out(blocks)
        sums += found
        print(f"{blocks.listener}  {len(blocks.num_correct)}  {found[0]:.0f}  {found[1]:.0f}", flush=True)
    print(f"all  {sums[0]:.0f}  {sums[1]:.0f}")


if __name__ == "__main__":
    main()
