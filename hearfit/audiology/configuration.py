"""The configuration of an audiogram in words: its shape, and whether it has a notch.

There is no agreed definition of shapes. The rule here is hearfit's own, built on the 15 dB of a published table; its
limit for steep separates the steeply sloping standard audiograms of Bisgaard et al. (2010) from the others.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, unique
from itertools import pairwise, product

from hearfit.audiology.audiogram import Audiogram, Ear, Threshold
from hearfit.audiology.criterion import Outcome, outcome_of
from hearfit.audiology.ear_thresholds import in_hertz, possible_levels_db_hl, thresholds_by_frequency
from hearfit.audiology.standard import Provenance, Standard

SHAPE_FREQUENCY_HZ = (500.0, 1000.0, 2000.0, 4000.0)
NOTCH_FREQUENCY_HZ = (3000.0, 4000.0, 6000.0)

NOTCH_RULE = "Coles, Lutman & Buffin 2000"

_DIFFERENT_DB = 15.0
_STEEP_DB_PER_OCTAVE = 25.0
_NOTCH_DEPTH_DB = 10.0
_WORST_DB_HL = 1000.0


@unique
class Shape(StrEnum):
    """Shapes from 500 to 4000 Hz, as words for a report."""

    FLAT = "flat"
    RISING = "rising"
    SLOPING = "sloping"
    STEEPLY_SLOPING = "steeply sloping"
    MID_FREQUENCY = "worst in the middle frequencies (U-shaped)"
    INVERSE_U = "best in the middle frequencies (inverse U)"
    IRREGULAR = "irregular"


@dataclass(frozen=True)
class Configuration:
    """Shape and notch of one ear by air conduction.

    `shape` is None, and `shape_reason` says why, where it cannot be computed; so do `notch` and `notch_reason`.
    `notch_hz` are the frequencies of a notch. A notch does not tell its cause.
    """

    ear: Ear
    shape: Shape | None
    notch: Outcome
    notch_hz: tuple[float, ...] = ()
    shape_reason: str | None = None
    notch_reason: str | None = None

    @property
    def words(self) -> str:
        """The configuration for a sentence; what cannot be computed is said as such."""
        shape = self.shape.value if self.shape else f"shape cannot be computed: {self.shape_reason}"
        if self.notch is Outcome.MET:
            return f"{shape}, with a notch at {in_hertz(self.notch_hz)}"
        return shape


def configuration(audiogram: Audiogram, *, ear: Ear) -> Configuration:
    """Shape from 500 to 4000 Hz (own rule) and notch at 3000 to 6000 Hz (Coles et al. 2000) of one ear."""
    shape, shape_reason = _shape(audiogram, ear)
    notch, notch_hz, notch_reason = _notch(audiogram, ear)
    return Configuration(ear, shape, notch, notch_hz, shape_reason, notch_reason)


def _shape(audiogram: Audiogram, ear: Ear) -> tuple[Shape | None, str | None]:
    thresholds = thresholds_by_frequency(audiogram, ear)
    missing_hz = [frequency for frequency in SHAPE_FREQUENCY_HZ if frequency not in thresholds]
    if missing_hz:
        return None, f"The {ear} ear has no air-conduction threshold at {in_hertz(missing_hz)}."
    ranges = [possible_levels_db_hl(thresholds[frequency]) for frequency in SHAPE_FREQUENCY_HZ]
    # A no response may be anything from the level presented to no hearing at all; only a shape that both make is said.
    shapes = {_shape_of(levels) for levels in product(*({low, min(high, _WORST_DB_HL)} for low, high in ranges))}
    if len(shapes) > 1:
        unanswered = [frequency for frequency in SHAPE_FREQUENCY_HZ if thresholds[frequency].is_no_response]
        return None, f"It depends on {in_hertz(unanswered)}, where the {ear} ear did not respond."
    return shapes.pop(), None


def _shape_of(levels_db_hl: tuple[float, ...]) -> Shape:
    """Shape of the levels at 500, 1000, 2000 and 4000 Hz, which are an octave apart."""
    first, *middle, last = levels_db_hl
    if max(levels_db_hl) - min(levels_db_hl) < _DIFFERENT_DB:
        return Shape.FLAT
    if max(middle) - max(first, last) >= _DIFFERENT_DB:
        return Shape.MID_FREQUENCY
    if min(first, last) - min(middle) >= _DIFFERENT_DB:
        return Shape.INVERSE_U
    if last - first >= _DIFFERENT_DB:
        steepest_db = max(upper - lower for lower, upper in pairwise(levels_db_hl))
        return Shape.STEEPLY_SLOPING if steepest_db >= _STEEP_DB_PER_OCTAVE else Shape.SLOPING
    return Shape.RISING if first - last >= _DIFFERENT_DB else Shape.IRREGULAR


def _notch(audiogram: Audiogram, ear: Ear) -> tuple[Outcome, tuple[float, ...], str | None]:
    """Notch of Coles et al.: at least 10 dB worse than at 1 or 2 kHz, and than at a higher one of 6 and 8 kHz.

    Looked for where there is a threshold; on each side one neighbour is enough.
    """
    thresholds = thresholds_by_frequency(audiogram, ear)
    measured_hz = [frequency for frequency in NOTCH_FREQUENCY_HZ if frequency in thresholds]
    if not measured_hz:
        reason = f"The {ear} ear has no air-conduction threshold at {in_hertz(NOTCH_FREQUENCY_HZ)}."
        return Outcome.NOT_COMPUTABLE, (), reason
    certain_hz: list[float] = []
    unknown_hz: set[float] = set()
    for frequency in measured_hz:
        sides = ((1000.0, 2000.0), tuple(above for above in (6000.0, 8000.0) if above > frequency))
        depths = [_depth_db(thresholds, frequency, side) for side in sides]
        if min(lowest for lowest, _ in depths) >= _NOTCH_DEPTH_DB:
            certain_hz.append(frequency)
        elif min(highest for _, highest in depths) >= _NOTCH_DEPTH_DB:
            unknown_hz |= _unknown_hz(thresholds, frequency, sides)
    outcome = outcome_of(is_certain=bool(certain_hz), is_possible=bool(unknown_hz))
    where = in_hertz(sorted(unknown_hz))
    needs = f"It depends on {where}, where the {ear} ear was not measured or did not respond."
    return outcome, tuple(certain_hz), needs if outcome is Outcome.NOT_COMPUTABLE else None


def _depth_db(
    thresholds: Mapping[float, Threshold], frequency_hz: float, neighbours_hz: tuple[float, ...]
) -> tuple[float, float]:
    """How far the threshold can lie above the better one of the neighbours that were measured."""
    low, high = possible_levels_db_hl(thresholds[frequency_hz])
    ranges = [possible_levels_db_hl(thresholds[near]) for near in neighbours_hz if near in thresholds]
    best_low = min((lower for lower, _ in ranges), default=-math.inf)
    best_high = min((upper for _, upper in ranges), default=math.inf)
    return low - best_high, math.inf if math.isinf(high) else high - best_low


def _unknown_hz(
    thresholds: Mapping[float, Threshold], frequency_hz: float, sides: tuple[tuple[float, ...], ...]
) -> set[float]:
    """The frequencies that leave it open whether there is a notch: without an answer, or all of a side unmeasured."""
    unmeasured = {near for side in sides if not set(side) & set(thresholds) for near in side}
    asked = {frequency_hz, *(near for side in sides for near in side)}
    return unmeasured | {near for near in asked if near in thresholds and thresholds[near].is_no_response}


CONFIGURATION_STANDARD = Standard(
    name="configuration",
    title="Configuration of an audiogram in words, from 500, 1000, 2000 and 4000 Hz",
    edition="hearfit",
    source="15 dB after J Med Genet, Table 1 'Parameters for clinical description of the hearing impairment' (flat "
    "below 15 dB from 500 to 4000 Hz, sloping above 15 dB); the rest chosen here",
    provenance=Provenance.OWN_CHOICE,
    columns=("configuration", "rule, the first that fits"),
    rows=(
        (Shape.FLAT.value, "all four within less than 15 dB"),
        (Shape.MID_FREQUENCY.value, "1000 or 2000 Hz at least 15 dB worse than both 500 and 4000 Hz"),
        (Shape.INVERSE_U.value, "1000 or 2000 Hz at least 15 dB better than both 500 and 4000 Hz"),
        (Shape.STEEPLY_SLOPING.value, "4000 Hz at least 15 dB worse than 500 Hz, and 25 dB or more in one octave"),
        (Shape.SLOPING.value, "4000 Hz at least 15 dB worse than 500 Hz"),
        (Shape.RISING.value, "500 Hz at least 15 dB worse than 4000 Hz"),
        (Shape.IRREGULAR.value, "none of these"),
    ),
    notes=("25 dB in one octave separates S1 to S3 from N1 to N7 of the standard audiograms (`bisgaard`).",),
)

NOTCH_STANDARD = Standard(
    name="notch",
    title="High-frequency notch",
    edition=NOTCH_RULE,
    source="Osei-Lah & Yeoh (2010), Int J Audiol 49:95, as summarised by the American Academy of Audiology "
    "(audiology.org, 2010-05-11)",
    provenance=Provenance.TRANSCRIPTION,
    columns=("at (Hz)", "at least (dB)", "worse than at (Hz)", "and than at (Hz)"),
    rows=tuple(
        (f"{frequency:g}", _NOTCH_DEPTH_DB, "1000 or 2000", "8000" if frequency == 6000.0 else "6000 or 8000")
        for frequency in NOTCH_FREQUENCY_HZ
    ),
    notes=(
        "Looked for at those of these frequencies that were measured; one measured neighbour on each side is enough.",
        (
            "A notch does not tell its cause: in that clinic about 40 % of those with one had no risk factor; among "
            "railway workers without noise exposure 53 % had one (Lie et al. 2015, PMC4415960)."
        ),
    ),
)
