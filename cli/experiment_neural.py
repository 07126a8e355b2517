"""`hearfit experiment neural`: which frontend predicts auditory cortex best."""

from enum import StrEnum, unique
from pathlib import Path
from typing import Annotated

import typer

from hearfit.cli.experiment_options import (
    DEFAULT_NUM_SEEDS,
    BaselineOption,
    FirstSeedOption,
    ForceFlag,
    FrontendsOption,
    OutOption,
    PdfFlag,
    ProcessesOption,
    SeedsOption,
    study_options,
)
from hearfit.cli.options import JsonFlag, NoTrackFlag, QuietFlag, TrackingUriOption
from hearfit.soundtasks.description import chosen
from hearfit.soundtasks.neural.description import DESCRIPTION


@unique
class Split(StrEnum):
    """Which sounds are held out."""

    PUBLISHED = "published"
    RAHMAN = "rahman"


def neural(
    data: Annotated[Path, typer.Option("--data", metavar="DIR", help="Folder of NS1.", show_default=False)],
    frontend: FrontendsOption = None,
    baseline: BaselineOption = None,
    readout: Annotated[
        list[str] | None,
        typer.Option("--readout", metavar="NAME...", help="linear, recurrent.", show_default="both"),
    ] = None,
    split: Annotated[
        Split, typer.Option("--split", help="published: test sounds 17 to 19; rahman: 3, 6, 9 and 19.")
    ] = Split.PUBLISHED,
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
    """Predict the responses of 119 units of ferret auditory cortex to natural sounds.

    Each frontend is followed by a linear receptive field for each unit, and by a small recurrent network.
    """
    options = study_options(
        DESCRIPTION,
        frontend=frontend,
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
    readouts = chosen("--readout", readout, tuple(name for name, _ in DESCRIPTION.conditions))
    from hearfit.cli.experiment_run import run_experiment
    from hearfit.soundtasks.neural.experiment import neural_experiment

    experiment = neural_experiment(
        data, split=split.value, frontends=options.frontends, readouts=readouts, seeds=options.seeds
    )
    run_experiment(experiment, options)
