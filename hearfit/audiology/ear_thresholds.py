"""The one threshold of an ear at each frequency, and the levels that it leaves possible."""

import math
from collections.abc import Iterable, Mapping

from hearfit.audiology.audiogram import Audiogram, Conduction, Ear, Threshold


def thresholds_by_frequency(
    audiogram: Audiogram, ear: Ear, conduction: Conduction = Conduction.AIR
) -> Mapping[float, Threshold]:
    """The thresholds of one ear and conduction by frequency in Hz; a masked one replaces the unmasked one."""
    # Unmasked before masked, so that of a pair the masked one stays: without masking the other ear may have answered.
    return {t.frequency_hz: t for t in sorted(audiogram.of(ear, conduction), key=_is_masked)}


def possible_levels_db_hl(threshold: Threshold | None) -> tuple[float, float]:
    """Lowest and highest level that it can have: no response bounds it only below, and nothing a missing one."""
    if threshold is None:
        return -math.inf, math.inf
    return threshold.level_db_hl, math.inf if threshold.is_no_response else threshold.level_db_hl


def in_hertz(frequency_hz: Iterable[float]) -> str:
    """Frequencies for a sentence: "500, 1000 Hz"."""
    return ", ".join(f"{frequency:g}" for frequency in frequency_hz) + " Hz"


def _is_masked(threshold: Threshold) -> bool:
    return threshold.is_masked
