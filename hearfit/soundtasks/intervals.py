"""How sure a mean over seeds and a difference between two frontends are.

Over seeds: Student's t, because runs of one frontend differ by their seeds alone (initial values, order of the data)
and are few. Over items (units, utterances): a bootstrap that draws items with replacement; its ends are percentiles.
Over both: seeds and items are crossed, so the errors of the two add, and their limits are joined by the square root of
the sum of squares on each side (MOVER: Zou & Donner, Statistics in Medicine 27, 1693 (2008)). A bootstrap of the seeds
as well is too narrow, because five are too few to draw from: where seeds matter most, its 95 % held the truth of 86 %
of simulated studies. The first says what another seed would give on these items, the last also what other items would.

Groups. Items that belong together (words of one talker, takes of one recording) are no independent draws. Where their
groups are given, the interval over items is one over groups: mean +- t SE with the linearised standard error of a mean
over clusters (Cochran 1977, Sampling Techniques, section 9A.2) and as many degrees of freedom as groups less one, as
there are too few groups to draw from.

Stimuli. Where every item (a unit) heard the same few stimuli, these vary too. A run then holds its score for every draw
of stimuli, and the spread of the mean over seeds of these, or of the difference of two runs', is a third part of the
error.

NaN. A seed whose score is not a number is left out and counted in `num_missing`. An item that is NaN in a seed weighs
nothing there; in a difference, an item that is NaN in one of the two is left out of both.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from jaxtyping import Float
from scipy.stats import t as student_t

from hearfit.errors import InputError

LEVEL: Final = 0.95
NUM_DRAWS: Final = 4000
_DRAWS_AT_ONCE: Final = 250


@dataclass(frozen=True)
class Interval:
    """A mean with the ends of its 95 % interval, which are None where nothing can be said of its spread.

    Attributes:
        num: how many seeds it is made from.
        num_missing: seeds whose score is not a number, which are left out.
    """

    mean: float
    low: float | None
    high: float | None
    num: int
    num_missing: int = 0

    @property
    def is_known(self) -> bool:
        """Whether there is an interval: there is none over a single seed."""
        return self.low is not None and self.high is not None

    @property
    def excludes_zero(self) -> bool:
        """Whether all of a known interval lies on one side of zero."""
        return self.low is not None and self.high is not None and (self.low > 0.0 or self.high < 0.0)


def over_seeds(scores: Sequence[float]) -> Interval:
    """Mean of the seeds' scores and mean +- t s / sqrt(n), t the quantile of Student's t with n - 1 degrees of freedom.

    Seeds that all give the same score, as a closed-form fit does, have an interval of no width: it says that the seed
    does not matter, and nothing about other data.
    """
    values = np.asarray(scores, np.float64)
    finite = values[np.isfinite(values)]
    missing = int(values.size - finite.size)
    if not finite.size:
        return Interval(math.nan, None, None, 0, missing)
    # Of equal numbers the rounded mean may be another one.
    mean = float(finite[0] if np.ptp(finite) == 0.0 else finite.mean())
    if finite.size > 1 and np.ptp(finite) == 0.0:
        return Interval(mean, mean, mean, int(finite.size), missing)
    if finite.size == 1:
        return Interval(mean, None, None, 1, missing)
    half = float(student_t.ppf(0.5 + LEVEL / 2, finite.size - 1) * finite.std(ddof=1) / math.sqrt(finite.size))
    return Interval(mean, mean - half, mean + half, int(finite.size), missing)


def over_seeds_and_items(
    items: Mapping[int, Sequence[float]],
    *,
    seed: int,
    groups: Sequence[str] | None = None,
    draws: Mapping[int, Sequence[float]] | None = None,
) -> Interval:
    """Mean over items and seeds, with the interval over both; `items` holds the scores of each seed.

    Of a single seed the interval is that over its items alone. `groups` names the group of each item where items are
    not independent of each other; `draws` are the scores of each seed with stimuli drawn again.

    Raises:
        InputError: the seeds have unequal numbers of items, or there is not one group for each.
    """
    seeds = sorted(items)
    drawn = None if draws is None else _table(draws, seeds)
    return _over_both(_table(items, seeds), seed=seed, groups=groups, draws=drawn)


def paired_over_seeds_and_items(
    items: Mapping[int, Sequence[float]],
    baseline: Mapping[int, Sequence[float]],
    *,
    seed: int,
    groups: Sequence[str] | None = None,
    draws: tuple[Mapping[int, Sequence[float]], Mapping[int, Sequence[float]]] | None = None,
) -> Interval:
    """The same of the difference, item by item, for the seeds that both have.

    Raises:
        InputError: there is no common seed, or the numbers of items or groups differ.
    """
    common = _common_seeds(items, baseline)
    first, second = _table(items, common), _table(baseline, common)
    if first.shape != second.shape:
        raise InputError(
            f"Scores of {first.shape[1]} items cannot be compared with those of {second.shape[1]}: a paired comparison "
            "needs the same items."
        )
    drawn = None if draws is None else _table(draws[0], common) - _table(draws[1], common)
    return _over_both(first - second, seed=seed, groups=groups, draws=drawn)


def _over_both(
    table: Float[np.ndarray, "seeds items"],
    *,
    seed: int,
    groups: Sequence[str] | None,
    draws: Float[np.ndarray, "seeds draws"] | None,
) -> Interval:
    if groups is not None and len(groups) != table.shape[1]:
        raise InputError(f"There are scores of {table.shape[1]} items and groups of {len(groups)}; each item has one.")
    is_known = np.isfinite(table)
    # A seed without any score is a run that failed, and not one of those that count.
    has_scores = is_known.any(axis=1)
    missing = int((~has_scores).sum())
    known, is_known = np.where(is_known, table, 0.0)[has_scores], is_known[has_scores]
    if not len(known):
        return Interval(math.nan, None, None, 0, missing)
    sums, weights = known.sum(axis=0), is_known.sum(axis=0).astype(np.float64)
    mean = float(sums.sum() / weights.sum())
    of_seeds = over_seeds((known.sum(axis=1) / is_known.sum(axis=1)).tolist())
    names = np.asarray(groups if groups is not None else np.arange(len(weights)))[weights > 0]
    if len(np.unique(names)) == 1:
        # One item or group says nothing of others.
        return Interval(mean, None, None, len(known), missing)
    low, high = _percentiles(sums, weights, seed) if groups is None else _of_groups(sums, weights, groups)
    half = of_seeds.high - of_seeds.mean if of_seeds.high is not None else 0.0
    below, above = (0.0, 0.0) if draws is None else _of_stimuli(draws[has_scores])
    return Interval(
        mean,
        mean - math.hypot(mean - low, half, below),
        mean + math.hypot(high - mean, half, above),
        len(known),
        missing,
    )


def _of_stimuli(draws: Float[np.ndarray, "seeds draws"]) -> tuple[float, float]:
    """How far the limits over drawn stimuli lie below and above the mean of all draws."""
    of_draws = np.nanmean(draws, axis=0)
    low, high = np.nanquantile(of_draws, [0.5 - LEVEL / 2, 0.5 + LEVEL / 2])
    centre = float(np.nanmean(of_draws))
    return centre - float(low), float(high) - centre


def _of_groups(
    sums: Float[np.ndarray, " items"], weights: Float[np.ndarray, " items"], groups: Sequence[str]
) -> tuple[float, float]:
    """Mean of all items +- t SE: the squares of what every group adds to the mean's error, summed."""
    is_item = weights > 0
    _, place = np.unique(np.asarray(groups)[is_item], return_inverse=True)
    mean = float(sums.sum() / weights.sum())
    errors = np.bincount(place, sums[is_item] - mean * weights[is_item])
    num_groups = len(errors)
    standard_error = math.sqrt(num_groups / (num_groups - 1) * float(np.sum(errors**2))) / float(weights.sum())
    half = float(student_t.ppf(0.5 + LEVEL / 2, num_groups - 1)) * standard_error
    return mean - half, mean + half


