"""The paper's cochlea as a frontend: causality, the level law in closed form, the published tone, training."""

import dataclasses
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from hearfit.errors import InputError
from hearfit.frontend.constant_q import ConstantQDesign
from hearfit.frontend.frame_integration import FrameSampling
from hearfit.frontend.module import PAPER_EXPONENT
from hearfit.learnable.biomimetic import (
    LEAN_CHANNELS,
    REFERENCE_LEVEL_DB_SPL,
    BiomimeticDesign,
    BiomimeticFrontend,
    evenly_spaced,
)
from hearfit.learnable.output_compression import OutputCompression
from hearfit.levels import pascal_from_db_spl
from tests.frontend.golden_stimuli import (
    GOLDEN_PEAK_CHANNEL,
    GOLDEN_TONE,
    GOLDEN_TONE_CHANNELS,
    GOLDEN_TONE_FRAME,
    stimulus,
)
from tests.frontend.reference_paper import LEAK_GAIN
from tests.learnable.frontend_contract import (
    check_bounds_under_training,
    check_difference,
    check_every_parameter_is_reached,
    check_exact_causality,
    check_prefix,
    evaluate,
    features_of,
)

SMALL = BiomimeticDesign(
    channels=ConstantQDesign(lowest_hz=440.0, channels_per_octave=4, num_channels=8),
    frame_s=0.005,
    exponent=0.6,
    inhibition=0.7,
)
HOP = 80
RMS_PA = float(pascal_from_db_spl(np.array(REFERENCE_LEVEL_DB_SPL)))


@cache
def learning() -> BiomimeticFrontend:
    """Made once: nobody may change it."""
    return BiomimeticFrontend(SMALL, is_learned=True)


@cache
def uncompressed(exponent: float = SMALL.exponent) -> BiomimeticFrontend:
    """One structure, so that it is compiled once: the exponent is a number of the cochlea, not of the design."""
    frontend = BiomimeticFrontend(
        dataclasses.replace(SMALL, output_compression=OutputCompression.NONE), is_learned=False
    )
    frontend.cochlea.exponent[...] = jnp.asarray(PAPER_EXPONENT.coordinate(np.full(8, exponent)), jnp.float32)
    return frontend


