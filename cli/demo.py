"""`hearfit demo`: the whole way, on a simulated listener."""

from pathlib import Path
from typing import Annotated, Final

import typer

from hearfit.audiology.audiogram import Ear
from hearfit.cli.fit_session import FitRequest, fit_session, print_session, result_names
from hearfit.cli.inputs import read_audiogram_of, read_session
from hearfit.cli.options import (
    DEFAULT_SEED,
    JsonFlag,
    Method,
    NoTrackFlag,
    PriorChoice,
    QuietFlag,
    SeedOption,
    TrackingUriOption,
)
from hearfit.cli.output import Output
from hearfit.cli.simulated_session import DEFAULT_OUTER_HAIR_CELL_SHARE, simulate_session, today
from hearfit.errors import ExitCode
from hearfit.storage.files import check_output

AUDIOGRAM: Final = "N3"
PROTOCOLS: Final = ("pure_tone_detection", "categorical_loudness")
TRANSDUCER: Final = "HDA200"


def demo(
    out: Annotated[Path, typer.Option("--out", help="Folder of the results.")] = Path("hearfit-demo"),
    tracking_uri: TrackingUriOption = None,
    no_track: NoTrackFlag = False,
    seed: SeedOption = DEFAULT_SEED,
    as_json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Simulate a listener with the standard audiogram N3, fit both ears, track the fits and write the report.

    Opens nothing, and prints where everything is. Files of the same names are replaced.
    """
    output = Output(is_json=as_json, is_quiet=quiet)
    table = out / "trials.tsv"
    check_output(out, [table.name, *result_names(list(Ear))])
    simulate_session(
        AUDIOGRAM,
        PROTOCOLS,
        ear=None,
        listener=None,
        session=today(),
        transducer=TRANSDUCER,
        outer_hair_cell_share=DEFAULT_OUTER_HAIR_CELL_SHARE,
        inhibition=None,
        seed=seed,
        out=table,
        output=output,
    )
    # Read back from the file, so that the demo goes the way of every other session.
    ears = read_session(
        [table], own_protocols=None, listener=None, ear=None, session=None, transducer=None, output=output
    )
    request = FitRequest(
        out=out,
        audiogram=read_audiogram_of(AUDIOGRAM, ears),
        method=Method.MAP,
        prior=PriorChoice.POPULATION,
        seed=seed,
        is_tracked=not no_track,
        tracking_uri=tracking_uri,
        trial_files=(table,),
    )
    result = fit_session(ears, request, output)
    output.text(f"{'trials':<14} {table}")
    print_session(result, output)
    if not result.is_trustworthy:
        raise typer.Exit(ExitCode.CANNOT_BE_TRUSTED)
