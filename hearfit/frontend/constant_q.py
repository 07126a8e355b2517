"""The frozen constant-Q cochlear bank: one asymmetric prototype filter, moved along a logarithmic frequency axis.

Prototype of order 7 in s = i f / CF, fitted to the measured shape of the bank of Famularo et al. (2024), which is that
of Chi, Ru and Shamma (2005): a low skirt of 13 dB per octave, a high skirt that falls 10 dB within 1/24 octave onto a
shelf at -20 dB, Q_3dB 8, Q_10dB 2.9. tests/studies/constant_q_shape.py refits the constants and prints the shape.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Complex, Float

from hearfit.errors import InputError
from hearfit.frontend.block_filter import MAX_SAMPLING_RATE_HZ, MIN_SAMPLING_RATE_HZ

# Poles and zeros in units of the nominal centre frequency; complex ones stand for a conjugate pair.
PROTOTYPE_POLES = (-0.02395 + 1.03668j, -0.08149 + 0.99140j, -0.22023 + 0.82053j, -0.45217 + 0.0j)
PROTOTYPE_ZEROS = (-0.02337 + 1.07579j, -0.27996 + 1.16577j)
# One real zero right of the imaginary axis: not minimum phase, which makes the latency 0.8 periods.
PROTOTYPE_REAL_ZEROS = (0.28815, -0.85093)
PROTOTYPE_GAIN = 0.051198

# Half the sampling rate that a channel needs, re its centre frequency: the first 10 dB of its steep skirt must fit. At
# 16 kHz this admits one channel above the paper's 129, which inhibits the highest of them.
_NYQUIST_PER_CENTRE = 1.07
# What sampling at 48 kHz carries; ferrets and other mammals hear beyond what people do.
_HIGHEST_CENTRE_HZ = 22_400.0
# Degree of the numerator beside the notch at 1.076 CF, and how often its phase is released; see `digital_filters`.
_NUMERATOR_DEGREE = 5
_NUM_PHASE_UPDATES = 100
_GAIN_FLOOR = 0.1


@dataclass(frozen=True)
class ConstantQDesign:
    """Channels from `lowest_hz` upwards, `channels_per_octave` of them; the defaults are the paper's bank."""

    lowest_hz: float = 440.0 * 2.0 ** (-31 / 24)
    channels_per_octave: float = 24.0
    num_channels: int = 129

    def __post_init__(self) -> None:
        problems = []
        if not 20.0 <= self.lowest_hz <= _HIGHEST_CENTRE_HZ:
            problems.append(
                f"The lowest channel is at {self.lowest_hz:g} Hz; allowed is 20 to {_HIGHEST_CENTRE_HZ:g} Hz."
            )
        if not 1 <= self.channels_per_octave <= 96:
            problems.append(f"There are {self.channels_per_octave:g} channels per octave; allowed are 1 to 96.")
        if self.num_channels < 1:
            problems.append(f"The bank has {self.num_channels} channels; it needs at least 1.")
        if not problems and self.highest_hz > _HIGHEST_CENTRE_HZ + 0.5:
            problems.append(
                f"The highest channel is at {self.highest_hz:g} Hz; allowed is up to {_HIGHEST_CENTRE_HZ:g} Hz."
            )
        if problems:
            raise InputError(problems)

    @property
    def centre_frequencies_hz(self) -> Float[np.ndarray, " channels"]:
        """Nominal centre frequency of each channel, ascending; a channel's gain peaks 1.4 % above it."""
        return self.lowest_hz * 2.0 ** (np.arange(self.num_channels) / self.channels_per_octave)

    @property
    def highest_hz(self) -> float:
        """Nominal centre frequency of the last channel."""
        return float(self.lowest_hz * 2.0 ** ((self.num_channels - 1) / self.channels_per_octave))


def highest_centre_hz(sampling_rate_hz: float) -> float:
    """Highest centre frequency of a channel at this sampling rate."""
    return min(sampling_rate_hz / 2.0 / _NYQUIST_PER_CENTRE, _HIGHEST_CENTRE_HZ)


@dataclass(frozen=True)
class PoleZeroFilters:
    """One digital filter a channel, H(z) = gain prod(1 - q z^-1) / prod(1 - p z^-1).

    Poles are simple and, like the zeros q, real or in conjugate pairs; a missing zero is 0.
    """

    poles: Complex[np.ndarray, "channels poles"]
    zeros: Complex[np.ndarray, "channels zeros"]
    gain: Float[np.ndarray, " channels"]


