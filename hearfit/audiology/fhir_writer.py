"""Audiograms as a FHIR R4 Bundle of the type collection, which needs nothing outside itself.

Every listener is named by an identifier and nothing else. A threshold is an Observation of its own, because only an
Observation can say its ear (bodySite), conduction and masking (method) in elements of the standard. Air conduction is
gathered by the panel LOINC 89015-2, bone conduction by one without a LOINC code.
"""

import json
import uuid
from collections.abc import Sequence

from hearfit.audiology.audiogram import Audiogram, Conduction, Ear, Threshold
from hearfit.audiology.fhir_codes import (
    AIR_PANEL,
    AIR_PANEL_NAME,
    CODE_OF_METHOD,
    CODE_OF_THRESHOLD,
    FREQUENCY,
    HEARING_SENSITIVITY,
    LOCAL,
    LOCAL_BONE_PANEL,
    LOCAL_THRESHOLD,
    LOCAL_TRANSDUCER,
    LOINC,
    OBSERVATION_CATEGORY,
    SITE_OF_EAR,
    SNOMED,
    UCUM,
    threshold_name,
)
from hearfit.audiology.file_values import (
    ALLOWED_FREQUENCY,
    ALLOWED_LEVEL,
    check_different,
    check_names,
    is_allowed_frequency,
    is_allowed_level,
    shown,
)
from hearfit.errors import InputError

_Resource = dict[str, object]


def fhir_bundle(*audiograms: Audiogram) -> str:
    """The text of a Bundle that `parse_fhir_audiograms` reads back to the same audiograms.

    The same audiograms give the same text, identities of the entries included.

    Raises:
        InputError: it would not read back: a listener is there twice, or a value is not allowed.
    """
    _check(audiograms)
    entries: list[_Resource] = []
    for audiogram in audiograms:
        entries += _entries(audiogram)
    bundle: _Resource = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    return json.dumps(bundle, indent=2, ensure_ascii=False) + "\n"


def _check(audiograms: Sequence[Audiogram]) -> None:
    check_different(audiograms)
    problems = [] if audiograms else ["There is no audiogram to write."]
    for audiogram in audiograms:
        check_names(audiogram)
        who = f"The audiogram of {shown(audiogram.listener)}"
        places = [(t.ear, t.frequency_hz, t.conduction, t.is_masked) for t in audiogram.thresholds]
        if not places:
            problems.append(f"{who} has no thresholds.")
        if len(set(places)) < len(places):
            problems.append(f"{who} has two thresholds of the same ear, frequency, conduction and masking.")
        for threshold in audiogram.thresholds:
            if not is_allowed_frequency(threshold.frequency_hz):
                problems.append(f"{who} has a frequency of {threshold.frequency_hz:g}, not {ALLOWED_FREQUENCY}.")
            if not is_allowed_level(threshold.level_db_hl):
                problems.append(f"{who} has a level of {threshold.level_db_hl:g}, not {ALLOWED_LEVEL}.")
    if problems:
        raise InputError(problems)


def _entries(audiogram: Audiogram) -> list[_Resource]:
    namespace = uuid.uuid5(uuid.UUID(LOCAL.removeprefix("urn:uuid:")), repr(audiogram))
    urls = [f"urn:uuid:{uuid.uuid5(namespace, str(index))}" for index in range(len(audiogram.thresholds))]
    device_url = f"urn:uuid:{uuid.uuid5(namespace, 'transducer')}"
    # The transducer of an audiogram is its earphone or field; it is not that of bone conduction beside air.
    conductions = {threshold.conduction for threshold in audiogram.thresholds}
    with_device = Conduction.AIR if Conduction.AIR in conductions else Conduction.BONE
    entries: list[_Resource] = []
    if audiogram.transducer is not None:
        entries.append({"fullUrl": device_url, "resource": _device(audiogram.transducer)})
    for conduction in Conduction:
        members = [url for url, t in zip(urls, audiogram.thresholds, strict=True) if t.conduction is conduction]
        if members:
            panel_url = f"urn:uuid:{uuid.uuid5(namespace, conduction.value)}"
            entries.append({"fullUrl": panel_url, "resource": _panel(audiogram, conduction, members)})
    for url, threshold in zip(urls, audiogram.thresholds, strict=True):
        observation = _threshold(audiogram, threshold)
        if audiogram.transducer is not None and threshold.conduction is with_device:
            observation["device"] = {"reference": device_url}
        entries.append({"fullUrl": url, "resource": observation})
    return entries


def _device(transducer: str) -> _Resource:
    return {
        "resourceType": "Device",
        "deviceName": [{"name": transducer, "type": "user-friendly-name"}],
        "type": _concept(LOCAL, LOCAL_TRANSDUCER, "Audiometric transducer"),
    }


def _observation(audiogram: Audiogram, code: _Resource) -> _Resource:
    observation: _Resource = {
        "resourceType": "Observation",
        "status": "final",
        "category": [_concept(OBSERVATION_CATEGORY, "exam", "Exam")],
        "code": code,
        "subject": {"type": "Patient", "identifier": {"value": audiogram.listener}},
    }
    if audiogram.date is not None:
        observation["effectiveDateTime"] = audiogram.date
    return observation


def _panel(audiogram: Audiogram, conduction: Conduction, members: Sequence[str]) -> _Resource:
    if conduction is Conduction.AIR:
        code = _concept(LOINC, AIR_PANEL, AIR_PANEL_NAME)
    else:
        code = _concept(LOCAL, LOCAL_BONE_PANEL, "Pure tone bone conduction audiogram")
    members_json: list[_Resource] = [{"reference": url} for url in members]
    return {**_observation(audiogram, code), "hasMember": members_json}


def _threshold(audiogram: Audiogram, threshold: Threshold) -> _Resource:
    name = threshold_name(threshold.ear, threshold.frequency_hz)
    loinc = CODE_OF_THRESHOLD.get((threshold.ear, threshold.frequency_hz))
    is_bone = threshold.conduction is Conduction.BONE
    if loinc is not None and not is_bone:
        code = _concept(LOINC, loinc, name)
    else:
        code = _concept(LOCAL, LOCAL_THRESHOLD, "Pure tone hearing threshold", text=name)
    side = "Left" if threshold.ear is Ear.LEFT else "Right"
    masking = "masked" if threshold.is_masked else "not masked"
    way = "Bone conduction" if is_bone else "Air conduction"
    quantity: _Resource = {
        "value": threshold.level_db_hl,
        "unit": "dB HL",
        "system": UCUM,
        "code": "dB",
    }
    if threshold.is_no_response:
        quantity["comparator"] = ">"
    observation = _observation(audiogram, code) | {
        "valueQuantity": quantity,
        "bodySite": _concept(SNOMED, SITE_OF_EAR[threshold.ear], f"{side} ear structure"),
        "method": _concept(LOCAL, CODE_OF_METHOD[threshold.conduction, threshold.is_masked], f"{way}, {masking}"),
    }
    if loinc is None or is_bone:
        observation["component"] = [
            {
                "code": _concept(HEARING_SENSITIVITY, FREQUENCY, "Frequency"),
                "valueQuantity": {"value": threshold.frequency_hz, "unit": "Hz", "system": UCUM, "code": "Hz"},
            }
        ]
    return observation


def _concept(system: str, code: str, display: str, *, text: str | None = None) -> _Resource:
    coding: list[_Resource] = [{"system": system, "code": code, "display": display}]
    return {"coding": coding, "text": display if text is None else text}
