"""The listener model's complex gammatone bank as a causal digital filter.

The analogue response h(t) = t^(n-1) exp(-2 pi b t) exp(2 pi i f_c t) sampled in time (impulse invariance), with unit
gain at f_c. It aliases by less than 1e-4 of the peak as long as the channel's band lies below the Nyquist frequency.
"""

import numpy as np
from jaxtyping import Complex, Float

from hearfit.errors import InputError
from hearfit.frontend.block_filter import MAX_SAMPLING_RATE_HZ, MIN_SAMPLING_RATE_HZ, StateSpace
from hearfit.frontend.filterbank import FilterbankDesign


def digital_gammatone(design: FilterbankDesign, sampling_rate_hz: float) -> StateSpace:
    """Real and imaginary output of every channel; twice their sum of squares is the channel's short-term power.

    Raises:
        InputError: the rate cannot carry the highest channel and its bandwidth.
    """
    _check_rate(design, sampling_rate_hz)
    angle = 2.0 * np.pi / sampling_rate_hz * (1j * design.centre_frequencies_hz - design.bandwidths_hz)
    pole = np.exp(angle)
    order = design.order
    # In binomial coordinates A^k B = pole^k C(k, j), so that y_k = pole^k k^(n-1) is read out with the forward
    # differences of k^(n-1) at 1.
    chain = np.eye(order) + np.eye(order, k=-1)
    differences = _forward_differences(1, order)
    transition = pole[:, None, None] * chain
    readout = (pole / _gain_at_centre(np.abs(pole), order))[:, None] * differences
    real_first = np.concatenate([readout.real, -readout.imag], axis=1)
    imaginary_first = np.concatenate([readout.imag, readout.real], axis=1)
    return StateSpace(
        transition=_realified(transition),
        drive=np.tile(np.eye(1, 2 * order), (len(pole), 1)),
        readout=np.stack([real_first, imaginary_first], axis=1),
        feedthrough=np.zeros((len(pole), 2)),
    )


def carried_channels(design: FilterbankDesign, sampling_rate_hz: float) -> int:
    """How many channels, from the lowest, lie with their bandwidth below half the sampling rate."""
    return int(np.sum(design.centre_frequencies_hz + design.bandwidths_hz <= sampling_rate_hz / 2.0))


def _check_rate(design: FilterbankDesign, sampling_rate_hz: float) -> None:
    if not MIN_SAMPLING_RATE_HZ <= sampling_rate_hz <= MAX_SAMPLING_RATE_HZ:
        raise InputError(
            f"The sampling rate is {sampling_rate_hz:g} Hz; the gammatone bank takes {MIN_SAMPLING_RATE_HZ:g} to "
            f"{MAX_SAMPLING_RATE_HZ:g} Hz."
        )
    centre_hz, bandwidth_hz = design.centre_frequencies_hz, design.bandwidths_hz
    fitting = carried_channels(design, sampling_rate_hz)
    if fitting < len(centre_hz):
        raise InputError(
            f"The highest channel is at {centre_hz[-1]:.0f} Hz and {bandwidth_hz[-1]:.0f} Hz wide, but sampling at "
            f"{sampling_rate_hz:g} Hz carries only the {fitting} lowest of {len(centre_hz)} channels. Resample to at "
            f"least {2.0 * (centre_hz[-1] + bandwidth_hz[-1]):.0f} Hz, or leave out the channels above."
        )


def _gain_at_centre(radius: Float[np.ndarray, " channels"], order: int) -> Float[np.ndarray, " channels"]:
    """sum_k k^(n-1) r^k, by the binomial coordinates: sum_k C(k, j) r^k = r^j / (1 - r)^(j + 1)."""
    powers = np.arange(order)
    terms = radius[:, None] ** powers / (1.0 - radius[:, None]) ** (powers + 1)
    return np.asarray(terms @ _forward_differences(0, order))


def _forward_differences(first: int, order: int) -> Float[np.ndarray, " n"]:
    """Differences of order 0 to n - 1 of k^(n-1) at k = first: its coordinates in the binomials of k - first."""
    values = np.arange(float(first), first + order) ** (order - 1)
    return np.array([np.diff(values, times)[0] for times in range(order)])


def _realified(matrices: Complex[np.ndarray, "channels n n"]) -> Float[np.ndarray, "channels m m"]:
    """The same maps on real and imaginary parts."""
    upper = np.concatenate([matrices.real, -matrices.imag], axis=2)
    return np.concatenate([upper, np.concatenate([matrices.imag, matrices.real], axis=2)], axis=1)
