"""Hearing thresholds of otologically normal people by age and sex, after ISO 7029:2017.

The median deviates from that of people aged 18 by a (Y - 18)^b dB, and the thresholds of an age spread around it like
two half Gaussians, with s_u on the side of worse and s_l on the side of better hearing (ISO 7029:2017, clause 4).
Hearing level is taken as deviation from age 18, as audiometric zero is the hearing of young normal people.
"""

import math
from dataclasses import dataclass
from enum import StrEnum, unique

from hearfit.audiology.age_norms_table import FEMALE, MALE, AgeNormRow
from hearfit.audiology.audiogram import Audiogram, Ear
from hearfit.audiology.ear_thresholds import in_hertz, thresholds_by_frequency
from hearfit.audiology.standard import Cell, Provenance, Standard
from hearfit.errors import InputError

LOWEST_AGE_YEARS, HIGHEST_AGE_YEARS = 18.0, 80.0
HIGHEST_AGE_ABOVE_2_KHZ_YEARS = 70.0


@unique
class Sex(StrEnum):
    """The two for which the standard has tables."""

    MALE = "male"
    FEMALE = "female"


@dataclass(frozen=True)
class AgeNorm:
    """Thresholds of otologically normal people of one age and sex at one frequency, dB re the median at age 18."""

    frequency_hz: float
    median_db: float
    upper_spread_db: float
    lower_spread_db: float

    def percentile(self, level_db_hl: float) -> float:
        """Percentage of these people who hear as well or better, that is, whose threshold is this or lower."""
        deviation_db = level_db_hl - self.median_db
        spread_db = self.upper_spread_db if deviation_db >= 0 else self.lower_spread_db
        return 50.0 * math.erfc(-deviation_db / (spread_db * math.sqrt(2.0)))

    def level_db(self, percentile: float) -> float:
        """Threshold that this percentage of these people reach or better; the inverse of `percentile`.

        Raises:
            InputError: the percentage is not between 0 and 100.
        """
        if not 0.0 < percentile < 100.0:
            raise InputError(f"A percentile of {percentile:g} was asked for. It must lie between 0 and 100.")
        # Takes as long to import as everything else here, and every command imports this module.
        from statistics import NormalDist

        deviate = NormalDist().inv_cdf(percentile / 100.0)
        return self.median_db + deviate * (self.upper_spread_db if deviate >= 0 else self.lower_spread_db)


@dataclass(frozen=True)
class AgePercentile:
    """Where one threshold lies among otologically normal people of the same age and sex.

    `norm` and `percentile` are None where the standard does not apply, and `reason` then says why. With `is_at_least`
    there was no response at `level_db_hl`.
    """

    frequency_hz: float
    level_db_hl: float
    norm: AgeNorm | None
    percentile: float | None
    is_at_least: bool = False
    reason: str | None = None


def age_norm(frequency_hz: float, *, age_years: float, sex: Sex) -> AgeNorm:
    """Median and spreads at one audiometric frequency from 125 to 8000 Hz.

    Raises:
        InputError: the frequency is not in the tables, or the age is outside 18 to 80 years, or above 70 years at a
            frequency above 2000 Hz, where the standard does not apply.
    """
    check_age(age_years)
    rows = MALE if sex is Sex.MALE else FEMALE
    row = next((row for row in rows if row.frequency_hz == frequency_hz), None)
    reason = _why_not(row, age_years)
    if row is None or reason is not None:
        raise InputError(f"{frequency_hz:g} Hz at {age_years:g} years: {reason}")
    since_18 = age_years - LOWEST_AGE_YEARS
    return AgeNorm(
        frequency_hz,
        row.a * since_18**row.b,
        _polynomial(row.upper_spread, since_18),
        _polynomial(row.lower_spread, since_18),
    )


