"""What one run of an experiment leaves behind: its name, its scores, what was learned, and how it went."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from hearfit.training.curve import CurvePoint

# The curve's points are a matter of the training, and part of a record.
__all__ = ("Confusion", "CurvePoint", "LearnedParameter", "Metric", "RunName", "RunRecord")


@dataclass(frozen=True)
class Metric:
    """A score as it is shown: `decimals` after the point, and which direction is better.

    Attributes:
        name: in records, files and the tracking.
        title: on the page and in the terminal, where that is not the name.
        is_share: whether it cannot lie below 0 or above 1.
    """

    name: str
    unit: str
    meaning: str
    is_higher_better: bool = True
    decimals: int = 3
    title: str = ""
    is_share: bool = False


@dataclass(frozen=True, order=True)
class RunName:
    """Which run: task ("neural"), frontend ("leaf"), condition ("linear", "10 % of the data") and seed."""

    task: str
    frontend: str
    condition: str
    seed: int


@dataclass(frozen=True)
class LearnedParameter:
    """One learned parameter of a frontend in its own unit, before and after training, with its bounds.

    Attributes:
        is_log: whether it is learned in steps of its logarithm, so that this is how near a bound it is.
    """

    name: str
    unit: str
    meaning: str
    low: float
    high: float
    before: tuple[float, ...]
    after: tuple[float, ...]
    is_log: bool = False


@dataclass(frozen=True)
class Confusion:
    """How often each class of the test was taken for which.

    Attributes:
        case: what is counted, in the singular: "frame".
        counts: of every answer (column) to every class (row), both in the order of `classes`.
    """

    case: str
    classes: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]

    def __post_init__(self) -> None:
        num_classes = len(self.classes)
        if len(self.counts) != num_classes or any(len(row) != num_classes for row in self.counts):
            raise ValueError(f"the counts of {num_classes} classes are not {num_classes} rows of {num_classes} numbers")
        if any(number < 0 for row in self.counts for number in row):
            raise ValueError("a count of answers is below 0")


@dataclass(frozen=True)
class RunRecord:
    """One run, finished.

    Attributes:
        scores: of the test set, by the name of the metric.
        items: the same scores for each unit or utterance, in a fixed order, for a bootstrap over them; NaN where a
            score is not defined. Empty where a score has no parts.
        draws: the same scores with the stimuli of the test drawn again, the same draws in every run; empty where the
            stimuli are the items.
        num_frontend_parameters: learned numbers in the frontend.
        num_readout_parameters: learned numbers behind it.
        duration_s: of the run, without loading.
        confusion: of the whole test; None where a task has no classes, or in records that are older than it.
    """

    name: RunName
    scores: Mapping[str, float]
    num_frontend_parameters: int
    num_readout_parameters: int
    duration_s: float
    items: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    draws: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    curve: tuple[CurvePoint, ...] = ()
    learned: tuple[LearnedParameter, ...] = ()
    confusion: Confusion | None = None
