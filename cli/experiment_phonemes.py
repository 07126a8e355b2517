"""`hearfit experiment phonemes`: phones of unseen languages, and what an ear costs in telling them."""

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
from hearfit.errors import InputError
from hearfit.soundtasks.phonemes.description import (
    DEFAULT_SHARES,
    DEFAULT_SNRS_DB,
    EAR_DESCRIPTION,
    description_of,
)

_LOWEST_SNR_DB, _HIGHEST_SNR_DB = -30.0, 60.0


def phonemes(
    data: Annotated[Path, typer.Option("--data", metavar="DIR", help="VoxAngeles.", show_default=False)],
    frontend: FrontendsOption = None,
    baseline: BaselineOption = None,
    train_share: Annotated[
        list[float] | None,
        typer.Option("--train-share", metavar="SHARE...", help="Of the training words.", show_default="1 0.3 0.1"),
    ] = None,
    snr: Annotated[
        list[float] | None,
        typer.Option("--snr", metavar="DB...", help="Of the test's noise, in the band.", show_default="10 0"),
    ] = None,
    profile: Annotated[
        Path | None,
        typer.Option(
            "--profile",
            help="profile.json: what this ear costs a recogniser trained with normal hearing, instead of frontends.",
            show_default=False,
        ),
    ] = None,
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
    """Recognise phones of languages that were not in the training, in quiet and in noise."""
    shares = tuple(dict.fromkeys(train_share or DEFAULT_SHARES))
    snrs_db = tuple(dict.fromkeys(snr or DEFAULT_SNRS_DB))
    _check(shares, snrs_db)
    if profile is not None and (frontend or baseline or train_share or snr):
        raise InputError(
            "--profile compares two ears with one recogniser: --frontend, --baseline, --train-share and --snr are not "
            "for it."
        )
    options = study_options(
        description_of(snrs_db, shares) if profile is None else EAR_DESCRIPTION,
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
    from hearfit.soundtasks.phonemes.experiment import ear_experiment, phoneme_experiment

    if profile is not None:
        experiment = ear_experiment(data=data, profile=profile, seeds=options.seeds)
    else:
        experiment = phoneme_experiment(
            data=data, frontends=options.frontends, seeds=options.seeds, shares=shares, snrs_db=snrs_db
        )
    run_experiment(experiment, options)


def _check(shares: tuple[float, ...], snrs_db: tuple[float, ...]) -> None:
    # Written so that NaN is refused, too.
    problems = [
        f"--train-share is {share:g}; allowed is a share of the training words above 0, up to 1."
        for share in shares
        if not 0.0 < share <= 1.0
    ]
    problems += [
        f"--snr is {snr_db:g} dB; allowed is {_LOWEST_SNR_DB:g} to {_HIGHEST_SNR_DB:g} dB."
        for snr_db in snrs_db
        if not _LOWEST_SNR_DB <= snr_db <= _HIGHEST_SNR_DB
    ]
    if problems:
        raise InputError(problems)
