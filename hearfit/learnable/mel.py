"""The causal mel spectrogram: short-time spectra of the past, triangles on the mel scale.

Triangles as in HTK (Young et al., The HTK Book): mel(f) = 2595 log10(1 + f / 700 Hz), corners equally
spaced in mel, height 1, linear in Hz. Each channel has a fixed gain, so that a tone at its centre frequency reads the
tone's own RMS pressure.
"""

from dataclasses import dataclass
from typing import Final, Literal

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from hearfit.errors import InputError
from hearfit.frontend.module import Frozen
from hearfit.learnable.interface import Features, FrameLayout, Frontend, Sounds, check_whole_frames
from hearfit.learnable.past import past_windows
from hearfit.learnable.sound_scale import DEFAULT_FLOOR_DB_SPL, Compression, amplitude_of, compressed, referred

_BINS_PER_CORNER_SPACING: Final = 2.0


def mel_of(frequency_hz: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """The mel scale of HTK."""
    return np.asarray(2595.0 * np.log10(1.0 + frequency_hz / 700.0))


def mel_corners_hz(num_channels: int, lowest_hz: float, highest_hz: float) -> Float[np.ndarray, " corners"]:
    """Corners of the triangles, `num_channels` + 2, equally spaced in mel; triangle c peaks at corner c + 1."""
    lowest, highest = mel_of(np.array([lowest_hz, highest_hz])).tolist()
    return np.asarray(700.0 * (10.0 ** (np.linspace(lowest, highest, num_channels + 2) / 2595.0) - 1.0))


def triangles(corners_hz: Float[np.ndarray, " corners"], frequency_hz: Float[np.ndarray, " bins"]) -> np.ndarray:
    """Weight of every bin in every channel, [bins, channels]."""
    low, peak, high = corners_hz[:-2], corners_hz[1:-1], corners_hz[2:]
    rising = (frequency_hz[:, None] - low) / (peak - low)
    falling = (high - frequency_hz[:, None]) / (high - peak)
    return np.asarray(np.maximum(0.0, np.minimum(rising, falling)))


@dataclass(frozen=True)
class MelDesign:
    """Frames, window (symmetric Hann) and triangles of a mel spectrogram.

    Raises:
        InputError: the window is shorter than the hop, or the triangles do not lie below half the sampling rate.
    """

    sampling_rate_hz: float
    hop_samples: int
    window_samples: int
    num_channels: int
    lowest_hz: float
    highest_hz: float

    def __post_init__(self) -> None:
        problems = []
        if not self.window_samples >= max(self.hop_samples, 3):
            problems.append(
                f"The window has {self.window_samples} samples and the hop {self.hop_samples}; a window has at least "
                "3 samples and one hop, or sound between the windows would be lost."
            )
        if not 0.0 <= self.lowest_hz < self.highest_hz <= self.sampling_rate_hz / 2.0:
            problems.append(
                f"The triangles are to lie between {self.lowest_hz:g} and {self.highest_hz:g} Hz; allowed are "
                f"ascending frequencies from 0 to half the sampling rate, {self.sampling_rate_hz / 2.0:g} Hz."
            )
        if problems:
            raise InputError(problems)

    @property
    def corners_hz(self) -> Float[np.ndarray, " corners"]:
        """Corners of the triangles."""
        return mel_corners_hz(self.num_channels, self.lowest_hz, self.highest_hz)

    @property
    def fft_samples(self) -> int:
        """A power of two, from the window up, with two bins or more on the shortest side of a triangle."""
        bins = _BINS_PER_CORNER_SPACING * self.sampling_rate_hz / float(np.diff(self.corners_hz).min())
        return 1 << (max(self.window_samples, int(np.ceil(bins))) - 1).bit_length()

    @property
    def bin_frequencies_hz(self) -> Float[np.ndarray, " bins"]:
        """Frequencies of the spectrum from 0 to half the sampling rate."""
        return np.fft.rfftfreq(self.fft_samples, 1.0 / self.sampling_rate_hz)

    def weights(self, power: int) -> Float[np.ndarray, "bins channels"]:
        """Triangles with the gain that makes a tone at a centre frequency read its RMS (`power` 1) or square (2)."""
        corners, bins = self.corners_hz, self.bin_frequencies_hz
        weight = triangles(corners, bins)
        samples = np.arange(self.window_samples) / self.sampling_rate_hz
        # A tone of RMS 1 is two rotating phasors of 1 / sqrt(2); only the one of positive frequency is counted.
        offset_hz = bins[:, None] - corners[None, 1:-1]
        phases = np.exp(-2j * np.pi * offset_hz[:, :, None] * samples)
        tone = np.abs(phases @ np.hanning(self.window_samples)) / np.sqrt(2.0)
        return np.asarray(weight / np.sum(weight * tone**power, axis=0))


class MelSpectrogram(Frontend):
    """Mel spectrogram of amplitudes, compressed, or of powers re (20 uPa)^2 for a stage such as PCEN."""

    def __init__(
        self,
        design: MelDesign,
        *,
        scale: Literal["log", "cube-root", "none", "power"] = "log",
        floor_db_spl: float = DEFAULT_FLOOR_DB_SPL,
    ) -> None:
        self.window_samples = design.window_samples
        self.fft_samples = design.fft_samples
        self.compression: Compression | None = None if scale == "power" else scale
        self.floor_db_spl = floor_db_spl
        self.window = Frozen(jnp.asarray(np.hanning(design.window_samples), float))
        self.weights = Frozen(jnp.asarray(design.weights(1 if self.compression else 2), float))
        self.layout = FrameLayout(
            sampling_rate_hz=design.sampling_rate_hz,
            hop_samples=design.hop_samples,
            centre_frequencies_hz=tuple(design.corners_hz[1:-1].tolist()),
            latency_s=design.window_samples / 2.0 / design.sampling_rate_hz,
        )

    def __call__(self, waveform: Sounds) -> Features:
        """One map: compressed amplitudes, or powers."""
        check_whole_frames(waveform, self.layout)
        windows = past_windows(referred(waveform), self.layout.hop_samples, self.window_samples)
        return self._mapped(windows * self.window[...][None, None])[..., None]

    def _mapped(self, windows: Float[Array, "batch frames window"]) -> Float[Array, "batch frames channels"]:
        spectrum = jnp.fft.rfft(windows, n=self.fft_samples)
        power = jnp.square(spectrum.real) + jnp.square(spectrum.imag)
        if self.compression is None:
            return power @ self.weights[...]
        return compressed(amplitude_of(power) @ self.weights[...], self.compression, self.floor_db_spl)
