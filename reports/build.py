"""From the profiles and the audiogram of one listener to the document of their report."""

from collections.abc import Sequence

from hearfit.audiology.audiogram import Audiogram
from hearfit.listener.profile import Profile
from hearfit.reports.contents import Contents, gather
from hearfit.reports.document import Document, Fact, Section, SignatureLine
from hearfit.reports.ear_section import ear_section
from hearfit.reports.figure_parameters import NormalValues
from hearfit.reports.flags import notices
from hearfit.reports.limits import limits_section
from hearfit.reports.summary import summary_section
from hearfit.reports.tables import provenance_table
from hearfit.reports.wording import editions, enumeration


def build_document(
    profiles: Sequence[Profile],
    *,
    normal: NormalValues,
    audiogram: Audiogram | None = None,
    previous: Sequence[Profile] = (),
) -> Document:
    """The report on one or both ears of one listener, the right ear first, as seen facing the listener.

    An `audiogram` is shown in place of those that the profiles hold, and is enough by itself; `previous` are profiles
    of an earlier session.

    Raises:
        InputError: nothing to report on, more than one listener, an ear more than once, or sessions out of order.
    """
    contents = gather(profiles, audiogram=audiogram, previous=previous)
    ears = [
        ear_section(record, record.profile, normal=normal) for record in contents.ears if record.profile is not None
    ]
    sections: list[Section] = [summary_section(contents, normal=normal), *ears, limits_section(contents)]
    if contents.profiles:
        sections.append(Section("How this report was made", (provenance_table(contents.profiles),)))
    last = sections[-1]
    sections[-1] = Section(last.heading, (*last.blocks, SignatureLine(_SIGNATURE)), starts_page=last.starts_page)
    return Document(
        title="Hearing profile" if contents.profiles else "Audiogram",
        subject=contents.listener,
        facts=_facts(contents),
        notices=notices(contents),
        sections=tuple(sections),
        footer=" · ".join(["hearfit", contents.listener, *([when] if (when := _sessions(contents)) else [])]),
    )


_SIGNATURE = ("Read and interpreted by (name, qualification)", "Signature", "Date")


def _facts(contents: Contents) -> tuple[Fact, ...]:
    profiles = contents.profiles
    ears = enumeration([record.ear.value for record in contents.ears])
    facts = [Fact("Ears" if len(contents.ears) > 1 else "Ear", ears.capitalize())]
    if profiles:
        transducers = sorted({profile.provenance.transducer or "not stated" for profile in profiles})
        standards = sorted({editions(profile.provenance.standards) for profile in profiles} - {""})
        facts += [
            Fact("Session", _sessions(contents)),
            Fact("Transducer", ", ".join(transducers)),
            Fact("Standards", "; ".join(standards) or "none needed"),
        ]
    elif contents.audiogram is not None:
        facts += [
            Fact("Measured", contents.audiogram.date or "date not stated"),
            Fact("Transducer", contents.audiogram.transducer or "not stated"),
        ]
    return tuple(facts)


def _sessions(contents: Contents) -> str:
    profiles = contents.profiles
    if not profiles:
        return (contents.audiogram.date or "") if contents.audiogram is not None else ""
    if len({profile.session for profile in profiles}) == 1:
        return profiles[0].session
    return ", ".join(f"{profile.session} ({profile.ear})" for profile in profiles)
