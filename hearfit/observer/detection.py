"""From internal representations to the probability that a tone is reported.

d' is the distance between the representations of signal and reference, integrated over time and place and divided by
the sensitivity (Green & Swets 1966). Where a masker is heard the sensitivity is another one, because other noise
limits the listener there: the masker's own fluctuations and what of it people make use of. Time enters through a
window: what was heard longer ago than that is forgotten, so that thresholds stop falling with duration.
"""

import jax.numpy as jnp
import numpy as np
from jax.scipy.special import ndtr
from jaxtyping import Array, Float

# Keeps the logarithm and its gradient finite where signal and reference are the same: d' of 1e-5.
_SMALLEST_SQUARED_DISTANCE = 1e-10
_NUM_QUADRATURE_NODES = 64


def window_weights(duration_s: Float[np.ndarray, " frames"], *, window_s: float) -> Float[np.ndarray, "frames frames"]:
    """Row t: seconds that each frame contributes to an exponential memory read at the end of frame t."""
    end = np.cumsum(duration_s)
    start = end - duration_s
    age_end = end[:, None] - end[None, :]
    age_start = end[:, None] - start[None, :]
    past = age_end > -1e-12
    age_end = np.where(past, age_end, 0.0)
    age_start = np.where(past, age_start, 0.0)
    return np.where(past, window_s * (np.exp(-age_end / window_s) - np.exp(-age_start / window_s)), 0.0)


def log_detectability(
    signal: Float[Array, "frames channels"],
    reference: Float[Array, "*frames channels"],
    window: Float[Array, "frames frames"],
    log_masked_sensitivity: Float[Array, ""],
    *,
    spacing_cam: float,
    sensitivity: float,
) -> Float[Array, ""]:
    """Natural logarithm of d' at the moment of greatest evidence, for the given sensitivity.

    `reference` is silence or a masker. Each channel's evidence is weighted by the squared masked sensitivity (re that
    in quiet) as far as the masker is audible in it: not at all where it is far below threshold, wholly where far above.
    """
    # The representation is log(1 + x) of an excitation x re threshold; this is x / (1 + x).
    audibility = -jnp.expm1(-reference)
    weight = 1.0 + audibility * jnp.expm1(2.0 * log_masked_sensitivity)
    squared = spacing_cam * jnp.sum(weight * (signal - reference) ** 2, axis=-1)
    evidence = jnp.max(window @ squared)
    return 0.5 * jnp.log(evidence + _SMALLEST_SQUARED_DISTANCE) - jnp.log(sensitivity)


def probability_yes(
    detectability: Float[Array, "*shape"], *, criterion: Float[Array, "*#shape"], lapse: Float[Array, "*#shape"]
) -> Float[Array, "*shape"]:
    """Probability of "heard": lapse / 2 + (1 - lapse) Phi(d' - criterion). In a catch trial d' is 0."""
    return 0.5 * lapse + (1.0 - lapse) * ndtr(detectability - criterion)


def probability_correct(
    detectability: Float[Array, "*shape"], *, interval_count: Float[Array, "*#shape"], lapse: Float[Array, "*#shape"]
) -> Float[Array, "*shape"]:
    """Probability of a correct answer among m intervals: integral of phi(x - d') Phi(x)^(m-1) (Green & Swets 1966).

    Gauss-Hermite quadrature; lapses guess among the m intervals.
    """
    nodes, weights = np.polynomial.hermite_e.hermegauss(_NUM_QUADRATURE_NODES)
    deviate = detectability[..., None] + jnp.asarray(nodes, detectability.dtype)
    others = ndtr(deviate) ** (interval_count - 1.0)[..., None]
    correct = others @ jnp.asarray(weights / np.sqrt(2.0 * np.pi), detectability.dtype)
    return lapse / interval_count + (1.0 - lapse) * correct
