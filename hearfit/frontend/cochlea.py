"""The listener's cochlea: channel power in, internal representation out; all stages in order.

filterbank power -> attenuation and compression -> lateral inhibition -> leaky integration -> internal representation.
"""

from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from hearfit.frontend.compression import (
    NEPER_PER_DB,
    BrokenStick,
    broken_stick_level_db,
    level_db,
    log_broken_stick_amplitude,
    log_compressed_amplitude,
)
from hearfit.frontend.filterbank import FilterbankDesign, tone_power
from hearfit.frontend.integration import leaky_integration
from hearfit.frontend.lateral_inhibition import lateral_inhibition, surround_matrix
from hearfit.listener.normal import CompressionFamily, NormalEar

_EXCITATION_FLOOR = 1e-6


class EarParameters(NamedTuple):
    """What differs from ear to ear, one value a channel.

    With the family BROKEN_STICK `exponent` is that of the power law with the same threshold: alpha_0 / (1 - g / L_A)
    for a loss of gain g.
    """

    exponent: Float[Array, " channels"]
    attenuation_db: Float[Array, " channels"]
    inhibition: Float[Array, " channels"]


@dataclass(frozen=True)
class Cochlea:
    """What is the same in every ear, derived once from the constants.

    `inhibition_of_tone` is the surround average relative to the centre for a tone at the channel's own frequency in a
    normal ear: with it, inhibition changes selectivity and not the sensitivity to a tone.
    """

    normal: NormalEar
    bank: FilterbankDesign
    frequency_hz: Float[np.ndarray, " channels"]
    surround: Float[np.ndarray, "channels channels"]
    inhibition_of_tone: Float[np.ndarray, " channels"]
    log_threshold: float


def build_cochlea(normal: NormalEar) -> Cochlea:
    """The fixed part of the model for these constants."""
    bank = FilterbankDesign(
        lowest_cam=normal.lowest_cam,
        highest_cam=normal.highest_cam,
        spacing_cam=normal.spacing_cam,
        bandwidth_factor=normal.bandwidth_factor,
    )
    frequency_hz = bank.centre_frequencies_hz
    surround = surround_matrix(
        len(frequency_hz),
        spacing_cam=normal.spacing_cam,
        inner_cam=normal.surround_inner_cam,
        outer_cam=normal.surround_outer_cam,
    )
    compressed = tone_power(bank, frequency_hz) ** (normal.compression_exponent / 2.0)
    return Cochlea(
        normal=normal,
        bank=bank,
        frequency_hz=frequency_hz,
        surround=surround,
        inhibition_of_tone=np.sum(surround * compressed, axis=1),
        log_threshold=normal.threshold_correction + _log_healthy_amplitude(normal),
    )


@cache
def cochlea_of(normal: NormalEar) -> Cochlea:
    """As `build_cochlea`, built once for each set of constants."""
    return build_cochlea(normal)


def normal_parameters(cochlea: Cochlea) -> EarParameters:
    """The normal ear's parameters on the channels."""
    ones = jnp.ones(len(cochlea.frequency_hz))
    return EarParameters(
        exponent=cochlea.normal.compression_exponent * ones,
        attenuation_db=0.0 * ones,
        inhibition=cochlea.normal.inhibition * ones,
    )


def log_amplitude(
    channel_level_db: Float[Array, "frames channels"], ear: EarParameters, normal: NormalEar
) -> Float[Array, "frames channels"]:
    """Natural logarithm of the compressed amplitude re that of a healthy channel at the anchor, by the ear's family."""
    if normal.compression is CompressionFamily.POWER:
        return log_compressed_amplitude(
            channel_level_db,
            exponent=ear.exponent,
            attenuation_db=ear.attenuation_db,
            anchor_db=normal.anchor_db_hl,
        )
    return log_broken_stick_amplitude(
        channel_level_db,
        gain_loss_db=gain_loss_db(ear.exponent, normal),
        attenuation_db=ear.attenuation_db,
        stick=broken_stick(normal),
    )


def gain_loss_db(exponent: Float[Array, " channels"], normal: NormalEar) -> Float[Array, " channels"]:
    """Loss of gain at threshold that an exponent stands for: L_A (1 - alpha_0/alpha) dB."""
    return normal.anchor_db_hl * (1.0 - normal.compression_exponent / exponent)


