"""The ERB scale against the published formulas."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearfit.frontend.erb_scale import erb_number, frequency_at_erb_number, normal_erb_hz

# Glasberg & Moore 1990, eq. 3, worked out by hand to two decimals.
ERB_HZ = {250.0: 51.68, 500.0: 78.67, 1000.0: 132.64, 2000.0: 240.58, 4000.0: 456.46, 8000.0: 888.21}


@pytest.mark.parametrize("frequency_hz", ERB_HZ)
def test_normal_bandwidths_are_those_of_glasberg_and_moore(frequency_hz: float) -> None:
    assert normal_erb_hz(np.array(frequency_hz)) == pytest.approx(ERB_HZ[frequency_hz], abs=0.006)


def test_one_kilohertz_lies_at_15_6_cam() -> None:
    # Truth: 21.4 log10(5.37) = 15.62, the value that Moore's books print for 1 kHz.
    assert erb_number(np.array(1000.0)) == pytest.approx(15.62, abs=0.005)
    assert erb_number(np.array(0.0)) == 0.0


@given(st.floats(1.0, 20_000.0))
def test_frequency_to_number_and_back(frequency_hz: float) -> None:
    assert frequency_at_erb_number(erb_number(np.array(frequency_hz))) == pytest.approx(frequency_hz, rel=1e-9)


@given(st.floats(0.0, 42.0))
def test_number_to_frequency_and_back(number_cam: float) -> None:
    assert erb_number(frequency_at_erb_number(np.array(number_cam))) == pytest.approx(number_cam, abs=1e-9)


@pytest.mark.parametrize("frequency_hz", [100.0, 1000.0, 8000.0])
def test_one_step_on_the_scale_is_one_bandwidth(frequency_hz: float) -> None:
    # Truth: eq. 4 is the integral of 1/ERB of eq. 3, up to the rounding of 21.4 (exactly 21.33).
    number = erb_number(np.array([frequency_hz - 0.5, frequency_hz + 0.5]))
    per_hz = 1.0 / normal_erb_hz(np.array(frequency_hz))
    assert number[1] - number[0] == pytest.approx(float(per_hz), rel=0.005)
