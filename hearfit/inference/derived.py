"""Quantities that an ear implies: thresholds and equivalent bandwidths at the audiometric frequencies."""

from functools import cache, partial
from typing import Final, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from hearfit.frontend.cochlea import cochlea_of
from hearfit.frontend.erb_scale import normal_erb_hz
from hearfit.frontend.filterbank import tone_power
from hearfit.inference.ear_coordinates import channel_coordinates, ear_on_channels
from hearfit.listener.normal import AUDIOMETRIC_FREQUENCIES_HZ, NormalEar
from hearfit.listener.parameters import NUM_KNOTS, listener_at
from hearfit.observer.bandwidth import (
    NOISE_LEVEL_ABOVE_THRESHOLD_DB,
    NOTCH_WIDTHS,
    notched_noise_power,
    roex_bandwidth_ratio,
)
from hearfit.observer.threshold import steady_log_detectability, threshold_db_hl

# Sounds, each with its ear, whose thresholds one run of the only program works out: the notches of all frequencies.
_GROUP_SIZE: Final = NUM_KNOTS * len(NOTCH_WIDTHS)


class ToneThresholds(NamedTuple):
    """Threshold in dB HL at each audiometric frequency, and its derivative by every coordinate."""

    level_db_hl: Float[np.ndarray, " knots"]
    jacobian: Float[np.ndarray, "knots parameters"]


def tone_thresholds(
    positions: Float[Array, "draws parameters"], *, normal: NormalEar
) -> Float[np.ndarray, "draws knots"]:
    """Thresholds of long tones in quiet, in dB HL, for many ears. Call under `jax.enable_x64`."""
    ears, tones = np.asarray(positions), _tones(normal)
    found = _thresholds(
        np.repeat(ears, len(tones), axis=0), np.tile(tones, (len(ears), 1)), np.zeros((1, tones.shape[1])), normal
    )
    return found.reshape(len(ears), len(tones))


def threshold_sensitivities(position: Float[Array, " parameters"], *, normal: NormalEar) -> ToneThresholds:
    """Thresholds of one ear with derivatives by the implicit function theorem: -(d log d'/dx) / (d log d'/dL).

    Call under `jax.enable_x64`.
    """
    (levels,) = tone_thresholds(position[None], normal=normal)
    by_position, by_level = _evidence_slopes(position, jnp.asarray(levels), jnp.asarray(_tones(normal)), normal=normal)
    return ToneThresholds(levels, -np.asarray(by_position) / np.asarray(by_level)[:, None])


def equivalent_bandwidths_hz(
    positions: Float[np.ndarray, "draws parameters"], *, normal: NormalEar
) -> Float[np.ndarray, "draws knots"]:
    """Equivalent rectangular bandwidths by simulated notched noise. Call under `jax.enable_x64`."""
    tones, noises = _tones(normal), _noises(normal)
    num_knots, num_notches, num_channels = noises.shape
    quiet = tone_thresholds(jnp.asarray(positions), normal=normal)
    gain = 10.0 ** ((quiet + NOISE_LEVEL_ABOVE_THRESHOLD_DB) / 10.0)
    masked = _thresholds(
        np.repeat(positions, num_knots * num_notches, axis=0),
        np.tile(np.repeat(tones, num_notches, axis=0), (len(positions), 1)),
        (gain[:, :, None, None] * noises).reshape(-1, num_channels),
        normal,
    )
    frequency = np.array(AUDIOMETRIC_FREQUENCIES_HZ)
    ratio = roex_bandwidth_ratio(masked.reshape(-1, num_knots, num_notches), frequency)
    return np.asarray(ratio * normal_erb_hz(frequency))


def masked_thresholds(
    position: Float[np.ndarray, " parameters"],
    tones: Float[np.ndarray, "sounds channels"],
    maskers: Float[np.ndarray, "sounds channels"],
    *,
    normal: NormalEar,
) -> Float[np.ndarray, " sounds"]:
    """Thresholds in dB HL of long tones in steady maskers; `tones` is channel power at 0 dB HL, `maskers` as played.

    Call under `jax.enable_x64`.
    """
    return _thresholds(np.tile(position, (len(tones), 1)), tones, maskers, normal)


def _thresholds(
    positions: Float[np.ndarray, "sounds parameters"],
    tones: Float[np.ndarray, "sounds channels"],
    maskers: Float[np.ndarray, "#sounds channels"],
    normal: NormalEar,
) -> Float[np.ndarray, " sounds"]:
    """Threshold of each tone in its masker for its ear, in groups of one size: compiling takes longer than all runs."""
    num_sounds = len(tones)
    maskers = np.broadcast_to(maskers, tones.shape)
    found = []
    for start in range(0, num_sounds, _GROUP_SIZE):
        # The last group is filled up with its last sound.
        rows = np.minimum(np.arange(start, start + _GROUP_SIZE), num_sounds - 1)
        found.append(_group_thresholds(*jax.device_put((positions[rows], tones[rows], maskers[rows])), normal=normal))
    return np.concatenate([np.asarray(group) for group in found])[:num_sounds]


@partial(jax.jit, static_argnames="normal")
def _group_thresholds(
    positions: Float[Array, "sounds parameters"],
    tones: Float[Array, "sounds channels"],
    maskers: Float[Array, "sounds channels"],
    *,
    normal: NormalEar,
) -> Float[Array, " sounds"]:
    cochlea = cochlea_of(normal)

    def of_sound(
        position: Float[Array, " parameters"], tone: Float[Array, " channels"], masker: Float[Array, " channels"]
    ) -> Float[Array, ""]:
        ear, listener = ear_on_channels(channel_coordinates(position, cochlea)), listener_at(position)
        return threshold_db_hl(tone, masker, ear, listener.log_sensitivity, listener.log_masked_sensitivity, cochlea)

    return jax.vmap(of_sound)(positions, tones, maskers)


@partial(jax.jit, static_argnames="normal")
def _evidence_slopes(
    position: Float[Array, " parameters"],
    levels_db_hl: Float[Array, " knots"],
    tones: Float[Array, "knots channels"],
    *,
    normal: NormalEar,
) -> tuple[Float[Array, "knots parameters"], Float[Array, " knots"]]:
    """Derivatives of log d' of tones in quiet by every coordinate and by level."""
    cochlea = cochlea_of(normal)

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

    return jax.vmap(jax.grad(evidence, argnums=(0, 1)), in_axes=(None, 0, 0))(position, levels_db_hl, tones)


@cache
def _tones(normal: NormalEar) -> Float[np.ndarray, "knots channels"]:
    return tone_power(cochlea_of(normal).bank, np.array(AUDIOMETRIC_FREQUENCIES_HZ))


@cache
def _noises(normal: NormalEar) -> Float[np.ndarray, "knots notches channels"]:
    return np.stack([notched_noise_power(cochlea_of(normal).bank, f) for f in AUDIOMETRIC_FREQUENCIES_HZ])
