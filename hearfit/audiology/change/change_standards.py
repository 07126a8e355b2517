"""The criteria of change and the published retest limits as tables, for the listing of what results depend on."""

from typing import Final

from hearfit.audiology.change.answers import Criterion
from hearfit.audiology.change.asha import ASHA_A, ASHA_B, ASHA_C
from hearfit.audiology.change.ctcae import CTCAE_ADULT, CTCAE_CHILD
from hearfit.audiology.change.occupational import NIOSH, OSHA_RECORDABLE, OSHA_STS
from hearfit.audiology.change.retest import RETEST_LIMITS
from hearfit.audiology.change.siop import SIOP_BOSTON
from hearfit.audiology.standard import Provenance, Standard


def _criteria(
    *criteria: Criterion, name: str, title: str, edition: str, provenance: Provenance, notes: tuple[str, ...] = ()
) -> Standard:
    own_notes = dict.fromkeys(criterion.note for criterion in criteria)
    return Standard(
        name=name,
        title=title,
        edition=edition,
        source="; ".join(dict.fromkeys(criterion.source for criterion in criteria)),
        provenance=provenance,
        columns=("criterion", "rule", "takes a retest"),
        rows=tuple((each.name, each.rule, "yes" if each.needs_retest else "no") for each in criteria),
        notes=(*own_notes, *notes),
    )


CHANGE_STANDARDS: Final = (
    _criteria(
        ASHA_A,
        ASHA_B,
        ASHA_C,
        name="asha-1994",
        title="Change of thresholds during ototoxic treatment",
        edition="ASHA 1994, GL1994-00003",
        provenance=Provenance.TRANSCRIPTIONS,
    ),
    _criteria(
        CTCAE_ADULT,
        CTCAE_CHILD,
        name="ctcae-5",
        title="Adverse events of cancer treatment: hearing impaired",
        edition="CTCAE v5.0, 27 November 2017",
        provenance=Provenance.TRANSCRIPTIONS,
        notes=("Version 6.0 has the same limits and drops the condition of a monitoring program.",),
    ),
    _criteria(
        SIOP_BOSTON,
        name="siop-boston",
        title="Ototoxicity in children treated with platinum, by the hearing level reached",
        edition="Brock et al. 2012",
        provenance=Provenance.READ,
    ),
    _criteria(
        OSHA_STS,
        OSHA_RECORDABLE,
        name="osha",
        title="Shift and recordable loss by noise at work in the United States",
        edition="29 CFR 1910.95 and 29 CFR 1904.10",
        provenance=Provenance.READ,
        notes=(
            "Tables F-1 and F-2 of Appendix F (age correction) are left out: no second source was found for them.",
            "Trap: pages that write 2000, 3000 or 4000 Hz make any one of the three of what is an average.",
        ),
    ),
    _criteria(
        NIOSH,
        name="niosh",
        title="Significant threshold shift by noise",
        edition="NIOSH 96-110",
        provenance=Provenance.TRANSCRIPTION,
    ),
    Standard(
        name="retest-limits",
        title="How much repeated pure-tone thresholds differ without change",
        edition="as each row says",
        source="abstracts of the papers that the rows name",
        provenance=Provenance.TRANSCRIPTION,
        columns=("from (Hz)", "to (Hz)", "within (dB)", "share of pairs (%)", "sessions", "source"),
        rows=tuple(
            (
                limit.lowest_hz,
                limit.highest_hz,
                limit.limit_db,
                f"{'more than ' if limit.is_more_than_share else ''}{100 * limit.share:g}",
                "two" if limit.is_between_sessions else "one",
                limit.source,
            )
            for limit in RETEST_LIMITS
        ),
        notes=(
            "The first row is the limit that shifts are held against. Below 500 Hz none is published there.",
            "They are limits of adults with normal hearing and of one frequency by itself.",
        ),
    ),
)
