"""All runs of an experiment with what a reader must know of them, and their scores with intervals."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from hearfit.errors import InputError
from hearfit.soundtasks.description import ExperimentDescription
from hearfit.soundtasks.intervals import (
    Interval,
    over_seeds,
    over_seeds_and_items,
    paired_over_seeds_and_items,
)
from hearfit.soundtasks.record import Metric, RunRecord

BOOTSTRAP_SEED: Final = 1


@dataclass(frozen=True)
class DataSource:
    """Where data come from: a name, the licence under which they may be used, and a reference."""

    name: str
    licence: str
    reference: str


@dataclass(frozen=True)
class ExperimentFacts:
    """What is the same for all runs.

    Attributes:
        held_out: sentences: what was held out for validation and test, and how it was chosen.
        settings: of training and of the data, by name: "learning rate": 1e-3.
        sources: of the data.
        references: rows that are no frontends, such as the untouched mixture or an oracle, with their meanings; they
            are never the winner.
        remarks: whatever else a reader needs to judge the numbers, sentences.
        has_same_items: whether every seed is tested with the same items; if each has a test set of its own, the
            interval over seeds is one over items too, and there is no other.
        num_test_sets: how many test sets there are where not every seed has the same items; seed s has number
            s modulo this one. Seeds of one test set are no independent studies, so they are averaged first and the
            interval is one over test sets. None: every seed has another one.
        item_group: what items have in common that are not independent ("language"); empty where they are.
        item_groups: the group of every item, in their order; empty of an item that no run tests.
    """

    held_out: tuple[str, ...]
    settings: Mapping[str, str | int | float]
    sources: tuple[DataSource, ...]
    references: Mapping[str, str] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    has_same_items: bool = True
    num_test_sets: int | None = None
    item_group: str = ""
    item_groups: tuple[str, ...] = ()


@dataclass(frozen=True)
class Origin:
    """What repeats the experiment: the command, and the versions of the software that ran it, by name."""

    command: str
    software: Mapping[str, str]


@dataclass(frozen=True)
class ExperimentResult:
    """Finished runs of one experiment, in the order in which frontends and conditions are to be shown.

    Raises:
        InputError: there are no runs, or one comes twice.
    """

    description: ExperimentDescription
    facts: ExperimentFacts
    origin: Origin
    records: tuple[RunRecord, ...]

    def __post_init__(self) -> None:
        names = [record.name for record in self.records]
        if not names:
            raise InputError("An experiment without a finished run has no result.")
        if len(set(names)) < len(names):
            raise InputError("Two runs of an experiment have the same frontend, condition and seed.")

    @property
    def rows(self) -> tuple[str, ...]:
        """Frontends and references, in the order of the runs."""
        return tuple(dict.fromkeys(record.name.frontend for record in self.records))

    @property
    def frontends(self) -> tuple[str, ...]:
        """The rows without the references."""
        return tuple(name for name in self.rows if name not in self.facts.references)

    @property
    def conditions(self) -> tuple[str, ...]:
        """In the order of the runs."""
        return tuple(dict.fromkeys(record.name.condition for record in self.records))

    @property
    def seeds(self) -> tuple[int, ...]:
        """All of them, ascending."""
        return tuple(sorted({record.name.seed for record in self.records}))

    def of(self, frontend: str, condition: str) -> dict[int, RunRecord]:
        """The runs by seed."""
        return {
            record.name.seed: record
            for record in self.records
            if (record.name.frontend, record.name.condition) == (frontend, condition)
        }


@dataclass(frozen=True)
class Score:
    """One metric of one row in one condition.

    Attributes:
        by_seed: the score of each seed.
        over_seeds: their mean and its t interval.
        over_items: mean and interval of a bootstrap over seeds, items and stimuli, None where the score has no parts.
    """

    frontend: str
    condition: str
    metric: str
    by_seed: Mapping[int, float]
    over_seeds: Interval
    over_items: Interval | None


@dataclass(frozen=True)
class Difference:
    """A frontend less the baseline in one condition: of equal seeds, and of equal seeds and items.

    Attributes:
        has_items_in_seeds: whether seeds have test sets of their own, and the interval over seeds is over items too.
    """

    frontend: str
    baseline: str
    condition: str
    metric: str
    over_seeds: Interval
    over_items: Interval | None
    has_items_in_seeds: bool = False

    @property
    def excludes_zero(self) -> bool:
        """Whether zero is excluded with other seeds and other items, as far as anybody can tell."""
        with_items = self.over_seeds if self.has_items_in_seeds else self.over_items
        return self.over_seeds.excludes_zero and with_items is not None and with_items.excludes_zero


def scores(result: ExperimentResult, metric: Metric) -> tuple[Score, ...]:
    """Every row in every condition that has this metric, by condition, then in the order of the rows."""
    found = []
    for condition in result.conditions:
        for frontend in result.rows:
            by_seed = _by_seed(result.of(frontend, condition), metric)
            if by_seed:
                items = _items(result, frontend, condition, metric)
                groups = result.facts.item_groups or None
                drawn = _draws(result, frontend, condition, metric, items) or None
                bootstrap = (
                    over_seeds_and_items(items, seed=BOOTSTRAP_SEED, groups=groups, draws=drawn) if items else None
                )
                of_seeds = over_seeds(_independent(result, by_seed))
                found.append(Score(frontend, condition, metric.name, by_seed, of_seeds, bootstrap))
    return tuple(found)


def differences(result: ExperimentResult, metric: Metric, baseline: str) -> tuple[Difference, ...]:
    """Every other frontend less the baseline, where both have this metric and a common seed."""
    found = []
    for condition in result.conditions:
        base = result.of(baseline, condition)
        for frontend in result.frontends:
            runs = result.of(frontend, condition)
            first, second = _by_seed(runs, metric), _by_seed(base, metric)
            if frontend == baseline or not first.keys() & second.keys():
                continue
            items, base_items = (_items(result, name, condition, metric) for name in (frontend, baseline))
            bootstrap = None
            if items.keys() & base_items.keys():
                groups = result.facts.item_groups or None
                drawn = _draws(result, frontend, condition, metric, items)
                base_drawn = _draws(result, baseline, condition, metric, base_items)
                bootstrap = paired_over_seeds_and_items(
                    items,
                    base_items,
                    seed=BOOTSTRAP_SEED,
                    groups=groups,
                    draws=(drawn, base_drawn) if drawn and base_drawn else None,
                )
            common = sorted(first.keys() & second.keys())
            seeds = over_seeds(_independent(result, {seed: first[seed] - second[seed] for seed in common}))
            has_items_in_seeds = not result.facts.has_same_items
            found.append(Difference(frontend, baseline, condition, metric.name, seeds, bootstrap, has_items_in_seeds))
    return tuple(found)


def best_of(found: Sequence[Score], metric: Metric, condition: str, allowed: Sequence[str]) -> str:
    """The allowed row with the best mean in a condition; empty where none has a score."""
    known = {
        each.frontend: each.over_seeds.mean
        for each in found
        if each.condition == condition and each.frontend in allowed and each.over_seeds.num
    }
    if not known:
        return ""
    return (max if metric.is_higher_better else min)(known, key=lambda name: known[name])


def behind_the_best(result: ExperimentResult, metric: Metric) -> tuple[Difference, ...]:
    """In each condition every frontend less the one with the best mean there, which `Difference.baseline` names."""
    found = scores(result, metric)
    return tuple(
        each
        for condition in result.conditions
        if (best := best_of(found, metric, condition, result.frontends))
        for each in differences(result, metric, best)
        if each.condition == condition
    )


def baseline_of(result: ExperimentResult) -> str:
    """The description's baseline, or the first frontend where that one was not run."""
    return result.description.baseline if result.description.baseline in result.frontends else result.frontends[0]


