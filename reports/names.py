"""Names from files as a page may show them: nothing hidden, nothing that turns the text around it."""

import dataclasses
import unicodedata
from typing import Final

from hearfit.audiology.audiogram import Audiogram
from hearfit.listener.profile import Posterior, Profile

_LONGEST: Final = 48
_RIGHT_TO_LEFT: Final = frozenset({"R", "AL"})
_ISOLATE: Final = "\N{FIRST STRONG ISOLATE}"
_POP_ISOLATE: Final = "\N{POP DIRECTIONAL ISOLATE}"
# Spaces are not printable for Python, but harmless.
_HARMLESS: Final = frozenset({"\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}"})


def shown(text: str) -> str:
    """Control characters, marks of direction and broken Unicode as escapes; right-to-left text isolated."""
    escaped = "".join(letter if letter.isprintable() or letter in _HARMLESS else repr(letter)[1:-1] for letter in text)
    is_right_to_left = any(unicodedata.bidirectional(letter) in _RIGHT_TO_LEFT for letter in escaped)
    return f"{_ISOLATE}{escaped}{_POP_ISOLATE}" if is_right_to_left else escaped


def shortened(text: str, longest: int = _LONGEST) -> str:
    """For a line that must not grow, as at the foot of a page."""
    if len(text) <= longest:
        return text
    end = _POP_ISOLATE if text.startswith(_ISOLATE) else ""
    return f"{text[: longest - 1]}…{end}"


def shown_profile(profile: Profile) -> Profile:
    """The profile with every name as it may be shown."""
    result = _shown_in(profile)
    assert isinstance(result, Profile)
    return result


def shown_audiogram(audiogram: Audiogram) -> Audiogram:
    """The audiogram with every name as it may be shown."""
    result = _shown_in(audiogram)
    assert isinstance(result, Audiogram)
    return result


def _shown_in(value: object) -> object:
    # The covariance is large and its names are never shown; enumerations are no names.
    if type(value) is str:
        return shown(value)
    if isinstance(value, tuple):
        return value if value and isinstance(value[0], float) else tuple(map(_shown_in, value))
    if dataclasses.is_dataclass(value) and not isinstance(value, Posterior | type):
        old = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        new = {name: _shown_in(each) for name, each in old.items()}
        changed = {name: each for name, each in new.items() if each is not old[name]}
        return dataclasses.replace(value, **changed) if changed else value
    return value
