"""The mask network: its size, its reach in time, and what a mask of 1 does."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from hearfit.soundtasks.enhancement.design import DESIGN
from hearfit.soundtasks.enhancement.matched import build_network
from hearfit.soundtasks.enhancement.network import MaskNetwork, masked, si_sdr
from hearfit.soundtasks.enhancement.quality import si_sdr_db
from hearfit.soundtasks.enhancement.short_time_spectrum import SpectrumGrid
from hearfit.soundtasks.learned import num_learned
from hearfit.soundtasks.recipes import RECIPES

GRID = SpectrumGrid(512, 160)


def network(*, has_stem: bool) -> MaskNetwork:
    return MaskNetwork(None, num_channels=8, has_stem=has_stem, grid=GRID, design=DESIGN.network, rngs=nnx.Rngs(0))


def test_a_mask_of_one_gives_the_mixture(rng: np.random.Generator) -> None:
    mixture = rng.standard_normal((2, 1_600)).astype(np.float32)
    mask = jnp.ones((2, 10 + GRID.num_tail_frames, GRID.num_bins))
    np.testing.assert_allclose(np.asarray(masked(jnp.asarray(mixture), mask, GRID)), mixture, atol=2e-6)


@pytest.mark.parametrize("has_stem", [False, True])
def test_the_stated_number_of_parameters_is_what_there_is(has_stem: bool) -> None:
    stated = DESIGN.network.num_parameters(num_features=1, num_channels=8, num_bins=GRID.num_bins, has_stem=has_stem)
    assert num_learned(network(has_stem=has_stem)) == stated


def test_all_networks_learn_as_many_numbers_as_that_with_the_cortex() -> None:
    sizes = {name: num_learned(build_network(recipe, DESIGN.network, GRID, seed=0)) for name, recipe in RECIPES.items()}
    for name, size in sizes.items():
        assert size == pytest.approx(sizes["cortical"], rel=0.02), name


def test_a_mask_looks_no_further_ahead_than_stated(rng: np.random.Generator) -> None:
    # The gradient of a frame's mask with respect to later inputs: exactly zero behind the look-ahead, not before it.
    model = network(has_stem=False)
    ahead, frame = DESIGN.network.look_ahead_frames, 3
    inputs = jnp.asarray(rng.standard_normal((1, frame + ahead + 6, 8)), jnp.float32)
    gradient = np.asarray(jax.jit(jax.grad(lambda x: jnp.sum(model(x)[0, frame])))(inputs))[0]
    assert not gradient[frame + ahead + 1 :].any()
    assert gradient[frame + ahead].any()


def test_masks_lie_within_their_range(rng: np.random.Generator) -> None:
    inputs = jnp.asarray(100.0 * rng.standard_normal((1, 20, 8)), jnp.float32)
    mask = np.asarray(nnx.jit(lambda model, given: model(given))(network(has_stem=True), inputs))
    assert mask.shape == (1, 20, GRID.num_bins)
    assert mask.min() >= 0.0
    assert mask.max() <= 1.0


def test_the_differentiable_ratio_is_the_scored_one(rng: np.random.Generator) -> None:
    speech, noise = rng.standard_normal((2, 3, 4_000)).astype(np.float32)
    estimate = 0.3 * (speech + 0.5 * noise)
    found = np.asarray(si_sdr(jnp.asarray(estimate), jnp.asarray(speech)))
    np.testing.assert_allclose(found, [si_sdr_db(e, s) for e, s in zip(estimate, speech, strict=True)], atol=1e-3)
    # Finite at the ends, where the scored one is not.
    assert np.isfinite(
        np.asarray(jax.grad(lambda e: jnp.sum(si_sdr(e, jnp.asarray(speech))))(jnp.asarray(speech)))
    ).all()
