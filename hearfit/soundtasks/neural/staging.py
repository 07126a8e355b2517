"""What of a frontend can be computed once: all that training does not change, up to the first stage that it does."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, Float

from hearfit.learnable.interface import Chain, Features, Frontend, Layer
from hearfit.soundtasks.learned import num_learned

# Sounds, spectrograms or features.
Inputs = Float[Array, "batch ..."]
# Five seconds of sound in so many channels are some hundred megabytes on their way.
_SOUNDS_AT_ONCE = 2


class Given(nnx.Module):
    """Stands for a frontend whose features were computed before."""

    def __call__(self, features: Features) -> Features:
        """What it is given."""
        return features


class Staged(NamedTuple):
    """A frontend in two parts: `fixed` of the waveform, then `learned` of what that gives."""

    fixed: Callable[[Float[Array, "batch samples"]], Inputs]
    learned: Given | Layer | Frontend


def staged(frontend: Frontend) -> Staged:
    """All that is fixed at the beginning of a frontend, and the rest, which shares its variables."""
    if num_learned(frontend) == 0:
        return Staged(frontend, Given())
    if isinstance(frontend, Chain) and num_learned(frontend.frontend) == 0:
        base = frontend.frontend
        return Staged(lambda waveform: base(waveform)[..., 0], frontend.layer)
    return Staged(lambda waveform: waveform, frontend)


def with_learned(frontend: Frontend, learned: nnx.Module) -> Frontend:
    """The whole frontend with this in the place of what `staged` gave to learn."""
    if isinstance(learned, Frontend):
        return learned
    assert isinstance(frontend, Chain), "only the layer of a chain learns apart"
    assert isinstance(learned, Layer), "behind a spectrogram stands a layer"
    return Chain(frontend.frontend, learned)


def computed(
    function: Callable[[Inputs], Inputs], inputs: Float[np.ndarray, "sounds ..."]
) -> Float[np.ndarray, "sounds ..."]:
    """The function of all sounds, a few at a time."""
    compiled = jax.jit(function)
    firsts = range(0, len(inputs), _SOUNDS_AT_ONCE)
    return np.concatenate(
        [np.asarray(compiled(jnp.asarray(inputs[first : first + _SOUNDS_AT_ONCE]))) for first in firsts]
    )
