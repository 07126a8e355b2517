"""The PDF, read back by PDFium: the words of the document, embedded fonts, bookmarks, tags, nothing off the page."""

import ctypes
import dataclasses
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pypdfium2
import pytest
from jaxtyping import UInt8
from pypdfium2 import raw

from hearfit.reports.build import build_document
from hearfit.reports.document import Cell, Column, Document, Heading, Row, Section, Table
from hearfit.reports.formats import Paper, ReportFormat
from hearfit.reports.pdf import render_pdf
from hearfit.reports.report import write_document
from tests.reports.document_text import visible_words
from tests.reports.example_profile import example_profile
from tests.reports.example_report import NORMAL, attacked_profile, example_audiogram, example_document

MARKUP = (
    '#import "x": * #sys.inputs $x^2$ *bold* _it_ @ref \\ <label> [b] // c /* d */ `raw` {{ 7 * 7 }} <script>alert(1)'
)
SIZES_MM = {Paper.A4: (210.0, 297.0), Paper.LETTER: (215.9, 279.4)}
_POINTS_PER_MM = 72.0 / 25.4


@contextmanager
def opened(content: bytes) -> Iterator[pypdfium2.PdfDocument]:
    pdf = pypdfium2.PdfDocument(content)
    try:
        yield pdf
    finally:
        pdf.close()


def text_of(pdf: pypdfium2.PdfDocument) -> str:
    return "\n".join(page.get_textpage().get_text_range() for page in pdf)


def letters(text: str) -> str:
    """Without what a line break changes: white space, and marks that only say where a word may be broken."""
    return re.sub(r"[\s\u200b\u00ad\ufffe\x02]", "", text)


def picture(pdf: pypdfium2.PdfDocument, index: int, scale: float = 1.0) -> UInt8[np.ndarray, "height width"]:
    return np.asarray(pdf[index].render(scale=scale, grayscale=True).to_numpy()).squeeze()


@pytest.fixture(scope="module")
def document() -> Document:
    return example_document()


@pytest.fixture(scope="module", params=list(Paper))
def paper(request: pytest.FixtureRequest) -> Paper:
    assert isinstance(request.param, Paper)
    return request.param


@pytest.fixture(scope="module")
def content(document: Document, paper: Paper) -> bytes:
    return render_pdf(document, paper=paper)


def test_it_says_every_word_of_the_document(document: Document, content: bytes) -> None:
    with opened(content) as pdf:
        said = letters(text_of(pdf))
    assert said.startswith(letters(document.title + document.subject))
    wanted = [letters(words) for words in visible_words(document)]
    assert len(wanted) > 400
    assert [words for words in wanted if words not in said] == []


def test_its_pages_have_the_size_that_was_asked_for(content: bytes, paper: Paper) -> None:
    with opened(content) as pdf:
        for page in pdf:
            assert [side / _POINTS_PER_MM for side in page.get_size()] == pytest.approx(SIZES_MM[paper], abs=0.1)


def test_nothing_runs_off_a_page_and_no_page_is_nearly_empty(content: bytes) -> None:
    """Rendered: white margins of 12 mm on the left and right and 10 mm above, ink on at least 0.3 % of each page."""
    with opened(content) as pdf:
        for index in range(len(pdf)):
            page = picture(pdf, index)
            mm = _POINTS_PER_MM
            assert page[:, : round(12 * mm)].min() > 250
            assert page[:, -round(12 * mm) :].min() > 250
            assert page[: round(10 * mm)].min() > 250
            assert page[-round(8 * mm) :].min() > 250
            assert np.mean(page < 200) > 0.003


def test_the_first_page_holds_all_for_the_hurried_reader(content: bytes) -> None:
    with opened(content) as pdf:
        first = letters(pdf[0].get_textpage().get_text_range())
        second = letters(pdf[1].get_textpage().get_text_range())
    for words in ("Read with care", "In short", "Key numbers", "Mostly the prior, not the answers."):
        assert letters(words) in first
    assert second.startswith("Rightear")


def test_a_heading_is_never_the_last_thing_on_a_page(document: Document, content: bytes) -> None:
    headings = [section.heading for section in document.sections]
    headings += [block.text for section in document.sections for block in section.blocks if isinstance(block, Heading)]
    with opened(content) as pdf:
        for page in pdf:
            body = letters(page.get_textpage().get_text_range()).split("hearfit·")[0]
            assert not body.endswith(tuple(map(letters, headings)))


def test_its_bookmarks_are_its_headings(document: Document, content: bytes) -> None:
    with opened(content) as pdf:
        marks = [(mark.level, mark.get_title()) for mark in pdf.get_toc()]
    wanted: list[tuple[int, str]] = []
    for section in document.sections:
        wanted.append((0, section.heading))
        wanted += [(1, block.text) for block in section.blocks if isinstance(block, Heading)]
    assert marks == wanted


