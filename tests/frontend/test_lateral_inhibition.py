"""Lateral inhibition against a double loop over channels."""

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearfit.frontend.cochlea import cochlea_of
from hearfit.frontend.lateral_inhibition import lateral_inhibition, surround_matrix
from hearfit.listener.normal import NORMAL

pytestmark = pytest.mark.usefixtures("float64")

SHAPES = [(0.5, 0.5, 2.0), (0.5, 0.5, 0.5), (1.0, 2.0, 3.0), (0.25, 0.5, 1.5)]


def inhibited(excitation: np.ndarray, strength: np.ndarray, surround: np.ndarray) -> np.ndarray:
    return np.asarray(
        lateral_inhibition(jnp.asarray(excitation), strength=jnp.asarray(strength), surround=jnp.asarray(surround))
    )


@pytest.mark.parametrize(("spacing", "inner", "outer"), SHAPES)
def test_equals_a_double_loop_over_channels(
    spacing: float, inner: float, outer: float, rng: np.random.Generator
) -> None:
    # Truth: brute force, z_c = max(0, y_c - w_c mean of y_j over the neighbours whose distance lies in the surround).
    num_channels = 20
    excitation, strength = rng.exponential(size=(3, num_channels)), rng.uniform(0.0, 1.0, num_channels)
    expected = np.zeros_like(excitation)
    for frame in range(3):
        for c in range(num_channels):
            neighbours = []
            for j in range(num_channels):
                distance = round(abs(j - c) * spacing, 9)
                if inner <= distance <= outer:
                    neighbours.append(excitation[frame, j])
            expected[frame, c] = max(0.0, excitation[frame, c] - strength[c] * np.mean(neighbours))
    surround = surround_matrix(num_channels, spacing_cam=spacing, inner_cam=inner, outer_cam=outer)
    np.testing.assert_allclose(inhibited(excitation, strength, surround), expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize(("spacing", "inner", "outer"), SHAPES)
def test_surround_of_every_channel_sums_to_one(spacing: float, inner: float, outer: float) -> None:
    surround = surround_matrix(15, spacing_cam=spacing, inner_cam=inner, outer_cam=outer)
    np.testing.assert_allclose(surround.sum(axis=1), 1.0, rtol=1e-12)
    assert surround.min() >= 0.0
    np.testing.assert_array_equal(np.diag(surround), 0.0)


def test_surround_is_symmetric_away_from_the_edges() -> None:
    surround = cochlea_of(NORMAL).surround
    for c in range(10, 60):
        np.testing.assert_allclose(surround[c, c - 4 : c], surround[c, c + 4 : c : -1], rtol=1e-12)
        assert np.count_nonzero(surround[c]) == 8


@given(st.lists(st.floats(0.0, 1e6, allow_subnormal=False), min_size=70, max_size=70))
def test_without_strength_nothing_changes(excitation: list[float]) -> None:
    y = np.array([excitation])
    np.testing.assert_array_equal(inhibited(y, np.zeros(70), cochlea_of(NORMAL).surround), y)


@given(st.floats(0.0, 1.0), st.floats(0.0, 1e6))
def test_flat_excitation_is_scaled_alike_everywhere(strength: float, y: float) -> None:
    # Truth: y - w y, since every surround averages the same number; the edges do not escape.
    output = inhibited(np.full((1, 70), y), np.full(70, strength), cochlea_of(NORMAL).surround)
    np.testing.assert_allclose(output, (1.0 - strength) * y, rtol=1e-9, atol=1e-9 * y + 1e-300)


@given(st.lists(st.floats(0.0, 1e3), min_size=20, max_size=20), st.floats(0.0, 1.0))
def test_output_is_never_negative_nor_larger_than_the_input(excitation: list[float], strength: float) -> None:
    y = np.array([excitation])
    surround = surround_matrix(20, spacing_cam=0.5, inner_cam=0.5, outer_cam=2.0)
    output = inhibited(y, np.full(20, strength), surround)
    assert np.all((output >= 0.0) & (output <= y))
