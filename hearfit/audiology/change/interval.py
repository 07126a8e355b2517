"""What is known of a level or a shift in dB: a number, or only bounds where there was no response or no test."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from hearfit.audiology.audiogram import Threshold
from hearfit.audiology.ear_thresholds import possible_levels_db_hl

# Differences of levels such as 20.2 and 10.2 dB miss 10 dB by rounding alone; no audiometer has steps this small.
_DECIMALS = 6


@dataclass(frozen=True)
class Interval:
    """A number in dB, or the open interval that it lies in; a bound may be infinite."""

    lower_db: float
    upper_db: float

    @property
    def is_exact(self) -> bool:
        """Whether it is one number."""
        return self.lower_db == self.upper_db

    def is_at_least(self, limit_db: float) -> bool | None:
        """Whether the number is the limit or more; None where the bounds do not tell."""
        if self.lower_db >= limit_db:
            return True
        # An open interval does not contain its upper bound.
        is_below = self.upper_db < limit_db or (self.upper_db == limit_db and not self.is_exact)
        return False if is_below else None

    def is_more_than(self, limit_db: float) -> bool | None:
        """Whether the number is more than the limit; None where the bounds do not tell."""
        if self.lower_db > limit_db or (self.lower_db == limit_db and not self.is_exact):
            return True
        return False if self.upper_db <= limit_db else None


UNKNOWN = Interval(-math.inf, math.inf)


def threshold_interval(threshold: Threshold | None) -> Interval:
    """Bounds of a hearing level in dB HL: exact where it was measured, above the level that got no response."""
    return Interval(*possible_levels_db_hl(threshold))


def difference(current: Interval, baseline: Interval) -> Interval:
    """Bounds of current minus baseline; positive is worse for hearing levels."""
    return _rounded(current.lower_db - baseline.upper_db, current.upper_db - baseline.lower_db)


def mean(intervals: Sequence[Interval]) -> Interval:
    """Bounds of the mean of numbers of which only bounds are known; the numbers are independent."""
    num = len(intervals)
    lower_db = math.fsum(interval.lower_db for interval in intervals) / num
    upper_db = math.fsum(interval.upper_db for interval in intervals) / num
    return _rounded(lower_db, upper_db)


def _rounded(lower_db: float, upper_db: float) -> Interval:
    return Interval(round(lower_db, _DECIMALS), round(upper_db, _DECIMALS))


def any_of(truths: Sequence[bool | None]) -> bool | None:
    """Or, where None is not known."""
    if any(truth is True for truth in truths):
        return True
    return None if any(truth is None for truth in truths) else False


def all_of(truths: Sequence[bool | None]) -> bool | None:
    """And, where None is not known."""
    if any(truth is False for truth in truths):
        return False
    return None if any(truth is None for truth in truths) else True
