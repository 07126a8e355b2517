"""The frozen, linear filterbank of the listener model: analytic gammatone filters on the ERB-number scale.

Complex fourth-order gammatone, h(t) = t^(n-1) exp(-2 pi b t) exp(2 pi i f_c t), whose frequency response about f_c is
(1 + i (f - f_c) / b)^-n (Patterson et al. 1987; Hohmann 2002, section 2.1), with unit gain at f_c. It is broader than
the normal auditory filter: lateral inhibition sharpens it.
"""

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from hearfit.frontend.erb_scale import frequency_at_erb_number, normal_erb_hz

# b = 1.019 ERB for a fourth-order gammatone (Patterson et al. 1987).
_BANDWIDTH_PER_ERB = 1.019
# The envelope of the narrowest filter is below -100 dB after this many periods of its bandwidth.
_RINGING_IN_INVERSE_BANDWIDTHS = 4.0


@dataclass(frozen=True)
class FilterbankDesign:
    """Gammatone filters every `spacing_cam` ERB numbers, each `bandwidth_factor` normal ERBs wide."""

    lowest_cam: float
    highest_cam: float
    spacing_cam: float
    bandwidth_factor: float
    order: int = 4

    @property
    def centre_frequencies_hz(self) -> Float[np.ndarray, " channels"]:
        """Centre frequency of each channel, ascending."""
        count = round((self.highest_cam - self.lowest_cam) / self.spacing_cam) + 1
        return frequency_at_erb_number(self.lowest_cam + self.spacing_cam * np.arange(count))

    @property
    def bandwidths_hz(self) -> Float[np.ndarray, " channels"]:
        """The gammatone parameter b of each channel."""
        return _BANDWIDTH_PER_ERB * self.bandwidth_factor * normal_erb_hz(self.centre_frequencies_hz)

    @property
    def ringing_s(self) -> float:
        """How long the narrowest filter rings on after its input."""
        return float(_RINGING_IN_INVERSE_BANDWIDTHS / self.bandwidths_hz.min())

    @property
    def latency_s(self) -> Float[np.ndarray, " channels"]:
        """Delay from a click to the highest envelope of each channel: where t^(n-1) exp(-2 pi b t) is greatest."""
        return (self.order - 1) / (2.0 * np.pi * self.bandwidths_hz)


def frequency_response(
    design: FilterbankDesign, frequency_hz: Float[np.ndarray, " bins"]
) -> Complex[np.ndarray, "channels bins"]:
    """Complex gain of every channel at positive and negative frequencies; 1 at its own centre frequency."""
    return (1.0 + 1j * _relative_offset(design, frequency_hz)) ** -design.order


def tone_power(
    design: FilterbankDesign, frequency_hz: Float[np.ndarray, " tones"]
) -> Float[np.ndarray, "tones channels"]:
    """Steady-state power gain of each channel for pure tones: the excitation pattern before any nonlinearity."""
    return _power_gain(design, frequency_hz).T


def noise_power(
    design: FilterbankDesign,
    density_per_hz: Float[np.ndarray, "*noises bins"],
    frequency_hz: Float[np.ndarray, " bins"],
) -> Float[np.ndarray, "*noises channels"]:
    """Expected power of each channel for stationary Gaussian noise of the given one-sided power density.

    Trapezoidal integral of density times power gain over an ascending frequency grid.
    """
    gain = _power_gain(design, frequency_hz)
    interval_hz = np.diff(frequency_hz)
    width_hz = 0.5 * (np.append(interval_hz, 0.0) + np.append(0.0, interval_hz))
    return np.asarray((density_per_hz * width_hz) @ gain.T)


def _relative_offset(
    design: FilterbankDesign, frequency_hz: Float[np.ndarray, " bins"]
) -> Float[np.ndarray, "channels bins"]:
    """Distance of each frequency from the centre of each channel, in bandwidth parameters."""
    return (frequency_hz[None, :] - design.centre_frequencies_hz[:, None]) / design.bandwidths_hz[:, None]


def _power_gain(
    design: FilterbankDesign, frequency_hz: Float[np.ndarray, " bins"]
) -> Float[np.ndarray, "channels bins"]:
    """|`frequency_response`|^2 without complex powers, which take several times as long."""
    return np.asarray((1.0 + _relative_offset(design, frequency_hz) ** 2) ** -design.order)


def analytic_output(
    waveform: Float[Array, " samples"],
    component_gain: Float[Array, " fft_size"],
    response: Complex[Array, "channels fft_size"],
) -> Complex[Array, "channels fft_size"]:
    """Output of every channel for a real waveform, times two: |Y|^2 / 2 is the channel's short-term power.

    The waveform is zero-padded to the size of `response`, which must leave room for the ringing: filtering is linear,
    never circular. `component_gain` weights each bin before the bank (transmission to the cochlea). `response` is
    `frequency_response` on all bins of the FFT. Without those of negative frequency the filters would answer
    before their input; with them the envelope of the lowest channel has a ripple of -40 dB.
    """
    spectrum = jnp.fft.fft(waveform, response.shape[-1])
    spectrum = spectrum * component_gain.astype(spectrum.dtype)
    return jnp.fft.ifft(2.0 * spectrum[None, :] * response, axis=-1)
