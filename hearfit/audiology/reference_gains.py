"""Insertion gains by published linear formulas, as reference lines beside an audiogram. They are not a prescription.

NAL-R: Byrne & Dillon (1986), Ear Hear 7, 257-265. NAL-RP: Byrne, Parkinson & Newall (1990), Ear Hear 11, 40-49, and
(1991) in The Vanderbilt Hearing-Aid Report II, 295-300. CAMFIT (Cambridge formula for linear aids): Moore & Glasberg
(1998), Br J Audiol 32, 317-335. None of them allows for a conductive component here.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum, unique
from itertools import pairwise

from hearfit.audiology.audiogram import Audiogram, Ear, Threshold
from hearfit.audiology.ear_thresholds import in_hertz, thresholds_by_frequency
from hearfit.audiology.standard import Provenance, Standard

NOT_A_PRESCRIPTION = "reference line, not a prescription"

_NAL_K_DB = {
    250.0: -17.0,
    500.0: -8.0,
    750.0: -3.0,
    1000.0: 1.0,
    1500.0: 1.0,
    2000.0: -1.0,
    3000.0: -2.0,
    4000.0: -2.0,
    6000.0: -2.0,
}
# Byrne et al. (1991), Fig. 9: threshold at 2000 Hz, and dB to add at the frequencies below.
_NAL_RP_PROFOUND_HZ = (250.0, 500.0, 1000.0, 1500.0, 2000.0, 3000.0, 4000.0, 6000.0)
_NAL_RP_PROFOUND_DB = (
    (95.0, (4.0, 3.0, 0.0, -1.0, -2.0, -2.0, -2.0, -2.0)),
    (100.0, (6.0, 4.0, 0.0, -2.0, -3.0, -3.0, -3.0, -3.0)),
    (105.0, (8.0, 5.0, 0.0, -3.0, -5.0, -5.0, -5.0, -5.0)),
    (110.0, (11.0, 7.0, 0.0, -3.0, -6.0, -6.0, -6.0, -6.0)),
    (115.0, (13.0, 8.0, 0.0, -4.0, -8.0, -8.0, -8.0, -8.0)),
    (120.0, (15.0, 9.0, 0.0, -5.0, -9.0, -9.0, -9.0, -9.0)),
)
_CAMFIT_INTERCEPT_DB = {
    125.0: -11.0,
    250.0: -10.0,
    500.0: -8.0,
    750.0: -6.0,
    1000.0: 0.0,
    1500.0: -1.0,
    2000.0: 1.0,
    3000.0: -1.0,
    4000.0: 0.0,
    5000.0: 1.0,
}
_SPEECH_HZ = (500.0, 1000.0, 2000.0)


@unique
class GainFormula(StrEnum):
    """The formulas that are public."""

    NAL_R = "NAL-R"
    NAL_RP = "NAL-RP"
    CAMFIT = "CAMFIT linear"


@dataclass(frozen=True)
class ReferenceGain:
    """Insertion gain at one frequency, dB, never below zero; with `is_at_least` a threshold was a no response."""

    frequency_hz: float
    gain_db: float
    is_at_least: bool = False


@dataclass(frozen=True)
class ReferenceGains:
    """Gains of one ear by one formula; `reason` says why there are none, or none at `left_out_hz`."""

    formula: GainFormula
    ear: Ear
    gains: tuple[ReferenceGain, ...]
    left_out_hz: tuple[float, ...] = ()
    reason: str | None = None
    note: str = NOT_A_PRESCRIPTION


def reference_gains(audiogram: Audiogram, *, ear: Ear, formula: GainFormula) -> ReferenceGains:
    """Gains of one ear at those of its frequencies for which the formula has a constant; nothing is interpolated."""
    thresholds = thresholds_by_frequency(audiogram, ear)
    if formula is GainFormula.CAMFIT:
        return _gains(formula, ear, thresholds, _camfit_db, _CAMFIT_INTERCEPT_DB)
    missing_hz = [frequency for frequency in _SPEECH_HZ if frequency not in thresholds]
    if missing_hz:
        reason = f"It needs the {ear} ear's threshold at {in_hertz(missing_hz)}, which was not measured."
        return ReferenceGains(formula, ear, (), tuple(sorted(thresholds)), reason)
    speech = [thresholds[frequency] for frequency in _SPEECH_HZ]
    sum_db = math.fsum(threshold.level_db_hl for threshold in speech)
    is_at_least = any(threshold.is_no_response for threshold in speech)
    if formula is GainFormula.NAL_R:
        # Byrne et al. (1990): above a sum of 180 dB the gain grows faster with the loss.
        common_db = 0.05 * sum_db if sum_db <= 180.0 else 9.0 + 0.116 * (sum_db - 180.0)
        return _gains(formula, ear, thresholds, _nal_db(common_db), _NAL_K_DB, is_at_least=is_at_least)
    common_db = 0.05 * sum_db + 0.20 * max(0.0, sum_db / 3.0 - 60.0)
    at_2000_hz = thresholds[2000.0]
    if at_2000_hz.is_no_response or at_2000_hz.level_db_hl > _NAL_RP_PROFOUND_DB[-1][0]:
        found = "a no response" if at_2000_hz.is_no_response else f"{at_2000_hz.level_db_hl:g} dB HL"
        reason = f"It needs a threshold of at most 120 dB HL at 2000 Hz, but the {ear} ear has {found} there."
        return ReferenceGains(formula, ear, (), tuple(sorted(thresholds)), reason)
    if at_2000_hz.level_db_hl < _NAL_RP_PROFOUND_DB[0][0]:
        return _gains(formula, ear, thresholds, _nal_db(common_db), _NAL_K_DB, is_at_least=is_at_least)
    extra_db = _profound_db(at_2000_hz.level_db_hl)
    # 750 Hz is not in the table of the profound losses.
    constants_db = {frequency: _NAL_K_DB[frequency] + extra for frequency, extra in extra_db.items()}
    return _gains(formula, ear, thresholds, _nal_db(common_db), constants_db, is_at_least=is_at_least)


def _nal_db(common_db: float) -> Callable[[float, float], float]:
    return lambda level_db_hl, constant_db: common_db + 0.31 * level_db_hl + constant_db


def _camfit_db(level_db_hl: float, constant_db: float) -> float:
    return 0.48 * level_db_hl + constant_db


def _gains(
    formula: GainFormula,
    ear: Ear,
    thresholds: Mapping[float, Threshold],
    gain_db: Callable[[float, float], float],
    constants_db: Mapping[float, float],
    *,
    is_at_least: bool = False,
) -> ReferenceGains:
    gains = tuple(
        ReferenceGain(
            frequency,
            max(0.0, gain_db(threshold.level_db_hl, constants_db[frequency])),
            is_at_least or threshold.is_no_response,
        )
        for frequency, threshold in sorted(thresholds.items())
        if frequency in constants_db
    )
    left_out_hz = tuple(frequency for frequency in sorted(thresholds) if frequency not in constants_db)
    reason = f"It has no constant for {in_hertz(left_out_hz)}." if left_out_hz else None
    if not gains:
        reason = reason or f"The {ear} ear has no air-conduction thresholds."
    return ReferenceGains(formula, ear, gains, left_out_hz, reason)


def _profound_db(level_2000_db_hl: float) -> Mapping[float, float]:
    """What NAL-RP adds at each frequency; between its steps of 5 dB linear in the threshold."""
    for (lower, below_db), (upper, above_db) in pairwise(_NAL_RP_PROFOUND_DB):
        if level_2000_db_hl <= upper:
            share = (level_2000_db_hl - lower) / (upper - lower)
            mixed = [low + share * (high - low) for low, high in zip(below_db, above_db, strict=True)]
            return dict(zip(_NAL_RP_PROFOUND_HZ, mixed, strict=True))
    raise AssertionError(level_2000_db_hl)


GAIN_STANDARDS: tuple[Standard, ...] = (
    Standard(
        name="nal-r",
        title="NAL-R insertion gain: X + 0.31 HTL + k dB, reference line, not a prescription",
        edition="Byrne & Dillon 1986; severe losses after Byrne, Parkinson & Newall 1990",
        source="sources of pyclarity, openMHA and the Auditory Modeling Toolbox; k at 750 Hz from one public Android "
        "application (Hark, Prescriptions.kt), whose other constants agree with them",
        provenance=Provenance.TRANSCRIPTIONS,
        columns=("Hz", "k (dB)"),
        rows=tuple(_NAL_K_DB.items()),
        notes=(
            (
                "X is 0.05 times the sum S of the thresholds at 500, 1000 and 2000 Hz; for S above 180 dB it is "
                "9 + 0.116 (S - 180)."
            ),
            "Gains below zero are zero. No allowance for a conductive component.",
            "Half gain, POGO and Libby are left out, as no second source was found. NAL-NL2 and DSL v5 are not public.",
        ),
    ),
    Standard(
        name="nal-rp",
        title="NAL-RP: NAL-R plus 0.20 (mean - 60) above a mean of 60 dB, and this table from 95 dB HL at 2000 Hz",
        edition="Byrne, Parkinson & Newall 1990 and 1991 (Fig. 9)",
        source="sources of openMHA and the Auditory Modeling Toolbox, by the same author",
        provenance=Provenance.TRANSCRIPTION,
        columns=("HTL at 2 kHz", *(f"{frequency:g}" for frequency in _NAL_RP_PROFOUND_HZ)),
        rows=tuple((level, *added) for level, added in _NAL_RP_PROFOUND_DB),
        notes=(
            "Rows: threshold at 2000 Hz in dB HL. Columns: frequency in Hz. Cells: dB to add.",
            "The mean is that of the thresholds at 500, 1000 and 2000 Hz. Between the rows linear.",
            "750 Hz is not in the table, so it is left out from 95 dB HL at 2000 Hz.",
        ),
    ),
    Standard(
        name="camfit-linear",
        title="CAMFIT, Cambridge formula for linear aids: 0.48 HTL + intercept dB, reference line, not a prescription",
        edition="Moore & Glasberg 1998",
        source="source of openMHA, gainrule_camfit_linear",
        provenance=Provenance.TRANSCRIPTION,
        columns=("Hz", "intercept (dB)"),
        rows=tuple(_CAMFIT_INTERCEPT_DB.items()),
        notes=(
            "The formula ends at 5 kHz; openMHA extends it to higher frequencies, hearfit does not.",
            "Gains below zero are zero.",
        ),
    ),
)
