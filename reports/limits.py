"""What an audiogram cannot say, what these answers did not tell, and what is not claimed."""

from hearfit.listener.profile import Profile
from hearfit.reports import sentences
from hearfit.reports.contents import Contents
from hearfit.reports.document import Block, BulletList, Heading, Paragraph, Section
from hearfit.reports.flags import prior_phrase
from hearfit.reports.undetermined import undetermined_sentences
from hearfit.reports.wording import ear_name, frequency_list


def limits_section(contents: Contents) -> Section:
    """On a page of its own where there are pages of ears before it."""
    blocks: list[Block] = [Paragraph(sentences.AUDIOGRAM_CANNOT)]
    for profile in contents.profiles:
        blocks += [
            Heading(f"{ear_name(profile.ear)}: what these answers could not tell"),
            BulletList(_unknown(profile)),
        ]
    used = sorted({profile.provenance.prior for profile in contents.profiles})
    blocks += [Paragraph(sentences.PRIORS[name]) for name in used if name in sentences.PRIORS]
    # Measured with this prior only, and no intervals are claimed for a search that did not converge.
    methods = sorted(
        {
            profile.diagnostics.method
            for profile in contents.profiles
            if profile.provenance.prior == sentences.PRIOR_OF_INTERVALS and profile.diagnostics.is_converged
        }
    )
    blocks += [Paragraph(sentences.INTERVALS[name]) for name in methods if name in sentences.INTERVALS]
    blocks += [Heading("What this report does not claim"), BulletList(_claims(contents))]
    return Section("What can and cannot be read from this", tuple(blocks))


def _unknown(profile: Profile) -> tuple[str, ...]:
    everywhere = [entry.frequency_hz for entry in profile.frequencies]
    found = [*profile.not_identified]
    untested = [entry.frequency_hz for entry in profile.frequencies if entry.num_trials == 0]
    if untested and not found:
        found.append(f"No answers at {frequency_list(untested, everywhere)}.")
    if phrase := prior_phrase(profile):
        found.append(f"Marked † in the tables, because they are mostly the prior: {phrase}.")
    return (*(found or [sentences.IDENTIFIED]), *undetermined_sentences(profile))


def _claims(contents: Contents) -> tuple[str, ...]:
    return sentences.CLAIMS if contents.profiles else sentences.CLAIMS_OF_AUDIOGRAM
