"""A compiled function of many sounds, a few at a time: memory stays bounded, and one size alone is compiled."""

from collections.abc import Callable

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Shaped

Sounds = Shaped[np.ndarray, "sounds ..."]


def in_blocks(function: Callable[..., Shaped[Array, "block ..."]], *inputs: Sounds, size: int) -> Sounds:
    """The function of all sounds.

    Args:
        function: of as many arrays as there are inputs, each of `size` sounds; it must treat every sound on its own.
        inputs: of the same sounds; the last block is completed by zeros, and what comes of them is left out.
    """
    num_sounds = len(inputs[0])
    blocks = [
        np.asarray(function(*(jnp.asarray(_filled(each[first : first + size], size)) for each in inputs)))
        for first in range(0, num_sounds, size)
    ]
    return np.concatenate(blocks)[:num_sounds]


def _filled(block: Shaped[np.ndarray, "some ..."], size: int) -> Shaped[np.ndarray, "size ..."]:
    missing = size - len(block)
    return np.concatenate([block, np.zeros((missing, *block.shape[1:]), block.dtype)]) if missing else block
