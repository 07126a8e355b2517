"""The sentences that say what is wrong with a key of a protocol file."""

import difflib

from pydantic import BaseModel
from pydantic_core import ErrorDetails

_SHOWN_CHARACTERS = 60


def key_problem(detail: ErrorDetails, *, model: type[BaseModel], source: str) -> str:
    """What is wrong with one key, and what is allowed there: the description of the field."""
    names = [part for part in detail["loc"] if isinstance(part, str)]
    path = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in detail["loc"]).lstrip(".")
    table = model
    for name in names[:-1]:
        inner = table.model_fields[name].annotation
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            # A table of numbers: what is allowed there is said where the table is.
            names = names[: names.index(name) + 1]
            break
        table = inner
    if detail["type"] == "extra_forbidden":
        known = sorted(table.model_fields)
        close = difflib.get_close_matches(names[-1], known, n=1)
        guess = f"Did you mean {close[0]}? " if close else ""
        return f"{source}: the key {_shown_key(path)} is not known. {guess}Known here are {', '.join(known)}."
    allowed = table.model_fields[names[-1]].description
    state = "is missing" if detail["type"] == "missing" else f"is {shown_value(detail['input'])}"
    return f"{source}: the key {path} {state}. Allowed is {allowed}."


def _shown_key(path: str) -> str:
    is_plain = path.replace("_", "").replace(".", "").isalnum() and len(path) <= _SHOWN_CHARACTERS
    return path if is_plain else shown_value(path)


def shown_value(value: object) -> str:
    """A value as a message shows it."""
    try:
        text = "true" if value is True else "false" if value is False else repr(value)
    except ValueError:
        return "a number of thousands of digits"
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}..."
