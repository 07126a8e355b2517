"""An experiment as a command hands it over: which runs, how each is done, and what the report must say of them."""

from collections.abc import Mapping
from dataclasses import dataclass

from hearfit.soundtasks.description import ExperimentDescription
from hearfit.soundtasks.page_pictures import Pictures
from hearfit.soundtasks.record import RunName, RunRecord
from hearfit.soundtasks.result import ExperimentFacts
from hearfit.soundtasks.study import SoundTask
from hearfit.tracking.experiments import ExperimentRun
from hearfit.training.settings import Settings


@dataclass(frozen=True)
class Experiment:
    """What `hearfit.cli.experiment_run.run_experiment` takes.

    Attributes:
        names: of the runs, in the order in which frontends and conditions are to be shown.
        facts: what is the same for all runs; without settings those of the task are shown.
        pictures: further figures from the whole result and the output folder, before those that runs left there.
    """

    description: ExperimentDescription
    task: SoundTask
    names: tuple[RunName, ...]
    facts: ExperimentFacts
    pictures: Pictures | None = None


def run_names(
    task: str, frontends: tuple[str, ...], conditions: tuple[str, ...], seeds: tuple[int, ...]
) -> tuple[RunName, ...]:
    """Every frontend in every condition with every seed; all frontends of the first seed come first.

    So an experiment that is stopped early has compared all of them.
    """
    return tuple(
        RunName(task, frontend, condition, seed) for seed in seeds for condition in conditions for frontend in frontends
    )


def flat(settings: Settings, prefix: str = "") -> dict[str, str | int | float]:
    """Settings within settings by their path: "training.learning_rate"."""
    found: dict[str, str | int | float] = {}
    for key, value in settings.items():
        if isinstance(value, Mapping):
            found |= flat(value, f"{prefix}{key}.")
        elif isinstance(value, str | int | float):
            found[f"{prefix}{key}"] = value
        elif value is None:
            found[f"{prefix}{key}"] = "none"
        else:
            found[f"{prefix}{key}"] = ", ".join(map(str, value))
    return found


def tracked_run(
    record: RunRecord, description: ExperimentDescription, settings: Settings, software: Mapping[str, str], text: str
) -> ExperimentRun:
    """A run as the tracking keeps it; `text` is its record as JSON."""
    params = {key: str(value) for key, value in flat(settings).items()}
    params["frontend parameters"] = str(record.num_frontend_parameters)
    params["readout parameters"] = str(record.num_readout_parameters)
    metrics = {**record.scores, "seconds": record.duration_s}
    for each in record.learned:
        moves = [abs(after - before) for before, after in zip(each.before, each.after, strict=True)]
        metrics[f"largest change/{each.name}"] = max(moves, default=0.0)
    return ExperimentRun(
        task=record.name.task,
        title=description.title,
        frontend=record.name.frontend,
        condition=record.name.condition,
        seed=record.name.seed,
        params=params,
        metrics=metrics,
        curves={
            "training_loss": [(point.step, point.training_loss) for point in record.curve],
            "validation_score": [(point.step, point.validation_score) for point in record.curve],
        },
        tags={f"version.{name}": version for name, version in software.items()},
        record=text,
    )
