"""A document as plain text, for comparison with a golden file: everything but the drawings."""

from collections.abc import Iterator

from hearfit.reports.document import (
    Block,
    BulletList,
    Cell,
    Document,
    Figure,
    FigureRow,
    Heading,
    Notice,
    Paragraph,
    SignatureLine,
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


def visible_words(document: Document) -> Iterator[str]:
    """Each piece of text that a reader sees; the alternatives of figures are for who does not see them."""
    yield from (part for fact in document.facts for part in (fact.term, fact.value))
    for notice in document.notices:
        yield from (notice.title, *notice.items)
    for section in document.sections:
        yield section.heading
        for block in section.blocks:
            yield from _words(block)
    yield document.footer


def _words(block: Block) -> Iterator[str]:
    if isinstance(block, Paragraph | Heading):
        yield block.text
    elif isinstance(block, SignatureLine):
        yield from block.labels
    elif isinstance(block, BulletList):
        yield from block.items
    elif isinstance(block, Figure):
        yield block.caption
    elif isinstance(block, FigureRow):
        yield from (*(figure.caption for figure in block.figures), block.remark)
        yield from _words(block.table)
    elif isinstance(block, Table):
        yield from (block.caption, block.note)
        yield from (part for column in block.columns for part in (column.label, column.unit))
        for row in block.rows:
            yield row.head
            yield from (part for cell in row.cells for part in (cell.text, cell.aside))
    else:
        yield from (block.title, *block.items)


def _block(block: Block) -> Iterator[str]:
    if isinstance(block, Paragraph):
        yield block.text
    elif isinstance(block, Heading):
        yield f"### {block.text}"
    elif isinstance(block, SignatureLine):
        yield " ____ ".join(block.labels)
    elif isinstance(block, BulletList):
        yield from (f"- {item}" for item in block.items)
    elif isinstance(block, Figure):
        yield from _figure(block)
    elif isinstance(block, FigureRow):
        for figure in block.figures:
            yield from _figure(figure)
        yield block.remark
        yield from _table(block.table)
    elif isinstance(block, Table):
        yield from _table(block)
    else:
        assert isinstance(block, Notice)
        yield f"[{block.tone}] {block.title}"
        yield from (f"- {item}" for item in block.items)


def _table(table: Table) -> Iterator[str]:
    yield table.caption
    yield " | ".join(f"{column.label} {column.unit}".strip() for column in table.columns)
    yield from (" | ".join([row.head, *map(_cell, row.cells)]) for row in table.rows)
    yield table.note


def _figure(figure: Figure) -> Iterator[str]:
    yield f"({figure.identifier}) {figure.alternative}"
    yield figure.caption


def _cell(cell: Cell) -> str:
    mark = "†" if cell.is_prior else ""
    return f"{cell.text}{mark} ({cell.aside})" if cell.aside else f"{cell.text}{mark}"
