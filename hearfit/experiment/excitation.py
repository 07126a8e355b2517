"""From declared stimuli to channel power at 0 dB HL: synthesise, transmit, filter and frame each one once."""

from dataclasses import dataclass, replace
from functools import lru_cache, partial

import jax
import numpy as np
from jaxtyping import Array, Complex, Float
from scipy.fft import next_fast_len

from hearfit.audiology.retspl import ReferenceThresholds, reference_thresholds
from hearfit.experiment.protocol import Notch, StimulusDesign, StimulusKind
from hearfit.experiment.stimulus_columns import NOTCH_LOWER, NOTCH_UPPER
from hearfit.frontend.cochlea import cochlea_of
from hearfit.frontend.filterbank import analytic_output, frequency_response, noise_power
from hearfit.frontend.frames import merge_frames
from hearfit.frontend.power_terms import power_terms
from hearfit.frontend.transmission import transmission_gain
from hearfit.levels import REFERENCE_PRESSURE_PA
from hearfit.listener.normal import NormalEar
from hearfit.stimuli.noise import narrowband_noise
from hearfit.stimuli.tones import pure_tone

# Above twice the upper edge of the highest channel (11.4 kHz).
RATE_HZ = 32_000.0
FRAME_S = 0.01
# Neighbouring frames that differ by less are one. Against unmerged frames this moves loudness by less than 0.05 dB and
# thresholds by less than 0.4 dB for tones of 0.3 to 1 s.
MERGE_TOLERANCE_DB = 2.0
# The noise token that stands for all tokens of a narrowband noise.
_NOISE_SEED = 0
# Points of each band of a notched noise: 3 Hz apart at 8 kHz, where the filters are 900 Hz wide.
_NUM_BAND_POINTS = 2001


@dataclass(frozen=True)
class Stimulus:
    """One unique stimulus of a session, apart from its levels.

    `parameters` are names and values of the columns that make another sound (see `stimulus_columns`).
    """

    design: StimulusDesign
    frequency_hz: float
    parameters: tuple[tuple[str, float], ...] = ()

    @property
    def notch(self) -> Notch | None:
        """The notch of a notched noise."""
        value = dict(self.parameters)
        return Notch(value[NOTCH_LOWER], value[NOTCH_UPPER]) if NOTCH_LOWER in value else None


@dataclass(frozen=True)
class Excitation:
    """Channel power, in units of the normal threshold, of a stimulus at 0 dB HL on frames of unequal length.

    `masker` is the expected power, the same in all frames, of its masker at 0 dB SPL per hertz; None without one.
    """

    power: Float[np.ndarray, "frames channels"]
    duration_s: Float[np.ndarray, " frames"]
    masker: Float[np.ndarray, " channels"] | None = None


def waveform_pa(
    stimulus: Stimulus, *, level_db_hl: float, reference: ReferenceThresholds | None, rate_hz: float
) -> Float[np.ndarray, " samples"]:
    """The calibrated target in pascal; without a reference table 0 dB HL is taken to be 0 dB SPL."""
    design = stimulus.design
    zero_db_hl = 0.0 if reference is None else float(reference.at(np.array(stimulus.frequency_hz)))
    level_db_spl = level_db_hl + zero_db_hl
    if design.kind is not StimulusKind.NARROWBAND_NOISE:
        return pure_tone(
            frequency_hz=stimulus.frequency_hz,
            level_db_spl=level_db_spl,
            duration_s=design.duration_s,
            ramp_s=design.ramp_s,
            rate_hz=rate_hz,
        )
    assert design.bandwidth_octaves is not None
    return narrowband_noise(
        centre_hz=stimulus.frequency_hz,
        bandwidth_octaves=design.bandwidth_octaves,
        level_db_spl=level_db_spl,
        duration_s=design.duration_s,
        ramp_s=design.ramp_s,
        rate_hz=rate_hz,
        seed=_NOISE_SEED,
    )


