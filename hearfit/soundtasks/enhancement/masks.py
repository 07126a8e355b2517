"""Masks that know the speech: what a real mask on the mixture's spectra can reach at best."""

from enum import StrEnum, unique
from typing import Final

import jax.numpy as jnp
from jaxtyping import Array, Complex, Float

HIGHEST_MASK: Final = 1.0
"""Masks lie from 0 to this, those of the network as well as those of the oracles."""

_SMALLEST: Final = 1e-30


@unique
class OracleMask(StrEnum):
    """The ideal ratio mask (Srinivasan et al. 2006) and the ideal phase-sensitive one (Erdogan et al. 2015)."""

    RATIO = "oracle ratio mask"
    PHASE_SENSITIVE = "oracle phase-sensitive mask"


def oracle_mask(
    speech: Complex[Array, "*shape"], noise: Complex[Array, "*shape"], kind: OracleMask
) -> Float[Array, "*shape"]:
    """The mask for spectra of speech S and noise N as they are in the mixture X = S + N.

    Ratio: sqrt(|S|^2 / (|S|^2 + |N|^2)). Phase-sensitive: Re(S / X), of all real masks the one whose spectra are the
    closest to the speech's. Both are kept within 0 and `HIGHEST_MASK`. Where there is nothing the mask is 0.
    """
    if kind is OracleMask.RATIO:
        power = _power(speech)
        return jnp.sqrt(power / jnp.maximum(power + _power(noise), _SMALLEST))
    mixture = speech + noise
    along = jnp.real(speech * jnp.conj(mixture))
    return jnp.clip(along / jnp.maximum(_power(mixture), _SMALLEST), 0.0, HIGHEST_MASK)


def _power(spectrum: Complex[Array, "*shape"]) -> Float[Array, "*shape"]:
    return jnp.real(spectrum) ** 2 + jnp.imag(spectrum) ** 2
