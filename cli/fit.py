"""`hearfit fit`: from trials to profile, report and tracked run."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hearfit.audiology.audiogram import Audiogram
from hearfit.cli.fit_session import FitRequest, fit_session, print_session, result_names
from hearfit.cli.inputs import NO_COLUMN_MAP, Problems, folder_name, read_audiogram_of, read_session, with_thresholds_of
from hearfit.cli.model_table import check_comparable, comparison_names
from hearfit.cli.options import (
    DEFAULT_SEED,
    ColumnsOption,
    EarOption,
    JsonFlag,
    ListenerOption,
    Method,
    NoTrackFlag,
    OwnProtocolsOption,
    PriorChoice,
    PriorOption,
    QuietFlag,
    SeedOption,
    SessionOption,
    TrackingUriOption,
    TransducerOption,
    TrialFilesArgument,
)
from hearfit.cli.output import Output
from hearfit.errors import ExitCode, InputError
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
    columns: ColumnsOption = None,
    audiogram: Annotated[
        str | None,
        typer.Option("--audiogram", help="File, or N1 to N7 or S1 to S3; compared with, and not used as data."),
    ] = None,
    audiogram_as_data: Annotated[
        bool,
        typer.Option(
            "--audiogram-as-data", help="Use the thresholds of the audiogram as data too: found in steps of 5 dB."
        ),
    ] = False,
    method: Annotated[
        Method, typer.Option("--method", help="map: posterior mode with Laplace approximation. nuts: draws.")
    ] = Method.MAP,
    prior: PriorOption = PriorChoice.POPULATION,
    compare_models: Annotated[
        bool,
        typer.Option(
            "--compare-models",
            help="Also compare models of the ear by held-out predictive density: models.json, report and tracked run. "
            "Leave-one-out is of draws by the same --method.",
        ),
    ] = False,
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
            columns=columns,
        )
    measured: Audiogram | None = None
    with problems.collected():
        if audiogram is not None:
            measured = read_audiogram_of(audiogram, ears, listener=listener)
    with problems.collected():
        if audiogram_as_data and audiogram is None:
            raise InputError("--audiogram-as-data needs an audiogram. Give it with --audiogram.")
        if audiogram_as_data and audiogram is not None and measured is not None:
            ears = with_thresholds_of(measured, ears, source=audiogram, output=output)
    folder = Path("out") / (folder_name(ears[0].listener) if ears else "") if out is None else out
    with problems.collected():
        present = [each.ear for each in ears]
        check_output(folder, [*result_names(present), *(comparison_names(present) if compare_models else ())])
    for each in ears if compare_models else ():
        with problems.collected():
            check_comparable(each)
    problems.tell()
    request = FitRequest(
        out=folder,
        audiogram=measured,
        method=method,
        prior=prior,
        seed=seed,
        num_chains=chains,
        num_draws=draws,
        num_starts=starts,
        compares_models=compare_models,
        is_tracked=not no_track,
        tracking_uri=tracking_uri,
        trial_files=tuple(trials),
        column_maps=tuple(Path(name) for name in dict.fromkeys(columns or ()) if name != NO_COLUMN_MAP),
    )
    result = fit_session(ears, request, output)
    print_session(result, output)
    if not result.is_trustworthy:
        raise typer.Exit(ExitCode.CANNOT_BE_TRUSTED)
