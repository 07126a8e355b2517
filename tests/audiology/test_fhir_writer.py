"""The Bundle that is written: valid by the package fhir.resources and the invariants of FHIR R4, read back exactly."""

import json
import re
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from fhir.resources.R4B.bundle import Bundle
    from fhir.resources.R4B.observation import Observation

from hearfit.audiology.audiogram import Audiogram, Conduction, Ear, Threshold
from hearfit.audiology.fhir_reader import parse_fhir_audiograms
from hearfit.audiology.fhir_writer import fhir_bundle
from hearfit.errors import InputError
from tests.audiology.random_audiograms import FIELDS, SEVERAL_FIELDS, Fields, audiogram_of

EVERYTHING = Audiogram(
    "P7",
    (
        Threshold(Ear.LEFT, 500.0, 30.0),
        Threshold(Ear.RIGHT, 125.0, -10.0),
        Threshold(Ear.RIGHT, 8000.0, 110.0, is_no_response=True),
        Threshold(Ear.LEFT, 500.0, 12.5, Conduction.BONE, is_masked=True),
        Threshold(Ear.RIGHT, 12500.0, 60.0, is_masked=True),
    ),
    transducer="HDA200",
    date="2024-05-31",
)


def resources(text: str) -> list[dict[str, Any]]:
    return [entry["resource"] for entry in json.loads(text)["entry"]]


