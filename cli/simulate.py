"""`hearfit simulate`: a listener who never was, and their answers."""

from pathlib import Path
from typing import Annotated

import typer

from hearfit.audiology.audiogram import Ear
from hearfit.cli.options import DEFAULT_SEED, JsonFlag, QuietFlag, SeedOption
from hearfit.cli.output import Output
from hearfit.cli.simulated_session import (
    DEFAULT_OUTER_HAIR_CELL_SHARE,
    InhibitionOption,
    simulate_session,
    today,
)
from hearfit.errors import InputError
from hearfit.reports.wording import count, ear_name


def simulate(
    audiogram: Annotated[str, typer.Option("--audiogram", help="File, or N1 to N7 or S1 to S3.")],
    protocol: Annotated[list[str], typer.Option("--protocol", help="Name, or TOML file of your own; may be repeated.")],
    out: Annotated[Path, typer.Option("--out", help="The trial table (.tsv); its sidecar (.json) is put beside it.")],
    ear: Annotated[Ear | None, typer.Option("--ear", help="Only this ear; otherwise each of the audiogram.")] = None,
    listener: Annotated[
        str | None, typer.Option("--listener", help="Id of the simulated listener.", show_default="SIM-AUDIOGRAM")
    ] = None,
    session: Annotated[
        str | None, typer.Option("--session", help="Date of the session (YYYY-MM-DD).", show_default="today")
    ] = None,
    transducer: Annotated[str, typer.Option("--transducer", help="Reference thresholds.")] = "HDA200",
    outer_hair_cell_share: Annotated[
        float,
        typer.Option("--outer-hair-cell-share", min=0.0, max=1.0, help="How much of the loss is lost compression."),
    ] = DEFAULT_OUTER_HAIR_CELL_SHARE,
    inhibition: InhibitionOption = None,
    seed: SeedOption = DEFAULT_SEED,
    as_json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Simulate a listener's answers in one or more protocols.

    The listener has the thresholds of the audiogram. Levels are those of an audiometer, -20 to 130 dB HL: a design that
    asks for more presents the nearest. Existing files of these names are replaced.
    """
    output = Output(is_json=as_json, is_quiet=quiet)
    if out.suffix.lower() != ".tsv":
        raise InputError(f"{out}: a trial table is written as .tsv. Give a path that ends in .tsv.")
    trials = simulate_session(
        audiogram,
        protocol,
        ear=ear,
        listener=listener,
        session=today() if session is None else session,
        transducer=transducer,
        outer_hair_cell_share=outer_hair_cell_share,
        inhibition=inhibition,
        seed=seed,
        out=out,
        output=output,
    )
    for each in trials:
        output.text(f"{each.listener}, {ear_name(each.ear).lower()}: {count(each.num_trials, 'answer')}")
    output.text(f"trials {out}")
    output.document(
        {
            "trials": str(out),
            "sidecar": str(out.with_suffix(".json")),
            "listener": trials[0].listener,
            "session": trials[0].session,
            "num_trials": {each.ear.value: each.num_trials for each in trials},
        }
    )
