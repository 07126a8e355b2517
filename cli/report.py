"""`hearfit report`: the report of profiles that were fitted before."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hearfit.cli.inputs import Problems
from hearfit.cli.options import JsonFlag
from hearfit.cli.output import Output

if TYPE_CHECKING:
    from hearfit.listener.profile import Profile


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
    from hearfit.storage.files import check_not_replaced, check_output
    from hearfit.storage.profile_files import read_profile

    output = Output(is_json=as_json)
    problems = Problems()
    read: list[Profile] = []
    for each in profiles:
        with problems.collected():
            read.append(read_profile(each))
    path = out if out is not None else _common_folder(profiles) / "report.html"
    with problems.collected():
        check_output(path.parent, [path.name])
        check_not_replaced(path, profiles)
    problems.tell()
    write_report(path, read)
    output.text(f"report {path}")
    output.document({"report": str(path)})


def _common_folder(paths: list[Path]) -> Path:
    if len(paths) == 1:
        return paths[0].parent
    return Path(os.path.relpath(os.path.commonpath([path.absolute().parent for path in paths])))
