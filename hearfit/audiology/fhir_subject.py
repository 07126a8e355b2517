"""Whose threshold an Observation holds, when it was measured, and with which transducer."""

import datetime as dt
import re
from typing import Final

from hearfit.audiology.fhir_codes import LOCAL, LOCAL_TRANSDUCER
from hearfit.audiology.fhir_document import Document
from hearfit.audiology.fhir_node import Node
from hearfit.audiology.file_values import is_name, some_of

# A dateTime of FHIR with at least a day; without its time, which an audiogram does not keep.
_DATE_TIME: Final = re.compile(r"(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?", re.ASCII)


def listener_of(document: Document, observation: Node, listener: str | None) -> str | None:
    """The listener by the identifier of the subject; names of people are never read. None where there is no subject.

    `listener` chooses where a patient has several identifiers.
    """
    subject = observation.child("subject")
    if subject is None:
        return None
    patient = document.resolved(subject)
    own = subject.child("identifier")
    identifiers = [own] if own is not None else list(() if patient is None else patient.items("identifier"))
    names = list(dict.fromkeys(name for each in identifiers if (name := each.text("value")) is not None))
    if not names:
        reference = subject.text("reference")
        names = [reference.rsplit("/", 1)[-1]] if reference is not None else []
    if not names:
        raise subject.wrong("has neither an identifier nor a reference, so the listener is unknown.")
    if len(names) > 1 and listener not in names:
        raise subject.wrong(f"has several identifiers ({some_of(names)}). Name the one to use.")
    name = names[0] if listener is None or listener not in names else listener
    if not is_name(name):
        raise subject.wrong("has an identifier that is not printable text without spaces around it.")
    return name


def date_of(observation: Node) -> str | None:
    """The day of the measurement as year-month-day; None where it is not told."""
    period = observation.child("effectivePeriod")
    holders = [(observation, "effectiveDateTime"), (observation, "effectiveInstant")]
    if period is not None:
        holders += [(period, "start"), (period, "end")]
    days = []
    for holder, key in holders:
        text = holder.text(key)
        if text is not None:
            days.append(_day(holder, key, text))
    if len(set(days)) > 1:
        raise observation.wrong(f"lasts from {days[0]} to {days[-1]}. An audiogram has one day.")
    if observation.child("effectiveTiming") is not None:
        raise observation.wrong("has an effectiveTiming. Allowed is effectiveDateTime.")
    return days[0] if days else None


def _day(holder: Node, key: str, text: str) -> str:
    found = _DATE_TIME.fullmatch(text)
    try:
        if found is not None:
            return dt.date.fromisoformat(found[1]).isoformat()
    except ValueError:
        pass
    node = holder.child(key)
    assert node is not None
    raise node.refused("is not a day. Allowed is a date such as 2024-05-31, with or without a time.")


def transducer_of(document: Document, observation: Node) -> str | None:
    """The transducer, where the device of the Observation says that it is one; an audiometer is not."""
    reference = observation.child("device")
    device = None if reference is None else document.resolved(reference)
    if device is None:
        return None
    kind = device.child("type")
    if kind is None or not kind.is_coded(LOCAL, LOCAL_TRANSDUCER):
        return None
    names = [name for each in device.items("deviceName") if (name := each.text("name")) is not None]
    if len(names) != 1 or not is_name(names[0]):
        raise device.wrong("is a transducer, which has one deviceName of printable text.")
    return names[0]
