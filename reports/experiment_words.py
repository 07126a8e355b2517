"""Scores, intervals and verdicts of an experiment in words."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from hearfit.reports.figure_training import best_of_curve
from hearfit.reports.wording import count, enumeration, number
from hearfit.soundtasks.intervals import Interval
from hearfit.soundtasks.record import CurvePoint, Metric, RunRecord
from hearfit.soundtasks.result import Difference, ExperimentResult, Score, baseline_of, best_of, differences, scores

_FEWEST_VALIDATIONS: Final = 3
_ALIKE: Final = 1e-4
_ROUNDING: Final = 1e-9

HOW_TO_READ: Final = (
    (
        "An interval over seeds says where the mean of many seeds would lie with these recordings (Student's t). It "
        "knows nothing of other recordings."
    ),
    (
        "An interval over seeds and items also lets the items (units, utterances, clips) of the test set vary. It is "
        "the one to go by when the question is about other recordings of this kind. A score that is no mean over "
        "items, such as an area over all frames, has none, and a difference of it holds with these items only."
    ),
    (
        "Differences are taken seed by seed and item by item, so they can be sure although the intervals of the two "
        "scores overlap."
    ),
    (
        "A fixed frontend whose readout is found in closed form gives the same score for every seed: its interval over "
        "seeds has no width."
    ),
)


def name(metric: Metric) -> str:
    """The metric as it is read: its title, or else its name without underscores."""
    return metric.title or metric.name.replace("_", " ")


def amount(metric: Metric, value: float) -> str:
    """A value with its decimals, or that it is undefined."""
    return number(value, metric.decimals) if math.isfinite(value) else "undefined"


def signed(metric: Metric, value: float) -> str:
    """A difference with its sign."""
    if not math.isfinite(value):
        return "undefined"
    text = number(value, metric.decimals)
    return f"+{text}" if value > 0 and float(text) != 0 else text


def with_unit(metric: Metric, text: str) -> str:
    """A number with the unit of its metric, on one line."""
    return f"{text}\N{NO-BREAK SPACE}{metric.unit}" if metric.unit else text


def ends(metric: Metric, interval: Interval | None, *, is_signed: bool = False) -> str:
    """The ends of an interval, or why there are none; empty where there is nothing to say."""
    if interval is None:
        return ""
    if interval.low is None or interval.high is None:
        return "one seed, no interval" if interval.num == 1 else "no score"
    if _is_point(interval.low, interval.high):
        return "every seed the same"
    shown = signed if is_signed else amount
    return f"{shown(metric, interval.low)} to {shown(metric, interval.high)}"


def _is_point(low: float, high: float) -> bool:
    """Whether the ends agree but for rounding: sums of the same numbers in another order do not agree to the bit."""
    return high - low <= _ROUNDING * max(1.0, abs(low), abs(high))


def verdict(metric: Metric, difference: Difference) -> str:
    """What a paired difference says about the frontend."""
    seeds, items = difference.over_seeds, difference.over_items
    if not seeds.num:
        return "no score"
    is_better = (seeds.mean > 0) is metric.is_higher_better
    word = "better" if is_better else "worse"
    if not seeds.is_known:
        if items is not None and items.excludes_zero:
            return f"{word} with this seed"
        return "unknown: one seed"
    if not seeds.excludes_zero:
        return "not told apart"
    return word if difference.excludes_zero else f"{word} with these items only"


def summary_sentences(result: ExperimentResult) -> tuple[str, ...]:
    """For each condition: who is best, how far ahead of the baseline and of the next, and how sure that is."""
    metric = result.description.metrics[0]
    found = scores(result, metric)
    return tuple(
        sentence for condition in result.conditions if (sentence := _condition_sentence(result, found, condition))
    )


def _condition_sentence(result: ExperimentResult, found: tuple[Score, ...], condition: str) -> str:
    metric = result.description.metrics[0]
    best = best_of(found, metric, condition, result.frontends)
    if not best:
        return ""
    score = next(each for each in found if (each.frontend, each.condition) == (best, condition))
    interval = ends(metric, score.over_seeds)
    shown = f"{with_unit(metric, amount(metric, score.over_seeds.mean))} ({interval})"
    others = tuple(each for each in result.frontends if each != best)
    if not others:
        return f"{condition}: {best} has a mean {name(metric)} of {shown}."
    sentence = f"{condition}: {best} has the best mean {name(metric)}, {shown}."
    baseline = baseline_of(result)
    second = best_of(found, metric, condition, others)
    rivals = [("the baseline ", baseline)] if baseline != best else []
    if second and second != baseline:
        rivals.append(("the next, ", second))
    for role, rival in rivals:
        compared = [
            each for each in differences(result, metric, rival) if (each.frontend, each.condition) == (best, condition)
        ]
        if compared:
            sentence += f" {_ahead(metric, compared[0], role)}"
    return sentence


def _ahead(metric: Metric, difference: Difference, role: str) -> str:
    seeds, items = difference.over_seeds, difference.over_items
    by = with_unit(metric, amount(metric, abs(seeds.mean)))
    sentence = f"It is {by} ahead of {role}{difference.baseline}"
    if not seeds.is_known:
        return f"{sentence}; of one seed nobody knows how sure that is."
    sign = 1.0 if metric.is_higher_better else -1.0
    sentence += f" ({_ends_ahead(metric, seeds, sign)} over seeds"
    if items is not None and items.is_known:
        sentence += f", {_ends_ahead(metric, items, sign)} over seeds and items"
    return f"{sentence}), {_how_sure(difference)}."


def _ends_ahead(metric: Metric, interval: Interval, sign: float) -> str:
    """The ends as how far ahead, whichever direction is better."""
    assert interval.low is not None
    assert interval.high is not None
    if _is_point(interval.low, interval.high):
        return "the same"
    low, high = sorted((sign * interval.low, sign * interval.high))
    return f"{amount(metric, low)} to {amount(metric, high)}"


def _how_sure(difference: Difference) -> str:
    if not difference.over_seeds.excludes_zero:
        return "so another seed might turn it round: no winner between the two"
    return "so zero is excluded" if difference.excludes_zero else "but other items might turn it round"


def items_sentence(result: ExperimentResult) -> str:
    """What the intervals of this experiment are over."""
    facts, item = result.facts, result.description.item
    if facts.num_test_sets is not None:
        return (
            f"There are {facts.num_test_sets} test sets of {item}s of their own, which the seeds take in turn. Seeds "
            "of one test set are averaged, and the interval called over seeds is one over test sets."
        )
    if facts.item_groups:
        # Items without a group are those that no run tests.
        num_groups = len(set(facts.item_groups) - {""})
        return (
            f"Items are {item}s; every seed is tested with the same ones. Those of one {facts.item_group} belong "
            f"together, so the interval over items is one over the {num_groups} {facts.item_group}s (Student's t "
            "of a mean over clusters) and not a bootstrap."
        )
    if not facts.has_same_items:
        return (
            f"Every seed is tested with {result.description.item}s of its own, so the interval over seeds is one over "
            f"{result.description.item}s as well."
        )
    sentence = f"Items are {result.description.item}s; every seed is tested with the same ones."
    if any(record.draws for record in result.records):
        sentence += (
            " The test sounds vary as well: the interval over seeds and items has a third part, by a bootstrap over "
            "these few sounds, whose ends are rough."
        )
    return sentence


@dataclass(frozen=True)
class Trainings:
    """Runs of one frontend, each trained for itself.

    Attributes:
        conditions: those in which these networks were tested: one, unless they serve several.
        runs: of the first of these conditions, by seed.
    """

    frontend: str
    conditions: tuple[str, ...]
    runs: tuple[RunRecord, ...]


def trainings(result: ExperimentResult) -> tuple[Trainings, ...]:
    """By condition, then by frontend; a training whose curve is that of an earlier condition is the same one."""
    found: list[Trainings] = []
    for condition in result.conditions:
        for frontend in result.frontends:
            runs = [run for _, run in sorted(result.of(frontend, condition).items())]
            earlier = [index for index, each in enumerate(found) if each.frontend == frontend]
            own = [run for run in runs if not any(_is_of(run, found[index]) for index in earlier)]
            served = {index for index in earlier for run in runs if _is_of(run, found[index])}
            for index in served:
                found[index] = replace(found[index], conditions=(*found[index].conditions, condition))
            if own:
                found.append(Trainings(frontend, (condition,), tuple(own)))
    return tuple(found)


def conditions_text(result: ExperimentResult, conditions: Sequence[str]) -> str:
    """The conditions that a network serves, or that it serves every one of several."""
    is_every = len(conditions) > 1 and tuple(conditions) == result.conditions
    return "every condition" if is_every else enumeration(conditions)


def _is_of(run: RunRecord, trained: Trainings) -> bool:
    # A closed form has a single point, which two frontends or conditions may share.
    return len(run.curve) > 1 and any(
        (run.name.seed, run.curve) == (each.name.seed, each.curve) for each in trained.runs
    )


def still_rising_sentence(result: ExperimentResult) -> str:
    """In how many runs the last validation was the best one, so that more steps might help; empty where in none."""
    parts = []
    for each in trainings(result):
        curves = [run.curve for run in each.runs if len(run.curve) > 1 and not _stood_still(run.curve)]
        at_end = sum(best_of_curve([point.validation_score for point in curve]) == len(curve) - 1 for curve in curves)
        if at_end:
            parts.append(f"{each.frontend}, {conditions_text(result, each.conditions)}: {at_end} of {len(curves)}")
    if not parts:
        return ""
    return f"Runs whose last validation was their best, so that more steps might help: {'; '.join(parts)}."


def stood_still_sentences(result: ExperimentResult) -> tuple[str, ...]:
    """Runs whose training changed nothing that the validation could see; the mean over seeds counts them."""
    return tuple(
        f"{each.frontend}, {conditions_text(result, each.conditions)}, seed {run.name.seed}: the training stood "
        "still; its validation score is the same from the first to the last. The mean and its interval count this run."
        for each in trainings(result)
        for run in each.runs
        if _stood_still(run.curve)
    )


def _stood_still(curve: Sequence[CurvePoint]) -> bool:
    """Whether all validations of a training are alike; one before the first step may be of a closed form."""
    found = [point.validation_score for point in curve if point.step > 0]
    return len(found) >= _FEWEST_VALIDATIONS and max(found) - min(found) < _ALIKE


def beyond_sentence(result: ExperimentResult) -> str:
    """What an interval beyond the ends of its scale means, where the page has one; else empty."""
    intervals = [
        each.over_seeds for metric in result.description.metrics if metric.is_share for each in scores(result, metric)
    ]
    is_beyond = any(
        each.low is not None and each.high is not None and (each.low < 0.0 or each.high > 1.0) for each in intervals
    )
    if not is_beyond:
        return ""
    return (
        "An interval of an accuracy or an area that reaches below 0 or above 1 is one of few seeds that scatter: "
        "Student's t knows nothing of these ends, and no score can lie beyond them."
    )


def comparisons_sentence(result: ExperimentResult) -> str:
    """How many comparisons there are, and what that means for the surest of them; empty for a few."""
    number_of = len(differences(result, result.description.metrics[0], baseline_of(result)))
    if number_of < 2:
        return ""
    return (
        f"{count(number_of, 'comparison')} with {baseline_of(result)} in this metric, not corrected for their number: "
        "of frontends that do not differ at all, one interval in twenty would exclude zero. The best of several means "
        "is also a little too good, because the luckiest wins."
    )


def seeds_text(seeds: tuple[int, ...]) -> str:
    """1 to 5, or the list where they do not follow each other."""
    if len(seeds) > 2 and seeds == tuple(range(seeds[0], seeds[-1] + 1)):
        return f"{seeds[0]} to {seeds[-1]}"
    return ", ".join(map(str, seeds))
