"""The page: self-contained, escaped, accessible."""

import re
import subprocess
import sys
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

from hearfit.reports.build import build_document
from hearfit.reports.html import render_html
from hearfit.reports.report import write_report
from tests.reports.example_profile import example_profile
from tests.reports.example_report import NORMAL, attacked_profile, example_document

VOID = {"meta", "link", "br", "img", "hr", "input"}


class Page(HTMLParser):
    """Collects the elements and their attributes; fails on a page that is not well formed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def text() -> str:
    return render_html(example_document())


@pytest.fixture(scope="module")
def page(text: str) -> Page:
    return Page(text)


def test_it_refers_to_nothing_outside(text: str, page: Page) -> None:
    for forbidden in ("http:", "https:", "//", "@import", "src=", "<script", "<link", "<iframe", "javascript:"):
        assert forbidden not in text
    references = [value for _, attributes in page.elements for name, value in attributes.items() if "href" in name]
    assert references
    assert all(value is not None and value.startswith("#") for value in references)


def test_identifiers_are_unique_and_references_resolve(text: str, page: Page) -> None:
    identifiers = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(identifiers) == len(set(identifiers))
    references = {value for _, a in page.elements for name, value in a.items() if "href" in name and value}
    clips = {clip[4:-1] for _, a in page.elements if (clip := a.get("clip-path"))}
    assert clips
    assert {reference.removeprefix("#") for reference in references | clips} <= set(identifiers)


def test_headings_descend_without_gaps(page: Page) -> None:
    levels = [int(tag[1]) for tag, _ in page.elements if tag in ("h1", "h2", "h3", "h4")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert levels.count(3) >= 4
    assert all(next_level - level <= 1 for level, next_level in pairwise(levels))


def test_it_can_be_read_aloud(page: Page) -> None:
    assert page.all("html") == [{"lang": "en"}]
    assert all(attributes.get("scope") in ("row", "col") for attributes in page.all("th"))
    drawings = [attributes for attributes in page.all("div") if attributes.get("role") == "img"]
    assert len(drawings) == len(page.all("svg")) == 10
    assert all(attributes["aria-label"] for attributes in drawings)
    assert all(attributes["aria-hidden"] == "true" for attributes in page.all("svg"))
    assert len(page.all("caption")) == len(page.all("table"))


def test_its_parts_are_landmarks_that_the_keyboard_reaches(page: Page) -> None:
    for landmark in ("header", "nav", "main", "footer"):
        assert len(page.all(landmark)) == 1
    identifiers = {attributes["id"] for _, attributes in page.elements if "id" in attributes}
    links = [str(attributes["href"]) for attributes in page.all("a")]
    # The first stop skips to the report, the others lead to its parts.
    assert links[0] == "#report"
    assert len(links) == 1 + len(page.all("section"))
    assert {link.removeprefix("#") for link in links} <= identifiers
    assert all(attributes["aria-labelledby"] in identifiers for attributes in page.all("section"))
    # What may scroll sideways on a small screen can be reached and has a name.
    scrolling = [attributes for attributes in page.all("div") if "scroll" in str(attributes.get("class"))]
    assert len(scrolling) == len(page.all("table"))
    assert all(a["tabindex"] == "0" and a["role"] == "region" and a["aria-label"] for a in scrolling)


def test_colour_is_never_the_only_sign(text: str) -> None:
    assert "Warning:</span> Left ear: air-bone gap" in text
    assert "Caution:</span> Read with care" in text
    assert '<span class="spoken"> (mostly the prior)</span>' in text


def test_text_in_figures_stays_text_in_the_font_of_the_page(text: str) -> None:
    assert ">Hearing level (dB HL)</text>" in text
    assert "DejaVu" not in text


def test_names_from_outside_are_escaped() -> None:
    evil = '<script>alert("x")</script>&{{ 7 * 7 }}$\\frac$'
    text = render_html(build_document([attacked_profile(evil)], normal=NORMAL))
    assert "<script" not in text.lower()
    assert "&lt;script&gt;" in text
    assert "{{ 7 * 7 }}" in text
    Page(text)


def test_a_name_cannot_turn_the_text_around_it() -> None:
    text = render_html(build_document([attacked_profile("a\u202eb\x07")], normal=NORMAL))
    assert "\u202e" not in text
    assert "\x07" not in text
    assert '<bdi class="subject">a\\u202eb\\x07</bdi>' in text


def test_it_is_the_same_every_time() -> None:
    first, second = (render_html(build_document([example_profile()], normal=NORMAL)) for _ in range(2))
    assert first == second


def test_it_is_written_without_jax(tmp_path: Path) -> None:
    write_report(tmp_path / "report.html", [example_profile()])
    assert (tmp_path / "report.html").read_text("utf-8").startswith("<!DOCTYPE html>")
    code = "import sys, hearfit.reports.report; sys.exit('jax' in sys.modules or 'mlflow' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_regions_have_different_names(page: Page) -> None:
    names = [attributes["aria-label"] for attributes in page.all("div") if attributes.get("role") == "region"]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("colour", "background"),
    [("ink", "#ffffff"), ("quiet", "#ffffff"), ("warning", "#fff4f3"), ("caution", "#fffaf0")],
)
def test_text_stands_out_from_its_background(text: str, colour: str, background: str) -> None:
    """WCAG 2.1, 1.4.3: a contrast of at least 4.5 to 1."""
    found = re.search(rf"--{colour}: (#[0-9a-f]{{6}})", text)
    assert found is not None
    assert background == "#ffffff" or background in text
    lighter, darker = luminance(background), luminance(found[1])
    assert (lighter + 0.05) / (darker + 0.05) >= 4.5


def luminance(colour: str) -> float:
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
