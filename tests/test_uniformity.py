"""Whether ranks are uniform: against SciPy, and by simulation where the ranks of one listener go together."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtr
from scipy.stats import chisquare

from hearfit.validation import NUM_BINS, pooled_uniformity, uniformity


@given(st.lists(st.integers(0, 50), min_size=2, max_size=30).filter(any))
def test_uniformity_is_pearsons(counts: list[int]) -> None:
    assert uniformity(np.array(counts)) == pytest.approx(chisquare(counts).pvalue, abs=1e-12)


def test_pooled_uniformity_is_the_chi_square_of_independent_ranks_and_that_of_one_where_all_are_alike() -> None:
    # Truth: SciPy's chi-square of 4,000 ranks, also where listeners have each of theirs up to eight times.
    generator = np.random.default_rng(4)
    single = (100 * generator.beta(1.02, 1.02, 4000)).astype(np.int64)
    expected = chisquare(np.bincount(single // 5, minlength=NUM_BINS)).pvalue
    assert 0.05 < expected < 0.95
    assert pooled_uniformity([np.array([own]) for own in single], 100) == pytest.approx(expected, abs=0.02)
    alike = [np.full(1 + k % 8, own) for k, own in enumerate(single)]
    assert pooled_uniformity(alike, 100) == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize("correlation", [0.0, 0.7, 0.95])
def test_uniform_ranks_that_go_together_are_rarely_called_uneven(correlation: float) -> None:
    # Truth: simulation, 300 listeners with eight ranks each of a Gaussian copula.
    generator = np.random.default_rng(5)
    own, common = generator.standard_normal((1000, 300, 8)), generator.standard_normal((1000, 300, 1))
    ranks = (100 * ndtr(np.sqrt(1.0 - correlation) * own + np.sqrt(correlation) * common)).astype(np.int64)
    p = np.array([pooled_uniformity(list(study), 100) for study in ranks])
    # 99.9 % of such shares lie within these.
    assert 0.03 <= np.mean(p < 0.05) <= 0.075
    assert np.mean(p < 0.001) <= 0.006
