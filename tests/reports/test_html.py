"""The page: self-contained, escaped, accessible."""

import dataclasses
import subprocess
import sys
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

from hearfit.audiology.audiogram import Ear
from hearfit.listener.profile import NamedVersion, ObserverEstimate
from hearfit.reports.build import build_document
from hearfit.reports.figure_parameters import NormalValues
from hearfit.reports.html import render_html
from hearfit.reports.report import write_report
from tests.reports.example_profile import example_profile

NORMAL = NormalValues(compression_exponent=0.3, attenuation_db=0.0, inhibition=0.5)
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
    profiles = [example_profile(ear) for ear in Ear]
    return render_html(build_document(profiles, normal=NORMAL))


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
    assert all(next_level - level <= 1 for level, next_level in pairwise(levels))


def test_it_can_be_read_aloud(page: Page) -> None:
    assert page.all("html") == [{"lang": "en"}]
    assert all(attributes.get("scope") in ("row", "col") for attributes in page.all("th"))
    drawings = [attributes for attributes in page.all("div") if attributes.get("role") == "img"]
    assert len(drawings) == len(page.all("svg")) == 8
    assert all(attributes["aria-label"] for attributes in drawings)
    assert all(attributes["aria-hidden"] == "true" for attributes in page.all("svg"))
    assert len(page.all("caption")) == len(page.all("table"))


def test_text_in_figures_stays_text_in_the_font_of_the_page(text: str) -> None:
    assert ">Hearing level (dB HL)</text>" in text
    assert "DejaVu" not in text


def test_names_from_outside_are_escaped() -> None:
    evil = '<script>alert("x")</script>&{{ 7 * 7 }}$\\frac$'
    profile = example_profile(listener=evil)
    curves = tuple(dataclasses.replace(curve, protocol=evil) for curve in profile.curves)
    provenance = dataclasses.replace(
        profile.provenance,
        trial_files=(evil,),
        transducer=evil,
        created=evil,
        data_sha256=evil,
        protocols=(NamedVersion(evil, evil),),
        standards=(NamedVersion(evil, evil),),
    )
    assert profile.measured_audiogram is not None
    profile = dataclasses.replace(
        profile,
        session=evil,
        curves=curves,
        not_identified=(evil,),
        provenance=provenance,
        diagnostics=dataclasses.replace(
            profile.diagnostics, status=evil, warnings=(evil,), parameters_at_bound=(evil,), method=evil
        ),
        observer=(ObserverEstimate(evil, evil, profile.observer[0].estimate),),
        measured_audiogram=dataclasses.replace(profile.measured_audiogram, transducer=evil, date=evil),
    )
    text = render_html(build_document([profile], normal=NORMAL))
    assert "<script" not in text.lower()
    assert "&lt;script&gt;" in text
    assert "{{ 7 * 7 }}" in text
    Page(text)


def test_it_is_the_same_every_time() -> None:
    first, second = (render_html(build_document([example_profile()], normal=NORMAL)) for _ in range(2))
    assert first == second


def test_it_is_written_without_jax(tmp_path: Path) -> None:
    write_report(tmp_path / "report.html", [example_profile()])
    assert (tmp_path / "report.html").read_text("utf-8").startswith("<!DOCTYPE html>")
    code = "import sys, hearfit.reports.report; sys.exit('jax' in sys.modules or 'mlflow' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
