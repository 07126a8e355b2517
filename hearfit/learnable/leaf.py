"""LEAF, a learnable frontend (Zeghidour, Teboul, de Chaumont Quitry & Tagliasacchi 2021, ICLR), made causal.

Gabor filters g(n) = exp(i mu n) exp(-n^2 / (2 sigma^2)) / (sqrt(2 pi) sigma), squared modulus, Gaussian pooling, and
PCEN with its own numbers for each channel. Here the kernel lies in the past, which delays by half its length, and the
Gaussian of the pooling is one-sided, with weights that add to 1. The filters are learned as centre frequency,
mu fs / (2 pi), and bandwidth, fs sqrt(2 ln 2) / (pi sigma): their full width at half maximum. The paper's bounds,
0 <= mu <= pi and 4 sqrt(2 ln 2) / pi <= sigma <= W sqrt(2 ln 2) / pi with W taps, are 0 to fs / 2 and fs / W to fs / 4.

Level: pressure re 20 uPa. Twice the squared modulus, so that a tone at a centre frequency reads its power.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, Float

from hearfit.errors import InputError
from hearfit.frontend.bounded_parameters import BoundedParameter
from hearfit.learnable.envelope_bank import (
    POOLED_FRAMES,
    Kernel,
    envelope_power,
    largest_step,
    pooled,
)
from hearfit.learnable.interface import (
    Features,
    FrameLayout,
    Frontend,
    Sounds,
    Spectrograms,
    Values,
    check_whole_frames,
)
from hearfit.learnable.mel import mel_corners_hz
from hearfit.learnable.pcen import Pcen, PcenValues
from hearfit.learnable.sound_scale import amplitude_of, referred

_HALF_MAXIMUM: Final = float(np.sqrt(2.0 * np.log(2.0)))
# LEAF starts from square roots of mel triangles; the root is above one half over 3/4 of the base.
_SHARE_OF_BASE: Final = 0.75
# sigma in steps: of the narrowest filter at the start, and the least that training may reach.
_SIGMA_IN_STEPS: Final = 3.0
_LEAST_SIGMA_IN_STEPS: Final = 1.5
# The pooling begins a hop wide, and can then still become half as wide.
_STEPS_IN_HOP: Final = 4


@dataclass(frozen=True)
class LeafDesign:
    """Gabor filters at the centres and with the widths of mel triangles.

    Attributes:
        kernel_samples: W, odd.
        step: samples between two values of the envelope; 1 is the paper's. A larger one narrows the bounds, to
            sigma >= 1.5 steps and a pooling of 2 steps, for which the hop must have room.

    Raises:
        InputError: the kernel is even, the step does not divide the hop, or a filter lies outside the bounds.
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
        elif 1 < self.step > self.hop_samples // 2:
            problems.append(
                f"The step is {self.step} samples; above 1 it must be at most half the hop, {self.hop_samples} samples."
            )
        problems = problems or list(self._problems_of_widths())
        if problems:
            raise InputError(problems)

    def _problems_of_widths(self) -> Iterator[str]:
        narrowest, widest = self.bandwidths_hz.min(), self.bandwidths_hz.max()
        allowed = f"allowed is {self.bandwidth.low:g} to {self.bandwidth.high:g} Hz"
        range_hz = f"{self.num_channels} channels from {self.lowest_hz:g} to {self.highest_hz:g} Hz"
        if widest > self.bandwidth.high:
            yield (
                f"{range_hz} have Gabor filters as wide as {widest:g} Hz; {allowed}. Ask for more channels, or for a "
                f"narrower range."
            )
        if narrowest < self.bandwidth.low:
            yield (
                f"{range_hz} have Gabor filters as narrow as {narrowest:g} Hz; {allowed} with a kernel of "
                f"{self.kernel_samples} taps. Ask for fewer channels, for a wider range, or for a longer kernel."
            )

    @property
    def corners_hz(self) -> Float[np.ndarray, " corners"]:
        """Corners of the mel triangles."""
        return mel_corners_hz(self.num_channels, self.lowest_hz, self.highest_hz)

    @property
    def bandwidths_hz(self) -> Float[np.ndarray, " channels"]:
        """Full width of every filter at half its greatest amplitude, before training."""
        return np.asarray(_SHARE_OF_BASE * (self.corners_hz[2:] - self.corners_hz[:-2]))

    @property
    def centre_frequency(self) -> BoundedParameter:
        """Bounds of mu."""
        return BoundedParameter(
            "Gabor centre frequency", "Hz", "mu fs / (2 pi) of a Gabor filter", 0.0, self.sampling_rate_hz / 2.0
        )

    @property
    def bandwidth(self) -> BoundedParameter:
        """Bounds of sigma, as a width in Hz."""
        widest = self.sampling_rate_hz / 4.0
        if self.step > 1:
            widest = min(widest, bandwidth_of(_LEAST_SIGMA_IN_STEPS * self.step, self.sampling_rate_hz))
        return BoundedParameter(
            "Gabor bandwidth", "Hz", "full width at half maximum", self.sampling_rate_hz / self.kernel_samples, widest,
            is_log=True,
        )  # fmt: skip

    @property
    def pooling_width(self) -> BoundedParameter:
        """Bounds of the pooling's standard deviation: from a few values of the envelope to a third of the window.

        With a step of 1 the sum is exact however short it is.
        """
        least = max(self.hop_samples / 8.0, 2.0 * self.step if self.step > 1 else 0.0)
        greatest = POOLED_FRAMES * self.hop_samples / 3.0
        return BoundedParameter(
            "pooling width", "s", "standard deviation of the one-sided Gaussian", least / self.sampling_rate_hz,
            greatest / self.sampling_rate_hz, is_log=True,
        )  # fmt: skip


