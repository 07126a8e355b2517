"""Air-conduction thresholds of two audiograms side by side, and the shift at each frequency."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from hearfit.audiology.audiogram import Audiogram, Ear, Threshold
from hearfit.audiology.change.interval import Interval, difference, threshold_interval
from hearfit.audiology.ear_thresholds import thresholds_by_frequency
from hearfit.audiology.file_values import ALLOWED_FREQUENCY, is_allowed_frequency
from hearfit.errors import InputError

STANDARD_LADDER_HZ: Final = (250.0, 500.0, 1000.0, 2000.0, 3000.0, 4000.0, 6000.0, 8000.0)
"""Air-conduction test frequencies of ASHA's guidelines for manual pure-tone audiometry (2005)."""


@dataclass(frozen=True)
class Shift:
    """Threshold at one frequency in two audiograms; None where it was not tested. A positive shift is worse."""

    frequency_hz: float
    baseline: Threshold | None
    current: Threshold | None

    @cached_property
    def level(self) -> Interval:
        """Bounds of the current threshold in dB HL."""
        return threshold_interval(self.current)

    @cached_property
    def change(self) -> Interval:
        """Bounds of the current threshold minus the baseline in dB."""
        return difference(threshold_interval(self.current), threshold_interval(self.baseline))


def air_thresholds(audiogram: Audiogram | None, ear: Ear) -> Mapping[float, Threshold]:
    """Air-conduction threshold of one ear by frequency; none without an audiogram."""
    return {} if audiogram is None else thresholds_by_frequency(audiogram, ear)


def shifts(
    baseline: Audiogram | None, current: Audiogram | None, *, ear: Ear, frequency_hz: Sequence[float]
) -> tuple[Shift, ...]:
    """The shift of one ear at each of these frequencies, in their order."""
    before, after = air_thresholds(baseline, ear), air_thresholds(current, ear)
    return tuple(Shift(hz, before.get(hz), after.get(hz)) for hz in frequency_hz)


def default_ladder(baseline: Audiogram | None, current: Audiogram, *, ear: Ear) -> tuple[float, ...]:
    """The ladder where none is declared: the standard one, and whatever else both audiograms have for this ear."""
    shared = air_thresholds(baseline, ear).keys() & air_thresholds(current, ear).keys()
    return tuple(sorted(shared | set(STANDARD_LADDER_HZ)))


def checked_ladder(ladder_hz: Sequence[float]) -> tuple[float, ...]:
    """A declared ladder by ascending frequency.

    Raises:
        InputError: it is empty, repeats a frequency, or has one that is not audible.
    """
    problems = [
        f"The test ladder has {hz:g} Hz, which is not {ALLOWED_FREQUENCY}."
        for hz in ladder_hz
        if not is_allowed_frequency(hz)
    ]
    repeated = sorted({hz for hz in ladder_hz if list(ladder_hz).count(hz) > 1})
    problems += [f"The test ladder has {hz:g} Hz more than once. Name each frequency once." for hz in repeated]
    if not ladder_hz:
        problems.append("The test ladder has no frequency. Name the frequencies that were tested.")
    if problems:
        raise InputError(problems)
    return tuple(sorted(ladder_hz))
