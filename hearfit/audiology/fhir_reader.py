"""Audiograms from a FHIR R4 document: a Bundle, or an Observation with what it contains.

Read are Observations of the panel LOINC 89015-2 with components, members or contained thresholds, thresholds with LOINC
codes outside a panel, the form of the HL7 Personal Health Records guide, and what `fhir_writer` writes. Other
Observations and resources of a Bundle are no part of an audiogram and are passed over; inside a panel, whatever is not
understood is refused.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

from hearfit.audiology.audiogram import Audiogram, Conduction, Ear, Threshold
from hearfit.audiology.fhir_codes import (
    AIR_PANEL,
    LOCAL,
    LOCAL_BONE_PANEL,
    LOINC,
    PHR_ROOT,
)
from hearfit.audiology.fhir_document import Document, read_document
from hearfit.audiology.fhir_node import Node
from hearfit.audiology.fhir_subject import date_of, listener_of, transducer_of
from hearfit.audiology.fhir_threshold import (
    Setting,
    component_threshold,
    is_threshold,
    setting_of,
    thresholds_of,
)
from hearfit.audiology.file_values import choice_problem, some_of
from hearfit.errors import InputError

_STATUS: Final = ("final", "amended", "corrected")
_WHAT: Final = "An audiogram in FHIR R4 is an Observation of the panel LOINC 89015-2, alone or in a Bundle"


@dataclass(frozen=True)
class _Circumstances:
    """What holds for a threshold, where it is told."""

    setting: Setting
    listener: str | None
    date: str | None
    transducer: str | None


@dataclass(frozen=True)
class _Found:
    """A threshold, where it stands and what holds for it."""

    node: Node
    threshold: Threshold
    about: _Circumstances


_NOTHING: Final = _Circumstances(Setting(), None, None, None)


def parse_fhir_audiograms(text: str, *, source: str, listener: str | None = None) -> tuple[Audiogram, ...]:
    """Every listener's audiogram in a FHIR document, or only that of `listener`; `source` names the file in errors.

    A document that names no subject belongs to `listener`, or else to its own name without the ending.

    Raises:
        InputError: the text is not such a document, every problem at once; or it has no such listener.
    """
    document = read_document(text, source=source)
    problems: list[str] = []
    found = [each for observation in _read(document, problems, listener) for each in observation]
    if problems:
        raise InputError(problems)
    if not found:
        raise InputError(f"{source}: holds no hearing threshold. {_WHAT}.")
    named = list(dict.fromkeys(each.about.listener for each in found if each.about.listener is not None))
    if listener is not None and named and (problem := choice_problem(source, listeners=named, listener=listener)):
        raise InputError(problem)
    fallback = listener or PurePath(source).name.removesuffix(".json").removesuffix(".fhir").strip() or "listener"
    if named and len(named) < len({each.about.listener for each in found}):
        raise InputError(f"{source}: has thresholds with and without a subject, so some are of an unknown listener.")
    chosen = [listener] if listener is not None else named or [fallback]
    audiograms = tuple(
        _audiogram(source, name, [each for each in found if each.about.listener in (name, None)], problems)
        for name in chosen
    )
    if problems:
        raise InputError(problems)
    return audiograms


def _read(document: Document, problems: list[str], listener: str | None) -> Iterator[list[_Found]]:
    """The thresholds of each Observation, in the order of the document; what is wrong is added to the problems."""
    panels: dict[str, _Circumstances] = {}
    circumstances_of_panel: dict[str, _Circumstances] = {}
    for panel in document.observations:
        try:
            if _is_panel(panel):
                _check_observation(panel)
                panels[panel.path] = _circumstances(document, panel, _NOTHING, listener)
                for member in _members(document, panel):
                    circumstances_of_panel[member.path] = panels[panel.path]
        except InputError as error:
            problems += error.problems
    for observation in document.observations:
        found: list[_Found] = []
        try:
            if observation.path in panels:
                about = panels[observation.path]
                for component in observation.items("component"):
                    threshold = component_threshold(component, about.setting)
                    if threshold is not None:
                        found.append(_Found(component, threshold, about))
            elif observation.path in circumstances_of_panel or is_threshold(observation):
                _check_observation(observation)
                if not is_threshold(observation):
                    raise _not_understood(observation)
                about = circumstances_of_panel.get(observation.path, _NOTHING)
                about = _circumstances(document, observation, about, listener)
                found += [_Found(observation, each, about) for each in thresholds_of(observation, about.setting)]
        except InputError as error:
            problems += error.problems
        yield found


def _is_panel(observation: Node) -> bool:
    code = observation.child("code")
    if code is None:
        return False
    is_phr = any((c.system or "").startswith(PHR_ROOT) and c.code == "Audiogram" for c in code.codings())
    return is_phr or code.is_coded(LOINC, AIR_PANEL) or code.is_coded(LOCAL, LOCAL_BONE_PANEL)


def _members(document: Document, panel: Node) -> Iterator[Node]:
    for reference in panel.items("hasMember"):
        member = document.resolved(reference)
        if member is None:
            raise reference.wrong(
                f"the member {reference.text('reference')!r} is not in this file, and nothing is fetched. Export the "
                "panel with its members."
            )
        yield member


def _check_observation(observation: Node) -> None:
    status = observation.text("status")
    if status not in _STATUS:
        raise observation.wrong(f"has the status {status!r}. Allowed: {', '.join(_STATUS)}.")
    observation.check_modifiers()


def _not_understood(observation: Node) -> InputError:
    code = observation.child("code")
    codes = [] if code is None else [coding.code for coding in code.codings()]
    return observation.wrong(
        f"is a member of an audiogram, but its code ({some_of(codes) or 'none'}) is not that of a hearing threshold. "
        "Allowed are the LOINC codes of the panel 89015-2, each of one ear and frequency."
    )


def _circumstances(
    document: Document, observation: Node, panel: _Circumstances, listener: str | None
) -> _Circumstances:
    """What an Observation says of its thresholds, and where it is silent what its panel says."""
    own = setting_of(observation)
    name, date = listener_of(document, observation, listener), date_of(observation)
    if None not in (name, panel.listener) and name != panel.listener:
        raise observation.wrong("has another subject than its panel.")
    if None not in (date, panel.date) and date != panel.date:
        raise observation.wrong(f"has another date than its panel, {date} and not {panel.date}.")
    return _Circumstances(
        setting=Setting(ear=own.ear or panel.setting.ear, method=own.method or panel.setting.method),
        listener=name or panel.listener,
        date=date or panel.date,
        transducer=transducer_of(document, observation) or panel.transducer,
    )


def _audiogram(source: str, listener: str, found: list[_Found], problems: list[str]) -> Audiogram:
    transducers = sorted({each.about.transducer for each in found if each.about.transducer is not None})
    dates = sorted({each.about.date for each in found if each.about.date is not None})
    for what, values in (("transducer", transducers), ("date", dates)):
        if len(values) > 1:
            problems.append(f"{source}: one audiogram has one {what}, not {some_of(values)}. Keep one of them.")
    first: dict[tuple[Ear, float, Conduction, bool], Node] = {}
    for each in found:
        threshold = each.threshold
        key = (threshold.ear, threshold.frequency_hz, threshold.conduction, threshold.is_masked)
        earlier = first.setdefault(key, each.node)
        if earlier is not each.node:
            problems.append(
                f"{source}, {each.node.path}: repeats {earlier.path} ({threshold.ear} ear, {threshold.frequency_hz:g} "
                f"Hz, {threshold.conduction}). Keep one of them."
            )
    return Audiogram(
        listener=listener,
        thresholds=tuple(each.threshold for each in found),
        transducer=transducers[0] if transducers else None,
        date=dates[0] if dates else None,
    )