def test_its_fonts_are_embedded(content: bytes) -> None:
    with opened(content) as pdf:
        fonts = {}
        for page in pdf:
            for item in page.get_objects(filter=[raw.FPDF_PAGEOBJ_TEXT], max_depth=8):
                font = raw.FPDFTextObj_GetFont(item.raw)
                buffer = ctypes.create_string_buffer(200)
                raw.FPDFFont_GetBaseFontName(font, buffer, 200)
                fonts[buffer.value.decode()] = raw.FPDFFont_GetIsEmbedded(font)
    assert any("Libertinus" in name for name in fonts)
    # The text of the figures is text as well.
    assert any("DejaVu" in name for name in fonts)
    assert set(fonts.values()) == {1}


def test_it_is_tagged_and_small_and_has_a_title(document: Document, content: bytes) -> None:
    with opened(content) as pdf:
        assert raw.FPDFCatalog_IsTagged(pdf.raw)
        assert pdf.get_metadata_dict()["Title"] == f"{document.title}: {document.subject}"
    assert b"/Lang" in content
    # PDF/UA-1: the engine refuses to write this where a figure has no alternative or a table no head.
    assert re.search(rb"pdfuaid:part>1<", content)
    assert len(content) < 2_000_000


def test_figures_are_vectors_with_their_alternative(content: bytes) -> None:
    with opened(content) as pdf:
        kinds = {item.type for page in pdf for item in page.get_objects(max_depth=8)}
        assert raw.FPDF_PAGEOBJ_IMAGE not in kinds
        assert raw.FPDF_PAGEOBJ_PATH in kinds
        # PDFium keeps no reference of its own to the page.
        page = pdf[0]
        tree = raw.FPDF_StructTree_GetForPage(page.raw)
        assert any("Audiogram of the right ear" in text for text in alternatives(tree))
        raw.FPDF_StructTree_Close(tree)
        page.close()


def alternatives(tree: object) -> Iterator[str]:
    pending = [
        raw.FPDF_StructTree_GetChildAtIndex(tree, index) for index in range(raw.FPDF_StructTree_CountChildren(tree))
    ]
    while pending:
        element = pending.pop()
        if not element:
            continue
        buffer = ctypes.create_string_buffer(20_000)
        if raw.FPDF_StructElement_GetAltText(element, buffer, len(buffer)):
            yield buffer.raw.decode("utf-16-le").split("\0")[0]
        count = raw.FPDF_StructElement_CountChildren(element)
        pending += [raw.FPDF_StructElement_GetChildAtIndex(element, index) for index in range(count)]


def test_the_same_document_gives_the_same_file() -> None:
    document = build_document([], normal=NORMAL, audiogram=example_audiogram())
    assert render_pdf(document, paper=Paper.A4) == render_pdf(document, paper=Paper.A4)


def test_an_audiogram_alone_fills_three_pages_at_most() -> None:
    document = build_document([], normal=NORMAL, audiogram=example_audiogram())
    for paper in Paper:
        with opened(render_pdf(document, paper=paper)) as pdf:
            assert 2 <= len(pdf) <= 3


def test_names_are_text_and_never_commands() -> None:
    document = build_document([attacked_profile(MARKUP)], normal=NORMAL)
    with opened(render_pdf(document, paper=Paper.A4)) as pdf:
        said = letters(text_of(pdf))
        assert pdf.get_metadata_dict()["Title"] == f"Hearing profile: {MARKUP}"
    # Listener, session, transducer, status, warning, files, ...: each time in full.
    assert said.count(letters(MARKUP)) >= 15


@pytest.mark.parametrize(
    "name", ["W" * 400, "\u05e9\u05dc\u05d5\u05dd \u202e12", "x\ny\x00z", "https://a.b/" + "c/" * 90]
)
def test_odd_names_stay_inside_the_page(name: str) -> None:
    profile = dataclasses.replace(attacked_profile(name), curves=())
    with opened(render_pdf(build_document([profile], normal=NORMAL), paper=Paper.A4)) as pdf:
        for index in range(len(pdf)):
            page = picture(pdf, index)
            assert page[:, -round(12 * _POINTS_PER_MM) :].min() > 250
            assert page[-round(8 * _POINTS_PER_MM) :].min() > 250


def test_a_table_of_many_rows_repeats_its_head(document: Document) -> None:
    rows = tuple(Row(f"row {index}", (Cell("1"),)) for index in range(150))
    section = Section("Long", (Table("A long table", (Column("Head"), Column("Value")), rows),))
    with opened(render_pdf(dataclasses.replace(document, sections=(section,)), paper=Paper.A4)) as pdf:
        assert len(pdf) > 1
        for page in pdf:
            assert "Value" in page.get_textpage().get_text_range()


def test_it_is_written_where_it_is_wanted(tmp_path: Path) -> None:
    document = build_document([dataclasses.replace(example_profile(), curves=())], normal=NORMAL)
    write_document(tmp_path / "a.pdf", document, report_format=ReportFormat.PDF, paper=Paper.LETTER)
    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF-")
