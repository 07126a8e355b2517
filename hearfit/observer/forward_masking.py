"""A short probe after a masker: what is left of the masker then, and how well the probe is told from it.

The masker's compressed excitation outlasts it and decays exponentially; probe and remainder add where the listener
decides (persistence: Penner 1978; Oxenham & Moore 1994; Plack & Oxenham 1998). The level of a masker that just masks a
fixed probe then grows with the gap by 8.686 / (alpha tau) dB a second: the more the place compresses, the steeper.

A place far above the frequency of a sound, in the tail of its tuning, has no gain there and does not compress
(Ruggero et al. 1997; Oxenham & Plack 1997): a masker well below the probe has the slope 8.686 / tau in every ear, which
is what temporal masking curves compare with (Nelson, Schroder & Wojtczak 2001; Lopez-Poveda, Plack & Meddis 2003).

Approximations. The filters are linear and the tail is a second path beside them, only in this task. The decay depends
on neither level nor frequency; where it does, ratios of slopes overestimate compression by up to a factor of two
(Wojtczak & Oxenham 2009). The power law has no linear part at low levels, where curves of normal ears are shallower.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from hearfit.frontend.cochlea import Cochlea, EarParameters, log_audibility, relative_excitation
from hearfit.frontend.compression import NEPER_PER_DB
from hearfit.observer.detection import log_detectability


class Probe(NamedTuple):
    """A probe as played; `middle_s` is the middle of each frame after the onset of the probe."""

    power: Float[Array, "frames channels"]
    leak: Float[Array, "frames frames"]
    window: Float[Array, "frames frames"]
    middle_s: Float[Array, " frames"]
    tail_share: Float[Array, " channels"]


class ForwardMasker(NamedTuple):
    """A tone as played; `level_db_hl` re the threshold at its own frequency, `gap_s` of silence up to the probe."""

    power: Float[Array, " channels"]
    level_db_hl: Float[Array, ""]
    duration_s: Float[Array, ""]
    gap_s: Float[Array, ""]
    tail_share: Float[Array, " channels"]


class Recovery(NamedTuple):
    """What of forward masking is the listener's own, 0 being normal."""

    log_sensitivity: Float[Array, ""]
    log_time: Float[Array, ""]
    tail_level_db: Float[Array, ""]


def tail_share(tone_hz: float, cochlea: Cochlea) -> Float[np.ndarray, " channels"]:
    """How far each channel answers to a tone with the tail of its tuning: 0 near its frequency, 1 far above.

    Smooth over log frequency. None at places of 500 Hz and lower, where compression extends over all frequencies below
    (Lopez-Poveda, Plack & Meddis 2003: equal slopes for all maskers of a 500 Hz probe).
    """
    (begins, complete), (lowest_hz, complete_hz) = cochlea.normal.tail_octaves, cochlea.normal.tail_from_hz
    above = (np.log2(cochlea.frequency_hz / tone_hz) - begins) / (complete - begins)
    basal = np.log2(cochlea.frequency_hz / lowest_hz) / np.log2(complete_hz / lowest_hz)
    return _smooth_step(above) * _smooth_step(basal)


def forward_masked_log_detectability(
    probe: Probe, masker: ForwardMasker, ear: EarParameters, recovery: Recovery, cochlea: Cochlea
) -> Float[Array, ""]:
    """Log d' of the probe after the masker against the masker alone, for a listener of normal sensitivity in quiet."""
    normal = cochlea.normal
    # A soft probe does not reach the tails.
    probe_excitation = (1.0 - probe.tail_share)[None, :] * relative_excitation(probe.power, probe.leak, ear, cochlea)
    remainder = _log_remainder(probe, masker, ear, recovery, cochlea)
    together = jnp.logaddexp(log_audibility(probe_excitation, ear, cochlea), remainder)
    return log_detectability(
        jax.nn.softplus(together),
        jax.nn.softplus(remainder),
        probe.window,
        recovery.log_sensitivity,
        spacing_cam=normal.spacing_cam,
        sensitivity=normal.sensitivity,
    )


def _log_remainder(
    probe: Probe, masker: ForwardMasker, ear: EarParameters, recovery: Recovery, cochlea: Cochlea
) -> Float[Array, "frames channels"]:
    """Log audibility of what is left of the masker in each frame of the probe."""
    normal = cochlea.normal
    near = relative_excitation(masker.power[None], None, ear, cochlea)[0]
    tail_level = masker.level_db_hl - ear.attenuation_db - normal.tail_level_db_hl - recovery.tail_level_db
    tail = jnp.exp(NEPER_PER_DB * tail_level - cochlea.log_threshold)
    excitation = (1.0 - masker.tail_share) * near + masker.tail_share * tail
    time_constant = normal.recovery_time_s * jnp.exp(recovery.log_time)
    # Built up as it decays: a short masker leaves less.
    built_up = -jnp.expm1(-masker.duration_s / time_constant)
    left = built_up * jnp.exp(-(masker.gap_s + probe.middle_s) / time_constant)
    return log_audibility(left[:, None] * excitation[None, :], ear, cochlea)


def _smooth_step(x: Float[np.ndarray, " channels"]) -> Float[np.ndarray, " channels"]:
    inside = np.clip(x, 0.0, 1.0)
    return np.asarray(inside**2 * (3.0 - 2.0 * inside))
