"""The cortical stage: joint spectrotemporal modulation filters on an auditory spectrogram.

Each filter is tuned to one scale Omega (cycles per octave) and one rate w (Hz) in one direction, as in Famularo et al.
2024 and Chi, Ru & Shamma 2005. Along frequency it is q exp(1 - q), q = (Omega'/Omega)^2, on the non-negative scales:
analytic, peak exactly at Omega, linear (never circular). Along time the original takes h(u) = sin(2 pi u) u^2
exp(-3.5 u), u = w t, and makes it directional by deleting half of its spectrum, which looks into the future. Here

    h(u) = -i u^2 exp(-3.5 u) (exp(2 pi i u) - kappa - mu exp(-2 pi i u)),

or its conjugate for the other direction. It is causal, and its real part is the original's h but for two small terms:
kappa makes the gain at rate 0 exactly zero (the admissibility correction of a Morlet wavelet), mu that at the same rate
in the opposite direction. Neither adds memory. The gain at w is 1, and that is the maximum but for 0.01 %.

u^2 exp(c u) is a triple pole, so the past enters through three moments of it: frames are processed in blocks as matrix
products, with the moments carried from block to block. This is exact for every rate, however low.
"""

import math
from typing import Final, NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Complex, Float

from hearfit.errors import InputError
from hearfit.frontend.cortex_parameters import CortexDesign, ModulationFilters
from hearfit.frontend.toeplitz import toeplitz

# u^2 exp(-3.5 u) is 60 dB below its maximum (at u = 2/3.5) after this many cycles.
MEMORY_CYCLES: Final = 3.596
NUM_MOMENTS: Final = 9
_DECAY_PER_CYCLE: Final = 3.5
# The default of some devices is a faster format with three digits.
_PRECISION: Final = lax.Precision.HIGHEST

Past = Float[Array, "past_filters moments past_batch past_channels"]
Response = Float[Array, "batch filters frames channels"]


class ScaleMatrices(NamedTuple):
    """From channels to channels: the complex scale filter of every modulation filter, without its zeros."""

    real: Float[Array, "filters channels channels"]
    imaginary: Float[Array, "filters channels channels"]


class _RateFilter(NamedTuple):
    """h = waves @ (cos 2 pi u, sin 2 pi u, 1) u^2 exp(-3.5 u), real and imaginary part."""

    cycles_per_frame: Float[Array, " filters"]
    waves: Float[Array, "filters parts waves"]


class _BlockMatrices(NamedTuple):
    """From a block's frames and the past's moments to the block's output (real, imaginary) and the next moments."""

    of_frames: Float[Array, "filters rows frames"]
    of_past: Float[Array, "filters rows moments"]


def memory_s(rate_hz: float) -> float:
    """Seconds after which a frame's effect on a filter of this rate is 60 dB below its greatest."""
    return MEMORY_CYCLES / rate_hz


def silent_past(num_filters: int, *, batch: int, design: CortexDesign) -> Past:
    """The state before the first frame: nothing was heard."""
    return jnp.zeros((num_filters, NUM_MOMENTS, batch, design.num_channels))


def cortical_response(
    spectrogram: Float[Array, "batch frames channels"], filters: ModulationFilters, design: CortexDesign, past: Past
) -> tuple[Response, Past]:
    """Real part of every filter's output, in units of the spectrogram, and the state for the frames that follow.

    A ripple cos 2 pi (w t + Omega x) gives half of itself: the other half lies at negative scales, as in the original.
    A sound in pieces gives the same as in one piece if each piece gets the state that the one before it returned.

    Raises:
        InputError: the spectrogram does not fit the design, or the state does not fit the spectrogram.
    """
    parts, past = _response(spectrogram, filters, design, past, is_complex=False)
    return parts[0], past


def cortical_magnitude(
    spectrogram: Float[Array, "batch frames channels"], filters: ModulationFilters, design: CortexDesign, past: Past
) -> tuple[Response, Past]:
    """As `cortical_response`, but the magnitude of the complex output: how much of a ripple, whatever its phase."""
    parts, past = _response(spectrogram, filters, design, past, is_complex=True)
    power = parts[0] ** 2 + parts[1] ** 2
    # The root of exactly zero has no finite gradient.
    is_positive = power > 0.0
    return jnp.where(is_positive, jnp.sqrt(jnp.where(is_positive, power, 1.0)), 0.0), past


