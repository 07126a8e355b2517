"""What one cell of a trial table may hold: its text becomes a value, or a refusal that says what is allowed."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from hearfit.audiology.audiogram import Ear
from hearfit.errors import InputError

Value = TypeVar("Value")

MISSING = ("", "n/a")
MAX_LISTENER_CHARACTERS = 64
MAX_TRIAL = 1_000_000_000

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_BIDI_CONTROLS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Control characters, lone surrogates, line and paragraph separators.
_REFUSED_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})
_LISTENER_RULE = (
    f"Allowed: 1 to {MAX_LISTENER_CHARACTERS} characters, none of them a control character, a folder separator or a "
    "mark that changes the writing direction, and no space at either end."
)


@dataclass(frozen=True)
class Refusal:
    """Why a text is refused: the end of a sentence that begins with the text."""

    reason: str


def is_missing(text: str) -> bool:
    """Whether a cell is empty or holds the n/a of BIDS."""
    return text in MISSING


def listener_from(text: str) -> str | Refusal:
    """A listener's id. Ids become parts of file names and of reports, hence the rule."""
    if is_missing(text):
        return Refusal(f"is not a listener. {_LISTENER_RULE}")
    is_safe = (
        len(text) <= MAX_LISTENER_CHARACTERS
        and text == text.strip()
        and text not in {".", ".."}
        and not any(
            letter in "/\\" or letter in _BIDI_CONTROLS or unicodedata.category(letter) in _REFUSED_CATEGORIES
            for letter in text
        )
    )
    return text if is_safe else Refusal(f"cannot be the id of a listener. {_LISTENER_RULE}")


def check_listener(text: str) -> None:
    """Refuses what cannot be the id of a listener.

    Raises:
        InputError: it cannot.
    """
    result = listener_from(text)
    if isinstance(result, Refusal):
        raise InputError(f"{shown(text)} {result.reason}")


def ear_from(text: str) -> Ear | Refusal:
    """An ear; abbreviations are refused, because codes such as 1 and 2 differ between laboratories."""
    return Ear(text) if text in tuple(Ear) else Refusal("is not an ear. Allowed: left, right.")


def session_from(text: str) -> str | Refusal:
    """The date of a session."""
    refusal = Refusal("is not a session. Allowed: a date as year-month-day, such as 2026-03-31.")
    if not _ISO_DATE.fullmatch(text):
        return refusal
    try:
        date.fromisoformat(text)
    except ValueError:
        return refusal
    return text


def check_session(text: str) -> None:
    """Refuses what cannot be the date of a session.

    Raises:
        InputError: it cannot.
    """
    result = session_from(text)
    if isinstance(result, Refusal):
        raise InputError(f"{shown(text)} {result.reason}")


def number_from(text: str) -> float | Refusal:
    """A finite number, written with a point."""
    if not _NUMBER.fullmatch(text):
        if text.count(",") == 1 and _NUMBER.fullmatch(text.replace(",", ".")):
            return Refusal("is not a number. Write the decimal mark as a point.")
        return Refusal("is not a finite number. Allowed: digits with a point as the decimal mark.")
    value = float(text)
    return value if abs(value) != float("inf") else Refusal("is not a finite number. It is too large.")


def trial_from(text: str) -> int | Refusal:
    """The number of a trial."""
    return _whole_number(text, lowest=1, highest=MAX_TRIAL, what="the number of a trial")


def interval_count_from(text: str, *, highest: int) -> int | Refusal:
    """The number of intervals of a trial; 0 stands for a missing value."""
    if is_missing(text):
        return 0
    return _whole_number(text, lowest=1, highest=highest, what="a number of intervals")


def catch_from(text: str) -> int | Refusal:
    """Whether nothing was played, 0 or 1; -1 stands for a missing value."""
    if is_missing(text):
        return -1
    number = {"false": 0.0, "true": 1.0}.get(text.lower(), number_from(text))
    if isinstance(number, Refusal) or number not in {0.0, 1.0}:
        return Refusal("does not say whether this is a catch trial. Allowed: 0, 1, false, true.")
    return int(number)


def _whole_number(text: str, *, lowest: int, highest: int, what: str) -> int | Refusal:
    number = number_from(text)
    if isinstance(number, Refusal) or not number.is_integer() or not lowest <= number <= highest:
        return Refusal(f"is not {what}. Allowed: a whole number from {lowest} to {highest}.")
    return int(number)


def parse_each(
    texts: Sequence[str], parse: Callable[[str], Value | Refusal], *, refused: Value
) -> tuple[list[Value], dict[int, str]]:
    """The values of distinct texts, with `refused` in place of those that are, and the reason for each of these."""
    values: list[Value] = []
    reasons: dict[int, str] = {}
    for index, text in enumerate(texts):
        result = parse(text)
        if isinstance(result, Refusal):
            reasons[index] = result.reason
            values.append(refused)
        else:
            values.append(result)
    return values, reasons


def shown(text: str) -> str:
    """A cell as messages show it: quoted, short, and with nothing that a terminal would act on."""
    quoted = repr(text if len(text) <= 60 else f"{text[:60]}...")
    return f"{quoted} (missing)" if is_missing(text) else quoted
