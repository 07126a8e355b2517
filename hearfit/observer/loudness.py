"""Total loudness, and the loudness category that a normal ear would give to it.

A listener's total loudness is translated into the level at which a normal ear has the same total loudness for the same
stimulus, and that level into categorical units by the normal loudness-growth curve.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from hearfit.frontend.cochlea import (
    Cochlea,
    EarParameters,
    loudness_density,
    normal_parameters,
    relative_excitation,
)
from hearfit.listener.loudness_growth import normal_category_cu
from hearfit.observer.splines import MonotoneSpline, monotone_spline

# Total loudness this small (in threshold units) is silence; keeps the logarithm finite.
_SMALLEST_LOUDNESS = (
    1e-30  # The lowest level still has a loudness above the smallest one at every audiometric frequency.
)
NORMAL_LEVELS_DB_HL = np.arange(-50.0, 151.0, 2.0)


def log_total_loudness(
    power: Float[Array, "frames channels"],
    duration_s: Float[Array, " frames"],
    weights: Float[Array, "frames frames"],
    ear: EarParameters,
    cochlea: Cochlea,
) -> Float[Array, ""]:
    """Natural logarithm of loudness density summed over ERB numbers and averaged over time."""
    density = loudness_density(relative_excitation(power, weights, ear, cochlea), cochlea)
    instantaneous = cochlea.normal.spacing_cam * jnp.sum(density, axis=-1)
    return jnp.log(jnp.sum(duration_s * instantaneous) / jnp.sum(duration_s) + _SMALLEST_LOUDNESS)


def normal_growth(
    power: Float[Array, "frames channels"],
    duration_s: Float[Array, " frames"],
    weights: Float[Array, "frames frames"],
    cochlea: Cochlea,
) -> Float[Array, " levels"]:
    """Log total loudness of a normal ear at each of `NORMAL_LEVELS_DB_HL`, for power given at 0 dB HL."""
    ear = normal_parameters(cochlea)
    gains = jnp.asarray(10.0 ** (NORMAL_LEVELS_DB_HL / 10.0), power.dtype)
    return jax.vmap(lambda gain: log_total_loudness(gain * power, duration_s, weights, ear, cochlea))(gains)


def category_spline(log_loudness: Float[np.ndarray, " levels"], frequency_hz: float) -> MonotoneSpline:
    """Log total loudness to categorical units (CU, unbounded), from `normal_growth` of the same stimulus."""
    return monotone_spline(log_loudness, normal_category_cu(NORMAL_LEVELS_DB_HL, frequency_hz))