def prototype_response(ratio: Float[np.ndarray, "*shape"]) -> Complex[np.ndarray, "*shape"]:
    """Complex gain of the prototype at these multiples of the nominal centre frequency; its peak is 1."""
    poles, zeros = _with_conjugates(PROTOTYPE_POLES), _with_conjugates((*PROTOTYPE_ZEROS, *PROTOTYPE_REAL_ZEROS))
    s = 1j * ratio[..., None]
    return PROTOTYPE_GAIN * np.prod(s - zeros, axis=-1) / np.prod(s - poles, axis=-1)


def digital_filters(design: ConstantQDesign, sampling_rate_hz: float) -> PoleZeroFilters:
    """The bank at a sampling rate, in float64.

    Poles and the notch are mapped by z = exp(s / rate). The rest of the numerator is fitted by least squares to the
    prototype's magnitude up to half the sampling rate, beginning with its phase: the measured shape is kept within
    0.25 dB even where the filter reaches the Nyquist frequency, which neither the matched nor the bilinear transform
    does.
    """
    _check_rate(design, sampling_rate_hz)
    angle = 2.0 * np.pi * design.centre_frequencies_hz[:, None] / sampling_rate_hz
    poles = np.exp(_with_conjugates(PROTOTYPE_POLES) * angle)
    notch = np.exp(_with_conjugates(PROTOTYPE_ZEROS[:1]) * angle)
    delay, weight, target = _fitting_grid(design, sampling_rate_hz)
    fixed = _product(notch, delay) / _product(poles, delay)
    # Powers of the backward difference in units of the centre frequency: well-conditioned for low channels too.
    difference = (1.0 - delay) / angle
    columns = (weight * fixed)[:, :, None] * difference[:, :, None] ** np.arange(_NUMERATOR_DEGREE + 1)
    coefficients = _magnitude_fit(columns, weight * target)
    zeros = np.array([1.0 / (1.0 - np.roots(c[::-1]) * a) for c, a in zip(coefficients, angle[:, 0], strict=True)])
    # The leading coefficient times prod(u_0 - u_i) is the numerator at z^-1 = 0, where u_0 = 1 / angle.
    gain = coefficients[:, -1] * np.prod(1.0 / (angle * zeros), axis=1).real
    return PoleZeroFilters(poles=poles, zeros=np.concatenate([notch, zeros], axis=1), gain=gain)


def frequency_response(
    filters: PoleZeroFilters, frequency_hz: Float[np.ndarray, " bins"], sampling_rate_hz: float
) -> Complex[np.ndarray, "channels bins"]:
    """Complex gain of every channel."""
    delay = np.exp(-2j * np.pi * frequency_hz / sampling_rate_hz)[None, :]
    return filters.gain[:, None] * _product(filters.zeros, delay) / _product(filters.poles, delay)