def objects(value: object) -> Iterator[dict[str, Any]]:
    """Every JSON object in a value."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from objects(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from objects(inner)


@settings(max_examples=25)
@given(SEVERAL_FIELDS)
def test_random_audiograms_read_back_exactly(several: list[Fields]) -> None:
    audiograms = [audiogram_of(fields) for fields in several]
    text = fhir_bundle(*audiograms)
    assert parse_fhir_audiograms(text, source="a.fhir.json") == tuple(audiograms)
    last = audiograms[-1]
    assert parse_fhir_audiograms(text, source="a.fhir.json", listener=last.listener) == (last,)


@settings(max_examples=15)
@given(FIELDS)
def test_random_audiograms_are_valid(fields: Fields) -> None:
    text = fhir_bundle(audiogram_of(fields))
    bundle = Bundle.model_validate_json(text)
    # What the validator understood is what was written, numbers included.
    assert json.loads(bundle.model_dump_json(exclude_none=True)) == json.loads(text)
    urls = [entry["fullUrl"] for entry in json.loads(text)["entry"]]
    assert len(set(urls)) == len(urls), "bdl-7: fullUrl is unique"
    for each in objects(json.loads(text)):
        if isinstance(each.get("reference"), str):
            assert each["reference"] in urls, "the Bundle is self-contained"
        assert each, "ele-1: no empty element"


def test_the_validator_refuses_what_is_not_fhir() -> None:
    """Shows that the validation above can fail."""
    observation = resources(fhir_bundle(EVERYTHING))[-1]
    Observation.model_validate(observation)
    without = {key: value for key, value in observation.items() if key != "code"}
    for wrong in (without, {**observation, "foo": 1}, {**observation, "effectiveDateTime": "31.5.2024"}):
        with pytest.raises(ValueError):
            Observation.model_validate(wrong)


def test_codes_are_in_the_value_sets_that_are_required() -> None:
    """What fhir.resources does not check: bindings of the strength "required" in FHIR R4, typed from the standard."""
    device, *observations = resources(fhir_bundle(EVERYTHING))
    assert json.loads(fhir_bundle(EVERYTHING))["type"] in {"document", "message", "searchset", "collection", "batch"}
    assert device["deviceName"][0]["type"] in {"user-friendly-name", "manufacturer-name", "model-name", "other"}
    for observation in observations:
        assert observation["status"] in {"registered", "preliminary", "final", "amended", "corrected"}
        # obs-6: a value or a reason for its absence; obs-7: no component with the code and value of the whole.
        assert "dataAbsentReason" not in observation
        assert all(component["code"] != observation["code"] for component in observation.get("component", ()))
        assert observation.get("valueQuantity", {}).get("comparator", ">") in {"<", "<=", ">=", ">"}


def test_what_stands_in_the_bundle() -> None:
    device, air, bone, left, low, silent, by_bone, masked = resources(fhir_bundle(EVERYTHING))
    assert device["deviceName"] == [{"name": "HDA200", "type": "user-friendly-name"}]
    assert air["code"]["coding"][0]["code"] == "89015-2"
    assert len(air["hasMember"]) == 4
    assert len(bone["hasMember"]) == 1
    assert "http://loinc.org" not in json.dumps(bone)
    # LOINC 89024-4: left ear, 500 Hz; 89029-3: right ear, 8000 Hz.
    assert left["code"] == {
        "coding": [
            {"system": "http://loinc.org", "code": "89024-4", "display": "Hearing threshold Ear - left --500 Hz"}
        ],
        "text": "Hearing threshold Ear - left --500 Hz",
    }
    assert left["valueQuantity"] == {
        "value": 30.0,
        "unit": "dB HL",
        "system": "http://unitsofmeasure.org",
        "code": "dB",
    }
    assert left["effectiveDateTime"] == "2024-05-31"
    assert left["subject"] == {"type": "Patient", "identifier": {"value": "P7"}}
    assert silent["code"]["coding"][0]["code"] == "89029-3"
    assert silent["valueQuantity"]["comparator"] == ">"
    for uncoded, frequency_hz in ((low, 125.0), (by_bone, 500.0), (masked, 12500.0)):
        assert "http://loinc.org" not in json.dumps(uncoded)
        (component,) = uncoded["component"]
        assert component["valueQuantity"]["value"] == frequency_hz
        assert component["valueQuantity"]["code"] == "Hz"
    assert "device" not in by_bone, "the earphone is not the bone conductor"
    assert all("device" in each for each in (left, low, silent, masked))
    methods = [each["method"]["text"] for each in (left, by_bone, masked)]
    assert methods == ["Air conduction, not masked", "Bone conduction, masked", "Air conduction, masked"]


def test_no_names_and_nothing_outside_the_bundle() -> None:
    kinds = {resource["resourceType"] for resource in resources(fhir_bundle(EVERYTHING))}
    assert kinds == {"Device", "Observation"}


def test_the_same_audiogram_gives_the_same_text() -> None:
    assert fhir_bundle(EVERYTHING) == fhir_bundle(EVERYTHING)
    other = Audiogram("P8", EVERYTHING.thresholds, EVERYTHING.transducer, EVERYTHING.date)
    urls = [set(re.findall(r'"fullUrl": "(.*?)"', fhir_bundle(each))) for each in (EVERYTHING, other)]
    assert not urls[0] & urls[1]


@pytest.mark.parametrize(
    ("audiograms", "expected"),
    [
        ([], "There is no audiogram to write."),
        ([EVERYTHING, EVERYTHING], "The listener 'P7' is there twice."),
        ([Audiogram("P7", ())], "has no thresholds"),
        ([Audiogram("P7", (Threshold(Ear.LEFT, 500.0, float("nan")),))], "has a level of nan, not a number of dB HL"),
        ([Audiogram("P7", (Threshold(Ear.LEFT, 5.0, 10.0),))], "has a frequency of 5, not a number of hertz"),
        ([Audiogram("P7", (Threshold(Ear.LEFT, 500.0, 1.0),) * 2)], "has two thresholds of the same ear"),
        ([Audiogram("P\u202e7", EVERYTHING.thresholds)], "cannot be written as the name of a listener"),
        ([Audiogram("P7", EVERYTHING.thresholds, transducer=" x")], "cannot be written as a transducer"),
    ],
)
def test_what_would_not_read_back_is_refused(audiograms: list[Audiogram], expected: str) -> None:
    with pytest.raises(InputError, match=re.escape(expected)):
        fhir_bundle(*audiograms)
