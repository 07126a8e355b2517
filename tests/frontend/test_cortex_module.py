"""The cortical stage in a training loop: parameters, gradients, and a cochlea before it."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from hearfit.errors import InputError
from hearfit.frontend.constant_q import ConstantQDesign
from hearfit.frontend.cortex import cortical_response, silent_past
from hearfit.frontend.cortex_module import CochleaAndCortex, Cortex
from hearfit.frontend.cortex_parameters import PAPER_CORTEX, log_spaced_filters
from hearfit.frontend.presets import listener, narrowed, paper
from hearfit.listener.normal import NORMAL

FEW = ConstantQDesign(lowest_hz=440.0, channels_per_octave=6, num_channels=12)
DESIGN = dataclasses.replace(PAPER_CORTEX, num_channels=12, channels_per_octave=6.0, highest_scale=3.0)
FILTERS = log_spaced_filters(num_scales=2, num_rates=1, scale_range=(0.5, 2.0))


@pytest.mark.slow
def test_is_the_function_at_the_initial_filters(rng: np.random.Generator) -> None:
    spectrogram = jnp.asarray(rng.uniform(0.0, 1.0, (2, 30, 12)), jnp.float32)
    expected, _ = cortical_response(spectrogram, FILTERS, DESIGN, silent_past(4, batch=2, design=DESIGN))
    cortex = Cortex(FILTERS, DESIGN)
    np.testing.assert_allclose(cortex(spectrogram), expected, atol=1e-5)
    np.testing.assert_allclose(cortex.values()["rate"], FILTERS.rate_hz, rtol=1e-5)
    first, past = cortex.stream(spectrogram[:, :7], cortex.initial_state(2))
    second, _ = cortex.stream(spectrogram[:, 7:], past)
    np.testing.assert_allclose(np.concatenate([first, second], axis=2), expected, atol=1e-5)


@pytest.mark.slow
def test_scales_and_rates_are_learned_and_nothing_else() -> None:
    cortex = Cortex(FILTERS, DESIGN)
    assert set(nnx.state(cortex, nnx.Param)) == {"scale", "rate"}
    spectrogram = jax.random.uniform(jax.random.key(1), (1, 60, 12))
    target = Cortex(log_spaced_filters(num_scales=2, num_rates=1, scale_range=(0.7, 2.5)), DESIGN)(spectrogram)

    @nnx.jit
    def step(cortex: Cortex) -> jax.Array:
        loss, gradient = nnx.value_and_grad(lambda cortex: jnp.mean((cortex(spectrogram) - target) ** 2))(cortex)
        parameters = nnx.state(cortex, nnx.Param)
        nnx.update(cortex, jax.tree.map(lambda value, slope: value - 1000.0 * slope, parameters, gradient))
        return loss

    losses = [float(step(cortex)) for _ in range(20)]
    assert losses[-1] < 0.5 * losses[0]


@pytest.mark.slow
def test_a_cochlea_before_it(rng: np.random.Generator) -> None:
    cochlea = paper(design=FEW)
    module = CochleaAndCortex(cochlea, Cortex(FILTERS, DESIGN))
    waveform = jnp.asarray(rng.standard_normal((2, 1600)), jnp.float32)
    spectrogram, response = nnx.jit(lambda module, waveform: module(waveform))(module, waveform)
    assert (spectrogram.shape, response.shape) == ((2, 20, 12), (2, 4, 20, 12))
    np.testing.assert_allclose(response, module.cortex(cochlea(waveform)), atol=1e-4)


def test_a_cochlea_of_another_grid_is_refused() -> None:
    cortex = Cortex(FILTERS, DESIGN)
    with pytest.raises(InputError, match="has 13 channels and 200 frames a second, but the cortex is made for 12"):
        CochleaAndCortex(paper(design=dataclasses.replace(FEW, num_channels=13)), cortex)
    constants = narrowed(NORMAL, 16_000.0)
    ear = listener(16_000.0, normal=constants)
    design = dataclasses.replace(DESIGN, num_channels=len(ear.centre_frequencies_hz))
    with pytest.raises(InputError, match="scales are cycles per octave"):
        CochleaAndCortex(ear, Cortex(FILTERS, design))
