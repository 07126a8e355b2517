"""`hearfit experiment enhancement`: speech out of environmental noise."""

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
from hearfit.soundtasks.enhancement.description import DESCRIPTION, SNRS_DB


def enhancement(
    speech: Annotated[Path, typer.Option("--speech", metavar="DIR", help="VoxAngeles.", show_default=False)],
    noise: Annotated[Path, typer.Option("--noise", metavar="DIR", help="ESC-10.", show_default=False)],
    snr: Annotated[
        list[float] | None,
        typer.Option(
            "--snr",
            metavar="DB...",
            help="Signal-to-noise ratios of the test mixtures in dB.",
            show_default=" ".join(f"{each:g}" for each in SNRS_DB),
        ),
    ] = None,
    frontend: FrontendsOption = None,
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
    """Separate unseen talkers from unseen noises.

    One network of each frontend and seed serves all ratios. Sound files of the first seed are in OUT/examples.
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
    from hearfit.cli.experiment_run import run_experiment
    from hearfit.soundtasks.enhancement.experiment import enhancement_experiment

    experiment = enhancement_experiment(
        speech=speech, noise=noise, snrs_db=snr or SNRS_DB, frontends=options.frontends, seeds=options.seeds
    )
    run_experiment(experiment, options)
