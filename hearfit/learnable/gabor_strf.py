"""Learnable spectrotemporal receptive fields of four numbers each: Gabor functions (Riad et al. 2021, JASA 150:353).

g(t, f) = exp(-t^2 / 2 sigma_t^2 - f^2 / 2 sigma_f^2) exp(i F (t cos gamma + f sin gamma)) / (2 pi sigma_t sigma_f),

t in frames, f in channels, F in radians a bin. A map is the correlation of g with the spectrogram: a filter answers
most to the ripple cos(F cos gamma t + F sin gamma f). The original looks as far into the future as into the past and
cuts the frequency axis to nine channels, less than a cycle of most of its filters. Here

- the kernel's centre lies `latency_frames` back and what would lie in the future is cut off, so that the layer is
  causal; `gabor_kernel` gives the symmetric kernel of the original for comparison, which no layer uses;
- g is the product of a function of t and one of f, both complex: two products with Toeplitz matrices instead of a
  convolution in two dimensions, and all channels are within reach;
- every number is bounded: a Gaussian of width 0 or less, which the original can reach, does not exist.
"""

import math
from enum import StrEnum, unique
from typing import Final, NamedTuple

import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax import lax
from jaxtyping import Array, Complex, Float, Int

from hearfit.errors import InputError
from hearfit.frontend.bounded_parameters import BoundedParameter
from hearfit.frontend.toeplitz import banded, toeplitz
from hearfit.learnable.freezing import freeze
from hearfit.learnable.interface import Features, Layer, Spectrograms, Values

_PRECISION: Final = lax.Precision.HIGHEST
# The widest Gaussian that the original begins with, 2 * 1.41^6, is 15.7 bins.
TEMPORAL_WIDTH: Final = BoundedParameter("temporal width", "frames", "sigma_t of the Gaussian", 1.0, 20.0, is_log=True)
SPECTRAL_WIDTH: Final = BoundedParameter(
    "spectral width", "channels", "sigma_f of the Gaussian", 1.0, 20.0, is_log=True
)
# Two turns: a filter that begins anywhere in one can cross its ends.
ORIENTATION: Final = BoundedParameter(
    "orientation", "rad", "gamma: 0 modulates in time alone", -2.0 * math.pi, 2.0 * math.pi
)
MODULATION: Final = BoundedParameter(
    "modulation", "rad/bin", "F, of a full period 2 pi / F", 0.01, math.pi, is_log=True
)


@unique
class GaborOutput(StrEnum):
    """What of the complex response becomes maps; CONCAT gives all real parts and then all imaginary ones."""

    REAL = "real"
    IMAGINARY = "imaginary"
    MAGNITUDE = "magnitude"
    CONCAT = "concat"


class GaborFilters(NamedTuple):
    """One filter an entry: widths in frames and channels, orientation in radians, modulation in radians a bin."""

    temporal_width: Float[Array, " filters"]
    spectral_width: Float[Array, " filters"]
    orientation: Float[Array, " filters"]
    modulation: Float[Array, " filters"]


class _Factors(NamedTuple):
    """g(t, f) as the product of these."""

    temporal: Complex[Array, "filters times"]
    spectral: Complex[Array, "filters offsets"]


def initial_gabors(num_filters: int, seed: int) -> GaborFilters:
    """As the original draws them: gamma uniform, F = (pi / 2) 1.41^-U(0, 5), both widths 2 * 1.41^U(0, 6)."""
    if num_filters < 1:
        raise InputError(f"{num_filters} Gabor filters were asked for; a layer has at least 1.")
    rng = np.random.default_rng(seed)
    drawn = (
        2.0 * 1.41 ** rng.uniform(0.0, 6.0, num_filters),
        2.0 * 1.41 ** rng.uniform(0.0, 6.0, num_filters),
        rng.uniform(-math.pi, math.pi, num_filters),
        (math.pi / 2.0) * 1.41 ** -rng.uniform(0.0, 5.0, num_filters),
    )
    return GaborFilters(*(jnp.asarray(values, float) for values in drawn))


