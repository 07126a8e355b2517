"""Noise that carries a moving ripple: its expected channel power over one period of the ripple.

Every component of a noise at frequency f is multiplied by 1 + m sin(2 pi (w t + Omega x)), x = log2 of f re the centre
of the band: a spectrum with Omega cycles per octave whose peaks move at w cycles a second, down in frequency if w is
positive (Chi et al. 1999). That gives the component two sidebands at f + w and f - w. The components of a noise are
independent, so the expected power of a filter H is, for any w and with a = 2 pi (w t + Omega x) at f,

    integral over f of N(f) |H(f) + m/(2i) (H(f + w) exp(ia) - H(f - w) exp(-ia))|^2,

a polynomial in m. Its three coefficients are filtered once and hold every depth and level exactly.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Float

from hearfit.audiology.retspl import reference_thresholds
from hearfit.experiment.excitation import Stimulus
from hearfit.experiment.stimulus_columns import RIPPLE_DENSITY, RIPPLE_RATE
from hearfit.frontend.cochlea import cochlea_of
from hearfit.frontend.filterbank import frequency_response
from hearfit.frontend.transmission import transmission_gain
from hearfit.levels import pascal_from_db_spl
from hearfit.listener.normal import NormalEar

NUM_TERMS = 3
# Steps of a noise's band: 1/200 octave, of which the narrowest filter spans 40 and the densest ripple 25.
_BINS_PER_OCTAVE = 200


@dataclass(frozen=True)
class Ripple:
    """Noise of equal power per octave about a centre, with a ripple; the ripple moves down if its rate is positive."""

    centre_hz: float
    bandwidth_octaves: float
    rate_hz: float
    density_per_octave: float


def ripple_of(stimulus: Stimulus) -> Ripple:
    """The ripple of a stimulus of that kind."""
    value, width = dict(stimulus.parameters), stimulus.design.bandwidth_octaves
    assert width is not None
    return Ripple(stimulus.frequency_hz, width, value[RIPPLE_RATE], value[RIPPLE_DENSITY])


def ripple_phase_rad(ripple: Ripple, num_frames: int) -> Float[np.ndarray, " frames"]:
    """2 pi w t in the middle of each of the equal frames of one period."""
    return np.asarray(2.0 * np.pi * np.sign(ripple.rate_hz) * (np.arange(num_frames) + 0.5) / num_frames)


@lru_cache(maxsize=512)
def ripple_power(
    ripple: Ripple, num_frames: int, *, transducer: str | None, normal: NormalEar
) -> Float[np.ndarray, "3 frames channels"]:
    """Coefficients of 1, m and m^2 of the expected channel power of a noise of 0 dB HL, in units of the threshold.

    The level is that of the whole noise without its ripple, re the reference threshold at its centre. A ripple of depth
    m adds power: see `ripple_gains`.
    """
    reference = None if transducer is None else reference_thresholds(transducer)
    num_bins = round(_BINS_PER_OCTAVE * ripple.bandwidth_octaves)
    octave = ripple.bandwidth_octaves * ((np.arange(num_bins) + 0.5) / num_bins - 0.5)
    frequency_hz = ripple.centre_hz * 2.0**octave
    zero_db_hl = 0.0 if reference is None else float(reference.at(np.array(ripple.centre_hz)))
    power = float(pascal_from_db_spl(np.array(zero_db_hl))) ** 2 / num_bins
    carrier, above, below = (
        frequency_response(cochlea_of(normal).bank, shifted) * transmission_gain(shifted, reference)
        for shifted in (frequency_hz, frequency_hz + ripple.rate_hz, frequency_hz - ripple.rate_hz)
    )
    turned = np.exp(2j * np.pi * ripple.density_per_octave * octave)
    steady = power * np.sum(np.abs(carrier) ** 2, axis=1)
    linear = -1j * power * ((np.conj(carrier) * above + carrier * np.conj(below)) @ turned)
    square = 0.25 * power * np.sum(np.abs(above) ** 2 + np.abs(below) ** 2, axis=1)
    doubled = -0.5 * power * ((above * np.conj(below)) @ turned**2)
    wave = np.exp(1j * ripple_phase_rad(ripple, num_frames))[:, None]
    return np.stack(
        [np.broadcast_to(steady, (num_frames, len(steady))), (wave * linear).real, square + (wave**2 * doubled).real]
    )


def ripple_gains(
    level_db_hl: Float[np.ndarray, " conditions"], depth_db: Float[np.ndarray, " conditions"]
) -> Float[np.ndarray, "conditions 3"]:
    """Factors of `ripple_power` for noises of these levels with ripples of these depths, 20 log10 m; NaN is no ripple.

    The level is that of the whole sound: depth m adds 1 + m^2 / 2 of power, which is taken away from it again.
    """
    modulation = np.where(np.isnan(depth_db), 0.0, 10.0 ** (np.nan_to_num(depth_db) / 20.0))
    carrier = 10.0 ** (level_db_hl / 10.0) / (1.0 + 0.5 * modulation**2)
    return np.asarray(carrier[:, None] * modulation[:, None] ** np.arange(NUM_TERMS))
