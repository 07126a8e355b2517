"""Rates and scales of filters: by hand, and against the peak of a kernel's spectrum."""

import math

import jax.numpy as jnp
import numpy as np
import pytest

from hearfit.errors import InputError
from hearfit.frontend.constant_q import ConstantQDesign
from hearfit.frontend.cortex_parameters import ModulationFilters
from hearfit.learnable.biomimetic import BiomimeticDesign, BiomimeticFrontend
from hearfit.learnable.cortical import CorticalLayer, cortex_design
from hearfit.learnable.gabor_strf import GaborFilters, GaborLayer, gabor_kernel
from hearfit.learnable.interface import Chain, FrameLayout
from hearfit.learnable.modulation_space import ScaleUnit, channel_density, gabor_modulations, modulation_space

LOG = FrameLayout(16_000.0, 160, tuple(200.0 * 2.0 ** (np.arange(40) / 8.0)), 0.0)


def gabors(modulation: list[float], orientation: list[float]) -> GaborFilters:
    width = jnp.full(len(modulation), 8.0)
    return GaborFilters(width, width, jnp.asarray(orientation), jnp.asarray(modulation))


def test_rates_and_scales_by_hand() -> None:
    # A period of 20 frames of 10 ms is 5 Hz; one of 16 channels, 8 to an octave, half a cycle per octave.
    bank = gabors([2.0 * math.pi / 20.0, 2.0 * math.pi / 16.0], [0.0, math.pi / 2.0])
    space = gabor_modulations(bank, LOG)
    np.testing.assert_allclose(space.rate_hz, [5.0, 0.0], atol=1e-5)
    np.testing.assert_allclose(space.scale, [0.0, 0.5], atol=1e-6)
    assert space.scale_unit is ScaleUnit.PER_OCTAVE


@pytest.mark.parametrize("orientation", [0.4, 2.2, -0.7, -2.6])
def test_the_point_is_the_peak_of_the_kernels_spectrum(orientation: float) -> None:
    # Independent truth: the two-dimensional Fourier transform of the real kernel, folded to positive scales.
    bank = gabors([0.8], [orientation])
    kernel = np.asarray(jnp.real(gabor_kernel(bank, half_frames=40, half_channels=40)))[0]
    # fft2 has exp(-i ...), as cos 2 pi (w t + s f) has its peak at (w, s) and at (-w, -s).
    spectrum = np.abs(np.fft.fft2(kernel, (512, 512)))[:, :256]
    rate_bin, scale_bin = np.unravel_index(np.argmax(spectrum), spectrum.shape)
    space = gabor_modulations(bank, LOG)
    assert space.rate_hz[0] == pytest.approx(np.fft.fftfreq(512, 0.01)[rate_bin], abs=0.3)
    assert space.scale[0] == pytest.approx(scale_bin / 512 * 8.0, abs=0.03)
    assert space.scale[0] >= 0.0


@pytest.mark.parametrize(
    ("centre_hz", "density", "unit"),
    [
        (np.array(LOG.centre_frequencies_hz), 8.0, ScaleUnit.PER_OCTAVE),
        (np.arange(1, 20) * 250.0, 4.0, ScaleUnit.PER_KILOHERTZ),
        (700.0 * (10.0 ** (np.linspace(100.0, 2800.0, 64) / 2595.0) - 1.0), 1.0, ScaleUnit.PER_CHANNEL),
    ],
)
def test_units_of_the_frequency_axis(centre_hz: np.ndarray, density: float, unit: ScaleUnit) -> None:
    found = channel_density(tuple(centre_hz))
    assert found[0] == pytest.approx(density)
    assert found[1] is unit


def test_of_a_whole_frontend_before_and_after_a_change() -> None:
    channels = ConstantQDesign(lowest_hz=440.0, channels_per_octave=4, num_channels=8)
    cochlea = BiomimeticFrontend(BiomimeticDesign(channels=channels), is_learned=False)
    chain = Chain(cochlea, GaborLayer(gabors([0.5, 0.9], [0.3, -0.5]), frame_rate_hz=100.0))
    before = modulation_space(chain)
    assert before.scale_unit is ScaleUnit.PER_OCTAVE
    np.testing.assert_allclose(before.rate_hz[0], 0.5 * math.cos(0.3) / (2.0 * math.pi) * 100.0, rtol=1e-4)
    # The second has a negative scale, so both signs are turned.
    np.testing.assert_allclose(before.rate_hz[1], -0.9 * math.cos(0.5) / (2.0 * math.pi) * 100.0, rtol=1e-4)
    assert isinstance(chain.layer, GaborLayer)
    chain.layer.modulation[...] = chain.layer.modulation[...] + 0.5
    assert np.all(np.abs(modulation_space(chain).rate_hz) > np.abs(before.rate_hz))
    bank = ModulationFilters(jnp.asarray([0.5, 1.0]), jnp.asarray([4.0, 8.0]), jnp.asarray([1.0, -1.0]))
    cortical = Chain(cochlea, CorticalLayer(bank, cortex_design(cochlea.layout), is_learned=True))
    space = modulation_space(cortical)
    np.testing.assert_allclose(space.rate_hz, [4.0, -8.0], rtol=1e-5)
    np.testing.assert_allclose(space.scale, [0.5, 1.0], rtol=1e-5)
    with pytest.raises(InputError, match="no modulation filters"):
        modulation_space(cochlea)