def _by_seed(runs: Mapping[int, RunRecord], metric: Metric) -> dict[int, float]:
    return {seed: run.scores[metric.name] for seed, run in sorted(runs.items()) if metric.name in run.scores}


def _independent(result: ExperimentResult, by_seed: Mapping[int, float]) -> list[float]:
    """The numbers of all seeds; where several seeds share a test set, the mean of each test set."""
    num_test_sets = result.facts.num_test_sets
    if num_test_sets is None:
        return list(by_seed.values())
    sets: dict[int, list[float]] = {}
    for seed, value in by_seed.items():
        if math.isfinite(value):
            sets.setdefault(seed % num_test_sets, []).append(value)
    return [math.fsum(values) / len(values) for values in sets.values()]


def _items(result: ExperimentResult, frontend: str, condition: str, metric: Metric) -> dict[int, tuple[float, ...]]:
    if not result.facts.has_same_items:
        return {}
    runs = result.of(frontend, condition)
    return {seed: run.items[metric.name] for seed, run in sorted(runs.items()) if run.items.get(metric.name)}


def _draws(
    result: ExperimentResult, frontend: str, condition: str, metric: Metric, items: Mapping[int, object]
) -> dict[int, tuple[float, ...]]:
    """Of the seeds that have items; empty unless all of them have draws."""
    runs = result.of(frontend, condition)
    found = {seed: runs[seed].draws[metric.name] for seed in items if runs[seed].draws.get(metric.name)}
    return found if found.keys() == items.keys() else {}
