"""One threshold from a FHIR Observation or one of its components. What is not understood is refused, never guessed."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from hearfit.audiology.audiogram import Conduction, Ear, Threshold
from hearfit.audiology.fhir_codes import (
    EAR_OF_SITE,
    FREQUENCY,
    HEARING_SENSITIVITY,
    LOCAL,
    LOCAL_THRESHOLD,
    LOINC,
    METHOD_OF_CODE,
    SENSITIVITY_OF,
    SNOMED,
    THRESHOLD_OF_CODE,
    UCUM,
)
from hearfit.audiology.fhir_node import Node
from hearfit.audiology.file_values import (
    ALLOWED_FREQUENCY,
    ALLOWED_LEVEL,
    is_allowed_frequency,
    is_allowed_level,
    shown,
)

_EAR_WORD: Final = re.compile(r"\b(left|right)\b", re.IGNORECASE)
# Not a part of a number with separators, 1,000 Hz, which could be read in two ways.
_FREQUENCY_WORD: Final = re.compile(r"(?<![\d.,])(\d+(?:\.\d+)?)\s*(k?)hz\b", re.IGNORECASE)
_CONDUCTION_WORD: Final = re.compile(r"bone|(?<!un)(?<!not )mask", re.IGNORECASE)
_METHODS: Final = f"{', '.join(METHOD_OF_CODE)} of the code system {LOCAL}"
_SITES: Final = "the SNOMED CT codes 89644007 (left) and 25577004 (right)"
_HEARING_LEVEL_UNITS: Final = frozenset({"dbhl", "db"})
# Codes of data-absent-reason that say no more than that there is no threshold. In it "masked" means withheld.
_NOT_MEASURED: Final = frozenset(
    {
        "asked-declined",
        "asked-unknown",
        "masked",
        "not-applicable",
        "not-asked",
        "not-performed",
        "not-permitted",
        "temp-unknown",
        "unknown",
    }
)


@dataclass(frozen=True)
class Setting:
    """What an Observation says of the thresholds in it; None where it does not."""

    ear: Ear | None = None
    method: tuple[Conduction, bool] | None = None


def is_threshold(observation: Node) -> bool:
    """Whether an Observation is itself a hearing threshold, or holds those of both ears at a frequency."""
    code = observation.child("code")
    if code is None:
        return False
    return (
        code.is_coded(LOINC, *THRESHOLD_OF_CODE)
        or code.is_coded(LOCAL, LOCAL_THRESHOLD)
        or bool(_sensitivity_components(observation))
    )


def setting_of(observation: Node) -> Setting:
    """The ear and the method that an Observation states for what it holds."""
    return Setting(ear=_site(observation), method=_method(observation))


def thresholds_of(observation: Node, setting: Setting) -> Iterator[Threshold]:
    """The thresholds of an Observation for which `is_threshold` holds; none where it says that none was measured."""
    if _sensitivity_components(observation):
        yield from _sensitivities(observation, setting)
        return
    threshold = _coded_threshold(observation, setting)
    if threshold is not None:
        yield threshold


def component_threshold(component: Node, setting: Setting) -> Threshold | None:
    """The threshold in a component of a panel; None where it says that none was measured."""
    return _coded_threshold(component, setting)


def _coded_threshold(holder: Node, setting: Setting) -> Threshold | None:
    holder.check_modifiers()
    code = holder.child("code")
    if code is None:
        raise holder.wrong("has no code, so its ear and frequency are unknown.")
    found = {THRESHOLD_OF_CODE[c.code] for c in code.codings() if c.system == LOINC and c.code in THRESHOLD_OF_CODE}
    if len(found) > 1:
        raise code.wrong("has the codes of different ears or frequencies. Keep one of them.")
    stated = holder.child("component")
    if found:
        ear, frequency_hz = next(iter(found))
        if stated is not None and _stated_frequency(holder) != frequency_hz:
            raise stated.wrong(f"states another frequency than the code, which is that of {frequency_hz:g} Hz.")
    elif code.is_coded(LOCAL, LOCAL_THRESHOLD):
        frequency_hz = _stated_frequency(holder)
        if setting.method is None:
            raise holder.wrong(f"does not say the conduction. Allowed as method: {_METHODS}.")
        if setting.ear is None:
            raise holder.wrong(
                "does not say the ear. Allowed as bodySite: the SNOMED CT codes 89644007 (left) and 25577004 (right)."
            )
        ear = setting.ear
    else:
        raise code.wrong(
            f"{_shown_codes(code)} is not the code of a hearing threshold. Allowed are the LOINC codes of the panel "
            "89015-2, each of one ear and frequency."
        )
    if setting.ear is not None and setting.ear is not ear:
        raise holder.wrong(f"the code is that of the {ear} ear, but the bodySite is the {setting.ear} ear.")
    _check_words(code, ear, frequency_hz)
    if setting.method is None and any(_CONDUCTION_WORD.search(words) for words in code.words()):
        raise code.wrong(f"speaks of conduction or masking, but there is no method. Allowed are {_METHODS}.")
    conduction, is_masked = setting.method or (Conduction.AIR, False)
    return _threshold(holder, ear, frequency_hz, conduction=conduction, is_masked=is_masked)


def _check_words(code: Node, ear: Ear, frequency_hz: float) -> None:
    """Refuses words that contradict the code: left and right swapped are common, and no one can say which is meant."""
    for words in code.words():
        ears = {word.lower() for word in _EAR_WORD.findall(words)}
        if len(ears) == 1 and ear.value not in ears:
            raise code.wrong(
                f"{_shown_codes(code)} is the code of the {ear} ear at {frequency_hz:g} Hz, but the words beside it "
                f"say {shown(words)}. Correct one of them."
            )
        named = {float(number) * (1000.0 if kilo else 1.0) for number, kilo in _FREQUENCY_WORD.findall(words)}
        if len(named) == 1 and not math.isclose(named.pop(), frequency_hz):
            raise code.wrong(
                f"{_shown_codes(code)} is the code of {frequency_hz:g} Hz, but the words beside it say {shown(words)}. "
                "Correct one of them."
            )


def _shown_codes(code: Node) -> str:
    return " and ".join(shown(coding.code) for coding in code.codings()) or "no code"


def _stated_frequency(holder: Node) -> float:
    stated = [each for each in holder.items("component") if _has_sensitivity_code(each, FREQUENCY)]
    if len(stated) != 1:
        raise holder.wrong(f"states {len(stated) or 'no'} frequencies. One component {FREQUENCY!r} is allowed.")
    return _frequency(stated[0])


def _frequency(component: Node) -> float:
    quantity = component.child("valueQuantity")
    if quantity is None:
        raise component.wrong("has no valueQuantity, so the frequency is unknown.")
    if quantity.text("system") != UCUM or quantity.text("code") != "Hz" or quantity.child("comparator") is not None:
        raise quantity.wrong("is not a frequency. Allowed is the UCUM code 'Hz' without a comparator.")
    frequency_hz = quantity.number("value")
    if not is_allowed_frequency(frequency_hz):
        raise quantity.wrong(f"{frequency_hz:g} is not {ALLOWED_FREQUENCY}.")
    return frequency_hz


def _threshold(
    holder: Node, ear: Ear, frequency_hz: float, *, conduction: Conduction, is_masked: bool
) -> Threshold | None:
    others = [key for key in _keys(holder) if key.startswith("value") and key != "valueQuantity"]
    if others:
        raise holder.wrong(f"has a {others[0]}. A hearing threshold is allowed as valueQuantity only.")
    quantity = holder.child("valueQuantity")
    reason = holder.child("dataAbsentReason")
    if quantity is None:
        if reason is not None and any(coding.code in _NOT_MEASURED for coding in reason.codings()):
            return None
        raise holder.wrong(
            "has no valueQuantity. A threshold above the highest level is written as that level with the comparator "
            "'>', one that was not measured with a dataAbsentReason such as 'not-performed'."
        )
    if reason is not None:
        raise holder.wrong("has a valueQuantity and a dataAbsentReason, which contradict each other.")
    _check_hearing_level(quantity)
    comparator = quantity.child("comparator")
    if comparator is not None and comparator.value != ">":
        raise comparator.refused("is not allowed. '>' stands for no response at the highest level.")
    level_db_hl = quantity.number("value")
    if not is_allowed_level(level_db_hl):
        raise quantity.wrong(f"{level_db_hl:g} is not {ALLOWED_LEVEL}.")
    return Threshold(ear, frequency_hz, level_db_hl, conduction, is_masked, is_no_response=comparator is not None)


def _check_hearing_level(quantity: Node) -> None:
    """UCUM has dB and dB[SPL] but no dB HL: the code dB is a hearing level because the Observation is a threshold."""
    system, code, unit = quantity.text("system"), quantity.text("code"), quantity.text("unit")
    plain = None if unit is None else "".join(letter for letter in unit.casefold() if letter.isalnum())
    is_coded = system == UCUM and code == "dB" and (plain is None or plain in _HEARING_LEVEL_UNITS)
    is_in_words = system is None and code is None and plain == "dbhl"
    if not is_coded and not is_in_words:
        raise quantity.wrong(
            f"the unit {shown(unit or '')} with the code {shown(code or '')} is not a hearing level. Allowed is the "
            "UCUM code 'dB' with the unit 'dB HL' or 'dB'."
        )


def _site(observation: Node) -> Ear | None:
    site = observation.child("bodySite")
    if site is None:
        return None
    ears = {EAR_OF_SITE[c.code] for c in site.codings() if c.system == SNOMED and c.code in EAR_OF_SITE}
    if len(ears) > 1:
        raise site.wrong("names both ears. A threshold has one ear.")
    ear = next(iter(ears), None)
    said = {word.lower() for words in site.words() for word in _EAR_WORD.findall(words)}
    if ear is not None and said and ear.value not in said:
        raise site.wrong(f"the code is that of the {ear} ear, but the words say {shown(' '.join(sorted(said)))}.")
    if ear is None and said:
        raise site.wrong(f"names an ear in words only. Allowed are {_SITES}.")
    return ear


def _method(observation: Node) -> tuple[Conduction, bool] | None:
    method = observation.child("method")
    if method is None:
        return None
    codings = method.codings()
    found = {METHOD_OF_CODE[c.code] for c in codings if c.system == LOCAL and c.code in METHOD_OF_CODE}
    if len(found) == 1:
        return next(iter(found))
    if found or any(c.system == LOCAL for c in codings) or any(_CONDUCTION_WORD.search(w) for w in method.words()):
        raise method.wrong(f"speaks of conduction or masking in a way that is not understood. Allowed are {_METHODS}.")
    return None


def _sensitivity_components(observation: Node) -> tuple[Node, ...]:
    """The components of the HL7 PHR guide that hold the thresholds of the ears at one frequency."""
    codes = SENSITIVITY_OF.values()
    return tuple(component for component in observation.items("component") if _has_sensitivity_code(component, *codes))


def _has_sensitivity_code(component: Node, *codes: str) -> bool:
    code = component.child("code")
    return code is not None and code.is_coded(HEARING_SENSITIVITY, *codes)


def _sensitivities(observation: Node, setting: Setting) -> Iterator[Threshold]:
    frequency_hz = _stated_frequency(observation)
    conduction, is_masked = setting.method or (Conduction.AIR, False)
    for component in observation.items("component"):
        component.check_modifiers()
        if _has_sensitivity_code(component, FREQUENCY):
            continue
        ears = [ear for ear, code in SENSITIVITY_OF.items() if _has_sensitivity_code(component, code)]
        if len(ears) != 1:
            raise component.wrong(f"is not understood. Allowed are {FREQUENCY}, {', '.join(SENSITIVITY_OF.values())}.")
        if setting.ear is not None and setting.ear is not ears[0]:
            raise component.wrong(f"is of the {ears[0]} ear, but the bodySite is the {setting.ear} ear.")
        code = component.child("code")
        assert code is not None
        loinc = {THRESHOLD_OF_CODE[c.code] for c in code.codings() if c.system == LOINC and c.code in THRESHOLD_OF_CODE}
        if loinc and loinc != {(ears[0], frequency_hz)}:
            raise code.wrong(f"{_shown_codes(code)} is not the code of the {ears[0]} ear at {frequency_hz:g} Hz.")
        _check_words(code, ears[0], frequency_hz)
        threshold = _threshold(component, ears[0], frequency_hz, conduction=conduction, is_masked=is_masked)
        if threshold is not None:
            yield threshold


def _keys(holder: Node) -> tuple[str, ...]:
    return tuple(holder.value) if isinstance(holder.value, dict) else ()