def broken_stick(normal: NormalEar) -> BrokenStick:
    """The healthy broken stick of these constants."""
    return BrokenStick(normal.compression_exponent, normal.knee_db_hl, normal.anchor_db_hl)


def relative_excitation(
    power: Float[Array, "frames channels"],
    weights: Float[Array, "frames frames"] | None,
    ear: EarParameters,
    cochlea: Cochlea,
) -> Float[Array, "frames channels"]:
    """Compressed, inhibited and smoothed amplitude in units of its threshold value: z/z_0, not negative.

    `power` is in units of the normal threshold (1 is 0 dB HL); `weights` from `leaky_weights`, or None for a steady
    state.
    """
    amplitude = jnp.exp(log_amplitude(level_db(power), ear, cochlea.normal) - cochlea.log_threshold)
    inhibited = lateral_inhibition(
        amplitude, strength=ear.inhibition, surround=jnp.asarray(cochlea.surround, amplitude.dtype)
    )
    smoothed = inhibited if weights is None else leaky_integration(inhibited, weights)
    # A tone at the channel's own frequency keeps its level whatever the strength: inhibition is no gain.
    of_tone = jnp.asarray(cochlea.inhibition_of_tone, amplitude.dtype)
    return smoothed / (1.0 - ear.inhibition * of_tone)[None, :]


def internal_representation(
    excitation: Float[Array, "frames channels"], ear: EarParameters, cochlea: Cochlea
) -> Float[Array, "frames channels"]:
    """What detection reads: log(1 + (z/z_0)^p), nearly zero far below threshold, proportional to dB far above.

    p = sharpness alpha_0 / alpha, so that it grows alike with the level of the sound in every ear: the slope of a
    psychometric function is then no evidence of compression, which tone detection must not pretend to know. With p = 1
    it is the plain log1p of a compressed amplitude, whose psychometric functions would span tens of decibels. In other
    words, p log(z/z_0) is proportional to the decibels by which a sound exceeds the threshold of the channel; that is
    what it is with the family BROKEN_STICK, where no one exponent holds for all levels.
    """
    return jax.nn.softplus(log_audibility(excitation, ear, cochlea))


def log_audibility(
    excitation: Float[Array, "frames channels"], ear: EarParameters, cochlea: Cochlea
) -> Float[Array, "frames channels"]:
    """Logarithm of (z/z_0)^p: how far a sound lies above threshold, as steep in its level in every ear."""
    normal = cochlea.normal
    # The power of exactly zero has no finite gradient for p < 1; the floor lies far below anything that is heard.
    log_excitation = jnp.log(excitation + _EXCITATION_FLOOR)
    if normal.compression is CompressionFamily.POWER:
        sharpness = normal.threshold_sharpness * normal.compression_exponent / ear.exponent
        return sharpness[None, :] * log_excitation
    lost_db, stick = gain_loss_db(ear.exponent, normal), broken_stick(normal)
    at_threshold = jnp.full_like(log_excitation[:1], cochlea.log_threshold)
    above_threshold_db = broken_stick_level_db(
        log_excitation + cochlea.log_threshold, gain_loss_db=lost_db, stick=stick
    ) - broken_stick_level_db(at_threshold, gain_loss_db=lost_db, stick=stick)
    per_db = normal.threshold_sharpness * normal.compression_exponent * NEPER_PER_DB
    return per_db * above_threshold_db


def loudness_density(excitation: Float[Array, "frames channels"], cochlea: Cochlea) -> Float[Array, "frames channels"]:
    """What loudness sums: amplitude above threshold, (1 + (z/z_0)^s)^(1/s) - 1; vanishes for inaudible channels."""
    sharpness = cochlea.normal.threshold_sharpness
    # The gradient of a power at exactly zero is 0 * inf; the outer branch is exact there, the inner keeps it finite.
    is_excited = excitation > 0.0
    log_excitation = jnp.log(jnp.where(is_excited, excitation, 1.0))
    return jnp.where(is_excited, jnp.expm1(jax.nn.softplus(sharpness * log_excitation) / sharpness), 0.0)


def _log_healthy_amplitude(normal: NormalEar) -> float:
    """Natural logarithm of the amplitude of a healthy channel at 0 dB HL re that at the anchor."""
    if normal.compression is CompressionFamily.POWER:
        return -NEPER_PER_DB * normal.compression_exponent * normal.anchor_db_hl
    return NEPER_PER_DB * (broken_stick(normal).largest_gain_db - normal.anchor_db_hl)
