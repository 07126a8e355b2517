"""The configuration of an audiogram in words: its shape, and whether it has a notch.

There is no agreed definition of shapes. The rule here is hearfit's own, built on the 15 dB of a published table; its
limit for steep separates the steeply sloping standard audiograms of Bisgaard et al. (2010) from the others.
"""

import math
from dataclasses import dataclass
from enum import StrEnum, unique
from itertools import pairwise, product

from hearfit.audiology.audiogram import Audiogram, Ear
from hearfit.audiology.criterion import Outcome, outcome_of
from hearfit.audiology.ear_thresholds import in_hertz, possible_levels_db_hl, thresholds_by_frequency
from hearfit.audiology.standard import Provenance, Standard

SHAPE_FREQUENCY_HZ = (500.0, 1000.0, 2000.0, 4000.0)
NOTCH_FREQUENCY_HZ = (3000.0, 4000.0, 6000.0)

SHAPE_RULE = "own choice of hearfit, from 500, 1000, 2000 and 4000 Hz"
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
    """Notch of Coles et al.: at least 10 dB worse than at 1 or 2 kHz, and than at a higher one of 6 and 8 kHz."""
    thresholds = thresholds_by_frequency(audiogram, ear)
    certain_hz: list[float] = []
    open_hz: set[float] = set()
    for frequency in NOTCH_FREQUENCY_HZ:
        low, high = possible_levels_db_hl(thresholds.get(frequency))
        depths_low, depths_high = [], []
        for neighbours_hz in ((1000.0, 2000.0), tuple(f for f in (6000.0, 8000.0) if f > frequency)):
            ranges = [possible_levels_db_hl(thresholds.get(neighbour)) for neighbour in neighbours_hz]
            best_low, best_high = min(lower for lower, _ in ranges), min(upper for _, upper in ranges)
            depths_low.append(-math.inf if math.isinf(best_high) else low - best_high)
            depths_high.append(math.inf if math.isinf(high) else high - best_low)
        if min(depths_low) >= _NOTCH_DEPTH_DB:
            certain_hz.append(frequency)
        elif min(depths_high) >= _NOTCH_DEPTH_DB:
            open_hz |= _unknown(audiogram, ear, (1000.0, 2000.0, frequency, 6000.0, 8000.0))
    outcome = outcome_of(is_certain=bool(certain_hz), is_possible=bool(open_hz))
    reason = None
    if outcome is Outcome.NOT_COMPUTABLE:
        reason = f"It depends on {in_hertz(sorted(open_hz))}, where the {ear} ear was not measured or did not respond."
    return outcome, tuple(certain_hz), reason


def _unknown(audiogram: Audiogram, ear: Ear, frequency_hz: tuple[float, ...]) -> set[float]:
    thresholds = thresholds_by_frequency(audiogram, ear)
    return {f for f in frequency_hz if f not in thresholds or thresholds[f].is_no_response}


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
        (
            "A notch does not tell its cause: in that clinic about 40 % of those with one had no risk factor; among "
            "railway workers without noise exposure 53 % had one (Lie et al. 2015, PMC4415960)."
        ),
    ),
)
