"""The files and the sheets that a report can be made for."""

from enum import StrEnum, unique


@unique
class ReportFormat(StrEnum):
    """What a report is written as; also the ending of its file."""

    HTML = "html"
    PDF = "pdf"


@unique
class Paper(StrEnum):
    """What the pages of a PDF are printed on; a browser knows its own."""

    A4 = "a4"
    LETTER = "letter"