def gabor_kernel(
    filters: GaborFilters, *, half_frames: int, half_channels: int
) -> Complex[Array, "filters times offsets"]:
    """The symmetric kernels, t from -half_frames to half_frames and f from -half_channels to half_channels.

    Equation 1 of Riad et al. 2021. Not causal: to compare with published kernels, not to build a frontend from.
    """
    factors = _factors(filters, np.arange(-half_frames, half_frames + 1), np.arange(-half_channels, half_channels + 1))
    return factors.temporal[:, :, None] * factors.spectral[:, None, :]


def gabor_response(
    spectrogram: Float[Array, "batch frames channels"],
    filters: GaborFilters,
    *,
    kernel_frames: int,
    latency_frames: int,
) -> tuple[Float[Array, "filters batch frames channels"], Float[Array, "filters batch frames channels"]]:
    """Real and imaginary part of every filter's response, silence before the first frame and beyond the channels.

    The kernel covers the present frame and `kernel_frames` - 1 before it; its centre lies `latency_frames` back.
    """
    batch, num_frames, num_channels = spectrogram.shape
    num_filters = len(filters.modulation)
    factors = _factors(
        filters,
        np.arange(latency_frames, latency_frames - kernel_frames, -1),
        np.arange(1 - num_channels, num_channels),
    )
    # Blocks as long as the kernel reaches back: a block's output needs itself and the one before it.
    reach = min(max(kernel_frames - 1, 1), num_frames)
    lags = factors.temporal[:, : reach + 1]
    num_blocks = -(-num_frames // reach)
    padded = jnp.pad(spectrogram, ((0, 0), (reach, num_blocks * reach - num_frames), (0, 0)))
    blocks = padded.reshape(batch, num_blocks + 1, reach, num_channels)
    windows = jnp.concatenate([blocks[:, :-1], blocks[:, 1:]], axis=2)
    parts = jnp.concatenate([jnp.real(lags), jnp.imag(lags)])
    temporal = jnp.einsum("kon,bjnc->kbjoc", banded(parts), windows, precision=_PRECISION)
    temporal = temporal.reshape(2, num_filters, batch * num_blocks * reach, num_channels)
    # A product from the right has the offset from the input to the output, a correlation that from output to input.
    spectral = factors.spectral[:, ::-1]
    cosine, sine = toeplitz(jnp.real(spectral)), toeplitz(jnp.imag(spectral))

    def through(
        part: Float[Array, "filters rows channels"], matrix: Float[Array, "filters channels channels"]
    ) -> Array:
        return jnp.einsum("krc,kcd->krd", part, matrix, precision=_PRECISION)

    real = through(temporal[0], cosine) - through(temporal[1], sine)
    imaginary = through(temporal[0], sine) + through(temporal[1], cosine)
    shape = (num_filters, batch, num_blocks * reach, num_channels)
    return real.reshape(shape)[:, :, :num_frames], imaginary.reshape(shape)[:, :, :num_frames]


class GaborLayer(Layer):
    """Gabor filters on a spectrogram, each over all channels and `kernel_frames` frames of the past.

    `latency_frames` is where the centre of the kernels lies: with 0 only the older half of each Gaussian remains.
    Kernels of the default length hold three widths of the widest initial Gaussian.

    Raises:
        InputError: the kernel is shorter than two frames or than the latency, or a number is out of its range.
    """

    def __init__(
        self,
        filters: GaborFilters,
        *,
        frame_rate_hz: float,
        is_learned: bool = True,
        output: GaborOutput = GaborOutput.REAL,
        kernel_frames: int = 52,
        latency_frames: int = 4,
    ) -> None:
        if not (kernel_frames >= 2 and 0 <= latency_frames < kernel_frames):
            raise InputError(
                f"A kernel of {kernel_frames} frames with its centre {latency_frames} frames back was asked for. It "
                f"needs at least 2 frames, and its centre among them, counted from 0."
            )
        self.temporal_width = nnx.Param(TEMPORAL_WIDTH.coordinate(np.asarray(filters.temporal_width)))
        self.spectral_width = nnx.Param(SPECTRAL_WIDTH.coordinate(np.asarray(filters.spectral_width)))
        self.orientation = nnx.Param(ORIENTATION.coordinate(np.asarray(filters.orientation)))
        self.modulation = nnx.Param(MODULATION.coordinate(np.asarray(filters.modulation)))
        if not is_learned:
            freeze(self)
        self.is_learned = is_learned
        self.output = output
        self.kernel_frames = kernel_frames
        self.latency_frames = latency_frames
        self.num_maps = len(filters.modulation) * (2 if output is GaborOutput.CONCAT else 1)
        self.latency_s = latency_frames / frame_rate_hz

    @property
    def parameters(self) -> tuple[BoundedParameter, ...]:
        """The four numbers of every filter that learns."""
        return (TEMPORAL_WIDTH, SPECTRAL_WIDTH, ORIENTATION, MODULATION) if self.is_learned else ()

    def filters(self) -> GaborFilters:
        """The filters in frames, channels and radians."""
        return GaborFilters(
            temporal_width=TEMPORAL_WIDTH.value(self.temporal_width[...]),
            spectral_width=SPECTRAL_WIDTH.value(self.spectral_width[...]),
            orientation=ORIENTATION.value(self.orientation[...]),
            modulation=MODULATION.value(self.modulation[...]),
        )

    def values(self) -> Values:
        """The four numbers of every filter that learns, in their own units."""
        learned = zip(self.parameters, self.filters(), strict=self.is_learned)
        return {parameter.name: np.asarray(value) for parameter, value in learned}

    def __call__(self, spectrogram: Spectrograms) -> Features:
        """The filters' responses, silence before the first frame."""
        real, imaginary = gabor_response(
            spectrogram, self.filters(), kernel_frames=self.kernel_frames, latency_frames=self.latency_frames
        )
        return jnp.moveaxis(_maps(real, imaginary, self.output), 0, 3)


def _maps(
    real: Float[Array, "filters batch frames channels"],
    imaginary: Float[Array, "filters batch frames channels"],
    output: GaborOutput,
) -> Float[Array, "maps batch frames channels"]:
    if output is GaborOutput.REAL:
        return real
    if output is GaborOutput.IMAGINARY:
        return imaginary
    if output is GaborOutput.CONCAT:
        return jnp.concatenate([real, imaginary])
    power = real**2 + imaginary**2
    # The root of exactly zero has no finite gradient.
    is_positive = power > 0.0
    return jnp.where(is_positive, jnp.sqrt(jnp.where(is_positive, power, 1.0)), 0.0)


def _factors(filters: GaborFilters, times: Int[np.ndarray, " times"], offsets: Int[np.ndarray, " offsets"]) -> _Factors:
    rate = filters.modulation * jnp.cos(filters.orientation)
    scale = filters.modulation * jnp.sin(filters.orientation)
    return _Factors(
        _gabor(times, filters.temporal_width, rate),
        _gabor(offsets, filters.spectral_width, scale),
    )


def _gabor(
    position: Int[np.ndarray, " positions"], width: Float[Array, " filters"], frequency: Float[Array, " filters"]
) -> Complex[Array, "filters positions"]:
    """Gaussian of unit area times a complex wave; `frequency` in radians a bin."""
    bins = jnp.asarray(position, width.dtype)[None, :]
    gaussian = jnp.exp(-0.5 * (bins / width[:, None]) ** 2) / (math.sqrt(2.0 * math.pi) * width[:, None])
    phase = frequency[:, None] * bins
    return lax.complex(gaussian * jnp.cos(phase), gaussian * jnp.sin(phase))
