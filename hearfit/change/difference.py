"""Posterior of the difference between two profiles of an ear, quantity by quantity.

Each profile is a posterior under the same prior of people, and the two sessions share no answers. What is reported as
posterior of the difference is that of two ears drawn independently from this prior: N(m2 - m1, V1 + V2). For one ear
tested in the same way twice it is wider than it need be and not too narrow. In one dimension, with prior variance P and
data shares s_i = 1 - V_i/P, the means of two sessions of an unchanged ear differ with the variance

    (s2 - s1)^2 P + s1 V1 + s2 V2 = V1 + V2 - 2 V1 V2 / P

over people and answers: the first term, because unequal data shares pull unequally towards the population; the others
are the noise of the answers. So V1 + V2 is too large by 2 V1 V2 / P, 2 (1 - s1) (1 - s2) of the prior's variance:
nothing where the data decide, all of it where they say nothing and both posteriors are the prior. That holds over
people. For one person far from all others and unequal data shares the pull is a bias, which is why a quantity counts as
measured only where each session took away at least half of the prior's variance.

In more dimensions the excess is V1 P^-1 V2 + V2 P^-1 V1. It is positive semidefinite where both sessions leave the same
covariance. Where they leave parameters tied in opposite ways (tests of different kinds) it need not be, and V1 + V2 can
then be too small for a single quantity.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum, unique
from itertools import pairwise
from math import sqrt
from typing import Final

from hearfit.change.retest import NORMAL_QUANTILE_975, exponent_per_db
from hearfit.listener.profile import Estimate, FrequencyEstimates, Profile

MEASURED_SHARE: Final = 0.5
"""Data share from which on answers have decided more than the prior."""


@unique
class Quantity(StrEnum):
    """What a profile estimates at each audiometric frequency, by the name of its field."""

    THRESHOLD = "threshold_db_hl"
    EXPONENT = "compression_exponent"
    ATTENUATION = "attenuation_db"
    INHIBITION = "inhibition"
    BANDWIDTH = "equivalent_bandwidth_hz"

    @property
    def label(self) -> str:
        """In words."""
        return _LABELS[self][0]

    @property
    def unit(self) -> str:
        """Of the estimates and of their differences; empty for pure numbers."""
        return _LABELS[self][1]

    @property
    def is_worse_if_larger(self) -> bool:
        """Whether more of it is poorer hearing."""
        return self is not Quantity.INHIBITION

    @property
    def has_known_retest(self) -> bool:
        """Whether retest variability is known: that of thresholds, which exponent and attenuation add up to."""
        return self not in (Quantity.INHIBITION, Quantity.BANDWIDTH)

    def of(self, row: FrequencyEstimates) -> Estimate:
        """This quantity's estimate."""
        estimate = getattr(row, self.value)
        assert isinstance(estimate, Estimate)
        return estimate


_LABELS: Final = {
    Quantity.THRESHOLD: ("model-implied threshold", "dB HL"),
    Quantity.EXPONENT: ("compression exponent", ""),
    Quantity.ATTENUATION: ("attenuation", "dB"),
    Quantity.INHIBITION: ("lateral inhibition", ""),
    Quantity.BANDWIDTH: ("equivalent bandwidth", "Hz"),
}


@dataclass(frozen=True)
class Difference:
    """Later minus earlier, with its posterior SD and 95 % interval, in the unit of the quantity."""

    mean: float
    sd: float
    lower_95: float
    upper_95: float


@dataclass(frozen=True)
class MeasuredDifference:
    """One quantity in two sessions, at one frequency or as the mean of two neighbouring ones.

    `unit_per_db` is how much of the quantity changes the threshold by 1 dB; None where no retest variability is known.
    `not_measured` says why the answers cannot tell; None where they can.
    """

    quantity: Quantity
    frequencies_hz: tuple[float, ...]
    before: Estimate
    after: Estimate
    difference: Difference
    unit_per_db: float | None
    not_measured: str | None


def difference_of(before: Estimate, after: Estimate) -> Difference:
    """Posterior of the difference of two independent Gaussians."""
    mean, sd = after.mean - before.mean, sqrt(before.sd**2 + after.sd**2)
    half_width = NORMAL_QUANTILE_975 * sd
    return Difference(mean, sd, mean - half_width, mean + half_width)


def differences(before: Profile, after: Profile) -> tuple[MeasuredDifference, ...]:
    """Every quantity at every frequency of both profiles, then thresholds of neighbouring tested frequencies together.

    Two neighbours that change together say more than each by itself; ASHA (1994) asks for 10 dB at two of them.
    """
    rows = list(_common_rows(before, after))
    single = [_at_frequency(quantity, *row) for quantity in Quantity for row in rows]
    tested = [row for row in rows if row[0].num_trials and row[1].num_trials]
    pairs = [_of_pair(before, after, low, high) for low, high in pairwise(tested)]
    return (*single, *pairs)