def age_percentiles(audiogram: Audiogram, *, ear: Ear, age_years: float, sex: Sex) -> tuple[AgePercentile, ...]:
    """The air-conduction thresholds of one ear among people of the same age and sex, by ascending frequency.

    Raises:
        InputError: the age is outside 18 to 80 years.
    """
    check_age(age_years)
    percentiles: list[AgePercentile] = []
    for frequency_hz, threshold in sorted(thresholds_by_frequency(audiogram, ear).items()):
        level_db_hl, is_at_least = threshold.level_db_hl, threshold.is_no_response
        reason = _why_not(next((row for row in MALE if row.frequency_hz == frequency_hz), None), age_years)
        if reason is not None:
            percentiles.append(AgePercentile(frequency_hz, level_db_hl, None, None, is_at_least, reason))
            continue
        norm = age_norm(frequency_hz, age_years=age_years, sex=sex)
        percentiles.append(AgePercentile(frequency_hz, level_db_hl, norm, norm.percentile(level_db_hl), is_at_least))
    return tuple(percentiles)


def check_age(age_years: float) -> None:
    """Checks that the standard covers this age at any frequency.

    Raises:
        InputError: it does not.
    """
    if not LOWEST_AGE_YEARS <= age_years <= HIGHEST_AGE_YEARS:
        raise InputError(
            f"An age of {age_years:g} years is outside ISO 7029:2017, which covers {LOWEST_AGE_YEARS:g} to "
            f"{HIGHEST_AGE_YEARS:g} years (to {HIGHEST_AGE_ABOVE_2_KHZ_YEARS:g} above 2000 Hz)."
        )


def _why_not(row: AgeNormRow | None, age_years: float) -> str | None:
    if row is None:
        return f"ISO 7029:2017 has values for {in_hertz(row.frequency_hz for row in MALE)} only."
    if row.frequency_hz > 2000.0 and age_years > HIGHEST_AGE_ABOVE_2_KHZ_YEARS:
        return f"Above 2000 Hz ISO 7029:2017 ends at {HIGHEST_AGE_ABOVE_2_KHZ_YEARS:g} years."
    return None


def _polynomial(coefficients: tuple[float, ...], value: float) -> float:
    return math.fsum(coefficient * value**power for power, coefficient in enumerate(coefficients))


def _lines(row: AgeNormRow) -> tuple[tuple[Cell, ...], ...]:
    blank = ("",) * (len(row.upper_spread) - 2)
    return (
        (row.frequency_hz, "median", row.a, row.b, *blank),
        (row.frequency_hz, "s_u", *row.upper_spread),
        (row.frequency_hz, "s_l", *row.lower_spread),
    )


def _standard(name: str, sex: Sex, rows: tuple[AgeNormRow, ...]) -> Standard:
    return Standard(
        name=name,
        title=f"Hearing thresholds of otologically normal {sex} people by age Y, dB re the median at age 18",
        edition="ISO 7029:2017",
        source="phonometry 3.3.0, which read the standard; its four-tone means agree with the norms of PRESAGE",
        provenance=Provenance.TRANSCRIPTIONS,
        columns=("Hz", "of", *(f"c{power}" for power in range(len(rows[0].upper_spread)))),
        rows=tuple(line for row in rows for line in _lines(row)),
        notes=(
            "Median: c0 (Y - 18)^c1. Spreads s_u (worse hearing), s_l (better): c0 + c1 (Y - 18) + c2 (Y - 18)^2 + ...",
            "Covers 18 to 80 years up to 2000 Hz and 18 to 70 years above; other ages are refused.",
            "Of people screened for ear disease and noise: unscreened people of the same age hear worse.",
            "Check value: man of 60 years at 4000 Hz, 20.21 dB. Coefficients that make 401 dB of it circulate.",
        ),
    )


AGE_NORM_STANDARDS: tuple[Standard, ...] = (
    _standard("iso-7029-male", Sex.MALE, MALE),
    _standard("iso-7029-female", Sex.FEMALE, FEMALE),
)
