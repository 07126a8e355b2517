"""Pure-tone averages by their published definitions. A no response only ever makes a lower bound."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from hearfit.audiology.audiogram import Audiogram, Ear, Threshold
from hearfit.audiology.ear_thresholds import in_hertz, thresholds_by_frequency
from hearfit.audiology.standard import Provenance, Standard

PTA3_FREQUENCY_HZ = (500.0, 1000.0, 2000.0)
PTA4_FREQUENCY_HZ = (500.0, 1000.0, 2000.0, 4000.0)
AAO_HNS_FREQUENCY_HZ = (500.0, 1000.0, 2000.0, 3000.0)


@dataclass(frozen=True)
class PureToneAverage:
    """Mean air-conduction threshold over some frequencies.

    `level_db_hl` is None where it cannot be computed; `reason` then says why and `missing_hz` names the frequencies
    that were not measured. With `is_at_least` there was no response at one of the frequencies: the average, and so
    every grade of it, is this much or more. `substituted_hz` was not measured, but is defined by its neighbours.
    """

    frequency_hz: tuple[float, ...]
    level_db_hl: float | None
    is_at_least: bool = False
    reason: str | None = None
    missing_hz: tuple[float, ...] = ()
    substituted_hz: tuple[float, ...] = ()


@dataclass(frozen=True)
class AverageDefinition:
    """A pure-tone average by name; `is_3000_hz_substituted` where 2000 and 4000 Hz may stand for it."""

    name: str
    title: str
    frequency_hz: tuple[float, ...]
    is_3000_hz_substituted: bool = False

    def of(self, audiogram: Audiogram, ear: Ear) -> PureToneAverage:
        """This average of one ear."""
        if self.is_3000_hz_substituted:
            return _average_with_3000_hz(audiogram, ear, self.frequency_hz)
        return pure_tone_average(audiogram, ear=ear, frequency_hz=self.frequency_hz)


THREE_TONE = AverageDefinition("PTA3", "3-tone average", PTA3_FREQUENCY_HZ)
FOUR_TONE = AverageDefinition("PTA4", "4-tone average", PTA4_FREQUENCY_HZ)
AAO_HNS = AverageDefinition("AAO-HNS", "AAO-HNS average", AAO_HNS_FREQUENCY_HZ, is_3000_hz_substituted=True)
AVERAGE_DEFINITIONS: tuple[AverageDefinition, ...] = (THREE_TONE, FOUR_TONE, AAO_HNS)


def pure_tone_average(audiogram: Audiogram, *, ear: Ear, frequency_hz: Sequence[float]) -> PureToneAverage:
    """Mean air-conduction threshold of one ear; a masked threshold replaces the unmasked one."""
    return _mean_of(thresholds_by_frequency(audiogram, ear), ear, tuple(frequency_hz))


def better_ear_average(audiogram: Audiogram, *, frequency_hz: Sequence[float]) -> PureToneAverage:
    """The lower of the two ears' averages, which WHO grades (with `PTA4_FREQUENCY_HZ`)."""
    left, right = (pure_tone_average(audiogram, ear=ear, frequency_hz=frequency_hz) for ear in Ear)
    if left.level_db_hl is None or right.level_db_hl is None:
        reason = " ".join(average.reason for average in (left, right) if average.reason)
        missing_hz = tuple(sorted({*left.missing_hz, *right.missing_hz}))
        return PureToneAverage(
            left.frequency_hz, None, reason=f"{reason} The better ear is not known.", missing_hz=missing_hz
        )
    # At a tie the measured ear bounds the better ear from above, so the measured average is the answer.
    if (right.level_db_hl, right.is_at_least) < (left.level_db_hl, left.is_at_least):
        return right
    return left


def _average_with_3000_hz(audiogram: Audiogram, ear: Ear, frequency_hz: tuple[float, ...]) -> PureToneAverage:
    by_frequency = dict(thresholds_by_frequency(audiogram, ear))
    below, above = by_frequency.get(2000.0), by_frequency.get(4000.0)
    if 3000.0 in by_frequency or below is None or above is None:
        return _mean_of(by_frequency, ear, frequency_hz)
    by_frequency[3000.0] = Threshold(
        ear,
        3000.0,
        (below.level_db_hl + above.level_db_hl) / 2,
        is_no_response=below.is_no_response or above.is_no_response,
    )
    return replace(_mean_of(by_frequency, ear, frequency_hz), substituted_hz=(3000.0,))


def _mean_of(by_frequency: Mapping[float, Threshold], ear: Ear, frequency_hz: tuple[float, ...]) -> PureToneAverage:
    missing_hz = tuple(frequency for frequency in frequency_hz if frequency not in by_frequency)
    if missing_hz or not frequency_hz:
        where = in_hertz(missing_hz) if missing_hz else "any frequency"
        reason = f"The {ear} ear has no air-conduction threshold at {where}."
        return PureToneAverage(frequency_hz, None, reason=reason, missing_hz=missing_hz)
    chosen = [by_frequency[frequency] for frequency in frequency_hz]
    mean_db_hl = math.fsum(threshold.level_db_hl for threshold in chosen) / len(chosen)
    return PureToneAverage(frequency_hz, mean_db_hl, is_at_least=any(t.is_no_response for t in chosen))


AVERAGE_STANDARD = Standard(
    name="pta",
    title="Pure-tone averages of air-conduction thresholds",
    edition="3-tone: clinical convention; 4-tone: WHO 2021; AAO-HNS: American Academy of Otolaryngology",
    source="3-tone: medical-dictionary.thefreedictionary.com; 4-tone: hear-it.org, after the Global Burden of Disease "
    "studies and WHO; AAO-HNS with its substitute for 3000 Hz: source of the Python package audiogram 0.1.0",
    provenance=Provenance.TRANSCRIPTION,
    columns=("name", "mean of (Hz)", "3000 Hz not measured"),
    rows=tuple(
        (
            definition.name,
            in_hertz(definition.frequency_hz).removesuffix(" Hz"),
            "mean of 2000 and 4000 Hz" if definition.is_3000_hz_substituted else "not needed",
        )
        for definition in AVERAGE_DEFINITIONS
    ),
    notes=(
        "A no response enters with the highest level presented, and the average is then a lower bound.",
        (
            "There is no high-frequency average: published definitions differ (1, 2 and 4 kHz, or 4, 6 and 8 kHz in "
            "de Gruy et al. 2023, J Am Acad Audiol 34:100), so a bare name would say nothing."
        ),
    ),
)
