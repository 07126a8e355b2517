"""Gaps by subtraction, the limit of the criterion from both sides, and what a no response leaves open."""

import math

import pytest

from hearfit.audiology.air_bone_gap import air_bone_gap
from hearfit.audiology.audiogram import Ear
from hearfit.audiology.criterion import Outcome
from tests.audiology.example_ears import Levels, example_audiogram


@pytest.mark.parametrize(
    ("air_db_hl", "bone_db_hl", "outcome"),
    [(40, 25, Outcome.MET), (40, 29.9, Outcome.MET), (40, 30, Outcome.NOT_MET), (20, 40, Outcome.NOT_MET)],
)
def test_a_gap_of_more_than_10_db(air_db_hl: float, bone_db_hl: float, outcome: Outcome) -> None:
    audiogram = example_audiogram({1000: air_db_hl}, left_bone={1000: bone_db_hl})
    gap = air_bone_gap(audiogram, ear=Ear.LEFT)
    assert gap.outcome is outcome
    assert gap.gaps[0].lowest_db == gap.gaps[0].highest_db == pytest.approx(air_db_hl - bone_db_hl)
    assert (gap.warning is not None) == (outcome is Outcome.MET)


def test_the_warning_says_what_not_to_read() -> None:
    audiogram = example_audiogram(right={500: 60, 1000: 50, 2000: 20}, right_bone={500: 10, 1000: 10, 2000: 15})
    gap = air_bone_gap(audiogram, ear=Ear.RIGHT)
    assert gap.flagged_hz == (500.0, 1000.0)
    assert gap.warning == (
        "The right ear has an air-bone gap of more than 10 dB at 500, 1000 or 2000 Hz (500, 1000 Hz): the loss may be "
        "conductive in part, so compression, attenuation and inhibition fitted to this ear cannot be interpreted as "
        "properties of its cochlea."
    )


def test_a_gap_at_4000_hz_alone_is_shown_and_not_flagged() -> None:
    gap = air_bone_gap(example_audiogram({1000: 20, 4000: 50}, left_bone={1000: 20, 4000: 30}), ear=Ear.LEFT)
    assert gap.outcome is Outcome.NOT_MET
    assert [(each.frequency_hz, each.lowest_db) for each in gap.gaps] == [(1000, 0), (4000, 20)]


@pytest.mark.parametrize(
    ("air", "bone", "expected", "outcome"),
    [
        (">110", 60, (50, math.inf), Outcome.MET),
        # Air above 110 may be 111 or 160: the gap is 5 dB or more.
        (">110", 105, (5, math.inf), Outcome.NOT_COMPUTABLE),
        (75, ">70", (-math.inf, 5), Outcome.NOT_MET),
        (90, ">70", (-math.inf, 20), Outcome.NOT_COMPUTABLE),
        (">110", ">70", (-math.inf, math.inf), Outcome.NOT_COMPUTABLE),
    ],
)
def test_no_response_bounds_the_gap(
    air: float | str, bone: float | str, expected: tuple[float, float], outcome: Outcome
) -> None:
    gap = air_bone_gap(example_audiogram({1000: air}, left_bone={1000: bone}), ear=Ear.LEFT)
    assert (gap.gaps[0].lowest_db, gap.gaps[0].highest_db) == expected
    assert gap.outcome is outcome
    if outcome is Outcome.NOT_COMPUTABLE:
        assert gap.reason == "There was no response at 1000 Hz."


def test_unmasked_bone_is_marked() -> None:
    audiogram = example_audiogram({1000: 40}, left_bone={1000: 20}, is_bone_masked=False)
    assert not air_bone_gap(audiogram, ear=Ear.LEFT).gaps[0].is_bone_masked


@pytest.mark.parametrize(
    ("air", "bone", "reason"),
    [
        ({1000: 20}, {}, "The left ear has no bone-conduction thresholds."),
        ({}, {1000: 20}, "The left ear has no air-conduction thresholds."),
        ({}, {}, "The left ear has no air-conduction and no bone-conduction thresholds."),
        (
            {4000: 20},
            {4000: 20},
            "The left ear has not both air and bone conduction at any of 500, 1000, 2000 Hz.",
        ),
    ],
)
def test_what_is_missing_is_named(air: Levels, bone: Levels, reason: str) -> None:
    gap = air_bone_gap(example_audiogram(air, left_bone=bone), ear=Ear.LEFT)
    assert (gap.outcome, gap.reason, gap.warning) == (Outcome.NOT_COMPUTABLE, reason, None)
