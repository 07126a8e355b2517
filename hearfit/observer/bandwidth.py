"""Equivalent rectangular bandwidth of an ear, by a simulated notched-noise experiment.

A tone is detected in noise with a spectral notch around it; the decline of its threshold with notch width is fitted by
a symmetric roex(p) filter, whose equivalent rectangular bandwidth is 4 f/p (Patterson et al. 1982; Glasberg & Moore
1990). It is what lateral inhibition and compression together do to frequency selectivity.
"""

import numpy as np
from jaxtyping import Float

from hearfit.frontend.erb_scale import normal_erb_hz
from hearfit.frontend.filterbank import FilterbankDesign, noise_power

# Distance of the noise edges from the tone, relative to its frequency.
NOTCH_WIDTHS = (0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3)
_OUTER_EDGE = 0.8
# Noise level within one normal ERB re the threshold of the tone in quiet. At 1 kHz in a normal ear this is about
# 50 dB SPL per hertz, as is customary; less would let the threshold in quiet show through the widest notch.
NOISE_LEVEL_ABOVE_THRESHOLD_DB = 65.0
# Candidate bandwidths in units of the normal one; beyond these the fit is at a bound.
BANDWIDTH_RATIO_RANGE = (0.3, 8.0)
_NUM_CANDIDATES = 400
_NUM_GRID_POINTS = 4001


def notched_noise_power(bank: FilterbankDesign, frequency_hz: float) -> Float[np.ndarray, "notches channels"]:
    """Channel power for each notch width, of noise that has unit power within one normal ERB where there is noise."""
    grid_hz = np.linspace((1.0 - _OUTER_EDGE) * frequency_hz, (1.0 + _OUTER_EDGE) * frequency_hz, _NUM_GRID_POINTS)
    density_per_hz = 1.0 / float(normal_erb_hz(np.array(frequency_hz)))
    deviation = np.abs(grid_hz - frequency_hz) / frequency_hz
    # Half a grid step of tolerance puts the edge of every notch on the same side of its grid point.
    outside = deviation >= np.array(NOTCH_WIDTHS)[:, None] - 0.5 * _OUTER_EDGE / (_NUM_GRID_POINTS // 2)
    return noise_power(bank, density_per_hz * outside, grid_hz)


def roex_bandwidth_ratio(
    threshold_db: Float[np.ndarray, "*batch notches"], frequency_hz: Float[np.ndarray, "*#batch"]
) -> Float[np.ndarray, "*batch"]:
    """Equivalent rectangular bandwidth re normal of the roex(p) filter that fits masked thresholds best.

    Threshold = K + 10 log10 of the noise power that passes W(g) = (1 + p g) exp(-p g); K is free. Least squares over
    a grid of p, refined by a parabola.
    """
    ratios = np.geomspace(*BANDWIDTH_RATIO_RANGE, _NUM_CANDIDATES)
    slope_p = 4.0 * frequency_hz[..., None] / (ratios * normal_erb_hz(frequency_hz)[..., None])
    notch = np.array(NOTCH_WIDTHS)
    passed = _roex_tail(slope_p[..., None], notch) - _roex_tail(slope_p[..., None], np.array(_OUTER_EDGE))
    predicted_db = 10.0 * np.log10(passed)
    residual = threshold_db[..., None, :] - predicted_db
    error = np.sum((residual - residual.mean(-1, keepdims=True)) ** 2, axis=-1)
    best = np.clip(np.argmin(error, axis=-1), 1, _NUM_CANDIDATES - 2)
    left, middle, right = (np.take_along_axis(error, (best + k)[..., None], -1)[..., 0] for k in (-1, 0, 1))
    curvature = left - 2.0 * middle + right
    shift = np.clip(
        np.where(curvature > 0.0, 0.5 * (left - right) / np.where(curvature > 0.0, curvature, 1.0), 0.0), -1, 1
    )
    step = np.log(ratios[1] / ratios[0])
    return np.asarray(ratios[best] * np.exp(shift * step))


def _roex_tail(slope_p: Float[np.ndarray, "..."], deviation: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    """Integral of (1 + p g) exp(-p g) from `deviation` to infinity: (2 + p g) exp(-p g) / p."""
    return (2.0 + slope_p * deviation) * np.exp(-slope_p * deviation) / slope_p
