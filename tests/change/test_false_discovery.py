"""Adjusted p-values against scipy, a naive implementation and simulation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control, norm

from hearfit.change.false_discovery import FALSE_DISCOVERY_RATE, adjusted_p_values

P_VALUES = st.lists(st.floats(0.0, 1.0), min_size=1, max_size=30)


@given(P_VALUES)
def test_equal_weights_are_benjamini_and_hochberg(p_values: list[float]) -> None:
    # Truth: scipy.
    p = np.array(p_values)
    np.testing.assert_allclose(adjusted_p_values(p, np.full(len(p), 3.0)), false_discovery_control(p), atol=1e-12)


@given(st.lists(st.tuples(st.floats(0.0, 1.0), st.floats(0.1, 10.0)), min_size=1, max_size=20), st.floats(0.01, 0.5))
def test_told_are_those_of_the_step_up_rule(tests: list[tuple[float, float]], rate: float) -> None:
    # Truth: the rule as it is published, by counting: the largest k of which k weighted p-values are at most rate k/m.
    p, weights = (np.array(column) for column in zip(*tests, strict=True))
    weighted = p / (weights / weights.mean())
    k = max((k for k in range(1, len(p) + 1) if np.sum(weighted <= rate * k / len(p)) >= k), default=0)
    told = weighted <= (rate * k / len(p) if k else -1.0)
    adjusted = adjusted_p_values(p, weights)
    # Where one lies on the limit itself rounding decides.
    is_clear = np.abs(adjusted - rate) > 1e-9
    np.testing.assert_array_equal((adjusted <= rate)[is_clear], told[is_clear])


def test_false_discoveries_are_as_rare_as_promised(rng: np.random.Generator) -> None:
    # Truth: simulation. 12 of 16 correlated tests without an effect; the share of false ones among those told is below
    # the rate (by 12/16 of it where tests are independent).
    shares = []
    weights = np.array([5.0] * 8 + [1.0] * 8)
    for _ in range(2000):
        z = 0.5 * rng.normal() + np.sqrt(0.75) * rng.normal(size=16)
        z[:4] += 3.0
        told = adjusted_p_values(2.0 * norm.sf(np.abs(z)), weights) <= FALSE_DISCOVERY_RATE
        shares.append(told[4:].sum() / max(told.sum(), 1))
    assert 0.005 < np.mean(shares) < FALSE_DISCOVERY_RATE


def test_none_is_none() -> None:
    assert adjusted_p_values(np.array([]), np.array([])).shape == (0,)


@pytest.mark.parametrize(("p_values", "weights"), [([1.5], [1.0]), ([np.nan], [1.0]), ([0.5], [0.0])])
def test_nonsense_is_refused(p_values: list[float], weights: list[float]) -> None:
    with pytest.raises(ValueError, match="p-values"):
        adjusted_p_values(np.array(p_values), np.array(weights))
