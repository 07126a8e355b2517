"""Air-bone gap: how much of a loss may lie before the cochlea, and what must then not be read from a fit."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from hearfit.audiology.audiogram import Audiogram, Conduction, Ear, Threshold
from hearfit.audiology.criterion import Outcome, outcome_of
from hearfit.audiology.ear_thresholds import in_hertz, possible_levels_db_hl, thresholds_by_frequency
from hearfit.audiology.standard import Provenance, Standard

CRITERION_FREQUENCY_HZ = (500.0, 1000.0, 2000.0)
LARGEST_ORDINARY_GAP_DB = 10.0

CRITERION = "more than 10 dB at 500, 1000 or 2000 Hz"
_WARNING = (
    "the loss may be conductive in part, so compression, attenuation and inhibition fitted to this ear cannot be "
    "interpreted as properties of its cochlea"
)


@dataclass(frozen=True)
class GapAtFrequency:
    """Air minus bone threshold, dB; a range where there was no response. Unmasked bone may be the other cochlea's."""

    frequency_hz: float
    lowest_db: float
    highest_db: float
    is_bone_masked: bool


@dataclass(frozen=True)
class AirBoneGap:
    """The gaps of one ear, and whether any is larger than measurement explains.

    `flagged_hz` are the frequencies that meet the criterion; `warning` is then the sentence to show with any fit of
    this ear. `reason` says why nothing can be said, and that is no evidence against a gap.
    """

    ear: Ear
    outcome: Outcome
    gaps: tuple[GapAtFrequency, ...]
    flagged_hz: tuple[float, ...] = ()
    reason: str | None = None
    criterion: str = CRITERION

    @property
    def warning(self) -> str | None:
        """The sentence that must stand beside cochlear parameters of this ear; None without a gap."""
        if self.outcome is not Outcome.MET:
            return None
        return f"The {self.ear} ear has an air-bone gap of {self.criterion} ({in_hertz(self.flagged_hz)}): {_WARNING}."


def air_bone_gap(audiogram: Audiogram, *, ear: Ear) -> AirBoneGap:
    """The air-bone gaps of one ear at all frequencies that have both, and the criterion at 500, 1000 and 2000 Hz."""
    air, bone = (thresholds_by_frequency(audiogram, ear, conduction) for conduction in Conduction)
    gaps = []
    for frequency_hz in sorted(set(air) & set(bone)):
        air_low, air_high = possible_levels_db_hl(air[frequency_hz])
        bone_low, bone_high = possible_levels_db_hl(bone[frequency_hz])
        lowest = -math.inf if math.inf == bone_high else air_low - bone_high
        highest = math.inf if math.inf == air_high else air_high - bone_low
        gaps.append(GapAtFrequency(frequency_hz, lowest, highest, bone[frequency_hz].is_masked))
    counted = [gap for gap in gaps if gap.frequency_hz in CRITERION_FREQUENCY_HZ]
    if not counted:
        return AirBoneGap(ear, Outcome.NOT_COMPUTABLE, tuple(gaps), reason=_why_not(ear, air, bone))
    flagged_hz = tuple(gap.frequency_hz for gap in counted if gap.lowest_db > LARGEST_ORDINARY_GAP_DB)
    open_hz = tuple(gap.frequency_hz for gap in counted if gap.highest_db > LARGEST_ORDINARY_GAP_DB)
    outcome = outcome_of(is_certain=bool(flagged_hz), is_possible=bool(open_hz))
    reason = f"There was no response at {in_hertz(open_hz)}." if outcome is Outcome.NOT_COMPUTABLE else None
    return AirBoneGap(ear, outcome, tuple(gaps), flagged_hz, reason)


def _why_not(ear: Ear, air: Mapping[float, Threshold], bone: Mapping[float, Threshold]) -> str:
    missing = [name for name, thresholds in (("air", air), ("bone", bone)) if not thresholds]
    if missing:
        return f"The {ear} ear has no {' and no '.join(f'{name}-conduction' for name in missing)} thresholds."
    return f"The {ear} ear has not both air and bone conduction at any of {in_hertz(CRITERION_FREQUENCY_HZ)}."


AIR_BONE_GAP_STANDARD = Standard(
    name="air-bone-gap",
    title="Criterion of an air-bone gap that may mean a conductive component",
    edition="JSLHR 2017, 60(4):1076, Table 1: a gap of more than 10 dB is conductive or mixed",
    source="PMC5548078, Table 1",
    provenance=Provenance.READ,
    columns=("at (Hz)", "air minus bone (dB)", "result"),
    rows=(("500, 1000 or 2000", "more than 10", "cochlear parameters are not interpretable"),),
    notes=(
        "On the usual 5 dB grid this is 15 dB or more at one of the three frequencies.",
        (
            "Own choice: other frequencies are shown and not counted. At 4000 Hz people with a sensorineural loss have "
            "gaps of 14 dB on average by present reference force levels (Margolis et al. 2013, Int J Audiol 52:526)."
        ),
        "Bone conduction that was not masked may be the better hearing of the other cochlea.",
    ),
)
