"""Oracle masks against brute force over all masks and against their formulas in words."""

import jax.numpy as jnp
import numpy as np
import pytest

from hearfit.soundtasks.enhancement.masks import HIGHEST_MASK, OracleMask, oracle_mask

pytestmark = pytest.mark.usefixtures("float64")


def bins(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    parts = rng.standard_normal((2, 50, 2))
    return parts[0] @ np.array([1.0, 1j]), parts[1] @ np.array([1.0, 1j])


def mask(speech: np.ndarray, noise: np.ndarray, kind: OracleMask) -> np.ndarray:
    return np.asarray(oracle_mask(jnp.asarray(speech), jnp.asarray(noise), kind))


def test_the_phase_sensitive_mask_is_the_best_of_all_allowed_ones(rng: np.random.Generator) -> None:
    # Truth: brute force over a fine grid of masks.
    speech, noise = bins(rng)
    tried = np.linspace(0.0, HIGHEST_MASK, 10_001)
    error = np.abs(tried[:, None] * (speech + noise)[None] - speech[None])
    np.testing.assert_allclose(
        mask(speech, noise, OracleMask.PHASE_SENSITIVE), tried[error.argmin(axis=0)], atol=0.51 * (tried[1] - tried[0])
    )


def test_the_ratio_mask_is_the_share_of_the_speech_in_the_power(rng: np.random.Generator) -> None:
    speech, noise = bins(rng)
    share = np.abs(speech) ** 2 / (np.abs(speech) ** 2 + np.abs(noise) ** 2)
    np.testing.assert_allclose(mask(speech, noise, OracleMask.RATIO), np.sqrt(share), rtol=1e-12)


@pytest.mark.parametrize("kind", OracleMask)
def test_speech_alone_is_kept_noise_alone_is_not_and_silence_gives_a_number(kind: OracleMask) -> None:
    nothing = np.zeros(3, complex)
    something = np.array([1.0 + 2.0j, -3.0j, 1e-6 + 0.0j])
    np.testing.assert_allclose(mask(something, nothing, kind), 1.0, rtol=1e-12)
    np.testing.assert_array_equal(mask(nothing, something, kind), 0.0)
    np.testing.assert_array_equal(mask(nothing, nothing, kind), 0.0)
