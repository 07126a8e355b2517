"""What every audiogram file format shares: the limits of a threshold, and how a file is quoted in errors."""

import math

LOWEST_DB_HL, HIGHEST_DB_HL = -20.0, 130.0
LOWEST_HZ, HIGHEST_HZ = 20.0, 20000.0

ALLOWED_LEVEL = f"a number of dB HL from {LOWEST_DB_HL:g} to {HIGHEST_DB_HL:g}"
ALLOWED_FREQUENCY = f"a number of hertz from {LOWEST_HZ:g} to {HIGHEST_HZ:g}"

_LONGEST_SHOWN = 40


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
