"""The page on a change: what it says, in words and pictures."""

import re
from pathlib import Path

import pytest

from hearfit.audiology.audiogram import Ear
from hearfit.change.profile_change import ListenerChange, compare_profiles
from hearfit.reports.change import change_document, write_change_page
from hearfit.reports.change_words import amount, ear_sentence, headlines, probability_text, shown, verdict_sign
from hearfit.reports.document import Figure, Table
from tests.change.profiles import FREQUENCIES_HZ, profile_with

FLAT = [30.0] * len(FREQUENCIES_HZ)


def changed(*steps: float, ear: Ear = Ear.RIGHT) -> ListenerChange:
    """Changes at 250 Hz and upwards."""
    later = [level + step for level, step in zip(FLAT, [*steps, *[0.0] * (8 - len(steps))], strict=True)]
    return compare_profiles([profile_with(FLAT, ear=ear), profile_with(later, ear=ear, session="2026-09-01")])


@pytest.mark.parametrize(
    ("probability", "text"), [(0.0, "< 0.01"), (1.0, "> 0.99"), (0.123, "0.12"), (0.995, "> 0.99")]
)
def test_probabilities_never_claim_certainty(probability: float, text: str) -> None:
    assert probability_text(probability) == text


@pytest.mark.parametrize(("value", "text"), [(3.04, "+3.0"), (-3.04, "−3.0"), (0.01, "0.0"), (-0.01, "0.0")])
def test_signs(value: float, text: str) -> None:
    change = changed(0.0).latest.changes[0]
    assert amount(change, value, is_signed=True) == text


def test_neighbours_together_are_news_only_where_neither_is_alone() -> None:
    # 30 dB at one frequency raises the means with its neighbour, which says nothing of the neighbour.
    (alone,) = headlines(changed(0.0, 30.0).latest.changes)
    assert alone.measured.frequencies_hz == (500.0,)
    # 8.3 dB at one frequency is not told, at two neighbours it is.
    assert headlines(changed(0.0, 8.3).latest.changes) == ()
    (pair,) = headlines(changed(0.0, 8.3, 8.3).latest.changes)
    assert pair.measured.frequencies_hz == (500.0, 1000.0)
    assert "500 Hz and 1 kHz together" in ear_sentence(changed(0.0, 8.3, 8.3).latest, Ear.RIGHT).replace("\xa0", " ")
    assert verdict_sign(pair) == "worse?"


def test_only_what_was_measured_is_shown() -> None:
    change = changed(30.0)
    assert {each.measured.not_measured for each in shown(change.latest.changes)} == {None}
    text = str(change_document(change))
    assert "Not measured in both sessions at any frequency: lateral inhibition and equivalent bandwidth." in text


def test_figure_says_in_words_what_it_shows() -> None:
    section = change_document(changed(30.0)).sections[1]
    (figure,) = (block for block in section.blocks if isinstance(block, Figure))
    assert "2026-03-14 (squares, dashed) and 2026-09-01 (circles, solid)" in figure.alternative
    assert "model-implied threshold at 250" in figure.alternative


def test_every_tested_threshold_has_a_row() -> None:
    section = change_document(changed(30.0)).sections[1]
    table = next(block for block in section.blocks if isinstance(block, Table))
    assert len(table.rows) == len(FREQUENCIES_HZ)
    assert table.rows[0].cells[-1].text == "worse, beyond retest"
    assert table.rows[-1].cells[-1].text == "no change shown"


def test_page_opens_offline(tmp_path: Path) -> None:
    write_change_page(tmp_path / "page.html", changed(30.0))
    text = (tmp_path / "page.html").read_text("utf-8")
    assert not re.search(r"<script|<link|<img|https?://(?!www\.w3\.org)", text)
    assert text.count('role="img"') == 1
