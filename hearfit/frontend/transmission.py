"""Transmission from a sound field to the cochlea as a causal filter: pascal in, units of the normal threshold out.

Its gain is the inverse of the reference threshold at every frequency, as in the listener model, but with minimum phase.
It is a sum of resonators with fixed poles, evenly spaced in log frequency, whose weights are fitted by least squares
(Bank 2008, "Perceptually motivated audio equalization using fixed-pole parallel second-order filters").
"""

import numpy as np
from jaxtyping import Complex, Float

from hearfit.audiology.retspl import ReferenceThresholds
from hearfit.frontend.block_filter import StateSpace
from hearfit.levels import pascal_from_db_spl

# The length of the cepstrum: bins of 3 Hz at 96 kHz, where the thresholds change over 20 Hz.
_FFT_SIZE = 1 << 15
_LOWEST_POLE_HZ, _HIGHEST_POLE_HZ = 15.0, 22_000.0
# The threshold rises by 60 dB within an octave above 10 kHz: more resonators, and sharper ones, from there on.
_POLES_PER_OCTAVE = 3.0
_STEEP_FROM_HZ, _STEEP_POLES_PER_OCTAVE = 8_000.0, 16.0
# A pole's distance from the imaginary axis in units of the distance to its neighbour.
_DAMPING = 0.8
_NUM_FITTED = 400


def transmission_gain(
    frequency_hz: Float[np.ndarray, " bins"], reference: ReferenceThresholds | None
) -> Float[np.ndarray, " bins"]:
    """Gain from pascal to units of the normal threshold, for each spectral component.

    Each component is divided by its own reference threshold, not by that of the channel which receives it: the shape of
    the normal threshold is mostly transmission, and a tone of 0 dB HL then excites the bank alike through every
    transducer. Beyond the table the outermost value holds. Without a table 0 dB HL is taken to be 0 dB SPL.
    """
    if reference is None:
        zero_db_hl = np.zeros_like(frequency_hz)
    else:
        zero_db_hl = reference.at(np.clip(frequency_hz, reference.frequency_hz[0], reference.frequency_hz[-1]))
    return 1.0 / pascal_from_db_spl(zero_db_hl)


def transmission_filter(reference: ReferenceThresholds, sampling_rate_hz: float) -> StateSpace:
    """One channel; its gain is that of `transmission_gain` within 0.4 dB from 50 Hz to 16 kHz."""
    nyquist_hz = sampling_rate_hz / 2.0
    pole_hz, spacing_hz = _pole_frequencies(nyquist_hz)
    poles = np.exp(2.0 * np.pi / sampling_rate_hz * (1j * pole_hz - _DAMPING * spacing_hz))
    num_poles = len(poles)
    grid_hz = np.linspace(0.0, nyquist_hz, _FFT_SIZE // 2 + 1)
    target = _minimum_phase(transmission_gain(grid_hz, reference))
    fitted_hz = np.unique(np.round(np.geomspace(15.0, 0.999 * nyquist_hz, _NUM_FITTED) / grid_hz[1])).astype(int)
    delay = np.exp(-1j * np.pi * grid_hz[fitted_hz] / nyquist_hz)
    # The states of a resonator in rotation form: the real and the imaginary part of z^-1 / (1 - p z^-1).
    resonance = delay[:, None] / (1.0 - poles * delay[:, None])
    mirrored = delay[:, None] / (1.0 - poles.conj() * delay[:, None])
    columns = np.concatenate(
        [np.ones((len(delay), 1)), 0.5 * (resonance + mirrored), -0.5j * (resonance - mirrored)], axis=1
    )
    weighted = columns / np.abs(target[fitted_hz])[:, None]
    wanted = target[fitted_hz] / np.abs(target[fitted_hz])
    scale = np.linalg.norm(weighted, axis=0)
    stacked = np.concatenate([weighted.real, weighted.imag]) / scale
    weights = np.linalg.lstsq(stacked, np.concatenate([wanted.real, wanted.imag]), rcond=1e-9)[0] / scale
    transition = np.block([[np.diag(poles.real), -np.diag(poles.imag)], [np.diag(poles.imag), np.diag(poles.real)]])
    drive = np.concatenate([np.ones(num_poles), np.zeros(num_poles)])
    return StateSpace(transition[None], drive[None], weights[None, None, 1:], weights[None, :1])


def _pole_frequencies(nyquist_hz: float) -> tuple[Float[np.ndarray, " poles"], Float[np.ndarray, " poles"]]:
    """Frequencies of the resonators in Hz, and the distances between them."""
    frequency_hz = _LOWEST_POLE_HZ
    found = []
    while frequency_hz < min(0.97 * nyquist_hz, _HIGHEST_POLE_HZ):
        per_octave = _POLES_PER_OCTAVE if frequency_hz < _STEEP_FROM_HZ else _STEEP_POLES_PER_OCTAVE
        found.append((frequency_hz, frequency_hz * np.log(2.0) / per_octave))
        frequency_hz *= 2.0 ** (1.0 / per_octave)
    return np.array(found)[:, 0], np.array(found)[:, 1]


def _minimum_phase(magnitude: Float[np.ndarray, " bins"]) -> Complex[np.ndarray, " bins"]:
    """The causal response of this magnitude with the least delay, by folding its cepstrum."""
    cepstrum = np.fft.irfft(np.log(magnitude))
    half = len(cepstrum) // 2
    cepstrum[1:half] *= 2.0
    cepstrum[half + 1 :] = 0.0
    return np.exp(np.fft.rfft(cepstrum))
