"""Intervals against scipy.stats, closed forms, exhaustive enumeration and simulations with known truth."""

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from hearfit.errors import InputError
from hearfit.soundtasks import intervals
from hearfit.soundtasks.intervals import (
    Interval,
    over_seeds,
    over_seeds_and_items,
    paired_over_seeds_and_items,
)

SCORES = (0.701, 0.694, 0.712, 0.688, 0.705)
BASELINE = (0.690, 0.691, 0.700, 0.689, 0.696)


def test_over_seeds_is_the_t_interval_of_scipy() -> None:
    found = over_seeds(SCORES)
    low, high = stats.t.interval(0.95, len(SCORES) - 1, loc=np.mean(SCORES), scale=stats.sem(SCORES))
    assert found.mean == pytest.approx(np.mean(SCORES), abs=1e-15)
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-12)
    assert (found.num, found.num_missing) == (5, 0)


def test_two_seeds_have_the_closed_form_of_cauchy() -> None:
    """With one degree of freedom t is Cauchy's: the half width is tan(0.475 pi) |a - b| / 2."""
    found = over_seeds([1.0, 1.5])
    assert found.high is not None
    assert found.high - found.mean == pytest.approx(math.tan(0.475 * math.pi) * 0.25, rel=1e-9)


def test_the_paired_interval_is_scipys_and_excludes_zero_where_its_test_says_so() -> None:
    found = over_seeds([score - base for score, base in zip(SCORES, BASELINE, strict=True)])
    test = stats.ttest_rel(SCORES, BASELINE)
    expected = test.confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert found.excludes_zero is bool(test.pvalue < 0.05)


def test_pairs_are_of_equal_seeds_only() -> None:
    first, second = {1: [2.0, 2.2], 2: [3.0, 2.8], 9: [100.0, 90.0]}, {2: [1.0, 1.0], 1: [1.0, 1.0], 4: [0.0, 0.0]}
    assert paired_over_seeds_and_items(first, second, seed=1).mean == pytest.approx(1.5)
    with pytest.raises(InputError, match="common seeds, but one has 1 and the other 2"):
        paired_over_seeds_and_items({1: [0.0]}, {2: [0.0]}, seed=1)


def test_one_seed_has_no_interval() -> None:
    assert over_seeds([0.5]) == Interval(0.5, None, None, 1)
    assert not over_seeds([0.5]).is_known
    assert not over_seeds([0.5]).excludes_zero


def test_equal_seeds_have_an_interval_of_no_width() -> None:
    # Their rounded mean is another number: 0.1 + 0.1 + 0.1 is more than 0.3.
    found = over_seeds([0.1] * 3)
    assert (found.low, found.mean, found.high) == (0.1, 0.1, 0.1)
    assert found.excludes_zero


def test_what_is_not_a_number_is_left_out_and_counted() -> None:
    assert over_seeds([0.5, math.nan, 0.7]) == Interval(*_ends([0.5, 0.7]), num=2, num_missing=1)
    empty = over_seeds([math.nan])
    assert math.isnan(empty.mean)
    assert (empty.num, empty.num_missing, empty.is_known) == (0, 1, False)


def _ends(values: list[float]) -> tuple[float, float, float]:
    low, high = stats.t.interval(0.95, len(values) - 1, loc=np.mean(values), scale=stats.sem(values))
    return float(np.mean(values)), float(low), float(high)


def test_the_t_interval_covers_the_truth_as_often_as_it_says() -> None:
    """Simulation with a known mean; 2,000 studies of 5 seeds, so the share is known to 0.5 %."""
    draws = np.random.default_rng(3).normal(0.7, 0.02, (2000, 5))
    found = [over_seeds(row) for row in draws.tolist()]
    covered = np.mean(
        [each.low <= 0.7 <= each.high for each in found if each.low is not None and each.high is not None]
    )
    assert covered == pytest.approx(0.95, abs=0.015)


