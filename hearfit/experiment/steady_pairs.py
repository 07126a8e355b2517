"""The two steady sounds of a discrimination as channel power: the standard, and what a signal changes.

All are expectations over random phases: components of different frequencies then add in power, and so do bands of
noise. A signal is the standard plus an amount of the change, so that every increment is a gain and nothing is filtered
inside a fit. For a component whose amplitude A grows by x A the power grows by (2 x + x^2) A^2, cross term included.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Float

from hearfit.audiology.retspl import ReferenceThresholds, reference_thresholds
from hearfit.experiment.conditions import Conditions
from hearfit.experiment.excitation import Stimulus
from hearfit.experiment.protocol import StimulusKind
from hearfit.experiment.stimulus_columns import INCREMENT, LEVEL_DIFFERENCE, NUM_COMPONENTS, RIPPLE_DENSITY
from hearfit.frontend.cochlea import cochlea_of
from hearfit.frontend.filterbank import noise_power, tone_power
from hearfit.frontend.transmission import transmission_gain
from hearfit.levels import pascal_from_db_spl
from hearfit.listener.normal import NormalEar

# 1,400 points an octave for the broadest noise: 28 for each ripple at 50 ripples per octave.
_NUM_NOISE_POINTS = 8001


@dataclass(frozen=True)
class SteadyPair:
    """Channel power, in units of the normal threshold, of a standard of 0 dB HL and of what a signal changes.

    The signal is `standard + amount * change`, with the amount of `signal_amounts`. 0 dB HL is the normal threshold of
    a pure tone at the frequency of the stimulus, whatever the sound: the overall level in dB SPL is that much higher.
    """

    standard: Float[np.ndarray, " channels"]
    change: Float[np.ndarray, " channels"]


@lru_cache(maxsize=512)
def steady_pair(stimulus: Stimulus, *, transducer: str | None, normal: NormalEar) -> SteadyPair:
    """Standard and change of one stimulus.

    An incremented tone has the tone as both. An incremented complex has components of equal amplitude, evenly spaced in
    log frequency over `bandwidth_octaves` about the target, which is the middle one (Green 1988; Guest et al. 2024). A
    rippled noise has equal power per octave over its band, but for a sine of `ripple_depth_db` from peak to trough over
    log frequency (Henry et al. 2005; Won et al. 2007); the signal has the opposite phase and the same overall level.
    """
    reference = None if transducer is None else reference_thresholds(transducer)
    kind, bank = stimulus.design.kind, cochlea_of(normal).bank
    if kind is StimulusKind.INCREMENTED_TONE:
        tone = tone_power(bank, np.array([stimulus.frequency_hz]))[0]
        return SteadyPair(tone, tone)
    width, value = stimulus.design.bandwidth_octaves, dict(stimulus.parameters)
    assert width is not None
    if kind is StimulusKind.INCREMENTED_COMPLEX:
        count = round(value[NUM_COMPONENTS])
        frequency_hz = stimulus.frequency_hz * 2.0 ** (width * np.linspace(-0.5, 0.5, count))
        amplitude = _amplitude(stimulus, frequency_hz, reference) / np.sqrt(count)
        components = amplitude[:, None] ** 2 * tone_power(bank, frequency_hz)
        return SteadyPair(components.sum(axis=0), components[count // 2])
    assert kind is StimulusKind.RIPPLED_NOISE
    assert stimulus.design.ripple_depth_db is not None
    octave = np.linspace(0.0, width, _NUM_NOISE_POINTS)
    frequency_hz = stimulus.frequency_hz * 2.0 ** (octave - 0.5 * width)
    ripple_db = 0.5 * stimulus.design.ripple_depth_db * np.sin(2.0 * np.pi * value[RIPPLE_DENSITY] * octave)
    density = 10.0 ** (np.stack([ripple_db, -ripple_db]) / 10.0) / frequency_hz
    density /= np.asarray(np.trapezoid(density, frequency_hz, axis=1))[:, None]
    standard, inverted = noise_power(bank, density * _amplitude(stimulus, frequency_hz, reference) ** 2, frequency_hz)
    return SteadyPair(standard, inverted - standard)


def signal_amounts(conditions: Conditions) -> Float[np.ndarray, " conditions"]:
    """How much of the change each condition's signal has; 0 in a catch trial."""
    kind = conditions.protocol.stimulus.kind
    if kind is StimulusKind.INCREMENTED_TONE:
        amount = 10.0 ** (conditions.parameters[LEVEL_DIFFERENCE] / 10.0) - 1.0
    elif kind is StimulusKind.INCREMENTED_COMPLEX:
        added = 10.0 ** (conditions.parameters[INCREMENT] / 20.0)
        amount = 2.0 * added + added**2
    else:
        amount = np.ones(len(conditions.counts))
    return np.where(conditions.is_catch, 0.0, amount)


def _amplitude(
    stimulus: Stimulus, frequency_hz: Float[np.ndarray, " _"], reference: ReferenceThresholds | None
) -> Float[np.ndarray, " _"]:
    """Of tones at these frequencies, each of the sound pressure of 0 dB HL at the frequency of the stimulus."""
    zero_db_hl = 0.0 if reference is None else float(reference.at(np.array(stimulus.frequency_hz)))
    return np.asarray(pascal_from_db_spl(np.array(zero_db_hl)) * transmission_gain(frequency_hz, reference))
