"""The equivalent-rectangular-bandwidth scale of the normal ear (Glasberg & Moore 1990, eqs 3 and 4)."""

import numpy as np
from jaxtyping import Float

_MINIMUM_ERB_HZ = 24.7
_SLOPE_PER_KHZ = 4.37
_ERB_NUMBER_FACTOR = 21.4


def normal_erb_hz(frequency_hz: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """Equivalent rectangular bandwidth of the normal auditory filter, 24.7 (4.37 f/kHz + 1) Hz (eq. 3)."""
    return np.asarray(_MINIMUM_ERB_HZ * (_SLOPE_PER_KHZ * frequency_hz / 1000.0 + 1.0))


def erb_number(frequency_hz: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """Number of normal ERBs below a frequency, in Cam: 21.4 log10(4.37 f/kHz + 1) (eq. 4)."""
    return np.asarray(_ERB_NUMBER_FACTOR * np.log10(_SLOPE_PER_KHZ * frequency_hz / 1000.0 + 1.0))


def frequency_at_erb_number(number_cam: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """Inverse of `erb_number`, in Hz."""
    return np.asarray((10.0 ** (number_cam / _ERB_NUMBER_FACTOR) - 1.0) * 1000.0 / _SLOPE_PER_KHZ)