def latency_s(filters: PoleZeroFilters, sampling_rate_hz: float) -> Float[np.ndarray, " channels"]:
    """Delay from a click to the highest Hilbert envelope of each channel, to a fraction of a sample.

    About 0.8 periods of the centre frequency less half a sample for the constant-Q bank.
    """
    ringing = ringing_s(filters, sampling_rate_hz, decay_db=100.0) * sampling_rate_hz
    slowest = np.argmax(np.abs(filters.poles), axis=1)[:, None]
    centre = np.abs(np.angle(np.take_along_axis(filters.poles, slowest, axis=1)[:, 0])) / (2.0 * np.pi)
    latency = np.zeros(len(filters.gain))
    for channel, samples in enumerate(ringing):
        size = 1 << max(8, int(np.ceil(np.log2(samples))))
        one = PoleZeroFilters(filters.poles[[channel]], filters.zeros[[channel]], filters.gain[[channel]])
        frequency = np.arange(size // 2) / size
        spectrum = frequency_response(one, frequency, 1.0)[0]
        # The response jumps at time 0, where a Hilbert envelope of unlimited bandwidth is infinite.
        spectrum = np.where(frequency < 4.0 * centre[channel], spectrum, 0.0)
        envelope = np.abs(np.fft.ifft(spectrum, 8 * size))
        latency[channel] = np.argmax(envelope[: 4 * size]) / 8.0 / sampling_rate_hz
    return latency


def ringing_s(
    filters: PoleZeroFilters, sampling_rate_hz: float, *, decay_db: float = 60.0
) -> Float[np.ndarray, " channels"]:
    """Time in which the slowest mode of each channel decays by `decay_db`."""
    slowest = np.abs(filters.poles).max(axis=1)
    return decay_db / (-20.0 * np.log10(slowest)) / sampling_rate_hz


def _check_rate(design: ConstantQDesign, sampling_rate_hz: float) -> None:
    if not MIN_SAMPLING_RATE_HZ <= sampling_rate_hz <= MAX_SAMPLING_RATE_HZ:
        raise InputError(
            f"The sampling rate is {sampling_rate_hz:g} Hz; the constant-Q bank takes "
            f"{MIN_SAMPLING_RATE_HZ:g} to {MAX_SAMPLING_RATE_HZ:g} Hz."
        )
    limit_hz = sampling_rate_hz / 2.0 / _NYQUIST_PER_CENTRE
    if design.highest_hz > limit_hz:
        fitting = int(np.sum(design.centre_frequencies_hz <= limit_hz))
        raise InputError(
            f"The highest channel is at {design.highest_hz:g} Hz, but sampling at {sampling_rate_hz:g} Hz carries "
            f"channels up to {limit_hz:g} Hz: use {fitting} channels instead of {design.num_channels}, or a sampling "
            f"rate of at least {2.0 * _NYQUIST_PER_CENTRE * design.highest_hz:.0f} Hz."
        )


def _with_conjugates(roots: tuple[complex, ...]) -> Complex[np.ndarray, " roots"]:
    listed = np.array(roots, dtype=np.complex128)
    return np.concatenate([listed, listed[listed.imag != 0.0].conj()])


def _product(
    roots: Complex[np.ndarray, "channels roots"], delay: Complex[np.ndarray, "#channels bins"]
) -> Complex[np.ndarray, "channels bins"]:
    """prod(1 - root z^-1) for every channel and bin; `delay` is z^-1."""
    return np.prod(1.0 - roots[:, None, :] * delay[:, :, None], axis=2)


def _fitting_grid(
    design: ConstantQDesign, sampling_rate_hz: float
) -> tuple[
    Complex[np.ndarray, "channels bins"], Float[np.ndarray, "channels bins"], Complex[np.ndarray, "channels bins"]
]:
    """z^-1, weight and wanted response on frequencies from 0 to Nyquist, dense where the prototype is steep."""
    nyquist_hz = sampling_rate_hz / 2.0
    centre_hz = design.centre_frequencies_hz
    end_hz = 0.995 * nyquist_hz
    knee_hz = np.minimum(1.3 * centre_hz, end_hz)
    pieces = (
        np.zeros((1, len(centre_hz))),
        np.geomspace(centre_hz / 32.0, 0.7 * centre_hz, 80),
        np.linspace(0.7 * centre_hz, knee_hz, 200),
        np.geomspace(knee_hz, np.full_like(knee_hz, end_hz), 100),
    )
    frequency_hz = np.concatenate(pieces).T
    delay = np.exp(-2j * np.pi * frequency_hz / sampling_rate_hz)
    wanted = prototype_response(frequency_hz / centre_hz[:, None])
    weight = (1.0 - (frequency_hz / nyquist_hz) ** 4) / (np.abs(wanted) + _GAIN_FLOOR)
    # Half a sample of advance: the response of a filter that jumps at 0 is then nearly real at the Nyquist frequency,
    # as that of a digital filter must be. The same for all channels, it changes no difference between neighbours.
    return delay, weight, wanted / np.sqrt(delay)


def _magnitude_fit(
    columns: Complex[np.ndarray, "channels bins terms"], target: Complex[np.ndarray, "channels bins"]
) -> Float[np.ndarray, "channels terms"]:
    """Real coefficients by least squares, first to the complex target, then with its phase replaced by the fit's own.

    Alternating projection (Gerchberg and Saxton 1972): the error of the magnitude falls with every update.
    """
    stacked = np.concatenate([columns.real, columns.imag], axis=1)
    scale = np.linalg.norm(stacked, axis=1, keepdims=True)
    stacked = stacked / scale
    solve = np.linalg.pinv(stacked)
    magnitude, phased = np.abs(target), target
    num_bins = target.shape[1]
    coefficients = np.zeros((len(target), columns.shape[2]))
    for _ in range(_NUM_PHASE_UPDATES + 1):
        coefficients = (solve @ np.concatenate([phased.real, phased.imag], axis=1)[:, :, None])[:, :, 0]
        fit = (stacked @ coefficients[:, :, None])[:, :, 0]
        fit = fit[:, :num_bins] + 1j * fit[:, num_bins:]
        phased = magnitude * fit / np.abs(fit)
    return coefficients / scale[:, 0, :]