def gain_after_onset(
    filters: ModulationFilters, design: CortexDesign, num_frames: int
) -> Float[Array, "filters frames"]:
    """Magnitude of every filter's gain for its own ripple when that has lasted for 1, 2, ... frames; in the end 1.

    A ripple of a few cycles ends before the filter has risen to it.
    """
    rate_filter = _rate_filter(filters, design)
    step = rate_filter.cycles_per_frame
    cycles = step[:, None] * jnp.arange(num_frames, dtype=step.dtype)[None, :]
    angle = 2.0 * jnp.pi * cycles
    waves = jnp.stack([jnp.cos(angle), jnp.sin(angle), jnp.ones_like(angle)], axis=-1)
    envelope = cycles**2 * jnp.exp(-_DECAY_PER_CYCLE * cycles)
    parts = envelope[:, None] * jnp.einsum("kpw,knw->kpn", rate_filter.waves, waves, precision=_PRECISION)
    # The ripple turns the other way than the filter of direction -1 counts.
    ripple = jnp.exp(lax.complex(jnp.zeros_like(angle), -filters.direction[:, None] * angle))
    return jnp.abs(jnp.cumsum(lax.complex(parts[:, 0], parts[:, 1]) * ripple, axis=1))


def scale_gain(scale: Float[Array, " bins"], *, best_scale: Float[Array, " filters"]) -> Float[Array, "filters bins"]:
    """Gain of scale filters, q exp(1 - q) with q = (scale / best scale)^2; both in cycles per octave."""
    q = (scale[None, :] / best_scale[:, None]) ** 2
    return q * jnp.exp(1.0 - q)


