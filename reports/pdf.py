"""A document as a PDF: accessible (PDF/UA-1), with bookmarks, its fonts embedded, figures as vectors, text as text.

Typeset by Typst, whose Python package holds the whole engine. What a document says reaches the template as data (JSON),
never as markup, so no name can be read as a command. fpdf2 2.8 is a hundredth of its size, but tags figures, links and
headings only, not paragraphs and tables, and leaves the layout of pages to its caller.
"""

import dataclasses
import json
import re
import shutil
import tempfile
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

import typst
from matplotlib import get_data_path
from matplotlib.ft2font import FT2Font

from hearfit.reports.document import Document, Figure
from hearfit.reports.formats import Paper

_TEMPLATE: Final = "report.typ"
# The font of the figures, whose text is measured in it; matplotlib brings it along.
_FONT: Final = "DejaVu Sans"
_FONT_FILES: Final = ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf", "DejaVuSans-Oblique.ttf")
# Longer words, such as hashes, may be broken anywhere: they would run off the page.
_LONG_WORD: Final = re.compile(r"\S{26,}")
_ZERO_WIDTH_SPACE: Final = "\N{ZERO WIDTH SPACE}"
_TYPST_PAPERS: Final = {Paper.A4: "a4", Paper.LETTER: "us-letter"}


def render_pdf(document: Document, *, paper: Paper) -> bytes:
    """The whole file; the same document gives the same bytes where the fonts brought along have all of its letters."""
    data = json.dumps(_data(document), ensure_ascii=False)
    with tempfile.TemporaryDirectory(prefix="hearfit-") as folder:
        # Not matplotlib's own folder: it also holds a font of placeholders, which would be taken for any strange letter
        # even where the system has a real font for it.
        for name in _FONT_FILES:
            shutil.copyfile(_font_path(name), Path(folder) / name)
        has_all_letters = set(data) <= _known_letters()
        compiler = typst.Compiler(
            files("hearfit.reports").joinpath("templates", _TEMPLATE).read_bytes(),
            root=folder,
            font_paths=typst.Fonts(include_system_fonts=not has_all_letters, font_paths=[folder]),
            sys_inputs={"document": data, "paper": _TYPST_PAPERS[paper], "font": _FONT},
        )
        # Letters without a glyph would be refused by the standard for accessible files.
        pdf = compiler.compile(format="pdf", pdf_standards=["ua-1"] if has_all_letters else [])
    assert isinstance(pdf, bytes)
    return pdf


def _data(value: object) -> object:
    """A document for the template: dataclasses as dictionaries that name their kind."""
    if dataclasses.is_dataclass(value):
        fields = {field.name: _data(getattr(value, field.name)) for field in dataclasses.fields(value)}
        if isinstance(value, Figure):
            fields["svg"] = _with_font(value.svg)
        return {**fields, "kind": type(value).__name__}
    if isinstance(value, str):
        return _LONG_WORD.sub(lambda match: _ZERO_WIDTH_SPACE.join(match[0]), value)
    if isinstance(value, Sequence):
        return [_data(item) for item in value]
    assert isinstance(value, bool | int | float | None)
    return value


def _with_font(svg: str) -> str:
    """Drawings name no font, so that they take that of a page; a PDF has no such thing."""
    names = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return svg.replace("<svg ", f'<svg {names} font-family="{_FONT}" ', 1)


def _font_path(name: str) -> Path:
    return Path(get_data_path()) / "fonts" / "ttf" / name


@cache
def _known_letters() -> frozenset[str]:
    codes = FT2Font(str(_font_path(_FONT_FILES[0]))).get_charmap()
    return frozenset(map(chr, codes))
