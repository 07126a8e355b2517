"""The sheets that a report can be laid out for."""

from enum import StrEnum, unique


@unique
class Paper(StrEnum):
    """What a page is printed on."""

    A4 = "a4"
    LETTER = "letter"
