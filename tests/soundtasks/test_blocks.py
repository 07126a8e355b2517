"""Functions of many sounds, a few at a time: the truth is the function of all of them at once."""

import jax.numpy as jnp
import numpy as np
import pytest
from jaxtyping import Array, Float

from hearfit.soundtasks.blocks import in_blocks


@pytest.mark.parametrize("num_sounds", [1, 3, 4, 9])
def test_blocks_make_no_difference(num_sounds: int, rng: np.random.Generator) -> None:
    sounds = rng.normal(size=(num_sounds, 5)).astype(np.float32)
    gain = rng.normal(size=(num_sounds, 1)).astype(np.float32)
    sizes: list[int] = []

    def function(some: Float[Array, "block 5"], factor: Float[Array, "block 1"]) -> Float[Array, "block 5"]:
        sizes.append(len(some))
        return jnp.cumsum(some * factor, axis=1)

    found = in_blocks(function, sounds, gain, size=4)
    np.testing.assert_allclose(found, np.cumsum(sounds * gain, axis=1), rtol=1e-5, atol=1e-6)
    assert set(sizes) == {4}
