"""`hearfit audiogram`: look at an audiogram."""

from typing import Annotated

import typer

from hearfit.audiology.age_norms import Sex
from hearfit.cli.options import JsonFlag
from hearfit.cli.output import Output, json_value
from hearfit.errors import InputError

audiogram_commands = typer.Typer(no_args_is_help=True, help="Look at audiograms.")


@audiogram_commands.callback()
def _group() -> None:
    """Look at audiograms."""


@audiogram_commands.command("show")
def show_command(
    source: Annotated[
        str, typer.Argument(metavar="FILE|NAME", help="File, or N1 to N7 or S1 to S3.", show_default=False)
    ],
    listener: Annotated[
        str | None, typer.Option("--listener", help="Whose audiogram; needed where the file holds several.")
    ] = None,
    age_years: Annotated[
        float | None,
        typer.Option("--age", help="Age in years, 18 to 80, with --sex: compare with people of this age."),
    ] = None,
    sex: Annotated[Sex | None, typer.Option("--sex", help="For --age: ISO 7029 has tables for these two.")] = None,
    has_gains: Annotated[
        bool, typer.Option("--gains", help="Insertion gains of NAL-R, NAL-RP and CAMFIT; not a prescription.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Draw an audiogram, and say its averages, grades, shape, asymmetry, air-bone gaps and what cannot be said."""
    from hearfit.audiology.audiogram import Conduction
    from hearfit.audiology.summary import Person, summarise
    from hearfit.cli import audiogram_tables
    from hearfit.cli.terminal_audiogram import LEFT_LETTERS, RIGHT_LETTERS, drawing_of
    from hearfit.storage.audiogram_files import read_audiogram

    output = Output(is_json=as_json)
    if (age_years is None) != (sex is None):
        given, missing = ("--sex", "--age") if age_years is None else ("--age", "--sex")
        raise InputError(f"{given} is given without {missing}. ISO 7029 compares people of the same age and sex.")
    person = None if age_years is None or sex is None else Person(age_years, sex)
    audiogram = read_audiogram(source, listener=listener)
    summary = summarise(audiogram, person=person)
    if as_json:
        output.document(json_value({**vars(audiogram), **vars(summary)}))
        return
    details = [detail for detail in (audiogram.transducer, audiogram.date) if detail]
    output.text(", ".join([audiogram.listener, *details]))
    output.text()
    drawing = drawing_of(audiogram)
    for line in drawing.lines:
        output.coloured(line, red=RIGHT_LETTERS, blue=LEFT_LETTERS)
    output.paragraph(f"       {drawing.key}", indent="       ")
    if drawing.left_out:
        output.paragraph(drawing.left_out)
    output.text()
    for conduction in Conduction:
        audiogram_tables.print_thresholds(audiogram, conduction, output)
    audiogram_tables.print_ears(summary, output)
    audiogram_tables.print_both_ears(summary, output)
    output.text()
    if person is not None:
        audiogram_tables.print_age(summary, person, output)
    if has_gains:
        audiogram_tables.print_gains(summary, output)
    for ear in summary.ears:
        if ear.air_bone_gap.warning:
            output.paragraph(f"Note: {ear.air_bone_gap.warning}")
    sentences = list(audiogram_tables.reasons(summary, has_gains=has_gains))
    if sentences:
        output.text("What could not be computed, or only with a substitute:")
        for sentence in sentences:
            output.paragraph(f"- {sentence}", indent="  ")
