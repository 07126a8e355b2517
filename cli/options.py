"""Options that several commands share."""

from enum import StrEnum, unique
from pathlib import Path
from typing import Annotated, Final

import typer

from hearfit.audiology.audiogram import Ear


@unique
class PriorChoice(StrEnum):
    """What is assumed before any answer."""

    POPULATION = "population"
    FLAT = "flat"


@unique
class Method(StrEnum):
    """How the posterior is found."""

    MAP = "map"
    NUTS = "nuts"


JsonFlag = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout instead of text.")]
QuietFlag = Annotated[bool, typer.Option("--quiet", "-q", help="No progress on stderr; warnings stay.")]
SeedOption = Annotated[int, typer.Option("--seed", min=0, help="Seed of everything that is random.")]
EarOption = Annotated[Ear | None, typer.Option("--ear", help="Only this ear; otherwise each that has trials.")]
ListenerOption = Annotated[
    str | None, typer.Option("--listener", help="Whose trials; needed where the files hold several listeners.")
]
SessionOption = Annotated[
    str | None, typer.Option("--session", help="Which session (YYYY-MM-DD); needed where an ear has several.")
]
PriorOption = Annotated[
    PriorChoice,
    typer.Option(
        "--prior", help="population: what is known of people; flat: nothing of the ear, to see what data say."
    ),
]
TransducerOption = Annotated[
    str | None,
    typer.Option("--transducer", help="Reference thresholds of the levels, such as HDA200; otherwise by the sidecar."),
]
OwnProtocolsOption = Annotated[
    list[Path] | None,
    typer.Option("--protocol", help="TOML file of a protocol of your own that the trials name; may be repeated."),
]
ColumnsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--columns",
        help="Column map (TOML) for tables of PsychoPy, jsPsych, qCLS and others; one for all tables, or one for each, "
        "where none stands for a table that needs none.",
    ),
]
TrialFilesArgument = Annotated[
    list[Path], typer.Argument(metavar="TRIALS", help="Trial tables: .tsv, .csv or .parquet.", show_default=False)
]
TrackingUriOption = Annotated[
    str | None,
    typer.Option(
        "--tracking-uri",
        help="MLflow store; otherwise MLFLOW_TRACKING_URI, otherwise .hearfit/mlflow.db in the working folder.",
    ),
]
NoTrackFlag = Annotated[bool, typer.Option("--no-track", help="Write files only; no MLflow run.")]

DEFAULT_SEED: Final = 1
