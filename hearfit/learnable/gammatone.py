"""A fixed gammatone spectrogram: the listener model's filters, their envelopes averaged over the past two frames."""

from dataclasses import dataclass
from typing import Final, Literal

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from hearfit.frontend.block_filter import filter_waveform, initial_state
from hearfit.frontend.erb_scale import erb_number, normal_erb_hz
from hearfit.frontend.filterbank import FilterbankDesign
from hearfit.frontend.gammatone import digital_gammatone
from hearfit.frontend.module import FrozenBank
from hearfit.learnable.envelope_bank import largest_step
from hearfit.learnable.interface import Features, FrameLayout, Frontend, Sounds, check_whole_frames
from hearfit.learnable.sound_scale import DEFAULT_FLOOR_DB_SPL, Compression, amplitude_of, compressed, referred

# Greatest length of the blocks that the filters work in; it changes no number.
_BLOCK_SAMPLES: Final = 60
_POOLED_FRAMES: Final = 2


@dataclass(frozen=True)
class GammatoneDesign:
    """Channels equally spaced in ERB numbers whose bands, centre +- b, lie within the range of frequencies."""

    sampling_rate_hz: float
    hop_samples: int
    num_channels: int
    lowest_hz: float
    highest_hz: float

    @property
    def bank(self) -> FilterbankDesign:
        """Fourth-order filters of one normal ERB."""
        # b(f) = 1.019 ERB(f) is linear in f, so that f +- b(f) is solved in closed form.
        at_zero_hz = 1.019 * float(normal_erb_hz(np.array(0.0)))
        slope = 1.019 * float(normal_erb_hz(np.array(1000.0))) / 1000.0 - at_zero_hz / 1000.0
        ends_hz = np.array(
            [(self.lowest_hz + at_zero_hz) / (1.0 - slope), (self.highest_hz - at_zero_hz) / (1 + slope)]
        )
        lowest, highest = erb_number(ends_hz)
        return FilterbankDesign(lowest, highest, (highest - lowest) / (self.num_channels - 1), bandwidth_factor=1.0)


class GammatoneSpectrogram(Frontend):
    """Gammatone envelopes: root of the average power, or average of the half-wave rectified output (re 20 uPa)."""

    def __init__(
        self,
        design: GammatoneDesign,
        *,
        envelope: Literal["power", "rectified"] = "power",
        compression: Compression = "log",
        floor_db_spl: float = DEFAULT_FLOOR_DB_SPL,
    ) -> None:
        bank = design.bank
        self.envelope = envelope
        self.compression: Compression = compression
        self.floor_db_spl = floor_db_spl
        self.bank = FrozenBank(
            digital_gammatone(bank, design.sampling_rate_hz), largest_step(design.hop_samples, _BLOCK_SAMPLES)
        )
        pooling_s = 0.5 * _POOLED_FRAMES * design.hop_samples / design.sampling_rate_hz
        self.layout = FrameLayout(
            sampling_rate_hz=design.sampling_rate_hz,
            hop_samples=design.hop_samples,
            centre_frequencies_hz=tuple(bank.centre_frequencies_hz.tolist()),
            latency_s=float(bank.latency_s.max()) + pooling_s,
        )

    def __call__(self, waveform: Sounds) -> Features:
        """One map."""
        check_whole_frames(waveform, self.layout)
        matrices = self.bank.matrices()
        output, _ = filter_waveform(matrices, referred(waveform), initial_state(matrices, waveform.shape[0]))
        if self.envelope == "power":
            amplitude = amplitude_of(self._pooled(2.0 * jnp.sum(jnp.square(output), axis=2)))
        else:
            # A tone of amplitude A gives A cos / 2, whose rectified average is A / (2 pi); to its RMS, A / sqrt(2).
            amplitude = np.sqrt(2.0).item() * np.pi * self._pooled(jax.nn.relu(output[:, :, 0]))
        return compressed(amplitude, self.compression, self.floor_db_spl)[..., None]

    def _pooled(self, envelope: Float[Array, "channels batch samples"]) -> Float[Array, "batch frames channels"]:
        channels, batch, samples = envelope.shape
        hop = self.layout.hop_samples
        mean = jnp.mean(envelope.reshape(channels, batch, samples // hop, hop), axis=3)
        before = jnp.pad(mean[:, :, :-1], ((0, 0), (0, 0), (1, 0)))
        return jnp.transpose(0.5 * (mean + before), (1, 2, 0))
