"""The published cochlear stage in float64 NumPy, equation by equation: one clip at a time, independent of JAX.

Famularo et al. (2024), section 2.1: y1 = filterbank; y2 = sgn(y1) |y1|^a; y3_c = y2_c - y2_(c+1); y4 = max(y3, 0);
y5_n = a y5_(n-1) + y4_n, not normalised; one value every 5 ms.
"""

from functools import cache

import numpy as np
from jaxtyping import Complex, Float
from scipy.signal import lfilter

from hearfit.frontend.constant_q import ConstantQDesign, digital_filters, frequency_response

SAMPLING_RATE_HZ = 16_000.0
LEAK = 0.9922179  # exp(-1 / 128): 8 ms
LEAK_GAIN = 1.0 / (1.0 - LEAK)  # at 0 Hz; 128.5
FRAME_SAMPLES = 80


@cache
def _response(fft_size: int) -> Complex[np.ndarray, "channels bins"]:
    frequency_hz = np.fft.rfftfreq(fft_size, 1.0 / SAMPLING_RATE_HZ)
    return frequency_response(digital_filters(ConstantQDesign(), SAMPLING_RATE_HZ), frequency_hz, SAMPLING_RATE_HZ)


def bank_output(waveform: Float[np.ndarray, " samples"], *, is_circular: bool) -> Float[np.ndarray, "channels samples"]:
    """The paper's bank; `is_circular` repeats the original's wrap-around from the end of the clip to its beginning."""
    num_samples = len(waveform)
    # Padding with four times the longest ringing (60 dB in 0.26 s) makes the product of spectra a linear convolution.
    fft_size = num_samples if is_circular else num_samples + 16_000
    return np.fft.irfft(_response(fft_size) * np.fft.rfft(waveform, fft_size), fft_size)[:, :num_samples]


def auditory_spectrogram(
    waveform: Float[np.ndarray, " samples"], *, exponent: float = 1.0, is_circular: bool = False
) -> Float[np.ndarray, "channels frames"]:
    """The published auditory spectrogram, with its gain of 128.5 at the leaky integrator."""
    filtered = bank_output(waveform, is_circular=is_circular)
    compressed = np.sign(filtered) * np.abs(filtered) ** exponent
    # The last channel has no upper neighbour: in the original nothing inhibits it.
    above = np.concatenate([compressed[1:], np.zeros((1, compressed.shape[1]))])
    rectified = np.maximum(compressed - above, 0.0)
    if is_circular:
        spectrum = np.fft.rfft(rectified, axis=1)
        angle = 2.0 * np.pi * np.arange(spectrum.shape[1]) / rectified.shape[1]
        integrated = np.fft.irfft(spectrum / (1.0 - LEAK * np.exp(-1j * angle)), rectified.shape[1], axis=1)
    else:
        integrated = lfilter([1.0], [1.0, -LEAK], rectified, axis=1)
    return integrated[:, FRAME_SAMPLES - 1 :: FRAME_SAMPLES]
