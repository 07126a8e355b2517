"""FHIR documents written by hand from the LOINC table and public guides, and every way to refuse one."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hearfit.audiology.audiogram import Audiogram, Conduction, Ear, Threshold
from hearfit.audiology.fhir_reader import parse_fhir_audiograms
from hearfit.audiology.fhir_writer import fhir_bundle
from hearfit.errors import InputError
from tests.audiology.random_audiograms import FIELDS, Fields, audiogram_of

Json = dict[str, Any]

# Typed from clinical.md b13 and, for 250, 750, 1500 and 5000 Hz, from the value set of the HL7 PFE guide.
LOINC_TABLE = """
250 91375-6 91374-9
500 89024-4 89025-1
750 91379-8 91378-0
1000 89016-0 89017-8
1500 91373-1 91372-3
2000 89018-6 89019-4
3000 89020-2 89021-0
4000 89022-8 89023-6
5000 91377-2 91376-4
6000 89026-9 89027-7
8000 89028-5 89029-3
"""
LOCAL = "urn:uuid:a8bc417f-a1e9-4af0-a890-73474de27a93"
PHR = "http://hl7.org/fhir/uv/phr/CodeSystem/hearing-sensitivity-codes"


def loinc(code: str, display: str | None = None) -> Json:
    return {"coding": [{"system": "http://loinc.org", "code": code} | ({"display": display} if display else {})]}


def quantity(value: object, code: str = "dB", **more: object) -> Json:
    return {"value": value, "system": "http://unitsofmeasure.org", "code": code, **more}


def component(code: Json, value: object, **more: object) -> Json:
    return {"code": code, "valueQuantity": quantity(value), **more}


def panel(*components: Json, **more: object) -> Json:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": loinc("89015-2"),
        "subject": {"reference": "Patient/P7"},
        "component": list(components),
        **more,
    }


def single(code: str = "89024-4", value: object = 30, **more: object) -> Json:
    return {
        "resourceType": "Observation",
        "id": code,
        "status": "final",
        "code": loinc(code),
        "subject": {"reference": "Patient/P7"},
        "valueQuantity": quantity(value),
        **more,
    }


def bundle(*resources: Json) -> Json:
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": each} for each in resources]}


def parse_all(document: Json, *, listener: str | None = None) -> tuple[Audiogram, ...]:
    return parse_fhir_audiograms(json.dumps(document), source="a.fhir.json", listener=listener)


def parse(document: Json, *, listener: str | None = None) -> Audiogram:
    (audiogram,) = parse_all(document, listener=listener)
    return audiogram


def refusal(document: Json, *, listener: str | None = None) -> str:
    with pytest.raises(InputError) as caught:
        parse_all(document, listener=listener)
    assert all(problem.startswith("a.fhir.json") and problem.endswith(".") for problem in caught.value.problems)
    return "\n".join(caught.value.problems)


@pytest.mark.parametrize("line", LOINC_TABLE.strip().splitlines())
def test_every_code_is_its_ear_and_frequency_in_both_directions(line: str) -> None:
    frequency_hz, left, right = line.split()
    expected = (Threshold(Ear.LEFT, float(frequency_hz), 10.0), Threshold(Ear.RIGHT, float(frequency_hz), 20.0))
    assert parse(panel(component(loinc(left), 10), component(loinc(right), 20))).thresholds == expected
    written = json.loads(fhir_bundle(Audiogram("P7", expected)))
    codes = [entry["resource"]["code"]["coding"][0]["code"] for entry in written["entry"]]
    assert codes == ["89015-2", left, right]


@pytest.mark.parametrize(
    ("code", "display", "expected"),
    [
        # A public questionnaire labels these two codes so (clinical.md b15, 4).
        ("89024-4", "Hearing threshold right 500 Hz", "is the code of the left ear at 500 Hz, but the words"),
        ("89023-6", "Right 1000 Hz", "is the code of 4000 Hz, but the words beside it say 'Right 1000 Hz'"),
        # An earlier version of a national guide.
        ("89017-8", "Hearing threshold Ear-left 2000 Hz [dB]", "is the code of the right ear at 1000 Hz"),
        ("89018-6", "4 kHz", "is the code of 2000 Hz, but the words beside it say '4 kHz'"),
    ],
)
def test_left_and_right_swapped_is_refused(code: str, display: str, expected: str) -> None:
    assert expected in refusal(panel(component(loinc(code, display), 30)))
    assert expected in refusal(single(code) | {"code": loinc(code, display)})


def test_words_that_agree_are_no_problem() -> None:
    for words in ("LEFT 4 kHz", "left, 4,000 Hz", "Left ear of a right-handed person, not masked", "4.0 kHz"):
        code = {**loinc("89022-8", "Hearing threshold Ear - left --4000 Hz"), "text": words}
        assert parse(panel(component(code, 30))).thresholds == (Threshold(Ear.LEFT, 4000.0, 30.0),)


def test_a_panel_with_members_in_a_bundle() -> None:
    members = [
        single("89024-4", 30, id="a"),
        single("89025-1", 40, id="b", effectiveDateTime="2024-05-31T08:25:00+08:00"),
    ]
    references = [{"reference": "Observation/a"}, {"reference": "Observation/b/_history/2"}]
    document = bundle(panel(hasMember=references, effectiveDateTime="2024-05-31"), *members)
    assert parse(document) == Audiogram(
        "P7", (Threshold(Ear.LEFT, 500.0, 30.0), Threshold(Ear.RIGHT, 500.0, 40.0)), date="2024-05-31"
    )


def test_a_panel_that_contains_its_members() -> None:
    inner = {key: value for key, value in single("89025-1", 40, id="m").items() if key != "subject"}
    document = panel(contained=[inner], hasMember=[{"reference": "#m"}])
    assert parse(document) == Audiogram("P7", (Threshold(Ear.RIGHT, 500.0, 40.0),))
    assert parse(bundle(document)) == parse(document)


def test_the_guide_of_personal_health_records() -> None:
    """Observation/pghd-hearingSensitivity-4 of the HL7 PHR guide, with its panel."""
    code = "http://hl7.org/fhir/uv/phr/CodeSystem/observation-pghd-codes"
    sensitivity = {
        "resourceType": "Observation",
        "id": "pghd-hearingSensitivity-4",
        "status": "final",
        "code": {"coding": [{"system": code, "code": "hearingSensitivity"}]},
        "subject": {"reference": "Patient/1"},
        "effectivePeriod": {"start": "2023-12-01T05:33:42Z", "end": "2023-12-01T05:35:22Z"},
        "component": [
            {
                "code": {"coding": [{"system": PHR, "code": "frequency"}]},
                "valueQuantity": quantity(4000, "Hz", unit="Hz"),
            },
            component({"coding": [{"system": PHR, "code": "leftEarSensitivity"}]}, 40),
            component({"coding": [{"system": PHR, "code": "rightEarSensitivity"}]}, 45),
        ],
    }
    whole = {
        **panel(hasMember=[{"reference": "Observation/pghd-hearingSensitivity-4"}]),
        "code": {"coding": [{"system": code, "code": "Audiogram"}]},
        "subject": {"reference": "Patient/1"},
    }
    assert parse(bundle(whole, sensitivity)) == Audiogram(
        "1", (Threshold(Ear.LEFT, 4000.0, 40.0), Threshold(Ear.RIGHT, 4000.0, 45.0)), date="2023-12-01"
    )


def test_no_response_and_what_was_not_measured() -> None:
    above = component(loinc("89028-5"), 110) | {"valueQuantity": quantity(110, comparator=">")}
    reason = {
        "coding": [{"system": "http://terminology.hl7.org/CodeSystem/data-absent-reason", "code": "not-performed"}]
    }
    absent = {"code": loinc("89029-3"), "dataAbsentReason": reason}
    assert parse(panel(above, absent)).thresholds == (Threshold(Ear.LEFT, 8000.0, 110.0, is_no_response=True),)
    assert "A threshold above the highest level is written as that level with the comparator '>'" in refusal(
        panel({"code": loinc("89029-3")})
    )
    assert "contradict each other" in refusal(panel({**above, "dataAbsentReason": reason}))
    for comparator in ("<", "<=", ">="):
        wrong = {"code": loinc("89028-5"), "valueQuantity": quantity(110, comparator=comparator)}
        assert f"component[0].valueQuantity.comparator: {comparator!r} is not allowed" in refusal(panel(wrong))


@pytest.mark.parametrize(
    "value",
    [
        {"value": 30},
        {"value": 30, "unit": "dB"},
        {"value": 30, "unit": "dB SPL", "system": "http://unitsofmeasure.org", "code": "dB"},
        {"value": 30, "system": "http://unitsofmeasure.org", "code": "dB[SPL]"},
        {"value": 30, "system": "http://unitsofmeasure.org", "code": "B"},
        {"value": 30, "system": "http://example.org", "code": "dB", "unit": "dB HL"},
    ],
)
def test_a_unit_is_never_guessed(value: Json) -> None:
    message = refusal(panel({"code": loinc("89024-4"), "valueQuantity": value}))
    assert "Observation.component[0].valueQuantity: the unit" in message
    assert "Allowed is the UCUM code 'dB' with the unit 'dB HL' or 'dB'." in message


def test_dB_HL_in_words_is_a_unit() -> None:  # noqa: N802 - so the unit is written
    value = {"value": 30, "unit": "dB HL"}
    assert parse(panel({"code": loinc("89024-4"), "valueQuantity": value})).thresholds[0].level_db_hl == 30.0


@pytest.mark.parametrize("level", [131, -21, "30", None, True, 1e400, [30]])
def test_what_is_not_a_hearing_level(level: object) -> None:
    message = refusal(panel(component(loinc("89024-4"), level)))
    assert "Observation.component[0].valueQuantity" in message


def test_an_unknown_code_in_a_panel_is_refused_and_elsewhere_passed_over() -> None:
    message = refusal(panel(component(loinc("89024-4"), 30), component(loinc("98421-1"), 1)))
    assert "component[1].code: '98421-1' is not the code of a hearing threshold. Allowed are" in message
    outside = single("98421-1")
    assert len(parse(bundle(panel(component(loinc("89024-4"), 30)), outside)).thresholds) == 1
    member = bundle(panel(hasMember=[{"reference": "Observation/98421-1"}]), outside)
    assert "is a member of an audiogram, but its code ('98421-1') is not that" in refusal(member)


def test_the_ear_by_code_and_by_site_must_agree() -> None:
    def site(code: str, text: str | None = None) -> Json:
        coding = {"system": "http://snomed.info/sct", "code": code}
        return {"bodySite": {"coding": [coding]} | ({"text": text} if text else {})}

    assert parse(single(**site("89644007"))).thresholds[0].ear is Ear.LEFT
    assert "the code is that of the left ear, but the bodySite is the right ear" in refusal(single(**site("25577004")))
    assert "left ear, but the words say 'right'" in refusal(single(**site("89644007", "Right ear")))
    assert "names an ear in words only" in refusal(single(bodySite={"text": "left"}))
    assert "bodySite is the right ear" in refusal(panel(component(loinc("89024-4"), 30), **site("25577004")))


def test_conduction_and_masking_are_never_guessed() -> None:
    def method(code: str) -> Json:
        return {"method": {"coding": [{"system": LOCAL, "code": code}]}}

    assert parse(single(**method("bone-conduction-masked"))).thresholds == (
        Threshold(Ear.LEFT, 500.0, 30.0, Conduction.BONE, is_masked=True),
    )
    assert "is not understood" in refusal(single(**method("sound-field")))
    assert "is not understood" in refusal(single(method={"text": "Bone conduction"}))
    assert len(parse(single(method={"text": "Pure tone audiometry, unmasked"})).thresholds) == 1
    in_words = {**loinc("89024-4"), "text": "Bone conduction threshold, left, 500 Hz"}
    assert "speaks of conduction or masking, but there is no method" in refusal(single() | {"code": in_words})
    assert parse(single(**method("bone-conduction")) | {"code": in_words}).thresholds[0].conduction is Conduction.BONE
    uncoded = single() | {"code": {"coding": [{"system": LOCAL, "code": "hearing-threshold"}]}}
    frequency = {
        "code": {"coding": [{"system": PHR, "code": "frequency"}]},
        "valueQuantity": quantity(125, "Hz"),
    }
    assert "states no frequencies" in refusal(uncoded)
    assert "does not say the conduction" in refusal({**uncoded, "component": [frequency]})
    assert "does not say the ear" in refusal({**uncoded, "component": [frequency], **method("air-conduction")})
    assert "states another frequency than the code" in refusal(single(component=[frequency]))


def test_listeners_and_their_choice() -> None:
    both = bundle(single(), single("89025-1", subject={"identifier": {"value": "P8"}}))
    assert [audiogram.listener for audiogram in parse_all(both)] == ["P7", "P8"]
    assert parse(both, listener="P8").thresholds == (Threshold(Ear.RIGHT, 500.0, 30.0),)
    assert "has no listener 'X'. Its listeners are 'P7', 'P8'." in refusal(both, listener="X")
    anonymous = {key: value for key, value in single().items() if key != "subject"}
    assert parse(anonymous).listener == "a"
    assert parse(anonymous, listener="P9").listener == "P9"
    assert "with and without a subject" in refusal(bundle(single(), {**anonymous, "id": "x"}))
    assert "has another subject than its panel" in refusal(
        bundle(panel(hasMember=[{"reference": "Observation/89024-4"}]), single(subject={"identifier": {"value": "P8"}}))
    )


def test_a_patient_is_known_by_identifier_and_never_by_name() -> None:
    patient = {
        "resourceType": "Patient",
        "id": "P7",
        "name": [{"text": "Ada Example"}],
        "identifier": [{"value": "MR-1"}, {"value": "S-1"}],
    }
    document = bundle(patient, single())
    assert "has several identifiers ('MR-1', 'S-1'). Name the one to use." in refusal(document)
    assert parse(document, listener="S-1").listener == "S-1"
    one = bundle({**patient, "identifier": [{"value": "MR-1"}]}, single())
    assert parse(one).listener == "MR-1"
    assert "is not printable text" in refusal(single(subject={"identifier": {"value": "a\u202eb"}}))
    assert "has neither an identifier nor a reference" in refusal(single(subject={"display": "Ada"}))


def test_dates() -> None:
    assert parse(single(effectiveDateTime="2024-05-31")).date == "2024-05-31"
    for wrong in ("2024", "2024-05", "31.5.2024", "2024-02-30", "2024-05-31T08"):
        assert "Allowed is a date such as 2024-05-31" in refusal(single(effectiveDateTime=wrong))
    lasting = {"start": "2024-05-31", "end": "2024-06-01"}
    assert "An audiogram has one day." in refusal(single(effectivePeriod=lasting))
    sessions = bundle(single(effectiveDateTime="2024-05-31"), single("89025-1", effectiveDateTime="2024-06-30"))
    assert "one audiogram has one date, not '2024-05-31', '2024-06-30'" in refusal(sessions)


def test_an_audiometer_is_not_the_transducer() -> None:
    device = {"resourceType": "Device", "id": "d", "deviceName": [{"name": "AC40", "type": "model-name"}]}
    used = single(device={"reference": "Device/d"})
    assert parse(bundle(device, used)).transducer is None
    declared = {**device, "type": {"coding": [{"system": LOCAL, "code": "transducer"}]}}
    assert parse(bundle(declared, used)).transducer == "AC40"
    assert "which has one deviceName" in refusal(bundle({**declared, "deviceName": []}, used))


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"resourceType": "Patient"}, "is a FHIR Patient. An audiogram is read from a Bundle or an Observation."),
        ({"resource": 1}, "it has no resourceType"),
        (bundle(), "holds no hearing threshold. An audiogram in FHIR R4 is"),
        (panel(), "holds no hearing threshold"),
        (single(status="entered-in-error"), "has the status 'entered-in-error'. Allowed: final, amended, corrected."),
        (single(status=None), "Observation.status: 'None' is not a text."),
        (single(modifierExtension=[{}]), "can change the meaning"),
        (panel(component(loinc("89024-4"), 30, modifierExtension=[{}])), "can change the meaning"),
        (panel(hasMember=[{"reference": "Observation/9"}]), "the member 'Observation/9' is not in this file"),
        (bundle(single(), single()), "has the same identity (Observation/89024-4) as Bundle.entry[0].resource"),
        (bundle(single(id="a"), single(id="b")), "Bundle.entry[1].resource: repeats Bundle.entry[0].resource"),
        (panel(component(loinc("89024-4"), 1) | {"valueString": "30"}), "has a valueString. A hearing threshold"),
        ({**panel(), "component": 3}, "Observation.component: '3' is not a list."),
        ({**panel(), "component": [3]}, "Observation.component[0]: '3' is not an object"),
        ({**panel(), "code": {"coding": [{"code": 3}]}}, "Observation.code.coding[0].code: '3' is not a text."),
        (
            panel({"code": {"coding": [*loinc("89024-4")["coding"], *loinc("89025-1")["coding"]]}}),
            "has the codes of different ears or frequencies",
        ),
    ],
)
def test_broken_documents(document: Json, expected: str) -> None:
    assert expected in refusal(document)


def test_all_problems_at_once() -> None:
    wrong = [component(loinc("98421-1"), 1), component(loinc("89024-4"), 999)]
    assert len(refusal(bundle(panel(wrong[0]), panel(wrong[1]))).splitlines()) == 2


# Words that the reader knows, so that random documents get past its door.
WORDS = st.sampled_from(
    [
        *("resourceType", "Bundle", "Observation", "entry", "resource", "code", "coding", "system", "display", "text"),
        *("89015-2", "89024-4", "http://loinc.org", "component", "valueQuantity", "value", "hasMember", "reference"),
        *("subject", "identifier", "status", "final", "device", "method", "bodySite", "contained", "effectiveDateTime"),
    ]
)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | WORDS
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4))


@settings(max_examples=40)
@given(FIELDS, st.data())
def test_a_corrupted_document_is_read_or_refused_in_sentences(fields: Fields, data: st.DataObject) -> None:
    """One place of a good document becomes something else, is dropped, or the text is cut."""
    document = json.loads(fhir_bundle(audiogram_of(fields)))
    holder: object = document
    while True:
        assert isinstance(holder, dict | list)
        key = data.draw(st.sampled_from(sorted(holder) if isinstance(holder, dict) else range(len(holder))))
        inner = holder[key]
        if not isinstance(inner, dict | list) or not inner or data.draw(st.integers(0, 4)) == 0:
            break
        holder = inner
    if data.draw(st.booleans()):
        holder[key] = data.draw(VALUES)
    else:
        del holder[key]
    text = json.dumps(document)
    text = text[: data.draw(st.sampled_from([len(text), len(text), len(text) // 2]))]
    try:
        assert all(each.thresholds for each in parse_fhir_audiograms(text, source="a.fhir.json"))
    except InputError as error:
        assert all(problem.startswith("a.fhir.json") for problem in error.problems)  # noqa: PT017
        assert all(problem.endswith((".", ")")) for problem in error.problems)  # noqa: PT017


@settings(max_examples=60)
@given(st.text() | VALUES.map(json.dumps) | st.dictionaries(WORDS, VALUES).map(json.dumps))
def test_any_text_is_read_or_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"a\.fhir\.json"):
        parse_fhir_audiograms(text, source="a.fhir.json")


def test_deep_nesting_is_no_crash() -> None:
    deep = "[" * 900 + "]" * 900
    with pytest.raises(InputError):
        parse_fhir_audiograms('{"resourceType": "Bundle", "entry": [{"resource": ' + deep + "}]}", source="a.fhir.json")
