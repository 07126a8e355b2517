"""Shapes written by hand, the standard audiograms by their authors' names, and notches just met and just missed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearfit.audiology.audiogram import Ear
from hearfit.audiology.bisgaard import STANDARD_AUDIOGRAM_NAMES, standard_audiogram
from hearfit.audiology.configuration import Shape, configuration
from hearfit.audiology.criterion import Outcome
from tests.audiology.example_ears import Levels, example_audiogram


def shape_of(*levels: float | str) -> Shape | None:
    return configuration(example_audiogram(dict(zip((500, 1000, 2000, 4000), levels, strict=True))), ear=Ear.LEFT).shape


@pytest.mark.parametrize("name", STANDARD_AUDIOGRAM_NAMES)
def test_the_standard_audiograms_are_steep_as_their_authors_say(name: str) -> None:
    """Bisgaard et al. (2010): N are flat or moderately sloping, S are steeply sloping."""
    shape = configuration(standard_audiogram(name), ear=Ear.RIGHT).shape
    assert (shape is Shape.STEEPLY_SLOPING) == name.startswith("S")
    assert shape in (Shape.FLAT, Shape.SLOPING, Shape.STEEPLY_SLOPING)


@pytest.mark.parametrize(
    ("levels", "shape"),
    [
        ((40, 40, 40, 40), Shape.FLAT),
        ((40, 45, 50, 54), Shape.FLAT),
        ((40, 45, 50, 55), Shape.SLOPING),
        ((10, 10, 34, 55), Shape.SLOPING),
        ((10, 10, 35, 55), Shape.STEEPLY_SLOPING),
        ((60, 50, 40, 30), Shape.RISING),
        ((20, 40, 45, 25), Shape.MID_FREQUENCY),
        ((45, 20, 20, 40), Shape.INVERSE_U),
        # 15 dB or more apart, but neither end and neither middle is.
        ((20, 30, 15, 25), Shape.IRREGULAR),
    ],
)
def test_shapes(levels: tuple[float, ...], shape: Shape) -> None:
    assert shape_of(*levels) is shape


def test_a_no_response_leaves_only_what_it_cannot_change() -> None:
    assert shape_of(10, 20, 60, ">110") is Shape.STEEPLY_SLOPING
    assert shape_of(80, 90, 100, ">90") is None
    result = configuration(example_audiogram({500: 80, 1000: 90, 2000: 100, 4000: ">90"}), ear=Ear.LEFT)
    assert result.shape_reason == "It depends on 4000 Hz, where the left ear did not respond."
    assert result.words.startswith("shape cannot be computed: It depends on 4000 Hz")


@given(
    levels=st.tuples(*[st.integers(-2, 22).map(lambda step: step * 5.0)] * 4),
    unanswered=st.sets(st.sampled_from((500, 1000, 2000, 4000)), max_size=1),
    more_db=st.floats(0.0, 60.0),
)
def test_a_shape_that_is_said_holds_whatever_the_threshold_is(
    levels: tuple[float, ...], unanswered: set[int], more_db: float
) -> None:
    measured = dict(zip((500, 1000, 2000, 4000), levels, strict=True))
    bounded: Levels = {hz: f">{level}" if hz in unanswered else level for hz, level in measured.items()}
    said = configuration(example_audiogram(bounded), ear=Ear.LEFT).shape
    if said is not None:
        louder = [level + more_db * (hz in unanswered) for hz, level in measured.items()]
        assert shape_of(*louder) is said


def test_a_missing_frequency_is_named() -> None:
    result = configuration(example_audiogram({500: 20, 1000: 20}), ear=Ear.LEFT)
    assert result.shape is None
    assert result.shape_reason == "The left ear has no air-conduction threshold at 2000, 4000 Hz."


NORMAL: Levels = {500: 10, 1000: 10, 2000: 10, 3000: 10, 4000: 10, 6000: 10, 8000: 10}


@pytest.mark.parametrize(
    ("changes", "outcome", "notch_hz"),
    [
        ({}, Outcome.NOT_MET, ()),
        ({4000: 20}, Outcome.MET, (4000.0,)),
        ({4000: 19}, Outcome.NOT_MET, ()),
        ({6000: 30}, Outcome.MET, (6000.0,)),
        ({3000: 30, 4000: 40}, Outcome.MET, (3000.0, 4000.0)),
        # No recovery at 6 or 8 kHz.
        ({4000: 40, 6000: 45, 8000: 50}, Outcome.NOT_MET, ()),
        # Recovery at 8 kHz only is enough.
        ({4000: 40, 6000: 45, 8000: 30}, Outcome.MET, (4000.0, 6000.0)),
        # Better than 2 kHz is not asked for where 1 kHz is 10 dB better.
        ({2000: 35, 4000: 40}, Outcome.MET, (4000.0,)),
        ({4000: ">30"}, Outcome.MET, (4000.0,)),
    ],
)
def test_notches(changes: Levels, outcome: Outcome, notch_hz: tuple[float, ...]) -> None:
    result = configuration(example_audiogram({**NORMAL, **changes}), ear=Ear.LEFT)
    assert (result.notch, result.notch_hz) == (outcome, notch_hz)
    if notch_hz == (4000.0,):
        assert result.words.endswith("with a notch at 4000 Hz")


@pytest.mark.parametrize(
    ("levels", "needed"),
    [
        ({1000: 10, 4000: 50}, "6000, 8000 Hz"),
        ({1000: 10, 6000: 50}, "8000 Hz"),
        ({4000: 50, 8000: 10}, "1000, 2000 Hz"),
        ({1000: 10, 4000: 50, 8000: ">60"}, None),
        ({1000: 10, 4000: ">50", 8000: 60}, "4000 Hz"),
    ],
)
def test_a_notch_that_needs_what_is_not_known(levels: Levels, needed: str | None) -> None:
    result = configuration(example_audiogram(levels), ear=Ear.LEFT)
    if needed is None:
        assert result.notch is Outcome.NOT_MET
    else:
        assert result.notch is Outcome.NOT_COMPUTABLE
        assert result.notch_reason == (
            f"It depends on {needed}, where the left ear was not measured or did not respond."
        )


def test_an_ear_without_thresholds() -> None:
    result = configuration(example_audiogram({1000: 10, 2000: 50}), ear=Ear.LEFT)
    assert (result.shape, result.notch) == (None, Outcome.NOT_COMPUTABLE)
    assert result.notch_reason == "The left ear has no air-conduction threshold at 3000, 4000, 6000 Hz."
