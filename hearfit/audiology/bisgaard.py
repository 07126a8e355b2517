"""The ten standard audiograms of IEC 60118-15: flat and moderately sloping N1 to N7, steeply sloping S1 to S3.

Bisgaard, Vlaming & Dahlquist (2010), Trends in Amplification 14(2), 113-120, Table 1 and Table 2.
"""

from hearfit.audiology.audiogram import Audiogram, Ear, Threshold
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
