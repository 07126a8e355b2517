"""Sounds through a network or through a reference, and their scores."""

from collections.abc import Callable
from functools import cache, partial
from typing import Final

import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, Float

from hearfit.learnable.interface import Frontend
from hearfit.soundtasks.blocks import in_blocks
from hearfit.soundtasks.enhancement.data import SAMPLING_RATE_HZ, Mixtures
from hearfit.soundtasks.enhancement.description import DESCRIPTION, UNTOUCHED
from hearfit.soundtasks.enhancement.masks import OracleMask, oracle_mask
from hearfit.soundtasks.enhancement.network import MaskNetwork, masked
from hearfit.soundtasks.enhancement.quality import estoi, si_sdr_db
from hearfit.soundtasks.enhancement.short_time_spectrum import SpectrumGrid, spectra
from hearfit.soundtasks.recipes import RECIPES

# Sounds at once.
_BATCH: Final = 10


def inputs_of(
    frontend: str, mixture: Float[np.ndarray, "sounds samples"], grid: SpectrumGrid
) -> Float[np.ndarray, "sounds ..."]:
    """What the network of this frontend takes: sounds with a tail of silence, or their fixed spectrograms."""
    fixed = RECIPES[frontend].fixed
    if fixed is None:
        return np.asarray(grid.with_tail(mixture))
    spectrogram = _spectrogram(fixed)
    return in_blocks(lambda sounds: spectrogram(grid.with_tail(sounds)), mixture, size=_BATCH)


def enhanced(model: MaskNetwork, frontend: str, mixtures: Mixtures) -> Float[np.ndarray, "sounds samples"]:
    """The network's estimates of the speech."""
    return estimates_of(model, inputs_of(frontend, mixtures.mixture, model.grid), mixtures.mixture)


def reference_estimates(reference: str, mixtures: Mixtures, grid: SpectrumGrid) -> Float[np.ndarray, "sounds samples"]:
    """The mixture itself, or through a mask that knows the speech."""
    if reference == UNTOUCHED:
        return mixtures.mixture
    speech = spectra(mixtures.speech, grid)
    noise = spectra(mixtures.mixture - mixtures.speech, grid)
    return np.asarray(masked(jnp.asarray(mixtures.mixture), oracle_mask(speech, noise, OracleMask(reference)), grid))


def scores_of(estimates: Float[np.ndarray, "sounds samples"], mixtures: Mixtures) -> dict[str, tuple[float, ...]]:
    """Every metric of the description for every mixture."""
    found = np.array([si_sdr_db(one, speech) for one, speech in zip(estimates, mixtures.speech, strict=True)])
    before = np.array([si_sdr_db(one, speech) for one, speech in zip(mixtures.mixture, mixtures.speech, strict=True)])
    understood = [
        estoi(one, speech, sampling_rate_hz=SAMPLING_RATE_HZ)
        for one, speech in zip(estimates, mixtures.speech, strict=True)
    ]
    values = {"si_sdr_improvement": found - before, "si_sdr": found, "estoi": np.array(understood)}
    assert values.keys() == {metric.name for metric in DESCRIPTION.metrics}, "the description has other metrics"
    return {metric: tuple(each.tolist()) for metric, each in values.items()}


@cache
def _spectrogram(fixed: Callable[[], Frontend]) -> Callable[[Float[Array, "batch samples"]], Array]:
    frontend = fixed()
    return nnx.jit(lambda sounds: frontend(sounds)[..., 0])


# One function for all validations: a new one would be compiled anew.
@nnx.jit
def _enhance(network: MaskNetwork, inputs: Float[Array, "batch ..."], mixture: Float[Array, "batch samples"]) -> Array:
    return network.enhance(inputs, mixture)


def estimates_of(
    model: MaskNetwork, inputs: Float[np.ndarray, "sounds ..."], mixture: Float[np.ndarray, "sounds samples"]
) -> Float[np.ndarray, "sounds samples"]:
    """The network's estimates of the speech from the inputs of its frontend."""
    return in_blocks(partial(_enhance, model), inputs, mixture, size=_BATCH)
