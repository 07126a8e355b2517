"""SincNet's band-pass filters with learned edges (Ravanelli & Bengio 2018, SLT), made causal and analytic.

2 f2 sinc(2 f2 n) - 2 f1 sinc(2 f1 n) = 2 (f2 - f1) sinc((f2 - f1) n) cos(2 pi f_c n) with f_c the middle of the band
(as a modulated low-pass), under a Hamming window. With the complex exponential instead of the cosine it is analytic,
so that its modulus is the envelope of the band instead of a rectified carrier. The kernel lies in the past and delays
by half its length. Pooling as in LEAF, with a fixed width of one hop; then amplitudes are compressed.

The upper edge lies below half the sampling rate and the width of the band is a number of octaves, so that no training
can cross or fold the edges.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, Float

from hearfit.errors import InputError
from hearfit.frontend.bounded_parameters import BoundedParameter
from hearfit.frontend.module import Frozen
from hearfit.learnable.envelope_bank import Kernel, envelope_power, largest_step, pooled
from hearfit.learnable.interface import Features, FrameLayout, Frontend, Sounds, Values, check_whole_frames
from hearfit.learnable.mel import mel_corners_hz
from hearfit.learnable.sound_scale import DEFAULT_FLOOR_DB_SPL, Compression, amplitude_of, compressed, referred

BAND_WIDTH: Final = BoundedParameter("band width", "oct", "upper over lower edge", 0.05, 2.0, is_log=True)
# Of half the sampling rate.
_HIGHEST_EDGE: Final = 0.98


@dataclass(frozen=True)
class SincDesign:
    """Bands between the corners of mel triangles: from each to the next but one.

    No edge can lie above 0.98 of half the sampling rate. A request for a higher one gets bands up to just below that,
    and the layout's centre frequencies are those of the bands that are made.

    Raises:
        InputError: the kernel is even, the step does not divide the hop, a band reaches half the sampling rate, or
            is wider or narrower than `BAND_WIDTH` allows.
    """

    sampling_rate_hz: float
    hop_samples: int
    num_channels: int
    lowest_hz: float
    highest_hz: float
    kernel_samples: int
    step: int = 1

    def __post_init__(self) -> None:
        problems = []
        if self.kernel_samples % 2 == 0 or self.kernel_samples < 5:
            problems.append(f"The kernel has {self.kernel_samples} taps; it must be an odd number from 5.")
        if self.step < 1 or self.hop_samples % self.step:
            problems.append(f"The step is {self.step} samples; it must divide the hop, {self.hop_samples} samples.")
        if not 0.0 < self.lowest_hz < self.highest_hz <= self.sampling_rate_hz / 2.0:
            problems.append(
                f"The bands are to lie between {self.lowest_hz:g} and {self.highest_hz:g} Hz; allowed are ascending "
                f"frequencies above 0 and up to half the sampling rate, {self.sampling_rate_hz / 2.0:g} Hz."
            )
        problems = problems or list(self._problems_of_widths())
        if problems:
            raise InputError(problems)

    def _problems_of_widths(self) -> Iterator[str]:
        widths = self.band_widths_octaves
        allowed = f"allowed is {BAND_WIDTH.low:g} to {BAND_WIDTH.high:g} octaves"
        range_hz = f"{self.num_channels} channels from {self.lowest_hz:g} to {self.highest_hz:g} Hz"
        if widths.max() > BAND_WIDTH.high:
            yield (
                f"{range_hz} have bands as wide as {widths.max():.3g} octaves; {allowed}. Ask for more channels, or "
                f"for a higher lowest frequency."
            )
        if widths.min() < BAND_WIDTH.low:
            yield (
                f"{range_hz} have bands as narrow as {widths.min():.3g} octaves; {allowed}. Ask for fewer channels, or "
                f"for a wider range."
            )

    @property
    def band_widths_octaves(self) -> Float[np.ndarray, " channels"]:
        """Upper over lower edge of every band before training."""
        return np.asarray(np.log2(self.corners_hz[2:] / self.corners_hz[:-2]))

    @property
    def corners_hz(self) -> Float[np.ndarray, " corners"]:
        """Edges of the bands before training; a highest one at half the sampling rate is moved just below it."""
        highest = min(self.highest_hz, 0.999 * self.upper_edge.high)
        return mel_corners_hz(self.num_channels, self.lowest_hz, highest)

    @property
    def upper_edge(self) -> BoundedParameter:
        """Bounds of the upper edge."""
        highest = _HIGHEST_EDGE * self.sampling_rate_hz / 2.0
        return BoundedParameter("upper band edge", "Hz", "upper edge of a band", self.lowest_hz, highest, is_log=True)


def design_for(
    sampling_rate_hz: float, hop_samples: int, num_channels: int, lowest_hz: float, highest_hz: float
) -> SincDesign:
    """Kernels that resolve half of the narrowest band but at most 25 ms, and a step for twice the widest band."""
    corners = mel_corners_hz(num_channels, lowest_hz, highest_hz)
    widths_hz = corners[2:] - corners[:-2]
    taps = min(4.0 * sampling_rate_hz / widths_hz.min(), 0.025 * sampling_rate_hz)
    return SincDesign(
        sampling_rate_hz=sampling_rate_hz,
        hop_samples=hop_samples,
        num_channels=num_channels,
        lowest_hz=lowest_hz,
        highest_hz=highest_hz,
        kernel_samples=2 * int(taps / 2.0) + 1,
        step=largest_step(hop_samples, sampling_rate_hz / float(4.0 * widths_hz.max())),
    )


class SincNet(Frontend):
    """Learned band-pass filters, their envelopes pooled and compressed; two learned numbers a channel."""

    def __init__(
        self,
        design: SincDesign,
        *,
        compression: Compression = "log",
        floor_db_spl: float = DEFAULT_FLOOR_DB_SPL,
    ) -> None:
        self.design = design
        self.compression: Compression = compression
        self.floor_db_spl = floor_db_spl
        lower, upper = design.corners_hz[:-2], design.corners_hz[2:]
        self.upper_edge = nnx.Param(design.upper_edge.coordinate(upper))
        self.band_width = nnx.Param(BAND_WIDTH.coordinate(design.band_widths_octaves))
        self.pooling_width = Frozen(jnp.full(design.num_channels, float(design.hop_samples)))
        self.layout = FrameLayout(
            sampling_rate_hz=design.sampling_rate_hz,
            hop_samples=design.hop_samples,
            centre_frequencies_hz=tuple((0.5 * (lower + upper)).tolist()),
            latency_s=(design.kernel_samples - 1) / 2.0 / design.sampling_rate_hz,
        )

    @property
    def parameters(self) -> tuple[BoundedParameter, ...]:
        """Upper edge and width of the band."""
        return (self.design.upper_edge, BAND_WIDTH)

    def values(self) -> Values:
        """Both of every channel."""
        coordinates = (self.upper_edge, self.band_width)
        return {p.name: np.asarray(p.value(u[...])) for p, u in zip(self.parameters, coordinates, strict=True)}

    def __call__(self, waveform: Sounds) -> Features:
        """One map."""
        check_whole_frames(waveform, self.layout)
        design = self.design
        upper = design.upper_edge.value(self.upper_edge[...]) * (1.0 / design.sampling_rate_hz)
        lower = upper * jnp.exp2(-BAND_WIDTH.value(self.band_width[...]))
        kernel = sinc_kernel(lower, upper, design.kernel_samples)
        power = 2.0 * envelope_power(referred(waveform), kernel, hop_samples=design.hop_samples, step=design.step)
        pooled_power = pooled(power, self.pooling_width[...], step=design.step)
        return compressed(amplitude_of(pooled_power), self.compression, self.floor_db_spl)[..., None]


def sinc_kernel(lower: Float[Array, " channels"], upper: Float[Array, " channels"], taps: int) -> Kernel:
    """Analytic band-pass between two edges in cycles per sample; twice its real part is SincNet's filter."""
    n = jnp.arange(-(taps // 2), taps // 2 + 1).astype(lower.dtype)[None]
    width = (upper - lower)[:, None]
    window = jnp.asarray(np.hamming(taps), lower.dtype)[None]
    low_pass = width * jnp.sinc(width * n) * window
    phase = np.pi * (lower + upper)[:, None] * n
    return jnp.stack([low_pass * jnp.cos(phase), low_pass * jnp.sin(phase)])
