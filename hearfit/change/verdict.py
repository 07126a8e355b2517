"""From the differences of one listener's two sessions to what may be said of each: changed, to be confirmed, or not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum, unique
from math import sqrt
from typing import Final

import numpy as np
from scipy.special import ndtr

from hearfit.audiology.audiogram import Ear
from hearfit.change.difference import MeasuredDifference, Quantity
from hearfit.change.false_discovery import FALSE_DISCOVERY_RATE, adjusted_p_values
from hearfit.change.retest import BETWEEN_SESSIONS, PUBLISHED, WITHIN_SESSION, RetestVariability

# Thresholds are what sessions measure best and what criteria of change are about.
_THRESHOLD_WEIGHT: Final = 5.0


@unique
class Verdict(StrEnum):
    """What may be said of one difference."""

    BEYOND_RETEST = "beyond retest"
    TO_BE_CONFIRMED = "to be confirmed"
    RETEST_UNKNOWN = "differs, retest unknown"
    NOT_SHOWN = "no change shown"
    NOT_MEASURED = "not measured"


@dataclass(frozen=True)
class RetestTest:
    """A difference against one retest variability.

    `limit_95` is what 95 % of differences of an unchanged ear stay within, in the unit of the quantity.
    `probability_beyond` is the posterior probability that the ears of the two sessions differ by more than that.
    `p_value` is twice the posterior tail on the other side of 0 of the change that lasts, which is the difference less
    what retest adds to it; `adjusted_p_value` is the false discovery rate at which it would be told.
    """

    retest: RetestVariability
    limit_95: float
    probability_beyond: float
    p_value: float
    adjusted_p_value: float

    @property
    def is_beyond(self) -> bool:
        """Whether it is told at the false discovery rate of `FALSE_DISCOVERY_RATE`."""
        return self.adjusted_p_value <= FALSE_DISCOVERY_RATE


@dataclass(frozen=True)
class QuantityChange:
    """One quantity of one ear in two sessions, and the verdict.

    `within_session` and `between_sessions` are None where nothing is known of retest (inhibition, bandwidth) or the
    quantity was not measured. `adjusted_p_value` is against no retest at all, of the former only. `published_limit` is
    in the unit of the quantity.
    """

    ear: Ear
    measured: MeasuredDifference
    verdict: Verdict
    within_session: RetestTest | None = None
    between_sessions: RetestTest | None = None
    published_limit: float | None = None
    adjusted_p_value: float | None = None

    @property
    def is_worse(self) -> bool:
        """Whether the later session is the poorer one."""
        return (self.measured.difference.mean > 0.0) is self.measured.quantity.is_worse_if_larger

    @property
    def is_told(self) -> bool:
        """Whether something was found that a reader must know."""
        return self.verdict in (Verdict.BEYOND_RETEST, Verdict.TO_BE_CONFIRMED, Verdict.RETEST_UNKNOWN)


def judged(found: Mapping[Ear, Sequence[MeasuredDifference]]) -> tuple[QuantityChange, ...]:
    """The verdict on every difference of one listener's two sessions, false discoveries controlled over all of them.

    Beyond retest is what is told against the variability between sessions and exceeds the published limit as well; to
    be confirmed is what is told against the variability within a session only. Quantities without known retest are a
    family of their own, so that they do not lower what the others must exceed.
    """
    entries = [(ear, measured) for ear, rows in found.items() for measured in rows]
    known = [i for i, (_, row) in enumerate(entries) if row.not_measured is None and row.unit_per_db is not None]
    unknown = [i for i, (_, row) in enumerate(entries) if row.not_measured is None and row.unit_per_db is None]
    within = dict(zip(known, _tests([entries[i][1] for i in known], WITHIN_SESSION), strict=True))
    between = dict(zip(known, _tests([entries[i][1] for i in known], BETWEEN_SESSIONS), strict=True))
    alone = dict(zip(unknown, _without_retest([entries[i][1] for i in unknown]), strict=True))
    changes = []
    for i, (ear, row) in enumerate(entries):
        if i in within:
            changes.append(_against_retest(ear, row, within[i], between[i]))
        elif i in alone:
            is_told = alone[i] <= FALSE_DISCOVERY_RATE
            verdict = Verdict.RETEST_UNKNOWN if is_told else Verdict.NOT_SHOWN
            changes.append(QuantityChange(ear, row, verdict, adjusted_p_value=alone[i]))
        else:
            changes.append(QuantityChange(ear, row, Verdict.NOT_MEASURED))
    return tuple(changes)


def _against_retest(ear: Ear, row: MeasuredDifference, within: RetestTest, between: RetestTest) -> QuantityChange:
    assert row.unit_per_db is not None
    limit = PUBLISHED.limit_db * row.unit_per_db
    if between.is_beyond and within.is_beyond and abs(row.difference.mean) > limit:
        verdict = Verdict.BEYOND_RETEST
    else:
        verdict = Verdict.TO_BE_CONFIRMED if within.is_beyond else Verdict.NOT_SHOWN
    return QuantityChange(ear, row, verdict, within, between, limit)


def _tests(rows: Sequence[MeasuredDifference], retest: RetestVariability) -> list[RetestTest]:
    if not rows:
        return []
    limits, beyond, tails = [], [], []
    for row in rows:
        assert row.unit_per_db is not None
        size = len(row.frequencies_hz)
        limit, noise = (row.unit_per_db * value for value in (retest.limit_95_db(size), retest.difference_sd_db(size)))
        mean, sd = row.difference.mean, row.difference.sd
        limits.append(limit)
        beyond.append(_tail(mean - limit, sd) + _tail(-mean - limit, sd))
        tails.append(2.0 * _tail(-abs(mean), sqrt(sd**2 + noise**2)))
    weights = np.array([_THRESHOLD_WEIGHT if row.quantity is Quantity.THRESHOLD else 1.0 for row in rows])
    adjusted = adjusted_p_values(np.array(tails), weights)
    return [RetestTest(retest, *values) for values in zip(limits, beyond, tails, map(float, adjusted), strict=True)]


def _without_retest(rows: Sequence[MeasuredDifference]) -> list[float]:
    tails = np.array([2.0 * _tail(-abs(row.difference.mean), row.difference.sd) for row in rows])
    return [float(value) for value in adjusted_p_values(tails, np.ones(len(rows)))]


def _tail(distance: float, sd: float) -> float:
    """Probability of a Gaussian of this SD below `distance`; a step where the SD is 0."""
    return float(ndtr(distance / sd)) if sd > 0.0 else 0.5 * (1.0 + float(np.sign(distance)))
