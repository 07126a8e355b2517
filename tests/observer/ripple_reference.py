"""Detectability of a moving ripple by the cortical stage itself, run frame by frame on whole sounds."""

import jax
import jax.numpy as jnp
import numpy as np

from hearfit.experiment.rippled_noise import Ripple, ripple_gains, ripple_power
from hearfit.frontend.cochlea import (
    EarParameters,
    cochlea_of,
    internal_representation,
    relative_excitation,
)
from hearfit.frontend.cortex import cortical_magnitude, silent_past
from hearfit.frontend.cortex_parameters import ModulationFilters
from hearfit.frontend.erb_scale import erb_number
from hearfit.frontend.integration import leaky_weights
from hearfit.listener.normal import NORMAL
from hearfit.observer.ripples import cortex_of

COCHLEA = cochlea_of(NORMAL)
TRANSDUCER = "HDA200"
MAGNITUDE = jax.jit(cortical_magnitude, static_argnames="design")


def detectability_of_the_cortex(
    ripple: Ripple, depth_db: float, ear: EarParameters, *, level_db_hl: float, duration_s: float
) -> float:
    """D' from whole sounds: the leaky integrator and the cortical stage run frame by frame, 200 a second.

    The integrator has reached its periodic state; the cortex begins with the sound. What it makes of the steady noise
    is taken away before.
    """
    design, frame_s = cortex_of(COCHLEA), 1.0 / 200.0
    frames_per_period, num_frames = round(200.0 / abs(ripple.rate_hz)), round(200.0 * duration_s)
    terms = ripple_power(ripple, frames_per_period, transducer=TRANSDUCER, normal=NORMAL)
    before = 2 * frames_per_period
    periods = -(-(num_frames + before) // frames_per_period)
    leak = leaky_weights(np.full(periods * frames_per_period, frame_s), time_constant_s=NORMAL.time_constant_s)
    octave = np.arange(design.num_channels) / design.channels_per_octave
    pictures = []
    for depth in (depth_db, np.nan):
        power = np.tensordot(ripple_gains(np.array([level_db_hl]), np.array([depth]))[0], terms, axes=1)
        excitation = relative_excitation(jnp.asarray(np.tile(power, (periods, 1))), jnp.asarray(leak), ear, COCHLEA)
        representation = np.asarray(internal_representation(excitation, ear, COCHLEA))
        pictures.append(_smooth_interpolation(representation, octave)[before : before + num_frames])
    filters = ModulationFilters(
        jnp.array([ripple.density_per_octave]), jnp.array([abs(ripple.rate_hz)]), jnp.array([np.sign(ripple.rate_hz)])
    )
    difference = jnp.asarray(pictures[0] - pictures[1])[None]
    past = silent_past(1, batch=1, design=design)
    energy = np.asarray(MAGNITUDE(difference, filters, design, past)[0])[0, 0] ** 2
    per_octave = np.gradient(erb_number(COCHLEA.frequency_hz[0] * 2.0**octave), octave)
    at_each = np.sum((energy * per_octave / NORMAL.sensitivity**2) ** 2, axis=1) / design.channels_per_octave
    window = NORMAL.detection_window_s
    memory = np.exp(-frame_s * np.arange(num_frames)[::-1] / window) * frame_s
    return float(np.sqrt(memory @ at_each / (abs(ripple.rate_hz) * ripple.density_per_octave)))


def _smooth_interpolation(representation: np.ndarray, octave: np.ndarray) -> np.ndarray:
    """Lagrange polynomials through the six nearest channels, over the number of the channel."""
    exact = (erb_number(COCHLEA.frequency_hz[0] * 2.0**octave) - NORMAL.lowest_cam) / NORMAL.spacing_cam
    first = np.clip(np.floor(exact).astype(int) - 2, 0, 70 - 6)
    total = np.zeros((len(representation), len(octave)))
    for own in range(6):
        weight = np.ones(len(octave))
        for other in range(6):
            if other != own:
                weight = weight * (exact - first - other) / (own - other)
        total += representation[:, first + own] * weight
    return total
