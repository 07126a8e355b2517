"""What every audiogram file format shares: the limits of a threshold, and how a file is quoted in errors."""

import math
import re
from collections.abc import Sequence

from hearfit.audiology.audiogram import Audiogram
from hearfit.errors import InputError

LOWEST_DB_HL, HIGHEST_DB_HL = -20.0, 130.0
LOWEST_HZ, HIGHEST_HZ = 20.0, 20000.0

ALLOWED_LEVEL = f"a number of dB HL from {LOWEST_DB_HL:g} to {HIGHEST_DB_HL:g}"
ALLOWED_FREQUENCY = f"a number of hertz from {LOWEST_HZ:g} to {HIGHEST_HZ:g}"

MISSING = frozenset({"", "n/a"})

_LONGEST_SHOWN = 40
# What a spreadsheet takes for a formula when a cell begins with it, after apostrophes that were put there before.
_FORMULA = re.compile(r"'*[=+\-@]")


def is_allowed_level(level_db_hl: float) -> bool:
    """Whether a threshold is one that an audiometer can measure; never for NaN or an infinity."""
    return math.isfinite(level_db_hl) and LOWEST_DB_HL <= level_db_hl <= HIGHEST_DB_HL


def is_allowed_frequency(frequency_hz: float) -> bool:
    """Whether a frequency is audible; never for NaN or an infinity."""
    return math.isfinite(frequency_hz) and LOWEST_HZ <= frequency_hz <= HIGHEST_HZ


def shown(text: str) -> str:
    """A piece of a file as an error message quotes it: escaped, and cut when it is long."""
    return repr(text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}...")


def some_of(names: list[str]) -> str:
    """The first few names, for an error message that helps to choose."""
    tail = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(shown(name) for name in names[:5]) + tail


def choice_problem(source: str, *, listeners: list[str], listener: str | None) -> str | None:
    """Why `listener` does not choose exactly one of a file's listeners, or None when it does."""
    if listener is None and len(listeners) > 1:
        return f"{source}: holds {len(listeners)} listeners ({some_of(listeners)}). Name the one to read."
    if listener is not None and listener not in listeners:
        return f"{source}: has no listener {shown(listener)}. Its listeners are {some_of(listeners)}."
    return None


def the_only(audiograms: tuple[Audiogram, ...], *, source: str) -> Audiogram:
    """The audiogram of a file that must hold one.

    Raises:
        InputError: it holds several.
    """
    problem = choice_problem(source, listeners=[audiogram.listener for audiogram in audiograms], listener=None)
    if problem:
        raise InputError(problem)
    return audiograms[0]


def shortest(number: float) -> str:
    """The shortest text that reads back to the same number, without a needless decimal point."""
    return repr(float(number)).removesuffix(".0")


def is_name(text: str) -> bool:
    """Whether a text can name a listener or a transducer in every format: printable, and the same after trimming.

    Marks that change the writing direction are not printable, so no name can rearrange the text around it.
    """
    return text.isprintable() and text == text.strip() and text.lower() not in MISSING


def check_different(audiograms: Sequence[Audiogram]) -> None:
    """Refuses to write a listener twice into one file, from which no one could be chosen.

    Raises:
        InputError: two audiograms have the same listener.
    """
    names = [audiogram.listener for audiogram in audiograms]
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if twice:
        raise InputError([f"The listener {shown(name)} is there twice." for name in twice])


def check_names(audiogram: Audiogram) -> None:
    """Refuses names that would not read back.

    Raises:
        InputError: a name is blank, n/a, has spaces around it or characters that cannot be printed.
    """
    allowed = "Allowed is printable text without spaces around it, other than n/a."
    problems = []
    if not is_name(audiogram.listener):
        problems.append(f"{shown(audiogram.listener)} cannot be written as the name of a listener. {allowed}")
    if audiogram.transducer is not None and not is_name(audiogram.transducer):
        problems.append(f"{shown(audiogram.transducer)} cannot be written as a transducer. {allowed}")
    if problems:
        raise InputError(problems)


def guarded(cell: str) -> str:
    """A cell that no spreadsheet runs as a formula: an apostrophe is put before what looks like one."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def unguarded(cell: str) -> str:
    """The inverse of `guarded`."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell[1:]) else cell