def test_the_bootstrap_is_the_enumeration_of_all_draws() -> None:
    """Brute force: 4 items of one seed have 4^4 = 256 equally likely draws."""
    values = [0.1, 0.9, 0.4, 0.6]
    means = np.sort([np.mean(draw) for draw in itertools.product(values, repeat=4)])
    found = over_seeds_and_items({1: values}, seed=5)
    assert found.mean == pytest.approx(0.5)
    # Between neighbours of the discrete distribution, which 4,000 draws meet.
    assert found.low is not None
    assert found.high is not None
    assert np.quantile(means, 0.015) <= found.low <= np.quantile(means, 0.035)
    assert np.quantile(means, 0.965) <= found.high <= np.quantile(means, 0.985)


def test_seeds_that_agree_add_nothing_and_items_that_agree_leave_the_t_interval() -> None:
    """Closed forms of the two limits of the joined interval."""
    values = [0.1, 0.9, 0.4, 0.6, 0.3]
    assert over_seeds_and_items({1: values, 2: values}, seed=5) == Interval(
        *_known(over_seeds_and_items({1: values}, seed=5)), num=2
    )
    flat = {seed: [score] * 30 for seed, score in enumerate(SCORES)}
    assert _known(over_seeds_and_items(flat, seed=5)) == pytest.approx(_known(over_seeds(SCORES)), abs=1e-12)


def _known(interval: Interval) -> tuple[float, float, float]:
    assert interval.low is not None
    assert interval.high is not None
    return interval.mean, interval.low, interval.high


@pytest.mark.parametrize("item_sd", [0.02, 0.1, 0.5])
def test_the_joined_interval_covers_the_truth_as_often_as_it_says(
    monkeypatch: pytest.MonkeyPatch, item_sd: float
) -> None:
    """Simulation with a known mean: 400 studies of 5 seeds and 60 items, crossed; the share is known to 1.1 %.

    It may be a little too wide, never too narrow.
    """
    monkeypatch.setattr(intervals, "NUM_DRAWS", 250)
    rng = np.random.default_rng(4)
    covered = 0
    for _ in range(400):
        table = 0.7 + rng.normal(0, 0.03, (5, 1)) + rng.normal(0, item_sd, (1, 60)) + rng.normal(0, 0.02, (5, 60))
        _, low, high = _known(over_seeds_and_items({seed: row.tolist() for seed, row in enumerate(table)}, seed=1))
        covered += low <= 0.7 <= high
    assert 0.92 <= covered / 400 <= 0.99


def test_drawn_stimuli_are_a_third_part_of_the_error() -> None:
    """Closed form where items and seeds agree: normal quantiles of the draws, whose spread is known."""
    flat = {seed: [0.7] * 30 for seed in range(3)}
    spread = stats.norm.ppf((np.arange(2000) + 0.5) / 2000)
    draws = {seed: (0.65 + 0.02 * spread).tolist() for seed in flat}
    expected = (0.7, 0.7 - 1.96 * 0.02, 0.7 + 1.96 * 0.02)
    assert _known(over_seeds_and_items(flat, seed=5, draws=draws)) == pytest.approx(expected, abs=2e-4)
    # The same stimuli in both of a pair: what they have in common cancels.
    other = {seed: [0.6] * 30 for seed in flat}
    found = paired_over_seeds_and_items(flat, other, seed=5, draws=(draws, draws))
    assert _known(found) == pytest.approx((0.1, 0.1, 0.1))


def test_a_single_seed_gives_scipys_bootstrap_over_items() -> None:
    values = np.random.default_rng(2).gamma(2.0, 1.0, 119)
    expected = stats.bootstrap((values,), np.mean, method="percentile", n_resamples=4000, rng=7).confidence_interval
    found = over_seeds_and_items({1: values.tolist()}, seed=4)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=0.03)


def test_a_paired_bootstrap_knows_that_the_items_are_the_same() -> None:
    """Items differ by 1, frontends by 0.05 on every one: the difference is certain although the means are not."""
    rng = np.random.default_rng(6)
    level = rng.normal(0.0, 1.0, 80)
    baseline = {seed: (level + rng.normal(0.0, 0.01, 80)).tolist() for seed in range(5)}
    scores = {seed: (np.array(row) + 0.05).tolist() for seed, row in baseline.items()}
    found = paired_over_seeds_and_items(scores, baseline, seed=1)
    assert found.mean == pytest.approx(0.05)
    assert found.excludes_zero
    assert not over_seeds_and_items(scores, seed=1).excludes_zero