def _percentiles(
    sums: Float[np.ndarray, " items"], weights: Float[np.ndarray, " items"], seed: int
) -> tuple[float, float]:
    """Of weighted means of drawn items; an item drawn twice weighs twice. Items that are nowhere defined are none."""
    is_item = weights > 0
    columns = np.stack([sums[is_item], weights[is_item]], axis=1)
    counts = _drawn_counts(len(columns), seed, NUM_DRAWS)
    drawn = np.concatenate(
        [
            counts[begin : begin + _DRAWS_AT_ONCE].astype(np.float64) @ columns
            for begin in range(0, NUM_DRAWS, _DRAWS_AT_ONCE)
        ]
    )
    low, high = np.quantile(drawn[:, 0] / drawn[:, 1], [0.5 - LEVEL / 2, 0.5 + LEVEL / 2])
    return float(low), float(high)


# Every score of an experiment draws from equally many items.
@lru_cache(maxsize=2)
def _drawn_counts(num_items: int, seed: int, num_draws: int) -> Float[np.ndarray, "draws items"]:
    """How often each item is drawn when as many are drawn with replacement; half the memory of float64."""
    generator = np.random.default_rng(seed)
    counts = np.empty((num_draws, num_items), np.float32)
    for begin in range(0, num_draws, _DRAWS_AT_ONCE):
        rows = counts[begin : begin + _DRAWS_AT_ONCE]
        drawn = generator.integers(0, num_items, rows.shape) + num_items * np.arange(len(rows))[:, None]
        rows[:] = np.bincount(drawn.ravel(), minlength=rows.size).reshape(rows.shape)
    counts.flags.writeable = False
    return counts


def _table(items: Mapping[int, Sequence[float]], seeds: Sequence[int]) -> Float[np.ndarray, "seeds items"]:
    lengths = sorted({len(items[seed]) for seed in seeds})
    if len(lengths) != 1 or lengths[0] == 0:
        raise InputError(
            f"The seeds have scores of {', '.join(map(str, lengths)) or 'no'} items; each needs those of the same ones."
        )
    return np.asarray([items[seed] for seed in seeds], np.float64)


def _common_seeds(scores: Mapping[int, object], baseline: Mapping[int, object]) -> list[int]:
    common = sorted(scores.keys() & baseline.keys())
    if not common:
        raise InputError(
            f"A paired comparison needs common seeds, but one has {_list(scores)} and the other {_list(baseline)}."
        )
    return common


def _list(scores: Mapping[int, object]) -> str:
    return ", ".join(map(str, sorted(scores))) or "none"