def excite(stimuli: tuple[Stimulus, ...], *, transducer: str | None, normal: NormalEar) -> tuple[Excitation, ...]:
    """Excitation of every stimulus; the result of each is kept, since sessions repeat their stimuli."""
    # The tone of all notches at a frequency is filtered once.
    targets = [_excite_one(replace(stimulus, parameters=()), transducer, normal) for stimulus in stimuli]
    return tuple(
        target if stimulus.notch is None else replace(target, masker=_masker_of(stimulus, transducer, normal))
        for stimulus, target in zip(stimuli, targets, strict=True)
    )


@lru_cache(maxsize=512)
def notched_noise_masker(
    frequency_hz: float, notch: Notch, *, outer_edge: float, transducer: str | None, normal: NormalEar
) -> Float[np.ndarray, " channels"]:
    """Expected channel power of Gaussian noise of 0 dB SPL per hertz around a target, in units of the threshold.

    The noise is flat from `outer_edge` to the notch on either side (Patterson 1976). It is stationary, so that no token
    stands for it: a target adds its power, since the cross term of the two has zero mean.
    """
    reference = None if transducer is None else reference_thresholds(transducer)
    bands_hz = ((1.0 - outer_edge, 1.0 - notch.lower), (1.0 + notch.upper, 1.0 + outer_edge))
    power = np.zeros(len(cochlea_of(normal).frequency_hz))
    for low, high in bands_hz:
        bin_hz = frequency_hz * np.linspace(low, high, _NUM_BAND_POINTS)
        density = (REFERENCE_PRESSURE_PA * transmission_gain(bin_hz, reference)) ** 2
        power += noise_power(cochlea_of(normal).bank, density, bin_hz)
    return power


def _masker_of(stimulus: Stimulus, transducer: str | None, normal: NormalEar) -> Float[np.ndarray, " channels"]:
    assert stimulus.notch is not None
    assert stimulus.design.noise_outer_edge is not None
    return notched_noise_masker(
        stimulus.frequency_hz,
        stimulus.notch,
        outer_edge=stimulus.design.noise_outer_edge,
        transducer=transducer,
        normal=normal,
    )


@lru_cache(maxsize=512)
def _excite_one(stimulus: Stimulus, transducer: str | None, normal: NormalEar) -> Excitation:
    cochlea = cochlea_of(normal)
    reference = None if transducer is None else reference_thresholds(transducer)
    waveform = waveform_pa(stimulus, level_db_hl=0.0, reference=reference, rate_hz=RATE_HZ)
    num_samples = len(waveform) + round(cochlea.bank.ringing_s * RATE_HZ)
    fft_size = next_fast_len(num_samples)
    gain = transmission_gain(np.abs(np.fft.fftfreq(fft_size, 1.0 / RATE_HZ)), reference)
    frame_samples = round(FRAME_S * RATE_HZ)
    terms = _framed_power(
        np.asarray(waveform, np.float32),
        np.asarray(gain, np.float32),
        _response(normal, fft_size),
        num_samples=num_samples,
        frame_samples=frame_samples,
    )
    # The tail of a filter bank keeps ringing down for a while after the stimulus; its frames are kept like all others.
    power, duration_s = merge_frames(np.asarray(terms, np.float64), frame_s=FRAME_S, tolerance_db=MERGE_TOLERANCE_DB)
    return Excitation(power[0], duration_s)


@lru_cache(maxsize=8)
def _response(normal: NormalEar, fft_size: int) -> Complex[Array, "channels bins"]:
    bin_hz = np.fft.fftfreq(fft_size, 1.0 / RATE_HZ)
    return jax.device_put(frequency_response(cochlea_of(normal).bank, bin_hz).astype(np.complex64))


@partial(jax.jit, static_argnames=("num_samples", "frame_samples"))
def _framed_power(
    waveform: Float[Array, " samples"],
    gain: Float[Array, " bins"],
    response: Complex[Array, "channels bins"],
    *,
    num_samples: int,
    frame_samples: int,
) -> Float[Array, "terms frames channels"]:
    output = analytic_output(waveform, gain, response)[:, :num_samples]
    return power_terms(output[None], frame_samples=frame_samples)
