"""One listener's profiles as sessions in order of their dates, and whether they may be compared at all."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Final

from hearfit.audiology.audiogram import Ear
from hearfit.errors import InputError
from hearfit.listener.profile import Profile

MOST_PROFILES: Final = 1000
_LIBRARY: Final = "hearfit"


@dataclass(frozen=True)
class Session:
    """The profiles of one date, one or both ears."""

    day: date
    ears: Mapping[Ear, Profile]

    @property
    def name(self) -> str:
        """The date as the profiles have it."""
        return self.day.isoformat()


@dataclass(frozen=True)
class History:
    """Sessions by date, at least one ear in two of them; `remarks` are sentences on what a reader must keep in mind."""

    listener: str
    sessions: tuple[Session, ...]
    remarks: tuple[str, ...]


def history_of(profiles: Sequence[Profile], *, sources: Sequence[str] | None = None) -> History:
    """The sessions of one listener.

    Args:
        profiles: in any order; both ears may be among them.
        sources: what each is called in messages, such as its file.

    Raises:
        InputError: the profiles cannot be compared; all reasons at once.
    """
    if len(profiles) > MOST_PROFILES:
        raise InputError(f"There are {len(profiles)} profiles; at most {MOST_PROFILES} are compared at once.")
    named = list(zip(sources or [f"Profile {i + 1}" for i in range(len(profiles))], profiles, strict=True))
    problems = list(_problems(named))
    days = [_day(profile.session) for profile in profiles]
    problems += [
        f"{source}: its session is {profile.session!r}, but sessions are ordered by a date like 2026-03-14. Fit it "
        "again with --session."
        for (source, profile), day in zip(named, days, strict=True)
        if day is None
    ]
    if problems:
        raise InputError(problems)
    known = [day for day in days if day is not None]
    sessions = tuple(
        Session(day, {p.ear: p for p, own in zip(profiles, known, strict=True) if own == day})
        for day in sorted(set(known))
    )
    remarks = list(_remarks(sessions))
    of_ear = [[day for profile, day in zip(profiles, known, strict=True) if profile.ear is ear] for ear in Ear]
    if any(own != sorted(own) for own in of_ear):
        order = ", ".join(session.name for session in sessions)
        remarks.insert(
            0, f"The profiles were not given in the order of their sessions; compared in this order: {order}."
        )
    return History(profiles[0].listener, sessions, tuple(remarks))


def _day(session: str) -> date | None:
    try:
        return date.fromisoformat(session)
    except ValueError:
        return None


_Named = tuple[str, Profile]


def _problems(named: Sequence[_Named]) -> Iterator[str]:
    if len(named) < 2:
        yield f"A comparison needs at least two profiles of one listener, but {len(named)} was given."
        return
    listeners: dict[str, str] = {}
    for source, profile in named:
        listeners.setdefault(profile.listener, source)
    if len(listeners) > 1:
        found = ", ".join(f"{name!r} ({source})" for name, source in listeners.items())
        yield f"The profiles are of different listeners: {found}. Compare those of one."
        return
    yield from _repeated(named)
    by_ear = {ear: [each for each in named if each[1].ear is ear] for ear in Ear}
    if max(map(len, by_ear.values())) < 2:
        ears = " and ".join(f"the {profile.ear.value} ear in {profile.session}" for _, profile in named)
        yield f"No ear has two sessions: {ears}. Give at least two sessions of one ear."
    for same_ear in by_ear.values():
        for other in same_ear[1:]:
            yield from _differing(same_ear[0], other)


def _repeated(named: Sequence[_Named]) -> Iterator[str]:
    seen: dict[tuple[Ear, date | str], str] = {}
    answers: dict[tuple[Ear, str], _Named] = {}
    for source, profile in named:
        place = profile.ear, _day(profile.session) or profile.session
        data = profile.ear, profile.provenance.data_sha256
        if place in seen:
            yield (
                f"{source}: is the {profile.ear.value} ear in session {profile.session}, which {seen[place]} is too. "
                "Give each session once."
            )
        elif data in answers and answers[data][1].session != profile.session:
            other, first = answers[data]
            yield (
                f"{source}: session {profile.session} holds the same answers as session {first.session} ({other}), so "
                "one of the dates is wrong."
            )
        seen.setdefault(place, source)
        answers.setdefault(data, (source, profile))


def _differing(first: _Named, second: _Named) -> Iterator[str]:
    """Why two profiles of an ear mean different things by the same numbers."""
    (source, before), (other, after) = first, second
    pair = f"{source} and {other}"
    refit = "Fit both sessions again with this version of hearfit"
    if before.posterior.names != after.posterior.names:
        yield f"{pair}: were made with different models of the ear (other parameters). {refit}."
    else:
        versions = [_release(profile) for profile in (before, after)]
        if versions[0] != versions[1]:
            yield (
                f"{pair}: were made by hearfit {versions[0]} and {versions[1]}, whose normal ears may differ. {refit}."
            )
    priors = [profile.provenance.prior for profile in (before, after)]
    if priors[0] != priors[1]:
        yield f"{pair}: were fitted with different priors ({' and '.join(priors)}). Fit both with the same --prior."
    protocols = [_protocols(profile) for profile in (before, after)]
    common = protocols[0].keys() & protocols[1].keys()
    if not common:
        names = " and ".join(", ".join(sorted(own)) or "none" for own in protocols)
        yield f"{pair}: have no protocol in common ({names}), so their differences are those of the tests."
    for name in sorted(common):
        if protocols[0][name] != protocols[1][name]:
            yield (
                f"{pair}: used different versions of the protocol {name} ({protocols[0][name]} and "
                f"{protocols[1][name]}), so their differences may be those of the test."
            )


def _release(profile: Profile) -> str:
    """Major and minor version of the library, between which constants may change."""
    found = [entry.version for entry in profile.provenance.software if entry.name == _LIBRARY]
    return ".".join(found[0].split(".")[:2]) if found else "of an unknown version"


def _protocols(profile: Profile) -> dict[str, str]:
    return {entry.name: entry.version for entry in profile.provenance.protocols}


def _remarks(sessions: Sequence[Session]) -> Iterator[str]:
    for ear in Ear:
        own = [(session.name, session.ears[ear]) for session in sessions if ear in session.ears]
        if len(own) == 1:
            yield f"The {ear.value} ear was tested in {own[0][0]} only, so nothing is said of its change."
        for (earlier, before), (later, after) in pairwise(own):
            place = f"{ear.value.capitalize()} ear, {earlier} and {later}"
            if before.provenance.transducer != after.provenance.transducer:
                yield (
                    f"{place}: different transducers ({before.provenance.transducer} and "
                    f"{after.provenance.transducer}), which can shift thresholds by several dB."
                )
            differing = _protocols(before).keys() ^ _protocols(after).keys()
            if differing:
                yield f"{place}: only one of them has {', '.join(sorted(differing))}; compared is what both measured."
            if before.diagnostics.method != after.diagnostics.method:
                yield f"{place}: fitted by different methods ({before.diagnostics.method}, {after.diagnostics.method})."
