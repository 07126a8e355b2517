"""Mixtures of a target and a masker at a stated signal-to-noise ratio within a band.

The ratio counts only what an auditory filterbank passes. A masker with a mean, or with rumble below the band, would
otherwise be quieter within the band than stated; the noise of Famularo et al. (2024), uniform on [0, 1), was 6 dB
quieter so.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from hearfit.corpora.audio import Waveform, active_rms, rms_of
from hearfit.corpora.noise import SPEECH_BAND_HZ, Band
from hearfit.errors import InputError
from hearfit.levels import amplitude_ratio_from_decibels


@dataclass(frozen=True)
class Mixture:
    """Both parts as they are in the mixture, in one unit (pascal)."""

    target: Waveform
    noise: Waveform

    @property
    def total(self) -> Waveform:
        """What an ear hears."""
        return np.asarray(self.target + self.noise)


def mix(
    target: Waveform,
    noise: Float[np.ndarray, " noise_samples"],
    *,
    snr_db: float,
    sampling_rate_hz: float,
    band_hz: Band = SPEECH_BAND_HZ,
) -> Mixture:
    """The target as it is, with the noise scaled to the wanted signal-to-noise ratio.

    SNR = 20 log10(active RMS of the target within the band / RMS of the noise within the band). The active RMS
    (`active_rms`) leaves out pauses: a word with much silence around it would else be given too little noise.

    Raises:
        InputError: the lengths differ, or one of them has no power within the band.
    """
    if len(target) != len(noise):
        raise InputError(
            f"The target has {len(target)} samples and the noise {len(noise)}. Cut or repeat the noise to the same "
            f"length."
        )
    wanted = in_band(target, sampling_rate_hz=sampling_rate_hz, band_hz=band_hz)
    target_rms = active_rms(wanted, sampling_rate_hz=sampling_rate_hz)
    noise_rms = rms_of(in_band(noise, sampling_rate_hz=sampling_rate_hz, band_hz=band_hz))
    for name, rms in (("target", target_rms), ("noise", noise_rms)):
        if not rms > 0.0:
            raise InputError(
                f"The {name} has no power from {band_hz[0]:g} to {band_hz[1]:g} Hz, so there is no signal-to-noise "
                f"ratio. Take another one."
            )
    gain = target_rms / noise_rms / float(amplitude_ratio_from_decibels(np.asarray(snr_db)))
    return Mixture(target=target, noise=np.asarray(gain * noise))


def in_band(samples: Waveform, *, sampling_rate_hz: float, band_hz: Band = SPEECH_BAND_HZ) -> Waveform:
    """The sound without its spectral lines outside the band; no delay."""
    spectrum: Float[np.ndarray, " lines"] | np.ndarray = np.fft.rfft(samples)
    line_hz = np.fft.rfftfreq(len(samples), 1.0 / sampling_rate_hz)
    is_outside = (line_hz < band_hz[0]) | (line_hz > band_hz[1])
    return np.asarray(np.fft.irfft(np.where(is_outside, 0.0, spectrum), len(samples)))
