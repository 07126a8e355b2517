"""Averages over frequencies by which sessions are compared at a glance, one number where a profile has eleven."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from hearfit.audiology.averages import PTA4_FREQUENCY_HZ
from hearfit.listener.profile import Estimate, FrequencyEstimates, Profile

_HIGH_FREQUENCY_HZ: Final = (3000.0, 4000.0, 6000.0)


@dataclass(frozen=True)
class AverageKind:
    """What is averaged over what: `quantity` is a field of `FrequencyEstimates`, and `name` stands in the store."""

    name: str
    quantity: str
    title: str
    unit: str
    decimals: int
    frequency_hz: tuple[float, ...] = PTA4_FREQUENCY_HZ


@dataclass(frozen=True)
class Average:
    """Mean of the posterior means at some frequencies.

    The SD of a mean is at most the mean of the SDs (equality where the errors are fully correlated), and the store does
    not know their correlations, so `sd_at_most` is that bound. `data_share` is the mean share of the answers; None
    where the store does not tell it.
    """

    mean: float
    sd_at_most: float
    data_share: float | None


AVERAGES: Final = (
    AverageKind("threshold_db_hl", "threshold_db_hl", "implied threshold", "dB HL", 1),
    AverageKind(
        "high_frequency_threshold_db_hl",
        "threshold_db_hl",
        "implied high-frequency threshold",
        "dB HL",
        1,
        _HIGH_FREQUENCY_HZ,
    ),
    AverageKind("compression_exponent", "compression_exponent", "compression exponent", "", 2),
    AverageKind("attenuation_db", "attenuation_db", "attenuation", "dB", 1),
    AverageKind("inhibition", "inhibition", "lateral inhibition", "", 2),
)

AVERAGED_QUANTITIES: Final = tuple(dict.fromkeys(kind.quantity for kind in AVERAGES))


def averages_of_profile(profile: Profile) -> dict[str, Average]:
    """The averages by name; left out are those for which the profile lacks a frequency."""
    by_hz = {entry.frequency_hz: entry for entry in profile.frequencies}
    averages = {}
    for kind in AVERAGES:
        if set(kind.frequency_hz) <= by_hz.keys():
            estimates = [estimate_of(by_hz[hz], kind.quantity) for hz in kind.frequency_hz]
            shares = [each.data_share for each in estimates if each.data_share is not None]
            averages[kind.name] = Average(
                _mean([each.mean for each in estimates]),
                _mean([each.sd for each in estimates]),
                _mean(shares) if len(shares) == len(estimates) else None,
            )
    return averages


def averages_of_metrics(metrics: Mapping[str, float]) -> dict[str, Average]:
    """The same from the metrics of a run, also of one that an older hearfit wrote without averages."""
    averages = {}
    for kind in AVERAGES:
        means = [metrics.get(mean_metric(kind.quantity, hz), math.nan) for hz in kind.frequency_hz]
        sds = [metrics.get(sd_metric(kind.quantity, hz), math.nan) for hz in kind.frequency_hz]
        if all(map(math.isfinite, [*means, *sds])):
            averages[kind.name] = Average(_mean(means), _mean(sds), metrics.get(share_metric(kind.name)))
    return averages


def metrics_of_averages(averages: Mapping[str, Average]) -> dict[str, float]:
    """What is stored of the averages."""
    metrics = {}
    for name, average in averages.items():
        metrics[f"{name}/average"] = average.mean
        if average.data_share is not None:
            metrics[share_metric(name)] = average.data_share
    return metrics


def estimate_of(entry: FrequencyEstimates, quantity: str) -> Estimate:
    """One of the averaged quantities at a frequency."""
    estimate = getattr(entry, quantity)
    assert isinstance(estimate, Estimate)
    return estimate


def mean_metric(quantity: str, frequency_hz: float) -> str:
    """The metric that holds the posterior mean of a quantity."""
    return f"{quantity}/{frequency_hz:g}_hz"


def sd_metric(quantity: str, frequency_hz: float) -> str:
    """The metric that holds its posterior SD."""
    return f"{quantity}_sd/{frequency_hz:g}_hz"


def share_metric(name: str) -> str:
    """The metric that holds the share of the answers in an average."""
    return f"{name}_data_share/average"


def _mean(values: list[float]) -> float:
    return math.fsum(values) / len(values)