def bandwidth_of(sigma_samples: float, sampling_rate_hz: float) -> float:
    """Full width at half maximum of a Gabor filter's amplitude response, in Hz."""
    return sampling_rate_hz * _HALF_MAXIMUM / (np.pi * sigma_samples)


def design_for(
    sampling_rate_hz: float, hop_samples: int, num_channels: int, lowest_hz: float, highest_hz: float
) -> LeafDesign:
    """Kernels of 4.5 standard deviations of the widest filter but at most the paper's 25 ms; step by `largest_step`.

    Raises:
        InputError: so few channels over this range would be wider than a filter may be.
    """
    base_hz = mel_corners_hz(num_channels, lowest_hz, highest_hz)
    bandwidth_hz = _SHARE_OF_BASE * (base_hz[2:] - base_hz[:-2])
    sigma = sampling_rate_hz * _HALF_MAXIMUM / (np.pi * bandwidth_hz)
    longest = min(4.5 * sigma.max(), 0.025 * sampling_rate_hz)
    # A filter as narrow as fs / W would start on its bound.
    needed = 1.05 * sampling_rate_hz / bandwidth_hz.min()
    return LeafDesign(
        sampling_rate_hz=sampling_rate_hz,
        hop_samples=hop_samples,
        num_channels=num_channels,
        lowest_hz=lowest_hz,
        highest_hz=highest_hz,
        kernel_samples=2 * int(max(longest, needed) / 2.0) + 1,
        step=largest_step(hop_samples, min(float(sigma.min()) / _SIGMA_IN_STEPS, hop_samples / _STEPS_IN_HOP)),
    )


class Leaf(Frontend):
    """Gabor bank, squared modulus (or modulus), pooling and PCEN; seven learned numbers a channel."""

    def __init__(
        self,
        design: LeafDesign,
        *,
        modulus: Literal["squared", "plain"] = "squared",
        pcen: PcenValues | None = None,
    ) -> None:
        self.design = design
        self.modulus = modulus
        fs, hop = design.sampling_rate_hz, design.hop_samples
        self.centre_frequency = nnx.Param(design.centre_frequency.coordinate(design.corners_hz[1:-1]))
        self.bandwidth = nnx.Param(design.bandwidth.coordinate(design.bandwidths_hz))
        self.pooling_width = nnx.Param(design.pooling_width.coordinate(np.full(design.num_channels, hop / fs)))
        self.pcen = Pcen(design.num_channels, is_learned=True, initial=pcen)
        self.layout = FrameLayout(
            sampling_rate_hz=fs,
            hop_samples=hop,
            centre_frequencies_hz=tuple(design.corners_hz[1:-1].tolist()),
            latency_s=(design.kernel_samples - 1) / 2.0 / fs,
        )

    @property
    def parameters(self) -> tuple[BoundedParameter, ...]:
        """Filters, pooling, then PCEN."""
        design = self.design
        return (design.centre_frequency, design.bandwidth, design.pooling_width, *self.pcen.parameters)

    def values(self) -> Values:
        """Every learned number of every channel in its unit."""
        coordinates = (self.centre_frequency, self.bandwidth, self.pooling_width)
        own = {p.name: np.asarray(p.value(u[...])) for p, u in zip(self.parameters, coordinates, strict=False)}
        return {**own, **self.pcen.values()}

    def energies(self, waveform: Sounds) -> Float[Array, "batch frames channels"]:
        """Pooled power re (20 uPa)^2 (or, of the plain modulus, amplitude), before PCEN."""
        design = self.design
        fs = design.sampling_rate_hz
        kernel = gabor_kernel(
            design.centre_frequency.value(self.centre_frequency[...]) * (2.0 * np.pi / fs),
            fs * _HALF_MAXIMUM / (np.pi * design.bandwidth.value(self.bandwidth[...])),
            design.kernel_samples,
        )
        hop, step = design.hop_samples, design.step
        power = 2.0 * envelope_power(referred(waveform), kernel, hop_samples=hop, step=step)
        envelope = power if self.modulus == "squared" else amplitude_of(power)
        width_samples = design.pooling_width.value(self.pooling_width[...]) * fs
        return pooled(envelope, width_samples, step=step)

    @property
    def late(self) -> Pcen:
        """PCEN."""
        return self.pcen

    def early(self, waveform: Sounds) -> Spectrograms:
        """Pooled energies of whole frames."""
        check_whole_frames(waveform, self.layout)
        return self.energies(waveform)

    def __call__(self, waveform: Sounds) -> Features:
        """One map."""
        return self.pcen(self.early(waveform))


def gabor_kernel(mu: Float[Array, " channels"], sigma: Float[Array, " channels"], taps: int) -> Kernel:
    """Real and imaginary part of the Gabor filters, centred on the middle tap."""
    n = jnp.arange(-(taps // 2), taps // 2 + 1).astype(mu.dtype)[None]
    gaussian = jnp.exp(-0.5 * jnp.square(n / sigma[:, None])) / (np.sqrt(2.0 * np.pi) * sigma[:, None])
    phase = mu[:, None] * n
    return jnp.stack([gaussian * jnp.cos(phase), gaussian * jnp.sin(phase)])
