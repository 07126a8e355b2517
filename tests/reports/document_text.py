"""A document as plain text, for comparison with a golden file: everything but the drawings."""

from collections.abc import Iterator

from hearfit.reports.document import (
    Block,
    BulletList,
    Cell,
    Document,
    Figure,
    FigureRow,
    Notice,
    Paragraph,
    Table,
)


def document_text(document: Document) -> str:
    """Every word that the report says, in reading order."""
    lines = [f"{document.title}: {document.subject}", ""]
    lines += [f"{fact.term}: {fact.value}" for fact in document.facts]
    for notice in document.notices:
        lines += ["", *_block(notice)]
    for section in document.sections:
        lines += ["", f"## {section.heading}"]
        for block in section.blocks:
            lines += ["", *_block(block)]
    return "\n".join([*lines, "", document.footer, ""]).replace("\N{NO-BREAK SPACE}", " ")


def _block(block: Block) -> Iterator[str]:
    if isinstance(block, Paragraph):
        yield block.text
    elif isinstance(block, BulletList):
        yield from (f"- {item}" for item in block.items)
    elif isinstance(block, Figure):
        yield from _figure(block)
    elif isinstance(block, FigureRow):
        for figure in block.figures:
            yield from _figure(figure)
        yield block.remark
    elif isinstance(block, Table):
        yield block.caption
        yield " | ".join(f"{column.label} {column.unit}".strip() for column in block.columns)
        yield from (" | ".join([row.head, *map(_cell, row.cells)]) for row in block.rows)
        yield block.note
    else:
        assert isinstance(block, Notice)
        yield f"[{block.tone}] {block.title}"
        yield from (f"- {item}" for item in block.items)


def _figure(figure: Figure) -> Iterator[str]:
    yield f"({figure.identifier}) {figure.alternative}"
    yield figure.caption


def _cell(cell: Cell) -> str:
    mark = "†" if cell.is_prior else ""
    return f"{cell.text}{mark} ({cell.aside})" if cell.aside else f"{cell.text}{mark}"
