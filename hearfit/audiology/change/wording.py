"""Numbers and reasons of the criteria in words."""

import math
from collections.abc import Sequence

from hearfit.audiology.change.interval import Interval
from hearfit.audiology.change.shifts import Shift


def decibels(value_db: float) -> str:
    """A number of dB with a true minus sign and at most one decimal that says something."""
    return f"{round(value_db, 1):g}".replace("-", "−")


def signed(value_db: float) -> str:
    """A shift with its sign: +10, −5, 0."""
    return ("+" if round(value_db, 1) > 0 else "") + decibels(value_db)


def interval_text(interval: Interval, *, is_signed: bool = True) -> str:
    """A number or what is known of it: +10, > +10, < −5, unknown."""
    text = signed if is_signed else decibels
    if interval.is_exact:
        return text(interval.lower_db)
    if math.isfinite(interval.lower_db):
        return f"> {text(interval.lower_db)}"
    return f"< {text(interval.upper_db)}" if math.isfinite(interval.upper_db) else "unknown"


def hertz(frequencies_hz: Sequence[float]) -> str:
    """500 Hz; 500 and 1000 Hz; 500, 1000 and 2000 Hz."""
    words = [f"{hz:g}" for hz in frequencies_hz]
    head = ", ".join(words[:-1])
    return f"{head} and {words[-1]} Hz" if head else f"{words[-1]} Hz"


def shift_list(shifts: Sequence[Shift]) -> str:
    """+15 dB at 2000 and 4000 Hz; +20 dB at 3000 Hz."""
    by_text: dict[str, list[float]] = {}
    for shift in shifts:
        by_text.setdefault(interval_text(shift.change), []).append(shift.frequency_hz)
    return "; ".join(f"{text} dB at {hertz(frequencies_hz)}" for text, frequencies_hz in by_text.items())


def gaps(shifts: Sequence[Shift], *, current_name: str = "current") -> str:
    """Why the shifts are not known, in a clause; empty where all of them are."""
    groups = (
        ("no threshold in either audiogram at", [s for s in shifts if s.baseline is None and s.current is None]),
        ("no baseline threshold at", [s for s in shifts if s.baseline is None and s.current is not None]),
        (f"no {current_name} threshold at", [s for s in shifts if s.current is None and s.baseline is not None]),
        ("no response at baseline at", [s for s in shifts if s.baseline and s.baseline.is_no_response]),
        (
            f"no response in the {current_name} audiogram at",
            [s for s in shifts if s.current and s.current.is_no_response],
        ),
    )
    clauses = [f"{words} {hertz([shift.frequency_hz for shift in found])}" for words, found in groups if found]
    only_bounds = any(t is not None and t.is_no_response for s in shifts for t in (s.baseline, s.current))
    return "; ".join(clauses) + (", so that only a bound is known" if only_bounds else "")


def level_gaps(shifts: Sequence[Shift]) -> str:
    """Why the current levels are not known, in a clause; empty where all of them are."""
    missing = [s.frequency_hz for s in shifts if s.current is None]
    bounded = [s.frequency_hz for s in shifts if s.current is not None and s.current.is_no_response]
    clauses = [f"no current threshold at {hertz(missing)}"] if missing else []
    if bounded:
        clauses.append(f"no response at {hertz(bounded)}, so that only a bound is known")
    return "; ".join(clauses)


def sentence(text: str) -> str:
    """The text with a capital and a full stop."""
    return f"{text[0].upper()}{text[1:].rstrip('.')}."
