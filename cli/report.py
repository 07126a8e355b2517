"""`hearfit report`: the report of profiles that were fitted before, of an audiogram, or of both."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hearfit.audiology.age_norms import Sex
from hearfit.cli.inputs import Problems
from hearfit.cli.options import JsonFlag
from hearfit.cli.output import Output
from hearfit.errors import InputError
from hearfit.reports.formats import Paper, ReportFormat

if TYPE_CHECKING:
    from hearfit.audiology.audiogram import Audiogram
    from hearfit.listener.profile import Profile
    from hearfit.reports.contents import Person


def report(
    profiles: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[PROFILE]...", help="profile.json of one or both ears.", show_default=False),
    ] = None,
    report_format: Annotated[
        ReportFormat | None, typer.Option("--format", help="Otherwise by the ending of --out.", show_default="html")
    ] = None,
    audiogram: Annotated[
        str | None,
        typer.Option(
            "--audiogram",
            help="What was measured: file, or N1 to N7 or S1 to S3; shown in place of what the profiles hold, and "
            "enough for a report by itself.",
        ),
    ] = None,
    listener: Annotated[
        str | None, typer.Option("--listener", help="Whose audiogram, where there is no profile to tell.")
    ] = None,
    previous: Annotated[
        list[Path] | None,
        typer.Option("--previous", help="profile.json of an earlier session, to tell what changed; may be repeated."),
    ] = None,
    age: Annotated[
        float | None, typer.Option("--age", help="Years; with --sex, for percentiles by ISO 7029.", show_default=False)
    ] = None,
    sex: Annotated[Sex | None, typer.Option("--sex", help="The standard has tables for these two.")] = None,
    paper: Annotated[Paper, typer.Option("--paper", help="Pages of a PDF.")] = Paper.A4,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="The file.", show_default="report.html or .pdf in the folder of what is read"),
    ] = None,
    is_forced: Annotated[bool, typer.Option("--force", help="Replace the file if there is one.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Write the report on one listener: an HTML file that opens offline, or a PDF."""
    from hearfit.storage.files import check_not_replaced, check_output
    from hearfit.storage.profile_files import read_profile

    output = Output(is_json=as_json)
    paths, earlier = profiles or [], previous or []
    problems = Problems()
    read: list[Profile] = []
    before: list[Profile] = []
    for path, collected in [*((path, read) for path in paths), *((path, before) for path in earlier)]:
        with problems.collected():
            collected.append(read_profile(path))
    measured: Audiogram | None = None
    with problems.collected():
        measured = _measured(audiogram, listener=listener, profiles=read, are_profiles_given=bool(paths))
    person: Person | None = None
    with problems.collected():
        person = _person(age, sex)
    sources = [*paths, *earlier, *([] if audiogram is None else [Path(audiogram)])]
    with problems.collected():
        check_not_replaced(out or Path(), sources)
        chosen, target = _target(out, report_format, paths or _folder_of(audiogram))
        check_output(target.parent, [target.name])
        check_not_replaced(target, sources)
        if target.exists() and not is_forced:
            raise InputError(f"{target}: exists already. Choose another path with --out, or replace it with --force.")
    problems.tell()
    from hearfit.reports.report import make_document, write_document

    document = make_document(read, audiogram=measured, previous=before, person=person)
    write_document(target, document, report_format=chosen, paper=paper)
    output.text(f"report {target}")
    output.document({"report": str(target)})


def _measured(
    source: str | None, *, listener: str | None, profiles: "Sequence[Profile]", are_profiles_given: bool
) -> "Audiogram | None":
    """The audiogram to show; of the listener of the profiles, where there are any."""
    from hearfit.storage.audiogram_files import check_audiogram_file, read_audiogram

    if source is None:
        if not are_profiles_given:
            raise InputError("A report needs at least one PROFILE or an --audiogram.")
        return None
    if are_profiles_given and not profiles:
        # Whose it should be is not known, because no profile could be read.
        check_audiogram_file(source)
        return None
    return read_audiogram(source, listener=profiles[0].listener if profiles else listener)


def _person(age: float | None, sex: Sex | None) -> "Person | None":
    from hearfit.reports.contents import Person

    if age is None and sex is None:
        return None
    if age is None or sex is None:
        raise InputError("Percentiles by age need both --age and --sex, because ISO 7029 has tables by both.")
    return Person(age, sex)


def _target(out: Path | None, report_format: ReportFormat | None, beside: list[Path]) -> tuple[ReportFormat, Path]:
    """The format and the file. Where both are given they must agree."""
    if out is None:
        chosen = report_format or ReportFormat.HTML
        return chosen, _common_folder(beside) / f"report.{chosen}"
    by_ending = {".html": ReportFormat.HTML, ".htm": ReportFormat.HTML, ".pdf": ReportFormat.PDF}.get(
        out.suffix.lower()
    )
    if by_ending is None:
        raise InputError(f"{out}: a report ends in .html or .pdf, not in {out.suffix or 'nothing'!r}.")
    if report_format is not None and report_format is not by_ending:
        raise InputError(f"{out}: ends in {out.suffix}, but --format asks for {report_format}. Make them agree.")
    return by_ending, out


def _folder_of(audiogram: str | None) -> list[Path]:
    """Beside a file; a standard audiogram has no folder."""
    from hearfit.audiology.bisgaard import is_standard_audiogram_name

    is_file = audiogram is not None and not is_standard_audiogram_name(audiogram)
    return [Path(audiogram or "") if is_file else Path("report")]


def _common_folder(paths: list[Path]) -> Path:
    if len(paths) == 1:
        return paths[0].parent
    return Path(os.path.relpath(os.path.commonpath([path.absolute().parent for path in paths])))
