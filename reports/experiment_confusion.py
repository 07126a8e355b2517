"""The section of the page on which classes are taken for which, summed over all that a frontend was tested with."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float, Int

from hearfit.reports.document import Block, BulletList, Figure, Paragraph, Section
from hearfit.reports.experiment_words import seeds_text
from hearfit.reports.figure_confusion import ConfusionPanel, draw_confusions
from hearfit.reports.svg import inline_svg
from hearfit.reports.wording import count, enumeration
from hearfit.soundtasks.result import ExperimentResult, baseline_of, best_of, scores

_MOST_CLASSES: Final = 16
_MOST_NAMED: Final = 3
_LEAST_NAMED_SHARE: Final = 0.01


@dataclass(frozen=True, eq=False)
class _Summed:
    """Answers of one frontend, over its seeds."""

    frontend: str
    seeds: tuple[int, ...]
    case: str
    classes: tuple[str, ...]
    counts: Int[np.ndarray, "classes classes"]

    @property
    def shares(self) -> Float[np.ndarray, "classes classes"]:
        """Of each row; NaN of a class that did not occur."""
        cases = self.counts.sum(axis=1, keepdims=True)
        return np.divide(self.counts, cases, out=np.full(self.counts.shape, np.nan), where=cases > 0)


def confusion_section(result: ExperimentResult, condition: str) -> list[Section]:
    """The baseline and the best of the others in a condition; nothing where their records hold no counts.

    More classes than a matrix has room for are told in a sentence.
    """
    metric, baseline = result.description.metrics[0], baseline_of(result)
    rivals = [name for name in result.frontends if name != baseline]
    best = best_of(scores(result, metric), metric, condition, rivals)
    summed = [each for name in (baseline, best) if name and (each := _summed(result, name, condition)) is not None]
    summed = [each for each in summed if each.classes == summed[0].classes]
    if not summed:
        return []
    is_drawn = len(summed[0].classes) <= _MOST_CLASSES
    over = _over(result.description.counted_in_each, summed[0].case)
    told = tuple(filter(None, map(_sentence, summed)))
    first = _figure(summed, condition, over) if is_drawn else _not_drawn(summed, condition, over if told else "")
    blocks: list[Block] = [first, *([BulletList(told)] if told else [])]
    return [Section("What is taken for what", tuple(blocks))]


def _summed(result: ExperimentResult, frontend: str, condition: str) -> _Summed | None:
    """Over the seeds whose records hold counts of the same classes; older ones hold none."""
    runs = {seed: run.confusion for seed, run in result.of(frontend, condition).items() if run.confusion is not None}
    if not runs:
        return None
    first = next(iter(runs.values()))
    alike = {seed: each for seed, each in runs.items() if each.classes == first.classes}
    counts = np.sum([np.array(each.counts, np.int64) for each in alike.values()], axis=0)
    return _Summed(frontend, tuple(sorted(alike)), first.case, first.classes, counts)


def _over(counted_in_each: str, case: str) -> str:
    """Over what the counts are summed."""
    if not counted_in_each:
        return "summed over seeds"
    return f"summed over seeds and {counted_in_each}s (each {case} counts once for each seed in each {counted_in_each})"


def _not_drawn(summed: Sequence[_Summed], condition: str, over: str) -> Paragraph:
    """Why there is no matrix; `over` explains the percentages that follow, empty where there are none."""
    cases = "; ".join(f"{each.frontend}: {_cases(each)}" for each in summed)
    shares = f" A percentage here is of all {summed[0].case}s of a class, {over}." if over else ""
    return Paragraph(
        f"{condition}: the test has {len(summed[0].classes)} classes, too many to draw how often each is taken for "
        f"each other (at most {_MOST_CLASSES} are drawn). The counts of every run are in experiment.json.{shares} "
        f"{cases}."
    )


def _figure(summed: Sequence[_Summed], condition: str, over: str) -> Figure:
    panels = [ConfusionPanel(each.frontend, each.shares) for each in summed]
    first = summed[0]
    cases = "; ".join(f"{each.frontend}: {_cases(each)}" for each in summed)
    names = enumeration([each.frontend for each in summed])
    return Figure(
        identifier="confusion",
        svg=inline_svg(draw_confusions(panels, first.classes), prefix="confusion"),
        alternative=(
            f"Matrix of {len(first.classes)} classes by answers for {names}, {condition}. "
            f"{' '.join(filter(None, map(_sentence, summed))) or 'No class is taken for another in 1 % or more.'}"
        ),
        caption=(
            f"{condition}: of all {first.case}s of a class (row), the percentage taken for each class (column), "
            f"{over}; what rounds to 0 is left out, right answers are bold. The baseline and the best of the "
            f"other frontends. {cases}. The counts of every run are in experiment.json."
        ),
    )


def _cases(summed: _Summed) -> str:
    seeds = "seeds" if len(summed.seeds) > 1 else "seed"
    return f"{count(int(summed.counts.sum()), summed.case)} with {seeds} {seeds_text(summed.seeds)}"


def _sentence(summed: _Summed) -> str:
    """The most frequent confusions, by the share of the class that they take."""
    shares = np.nan_to_num(summed.shares) * (1.0 - np.eye(len(summed.classes)))
    order = np.argsort(-shares, axis=None, kind="stable")[:_MOST_NAMED]
    pairs = [divmod(int(place), len(summed.classes)) for place in order]
    told = [
        f"{summed.classes[true]} for {summed.classes[said]} ({100.0 * shares[true, said]:.0f} %)"
        for true, said in pairs
        if shares[true, said] >= _LEAST_NAMED_SHARE
    ]
    return f"{summed.frontend} most often takes {enumeration(told)}." if told else ""
