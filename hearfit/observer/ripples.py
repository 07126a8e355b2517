"""From the internal representation of a moving ripple to the evidence of it: the cortical filter tuned to that ripple.

The steady noise that carries the ripple gives the cortical filters nothing to answer to but its random fluctuations,
and the phase of the ripple is random. So the listener has the energy of a filter's output to go by (Green & Swets 1966,
chapter 8), in noise with a flat modulation spectrum (Dau et al. 1997) that passes through the same filter. In as many
independent looks as its bandwidths allow in a second and an octave, of which each adds (energy / noise)^2 to d'^2,

    d'^2 = T / (rate x density) x integral of (|response|^2 / noise)^2 over octaves,

because filters of constant quality let through noise in proportion to rate and density. The noise is independent from
Cam to Cam, as in detection; how large it is, is part of the listener's sensitivity to ripples. So d' grows with the
square of the modulation, as it does for listeners who detect amplitude modulation of noise.
"""

from dataclasses import replace
from functools import lru_cache

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from scipy.interpolate import CubicSpline

from hearfit.frontend.cochlea import Cochlea, cochlea_of
from hearfit.frontend.cortex import gain_after_onset, scale_matrices
from hearfit.frontend.cortex_parameters import PAPER_CORTEX, CortexDesign, ModulationFilters
from hearfit.frontend.erb_scale import erb_number
from hearfit.listener.normal import NormalEar

# Keeps the logarithm and its gradient finite where there is no ripple.
_SMALLEST = 1e-20
_KEPT = 2
_scale_matrices = jax.jit(scale_matrices, static_argnames="design")
_gain_after_onset = jax.jit(gain_after_onset, static_argnames=("design", "num_frames"))


def cortex_of(cochlea: Cochlea) -> CortexDesign:
    """The grid of the published cortex, from the lowest to the highest channel of this cochlea."""
    octaves = float(np.log2(cochlea.frequency_hz[-1] / cochlea.frequency_hz[0]))
    return replace(PAPER_CORTEX, num_channels=int(octaves * PAPER_CORTEX.channels_per_octave) + 1)


@lru_cache(maxsize=64)
def scale_response(density_per_octave: float, *, normal: NormalEar) -> Float[np.ndarray, "2 channels log_channels"]:
    """Real and imaginary part of the matrix from the phasors of the channels to the response of a scale filter.

    Channels are brought to the even spacing in octaves of the cortex by cubic splines: between channels that are a
    third of a ripple apart, straight lines would halve its energy. Of the filter's output every second channel is kept,
    12 in an octave: its energy varies slowly. It is in units of the noise there, for noise of unit density per Cam.
    Call under `jax.enable_x64`.
    """
    cochlea = cochlea_of(normal)
    design = cortex_of(cochlea)
    octave = np.arange(design.num_channels) / design.channels_per_octave
    channels = CubicSpline(np.log2(cochlea.frequency_hz / cochlea.frequency_hz[0]), np.eye(len(cochlea.frequency_hz)))
    filters = _scale_matrices(jax.device_put(np.array([float(density_per_octave)])), design)
    per_octave = np.gradient(erb_number(cochlea.frequency_hz[0] * 2.0**octave), octave)
    matrices = np.stack([np.asarray(filters.real[0]), np.asarray(filters.imaginary[0])])
    return np.asarray(channels(octave).T @ matrices * np.sqrt(per_octave))[:, :, ::_KEPT]


@lru_cache(maxsize=512)
def listening_s(rate_hz: float, duration_s: float, *, normal: NormalEar) -> float:
    """Seconds of the full response that an exponential memory holds when a ripple ends. Call under `jax.enable_x64`.

    Looks count as their squared energies, hence the fourth power of the filter's gain since the onset.
    """
    frame_s, window_s = 1.0 / PAPER_CORTEX.frame_rate_hz, normal.detection_window_s
    num_frames = max(1, round(duration_s / frame_s))
    one = ModulationFilters(*jax.device_put((np.ones(1), np.array([abs(float(rate_hz))]), np.ones(1))))
    gain = np.asarray(_gain_after_onset(one, PAPER_CORTEX, num_frames))[0]
    remembered = np.exp(-frame_s / window_s * np.arange(num_frames)[::-1])
    return float(window_s * -np.expm1(-frame_s / window_s) * np.sum(remembered * gain**4))


def looks(rate_hz: float, density_per_octave: float, duration_s: float, *, normal: NormalEar) -> float:
    """The factor T / (rate x density) of d'^2, per channel of `scale_response`. Under `jax.enable_x64`."""
    seconds = listening_s(rate_hz, duration_s, normal=normal)
    return seconds * _KEPT / (abs(rate_hz) * density_per_octave * PAPER_CORTEX.channels_per_octave)


def log_ripple_detectability(
    representation: Float[Array, "frames channels"],
    phase_rad: Float[Array, " frames"],
    response: Float[Array, "2 channels log_channels"],
    num_looks: Float[Array, ""],
    *,
    sensitivity: float,
) -> Float[Array, ""]:
    """Natural logarithm of d' of a ripple, from one period of the representation in equal frames.

    The filter answers to the fundamental of the ripple, whose phasors are the means over the period of the
    representation times exp(-i phase); the harmonics that compression adds lie beside its scale and rate.

    Args:
        representation: of one period, in steady state.
        phase_rad: of the ripple in each frame.
        response: of `scale_response`.
        num_looks: of `looks`.
        sensitivity: standard deviation of the noise in one second and Cam.
    """
    share = 1.0 / len(phase_rad)
    cosine, sine = share * (jnp.cos(phase_rad) @ representation), share * (jnp.sin(phase_rad) @ representation)
    energy = (cosine @ response[0] + sine @ response[1]) ** 2 + (cosine @ response[1] - sine @ response[0]) ** 2
    return 0.5 * jnp.log(num_looks * jnp.sum(energy**2) + _SMALLEST) - 2.0 * jnp.log(sensitivity)
