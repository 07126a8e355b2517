"""Every criterion just met and just missed, and what a missing threshold or a no response leaves open."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hearfit.audiology.asymmetry import (
    ASYMMETRY_CRITERIA,
    ROUTINE_FREQUENCY_HZ,
    AsymmetryResult,
    asymmetry,
    ear_differences,
)
from hearfit.audiology.audiogram import Audiogram
from hearfit.audiology.bisgaard import STANDARD_AUDIOGRAM_NAMES, standard_audiogram
from hearfit.audiology.criterion import Outcome
from tests.audiology.example_ears import Levels, example_audiogram

FLAT: Levels = {int(hz): 20 for hz in ROUTINE_FREQUENCY_HZ}


def answers(audiogram: Audiogram) -> dict[str, AsymmetryResult]:
    return {result.name: result for result in asymmetry(audiogram)}


def with_right(**changes_db: float | str) -> Audiogram:
    """Flat ears of 20 dB HL; the right ear changed at frequencies written as hz_3000=35."""
    right = {**FLAT, **{int(name.removeprefix("hz_")): level for name, level in changes_db.items()}}
    return example_audiogram(FLAT, right)


@pytest.mark.parametrize(
    ("name", "met", "missed"),
    [
        ("any-15", {"hz_250": 35}, {"hz_250": 34}),
        ("any-30", {"hz_8000": -10}, {"hz_8000": -9}),
        ("two-10", {"hz_500": 30, "hz_1000": 30}, {"hz_500": 30, "hz_2000": 30}),
        ("two-10", {"hz_500": 10, "hz_1000": 10}, {"hz_500": 10, "hz_1000": 30}),
        ("two-15", {"hz_3000": 35, "hz_4000": 40}, {"hz_3000": 35, "hz_4000": 34}),
        ("three-10", {"hz_2000": 30, "hz_3000": 30, "hz_4000": 30}, {"hz_2000": 30, "hz_3000": 29, "hz_4000": 30}),
        ("pta-15", {"hz_500": 35, "hz_1000": 35, "hz_2000": 35}, {"hz_500": 35, "hz_1000": 34, "hz_2000": 35}),
        ("rule-3000", {"hz_3000": 35}, {"hz_3000": 34, "hz_4000": 60}),
        # 2000 and 4000 Hz are neighbours on this list, 4000 and 6000 Hz are not.
        ("nice-ng98", {"hz_2000": 35, "hz_4000": 35}, {"hz_4000": 35, "hz_6000": 35}),
        ("no-response", {"hz_8000": ">20"}, {"hz_8000": 90}),
    ],
)
def test_just_met_and_just_missed(name: str, met: dict[str, float | str], missed: dict[str, float | str]) -> None:
    result = answers(with_right(**met))[name]
    assert result.outcome is Outcome.MET
    assert set(result.frequency_hz) == {float(key.removeprefix("hz_")) for key in met}
    assert answers(with_right(**missed))[name].outcome is Outcome.NOT_MET


def test_word_recognition_is_not_in_an_audiogram() -> None:
    result = answers(with_right())["wrs-15"]
    assert result.outcome is Outcome.NOT_COMPUTABLE
    assert result.reason == "An audiogram holds no word recognition scores."


def test_frequencies_an_omission_apart_are_no_neighbours() -> None:
    """2000 and 4000 Hz differ by 20 dB; whether two neighbours do depends on 3000 Hz, which was not measured."""
    left: Levels = {500: 20, 1000: 20, 2000: 20, 4000: 20}
    right: Levels = {500: 20, 1000: 20, 2000: 40, 4000: 40}
    result = answers(example_audiogram(left, right))["two-15"]
    assert result.outcome is Outcome.NOT_COMPUTABLE
    assert result.frequency_hz == (3000.0, 6000.0)
    assert result.reason == "It depends on 3000, 6000 Hz, where not both ears were measured."
    assert answers(example_audiogram(left, right))["nice-ng98"].outcome is Outcome.MET


def test_a_frequency_between_two_of_the_ladder_parts_them() -> None:
    left: Levels = {1000: 20, 1500: 20, 2000: 20}
    right: Levels = {1000: 40, 1500: 20, 2000: 40}
    audiogram = example_audiogram({**FLAT, **left}, {**FLAT, **right})
    assert answers(audiogram)["two-15"].outcome is Outcome.NOT_MET


def test_a_range_that_nobody_measured_is_not_claimed() -> None:
    left: Levels = {500: 20, 1000: 20, 2000: 20, 4000: 20}
    assert answers(example_audiogram(left, left))["two-15"].outcome is Outcome.NOT_MET
    assert answers(example_audiogram(left, left))["rule-3000"].outcome is Outcome.NOT_COMPUTABLE


def test_a_rule_for_neighbours_is_not_answered_where_there_are_none() -> None:
    left: Levels = {1000: 20, 4000: ">110"}
    found = answers(example_audiogram(left, {1000: 20}))
    for name in ("two-10", "two-15", "three-10", "nice-ng98"):
        assert found[name].outcome is Outcome.NOT_COMPUTABLE, name
    assert found["any-15"].outcome is Outcome.NOT_MET


def test_a_missing_frequency_that_cannot_matter_is_no_excuse() -> None:
    """Without 8000 Hz the pair with 6000 Hz is still excluded, because 6000 Hz does not differ."""
    left = dict.fromkeys((250, 500, 1000, 2000, 3000, 4000, 6000), 20.0)
    assert answers(example_audiogram(left, left))["two-15"].outcome is Outcome.NOT_MET


def test_a_no_response_is_a_bound() -> None:
    # Left 20, right above 90: at least 70 dB apart.
    assert answers(with_right(hz_3000=">90"))["rule-3000"].outcome is Outcome.MET
    # Left 100, right above 90: anything.
    left = {**FLAT, 3000: 100}
    result = answers(example_audiogram(left, {**FLAT, 3000: ">90"}))["rule-3000"]
    assert result.outcome is Outcome.NOT_COMPUTABLE
    assert result.reason == "It depends on 3000 Hz, where an ear did not respond."


def test_two_ears_that_do_not_respond_are_not_known_to_be_equal() -> None:
    both = {**FLAT, 3000: ">110"}
    result = answers(example_audiogram(both, both))
    assert result["rule-3000"].outcome is Outcome.NOT_COMPUTABLE
    assert result["no-response"].outcome is Outcome.NOT_MET


@pytest.mark.parametrize(
    ("audiogram", "reason"),
    [
        (example_audiogram(FLAT), "There are no air-conduction thresholds of the right ear."),
        (example_audiogram(left_bone={1000: 20}), "There are no air-conduction thresholds of either ear."),
        (example_audiogram({250: 20}, {1000: 20}), "The two ears share no frequency by air conduction."),
    ],
)
def test_without_two_ears_nothing_is_guessed(audiogram: Audiogram, reason: str) -> None:
    results = answers(audiogram)
    assert {result.outcome for result in results.values()} == {Outcome.NOT_COMPUTABLE}
    assert results["any-15"].reason == reason
    assert all(result.reason for result in results.values())


@pytest.mark.parametrize("name", STANDARD_AUDIOGRAM_NAMES)
def test_equal_ears_meet_nothing(name: str) -> None:
    results = asymmetry(standard_audiogram(name))
    assert {result.outcome for result in results if result.name != "wrs-15"} == {Outcome.NOT_MET}


def test_ranges_of_a_difference() -> None:
    audiogram = example_audiogram({500: 20, 1000: ">80", 2000: 20, 3000: ">80"}, {500: 35, 1000: 30, 2000: ">70"})
    ranges = [(d.lowest_db, d.highest_db) for d in ear_differences(audiogram, (500.0, 1000.0, 2000.0, 3000.0, 4000.0))]
    everything = (-math.inf, math.inf)
    assert ranges == [(15, 15), (-math.inf, -50), (50, math.inf), everything, everything]


LEVELS = st.dictionaries(
    st.sampled_from((250, 500, 750, 1000, 1500, 2000, 3000, 4000, 6000, 8000)),
    st.integers(-2, 22).map(lambda step: step * 5.0) | st.integers(0, 22).map(lambda step: f">{step * 5}"),
)


@settings(max_examples=40)
@given(left=LEVELS, right=LEVELS)
def test_swapping_the_ears_changes_no_answer(left: Levels, right: Levels) -> None:
    both_ways = (asymmetry(example_audiogram(left, right)), asymmetry(example_audiogram(right, left)))
    for one, other in zip(*both_ways, strict=True):
        assert (one.outcome, one.frequency_hz) == (other.outcome, other.frequency_hz)


@settings(max_examples=40)
@given(left=LEVELS, right=LEVELS, better=st.integers(0, 12))
def test_a_louder_retest_never_contradicts(left: Levels, right: Levels, better: int) -> None:
    """What is met or not met with a no response stays so whatever the threshold turns out to be."""
    found = {hz: float(level[1:]) + 5.0 * better if isinstance(level, str) else level for hz, level in right.items()}
    before, after = asymmetry(example_audiogram(left, right)), asymmetry(example_audiogram(left, found))
    for old, new in zip(before, after, strict=True):
        if old.outcome is not Outcome.NOT_COMPUTABLE and old.name != "no-response":
            assert new.outcome is old.outcome


def test_every_criterion_has_a_name_a_rule_and_a_source() -> None:
    assert len({criterion.name for criterion in ASYMMETRY_CRITERIA}) == len(ASYMMETRY_CRITERIA)
    assert all(criterion.rule and criterion.source for criterion in ASYMMETRY_CRITERIA)
