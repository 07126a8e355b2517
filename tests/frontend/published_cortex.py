"""The published cortical stage, written from its equations in float64: circular in nothing but the rate axis.

Famularo et al. 2024: a sine gamma tone along time whose spectrum is halved, q exp(1 - q) along frequency.
"""

import numpy as np


def published_response(spectrogram: np.ndarray, scale: float, rate_hz: float, *, frame_rate_hz: float) -> np.ndarray:
    """Real response of one filter on [frames, channels]; `rate_hz` is signed."""
    num_frames, num_channels = spectrogram.shape
    frames, channels = _power_of_two(num_frames), _power_of_two(num_channels)
    cycles = np.arange(frames) * abs(rate_hz) / frame_rate_hz
    impulse = np.sin(2.0 * np.pi * cycles) * cycles**2 * np.exp(-3.5 * cycles)
    spectrum = np.fft.fft(impulse - impulse.mean(), 2 * frames)
    is_kept = np.arange(2 * frames) < frames
    spectrum = np.where(is_kept if rate_hz > 0 else ~is_kept, spectrum, 0.0)
    q = (np.arange(channels) / channels * 12.0 / scale) ** 2
    along_frequency = np.fft.fft(spectrogram, 2 * channels, axis=1)[:, :channels] * (q * np.exp(1.0 - q))
    along_time = np.fft.fft(along_frequency, 2 * frames, axis=0) * (spectrum / np.abs(spectrum).max())[:, None]
    filtered = np.fft.ifft(along_time, axis=0)[:num_frames]
    return np.fft.ifft(filtered, 2 * channels, axis=1)[:, :num_channels].real


def _power_of_two(number: int) -> int:
    return 1 << (number - 1).bit_length()
