"""How strongly each spectrotemporal modulation is present in a spectrogram: the rate-scale picture of a sound."""

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from hearfit.frontend.cortex import Past, cortical_magnitude, silent_past
from hearfit.frontend.cortex_parameters import CortexDesign, ModulationFilters


def modulation_energy(
    spectrogram: Float[np.ndarray, "frames channels"],
    weights: Float[np.ndarray, "channels log_channels"],
    filters: ModulationFilters,
    design: CortexDesign,
    *,
    chunk_frames: int,
    progress: Callable[[float], None],
) -> Float[np.ndarray, "filters log_channels"]:
    """Mean square of every filter's magnitude over time, at each channel; squared units of the spectrogram.

    `weights` bring the spectrogram to the design's channels (`log_frequency_weights`). Works in chunks of frames with a
    carried state, so memory does not grow with duration. `progress` is told the share
    that is done.
    """
    num_frames = len(spectrogram)
    num_filters = len(filters.rate_hz)
    past = silent_past(num_filters, batch=1, design=design)
    total = np.zeros((num_filters, design.num_channels))
    for start in range(0, num_frames, chunk_frames):
        chunk = spectrogram[start : start + chunk_frames] @ weights
        # Silence after the end keeps to one compiled program; its answers are left out.
        padded = np.pad(chunk, ((0, chunk_frames - len(chunk)), (0, 0)))
        is_heard = np.arange(chunk_frames) < len(chunk)
        energy, past = _chunk_energy(jnp.asarray(padded), jnp.asarray(is_heard), filters, past, design=design)
        total += np.asarray(energy, np.float64)
        progress(min(start + chunk_frames, num_frames) / num_frames)
    return total / max(num_frames, 1)


@partial(jax.jit, static_argnames="design")
def _chunk_energy(
    chunk: Float[Array, "frames channels"],
    is_heard: Array,
    filters: ModulationFilters,
    past: Past,
    *,
    design: CortexDesign,
) -> tuple[Float[Array, "filters channels"], Past]:
    magnitude, past = cortical_magnitude(chunk[None], filters, design, past)
    power = jnp.where(is_heard[None, :, None], magnitude[0] ** 2, 0.0)
    return jnp.sum(power, axis=1), past


def log_frequency_weights(
    frequency_hz: Float[np.ndarray, " channels"], *, lowest_hz: float, channels_per_octave: float, num_channels: int
) -> Float[np.ndarray, "channels log_channels"]:
    """Linear interpolation, over log frequency, from channels anywhere to evenly spaced ones: spectrogram @ weights.

    Scales are cycles per octave, so the cortical filters need this axis; beyond the outermost channels it is constant.
    """
    wanted = np.log2(lowest_hz) + np.arange(num_channels) / channels_per_octave
    return np.stack([np.interp(wanted, np.log2(frequency_hz), row) for row in np.eye(len(frequency_hz))])
