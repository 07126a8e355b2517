"""The audiograms that a criterion is asked about, and what it must be told besides."""

import datetime as dt
from dataclasses import dataclass

from hearfit.audiology.audiogram import Audiogram, Ear
from hearfit.audiology.change.shifts import Shift, default_ladder, shifts


@dataclass(frozen=True)
class Comparison:
    """Two audiograms of one listener, and the retest of the second if there is one.

    `declared_ladder_hz` holds the frequencies that the test protocol asks for, ascending; None where it was not
    declared. `is_child` chooses between the two scales of CTCAE.
    """

    baseline: Audiogram | None
    current: Audiogram
    retest: Audiogram | None
    declared_ladder_hz: tuple[float, ...] | None
    is_enrolled_in_monitoring: bool
    is_child: bool

    def ladder(self, ear: Ear) -> tuple[float, ...]:
        """The test ladder of one ear, ascending."""
        return self.declared_ladder_hz or default_ladder(self.baseline, self.current, ear=ear)

    def shifts(self, ear: Ear, frequency_hz: tuple[float, ...]) -> tuple[Shift, ...]:
        """From baseline to the current audiogram."""
        return shifts(self.baseline, self.current, ear=ear, frequency_hz=frequency_hz)

    def retest_shifts(self, ear: Ear, frequency_hz: tuple[float, ...]) -> tuple[Shift, ...] | None:
        """From baseline to the retest; None without a retest of this ear."""
        if self.retest is None or not self.retest.of(ear):
            return None
        return shifts(self.baseline, self.retest, ear=ear, frequency_hz=frequency_hz)

    def missing(self, ear: Ear) -> str | None:
        """Why nothing can be compared in this ear, in a sentence; None if it can."""
        if self.baseline is None:
            return "There is no baseline audiogram to compare with."
        if not self.baseline.of(ear):
            return f"The baseline audiogram has no air-conduction threshold of the {ear} ear."
        if not self.current.of(ear):
            return f"The current audiogram has no air-conduction threshold of the {ear} ear."
        return None

    def days_to_retest(self) -> int | None:
        """Days from the current audiogram to the retest; None where a date is not known."""
        if self.retest is None or self.retest.date is None or self.current.date is None:
            return None
        return (dt.date.fromisoformat(self.retest.date) - dt.date.fromisoformat(self.current.date)).days
