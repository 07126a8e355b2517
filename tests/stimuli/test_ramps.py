"""Ramps against the definition of a raised cosine."""

import numpy as np
import pytest

from hearfit.stimuli.ramps import raised_cosine_gate

RATE_HZ = 16_000.0


def test_ramp_is_a_raised_cosine_of_the_time_from_either_edge() -> None:
    # Truth: sin^2(pi t / 2 T), the half-angle form of 0.5 (1 - cos(pi t / T)), written out sample by sample.
    gate = raised_cosine_gate(duration_s=0.1, ramp_s=0.02, rate_hz=RATE_HZ)
    assert gate.shape == (1600,)
    for sample in (0, 1, 100, 160, 319):
        np.testing.assert_allclose(gate[sample], np.sin(np.pi * sample / (2 * 320)) ** 2, atol=1e-12)
    np.testing.assert_array_equal(gate[320:1281], 1.0)


def test_gate_is_symmetric_in_time() -> None:
    # Truth: the last sample lies one sampling interval before the end, so the mirror image starts at sample 1.
    gate = raised_cosine_gate(duration_s=0.05, ramp_s=0.025, rate_hz=RATE_HZ)
    np.testing.assert_allclose(gate[1:], gate[:0:-1], atol=1e-12)


def test_half_of_the_amplitude_is_reached_in_the_middle_of_the_ramp() -> None:
    gate = raised_cosine_gate(duration_s=0.1, ramp_s=0.02, rate_hz=RATE_HZ)
    assert gate[160] == pytest.approx(0.5)


def test_without_ramps_the_gate_is_open_from_the_first_sample() -> None:
    np.testing.assert_array_equal(raised_cosine_gate(duration_s=0.01, ramp_s=0.0, rate_hz=RATE_HZ), np.ones(160))


@pytest.mark.parametrize(("duration_s", "ramp_s"), [(0.1, 0.051), (0.1, -0.01), (-0.1, 0.0), (0.1, float("nan"))])
def test_ramps_that_do_not_fit_are_refused_with_both_times(duration_s: float, ramp_s: float) -> None:
    with pytest.raises(ValueError, match=f"two ramps of {ramp_s} s do not fit into a duration of {duration_s} s"):
        raised_cosine_gate(duration_s=duration_s, ramp_s=ramp_s, rate_hz=RATE_HZ)
