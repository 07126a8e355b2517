"""An experiment as a command hands it over: which runs, how each is done, and what the report must say of them."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hearfit.soundtasks.description import ExperimentDescription
from hearfit.soundtasks.picture_files import PICTURES, pictures_path, read_sheets
from hearfit.soundtasks.pictures import Sheet
from hearfit.soundtasks.record import RunName, RunRecord
from hearfit.soundtasks.result import ExperimentFacts, ExperimentResult
from hearfit.soundtasks.study import SoundTask
from hearfit.tracking.experiments import ExperimentRun
from hearfit.training.settings import Settings

MOST_SHEETS: Final = 24
_NOT_IN_NAMES: Final = re.compile(r"[^a-z0-9]+")

Pictures = Callable[[ExperimentResult, Path], tuple[Sheet, ...]]


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


def sheets_of(result: ExperimentResult, out: Path, pictures: Pictures | None) -> tuple[tuple[Sheet, ...], str]:
    """Figures of the whole, then those that the first seed of each frontend and condition left, with their names.

    Beyond `MOST_SHEETS` they are left out, and a sentence says which; it is empty where all are there.

    Raises:
        InputError: a file of pictures is damaged.
    """
    sheets = [] if pictures is None else list(pictures(result, out))
    owners = [sheet.heading for sheet in sheets]
    for record in result.records:
        name = record.name
        if name.seed != min(result.of(name.frontend, name.condition)):
            continue
        for sheet in read_sheets(pictures_path(out, name)):
            words = [sheet.name, name.frontend, name.condition]
            owners.append(f"{name.frontend}, {name.condition}")
            sheets.append(
                Sheet(
                    name=_NOT_IN_NAMES.sub("-", " ".join(words).lower()).strip("-"),
                    heading=f"{sheet.heading}: {name.frontend}, {name.condition}, seed {name.seed}",
                    caption=sheet.caption,
                    alternative=sheet.alternative,
                    panels=sheet.panels,
                    unit=sheet.unit,
                    has_shared_scale=sheet.has_shared_scale,
                )
            )
    return tuple(sheets[:MOST_SHEETS]), _left_out_sentence(owners, out)


def _left_out_sentence(owners: Sequence[str], out: Path) -> str:
    shown, left_out = owners[:MOST_SHEETS], owners[MOST_SHEETS:]
    if not left_out:
        return ""
    named = [f"{owner} (in part)" if owner in shown else owner for owner in dict.fromkeys(left_out)]
    return (
        f"Pictures are missing from this page, which shows at most {MOST_SHEETS}: {'; '.join(named)}. Those of runs "
        f"are in {out / PICTURES}."
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
