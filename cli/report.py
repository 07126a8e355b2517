"""`hearfit report`: the report of profiles that were fitted before."""

import os
from pathlib import Path
from typing import Annotated

import typer

from hearfit.cli.options import JsonFlag
from hearfit.cli.output import Output


def report(
    profiles: Annotated[
        list[Path],
        typer.Argument(metavar="PROFILE", help="profile.json of one or both ears of a listener.", show_default=False),
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", help="The HTML file.", show_default="report.html in the profiles' common folder"),
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Write the report on one or both ears of a listener: one HTML file that opens offline."""
    from hearfit.reports.report import write_report
    from hearfit.storage.profile_files import read_profile

    output = Output(is_json=as_json)
    read = [read_profile(path) for path in profiles]
    path = out if out is not None else _common_folder(profiles) / "report.html"
    write_report(path, read)
    output.text(f"report {path}")
    output.document({"report": str(path)})


def _common_folder(paths: list[Path]) -> Path:
    if len(paths) == 1:
        return paths[0].parent
    return Path(os.path.relpath(os.path.commonpath([path.absolute().parent for path in paths])))
