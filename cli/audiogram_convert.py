"""`hearfit audiogram convert`: audiograms from one file format to another, with nothing lost unasked."""

from enum import StrEnum, unique
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from hearfit.cli.options import JsonFlag
from hearfit.cli.output import Output
from hearfit.errors import InputError
from hearfit.storage.audiogram_files import AudiogramFormat

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hearfit.audiology.audiogram import Audiogram


@unique
class TableLayout(StrEnum):
    """How a table is laid out."""

    LONG = "long"
    WIDE = "wide"


_TABLES: Final = (AudiogramFormat.CSV, AudiogramFormat.TSV)


def convert(
    source: Annotated[str, typer.Argument(metavar="IN", help="File, or N1 to N7 or S1 to S3.", show_default=False)],
    out: Annotated[
        Path,
        typer.Argument(metavar="OUT", help=".csv, .tsv, .fhir.json, or .json for Clarity.", show_default=False),
    ],
    listener: Annotated[
        str | None, typer.Option("--listener", help="Only this listener; otherwise everyone in the file.")
    ] = None,
    from_format: Annotated[
        AudiogramFormat | None, typer.Option("--from", help="Format of IN; otherwise by its ending and content.")
    ] = None,
    to_format: Annotated[
        AudiogramFormat | None, typer.Option("--to", help="Format of OUT; otherwise by its ending.")
    ] = None,
    layout: Annotated[
        TableLayout | None,
        typer.Option("--layout", help="Of a table: a row a threshold (long, the default) or a row an ear (wide)."),
    ] = None,
    lossy: Annotated[
        bool, typer.Option("--lossy", help="Drop what the format of OUT cannot hold, and say what was dropped.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace OUT if it is there.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Convert audiograms between CSV and TSV tables, FHIR R4 and Clarity.

    What the format of OUT cannot hold is refused with a sentence for each loss, unless --lossy is given.
    """
    from hearfit.storage.audiogram_files import format_to_write, read_audiograms, write_audiograms

    output = Output(is_json=as_json)
    kind = to_format or format_to_write(out)
    if layout is not None and kind not in _TABLES:
        raise InputError(f"--layout {layout.value} is for tables, but {out} is written as {kind.value}. Leave it out.")
    _check_target(out, source, force=force)
    audiograms = read_audiograms(source, listener=listener, file_format=from_format)
    audiograms, losses = _fitting(audiograms, kind, lossy=lossy)
    write_audiograms(audiograms, out, file_format=kind, layout="long" if layout is None else layout.value)
    for loss in losses:
        output.warning(f"{loss} It was dropped.")
    num_thresholds = sum(len(audiogram.thresholds) for audiogram in audiograms)
    output.text(f"listeners   {len(audiograms)}")
    output.text(f"thresholds  {num_thresholds}")
    output.text(f"{kind.value:<11} {out}")
    output.document(
        {
            "out": str(out),
            "format": kind.value,
            "listeners": [audiogram.listener for audiogram in audiograms],
            "num_thresholds": num_thresholds,
            "lost": losses,
        }
    )


def _check_target(out: Path, source: str, *, force: bool) -> None:
    from hearfit.storage.files import check_not_replaced, check_output

    check_output(out.parent, [out.name])
    check_not_replaced(out, [Path(source)])
    if out.exists() and not force:
        raise InputError(f"{out}: is already there. Give --force to replace it, or another path.")


def _fitting(
    audiograms: "tuple[Audiogram, ...]", kind: AudiogramFormat, *, lossy: bool
) -> "tuple[tuple[Audiogram, ...], Sequence[str]]":
    """The audiograms as the format can hold them, and what is lost; tables and FHIR hold everything."""
    from hearfit.audiology.clarity_writer import clarity_losses, without_clarity_losses

    if kind is not AudiogramFormat.CLARITY:
        return audiograms, []
    losses = [loss for audiogram in audiograms for loss in clarity_losses(audiogram)]
    if losses and not lossy:
        raise InputError([f"{loss} Give --lossy to drop this, or choose another format." for loss in losses])
    return tuple(without_clarity_losses(audiogram) for audiogram in audiograms) if losses else audiograms, losses
