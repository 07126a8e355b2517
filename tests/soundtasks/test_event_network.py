"""The network of the event tasks against loops written out, and what it must not depend on."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from hearfit.learnable.interface import Frontend
from hearfit.soundtasks.events.description import FRONTENDS
from hearfit.soundtasks.events.frontends import event_frontend, stages_of
from hearfit.soundtasks.events.network import (
    NUM_MAPS,
    BothDirections,
    CausalConvolution,
    EventNetwork,
    EventReadout,
    FeatureScale,
)
from hearfit.soundtasks.learned import num_learned


def readout(num_channels: int = 6, num_maps: int = NUM_MAPS, *, is_framewise: bool = True) -> EventReadout:
    scale = FeatureScale(np.full((num_channels, num_maps), 0.5), np.full((num_channels, num_maps), 2.0))
    return EventReadout(scale, 3, nnx.Rngs(0), is_framewise=is_framewise)


def sigmoid(x: np.ndarray) -> np.ndarray:
    return np.asarray(1.0 / (1.0 + np.exp(-x)))


def test_recurrence_is_the_loop(rng: np.random.Generator) -> None:
    # Truth: the gated recurrent unit of Cho et al. (2014) step by step, each direction on its own; a masked frame
    # leaves the state as it is.
    module = BothDirections(3, 2, nnx.Rngs(1))
    module.bias[...] = jnp.asarray(rng.standard_normal((2, 6)), jnp.float32)
    features = rng.standard_normal((2, 7, 3)).astype(np.float32)
    mask = np.array([[1, 1, 1, 1, 1, 1, 1], [0, 1, 1, 0, 1, 0, 0]], np.float32)
    drive, recurrence, bias = (np.asarray(part[...]) for part in (module.drive, module.recurrence, module.bias))
    wanted = np.zeros((2, 7, 4))
    for item in range(2):
        for direction, frames in enumerate((range(7), range(6, -1, -1))):
            state = np.zeros(2)
            for frame in frames:
                if mask[item, frame]:
                    driven = features[item, frame] @ drive[direction] + bias[direction]
                    past = state @ recurrence[direction]
                    reset, update = sigmoid(driven[:2] + past[:2]), sigmoid(driven[2:4] + past[2:4])
                    state = update * state + (1.0 - update) * np.tanh(driven[4:] + reset * past[4:])
                wanted[item, frame, 2 * direction : 2 * direction + 2] = state
    np.testing.assert_allclose(module(jnp.asarray(features), jnp.asarray(mask)), wanted, atol=1e-5)


def test_convolution_is_the_sum_and_looks_back_alone(rng: np.random.Generator) -> None:
    # Truth: the sum over kernel, frames back and channels around, written out for one place.
    module = CausalConvolution(1, 2, nnx.Rngs(0))
    features = rng.standard_normal((1, 9, 8, 1)).astype(np.float32)
    kernel = np.asarray(module.kernel[...])
    wanted = sum(
        features[0, 6 - back, 3 + aside, 0] * kernel[4 - back, 2 + aside, 0]
        for back in range(5)
        for aside in range(-2, 3)
    )
    np.testing.assert_allclose(module(jnp.asarray(features))[0, 6, 3], wanted, atol=1e-5)
    gradient = jax.grad(lambda x: jnp.sum(module(x)[:, :5]))(jnp.asarray(features))
    assert not np.asarray(gradient)[:, 5:].any()


@pytest.mark.parametrize("is_framewise", [True, False])
def test_what_is_not_heard_changes_nothing(rng: np.random.Generator, *, is_framewise: bool) -> None:
    module = readout(is_framewise=is_framewise)
    features = rng.standard_normal((2, 12, 6, NUM_MAPS)).astype(np.float32)
    heard = np.zeros((2, 12), np.float32)
    heard[:, :8] = 1.0
    other = features.copy()
    other[:, 8:] = 100.0
    first, second = (np.asarray(module(jnp.asarray(each), jnp.asarray(heard))) for each in (features, other))
    if is_framewise:
        first, second = first[:, :8], second[:, :8]
    np.testing.assert_array_equal(first, second)
    assert first.shape == ((2, 8, 3) if is_framewise else (2, 3))


def test_channels_need_not_be_a_multiple_of_those_pooled(rng: np.random.Generator) -> None:
    features = rng.standard_normal((1, 4, 7, 1)).astype(np.float32)
    assert readout(7, 1)(jnp.asarray(features), jnp.ones((1, 4))).shape == (1, 4, 3)


@pytest.fixture(scope="module")
def frontends() -> dict[str, Frontend]:
    return {name: event_frontend(name, 0) for name in [each.name for each in FRONTENDS]}


def network_behind(frontend: Frontend) -> EventNetwork:
    learned = stages_of(frontend).learned
    num_maps = 1 if learned is None else getattr(learned, "num_maps", frontend.layout.num_maps)
    return EventNetwork(learned, readout(frontend.layout.num_channels, num_maps))


def test_numbers_learned_are_matched(frontends: dict[str, Frontend]) -> None:
    networks = {name: network_behind(frontend) for name, frontend in frontends.items()}
    totals = {name: num_learned(network) for name, network in networks.items()}
    assert max(totals.values()) < 1.03 * min(totals.values()), totals
    learned = {name: num_learned(network.frontend) for name, network in networks.items()}
    # Truth: 4 numbers for each of 18 Gabor filters, 2 for each of 18 cortical ones, one time constant a channel, and
    # LEAF's centre, width, pooling and four numbers of PCEN a channel.
    assert learned == {
        "cnn": 0,
        "gabor": 72,
        "cortical": 36,
        "frozen": 0,
        "cochlea": 0,
        "adaptation": 40,
        "leaf": 7 * 40,
    }


def test_what_is_fixed_is_apart(frontends: dict[str, Frontend]) -> None:
    for name, is_fixed, is_rest in (("cnn", True, False), ("gabor", True, True), ("leaf", False, True)):
        stages = stages_of(frontends[name])
        assert (stages.fixed is not None, stages.learned is not None) == (is_fixed, is_rest)
        assert stages.fixed is None or not num_learned(stages.fixed)


def test_frontends_of_the_study_have_one_grid(frontends: dict[str, Frontend]) -> None:
    layouts = [frontend.layout for frontend in frontends.values()]
    grids = {(layout.sampling_rate_hz, layout.hop_samples, layout.num_channels) for layout in layouts}
    assert grids == {(16_000.0, 160, 40)}
