"""Several audiograms of one listener: their order in time, each against the baseline, and what looks wrong."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from hearfit.audiology.audiogram import Audiogram, Ear
from hearfit.audiology.change.answers import CriterionAnswer
from hearfit.audiology.change.criteria import changes
from hearfit.audiology.change.shifts import Shift, air_thresholds, shifts
from hearfit.audiology.change.wording import hertz
from hearfit.errors import InputError

_SMALLEST_SWAP_DB: Final = 10.0
_SWAP_RATIO: Final = 0.5
_LEAST_FREQUENCIES: Final = 3


@dataclass(frozen=True)
class Session:
    """An audiogram and where it came from, for messages."""

    source: str
    audiogram: Audiogram


@dataclass(frozen=True)
class EarShifts:
    """The shifts of one ear by ascending frequency, at every frequency that either audiogram has."""

    ear: Ear
    shifts: tuple[Shift, ...]


@dataclass(frozen=True)
class SessionChange:
    """One session against the baseline."""

    session: Session
    ears: tuple[EarShifts, ...]
    answers: tuple[CriterionAnswer, ...]


@dataclass(frozen=True)
class Trend:
    """All sessions against one baseline, by date; `retest_ears` are the retest's shifts, `warnings` sentences."""

    baseline: Session
    retest: Session | None
    retest_ears: tuple[EarShifts, ...]
    changes: tuple[SessionChange, ...]
    warnings: tuple[str, ...]


def trend(
    sessions: Sequence[Session],
    *,
    retest: Session | None = None,
    baseline_date: str | None = None,
    ladder_hz: Sequence[float] | None = None,
    is_enrolled_in_monitoring: bool,
    is_child: bool,
) -> Trend:
    """Each session after the baseline against the baseline: the first by date, or the one of `baseline_date`.

    `retest` repeats the last session.

    Raises:
        InputError: fewer than two sessions, different listeners, dates that are missing or equal, no session of the
            baseline's date or none after it, a retest before the session that it repeats, or a bad ladder.
    """
    _check(sessions, retest)
    by_date = sorted(sessions, key=lambda session: session.audiogram.date or "")
    warnings = _warnings_of_order(sessions, by_date)
    dates = [session.audiogram.date for session in by_date]
    if baseline_date is not None and baseline_date not in dates[:-1]:
        raise InputError(
            f"No session before the last is of {baseline_date!r}. The sessions are of {', '.join(map(str, dates))}."
        )
    start = 0 if baseline_date is None else dates.index(baseline_date)
    baseline, later = by_date[start], by_date[start + 1 :]
    if start:
        earlier = ", ".join(session.source for session in by_date[:start])
        warnings.append(f"{earlier}: not compared, because the session is before the baseline of {baseline_date}.")
    compared = []
    for session in later:
        is_last = session is later[-1]
        compared.append(
            SessionChange(
                session,
                _all_shifts(baseline.audiogram, session.audiogram),
                changes(
                    baseline.audiogram,
                    session.audiogram,
                    retest=retest.audiogram if retest and is_last else None,
                    ladder_hz=ladder_hz,
                    is_enrolled_in_monitoring=is_enrolled_in_monitoring,
                    is_child=is_child,
                ),
            )
        )
    for session in (*later, *([retest] if retest else [])):
        warnings += _warnings_of_pair(baseline, session)
    retest_ears = _all_shifts(baseline.audiogram, retest.audiogram) if retest else ()
    return Trend(baseline, retest, retest_ears, tuple(compared), tuple(warnings))


