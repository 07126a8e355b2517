"""`profile.json`: one ear's profile as text that reads back to the same object."""

import dataclasses
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails, PydanticSerializationError, from_json, to_json

from hearfit.errors import InputError
from hearfit.listener.profile import PROFILE_SCHEMA, PROFILE_VERSION, Profile
from hearfit.storage.files import read_text, write_text

_ADAPTER = TypeAdapter(Profile)
_MAX_ECHO = 40


def read_profile(path: Path) -> Profile:
    """The profile in a file.

    Raises:
        InputError: the file cannot be read or does not hold a profile that this version understands.
    """
    return profile_from_json(read_text(path), source=str(path))


def write_profile(path: Path, profile: Profile) -> None:
    """Writes a profile, the whole file or nothing.

    Raises:
        InputError: the file cannot be written, or a name in the profile is not text.
        ValueError: as `profile_to_json`.
    """
    write_text(path, profile_to_json(profile))


def profile_to_json(profile: Profile) -> str:
    """A profile as indented JSON, its keys in the order of the dataclass.

    Raises:
        InputError: a name holds characters that cannot be written as UTF-8.
        ValueError: a number is not finite. JSON has none such, and a reader would take their place for "unknown",
            so whoever makes a profile decides what stands there.
    """
    places = list(_not_finite(profile, "profile"))
    if places:
        raise ValueError(f"A profile holds only finite numbers, but these are not: {', '.join(places)}.")
    try:
        return _ADAPTER.dump_json(profile, indent=2).decode("utf-8") + "\n"
    except PydanticSerializationError as error:
        raise InputError(f"The profile cannot be written as UTF-8 text ({error}).") from None


def profile_from_json(text: str, *, source: str) -> Profile:
    """The profile in a JSON text; `source` names it in the messages.

    Raises:
        InputError: it is not JSON, not a profile, from a newer hearfit, or incomplete; all problems at once.
    """
    content = _checked_header(text, source)
    try:
        if content["version"] == 1:
            text = to_json(_from_version_1(content)).decode("utf-8")
        profile = _ADAPTER.validate_json(text, strict=True, extra="forbid")
    except ValidationError as error:
        raise InputError([_sentence(source, detail) for detail in error.errors(include_url=False)]) from None
    problems = [f"{source}: `{place}` is not a finite number." for place in _not_finite(profile, "")]
    problems += [f"{source}: {problem}" for problem in _inconsistencies(profile)]
    if problems:
        raise InputError(problems)
    return profile


def _checked_header(text: str, source: str) -> dict[str, Any]:
    """The document. Refuses what is not a profile of this version before its fields are looked at one by one."""
    try:
        content = from_json(text, allow_inf_nan=False)
    except ValueError as error:
        raise InputError(
            f"{source}: is not valid JSON ({error}). Give a profile.json that `hearfit fit` wrote."
        ) from None
    schema = content.get("schema") if isinstance(content, dict) else None
    if schema != PROFILE_SCHEMA:
        found = "there is none" if schema is None else f"it is {_echo(schema)}"
        raise InputError(
            f"{source}: is not a hearfit profile: its `schema` must be {PROFILE_SCHEMA!r}, but {found}. "
            "Give a profile.json that `hearfit fit` wrote."
        )
    version = content.get("version")
    # bool is a subclass of int, and `true` is no version.
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise InputError(
            f"{source}: its `version` must be a whole number from 1 to {PROFILE_VERSION}, but it is {_echo(version)}."
        )
    if version > PROFILE_VERSION:
        raise InputError(
            f"{source}: was written by a newer hearfit (profile version {version}; this one reads up to "
            f"{PROFILE_VERSION}). Upgrade hearfit to read it."
        )
    assert isinstance(content, dict)
    return content


def _from_version_1(content: dict[str, Any]) -> dict[str, Any]:
    """In version 1 every curve was one against level, and had a masker or none. What is not one is left as it is."""
    curves = content.get("curves")
    changed = {"curves": [_curve_from_version_1(curve) for curve in curves]} if isinstance(curves, list) else {}
    return content | changed | {"version": PROFILE_VERSION}


def _curve_from_version_1(old: object) -> object:
    if not isinstance(old, dict):
        return old
    new = {"x" if key == "level_db_hl" else key: value for key, value in old.items() if key != "masker"}
    if isinstance(answers := old.get("answers"), list):
        new["answers"] = [
            {"x" if key == "level_db_hl" else key: value for key, value in answer.items()}
            if isinstance(answer, dict)
            else answer
            for answer in answers
        ]
    masker = old.get("masker")
    level = "level_db_spl_per_hz"
    parameters = (
        {f"masker_{level}" if key == level else key: value for key, value in masker.items()}
        if isinstance(masker, dict)
        else {}
    )
    return new | {"x_column": "level_db_hl", "parameters": parameters}


def _sentence(source: str, detail: ErrorDetails) -> str:
    place = ".".join(str(part) for part in detail["loc"]) or "the document"
    if detail["type"] == "missing":
        return f"{source}: the field `{place}` is missing."
    if detail["type"] == "unexpected_keyword_argument":
        return f"{source}: the field `{place}` is not part of a profile of version {PROFILE_VERSION}."
    expectation = detail["msg"][0].lower() + detail["msg"][1:]
    return f"{source}: the field `{place}` is {_echo(detail['input'])}, but {expectation}."


def _echo(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= _MAX_ECHO else shown[: _MAX_ECHO - 3] + "..."


def _not_finite(value: object, place: str) -> Iterator[str]:
    """The places of NaN and infinities anywhere inside a profile."""
    if isinstance(value, float):
        if not math.isfinite(value):
            yield place
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _not_finite(item, f"{place}.{index}")
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _not_finite(item, f"{place}.{key}")
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            inner = f"{place}.{field.name}" if place else field.name
            yield from _not_finite(getattr(value, field.name), inner)


def _inconsistencies(profile: Profile) -> Iterator[str]:
    """What types cannot say: what readers of a profile rely on."""
    frequencies = [entry.frequency_hz for entry in profile.frequencies]
    if not frequencies:
        yield "`frequencies` is empty, but a profile has at least one."
    if any(value <= 0 for value in frequencies) or frequencies != sorted(set(frequencies)):
        yield "the frequencies must be positive and ascend, each once."
    for index, curve in enumerate(profile.curves):
        lengths = {
            len(curve.x),
            len(curve.predicted),
            len(curve.lower_95),
            len(curve.upper_95),
            len(curve.normal_ear),
        }
        if len(lengths) != 1:
            yield f"the lists of `curves.{index}` must be equally long, but their lengths are {sorted(lengths)}."
    if profile.least_determined is not None and not profile.least_determined.parts:
        yield "`least_determined.parts` is empty, but a combination has at least one part."
    elif profile.least_determined is not None and profile.least_determined.parts[0].weight <= 0.0:
        weight = profile.least_determined.parts[0].weight
        yield f"`least_determined.parts.0.weight` is {weight:g}, but the first part rises: more than 0 is allowed."
    if profile.model_comparison is not None and not profile.model_comparison.scores:
        yield "`model_comparison.scores` is empty, but a comparison is of at least one model."
    size = len(profile.posterior.names)
    rows = profile.posterior.covariance
    if len(profile.posterior.mode) != size or len(rows) != size or any(len(row) != size for row in rows):
        yield f"`posterior` names {size} parameters, so it needs as many modes and a square covariance of that size."
