"""Coordinates, limits and initial values of the cortical filters."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearfit.errors import InputError
from hearfit.frontend.cortex import cortical_response, silent_past
from hearfit.frontend.cortex_parameters import (
    PAPER_CORTEX,
    CortexCoordinates,
    coordinates_of,
    filters_at,
    log_spaced_filters,
    random_filters,
)

ONE = jnp.ones(1)
COORDINATE = st.floats(-1e4, 1e4, width=32)


SINGLE_CHANNEL = dataclasses.replace(PAPER_CORTEX, num_channels=1)


@jax.jit
def first_frame_energy(coordinates: CortexCoordinates, direction: jax.Array) -> jax.Array:
    """Energy of the answer to one frame in one channel."""
    spectrogram = jnp.zeros((1, 25, 1)).at[0, 0].set(1.0)
    past = silent_past(1, batch=1, design=SINGLE_CHANNEL)
    bank = filters_at(coordinates, direction, SINGLE_CHANNEL)
    return jnp.sum(cortical_response(spectrogram, bank, SINGLE_CHANNEL, past)[0] ** 2)


@pytest.mark.slow
@given(scale=COORDINATE, rate=COORDINATE, direction=st.sampled_from([1.0, -1.0]))
def test_every_coordinate_is_a_live_filter_within_the_limits(scale: float, rate: float, direction: float) -> None:
    coordinates = CortexCoordinates(scale * ONE, rate * ONE)
    bank = filters_at(coordinates, direction * ONE, PAPER_CORTEX)
    assert PAPER_CORTEX.lowest_scale <= bank.scale_cycles_per_octave[0] <= PAPER_CORTEX.highest_scale
    assert PAPER_CORTEX.lowest_rate_hz <= bank.rate_hz[0] <= PAPER_CORTEX.highest_rate_hz
    # The scale filter's weight on its own channel is the mean of a positive gain, so one frame is always heard.
    value, gradient = jax.value_and_grad(first_frame_energy)(coordinates, direction * ONE)
    assert value > 0.0
    assert all(np.isfinite(each).all() for each in gradient)


@pytest.mark.usefixtures("float64")
@given(st.floats(0.125, 12.0), st.floats(0.5, 64.0))
def test_coordinates_round_trip(scale: float, rate_hz: float) -> None:
    bank = log_spaced_filters(num_scales=1, num_rates=1)._replace(
        scale_cycles_per_octave=jnp.array([scale, scale]), rate_hz=jnp.array([rate_hz, rate_hz])
    )
    again = filters_at(coordinates_of(bank, PAPER_CORTEX), bank.direction, PAPER_CORTEX)
    # Values at a limit are moved inwards by a thousandth of the range of their logarithm.
    np.testing.assert_allclose(again.scale_cycles_per_octave, scale, rtol=0.005)
    np.testing.assert_allclose(again.rate_hz, rate_hz, rtol=0.005)
    if 0.13 < scale < 11.5 and 0.51 < rate_hz < 63.0:
        np.testing.assert_allclose(again.scale_cycles_per_octave, scale, rtol=1e-12)
        np.testing.assert_allclose(again.rate_hz, rate_hz, rtol=1e-12)


def test_coordinate_zero_is_the_geometric_middle() -> None:
    zero = jnp.zeros(1)
    bank = filters_at(CortexCoordinates(zero, zero), ONE, PAPER_CORTEX)
    assert bank.scale_cycles_per_octave[0] == pytest.approx(np.sqrt(0.125 * 12.0), rel=1e-6)
    assert bank.rate_hz[0] == pytest.approx(np.sqrt(0.5 * 64.0), rel=1e-6)


def test_log_initialisation_is_the_published_one() -> None:
    bank = log_spaced_filters()
    signed = np.asarray(bank.rate_hz * bank.direction)
    pairs = {(round(float(scale), 3), round(float(rate), 2)) for scale, rate in zip(bank[0], signed, strict=True)}
    # Famularo et al. 2024: scales 2^{-2, -0.75, 0.5, 1.75, 3}, rates 2^{1, 2.33, 3.67, 5}.
    assert {scale for scale, _ in pairs} == {0.25, 0.595, 1.414, 3.364, 8.0}
    assert {rate for _, rate in pairs} == {sign * rate for sign in (1, -1) for rate in (2.0, 5.04, 12.7, 32.0)}
    assert len(pairs) == 40


def test_log_initialisation_of_any_size() -> None:
    bank = log_spaced_filters(num_scales=3, num_rates=1, scale_range=(0.5, 8.0))
    np.testing.assert_allclose(bank.scale_cycles_per_octave, [0.5, 2.0, 8.0] * 2, rtol=1e-6)
    np.testing.assert_array_equal(bank.direction, [1.0] * 3 + [-1.0] * 3)
    with pytest.raises(InputError, match="0 scales and 4 rates make no filters"):
        log_spaced_filters(num_scales=0)


def test_random_initialisation_is_seeded_and_within_the_limits() -> None:
    bank = random_filters(jax.random.key(3), 2000, PAPER_CORTEX)
    again = random_filters(jax.random.key(3), 2000, PAPER_CORTEX)
    for value, other in zip(bank, again, strict=True):
        np.testing.assert_array_equal(value, other)
    for value, low in ((bank.scale_cycles_per_octave, 0.125), (bank.rate_hz, 0.5)):
        assert value.min() >= low
        assert value.max() <= 9.0
        assert value.mean() == pytest.approx((low + 9.0) / 2.0, abs=0.3)
    assert set(np.asarray(bank.direction).tolist()) == {1.0, -1.0}
    assert abs(float(bank.direction.mean())) < 0.1
    coordinates_of(bank, PAPER_CORTEX)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"frame_rate_hz": 100.0}, "100 frames a second tell the directions of at most 33.3 Hz apart"),
        ({"channels_per_octave": 12.0}, "12 channels per octave hold at most 6 cycles per octave"),
        ({"lowest_rate_hz": 0.0}, "must be positive and ascend"),
        ({"lowest_scale": float("nan")}, "must be positive and ascend"),
        ({"num_channels": 0}, "at least one channel"),
    ],
)
def test_limits_that_the_grid_cannot_hold_are_refused(change: dict[str, float], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        dataclasses.replace(PAPER_CORTEX, **change)  # type: ignore[arg-type]


def test_filters_outside_the_limits_are_refused() -> None:
    bank = log_spaced_filters(num_scales=1, num_rates=1, scale_range=(20.0, 20.0))
    with pytest.raises(InputError, match="The scale is 20 cyc/oct; allowed is"):
        coordinates_of(bank, PAPER_CORTEX)
    bank = log_spaced_filters(num_scales=1, num_rates=1, rate_range_hz=(0.1, 0.1))
    with pytest.raises(InputError, match=r"The rate is 0\.1 Hz; allowed is"):
        coordinates_of(bank, PAPER_CORTEX)
