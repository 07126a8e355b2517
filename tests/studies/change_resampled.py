"""False alarms and power by many more comparisons than there are fits.

    python -m tests.studies.change_resampled FOLDER [--comparisons 1000]

Fits take seconds and comparisons do not. Errors of fitted differences of thresholds, each a whole ear of one pair of
sessions of `change_power`, are put together anew with fresh retest noise of any SD and a change at any pair of
neighbours; what else was measured of that ear stays as it was.
"""

import argparse
import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
from jaxtyping import Float

from hearfit.audiology.audiogram import Ear
from hearfit.change.difference import MeasuredDifference, Quantity, differences
from hearfit.change.verdict import judged
from hearfit.listener.normal import AUDIOMETRIC_FREQUENCIES_HZ
from tests.studies.change_power import BEYOND, PAIRS, TOLD, Simulated, is_found, read_listeners, retest_shift


@dataclass(frozen=True)
class FittedPair:
    """What two sessions of an ear measured, and the true difference of their thresholds."""

    rows: tuple[MeasuredDifference, ...]
    true_db: Float[np.ndarray, " knots"]


def fitted_pairs(listeners: Sequence[Sequence[Simulated]]) -> list[FittedPair]:
    return [
        FittedPair(differences(before.profile, after.profile), after.truth[0] - before.truth[0])
        for sessions in listeners
        for before, after in combinations(sessions, 2)
    ]


def with_difference(pair: FittedPair, true_db: Float[np.ndarray, " knots"]) -> list[MeasuredDifference]:
    """The same errors about another true difference of the thresholds."""
    moved = []
    for row in pair.rows:
        if row.quantity is Quantity.THRESHOLD:
            knots = [AUDIOMETRIC_FREQUENCIES_HZ.index(hz) for hz in row.frequencies_hz]
            mean = row.difference.mean + float(np.mean((true_db - pair.true_db)[knots]))
            moved.append(dataclasses.replace(row, difference=dataclasses.replace(row.difference, mean=mean)))
        else:
            moved.append(row)
    return moved


def resampled_rate(
    pairs: Sequence[FittedPair], *, sd_db: float, change_db: float, num_ears: int, num: int, seed: int
) -> tuple[float, float]:
    """Share of comparisons in which something is told, and in which something is beyond retest."""
    generator = np.random.default_rng([seed, num_ears, round(10 * sd_db), round(change_db)])
    counts = np.zeros(2)
    for _ in range(num):
        changed = PAIRS[int(generator.integers(len(PAIRS)))]
        found = {}
        for ear in list(Ear)[:num_ears]:
            true = retest_shift(sd_db, generator) - retest_shift(sd_db, generator)
            if ear is Ear.LEFT:
                true[list(changed)] += change_db
            found[ear] = with_difference(pairs[int(generator.integers(len(pairs)))], true)
        changes = judged(found)
        low, high = (AUDIOMETRIC_FREQUENCIES_HZ[knot] for knot in changed)
        for k, verdicts in enumerate((TOLD, BEYOND)):
            is_told = any(change.verdict in verdicts for change in changes)
            counts[k] += is_found(changes, (low, high), verdicts) if change_db else is_told
    return float(counts[0] / num), float(counts[1] / num)


def print_resampled(folder: Path, num: int) -> None:
    for own in sorted(path for path in folder.iterdir() if path.is_dir()):
        pairs = fitted_pairs(read_listeners(own))
        print(f"errors of {len(pairs)} fitted pairs of sessions ({own.name} dB), {num} comparisons a number")
        for sd_db in (1.7, 2.2, 3.0, 4.5):
            for num_ears in (1, 2):
                rates_at = [
                    (change, resampled_rate(pairs, sd_db=sd_db, change_db=change, num_ears=num_ears, num=num, seed=1))
                    for change in (0.0, 10.0, 15.0, 20.0)
                ]
                words = "; ".join(f"{change:g} dB {told:.1%}, {beyond:.1%}" for change, (told, beyond) in rates_at)
                print(f"  retest SD {sd_db} dB, {num_ears} ears, told and beyond retest: {words}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--comparisons", type=int, default=1000)
    arguments = parser.parse_args()
    print_resampled(arguments.folder, arguments.comparisons)


if __name__ == "__main__":
    main()
