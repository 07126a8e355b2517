"""How sure a mean over seeds and a difference between two frontends are.

Over seeds: Student's t, because runs of one frontend differ by their seeds alone (initial values, order of the data)
and are few. Over items (units, utterances) and seeds together: a bootstrap that draws seeds and items with replacement,
both independently, and takes the mean of the scores where they cross (the pigeonhole bootstrap of Owen, Annals of
Applied Statistics 1, 386 (2007), which is too wide rather than too narrow); its ends are percentiles. The first says
what another seed would give on these items, the second also what other items would.

NaN. A seed whose score is not a number is left out and counted in `num_missing`. An item that is NaN in a seed weighs
nothing there; in a difference, an item that is NaN in one of the two is left out of both.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Bool, Float, Int
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
    mean = float(finite.mean())
    if finite.size == 1:
        return Interval(mean, None, None, 1, missing)
    half = float(student_t.ppf(0.5 + LEVEL / 2, finite.size - 1) * finite.std(ddof=1) / math.sqrt(finite.size))
    return Interval(mean, mean - half, mean + half, int(finite.size), missing)


def paired_over_seeds(scores: Mapping[int, float], baseline: Mapping[int, float]) -> Interval:
    """Mean over the seeds that both have of score less baseline, with its t interval.

    Raises:
        InputError: they have no seed in common.
    """
    common = _common_seeds(scores, baseline)
    return over_seeds([scores[seed] - baseline[seed] for seed in common])


def over_seeds_and_items(items: Mapping[int, Sequence[float]], *, seed: int) -> Interval:
    """Mean over items and seeds, with the bootstrap interval over both; `items` holds the scores of each seed.

    Of a single seed the interval is that over its items alone.

    Raises:
        InputError: the seeds have unequal numbers of items.
    """
    seeds = sorted(items)
    return _pigeonhole(_table(items, seeds), seed=seed)


def paired_over_seeds_and_items(
    items: Mapping[int, Sequence[float]], baseline: Mapping[int, Sequence[float]], *, seed: int
) -> Interval:
    """The same of the difference, item by item, for the seeds that both have.

    Raises:
        InputError: there is no common seed, or the numbers of items differ.
    """
    common = _common_seeds(items, baseline)
    first, second = _table(items, common), _table(baseline, common)
    if first.shape != second.shape:
        raise InputError(
            f"Scores of {first.shape[1]} items cannot be compared with those of {second.shape[1]}: a paired comparison "
            "needs the same items."
        )
    return _pigeonhole(first - second, seed=seed)


def _pigeonhole(table: Float[np.ndarray, "seeds items"], *, seed: int) -> Interval:
    is_known = np.isfinite(table)
    # A seed without any score is a run that failed, and not one of those that are drawn.
    has_scores = is_known.any(axis=1)
    table, is_known = table[has_scores], is_known[has_scores]
    num_seeds, missing = len(table), int((~has_scores).sum())
    if not num_seeds:
        return Interval(math.nan, None, None, 0, missing)
    known = np.where(is_known, table, 0.0)
    mean = float(known.sum() / is_known.sum())
    if is_known.any(axis=0).sum() == 1 and num_seeds == 1:
        return Interval(mean, None, None, num_seeds, missing)
    generator = np.random.default_rng(seed)
    means = np.concatenate(
        [
            _drawn_means(generator, known, is_known, min(_DRAWS_AT_ONCE, NUM_DRAWS - begin))
            for begin in range(0, NUM_DRAWS, _DRAWS_AT_ONCE)
        ]
    )
    low, high = np.nanquantile(means, [0.5 - LEVEL / 2, 0.5 + LEVEL / 2])
    return Interval(mean, float(low), float(high), num_seeds, missing)


def _drawn_means(
    generator: np.random.Generator,
    known: Float[np.ndarray, "seeds items"],
    is_known: Bool[np.ndarray, "seeds items"],
    num_draws: int,
) -> Float[np.ndarray, " draws"]:
    """Weighted means; a seed or item drawn twice weighs twice."""
    seeds, items = (_counts(generator, length, num_draws) for length in known.shape)
    sums = np.einsum("ds,sd->d", seeds, known @ items.T)
    weights = np.einsum("ds,sd->d", seeds, is_known.astype(np.float64) @ items.T)
    # A draw of items that are undefined in all drawn seeds has no mean.
    return np.divide(sums, weights, out=np.full(num_draws, np.nan), where=weights > 0)


def _counts(generator: np.random.Generator, length: int, num_draws: int) -> Float[np.ndarray, "draws length"]:
    """How often each of so many is drawn when as many are drawn with replacement."""
    counts: Int[np.ndarray, "draws length"] = generator.multinomial(length, np.full(length, 1.0 / length), num_draws)
    return counts.astype(np.float64)


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
