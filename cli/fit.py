"""`hearfit fit`: from trials to profile, report and tracked run."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hearfit.audiology.audiogram import Audiogram
from hearfit.cli.fit_session import FitRequest, Method, fit_session, print_session, result_names
from hearfit.cli.inputs import Problems, folder_name, read_audiogram_of, read_session
from hearfit.cli.options import (
    DEFAULT_SEED,
    EarOption,
    JsonFlag,
    ListenerOption,
    NoTrackFlag,
    OwnProtocolsOption,
    QuietFlag,
    SeedOption,
    SessionOption,
    TrackingUriOption,
    TransducerOption,
    TrialFilesArgument,
)
from hearfit.cli.output import Output
from hearfit.errors import ExitCode
from hearfit.storage.files import check_output

if TYPE_CHECKING:
    from hearfit.experiment.trials import Trials


def fit(
    trials: TrialFilesArgument,
    listener: ListenerOption = None,
    ear: EarOption = None,
    session: SessionOption = None,
    transducer: TransducerOption = None,
    protocol: OwnProtocolsOption = None,
    audiogram: Annotated[
        str | None,
        typer.Option("--audiogram", help="File, or N1 to N7 or S1 to S3; compared with, never used as data."),
    ] = None,
    method: Annotated[
        Method, typer.Option("--method", help="map: posterior mode with Laplace approximation. nuts: draws.")
    ] = Method.MAP,
    chains: Annotated[int, typer.Option("--chains", min=2, max=64, help="Chains of --method nuts.")] = 4,
    draws: Annotated[int, typer.Option("--draws", min=4, max=100_000, help="Draws of each chain.")] = 1000,
    starts: Annotated[
        int, typer.Option("--starts", min=1, max=100, help="Searches from as many points, to find other explanations.")
    ] = 2,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder of the results.", show_default="out/LISTENER")
    ] = None,
    tracking_uri: TrackingUriOption = None,
    no_track: NoTrackFlag = False,
    seed: SeedOption = DEFAULT_SEED,
    as_json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Fit the profile of each ear to a listener's answers.

    Writes profile.json and report.html into the folder of the results.

    With --method nuts also draws.npz: the draws of the posterior, from which the estimates are made.

    With two ears: left/profile.json, right/profile.json and one report.html.

    Files of these names are replaced, each as a whole. Each ear is one MLflow run.

    Exit code 1 means that a fit, or the chains of --method nuts, did not converge, so it cannot be trusted.
    """
    output = Output(is_json=as_json, is_quiet=quiet)
    problems = Problems()
    ears: tuple[Trials, ...] = ()
    with problems.collected():
        ears = read_session(
            trials,
            own_protocols=protocol,
            listener=listener,
            ear=ear,
            session=session,
            transducer=transducer,
            output=output,
        )
    measured: Audiogram | None = None
    with problems.collected():
        if audiogram is not None:
            measured = read_audiogram_of(audiogram, ears, listener=listener)
    folder = Path("out") / (folder_name(ears[0].listener) if ears else "") if out is None else out
    with problems.collected():
        check_output(folder, result_names([each.ear for each in ears]))
    problems.tell()
    request = FitRequest(
        out=folder,
        audiogram=measured,
        method=method,
        seed=seed,
        num_chains=chains,
        num_draws=draws,
        num_starts=starts,
        is_tracked=not no_track,
        tracking_uri=tracking_uri,
        trial_files=tuple(trials),
    )
    result = fit_session(ears, request, output)
    print_session(result, output)
    if not result.is_trustworthy:
        raise typer.Exit(ExitCode.CANNOT_BE_TRUSTED)
