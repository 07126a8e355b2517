"""Notched noise and roex(p) filters against numerical integrals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from hearfit.frontend.cochlea import cochlea_of
from hearfit.listener.normal import NORMAL
from hearfit.observer.bandwidth import NOTCH_WIDTHS, notched_noise_power, roex_bandwidth_ratio
from tests.inference.reference_model import channel_frequencies_hz

OUTER_EDGE = 0.8


def normal_bandwidth_hz(frequency_hz: float) -> float:
    return 24.7 * (4.37 * frequency_hz / 1000.0 + 1.0)


def roex_thresholds_db(slope_p: float, efficiency_db: float) -> np.ndarray:
    passed = [
        2.0 * quad(lambda g: (1.0 + slope_p * g) * np.exp(-slope_p * g), width, OUTER_EDGE)[0] for width in NOTCH_WIDTHS
    ]
    return np.asarray(efficiency_db + 10.0 * np.log10(passed))


@given(
    ratio=st.floats(0.4, 5.0), frequency_hz=st.sampled_from([250.0, 1000.0, 8000.0]), efficiency_db=st.floats(-9, 90)
)
def test_bandwidth_of_an_exact_roex_filter_is_recovered(
    ratio: float, frequency_hz: float, efficiency_db: float
) -> None:
    # Truth: thresholds from scipy's integral of (1 + p g) exp(-p g), whose equivalent bandwidth is 4 f/p.
    slope_p = 4.0 * frequency_hz / (ratio * normal_bandwidth_hz(frequency_hz))
    thresholds = roex_thresholds_db(slope_p, efficiency_db)
    found = roex_bandwidth_ratio(thresholds[None], np.array([frequency_hz]))
    assert found[0] == pytest.approx(ratio, rel=1e-3)


def test_equivalent_bandwidth_of_a_roex_filter_is_four_f_over_p() -> None:
    # Truth: scipy's integral of the filter over all frequencies, both sides.
    slope_p, frequency_hz = 25.0, 1000.0
    area = 2.0 * frequency_hz * quad(lambda g: (1.0 + slope_p * g) * np.exp(-slope_p * g), 0.0, np.inf)[0]
    assert area == pytest.approx(4.0 * frequency_hz / slope_p)
    ratio = roex_bandwidth_ratio(roex_thresholds_db(slope_p, 0.0)[None], np.array([frequency_hz]))
    assert ratio[0] * normal_bandwidth_hz(frequency_hz) == pytest.approx(area, rel=1e-3)


@pytest.mark.parametrize(("slope_db", "bound"), [(0.0, 8.0), (40.0, 0.3)])
def test_thresholds_of_no_filter_end_at_the_bounds(slope_db: float, bound: float) -> None:
    # A threshold that no notch lowers has no bandwidth, one that falls like a cliff has none either.
    thresholds = -slope_db * np.arange(len(NOTCH_WIDTHS))
    assert roex_bandwidth_ratio(thresholds[None], np.array([1000.0]))[0] == pytest.approx(bound, rel=0.02)


def test_many_ears_are_fitted_at_once() -> None:
    slopes = (15.0, 25.0, 40.0)
    thresholds = np.stack([roex_thresholds_db(p, 3.0) for p in slopes])
    together = roex_bandwidth_ratio(np.stack([thresholds, thresholds + 5.0]), np.full((2, 3), 1000.0))
    expected = [4000.0 / p / normal_bandwidth_hz(1000.0) for p in slopes]
    np.testing.assert_allclose(together, [expected, expected], rtol=1e-3)


@pytest.mark.parametrize("frequency_hz", [250.0, 4000.0])
def test_power_of_notched_noise_is_the_integral_over_both_bands(frequency_hz: float) -> None:
    # Truth: scipy's adaptive integral of the gammatone's power gain over the two bands, density 1/ERB.
    power = notched_noise_power(cochlea_of(NORMAL).bank, frequency_hz)
    assert power.shape == (len(NOTCH_WIDTHS), len(channel_frequencies_hz()))
    for channel in (10, 35, 60):
        centre_hz = channel_frequencies_hz()[channel]
        b = 1.019 * NORMAL.bandwidth_factor * normal_bandwidth_hz(centre_hz)

        def gain(f: float, centre_hz: float = centre_hz, b: float = b) -> float:
            return float((1.0 + ((f - centre_hz) / b) ** 2) ** -4)

        for row, width in enumerate(NOTCH_WIDTHS):
            bands = [(0.2, 1.0 - width), (1.0 + width, 1.8)]
            total = sum(
                quad(gain, low * frequency_hz, high * frequency_hz, limit=500, points=[centre_hz])[0]
                if low * frequency_hz < centre_hz < high * frequency_hz
                else quad(gain, low * frequency_hz, high * frequency_hz, limit=500)[0]
                for low, high in bands
            )
            expected = total / normal_bandwidth_hz(frequency_hz)
            assert power[row, channel] == pytest.approx(expected, rel=0.02, abs=1e-9)
