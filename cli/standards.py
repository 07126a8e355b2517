"""`hearfit standards`: the tables and rules that results depend on, with edition and source."""

from typing import TYPE_CHECKING, Annotated

import typer

from hearfit.cli.options import JsonFlag
from hearfit.cli.output import Output, json_value, new_table

if TYPE_CHECKING:
    from hearfit.audiology.standard import Cell, Standard


def standards(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="One table, by its name or the beginning of it.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """List every standard's table that is used, or print one with its edition and source."""
    from hearfit.audiology.standards import STANDARDS, standard_named

    output = Output(is_json=as_json)
    if name is None:
        _print_list(STANDARDS, output)
        output.document(json_value(STANDARDS))
        return
    standard = standard_named(name)
    _print_one(standard, output)
    output.document(json_value(standard))


def _print_list(standards: "tuple[Standard, ...]", output: Output) -> None:
    table = new_table("name", "what", "edition", is_textual=True)
    for standard in standards:
        table.add_row(standard.name, standard.title, standard.edition)
    output.table(table)
    output.text("hearfit standards NAME prints one of them with its source.")


def _print_one(standard: "Standard", output: Output) -> None:
    output.paragraph(standard.title)
    output.text()
    output.paragraph(f"Edition: {standard.edition}")
    output.paragraph(f"Source: {standard.source} ({standard.provenance}).")
    is_textual = any(isinstance(cell, str) and cell for row in standard.rows for cell in row[1:])
    table = new_table(*standard.columns, is_textual=is_textual)
    for row in standard.rows:
        table.add_row(*(_cell_text(cell) for cell in row))
    output.table(table)
    for note in standard.notes:
        output.paragraph(note)


def _cell_text(cell: "Cell") -> str:
    return cell if isinstance(cell, str) else f"{cell:g}".replace("-", "−")
