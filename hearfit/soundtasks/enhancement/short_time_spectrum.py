"""Short-time spectra whose frames are those of a causal frontend, and the way back.

A frontend's frame t has heard the samples before (t + 1) hop. The window of spectrum t ends there, too: it holds the
samples from (t + 1) hop - window to (t + 1) hop - 1, so a mask of frame t is one of what the frontend heard last. In
2409.08997 the two are half a window apart. Before the sound there is silence; behind it, spectra go on until no window
touches it, so every sample lies in the same number of windows.
"""

import math
from dataclasses import dataclass
from typing import Final

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from hearfit.errors import InputError

Sounds = Float[Array, "batch samples"] | Float[np.ndarray, "batch samples"]
Spectra = Complex[Array, "batch frames bins"]

# Below this share of the window's energy a hop of its squares would amplify rounding.
_LEAST_COVER: Final = 0.1


@dataclass(frozen=True)
class SpectrumGrid:
    """Windows of `window_samples` (periodic Hann), one every `hop_samples`.

    Raises:
        InputError: windows would leave samples that none of them covers.
    """

    window_samples: int
    hop_samples: int

    def __post_init__(self) -> None:
        if not 1 <= self.hop_samples <= self.window_samples:
            raise InputError(
                f"Windows of {self.window_samples} samples every {self.hop_samples} samples leave gaps; the hop must "
                f"be from 1 to the length of the window."
            )
        cover = self._cover()
        if cover.min() < _LEAST_COVER * cover.mean():
            raise InputError(
                f"Hann windows of {self.window_samples} samples every {self.hop_samples} samples hardly cover some "
                f"samples; take a hop of at most half the window."
            )

    @property
    def num_bins(self) -> int:
        """Frequencies from 0 to half the sampling rate."""
        return self.window_samples // 2 + 1

    @property
    def num_tail_frames(self) -> int:
        """Frames behind the end of a sound whose windows still touch it."""
        return math.ceil(self.window_samples / self.hop_samples) - 1

    def window(self) -> Float[np.ndarray, " window"]:
        """Periodic Hann window."""
        return np.asarray(np.sin(np.pi * np.arange(self.window_samples) / self.window_samples) ** 2)

    def synthesis_window(self) -> Float[np.ndarray, " window"]:
        """The window divided by the sum of the squares of all that overlap: least squares (Griffin & Lim 1984)."""
        return np.asarray(self.window() / np.resize(self._cover(), self.window_samples))

    def with_tail(self, sounds: Sounds) -> Float[Array, "batch longer"]:
        """The sounds with silence behind, so that a frontend gives as many frames as there are spectra.

        Raises:
            InputError: the sounds are not a whole number of hops.
        """
        samples = sounds.shape[-1]
        if samples == 0 or samples % self.hop_samples:
            raise InputError(
                f"A sound of {samples} samples is not a whole number of frames of {self.hop_samples} samples. Cut it."
            )
        return jnp.pad(jnp.asarray(sounds), ((0, 0), (0, self.num_tail_frames * self.hop_samples)))

    def _cover(self) -> Float[np.ndarray, " hop"]:
        """Sum of the squared windows at each place of a hop, counted from where a window begins."""
        squares = self.window() ** 2
        padded = np.pad(squares, (0, -self.window_samples % self.hop_samples))
        return np.asarray(padded.reshape(-1, self.hop_samples).sum(axis=0))


def spectra(sounds: Sounds, grid: SpectrumGrid) -> Spectra:
    """Spectra of whole sounds, [batch, hops + num_tail_frames, bins]; the sum over the windowed samples.

    Raises:
        InputError: the sounds are not a whole number of hops.
    """
    padded = grid.with_tail(sounds)
    hop, window = grid.hop_samples, grid.window_samples
    num_frames = padded.shape[-1] // hop
    # Whole hops before the sound, of which the first window takes as many samples as it needs.
    num_before = math.ceil(window / hop)
    hops = jnp.pad(padded, ((0, 0), ((num_before - 1) * hop, 0))).reshape(len(padded), -1, hop)
    frames = jnp.concatenate([hops[:, k : k + num_frames] for k in range(num_before)], axis=-1)
    frames = frames[..., num_before * hop - window :]
    return jnp.fft.rfft(frames * jnp.asarray(grid.window(), frames.dtype)[None, None], axis=-1)


def waveforms(of: Spectra, grid: SpectrumGrid) -> Float[Array, "batch samples"]:
    """The sounds of (masked) spectra, by weighted overlap-add; of unchanged spectra the sounds themselves."""
    hop, window = grid.hop_samples, grid.window_samples
    frames = jnp.fft.irfft(of, window, axis=-1)
    frames = frames * jnp.asarray(grid.synthesis_window(), frames.dtype)[None, None]
    num_hops = math.ceil(window / hop)
    batch, num_frames = frames.shape[:2]
    pieces = jnp.pad(frames, ((0, 0), (0, 0), (num_hops * hop - window, 0))).reshape(batch, num_frames, num_hops, hop)
    # Piece k of frame t belongs to hop t + k - (num_hops - 1); what lies before the sound or behind it is left out.
    num_kept = num_frames - grid.num_tail_frames
    total = jnp.zeros((batch, num_kept, hop), frames.dtype)
    for k in range(num_hops):
        first = num_hops - 1 - k
        total = total + pieces[:, first : first + num_kept, k]
    return total.reshape(batch, num_kept * hop)
