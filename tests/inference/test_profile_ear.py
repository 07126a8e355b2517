"""The ear of a fitted profile hears any sound: its parameters on the channels are those of the profile."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from hearfit.audiology.audiogram import Ear
from hearfit.errors import InputError
from hearfit.frontend.cochlea import cochlea_of
from hearfit.frontend.presets import listener
from hearfit.inference.profile_ear import ear_of_profile
from hearfit.listener.normal import AUDIOMETRIC_FREQUENCIES_HZ, NORMAL
from hearfit.listener.parameters import DEFAULT_PRIOR, NUM_KNOTS, NUM_PARAMETERS, PARAMETER_NAMES, listener_at
from hearfit.listener.profile import Posterior, Profile
from tests.reports.example_profile import example_profile


def profile_at(mode: np.ndarray) -> Profile:
    flat = tuple(map(tuple, np.eye(NUM_PARAMETERS).tolist()))
    return replace(example_profile(Ear.LEFT), posterior=Posterior(PARAMETER_NAMES, tuple(mode.tolist()), flat))


def test_channels_at_audiometric_frequencies_have_the_parameters_of_the_profile(rng: np.random.Generator) -> None:
    # Truth: the listener at the mode, at its knots; the channel nearest each is at most half a step of 0.5 Cam away.
    mode = DEFAULT_PRIOR.mean.copy()
    mode[NUM_KNOTS : 2 * NUM_KNOTS] += np.linspace(-10.0, 40.0, NUM_KNOTS)
    ear, knots = ear_of_profile(profile_at(mode)), listener_at(jnp.asarray(mode, jnp.float32))
    frequency = cochlea_of(NORMAL).frequency_hz
    nearest = [int(np.argmin(np.abs(np.log(frequency / f)))) for f in AUDIOMETRIC_FREQUENCIES_HZ]
    np.testing.assert_allclose(np.asarray(ear.exponent)[nearest], knots.exponent, rtol=0.03)
    np.testing.assert_allclose(np.asarray(ear.attenuation_db)[nearest], knots.attenuation_db, atol=0.6)
    np.testing.assert_allclose(np.asarray(ear.inhibition)[nearest], knots.inhibition, rtol=0.02)


@pytest.mark.slow
def test_a_worse_ear_is_excited_less_by_the_same_sound() -> None:
    # Truth: a loss of 40 dB leaves a tone of 60 dB SPL audible, and weaker than in an ear without loss.
    good, poor = DEFAULT_PRIOR.mean.copy(), DEFAULT_PRIOR.mean.copy()
    good[NUM_KNOTS : 2 * NUM_KNOTS], poor[NUM_KNOTS : 2 * NUM_KNOTS] = 0.0, 40.0
    time_s = np.arange(6400) / 32_000.0
    tone = jnp.asarray(0.02 * np.sqrt(2.0) * np.sin(2.0 * np.pi * 1000.0 * time_s), jnp.float32)
    peaks = [
        float(jax.jit(listener(32_000.0, ear=ear_of_profile(profile_at(mode))))(tone).max()) for mode in (good, poor)
    ]
    assert peaks[0] > 2.0 * peaks[1] > 2.0


def test_a_profile_with_other_parameters_is_refused() -> None:
    with pytest.raises(InputError, match="other parameters than this version"):
        ear_of_profile(replace(example_profile(Ear.LEFT), posterior=Posterior(("x",), (0.0,), ((1.0,),))))
