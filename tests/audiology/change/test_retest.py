"""Published retest limits beside shifts. Truth: the abstracts that the table cites, and limits worked by hand."""

import math

import pytest

from hearfit.audiology.change.interval import Interval
from hearfit.audiology.change.retest import retest_limit, retest_verdict
from tests.audiology.change.audiograms import answer, audiogram, flat


@pytest.mark.parametrize(
    ("shift", "frequency_hz", "verdict"),
    [
        ((10.0, 10.0), 1000.0, "within"),
        ((-10.0, -10.0), 1000.0, "within"),
        ((10.5, 10.5), 1000.0, "beyond"),
        ((-15.0, -15.0), 16000.0, "beyond"),
        ((40.0, 40.0), 250.0, "no published limit"),
        ((10.0, math.inf), 500.0, "beyond"),
        ((5.0, math.inf), 500.0, "unknown"),
        ((-math.inf, -10.0), 500.0, "beyond"),
        ((-math.inf, 10.0), 500.0, "unknown"),
        ((-math.inf, math.inf), 500.0, "unknown"),
    ],
)
def test_retest_verdict(shift: tuple[float, float], frequency_hz: float, verdict: str) -> None:
    assert retest_verdict(Interval(*shift), frequency_hz=frequency_hz) == verdict


def test_limit_is_the_one_between_sessions() -> None:
    limit = retest_limit(4000.0)
    assert limit is not None
    assert (limit.limit_db, limit.share, limit.is_between_sessions) == (10.0, 0.981, True)
    assert retest_limit(499.0) is None


def test_a_confirmed_change_can_lie_within_retest_limits() -> None:
    baseline = audiogram(flat())
    ten, fifteen = audiogram(flat(f3000=10.0, f4000=10.0)), audiogram(flat(f3000=15.0, f4000=15.0))
    low = audiogram(flat(f250=20.0, f500=20.0))
    assert answer("asha-1994-b", baseline, ten, retest=ten).is_beyond_retest is False
    assert answer("asha-1994-b", baseline, fifteen, retest=fifteen).is_beyond_retest is True
    assert answer("asha-1994-b", baseline, low, retest=low).is_beyond_retest is None
