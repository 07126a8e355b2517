"""Every table is listed with its source, is whole, and is the one that the program computes with."""

import math
import re

import pytest

from hearfit.audiology.averages import AVERAGE_DEFINITIONS
from hearfit.audiology.bisgaard import standard_audiogram
from hearfit.audiology.grades import clark_grade, who_grade
from hearfit.audiology.retspl import all_reference_thresholds
from hearfit.audiology.standard import Provenance, Standard
from hearfit.audiology.standards import STANDARDS, standard_named
from hearfit.errors import InputError


@pytest.mark.parametrize("standard", STANDARDS, ids=lambda standard: standard.name)
def test_every_table_is_whole_and_says_where_it_is_from(standard: Standard) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", standard.name)
    assert standard.title
    assert standard.edition
    assert standard.source
    assert standard.provenance in Provenance
    assert standard.rows
    assert {len(row) for row in standard.rows} == {len(standard.columns)}
    numbers = [cell for row in standard.rows for cell in row if isinstance(cell, float)]
    assert all(math.isfinite(number) for number in numbers)


def test_names_are_unique() -> None:
    assert len({standard.name for standard in STANDARDS}) == len(STANDARDS)


def test_nothing_that_was_only_remembered_is_listed() -> None:
    text = " ".join(f"{s.source} {' '.join(s.notes)}" for s in STANDARDS).lower()
    assert "memory" not in text


def test_every_reference_threshold_is_listed() -> None:
    listed = [standard for standard in STANDARDS if standard.name.startswith(("retspl-", "maf-"))]
    assert len(listed) == len(all_reference_thresholds())
    assert standard_named("retspl-er-3a-ha-2").rows[4] == (1000.0, 0.0)
    assert standard_named("maf-free-field").rows[-1] == (18000.0, 73.2)


def test_the_listed_limits_are_the_limits_that_grade() -> None:
    for lower, upper, grade in standard_named("who-2021").rows:
        if isinstance(lower, float):
            assert who_grade(better_ear_average_db_hl=lower) == grade
        if isinstance(upper, float):
            assert who_grade(better_ear_average_db_hl=math.nextafter(upper, 0.0)) == grade
    for lower, upper, grade in standard_named("clark-1981").rows:
        for limit in (lower, upper):
            if not isinstance(limit, str):
                assert clark_grade(average_db_hl=float(limit)) == grade


def test_the_listed_standard_audiograms_are_those_of_the_program() -> None:
    table = standard_named("bisgaard")
    for column, name in enumerate(table.columns[1:], start=1):
        by_frequency = {t.frequency_hz: t.level_db_hl for t in standard_audiogram(name).thresholds}
        assert {row[0]: row[column] for row in table.rows} == by_frequency


def test_every_average_is_listed() -> None:
    assert [row[0] for row in standard_named("pta").rows] == [definition.name for definition in AVERAGE_DEFINITIONS]


def test_a_beginning_is_enough() -> None:
    assert standard_named("WHO").name == "who-2021"
    assert standard_named("nal-r").name == "nal-r"


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("iso", "Several begin so: iso-7029-male, iso-7029-female."),
        ("bisgard", "Did you mean bisgaard?"),
        ("", "Known are retspl-er-3a-ha-2, "),
        ("zzz", "Known are retspl-er-3a-ha-2, "),
    ],
)
def test_other_names_are_refused_with_a_hint(name: str, hint: str) -> None:
    with pytest.raises(InputError) as refusal:
        standard_named(name)
    assert hint in str(refusal.value)
