"""`hearfit experiment events`: voice activity, spoken digits, talkers and bird syllables."""

from enum import StrEnum, unique
from pathlib import Path
from typing import Annotated

import typer

from hearfit.cli.experiment_options import (
    DEFAULT_NUM_SEEDS,
    BaselineOption,
    FirstSeedOption,
    ForceFlag,
    OutOption,
    PdfFlag,
    ProcessesOption,
    SeedsOption,
    study_options,
)
from hearfit.cli.options import JsonFlag, NoTrackFlag, QuietFlag, TrackingUriOption
from hearfit.errors import InputError
from hearfit.soundtasks.events.description import DESCRIPTIONS, FRONTENDS


@unique
class EventTaskName(StrEnum):
    """The tasks."""

    VAD = "vad"
    DIGITS = "digits"
    SPEAKER = "speaker"
    BIRDS = "birds"


def events(
    task: Annotated[EventTaskName, typer.Option("--task", help="What is to be told.", show_default=False)],
    data: Annotated[
        Path, typer.Option("--data", metavar="DIR", help="VoxAngeles, FSDD or birdsong.", show_default=False)
    ],
    noise: Annotated[
        Path | None, typer.Option("--noise", metavar="DIR", help="ESC-10; for vad.", show_default=False)
    ] = None,
    frontend: Annotated[
        list[str] | None,
        typer.Option(
            "--frontend", metavar="NAME...", help="Which to compare (see `list`).", show_default="all but full"
        ),
    ] = None,
    baseline: BaselineOption = None,
    seeds: SeedsOption = DEFAULT_NUM_SEEDS,
    seed: FirstSeedOption = 0,
    out: OutOption = None,
    processes: ProcessesOption = None,
    pdf: PdfFlag = False,
    force: ForceFlag = False,
    tracking_uri: TrackingUriOption = None,
    no_track: NoTrackFlag = False,
    as_json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Tell speech from noise, digits, talkers or bird syllables apart.

    Each frontend is followed by the same small network. `full`, which is slow, is compared where it is named.
    """
    description = next(each for each in DESCRIPTIONS if each.task == task.value)
    options = study_options(
        description,
        frontend=frontend or [each.name for each in FRONTENDS],
        baseline=baseline,
        seeds=seeds,
        seed=seed,
        out=out,
        processes=processes,
        tracking_uri=tracking_uri,
        no_track=no_track,
        force=force,
        pdf=pdf,
        as_json=as_json,
        quiet=quiet,
    )
    if (task is EventTaskName.VAD) != (noise is not None):
        raise InputError(
            "--task vad needs --noise with the folder of ESC-10."
            if noise is None
            else f"--noise is for --task vad; {task.value} has no noise added."
        )
    from hearfit.cli.experiment_run import run_experiment
    from hearfit.soundtasks.events.experiment import event_experiment

    experiment = event_experiment(task.value, data=data, noise=noise, frontends=options.frontends, seeds=options.seeds)
    run_experiment(experiment, options)
