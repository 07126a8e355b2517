"""Averages by hand, and the substitute for 3000 Hz of the AAO-HNS definition."""

import pytest

from hearfit.audiology.audiogram import Audiogram, Conduction, Ear, Threshold
from hearfit.audiology.averages import (
    AAO_HNS,
    AVERAGE_DEFINITIONS,
    PTA3_FREQUENCY_HZ,
    PTA4_FREQUENCY_HZ,
    AverageDefinition,
    better_ear_average,
    pure_tone_average,
)
from tests.audiology.example_ears import example_audiogram


def test_aao_hns_takes_3000_hz_where_it_was_measured() -> None:
    average = AAO_HNS.of(example_audiogram({500: 10, 1000: 20, 2000: 30, 3000: 60, 4000: 100}), Ear.LEFT)
    assert (average.level_db_hl, average.substituted_hz, average.missing_hz) == (30.0, (), ())


def test_aao_hns_substitutes_the_mean_of_the_neighbours() -> None:
    # Of 10, 20, 30 and the mean of 30 and 50.
    average = AAO_HNS.of(example_audiogram({500: 10, 1000: 20, 2000: 30, 4000: 50}), Ear.LEFT)
    assert (average.level_db_hl, average.substituted_hz) == (25.0, (3000.0,))
    assert not average.is_at_least


def test_a_no_response_at_4000_hz_bounds_the_substitute() -> None:
    average = AAO_HNS.of(example_audiogram({500: 10, 1000: 20, 2000: 30, 4000: ">50"}), Ear.LEFT)
    assert (average.level_db_hl, average.is_at_least) == (25.0, True)


def test_aao_hns_without_4000_hz_names_3000_hz() -> None:
    average = AAO_HNS.of(example_audiogram({500: 10, 1000: 20, 2000: 30}), Ear.LEFT)
    assert (average.level_db_hl, average.missing_hz) == (None, (3000.0,))
    assert average.reason == "The left ear has no air-conduction threshold at 3000 Hz."


@pytest.mark.parametrize("definition", AVERAGE_DEFINITIONS, ids=lambda definition: definition.name)
def test_every_missing_frequency_is_named(definition: AverageDefinition) -> None:
    average = definition.of(example_audiogram({250: 10}), Ear.LEFT)
    assert average.missing_hz == definition.frequency_hz
    assert average.reason is not None
    assert all(f"{hz:g}" in average.reason for hz in definition.frequency_hz)


def test_levels_below_zero_count() -> None:
    average = pure_tone_average(
        example_audiogram({500: -10, 1000: -10, 2000: 5}), ear=Ear.LEFT, frequency_hz=PTA3_FREQUENCY_HZ
    )
    assert average.level_db_hl == -5.0


def ear_of(ear: Ear, *levels_db_hl: float, no_response_hz: float | None = None) -> tuple[Threshold, ...]:
    return tuple(
        Threshold(ear, frequency, level, is_no_response=frequency == no_response_hz)
        for frequency, level in zip(PTA4_FREQUENCY_HZ, levels_db_hl, strict=False)
    )


def test_average_of_three_and_four_frequencies() -> None:
    audiogram = Audiogram("A", ear_of(Ear.LEFT, 10.0, 20.0, 30.0, 80.0))
    three = pure_tone_average(audiogram, ear=Ear.LEFT, frequency_hz=PTA3_FREQUENCY_HZ)
    four = pure_tone_average(audiogram, ear=Ear.LEFT, frequency_hz=PTA4_FREQUENCY_HZ)
    assert (three.level_db_hl, four.level_db_hl) == (20.0, 35.0)
    assert not four.is_at_least
    assert four.reason is None


def test_a_no_response_makes_the_average_a_lower_bound() -> None:
    audiogram = Audiogram("A", ear_of(Ear.LEFT, 60.0, 70.0, 90.0, 110.0, no_response_hz=4000.0))
    four = pure_tone_average(audiogram, ear=Ear.LEFT, frequency_hz=PTA4_FREQUENCY_HZ)
    assert (four.level_db_hl, four.is_at_least) == (82.5, True)
    three = pure_tone_average(audiogram, ear=Ear.LEFT, frequency_hz=PTA3_FREQUENCY_HZ)
    assert not three.is_at_least


def test_a_missing_frequency_is_never_made_up() -> None:
    audiogram = Audiogram("A", ear_of(Ear.LEFT, 10.0, 20.0))
    average = pure_tone_average(audiogram, ear=Ear.LEFT, frequency_hz=PTA4_FREQUENCY_HZ)
    assert average.level_db_hl is None
    assert average.reason == "The left ear has no air-conduction threshold at 2000, 4000 Hz."


def test_bone_conduction_does_not_count() -> None:
    bone = tuple(Threshold(Ear.LEFT, f, 0.0, conduction=Conduction.BONE) for f in PTA4_FREQUENCY_HZ)
    average = pure_tone_average(Audiogram("A", bone), ear=Ear.LEFT, frequency_hz=PTA4_FREQUENCY_HZ)
    assert average.level_db_hl is None


@pytest.mark.parametrize("is_masked_first", [True, False])
def test_a_masked_threshold_replaces_the_unmasked_one(is_masked_first: bool) -> None:
    unmasked = Threshold(Ear.LEFT, 1000.0, 30.0)
    masked = Threshold(Ear.LEFT, 1000.0, 55.0, is_masked=True)
    audiogram = Audiogram("A", (masked, unmasked) if is_masked_first else (unmasked, masked))
    assert pure_tone_average(audiogram, ear=Ear.LEFT, frequency_hz=(1000.0,)).level_db_hl == 55.0


@pytest.mark.parametrize(
    ("left", "left_hz", "right", "right_hz", "expected"),
    [
        (30.0, None, 40.0, None, (30.0, False)),
        (40.0, None, 30.0, None, (30.0, False)),
        # Left 40; right 30 or more: the better ear is anything from 30 to 40.
        (40.0, None, 30.0, 4000.0, (30.0, True)),
        # Left 40; right 50 or more: the better ear is left.
        (40.0, None, 50.0, 4000.0, (40.0, False)),
        # Right 40 or more cannot be better than 40.
        (40.0, None, 40.0, 4000.0, (40.0, False)),
        (40.0, 4000.0, 40.0, None, (40.0, False)),
        (90.0, 4000.0, 95.0, 4000.0, (90.0, True)),
    ],
)
def test_better_ear(
    left: float, left_hz: float | None, right: float, right_hz: float | None, expected: tuple[float, bool]
) -> None:
    thresholds = (
        *ear_of(Ear.LEFT, *[left] * 4, no_response_hz=left_hz),
        *ear_of(Ear.RIGHT, *[right] * 4, no_response_hz=right_hz),
    )
    average = better_ear_average(Audiogram("A", thresholds), frequency_hz=PTA4_FREQUENCY_HZ)
    assert (average.level_db_hl, average.is_at_least) == expected


def test_one_ear_does_not_make_a_better_ear() -> None:
    average = better_ear_average(Audiogram("A", ear_of(Ear.LEFT, *[30.0] * 4)), frequency_hz=PTA4_FREQUENCY_HZ)
    assert average.level_db_hl is None
    assert average.reason == (
        "The right ear has no air-conduction threshold at 500, 1000, 2000, 4000 Hz. The better ear is not known."
    )
