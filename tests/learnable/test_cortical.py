"""The cortical stage as a layer: causality, tuning to a ripple of known rate and scale, initialisations, training."""

import itertools
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from hearfit.errors import InputError
from hearfit.frontend.cortex_parameters import ModulationFilters, log_spaced_filters
from hearfit.learnable.cortical import CorticalLayer, CorticalOutput, CorticalStart, cortex_design, initial_filters
from hearfit.learnable.interface import FrameLayout
from tests.learnable.frontend_contract import (
    check_bounds_under_training,
    check_difference,
    check_every_parameter_is_reached,
    check_exact_causality,
    check_prefix,
    evaluate,
    features_of,
)

CHANNELS = 24
LAYOUT = FrameLayout(16_000.0, 160, tuple(440.0 * 2.0 ** (np.arange(CHANNELS) / 6.0)), 0.01)
DESIGN = cortex_design(LAYOUT, block_frames=10)


@cache
def layer(output: CorticalOutput = CorticalOutput.REAL) -> CorticalLayer:
    """Made once: nobody may change it."""
    start = initial_filters(4, DESIGN, start=CorticalStart.RANDOM, seed=3)
    return CorticalLayer(start, DESIGN, is_learned=True, output=output)


@pytest.mark.parametrize("output", list(CorticalOutput))
def test_causality_prefix_and_a_gradient_of_every_parameter(output: CorticalOutput, rng: np.random.Generator) -> None:
    spectrogram = rng.uniform(0.0, 1.0, (2, 60, CHANNELS))
    found = evaluate(layer(output), spectrogram)
    check_exact_causality(found, step=1)
    check_every_parameter_is_reached(found, {"scale", "rate"})
    if output is CorticalOutput.REAL:
        check_prefix(layer(output), spectrogram, found, step=1, frames=(23,), atol=1e-5)


def test_a_ripple_excites_the_filter_tuned_to_it_most() -> None:
    # Independent truth: the ripple's own rate, scale and direction.
    tuned = list(itertools.product((0.5, 1.5), (4.0, 12.0), (1.0, -1.0)))
    bank = ModulationFilters(*(jnp.asarray(column, jnp.float32) for column in zip(*tuned, strict=True)))
    layer = CorticalLayer(bank, DESIGN, is_learned=False, output=CorticalOutput.MAGNITUDE)
    time_s, octaves = np.arange(200)[:, None] / 100.0, np.arange(CHANNELS)[None, :] / 6.0
    ripples = np.stack([np.cos(2.0 * np.pi * (w * d * time_s + scale * octaves)) for scale, w, d in tuned])
    magnitude = features_of(layer, ripples)[:, 100:, 8:16].mean(axis=(1, 2))
    np.testing.assert_array_equal(np.argmax(magnitude, axis=1), np.arange(len(tuned)))


def test_the_grid_of_the_paper_and_of_twenty_filters() -> None:
    layout = FrameLayout(16_000.0, 80, tuple(179.7 * 2.0 ** (np.arange(129) / 24.0)), 0.01)
    design = cortex_design(layout)
    assert (design.highest_scale, design.highest_rate_hz) == (12.0, 64.0)
    for found, expected in zip(
        initial_filters(40, design, start=CorticalStart.LOG, seed=0), log_spaced_filters(), strict=True
    ):
        np.testing.assert_allclose(found, expected)
    lean = initial_filters(20, DESIGN, start=CorticalStart.LOG, seed=0)
    assert len(set(np.asarray(lean.rate_hz).tolist())) == 2
    # At 6 channels an octave and 100 frames a second a scale of 8 and a rate of 64 do not exist.
    assert DESIGN.highest_scale == pytest.approx(3.0)
    assert DESIGN.highest_rate_hz == pytest.approx(100.0 / 3.0)
    # At a limit itself nothing would be learned.
    assert float(lean.scale_cycles_per_octave.max()) == pytest.approx(0.8 * DESIGN.highest_scale)
    assert float(lean.rate_hz.max()) == pytest.approx(0.8 * DESIGN.highest_rate_hz)
    first, again, other = (initial_filters(7, DESIGN, start=CorticalStart.RANDOM, seed=s) for s in (1, 1, 2))
    np.testing.assert_array_equal(first.rate_hz, again.rate_hz)
    assert np.any(np.asarray(first.rate_hz) != np.asarray(other.rate_hz))


def test_a_gradient_is_that_of_finite_differences(rng: np.random.Generator) -> None:
    with jax.enable_x64(True):
        start = ModulationFilters(*(jnp.asarray([value, 1.3 * value], jnp.float64) for value in (0.7, 4.0, 1.0)))
        start = start._replace(direction=jnp.asarray([1.0, -1.0], jnp.float64))
        layer = CorticalLayer(start, DESIGN, is_learned=True)
        read = {"scale": lambda stage: stage.cortex.scale, "rate": lambda stage: stage.cortex.rate}
        check_difference(layer, read, rng.uniform(0.0, 1.0, (1, 20, CHANNELS)), index=1)


@pytest.mark.usefixtures("standard_promotion")
def test_no_training_leaves_the_limits(rng: np.random.Generator, seed: int) -> None:
    start = initial_filters(4, DESIGN, start=CorticalStart.RANDOM, seed=3)
    layer = CorticalLayer(start, DESIGN, is_learned=True)
    check_bounds_under_training(layer, rng.uniform(0.0, 1.0, (1, 20, CHANNELS)), seed=seed)


def test_a_frozen_cortex_has_nothing_to_learn() -> None:
    start = initial_filters(4, DESIGN, start=CorticalStart.RANDOM, seed=3)
    frozen = CorticalLayer(start, DESIGN, is_learned=False)
    assert not nnx.to_flat_state(nnx.state(frozen, nnx.Param))
    assert frozen.parameters == ()
    assert frozen.values() == {}


def test_the_latency_is_that_of_the_slowest_filter() -> None:
    bank = ModulationFilters(*(jnp.asarray([value], jnp.float32) for value in (0.5, 2.0, 1.0)))
    layer = CorticalLayer(bank, DESIGN, is_learned=False, output=CorticalOutput.MAGNITUDE)
    click = jnp.zeros((1, 120, CHANNELS)).at[:, 10].set(1.0)
    response = features_of(layer, click)[0, :, CHANNELS // 2, 0]
    # The terms that take out the mean hasten the greatest response a little.
    assert layer.latency_s == pytest.approx(2.0 / 3.5 / 2.0)
    assert (np.argmax(response) - 10) / 100.0 == pytest.approx(layer.latency_s, rel=0.3)


def test_what_cannot_be_is_refused() -> None:
    mel = FrameLayout(16_000.0, 160, tuple(np.linspace(100.0, 7000.0, 20)), 0.01)
    with pytest.raises(InputError, match="equal steps of log frequency"):
        cortex_design(mel)
    with pytest.raises(InputError, match="5 cortical filters were asked for"):
        initial_filters(5, DESIGN, start=CorticalStart.LOG, seed=0)