def noise(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """In pascal, at the reference level."""
    return RMS_PA * rng.standard_normal(shape)


@pytest.mark.parametrize("sampling", list(FrameSampling))
def test_causality_prefix_and_a_gradient_of_every_parameter(sampling: FrameSampling, rng: np.random.Generator) -> None:
    # The test of deepSTRF: 60 frames, and a Jacobian of exact zeros behind the 30th.
    frontend = BiomimeticFrontend(dataclasses.replace(SMALL, sampling=sampling), is_learned=True)
    sound = noise(rng, 2, 60 * HOP)
    found = evaluate(frontend, sound)
    check_exact_causality(found, step=HOP)
    check_prefix(frontend, sound, found, step=HOP, frames=(23,), atol=1e-5)
    check_every_parameter_is_reached(found, {"exponent", "inhibition", "time_constant"})


@pytest.mark.parametrize("exponent", [0.3, 0.7, 1.0])
def test_doubling_the_pressure_scales_the_output_by_2_to_the_exponent(
    exponent: float, rng: np.random.Generator
) -> None:
    # Closed form: inhibition and integration are linear, and the rectifier keeps a scale.
    frontend = uncompressed(exponent)
    sound = noise(rng, 1, 40 * HOP)
    soft, loud = features_of(frontend, np.concatenate([sound, 2.0 * sound]))
    np.testing.assert_allclose(loud, 2.0**exponent * soft, rtol=2e-3, atol=1e-6)


def test_the_published_tone_at_the_reference_level() -> None:
    # Famularo et al. 2024 at RMS 1: channels 56 to 64 for a tone of 1 kHz. In pascal it has 65 dB SPL here.
    design = BiomimeticDesign(
        channels=ConstantQDesign(),
        frame_s=0.005,
        sampling=FrameSampling.POINT,
        output_compression=OutputCompression.NONE,
    )
    frontend = BiomimeticFrontend(design, is_learned=False)
    frame = features_of(frontend, RMS_PA * stimulus("tone")[None])[0, GOLDEN_TONE_FRAME, :, 0] * LEAK_GAIN
    assert np.argmax(frame) == GOLDEN_PEAK_CHANNEL
    np.testing.assert_allclose(frame[GOLDEN_TONE_CHANNELS], GOLDEN_TONE, rtol=0.05)


@pytest.mark.parametrize("kind", [OutputCompression.LOG, OutputCompression.CUBE_ROOT])
def test_compression_of_the_output_is_monotone_and_keeps_silence(
    kind: OutputCompression, rng: np.random.Generator
) -> None:
    bent = BiomimeticFrontend(dataclasses.replace(SMALL, output_compression=kind), is_learned=False)
    # The second sound is silent.
    sound = noise(rng, 2, 40 * HOP) * np.array([1.0, 0.0])[:, None]
    response, features = (features_of(frontend, sound) for frontend in (uncompressed(), bent))
    expected = (
        np.log(1.0 + 100.0 * response)
        if kind is OutputCompression.LOG
        else np.cbrt(100.0 * response + 0.1) - 0.1 ** (1 / 3)
    )
    np.testing.assert_allclose(features, expected, rtol=1e-4, atol=1e-5)
    assert np.abs(features[1]).max() < 1e-6


def test_a_gradient_is_that_of_finite_differences(rng: np.random.Generator) -> None:
    with jax.enable_x64(True):
        frontend = BiomimeticFrontend(SMALL, is_learned=True)
        check_difference(frontend, {"exponent": lambda stage: stage.cochlea.exponent}, noise(rng, 1, 12 * HOP), index=3)


@pytest.mark.usefixtures("standard_promotion")
def test_no_training_leaves_physiology(rng: np.random.Generator, seed: int) -> None:
    frontend = BiomimeticFrontend(SMALL, is_learned=True)
    check_bounds_under_training(frontend, noise(rng, 1, 10 * HOP), seed=seed)


def test_a_frozen_cochlea_has_nothing_to_learn(rng: np.random.Generator) -> None:
    frontend = BiomimeticFrontend(SMALL, is_learned=False)
    assert not nnx.to_flat_state(nnx.state(frontend, nnx.Param))
    assert frontend.parameters == ()
    assert frontend.values() == {}
    sound = noise(rng, 2, 40 * HOP)
    np.testing.assert_array_equal(features_of(frontend, sound), features_of(learning(), sound))


@pytest.mark.parametrize("sampling", list(FrameSampling))
def test_the_layout_says_what_comes_out_and_when(sampling: FrameSampling) -> None:
    design = dataclasses.replace(SMALL, output_compression=OutputCompression.NONE, sampling=sampling)
    frontend = BiomimeticFrontend(design, is_learned=False)
    layout = frontend.layout
    assert (layout.hop_samples, layout.num_channels, layout.num_maps) == (HOP, 8, 1)
    # The click is half way into frame 2; the slowest channel's greatest frame ends within a frame of the latency.
    click = np.zeros((2, 40 * HOP))
    click[0, int(2.5 * HOP)] = 100.0 * RMS_PA
    features = features_of(frontend, click)
    assert features.shape == (2, 40, 8, 1)
    end_s = (np.argmax(features[0, :, 0, 0]) + 1) * 0.005
    assert abs(end_s - 2.5 * 0.005 - layout.latency_s) <= 0.010


def test_48_khz_for_animals_that_hear_so_high(rng: np.random.Generator) -> None:
    channels = evenly_spaced(500.0, 20_000.0, 34)
    frontend = BiomimeticFrontend(BiomimeticDesign(48_000.0, channels, frame_s=0.005), is_learned=False)
    centre_hz = frontend.layout.centre_frequencies_hz
    np.testing.assert_allclose([centre_hz[0], centre_hz[-1]], [500.0, 20_000.0])
    tone = RMS_PA * np.sqrt(2.0) * np.sin(2.0 * np.pi * 19_900.0 * np.arange(4800) / 48_000.0)
    features = features_of(frontend, tone[None])
    assert features.shape == (1, 20, 34, 1)
    assert np.argmax(features[0, -1, :, 0]) == 33


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(InputError, match="not a whole number of frames"):
        learning()(jnp.zeros((1, HOP + 1)))
    with pytest.raises(InputError, match="sampling at 8000 Hz carries"):
        BiomimeticFrontend(BiomimeticDesign(8_000.0, LEAN_CHANNELS), is_learned=False)
    with pytest.raises(InputError, match=r"The exponent is 2"):
        BiomimeticFrontend(dataclasses.replace(SMALL, exponent=2.0), is_learned=True)