def test_an_item_that_one_of_a_pair_lacks_counts_for_neither() -> None:
    found = paired_over_seeds_and_items({1: [1.0, 2.0, math.nan]}, {1: [0.5, math.nan, 9.0]}, seed=1)
    assert found == Interval(0.5, None, None, 1)


def test_a_seed_without_scores_is_counted_as_missing() -> None:
    found = over_seeds_and_items({1: [1.0, 2.0], 2: [math.nan, math.nan]}, seed=1)
    assert (found.mean, found.num, found.num_missing) == (1.5, 1, 1)


def test_the_same_seed_gives_the_same_interval() -> None:
    items = dict(enumerate(np.random.default_rng(9).normal(0.0, 1.0, (2, 30)).tolist()))
    assert over_seeds_and_items(items, seed=1) == over_seeds_and_items(items, seed=1)
    assert over_seeds_and_items(items, seed=1) != over_seeds_and_items(items, seed=2)


def test_unequal_items_are_refused() -> None:
    with pytest.raises(InputError, match="scores of 1, 2 items"):
        over_seeds_and_items({1: [0.1], 2: [0.2, 0.3]}, seed=1)
    with pytest.raises(InputError, match="2 items cannot be compared with those of 1"):
        paired_over_seeds_and_items({1: [0.1, 0.2]}, {1: [0.1]}, seed=1)


def test_equal_groups_give_the_t_interval_of_their_means() -> None:
    """Closed form: with as many items in each group the standard error over clusters is that of the groups' means."""
    rng = np.random.default_rng(11)
    values = rng.normal(0.5, 0.1, (6, 1)) + rng.normal(0.0, 0.05, (6, 20))
    groups = [f"talker {row}" for row in range(6) for _ in range(20)]
    found = over_seeds_and_items({0: values.ravel().tolist()}, seed=1, groups=groups)
    means = values.mean(axis=1)
    low, high = stats.t.interval(0.95, 5, loc=means.mean(), scale=stats.sem(means))
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-12)


def test_items_in_groups_cover_the_truth_where_items_alone_do_not() -> None:
    """Simulated truth: nine talkers of unequal numbers of words; a bootstrap of words is much too narrow."""
    rng = np.random.default_rng(12)
    sizes = (51, 51, 48, 46, 42, 41, 39, 26, 26)
    groups = [str(number) for number, size in enumerate(sizes) for _ in range(size)]
    num_held = {True: 0, False: 0}
    for _ in range(200):
        words = np.concatenate([rng.normal(0.0, 1.0) + rng.normal(0.0, 3.0, size) for size in sizes]).tolist()
        for is_grouped in (True, False):
            found = over_seeds_and_items({0: words}, seed=1, groups=groups if is_grouped else None)
            assert found.low is not None
            assert found.high is not None
            num_held[is_grouped] += found.low <= 0.0 <= found.high
    assert num_held[True] >= 182
    assert num_held[False] <= 160


def test_one_group_says_nothing_of_others_and_each_item_has_one() -> None:
    assert over_seeds_and_items({0: [0.1, 0.2]}, seed=1, groups=["a", "a"]).low is None
    with pytest.raises(InputError, match="scores of 2 items and groups of 3"):
        over_seeds_and_items({0: [0.1, 0.2]}, seed=1, groups=["a", "b", "c"])


def test_an_item_without_a_score_takes_its_group_along_only_if_it_is_the_last() -> None:
    values = {0: [0.1, float("nan"), 0.3, 0.4, float("nan")]}
    found = over_seeds_and_items(values, seed=1, groups=["a", "a", "b", "b", "c"])
    expected = over_seeds_and_items({0: [0.1, 0.3, 0.4]}, seed=1, groups=["a", "b", "b"])
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-12)
