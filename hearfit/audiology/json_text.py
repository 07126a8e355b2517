"""JSON as the audiogram formats need it: no key twice, one sentence for whatever is broken."""

import json
from collections.abc import Mapping

from hearfit.audiology.file_values import shown
from hearfit.errors import InputError


def parse_json(text: str, *, source: str) -> object:
    """The value in a JSON text; `source` names it in errors.

    Raises:
        InputError: it is not JSON, or an object has a key twice, of which a parser would silently keep the last.
    """

    def refuse_repetition(pairs: list[tuple[str, object]]) -> Mapping[str, object]:
        content: dict[str, object] = {}
        for key, value in pairs:
            if key in content:
                raise InputError(f"{source}: the key {shown(key)} occurs more than once in one object.")
            content[key] = value
        return content

    try:
        content: object = json.loads(text, object_pairs_hook=refuse_repetition)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise InputError(f"{source}: is not readable JSON ({place}: {error.msg}).") from None
    except (ValueError, RecursionError) as error:
        # An integer of thousands of digits, or thousands of nested brackets.
        raise InputError(f"{source}: is not readable JSON ({error}).") from None
    return content


def as_float(value: object) -> float | None:
    """A JSON number as a float; None for anything else, true and false included."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:
        return None
