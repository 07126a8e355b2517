"""What a report is made from: profiles, audiograms and earlier profiles of one listener."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from hearfit.audiology.age_norms import Sex, check_age
from hearfit.audiology.audiogram import Audiogram, Ear, Threshold
from hearfit.audiology.averages import PTA4_FREQUENCY_HZ
from hearfit.audiology.ear_thresholds import thresholds_by_frequency
from hearfit.errors import InputError
from hearfit.listener.profile import Profile
from hearfit.reports.names import shown_audiogram, shown_profile
from hearfit.reports.wording import ear_name

_EARS = (Ear.RIGHT, Ear.LEFT)
"""The order of the report: as seen facing the listener."""


@dataclass(frozen=True)
class Person:
    """What norms by age need to know.

    Raises:
        InputError: the age is one for which there are no norms.
    """

    age_years: float
    sex: Sex

    def __post_init__(self) -> None:
        check_age(self.age_years)


@dataclass(frozen=True)
class EarRecord:
    """All that is known of one ear. `audiogram` holds thresholds of this ear, and maybe of the other, or is None."""

    ear: Ear
    profile: Profile | None
    audiogram: Audiogram | None
    previous: Profile | None = None

    @property
    def name(self) -> str:
        """Right ear."""
        return ear_name(self.ear)

    def air_thresholds(self) -> Mapping[float, Threshold]:
        """Measured air thresholds by frequency; of a masked and an unmasked one the masked, which is the ear's own."""
        return {} if self.audiogram is None else thresholds_by_frequency(self.audiogram, self.ear)

    def implied_average_db_hl(self) -> float | None:
        """Mean threshold of the fitted ear at 500, 1000, 2000 and 4000 Hz; None where one of them is missing."""
        if self.profile is None:
            return None
        implied = {entry.frequency_hz: entry.threshold_db_hl.mean for entry in self.profile.frequencies}
        if not set(PTA4_FREQUENCY_HZ) <= set(implied):
            return None
        return sum(implied[value] for value in PTA4_FREQUENCY_HZ) / len(PTA4_FREQUENCY_HZ)


@dataclass(frozen=True)
class Contents:
    """One listener. `audiogram` holds what was measured at both ears, or is None; ears in the order of the report."""

    listener: str
    ears: tuple[EarRecord, ...]
    audiogram: Audiogram | None
    person: Person | None = None
    previous: tuple[Profile, ...] = ()

    @property
    def profiles(self) -> tuple[Profile, ...]:
        """The fitted ears."""
        return tuple(record.profile for record in self.ears if record.profile is not None)


def gather(
    profiles: Sequence[Profile],
    *,
    audiogram: Audiogram | None = None,
    previous: Sequence[Profile] = (),
    person: Person | None = None,
) -> Contents:
    """Sorts what belongs to each ear. A given audiogram goes before those that are stored in the profiles.

    Raises:
        InputError: there is nothing to report on, it is of several listeners, an ear comes twice, or a previous profile
            does not precede one of these.
    """
    problems = [*_problems(profiles, audiogram), *_previous_problems(profiles, previous)]
    if problems:
        raise InputError(problems)
    profiles = [shown_profile(profile) for profile in profiles]
    previous = [shown_profile(profile) for profile in previous]
    audiogram = None if audiogram is None else shown_audiogram(audiogram)
    of_ear = {profile.ear: profile for profile in profiles}
    before = {profile.ear: profile for profile in previous}
    records = []
    for ear in _EARS:
        profile = of_ear.get(ear)
        measured = audiogram or (profile.measured_audiogram if profile is not None else None)
        if measured is not None and ear not in measured.ears():
            measured = None
        if profile is not None or measured is not None:
            records.append(EarRecord(ear, profile, measured, before.get(ear)))
    listener = profiles[0].listener if profiles else audiogram.listener if audiogram is not None else ""
    return Contents(listener, tuple(records), audiogram or _joined(records), person, tuple(previous))


def _problems(profiles: Sequence[Profile], audiogram: Audiogram | None) -> list[str]:
    if not profiles and audiogram is None:
        return ["A report needs at least one profile or an audiogram."]
    if not profiles and audiogram is not None and not audiogram.thresholds:
        return [f"The audiogram of {audiogram.listener} has no thresholds, so there is nothing to report."]
    problems = []
    listeners = sorted({profile.listener for profile in profiles})
    if len(listeners) > 1:
        problems.append(
            f"A report is about one listener, but these profiles are of {len(listeners)}: {', '.join(listeners)}."
        )
    elif audiogram is not None and listeners and audiogram.listener != listeners[0]:
        problems.append(
            f"A report is about one listener, but the profiles are of {listeners[0]} and the audiogram is of "
            f"{audiogram.listener}."
        )
    if len({profile.ear for profile in profiles}) < len(profiles):
        problems.append(
            "A report shows each ear once, but two of these profiles are of the same ear. Give an earlier session with "
            "--previous."
        )
    return problems


def _previous_problems(profiles: Sequence[Profile], previous: Sequence[Profile]) -> list[str]:
    problems = []
    now = {profile.ear: profile for profile in profiles}
    if len({profile.ear for profile in previous}) < len(previous):
        problems.append("A report compares with one earlier session, but two previous profiles are of the same ear.")
    for before in previous:
        after = now.get(before.ear)
        if after is None:
            problems.append(
                f"The previous profile of the {before.ear} ear has nothing to be compared with: no profile of this ear "
                f"is given."
            )
        elif before.listener != after.listener:
            problems.append(
                f"A previous profile is of {before.listener}, but the report is about {after.listener}. Compare "
                "sessions of one listener."
            )
        elif before.session >= after.session:
            problems.append(
                f"The previous profile of the {before.ear} ear is of session {before.session}, which is not before "
                f"{after.session}. Give the earlier session with --previous."
            )
    return problems


def _joined(records: Sequence[EarRecord]) -> Audiogram | None:
    """The thresholds of both ears as one audiogram, where they were measured on the same day."""
    measured = [(record.ear, record.audiogram) for record in records if record.audiogram is not None]
    if not measured or len({audiogram.date for _, audiogram in measured}) > 1:
        return None
    thresholds = [each for ear, audiogram in measured for each in audiogram.thresholds if each.ear is ear]
    return replace(measured[0][1], thresholds=tuple(thresholds))
