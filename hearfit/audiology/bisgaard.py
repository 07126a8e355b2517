"""The ten standard audiograms of IEC 60118-15: flat and moderately sloping N1 to N7, steeply sloping S1 to S3.

Bisgaard, Vlaming & Dahlquist (2010), Trends in Amplification 14(2), 113-120, Table 1 and Table 2.
"""

import math
from dataclasses import dataclass

from hearfit.audiology.audiogram import Audiogram, Ear, Threshold
from hearfit.audiology.ear_thresholds import in_hertz, thresholds_by_frequency
from hearfit.audiology.standard import Provenance, Standard
from hearfit.errors import InputError

_FREQUENCY_HZ = (250.0, 375.0, 500.0, 750.0, 1000.0, 1500.0, 2000.0, 3000.0, 4000.0, 6000.0)

# Trap: 56 dB for N2 and 76 dB for N4 at 4 kHz circulate in public code.
_LEVEL_DB_HL = (
    ("N1", (10.0, 10.0, 10.0, 10.0, 10.0, 10.0, 15.0, 20.0, 30.0, 40.0)),
    ("N2", (20.0, 20.0, 20.0, 22.5, 25.0, 30.0, 35.0, 40.0, 45.0, 50.0)),
    ("N3", (35.0, 35.0, 35.0, 35.0, 40.0, 45.0, 50.0, 55.0, 60.0, 65.0)),
    ("N4", (55.0, 55.0, 55.0, 55.0, 55.0, 60.0, 65.0, 70.0, 75.0, 80.0)),
    ("N5", (65.0, 67.5, 70.0, 72.5, 75.0, 80.0, 80.0, 80.0, 80.0, 80.0)),
    ("N6", (75.0, 77.5, 80.0, 82.5, 85.0, 90.0, 90.0, 95.0, 100.0, 100.0)),
    ("N7", (90.0, 92.5, 95.0, 100.0, 105.0, 105.0, 105.0, 105.0, 105.0, 105.0)),
    ("S1", (10.0, 10.0, 10.0, 10.0, 10.0, 10.0, 15.0, 30.0, 55.0, 70.0)),
    ("S2", (20.0, 20.0, 20.0, 22.5, 25.0, 35.0, 55.0, 75.0, 95.0, 95.0)),
    ("S3", (30.0, 30.0, 35.0, 47.5, 60.0, 70.0, 75.0, 80.0, 80.0, 85.0)),
)

STANDARD_AUDIOGRAM_NAMES: tuple[str, ...] = tuple(name for name, _ in _LEVEL_DB_HL)


NEEDED_FREQUENCY_HZ = (500.0, 1000.0, 2000.0, 4000.0)


@dataclass(frozen=True)
class NearestStandard:
    """The standard audiograms nearest to one ear: one, or several that are equally near.

    `names` is empty where there is none, and `reason` says why. `distance_db` is the root mean square difference over
    `frequency_hz`. With `is_at_least` an ear did not respond at a level below which a standard lies: the distance is
    this much or more.
    """

    ear: Ear
    names: tuple[str, ...]
    distance_db: float | None
    frequency_hz: tuple[float, ...] = ()
    is_at_least: bool = False
    reason: str | None = None


def is_standard_audiogram_name(name: str) -> bool:
    """Whether `standard_audiogram` knows this name."""
    return name.upper() in STANDARD_AUDIOGRAM_NAMES


def standard_audiogram(name: str) -> Audiogram:
    """The standard audiogram N1 to N7 or S1 to S3 (any case): air conduction, the same in both ears.

    Raises:
        InputError: there is no such standard audiogram.
    """
    for known, levels in _LEVEL_DB_HL:
        if name.upper() == known:
            thresholds = tuple(
                Threshold(ear, frequency, level)
                for ear in Ear
                for frequency, level in zip(_FREQUENCY_HZ, levels, strict=True)
            )
            return Audiogram(known, thresholds)
    raise InputError(
        f"{name!r} is not a standard audiogram. The standard audiograms are {', '.join(STANDARD_AUDIOGRAM_NAMES)}."
    )


def nearest_standard(audiogram: Audiogram, *, ear: Ear) -> NearestStandard:
    """The nearest standard audiogram by air conduction; the rule is this package's own, as there is no official one.

    A no response at some level differs from a lower standard by at least their difference, and not from a higher one.
    """
    thresholds = thresholds_by_frequency(audiogram, ear)
    missing_hz = [frequency for frequency in NEEDED_FREQUENCY_HZ if frequency not in thresholds]
    if missing_hz:
        reason = f"The {ear} ear has no air-conduction threshold at {in_hertz(missing_hz)}."
        return NearestStandard(ear, (), None, reason=reason)
    shared_hz = tuple(frequency for frequency in _FREQUENCY_HZ if frequency in thresholds)
    distances: dict[str, float] = {}
    bounded: set[str] = set()
    for name, levels in _LEVEL_DB_HL:
        standard = dict(zip(_FREQUENCY_HZ, levels, strict=True))
        squares = []
        for frequency in shared_hz:
            difference_db = thresholds[frequency].level_db_hl - standard[frequency]
            if thresholds[frequency].is_no_response:
                difference_db = max(0.0, difference_db)
                bounded.add(name)
            squares.append(difference_db**2)
        distances[name] = math.sqrt(math.fsum(squares) / len(squares))
    smallest = min(distances.values())
    # Sums of squares of levels in steps of 2.5 dB are exact, so equal distances are equal numbers.
    names = tuple(name for name, distance in distances.items() if distance == smallest)
    return NearestStandard(ear, names, smallest, shared_hz, bool(bounded & set(names)))


BISGAARD_STANDARD = Standard(
    name="bisgaard",
    title="Standard audiograms: flat and moderately sloping N1 to N7, steeply sloping S1 to S3 (dB HL)",
    edition="IEC 60118-15; Bisgaard, Vlaming & Dahlquist 2010, Tables 1 and 2",
    source="three public Python repositories and the program OSTF, which agree",
    provenance=Provenance.TRANSCRIPTIONS,
    columns=("Hz", *(name for name, _ in _LEVEL_DB_HL)),
    rows=tuple(
        (frequency, *(levels[index] for _, levels in _LEVEL_DB_HL)) for index, frequency in enumerate(_FREQUENCY_HZ)
    ),
    notes=(
        (
            "Nearest standard audiogram: smallest root mean square difference over the shared frequencies. Own choice; "
            "there is no official rule. 500, 1000, 2000 and 4000 Hz are needed."
        ),
        "Trap: 56 dB for N2 and 76 dB for N4 at 4000 Hz circulate in public code.",
    ),
)
