"""What an experiment is, in words and names alone: for `hearfit experiment list`, the report and the tracking.

Nothing heavy is imported here or by the `description` modules of the tasks, because the list answers at once.
"""

from dataclasses import dataclass

from hearfit.errors import InputError
from hearfit.soundtasks.record import Metric


@dataclass(frozen=True)
class FrontendChoice:
    """A frontend that an experiment offers; `learns` says in a few words what of it is learned, empty: nothing."""

    name: str
    meaning: str
    learns: str = ""

    @property
    def is_learned(self) -> bool:
        """Whether training changes it."""
        return bool(self.learns)


@dataclass(frozen=True)
class ExperimentDescription:
    """One experiment.

    Attributes:
        task: as in `RunName.task`: "neural", "phonemes", "enhancement", "vad", "digits", "speaker", "birds".
        command: behind `hearfit experiment`, without the options that name data: "events --task vad".
        question: what it asks, one sentence.
        data: what the folders given to it must hold.
        frontends: all that can be compared.
        conditions: pairs of name and meaning, as in `RunName.condition`.
        metrics: the first one decides who wins.
        baseline: the frontend that the others are compared with.
        item: what a bootstrap resamples beside the seeds: "unit", "utterance", "clip".
        counted_in_each: where a run hears its whole test more than once, in what, in the singular: "listening
            condition". The counts of its confusion are summed over them.
    """

    task: str
    command: str
    title: str
    question: str
    data: str
    frontends: tuple[FrontendChoice, ...]
    conditions: tuple[tuple[str, str], ...]
    metrics: tuple[Metric, ...]
    baseline: str
    item: str
    counted_in_each: str = ""

    def frontend(self, name: str) -> FrontendChoice:
        """The frontend of this name."""
        return next(each for each in self.frontends if each.name == name)

    def metric(self, name: str) -> Metric:
        """The metric of this name."""
        return next(each for each in self.metrics if each.name == name)


def chosen(option: str, wanted: list[str] | None, allowed: tuple[str, ...]) -> tuple[str, ...]:
    """The wanted names, each once, in the order given; all of them where nothing is wanted.

    Raises:
        InputError: a name is not allowed.
    """
    if not wanted:
        return allowed
    unknown = [name for name in dict.fromkeys(wanted) if name not in allowed]
    if unknown:
        raise InputError(
            [
                f"{option} is {name!r}, which this experiment does not know. Allowed: {', '.join(allowed)}."
                for name in unknown
            ]
        )
    return tuple(dict.fromkeys(wanted))