def _check(sessions: Sequence[Session], retest: Session | None) -> None:
    given = [*sessions, *([retest] if retest else [])]
    problems = []
    if len(sessions) < 2:
        problems.append("A change needs two audiograms: the baseline and a later one.")
    listeners = list(dict.fromkeys(session.audiogram.listener for session in given))
    if len(listeners) > 1:
        of = "; ".join(f"{session.source} is of {session.audiogram.listener!r}" for session in given)
        problems.append(
            f"A change is one listener's, but {of}. A file that names no listener has its own name for one; say whose "
            "all of them are with --listener."
        )
    problems += [
        f"{session.source}: has no date, and without dates the order of the sessions is not known. Add a column date."
        for session in given
        if session.audiogram.date is None
    ]
    first_of: dict[str, str] = {}
    for session in sessions:
        date = session.audiogram.date
        if date is not None and first_of.setdefault(date, session.source) != session.source:
            problems.append(
                f"{first_of[date]} and {session.source} are both of {date}, so neither is the earlier one. A "
                "repetition of the last session is given with --retest."
            )
    repeated = [source for source, group in itertools.groupby(sorted(s.source for s in sessions)) if len([*group]) > 1]
    problems += [f"{source}: is given more than once. Give each session once." for source in repeated]
    if not problems and retest is not None:
        last = max(str(session.audiogram.date) for session in sessions)
        if str(retest.audiogram.date) < last:
            problems.append(
                f"{retest.source}: is of {retest.audiogram.date}, before the last session of {last} that it should "
                "repeat."
            )
    if problems:
        raise InputError(problems)


def _all_shifts(baseline: Audiogram, current: Audiogram) -> tuple[EarShifts, ...]:
    compared = []
    for ear in (Ear.RIGHT, Ear.LEFT):
        frequencies = sorted(air_thresholds(baseline, ear).keys() | air_thresholds(current, ear).keys())
        if frequencies:
            compared.append(EarShifts(ear, shifts(baseline, current, ear=ear, frequency_hz=frequencies)))
    return tuple(compared)


def _warnings_of_order(given: Sequence[Session], by_date: Sequence[Session]) -> list[str]:
    if [session.source for session in given] == [session.source for session in by_date]:
        return []
    order = ", ".join(f"{session.source} ({session.audiogram.date})" for session in by_date)
    return [f"The sessions were not given in the order of their dates and are compared as {order}."]


def _warnings_of_pair(baseline: Session, session: Session) -> list[str]:
    before, now = baseline.audiogram, session.audiogram
    warnings = []
    if before.transducer != now.transducer and before.transducer and now.transducer:
        warnings.append(
            f"{session.source}: was measured with {now.transducer} and the baseline with {before.transducer}; part of "
            "a shift may be the transducer's."
        )
    for ear in (Ear.RIGHT, Ear.LEFT):
        there, here = air_thresholds(before, ear).keys(), air_thresholds(now, ear).keys()
        if lacking := sorted(there - here):
            warnings.append(f"{session.source}: lacks {hertz(lacking)} of the {ear} ear, which the baseline has.")
        if new := sorted(here - there):
            warnings.append(f"{session.source}: has {hertz(new)} of the {ear} ear, which the baseline lacks.")
    swap = swapped_ears(before, now)
    if swap is not None:
        warnings.append(
            f"{session.source}: are its ears swapped? As given its thresholds differ from the baseline by "
            f"{swap.as_given_db:.0f} dB (rms), with left and right exchanged by {swap.exchanged_db:.0f} dB."
        )
    return warnings


@dataclass(frozen=True)
class SwappedEars:
    """Root mean square of the shifts in dB as given, and with the ears of one audiogram exchanged."""

    as_given_db: float
    exchanged_db: float


def swapped_ears(baseline: Audiogram, current: Audiogram) -> SwappedEars | None:
    """Whether exchanged ears would explain the change much better; None if not, or if too little is known.

    A rule of this package: the rms shift is 10 dB or more as given and at most half as much with the ears exchanged,
    over the frequencies (three at least) that were measured with a response in both ears of both audiograms.
    """
    measured = [
        {hz: t.level_db_hl for hz, t in air_thresholds(audiogram, ear).items() if not t.is_no_response}
        for audiogram in (baseline, current)
        for ear in (Ear.LEFT, Ear.RIGHT)
    ]
    common = sorted(set.intersection(*(set(levels) for levels in measured)))
    if len(common) < _LEAST_FREQUENCIES:
        return None
    left_before, right_before, left_now, right_now = ([levels[hz] for hz in common] for levels in measured)
    as_given_db = math.dist((*left_now, *right_now), (*left_before, *right_before)) / math.sqrt(2 * len(common))
    exchanged_db = math.dist((*right_now, *left_now), (*left_before, *right_before)) / math.sqrt(2 * len(common))
    if as_given_db >= _SMALLEST_SWAP_DB and exchanged_db <= _SWAP_RATIO * as_given_db:
        return SwappedEars(as_given_db, exchanged_db)
    return None
