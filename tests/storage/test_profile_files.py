"""profile.json reads back to the same object, or says in a sentence why it cannot."""

import dataclasses
import json
import math
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hearfit.audiology.audiogram import Audiogram, Ear, Threshold
from hearfit.errors import InputError
from hearfit.listener.profile import (
    AnswerCount,
    Direction,
    DirectionPart,
    Estimate,
    FrequencyEstimates,
    Posterior,
    Profile,
    ResponseCurve,
)
from hearfit.storage.profile_files import profile_from_json, profile_to_json, read_profile, write_profile
from tests.reports.example_comparison import WORSE, comparison
from tests.reports.example_profile import example_profile

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
NAMES = st.text(max_size=12)
ESTIMATES = st.builds(Estimate, NUMBERS, NUMBERS, NUMBERS, NUMBERS, st.none() | NUMBERS)
EXAMPLE = example_profile()
PARTS = st.builds(DirectionPart, NAMES, NUMBERS, NAMES, NUMBERS, NUMBERS, NAMES)
RISING = st.builds(
    DirectionPart,
    NAMES,
    st.floats(min_value=0.0, exclude_min=True, allow_infinity=False),
    NAMES,
    NUMBERS,
    NUMBERS,
    NAMES,
)
DIRECTIONS = st.builds(Direction, NUMBERS, st.tuples(RISING) | st.tuples(RISING, PARTS))
THRESHOLDS = st.builds(Threshold, st.sampled_from(Ear), NUMBERS, NUMBERS)


@st.composite
def frequencies(draw: st.DrawFn) -> tuple[FrequencyEstimates, ...]:
    values = draw(st.lists(st.floats(1, 20_000), min_size=1, max_size=3, unique=True))
    return tuple(
        FrequencyEstimates(value, draw(st.integers(0, 10**6)), *(draw(ESTIMATES) for _ in range(5)))
        for value in sorted(values)
    )


@st.composite
def curves(draw: st.DrawFn) -> ResponseCurve:
    size = draw(st.integers(0, 3))
    answers = st.lists(st.builds(AnswerCount, st.none() | NUMBERS, st.integers(), st.integers()), max_size=3)
    level, predicted, lower, upper, normal = (tuple(draw(NUMBERS) for _ in range(size)) for _ in range(5))
    return ResponseCurve(
        draw(NAMES),
        draw(NAMES),
        draw(NUMBERS),
        1,
        draw(NAMES),
        level,
        predicted,
        lower,
        upper,
        normal,
        tuple(draw(answers)),
        draw(st.dictionaries(NAMES, NUMBERS, max_size=2)),
    )


@st.composite
def posteriors(draw: st.DrawFn) -> Posterior:
    names = tuple(draw(st.lists(NAMES, max_size=3)))
    rows = tuple(tuple(draw(NUMBERS) for _ in names) for _ in names)
    return Posterior(names, tuple(draw(NUMBERS) for _ in names), rows)


@st.composite
def profiles(draw: st.DrawFn) -> Profile:
    return dataclasses.replace(
        EXAMPLE,
        listener=draw(NAMES),
        ear=draw(st.sampled_from(Ear)),
        frequencies=draw(frequencies()),
        curves=tuple(draw(st.lists(curves(), max_size=2))),
        posterior=draw(posteriors()),
        not_identified=tuple(draw(st.lists(NAMES, max_size=2))),
        least_determined=draw(st.none() | DIRECTIONS),
        model_comparison=draw(st.none() | st.just(comparison(WORSE))),
        measured_audiogram=draw(st.none() | st.builds(Audiogram, NAMES, st.lists(THRESHOLDS, max_size=3).map(tuple))),
    )


# beartype, which checks the dataclasses while testing, picks the item of a tuple to look at with `random`.
@pytest.mark.filterwarnings("ignore:Do not use the `random` module inside strategies")
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(profile=profiles())
def test_reads_back_to_the_same_object(profile: Profile) -> None:
    assert profile_from_json(profile_to_json(profile), source="p") == profile


def test_file_round_trip_is_byte_stable(tmp_path: Path) -> None:
    profile = example_profile()
    path = tmp_path / "profile.json"
    write_profile(path, profile)
    assert read_profile(path) == profile
    assert profile_to_json(read_profile(path)) == path.read_text("utf-8")


def test_a_profile_without_its_least_determined_combination_is_read() -> None:
    """Profiles of before there was one have no such field."""
    content = json.loads(profile_to_json(EXAMPLE))
    del content["least_determined"]
    assert profile_from_json(json.dumps(content), source="p").least_determined is None


def test_keys_follow_the_dataclass() -> None:
    content = json.loads(profile_to_json(example_profile()))
    assert list(content) == [field.name for field in dataclasses.fields(Profile)]


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_numbers_that_json_does_not_have_are_never_written(number: float) -> None:
    profile = example_profile()
    diagnostics = dataclasses.replace(profile.diagnostics, condition_number=number)
    with pytest.raises(ValueError, match=r"profile\.diagnostics\.condition_number"):
        profile_to_json(dataclasses.replace(profile, diagnostics=diagnostics))


