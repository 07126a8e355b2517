"""The four stimuli of the golden numbers, as far as they are known: 1 s at 16 kHz, root mean square 1.

Interpretation and how certain it is, found by trying what reproduces the published numbers. Certain: the tone is a sine
of RMS 1 (amplitude 1 misses by 29 %); the click is one sample at 0.1 s, known to 2 samples, of RMS 1 over the second
(each sample of delay moves its sum by 0.8 %). The noise is Gaussian with an unknown seed, which moves its sum by 0.5 %.
Uncertain: the harmonic complex. It has equal amplitudes, not 1/k, and ends near 4 kHz: 20 harmonics of 200 Hz give the
published sum to 0.1 %, but 18 harmonics of anything from 210 to 330 Hz come within 1 %, and no complex that was tried
(100 to 440 Hz, cosine, sine, random and Schroeder phases) repeats the published place of the maximum. So for noise and
complex only sums are compared.
"""

import numpy as np
from jaxtyping import Float

from tests.frontend.reference_paper import SAMPLING_RATE_HZ

NUM_SAMPLES = 16_000
_TIME_S = np.arange(NUM_SAMPLES) / SAMPLING_RATE_HZ

# Sum over the 129 x 200 auditory spectrogram with exponent 1, and with exponent 0.9.
GOLDEN_SUMS = {
    "tone": (47952.1, 48659.0),
    "click": (15658.2, 16562.3),
    "noise": (131955.0, 149276.0),
    "harmonics": (127999.0, 145035.0),
}
# Channels 56 to 64 of the tone at frame 150, exponent 1.
GOLDEN_TONE_CHANNELS = slice(56, 65)
GOLDEN_TONE_FRAME = 150
GOLDEN_TONE = np.array([5.5243, 28.5417, 53.8186, 34.3413, 22.8829, 16.0745, 11.3456, 8.4748, 6.4882])
GOLDEN_PEAK_CHANNEL = 58


def stimulus(name: str) -> Float[np.ndarray, " samples"]:
    """One of `GOLDEN_SUMS`, with RMS 1."""
    if name == "tone":
        waveform = np.sin(2.0 * np.pi * 1000.0 * _TIME_S)
    elif name == "click":
        waveform = np.zeros(NUM_SAMPLES)
        waveform[NUM_SAMPLES // 10] = 1.0
    elif name == "noise":
        waveform = np.random.default_rng(0).standard_normal(NUM_SAMPLES)
    else:
        waveform = np.cos(2.0 * np.pi * 200.0 * np.arange(1, 21)[:, None] * _TIME_S).sum(axis=0)
    return waveform / np.sqrt(np.mean(waveform**2))
