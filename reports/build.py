"""From the profiles and the audiogram of one listener to the document of their report."""

from collections.abc import Sequence

from hearfit.audiology.audiogram import Audiogram
from hearfit.listener.profile import Profile
from hearfit.reports.audiology_section import audiology_section
from hearfit.reports.contents import Contents, Person, gather
from hearfit.reports.document import Document, Fact, Section
from hearfit.reports.ear_section import ear_section
from hearfit.reports.figure_parameters import NormalValues
from hearfit.reports.flags import notices
from hearfit.reports.limits import limits_section
from hearfit.reports.names import shortened
from hearfit.reports.sources import sources_section
from hearfit.reports.summary import summary_section
from hearfit.reports.wording import enumeration


def build_document(
    profiles: Sequence[Profile],
    *,
    normal: NormalValues,
    audiogram: Audiogram | None = None,
    previous: Sequence[Profile] = (),
    person: Person | None = None,
) -> Document:
    """The report on one or both ears of one listener, the right ear first, as seen facing the listener.

    An `audiogram` is shown in place of those that the profiles hold, and is enough by itself; `previous` are profiles
    of an earlier session.

    Raises:
        InputError: nothing to report on, more than one listener, an ear more than once, or sessions out of order.
    """
    contents = gather(profiles, audiogram=audiogram, previous=previous, person=person)
    changed, changes = _change(contents)
    optional = (changed, audiology_section(contents))
    sections: list[Section] = [
        summary_section(contents, normal=normal),
        *(ear_section(record, each, normal=normal) for record in contents.ears if (each := record.profile) is not None),
        *(section for section in optional if section is not None),
        limits_section(contents),
        sources_section(contents),
    ]
    return Document(
        title="Hearing profile" if contents.profiles else "Audiogram",
        subject=contents.listener,
        facts=_facts(contents),
        notices=notices(contents, changes),
        sections=tuple(sections),
        footer=" · ".join(
            ["hearfit", shortened(contents.listener), *([shortened(when)] if (when := _sessions(contents)) else [])]
        ),
    )


def _change(contents: Contents) -> tuple[Section | None, tuple[str, ...]]:
    """The section on change, and its sentences for the first page."""
    if not contents.previous:
        return None, ()
    # SciPy's special functions take a third of all imports, and most reports compare nothing.
    from hearfit.reports.change_section import change_section, change_sentences, listener_change

    change = listener_change(contents)
    return change_section(contents, change), change_sentences(contents, change)


def _facts(contents: Contents) -> tuple[Fact, ...]:
    profiles, audiogram, person = contents.profiles, contents.audiogram, contents.person
    ears = enumeration([record.ear.value for record in contents.ears])
    facts = [Fact("Ears" if len(contents.ears) > 1 else "Ear", ears.capitalize())]
    if person is not None:
        facts.append(Fact("Age and sex", f"{person.age_years:g} years, {person.sex}"))
    if profiles:
        transducers = sorted({profile.provenance.transducer or "not stated" for profile in profiles})
        facts += [Fact("Session", _sessions(contents)), Fact("Transducer", ", ".join(transducers))]
        if audiogram is not None:
            facts.append(Fact("Audiogram", audiogram.date or "date not stated"))
    elif audiogram is not None:
        facts += [
            Fact("Measured", audiogram.date or "date not stated"),
            Fact("Transducer", audiogram.transducer or "not stated"),
        ]
    return tuple(facts)


def _sessions(contents: Contents) -> str:
    profiles = contents.profiles
    if not profiles:
        return (contents.audiogram.date or "") if contents.audiogram is not None else ""
    if len({profile.session for profile in profiles}) == 1:
        return profiles[0].session
    return ", ".join(f"{profile.session} ({profile.ear})" for profile in profiles)