_Rows = tuple[FrequencyEstimates, FrequencyEstimates]


def _common_rows(before: Profile, after: Profile) -> Iterator[_Rows]:
    later = {row.frequency_hz: row for row in after.frequencies}
    for row in before.frequencies:
        if row.frequency_hz in later:
            yield row, later[row.frequency_hz]


def _at_frequency(quantity: Quantity, before: FrequencyEstimates, after: FrequencyEstimates) -> MeasuredDifference:
    first, second = quantity.of(before), quantity.of(after)
    return MeasuredDifference(
        quantity=quantity,
        frequencies_hz=(before.frequency_hz,),
        before=first,
        after=second,
        difference=difference_of(first, second),
        unit_per_db=_unit_per_db(quantity, first, second),
        not_measured=_why_not_measured((before, after), (first, second)),
    )


def _unit_per_db(quantity: Quantity, first: Estimate, second: Estimate) -> float | None:
    if not quantity.has_known_retest:
        return None
    return exponent_per_db(first.mean, second.mean) if quantity is Quantity.EXPONENT else 1.0


def _why_not_measured(rows: _Rows, estimates: tuple[Estimate, Estimate]) -> str | None:
    untested = [name for name, row in zip(("earlier", "later"), rows, strict=True) if not row.num_trials]
    if untested:
        return f"not tested in the {' and the '.join(untested)} session"
    # An estimate without a share of its own, such as a bandwidth of an older profile, cannot be shown to be measured.
    open_in = [
        name
        for name, estimate in zip(("earlier", "later"), estimates, strict=True)
        if estimate.data_share is None or estimate.data_share < MEASURED_SHARE
    ]
    return f"mostly the prior in the {' and the '.join(open_in)} session" if open_in else None


def _of_pair(before: Profile, after: Profile, low: _Rows, high: _Rows) -> MeasuredDifference:
    means = []
    for profile, one, other in ((before, low[0], high[0]), (after, low[1], high[1])):
        correlation = _neighbour_correlation(profile, one, other)
        means.append(_mean_of(one.threshold_db_hl, other.threshold_db_hl, correlation))
    problems = [_why_not_measured(rows, (rows[0].threshold_db_hl, rows[1].threshold_db_hl)) for rows in (low, high)]
    return MeasuredDifference(
        quantity=Quantity.THRESHOLD,
        frequencies_hz=(low[0].frequency_hz, high[0].frequency_hz),
        before=means[0],
        after=means[1],
        difference=difference_of(*means),
        unit_per_db=1.0,
        not_measured=next((problem for problem in problems if problem), None),
    )


def _mean_of(one: Estimate, other: Estimate, correlation: float) -> Estimate:
    mean = 0.5 * (one.mean + other.mean)
    sd = 0.5 * sqrt(one.sd**2 + other.sd**2 + 2.0 * correlation * one.sd * other.sd)
    half_width = NORMAL_QUANTILE_975 * sd
    shares = [each.data_share for each in (one, other) if each.data_share is not None]
    return Estimate(mean, sd, mean - half_width, mean + half_width, min(shares) if len(shares) == 2 else None)


def _neighbour_correlation(profile: Profile, one: FrequencyEstimates, other: FrequencyEstimates) -> float:
    """Posterior correlation of two implied thresholds; 1, with which nothing is gained, where it cannot be known.

    A threshold is its coordinate plus what the person adds at every frequency alike, so covariances of coordinates
    exceed those of thresholds by as much as their variances do. In steep losses, where neighbours are heard with each
    other's channels, variances exceed by more than that: the smallest excess of the ear is the person's.
    """
    covariance = profile.posterior.covariance
    place = {name: index for index, name in enumerate(profile.posterior.names)}
    known = {
        row.frequency_hz: place[f"threshold coordinate at {row.frequency_hz:g} Hz"]
        for row in profile.frequencies
        if row.num_trials and f"threshold coordinate at {row.frequency_hz:g} Hz" in place
    }
    sds = {row.frequency_hz: row.threshold_db_hl.sd for row in profile.frequencies}
    low, high = one.frequency_hz, other.frequency_hz
    if low not in known or high not in known or min(sds[low], sds[high]) <= 0.0:
        return 1.0
    excess = min(covariance[k][k] - sds[hz] ** 2 for hz, k in known.items())
    return min(1.0, max(0.0, (covariance[known[low]][known[high]] - excess) / (sds[low] * sds[high])))
