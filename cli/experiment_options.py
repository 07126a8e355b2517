"""Options that the four experiments share, and what they mean together.

A command `hearfit experiment NAME` declares these next to its own options for data, checks them with `study_options`,
and hands both to `hearfit.cli.experiment_run.run_experiment`. It is registered with `cls=ManyValuesCommand`, so that
`--frontend mel leaf` works; none of these commands has arguments without an option.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import typer

from hearfit.cli.output import Output
from hearfit.errors import InputError
from hearfit.soundtasks.description import ExperimentDescription, chosen

DEFAULT_NUM_SEEDS: Final = 5

FrontendsOption = Annotated[
    list[str] | None,
    typer.Option("--frontend", metavar="NAME...", help="Which to compare (see `list`).", show_default="all"),
]
BaselineOption = Annotated[
    str | None,
    typer.Option(
        "--baseline",
        metavar="NAME",
        help="The frontend that the others are compared with; no run is done again for it.",
        show_default="see `list`",
    ),
]
SeedsOption = Annotated[int, typer.Option("--seeds", min=1, help="Runs of each frontend, with consecutive seeds.")]
FirstSeedOption = Annotated[int, typer.Option("--seed", min=0, help="The first seed.")]
OutOption = Annotated[
    Path | None,
    typer.Option(
        "--out", help="Folder of runs and report; a command that is repeated goes on there.", show_default="out/TASK"
    ),
]
ProcessesOption = Annotated[
    int | None, typer.Option("--processes", min=1, help="Runs side by side.", show_default="one for each core")
]
PdfFlag = Annotated[bool, typer.Option("--pdf", help="Write report.pdf as well.")]
ForceFlag = Annotated[
    bool, typer.Option("--force", help="Delete what in --out was made with other settings, and run it again.")
]


@dataclass(frozen=True)
class StudyOptions:
    """The shared options, checked; `baseline` is None where the description's is meant."""

    frontends: tuple[str, ...]
    baseline: str | None
    seeds: tuple[int, ...]
    out: Path
    num_processes: int | None
    is_tracked: bool
    tracking_uri: str | None
    is_forced: bool
    is_pdf: bool
    output: Output


def study_options(
    description: ExperimentDescription,
    *,
    frontend: list[str] | None,
    baseline: str | None,
    seeds: int,
    seed: int,
    out: Path | None,
    processes: int | None,
    tracking_uri: str | None,
    no_track: bool,
    force: bool,
    pdf: bool,
    as_json: bool,
    quiet: bool,
) -> StudyOptions:
    """The options of one command, checked before anything heavy is imported.

    Raises:
        InputError: an unknown frontend, or a baseline that is not among those that are run.
    """
    frontends = chosen("--frontend", frontend, tuple(each.name for each in description.frontends))
    if baseline is not None and baseline not in frontends:
        raise InputError(
            f"--baseline is {baseline!r}, which is not among the frontends of this command. "
            f"Allowed: {', '.join(frontends)}."
        )
    return StudyOptions(
        frontends=frontends,
        baseline=baseline,
        seeds=tuple(range(seed, seed + seeds)),
        out=Path("out") / description.task if out is None else out,
        num_processes=processes,
        is_tracked=not no_track,
        tracking_uri=tracking_uri,
        is_forced=force,
        is_pdf=pdf,
        output=Output(is_json=as_json, is_quiet=quiet),
    )
