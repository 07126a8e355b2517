"""Reference thresholds: the sound pressure level of 0 dB HL for a transducer on a coupler, or for a field.

The same hearing level is a different sound pressure level for every pair of transducer and coupler, so a table is
known by both, and by the standard and edition that it was taken from.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from hearfit.audiology import retspl_tables
from hearfit.audiology.standard import Provenance, Standard
from hearfit.errors import InputError


@dataclass(frozen=True)
class ReferenceThresholds:
    """RETSPL of one transducer on one coupler, or the reference threshold of hearing of one sound field."""

    id: str
    transducer: str
    coupler: str
    standard: str
    source: str
    frequency_hz: tuple[float, ...]
    level_db_spl: tuple[float, ...]

    def at(self, frequency_hz: Float[np.ndarray, "*batch"]) -> Float[np.ndarray, "*batch"]:
        """Level of 0 dB HL in dB SPL; between the frequencies of the table linear in dB over log frequency.

        Raises:
            InputError: a frequency lies outside the table, which is never extrapolated.
        """
        lowest, highest = self.frequency_hz[0], self.frequency_hz[-1]
        refused = frequency_hz[~((frequency_hz >= lowest) & (frequency_hz <= highest))]
        if refused.size:
            raise InputError(
                f"{refused.flat[0]:.10g} Hz is outside the reference thresholds of {self.id} ({self.standard}), which "
                f"cover {lowest:g} to {highest:g} Hz."
            )
        interpolated = np.interp(np.log(frequency_hz), np.log(self.frequency_hz), self.level_db_spl)
        return np.asarray(interpolated, dtype=frequency_hz.dtype)


def db_hl_from_db_spl(
    level_db_spl: Float[np.ndarray, "*batch"],
    *,
    frequency_hz: Float[np.ndarray, "*#batch"],
    reference: ReferenceThresholds,
) -> Float[np.ndarray, "*batch"]:
    """Hearing level of a tone whose sound pressure level was measured as the table says.

    Raises:
        InputError: a frequency lies outside the table.
    """
    return np.asarray(level_db_spl - reference.at(frequency_hz))


def db_spl_from_db_hl(
    level_db_hl: Float[np.ndarray, "*batch"],
    *,
    frequency_hz: Float[np.ndarray, "*#batch"],
    reference: ReferenceThresholds,
) -> Float[np.ndarray, "*batch"]:
    """Sound pressure level, on the coupler or in the field of the table, of a tone at a hearing level.

    Raises:
        InputError: a frequency lies outside the table.
    """
    return np.asarray(level_db_hl + reference.at(frequency_hz))


def all_reference_thresholds() -> tuple[ReferenceThresholds, ...]:
    """Every table that is known, in the order of a listing."""
    return tuple(table for table, _ in _KNOWN)


def reference_thresholds(name: str) -> ReferenceThresholds:
    """The table with this id or alias; case, spaces, hyphens and underscores do not matter.

    An insert earphone named without its coupler means the 2 cm3 coupler HA-2, and the id of the result says so.

    Raises:
        InputError: there is no such table.
    """
    wanted = _normalised(name)
    for table, aliases in _KNOWN:
        if wanted in {_normalised(known) for known in (table.id, *aliases)}:
            return table
    known_ids = ", ".join(table.id for table, _ in _KNOWN)
    raise InputError(f"{name!r} is not a transducer whose reference thresholds are known. Known are {known_ids}.")


def _normalised(name: str) -> str:
    return "".join(letter for letter in name.casefold() if not letter.isspace() and letter not in "-_")


def _reference(
    table: retspl_tables.Table, *, name: str, transducer: str, coupler: str, standard: str, source: str
) -> ReferenceThresholds:
    frequency_hz, level_db_spl = zip(*table, strict=True)
    return ReferenceThresholds(
        id=name,
        transducer=transducer,
        coupler=coupler,
        standard=standard,
        source=source,
        frequency_hz=tuple(float(frequency) for frequency in frequency_hz),
        level_db_spl=tuple(float(level) for level in level_db_spl),
    )


_ER3A = "Etymotic ER-3A insert earphone (also EARtone 3A, and 5A)"
_IN_FIELD = "none: binaural listening; level at the centre of the absent listener's head"

_KNOWN: tuple[tuple[ReferenceThresholds, tuple[str, ...]], ...] = (
    (
        _reference(
            retspl_tables.ER3A_HA2,
            name="ER-3A/HA-2",
            transducer=_ER3A,
            coupler="HA-2 2 cm3 coupler with rigid tube (IEC 60318-5, formerly IEC 126)",
            standard="ISO 389-2:1994",
            source="three transcriptions that agree: manual of the E-A-RTONE 5A, Auditory Modeling Toolbox, qCLS",
        ),
        ("ER-3A", "EARtone 3A", "EARtone 3A/HA-2", "ER-5A", "EARtone 5A", "EARtone 5A/HA-2"),
    ),
    (
        _reference(
            retspl_tables.ER3A_IEC_60318_4,
            name="ER-3A/711",
            transducer=_ER3A,
            coupler="occluded-ear simulator (IEC 60318-4, formerly IEC 711)",
            standard="ISO 389-2:1994",
            source="two transcriptions that agree: Auditory Modeling Toolbox, BenGurer/toy_works",
        ),
        ("ER-3A/IEC 711", "ER-3A/60318-4", "ER-3A/IEC 60318-4", "EARtone 3A/711"),
    ),
    (
        _reference(
            retspl_tables.ER3A_HA1,
            name="ER-3A/HA-1",
            transducer=_ER3A,
            coupler="HA-1 2 cm3 coupler",
            standard="ISO 389-2:1994, as transcribed",
            source="one transcription that lists HA-1 beside the couplers of the standard; check it against the "
            "certificate of the calibration",
        ),
        ("EARtone 3A/HA-1",),
    ),
    (
        _reference(
            retspl_tables.HDA200,
            name="HDA200",
            transducer="Sennheiser HDA 200 circumaural earphone",
            coupler="ear simulator and adapter of ISO 389-8",
            standard="ISO 389-8:2004",
            source="two transcriptions that agree up to 8 kHz: openMHA, Auditory Modeling Toolbox",
        ),
        ("Sennheiser HDA 200",),
    ),
    (
        _reference(
            retspl_tables.TDH39_IEC_60318_3,
            name="TDH-39",
            transducer="Telephonics TDH-39 supra-aural earphone with MX-41/AR cushion",
            coupler="6 cm3 acoustic coupler (IEC 60318-3, formerly IEC 60303)",
            standard="ISO 389-1:1998",
            source="two transcriptions that agree: phonometry, qCLS (octaves)",
        ),
        ("TDH-39P", "Telephonics TDH-39", "TDH-39/MX-41AR"),
    ),
    (
        _reference(
            retspl_tables.SUPRA_AURAL_IEC_60318_1,
            name="supra-aural",
            transducer="supra-aural earphone other than TDH-39 and DT 48",
            coupler="ear simulator (IEC 60318-1, formerly IEC 318)",
            standard="ISO 389-1:1998",
            source="three transcriptions that agree: phonometry, GESI, a MATLAB SPLtoHL",
        ),
        ("other supra-aural",),
    ),
    (
        _reference(
            retspl_tables.DT48_IEC_60318_3,
            name="DT48",
            transducer="Beyer DT 48 supra-aural earphone with flat cushion",
            coupler="6 cm3 acoustic coupler (IEC 60318-3, formerly IEC 60303)",
            standard="ISO 389-1:1998",
            source="phonometry, read from the printed pages",
        ),
        ("Beyer DT 48", "Beyerdynamic DT 48"),
    ),
    (
        _reference(
            retspl_tables.FREE_FIELD,
            name="free-field",
            transducer="frontal sound in a free field",
            coupler=_IN_FIELD,
            standard="ISO 389-7:2005",
            source="three transcriptions that agree: openMHA, Auditory Modeling Toolbox, phonometry",
        ),
        ("free-field frontal",),
    ),
    (
        _reference(
            retspl_tables.DIFFUSE_FIELD,
            name="diffuse-field",
            transducer="sound in a diffuse field",
            coupler=_IN_FIELD,
            standard="ISO 389-7:2005",
            source="two transcriptions that agree at the frequencies they share: phonometry, Auditory Modeling Toolbox",
        ),
        (),
    ),
)


_NOTES = {
    "HDA200": (
        "Ends at 8000 Hz: for 9 to 16 kHz transcriptions of two editions of ISO 389-5 differ, and neither was read.",
        "Trap: a row that begins 30.5, 18, 17, 16.5 dB at 250 Hz circulates under this name; it is up to 12.5 dB off.",
    ),
    "TDH-39": ("ANSI S3.6 prints 8.0 dB at 750 Hz for this earphone.",),
}


def _standard(table: ReferenceThresholds) -> Standard:
    is_field = table.coupler == _IN_FIELD
    if is_field:
        note = (
            "Trap: never subtract these from earphone levels to get dB HL. They are for two ears in a field: at 125 Hz "
            "23 dB below an earphone's."
        )
    else:
        note = "A hearing level is a sound pressure level only with its transducer and coupler."
    return Standard(
        name=("maf-" if is_field else "retspl-") + table.id.casefold().replace("/", "-"),
        title=f"{'Reference threshold of hearing' if is_field else 'RETSPL'}: {table.transducer}",
        edition=table.standard,
        source=table.source,
        provenance=Provenance.TRANSCRIPTIONS if "that agree" in table.source else Provenance.TRANSCRIPTION,
        columns=("Hz", "dB SPL at 0 dB HL"),
        rows=tuple(zip(table.frequency_hz, table.level_db_spl, strict=True)),
        notes=(f"Coupler: {table.coupler}.", note, *_NOTES.get(table.id, ())),
    )


RETSPL_STANDARDS: tuple[Standard, ...] = tuple(_standard(table) for table in all_reference_thresholds())
