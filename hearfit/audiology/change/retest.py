"""How much repeated pure-tone thresholds differ without any change, as published; to stand beside each shift.

A shift within these limits is what two tests of the same ear give anyway. They are limits of single frequencies in
cooperative listeners with the same audiometer; children and untrained listeners vary more.
"""

from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Final

from hearfit.audiology.change.interval import Interval


@dataclass(frozen=True)
class RetestLimit:
    """Repeated thresholds differed by at most `limit_db` in `share` of the pairs, from `lowest_hz` to `highest_hz`.

    With `is_more_than_share` the source says "more than" that share.
    """

    lowest_hz: float
    highest_hz: float
    limit_db: float
    share: float
    is_more_than_share: bool
    is_between_sessions: bool
    source: str


_SAME_SESSION: Final = (
    "Test-Retest Reliability of Pure-Tone Thresholds from 0.5 to 16 kHz using Sennheiser HDA 200 and Etymotic Research "
    "ER-2 Earphones (dc.etsu.edu/etsu-works/1987), abstract: 138 otologically healthy people of 12 to 51 years, same "
    "session"
)
_BETWEEN_SESSIONS: Final = (
    "Henry, Flick, Gilbert, Ellingson & Fausti (2001), J. Rehabil. Res. Dev. 38(5), 567-581, abstract: 20 people with "
    "normal hearing, two sessions, automated test with 1 dB steps"
)

RETEST_LIMITS: Final = (
    RetestLimit(500.0, 16000.0, 10.0, 0.981, False, True, _BETWEEN_SESSIONS),
    RetestLimit(500.0, 16000.0, 5.0, 0.915, False, True, _BETWEEN_SESSIONS),
    RetestLimit(500.0, 6000.0, 10.0, 0.99, True, False, _SAME_SESSION),
    RetestLimit(8000.0, 16000.0, 10.0, 0.94, True, False, _SAME_SESSION),
)
"""Published limits; the first that covers a frequency is the one that shifts are held against."""


@unique
class RetestVerdict(StrEnum):
    """Whether a shift is more than repeated tests differ anyway."""

    WITHIN = "within"
    BEYOND = "beyond"
    UNKNOWN = "unknown"
    NO_LIMIT = "no published limit"


def retest_limit(frequency_hz: float) -> RetestLimit | None:
    """The limit between sessions at a frequency; None where none is published, as below 500 Hz."""
    for limit in RETEST_LIMITS:
        if limit.lowest_hz <= frequency_hz <= limit.highest_hz:
            return limit
    return None


def retest_verdict(change: Interval, *, frequency_hz: float) -> RetestVerdict:
    """Whether a shift in dB, either way, is within the published limit at this frequency."""
    limit = retest_limit(frequency_hz)
    if limit is None:
        return RetestVerdict.NO_LIMIT
    is_worse = change.is_more_than(limit.limit_db)
    is_better = Interval(-change.upper_db, -change.lower_db).is_more_than(limit.limit_db)
    if is_worse or is_better:
        return RetestVerdict.BEYOND
    return RetestVerdict.WITHIN if (is_worse, is_better) == (False, False) else RetestVerdict.UNKNOWN