def test_a_name_that_is_not_text_is_refused() -> None:
    with pytest.raises(InputError, match="UTF-8"):
        profile_to_json(example_profile(listener="\udcff"))


TEXT = profile_to_json(EXAMPLE)
PART = dataclasses.asdict(DirectionPart("threshold coordinate", 1.0, "threshold", 250.0, 2.0, "dB"))


def changed(**fields: object) -> str:
    return json.dumps(json.loads(TEXT) | fields)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"p: is not valid JSON"),
        (TEXT[:500], r"p: is not valid JSON"),
        ("[" * 5000, r"p: is not valid JSON"),
        ("[]", r"p: is not a hearfit profile: its `schema` must be 'hearfit.profile', but there is none"),
        ('"hearfit.profile"', r"is not a hearfit profile"),
        (changed(schema="bids"), r"but it is 'bids'"),
        (changed(version=3), r"p: was written by a newer hearfit \(profile version 3"),
        (changed(version="1"), r"`version` must be a whole number from 1 to 2, but it is '1'"),
        (changed(version=True), r"`version` must be a whole number"),
        (changed(version=None), r"`version` must be a whole number"),
        (changed(ear="both"), r"p: the field `ear` is 'both', but input should be 'left' or 'right'"),
        (changed(model_comparison={"scores": []}), r"the field `model_comparison.num_trials` is missing"),
        (changed(extra=1), r"p: the field `extra` is not part of a profile of version 2"),
        (changed(frequencies=[]), r"p: `frequencies` is empty"),
        (changed(least_determined={"data_share": 0.1, "parts": []}), r"p: `least_determined.parts` is empty"),
        (
            changed(least_determined={"data_share": 0.1, "parts": [PART | {"weight": -0.5}]}),
            r"p: `least_determined.parts.0.weight` is -0.5, but the first part rises: more than 0 is allowed",
        ),
        (changed(session=20260314), r"the field `session` is 20260314, but input should be a valid string"),
        (TEXT.replace('"seconds": 1.31', '"seconds": NaN'), r"p: is not valid JSON"),
        (TEXT.replace('"seconds": 1.31', '"seconds": 1e999'), r"`diagnostics.seconds` is not a finite number"),
        (TEXT.replace('"seconds": 1.31,', ""), r"p: the field `diagnostics.seconds` is missing"),
    ],
)
def test_what_cannot_be_read_is_said_in_a_sentence(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        profile_from_json(text, source="p")


def test_all_problems_come_at_once() -> None:
    with pytest.raises(InputError) as caught:
        profile_from_json(changed(ear=1, session=2, listener=None), source="p")
    assert len(caught.value.problems) == 3


def test_inconsistent_lists_are_refused() -> None:
    profile = example_profile()
    curve = dataclasses.replace(profile.curves[0], predicted=(1.0,))
    wrong = dataclasses.replace(
        profile,
        frequencies=profile.frequencies[::-1],
        curves=(curve,),
        posterior=dataclasses.replace(profile.posterior, mode=()),
        model_comparison=dataclasses.replace(comparison(), scores=()),
    )
    with pytest.raises(InputError) as caught:
        profile_from_json(profile_to_json(wrong), source="p")
    assert len(caught.value.problems) == 4


def test_profiles_from_before_models_were_compared_in_them_read() -> None:
    content = json.loads(TEXT)
    del content["model_comparison"]
    assert profile_from_json(json.dumps(content), source="p") == EXAMPLE


def test_a_profile_of_version_1_reads_as_the_same_curves_against_level() -> None:
    """Truth: the document of version 1, written out by hand from the fields that it had."""
    tone, masked = (
        EXAMPLE.curves[-1],
        dataclasses.replace(
            EXAMPLE.curves[-1],
            parameters={"masker_level_db_spl_per_hz": 40.0, "notch_lower": 0.1, "notch_upper": 0.3},
        ),
    )
    new = dataclasses.replace(EXAMPLE, curves=(tone, masked))
    old = json.loads(profile_to_json(new))
    old["version"] = 1
    for curve, masker in zip(
        old["curves"], (None, {"level_db_spl_per_hz": 40.0, "notch_lower": 0.1, "notch_upper": 0.3}), strict=True
    ):
        del curve["x_column"], curve["parameters"]
        curve["level_db_hl"], curve["masker"] = curve.pop("x"), masker
        for answer in curve["answers"]:
            answer["level_db_hl"] = answer.pop("x")
    assert profile_from_json(json.dumps(old), source="p") == new
    old["curves"] = [3]
    with pytest.raises(InputError, match=r"`curves.0`"):
        profile_from_json(json.dumps(old), source="p")