def scale_matrices(best_scale: Float[Array, " filters"], design: CortexDesign) -> ScaleMatrices:
    """Linear filtering along the frequency axis as products from the right: [..., channels] @ matrix.

    Beyond the outermost channels the spectrogram is zero. The kernel is the sum of its gain over non-negative scales on
    a grid fine enough for the lowest one, whose period is at least four times the frequency axis: nothing wraps around.
    """
    num_channels = design.num_channels
    coarsest = max(4 * num_channels, math.ceil(4.0 * design.channels_per_octave / design.lowest_scale))
    num_points = 1 << (coarsest - 1).bit_length()
    bins = np.arange(num_points // 2)
    offset = np.arange(1 - num_channels, num_channels)
    phase = 2.0 * np.pi / num_points * ((bins[:, None] * offset[None, :]) % num_points)
    waves = jnp.asarray(np.concatenate([np.cos(phase), np.sin(phase)], axis=1) / num_points, best_scale.dtype)
    gain = scale_gain(
        jnp.asarray(bins * (design.channels_per_octave / num_points), best_scale.dtype), best_scale=best_scale
    )
    kernel = jnp.matmul(gain, waves, precision=_PRECISION)
    return ScaleMatrices(toeplitz(kernel[:, : len(offset)]), toeplitz(kernel[:, len(offset) :]))


def _rate_filter(filters: ModulationFilters, design: CortexDesign) -> _RateFilter:
    """Zero gain at rates 0 and -w, unit gain at w, all three exactly on the frame grid of F frames a second.

    With a = exp(-3.5 w/F) and z = exp(2 pi i w/F), sums over all frames of u^2 exp(-3.5 u) exp(2 pi i j u) are
    proportional to s_j = S(a z^j), S(x) = x (1 + x) / (1 - x)^3, the sum of n^2 x^n. For d = +1 the gains are

        at 0:  s_1 - kappa s_0 - mu s_1* = 0,      at -w:  s_2 - kappa s_1 - mu s_0 = 0,
        at w:  s_0 - kappa s_1* - mu s_2*.
    """
    step = filters.rate_hz / design.frame_rate_hz
    s_0, s_1, s_2 = (_sum_of_squares(step, harmonic) for harmonic in (0, 1, 2))
    mu = (s_0 * s_2 - s_1 * s_1) / (s_0 * s_0 - s_1 * jnp.conj(s_1))
    kappa = (s_1 - mu * jnp.conj(s_1)) / s_0
    at_rate = s_0 - kappa * jnp.conj(s_1) - mu * jnp.conj(s_2)
    # h = -i (exp(2 pi i u) - kappa - mu exp(-2 pi i u)) ... in terms of cosine, sine and 1; its conjugate for d = -1.
    real = jnp.stack([-jnp.imag(mu), 1.0 + jnp.real(mu), -jnp.imag(kappa)], axis=-1)
    imaginary = jnp.stack([jnp.real(mu) - 1.0, jnp.imag(mu), jnp.real(kappa)], axis=-1)
    waves = jnp.stack([real, filters.direction[:, None] * imaginary], axis=1)
    return _RateFilter(step, waves / (step**2 * jnp.abs(at_rate))[:, None, None])


def _sum_of_squares(step: Float[Array, " filters"], harmonic: int) -> Complex[Array, " filters"]:
    """Sum of n^2 x^n from n = 0, for x = exp((-3.5 + 2 pi i harmonic) step)."""
    angle = 2.0 * jnp.pi * harmonic * step
    rest = -jnp.expm1(-_DECAY_PER_CYCLE * step)
    # 1 - x without the difference of two numbers close to 1.
    one_minus = lax.complex(rest * jnp.cos(angle) + 2.0 * jnp.sin(angle / 2.0) ** 2, (rest - 1.0) * jnp.sin(angle))
    return (1.0 - one_minus) * (2.0 - one_minus) / (one_minus * one_minus * one_minus)


def _block_matrices(rate_filter: _RateFilter, num_frames: int) -> _BlockMatrices:
    """The rate filters on blocks of this many frames.

    The moments are sums over the past frames x[-m], m = 1, 2, ..., of wave(u_m) u_m^k exp(-3.5 u_m) x[-m], for the
    waves cos 2 pi u, sin 2 pi u and 1, and k = 0, 1, 2. The output is a sum of waves with k = 2, aged to its frame.
    """
    ageing = _ageing(rate_filter.cycles_per_frame, num_frames + 1)
    # A frame of age 0 has cos 0 = 1, sin 0 = 0 and 1 as its moments with k = 0.
    of_frame = ageing[..., 0, 0] + ageing[..., 2, 0]
    readout = jnp.einsum("kpw,knwvl->kpnvl", rate_filter.waves, ageing[:, :num_frames, :, 2], precision=_PRECISION)
    impulse_response = readout[..., 0, 0] + readout[..., 2, 0]
    # Zeros at the lags of later frames; the square makes the response at lag 0 an exact zero, too.
    by_offset = jnp.pad(impulse_response[..., ::-1], ((0, 0), (0, 0), (0, num_frames - 1)))
    num_filters = len(by_offset)
    effect = toeplitz(by_offset.reshape(2 * num_filters, -1)).reshape(num_filters, 2 * num_frames, num_frames)
    new = jnp.moveaxis(of_frame[:, :0:-1].reshape(num_filters, num_frames, NUM_MOMENTS), 1, 2)
    return _BlockMatrices(
        of_frames=jnp.concatenate([effect, new], axis=1),
        of_past=jnp.concatenate(
            [
                readout.reshape(num_filters, 2 * num_frames, NUM_MOMENTS),
                ageing[:, num_frames].reshape(num_filters, NUM_MOMENTS, NUM_MOMENTS),
            ],
            axis=1,
        ),
    )


def _ageing(step: Float[Array, " filters"], num_ages: int) -> Float[Array, "filters ages 3 3 3 3"]:
    """How 0, 1, 2, ... frames age the moments: [..., wave, power, wave before, power before].

    By the addition theorem for the waves and the binomial theorem for the powers.
    """
    cycles = step[:, None] * jnp.arange(num_ages, dtype=step.dtype)[None, :]
    angle = 2.0 * jnp.pi * cycles
    cosine, sine = jnp.cos(angle), jnp.sin(angle)
    zero, one = jnp.zeros_like(cycles), jnp.ones_like(cycles)
    square = (*cycles.shape, 3, 3)
    rotation = jnp.stack([cosine, -sine, zero, sine, cosine, zero, zero, zero, one], axis=-1).reshape(square)
    powers = jnp.stack([one, zero, zero, cycles, one, zero, cycles**2, 2.0 * cycles, one], axis=-1).reshape(square)
    decayed = jnp.exp(-_DECAY_PER_CYCLE * cycles)[..., None, None] * powers
    return rotation[..., :, None, :, None] * decayed[..., None, :, None, :]


def _response(
    spectrogram: Float[Array, "batch frames channels"],
    filters: ModulationFilters,
    design: CortexDesign,
    past: Past,
    *,
    is_complex: bool,
) -> tuple[Float[Array, "parts batch filters frames channels"], Past]:
    """The real part of the output or, of a complex one, both parts."""
    _check(spectrogram, filters, design, past)
    batch, num_frames, num_channels = spectrogram.shape
    num_filters = len(filters.rate_hz)
    rate_filter = _rate_filter(filters, design)
    scale = scale_matrices(filters.scale_cycles_per_octave, design)
    num_blocks, num_left = divmod(num_frames, design.block_frames)
    frames = jnp.moveaxis(spectrogram, 1, 0)
    parts = 2 if is_complex else 1
    pieces = [jnp.zeros((parts, batch, num_filters, 0, num_channels), spectrogram.dtype)]
    if num_blocks:
        matrices = _block_matrices(rate_filter, design.block_frames)
        blocks = frames[: num_frames - num_left].reshape(num_blocks, design.block_frames, batch, num_channels)
        past, outputs = lax.scan(
            lambda state, block: _block(block, state, matrices, scale, is_complex=is_complex), past, blocks
        )
        # From blocks, parts, filters, frames of a block, batch, channels.
        outputs = outputs.transpose(1, 4, 2, 0, 3, 5)
        pieces.append(outputs.reshape(parts, batch, num_filters, num_frames - num_left, num_channels))
    if num_left:
        matrices = _block_matrices(rate_filter, num_left)
        past, output = _block(frames[num_frames - num_left :], past, matrices, scale, is_complex=is_complex)
        pieces.append(output.transpose(0, 3, 1, 2, 4))
    return jnp.concatenate(pieces, axis=3), past


def _block(
    block: Float[Array, "frames batch channels"],
    past: Past,
    matrices: _BlockMatrices,
    scale: ScaleMatrices,
    *,
    is_complex: bool,
) -> tuple[Past, Float[Array, "parts filters frames batch channels"]]:
    num_frames, batch, num_channels = block.shape
    num_filters, num_rows, _ = matrices.of_frames.shape
    rows = jnp.matmul(
        matrices.of_frames.reshape(num_filters * num_rows, num_frames),
        block.reshape(num_frames, batch * num_channels),
        precision=_PRECISION,
    ).reshape(num_filters, num_rows, batch * num_channels)
    moments = past.reshape(num_filters, NUM_MOMENTS, batch * num_channels)
    rows = rows + jnp.matmul(matrices.of_past, moments, precision=_PRECISION)
    real, imaginary = (
        part.reshape(num_filters, num_frames * batch, num_channels)
        for part in (rows[:, :num_frames], rows[:, num_frames : 2 * num_frames])
    )
    output = [_product(real, scale.real) - _product(imaginary, scale.imaginary)]
    if is_complex:
        output.append(_product(real, scale.imaginary) + _product(imaginary, scale.real))
    return (
        rows[:, 2 * num_frames :].reshape(past.shape),
        jnp.stack(output).reshape(len(output), num_filters, num_frames, batch, num_channels),
    )


def _product(
    left: Float[Array, "filters rows channels"], right: Float[Array, "filters channels channels"]
) -> Float[Array, "filters rows channels"]:
    return jnp.matmul(left, right, precision=_PRECISION)


def _check(
    spectrogram: Float[Array, "batch frames channels"], filters: ModulationFilters, design: CortexDesign, past: Past
) -> None:
    batch, _, num_channels = spectrogram.shape
    if num_channels != design.num_channels:
        raise InputError(
            f"The spectrogram has {num_channels} channels, but this cortex is made for {design.num_channels}. Give the "
            f"design the number of channels of the spectrogram."
        )
    expected = (len(filters.rate_hz), NUM_MOMENTS, batch, num_channels)
    if past.shape != expected:
        raise InputError(
            f"The state has the shape {past.shape}, but {len(filters.rate_hz)} filters on a batch of {batch} need "
            f"{expected}. Begin with `silent_past`, and give each piece the state that the one before it returned."
        )
