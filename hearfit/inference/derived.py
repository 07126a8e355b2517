"""Quantities that an ear implies: thresholds and equivalent bandwidths at the audiometric frequencies."""

from functools import cache, partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from hearfit.frontend.cochlea import cochlea_of
from hearfit.frontend.erb_scale import normal_erb_hz
from hearfit.frontend.filterbank import tone_power
from hearfit.inference.ear_coordinates import channel_coordinates, ear_on_channels
from hearfit.listener.normal import AUDIOMETRIC_FREQUENCIES_HZ, NormalEar
from hearfit.listener.parameters import listener_at
from hearfit.observer.bandwidth import NOISE_LEVEL_ABOVE_THRESHOLD_DB, notched_noise_power, roex_bandwidth_ratio
from hearfit.observer.threshold import steady_log_detectability, threshold_db_hl


class ToneThresholds(NamedTuple):
    """Threshold in dB HL at each audiometric frequency, and its derivative by every coordinate."""

    level_db_hl: Float[Array, " knots"]
    jacobian: Float[Array, "knots parameters"]


@partial(jax.jit, static_argnames="normal")
def tone_thresholds(positions: Float[Array, "draws parameters"], *, normal: NormalEar) -> Float[Array, "draws knots"]:
    """Thresholds of long tones in quiet, in dB HL, for many ears. Call under `jax.enable_x64`."""
    return jax.lax.map(lambda position: _quiet_thresholds(position, normal), positions)


@partial(jax.jit, static_argnames="normal")
def threshold_sensitivities(position: Float[Array, " parameters"], *, normal: NormalEar) -> ToneThresholds:
    """Thresholds of one ear with derivatives by the implicit function theorem: -(d log d'/dx) / (d log d'/dL)."""
    cochlea = cochlea_of(normal)
    levels = _quiet_thresholds(position, normal)

    def evidence(
        at: Float[Array, " parameters"], level: Float[Array, ""], tone: Float[Array, " channels"]
    ) -> Float[Array, ""]:
        ear = ear_on_channels(channel_coordinates(at, cochlea))
        silence, listener = jnp.zeros_like(tone), listener_at(at)
        return steady_log_detectability(
            10.0 ** (level / 10.0) * tone,
            silence,
            ear,
            listener.log_sensitivity,
            listener.log_masked_sensitivity,
            cochlea,
        )

    by_position, by_level = jax.vmap(jax.grad(evidence, argnums=(0, 1)), in_axes=(None, 0, 0))(
        position, levels, jnp.asarray(_tones(normal))
    )
    return ToneThresholds(levels, -by_position / by_level[:, None])


def equivalent_bandwidths_hz(
    positions: Float[np.ndarray, "draws parameters"], *, normal: NormalEar
) -> Float[np.ndarray, "draws knots"]:
    """Equivalent rectangular bandwidths by simulated notched noise. Call under `jax.enable_x64`."""
    masked = np.asarray(_thresholds_of_bandwidth(jnp.asarray(positions), normal=normal))
    frequency = np.array(AUDIOMETRIC_FREQUENCIES_HZ)
    ratio = roex_bandwidth_ratio(masked, frequency)
    return np.asarray(ratio * normal_erb_hz(frequency))


@partial(jax.jit, static_argnames="normal")
def masked_thresholds(
    position: Float[Array, " parameters"],
    tones: Float[Array, "sounds channels"],
    maskers: Float[Array, "sounds channels"],
    *,
    normal: NormalEar,
) -> Float[Array, " sounds"]:
    """Thresholds in dB HL of long tones in steady maskers; `tones` is channel power at 0 dB HL, `maskers` as played.

    Call under `jax.enable_x64`.
    """
    cochlea = cochlea_of(normal)
    ear, listener = ear_on_channels(channel_coordinates(position, cochlea)), listener_at(position)

    def of_sound(tone: Float[Array, " channels"], masker: Float[Array, " channels"]) -> Float[Array, ""]:
        return threshold_db_hl(tone, masker, ear, listener.log_sensitivity, listener.log_masked_sensitivity, cochlea)

    return jax.vmap(of_sound)(tones, maskers)


def _quiet_thresholds(position: Float[Array, " parameters"], normal: NormalEar) -> Float[Array, " knots"]:
    tones = jnp.asarray(_tones(normal))
    return masked_thresholds(position, tones, jnp.zeros_like(tones), normal=normal)


@partial(jax.jit, static_argnames="normal")
def _thresholds_of_bandwidth(
    positions: Float[Array, "draws parameters"], *, normal: NormalEar
) -> Float[Array, "draws knots notches"]:
    tones, noises = jnp.asarray(_tones(normal)), jnp.asarray(_noises(normal))
    _, num_notches, num_channels = noises.shape

    def of_ear(position: Float[Array, " parameters"]) -> Float[Array, "knots notches"]:
        quiet = _quiet_thresholds(position, normal)
        gain = 10.0 ** ((quiet + NOISE_LEVEL_ABOVE_THRESHOLD_DB) / 10.0)
        maskers = (gain[:, None, None] * noises).reshape(-1, num_channels)
        targets = jnp.repeat(tones, num_notches, axis=0)
        return masked_thresholds(position, targets, maskers, normal=normal).reshape(-1, num_notches)

    return jax.lax.map(of_ear, positions)


@cache
def _tones(normal: NormalEar) -> Float[np.ndarray, "knots channels"]:
    return tone_power(cochlea_of(normal).bank, np.array(AUDIOMETRIC_FREQUENCIES_HZ))


@cache
def _noises(normal: NormalEar) -> Float[np.ndarray, "knots notches channels"]:
    return np.stack([notched_noise_power(cochlea_of(normal).bank, f) for f in AUDIOMETRIC_FREQUENCIES_HZ])
