"""The level at which an ear detects a long tone, in quiet and in noise, by bisection on its steady-state d'."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from hearfit.frontend.cochlea import Cochlea, EarParameters, internal_representation, relative_excitation
from hearfit.observer.detection import log_detectability

LOWEST_DB_HL, HIGHEST_DB_HL = -40.0, 180.0
# 220 dB halved 18 times: 0.001 dB.
_NUM_BISECTIONS = 18


def steady_log_detectability(
    tone: Float[Array, " channels"],
    background: Float[Array, " channels"],
    ear: EarParameters,
    log_sensitivity: Float[Array, ""],
    log_masked_sensitivity: Float[Array, ""],
    cochlea: Cochlea,
) -> Float[Array, ""]:
    """Log d' of a long tone added to a stationary background, both given as channel power."""
    reference = _steady_representation(background, ear, cochlea)
    return _log_detectability_re(reference, tone + background, ear, log_sensitivity, log_masked_sensitivity, cochlea)


def threshold_db_hl(
    tone: Float[Array, " channels"],
    background: Float[Array, " channels"],
    ear: EarParameters,
    log_sensitivity: Float[Array, ""],
    log_masked_sensitivity: Float[Array, ""],
    cochlea: Cochlea,
) -> Float[Array, ""]:
    """Level at which d' reaches the threshold criterion; `tone` is the channel power of the tone at 0 dB HL.

    Not differentiable (bisection); detectability rises with level, so the answer is unique. It is within [-40, 180]
    dB HL; a value at either end means that no threshold was found inside.
    """
    wanted = jnp.log(cochlea.normal.threshold_detectability)
    # The same at every level, so worked out once.
    reference = _steady_representation(background, ear, cochlea)

    def halve(
        _: int | Int[Array, ""], bounds: tuple[Float[Array, ""], Float[Array, ""]]
    ) -> tuple[Float[Array, ""], Float[Array, ""]]:
        low, high = bounds
        middle = 0.5 * (low + high)
        gain = 10.0 ** (middle / 10.0)
        evidence = _log_detectability_re(
            reference, gain * tone + background, ear, log_sensitivity, log_masked_sensitivity, cochlea
        )
        is_heard = evidence > wanted
        return jnp.where(is_heard, low, middle), jnp.where(is_heard, middle, high)

    start = (jnp.asarray(LOWEST_DB_HL, tone.dtype), jnp.asarray(HIGHEST_DB_HL, tone.dtype))
    low, high = jax.lax.fori_loop(0, _NUM_BISECTIONS, halve, start)
    return 0.5 * (low + high)


def _steady_representation(
    power: Float[Array, " channels"], ear: EarParameters, cochlea: Cochlea
) -> Float[Array, "1 channels"]:
    return internal_representation(relative_excitation(power[None], None, ear, cochlea), ear, cochlea)


def _log_detectability_re(
    reference: Float[Array, "1 channels"],
    power: Float[Array, " channels"],
    ear: EarParameters,
    log_sensitivity: Float[Array, ""],
    log_masked_sensitivity: Float[Array, ""],
    cochlea: Cochlea,
) -> Float[Array, ""]:
    normal = cochlea.normal
    window = jnp.full((1, 1), normal.detection_window_s, power.dtype)
    evidence = log_detectability(
        _steady_representation(power, ear, cochlea),
        reference,
        window,
        log_masked_sensitivity,
        spacing_cam=normal.spacing_cam,
        sensitivity=normal.sensitivity,
    )
    return evidence + log_sensitivity
