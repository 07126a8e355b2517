"""Audiograms of the Clarity Challenge: `listeners.json`, several listeners a file, air conduction of both ears.

Format of pyclarity: {"L0001": {"name": "L0001", "audiogram_cfs": [...], "audiogram_levels_l": [...],
"audiogram_levels_r": [...]}}, frequencies in Hz and levels in dB HL.
"""

from collections.abc import Mapping, Sequence

from hearfit.audiology.audiogram import Audiogram, Ear, Threshold
from hearfit.audiology.file_values import (
    ALLOWED_FREQUENCY,
    ALLOWED_LEVEL,
    choice_problem,
    is_allowed_frequency,
    is_allowed_level,
    shown,
    the_only,
)
from hearfit.audiology.json_text import as_float, parse_json
from hearfit.errors import InputError

_KEYS = ("audiogram_cfs", "audiogram_levels_l", "audiogram_levels_r")
EAR_KEYS = ((Ear.LEFT, "audiogram_levels_l"), (Ear.RIGHT, "audiogram_levels_r"))
_FORMAT = "A Clarity file is a JSON object of listeners, each with the lists " + ", ".join(_KEYS)


def parse_clarity_listeners(text: str, *, source: str, listener: str | None = None) -> Audiogram:
    """One listener's audiogram from the text of a `listeners.json`; `source` names it in errors.

    Raises:
        InputError: the text is not such a file, or `listener` does not choose one of its listeners.
    """
    return the_only(parse_clarity_audiograms(text, source=source, listener=listener), source=source)


def parse_clarity_audiograms(text: str, *, source: str, listener: str | None = None) -> tuple[Audiogram, ...]:
    """Every listener's audiogram, or only that of `listener`; `source` names the file in errors.

    Raises:
        InputError: the text is not such a file, or has no such listener.
    """
    content = parse_json(text, source=source)
    if not isinstance(content, Mapping) or not content:
        raise InputError(f"{source}: is not a file of listeners. {_FORMAT}.")
    if "resourceType" in content:
        raise InputError(f"{source}: is a FHIR resource, not a file of listeners. {_FORMAT}.")
    problems: list[str] = []
    audiograms = {name: _audiogram(name, entry, source, problems) for name, entry in content.items()}
    if problems:
        raise InputError(problems)
    if listener is None:
        return tuple(audiograms.values())
    problem = choice_problem(source, listeners=list(audiograms), listener=listener)
    if problem:
        raise InputError(problem)
    return (audiograms[listener],)


def _audiogram(name: str, entry: object, source: str, problems: list[str]) -> Audiogram:
    place = f"{source}, listener {shown(name)}"
    found = len(problems)
    if not name.strip() or not name.isprintable():
        problems.append(f"{place}: the name of a listener is printable text and not blank.")
    if not isinstance(entry, Mapping):
        problems.append(f"{place}: is {shown(repr(entry))}. {_FORMAT}.")
        return Audiogram(name, ())
    if entry.get("name", name) != name:
        problems.append(f"{place}, name: {shown(repr(entry['name']))} is not the key of the listener.")
    frequency_hz = _numbers(entry, "audiogram_cfs", place, problems)
    levels = {ear: _numbers(entry, key, place, problems) for ear, key in EAR_KEYS}
    if len(problems) > found:
        return Audiogram(name, ())
    if len(set(frequency_hz)) < len(frequency_hz):
        problems.append(f"{place}, audiogram_cfs: a frequency occurs more than once. Keep one of them.")
    for ear, key in EAR_KEYS:
        if len(levels[ear]) != len(frequency_hz):
            problems.append(
                f"{place}, {key}: has {len(levels[ear])} levels, but audiogram_cfs has {len(frequency_hz)} frequencies."
            )
    if len(problems) > found:
        return Audiogram(name, ())
    return Audiogram(
        name,
        tuple(
            Threshold(ear, frequency, level)
            for ear, _ in EAR_KEYS
            for frequency, level in zip(frequency_hz, levels[ear], strict=True)
        ),
    )


def _numbers(entry: Mapping[str, object], key: str, place: str, problems: list[str]) -> list[float]:
    values = entry.get(key)
    if not isinstance(values, Sequence) or isinstance(values, str) or not values:
        was = "missing" if values is None else shown(repr(values))
        problems.append(f"{place}, {key}: is {was}, not a list of at least one number.")
        return []
    is_frequency = key == "audiogram_cfs"
    allowed = ALLOWED_FREQUENCY if is_frequency else ALLOWED_LEVEL
    numbers: list[float] = []
    for position, value in enumerate(values):
        number = as_float(value)
        if number is not None and (is_allowed_frequency(number) if is_frequency else is_allowed_level(number)):
            numbers.append(number)
        else:
            problems.append(f"{place}, {key}, entry {position + 1}: {shown(repr(value))} is not {allowed}.")
    return numbers
