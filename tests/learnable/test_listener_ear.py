"""The listener's ear as a frontend: causality, what a loss takes from soft speech, the axis for the cortex."""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from hearfit.audiology.audiogram import Ear
from hearfit.audiology.bisgaard import standard_audiogram
from hearfit.errors import InputError
from hearfit.frontend.cochlea import EarParameters, cochlea_of
from hearfit.frontend.constant_q import ConstantQDesign
from hearfit.inference.ear_coordinates import channel_coordinates, ear_on_channels
from hearfit.inference.simulate import normal_position, thresholds_at_knots
from hearfit.learnable.listener_ear import ListenerDesign, ListenerFrontend, carried_constants
from hearfit.learnable.output_compression import OutputCompression
from hearfit.levels import pascal_from_db_spl
from hearfit.listener.parameters import NUM_KNOTS
from tests.learnable.frontend_contract import check_exact_causality, check_prefix, evaluate, features_of

DESIGN = ListenerDesign(frame_s=0.005)
HOP = 80


def impaired() -> EarParameters:
    """An ear with the thresholds of N3 (Bisgaard et al. 2010) and the normal division of a loss."""
    constants = carried_constants(16_000.0)
    position = normal_position(constants)
    position[NUM_KNOTS : 2 * NUM_KNOTS] = thresholds_at_knots(standard_audiogram("N3"), Ear.RIGHT)
    return ear_on_channels(channel_coordinates(jnp.asarray(position, jnp.float32), cochlea_of(constants)))


@cache
def normal_ear() -> ListenerFrontend:
    """Made once: nobody may change it."""
    return ListenerFrontend(DESIGN)


def noise(rng: np.random.Generator, level_db_spl: float, samples: int) -> np.ndarray:
    """With the long-term spectrum of speech, roughly: -9 dB an octave above 500 Hz."""
    spectrum = np.fft.rfft(rng.standard_normal(samples))
    frequency_hz = np.fft.rfftfreq(samples, 1.0 / 16_000.0)
    sound = np.fft.irfft(spectrum * (1.0 + (frequency_hz / 500.0) ** 2) ** -0.75, samples)
    return sound[None] / np.sqrt(np.mean(sound**2)) * float(pascal_from_db_spl(np.array(level_db_spl)))


def test_causality_and_prefix(rng: np.random.Generator) -> None:
    sound = noise(rng, 65.0, 60 * HOP)
    found = evaluate(normal_ear(), sound)
    check_exact_causality(found, step=HOP)
    check_prefix(normal_ear(), sound, found, step=HOP, frames=(23,), atol=1e-4)


def test_an_ear_with_a_loss_gets_less_of_soft_speech_and_catches_up(rng: np.random.Generator) -> None:
    # Recruitment: the loss of excitation shrinks from 45 dB SPL, where much is inaudible, to 95 dB SPL.
    other = ListenerFrontend(DESIGN, ear=impaired())
    means = {}
    for level in (45.0, 95.0):
        sound = noise(rng, level, 40 * HOP)
        healthy, lossy = (features_of(ear, sound)[0, 20:, :, 0] for ear in (normal_ear(), other))
        above_1_khz = np.array(normal_ear().layout.centre_frequencies_hz) > 1000.0
        assert np.all(lossy.mean(axis=0)[above_1_khz] < healthy.mean(axis=0)[above_1_khz])
        means[level] = lossy[:, above_1_khz].mean() / healthy[:, above_1_khz].mean()
    assert means[45.0] < 0.5
    assert means[95.0] > means[45.0] + 0.2


def test_an_axis_of_octaves(rng: np.random.Generator) -> None:
    # Interpolation over log frequency, done again by NumPy.
    axis = ConstantQDesign(lowest_hz=200.0, channels_per_octave=6, num_channels=25)
    frontend = ListenerFrontend(ListenerDesign(frame_s=0.005, axis=axis))
    sound = noise(rng, 65.0, 40 * HOP)
    plain, even = features_of(normal_ear(), sound), features_of(frontend, sound)
    assert frontend.layout.num_channels == even.shape[2] == 25
    expected = np.interp(
        np.log2(axis.centre_frequencies_hz),
        np.log2(np.array(normal_ear().layout.centre_frequencies_hz)),
        plain[0, -1, :, 0],
    )
    np.testing.assert_allclose(even[0, -1, :, 0], expected, rtol=1e-4)


def test_it_learns_only_when_asked() -> None:
    assert not nnx.to_flat_state(nnx.state(normal_ear(), nnx.Param))
    assert normal_ear().values() == {}
    learning = ListenerFrontend(ListenerDesign(output_compression=OutputCompression.NONE), is_learned=True)
    assert len(nnx.to_flat_state(nnx.state(learning, nnx.Param))) == len(learning.parameters) == 4
    assert learning.layout.hop_samples == 160


def test_what_does_not_fit_is_refused() -> None:
    short = jax.tree.map(lambda values: values[:-3], impaired())
    with pytest.raises(InputError, match="Make the ear on `carried_constants`"):
        ListenerFrontend(DESIGN, ear=short)
    with pytest.raises(InputError, match="An axis from 20 to"):
        ListenerFrontend(ListenerDesign(axis=ConstantQDesign(20.0, 6, 24)))
