"""What a report says, apart from how it looks: a tree of frozen data that the templates only lay out."""

from dataclasses import dataclass, field
from enum import StrEnum, unique


@unique
class Tone(StrEnum):
    """How loudly a notice speaks."""

    WARNING = "warning"
    CAUTION = "caution"


@dataclass(frozen=True)
class Notice:
    """A box that must not be overlooked."""

    tone: Tone
    title: str
    items: tuple[str, ...]


@dataclass(frozen=True)
class Paragraph:
    """Running text."""

    text: str


@dataclass(frozen=True)
class Heading:
    """A heading within a section."""

    text: str


@dataclass(frozen=True)
class SignatureLine:
    """Places for a pen: what is to be filled in, left to right."""

    labels: tuple[str, ...]


@dataclass(frozen=True)
class BulletList:
    """Sentences that stand for themselves."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class Figure:
    """A drawing as SVG, with what it shows in words for who cannot see it."""

    identifier: str
    svg: str = field(repr=False)
    alternative: str
    caption: str


@dataclass(frozen=True)
class Column:
    """Head of a table column; the unit stands below the label."""

    label: str
    unit: str = ""


@dataclass(frozen=True)
class Cell:
    """A value, an aside below it (an interval), and whether it is mostly the prior."""

    text: str
    aside: str = ""
    is_prior: bool = False


@dataclass(frozen=True)
class Row:
    """A table row whose first column is its head."""

    head: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Table:
    """`columns` include the one of the row heads.

    A textual table is set to the left; a narrow one is only as wide as needed.
    """

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    note: str = ""
    is_textual: bool = False
    is_narrow: bool = False


@dataclass(frozen=True)
class FigureRow:
    """One or two figures side by side, a remark on them, and a table: beside one figure, below two."""

    figures: tuple[Figure, ...]
    remark: str
    table: Table


Block = Notice | Paragraph | Heading | BulletList | Figure | FigureRow | Table | SignatureLine


@dataclass(frozen=True)
class Section:
    """A headed part of the report."""

    heading: str
    blocks: tuple[Block, ...]
    starts_page: bool = False


@dataclass(frozen=True)
class Fact:
    """One line of the header."""

    term: str
    value: str


@dataclass(frozen=True)
class Document:
    """A whole report."""

    title: str
    subject: str
    facts: tuple[Fact, ...]
    notices: tuple[Notice, ...]
    sections: tuple[Section, ...]
    footer: str
