"""An ear that is none of ours, and how it answers: Kates & Arehart 2014 (Speech Communication 65:75), with own rules.

Nothing here uses the frontend or the observers of hearfit. A frequency at a time, levels in dB HL:

- outer hair cells: linear up to a knee of 30 + o dB, compressive up to 100 dB, linear above; o is their loss, which
  lowers the output below the knee by o and leaves it as it is from 100 dB on. So compression itself gets weaker;
- the compression ratio grows over the ERB scale from 1.25 at 80 Hz to 3.5 at 8 kHz, and o is at most 70 (1 - 1/CR);
- inner hair cells: a loss i lowers the output (in our model attenuation lowers the input).

A tone is heard when the output, with an internal noise of 3 dB re the input, exceeds 0 dB; loudness is that of a
normal ear with the same output, with a noise of 4 categorical units, in the nearest category.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from hearfit.experiment.protocol import Protocol
from hearfit.experiment.trials import TrialBlock
from hearfit.listener.loudness_growth import normal_category_cu

_LOWER_KNEE_DB, _UPPER_KNEE_DB = 30.0, 100.0
_HEARING_NOISE_DB, _LOUDNESS_NOISE_CU, _FALSE_ALARMS = 3.0, 4.0, 0.05


def _erb_number(frequency_hz: float) -> float:
    return float(21.4 * np.log10(4.37e-3 * frequency_hz + 1.0))


@dataclass(frozen=True)
class ForeignEar:
    """Losses of outer and inner hair cells at one frequency."""

    frequency_hz: float
    outer_db: float
    inner_db: float

    @property
    def normal_ratio(self) -> float:
        """Compression ratio of the healthy ear."""
        place = (_erb_number(self.frequency_hz) - _erb_number(80.0)) / (_erb_number(8000.0) - _erb_number(80.0))
        return 1.25 + 2.25 * place

    def output_db(self, level_db: Float[np.ndarray, " levels"]) -> Float[np.ndarray, " levels"]:
        """Output re that of a healthy ear at 0 dB."""
        range_db = _UPPER_KNEE_DB - _LOWER_KNEE_DB
        ratio = self.normal_ratio * (range_db - self.outer_db) / range_db
        compressed = np.clip(level_db - (_LOWER_KNEE_DB + self.outer_db), 0.0, range_db - self.outer_db)
        return np.asarray(level_db - self.outer_db - (1.0 - 1.0 / ratio) * compressed - self.inner_db)

    @property
    def threshold_db(self) -> float:
        """Level with an output of 0 dB."""
        level = np.linspace(-20.0, 140.0, 16001)
        return float(np.interp(0.0, self.output_db(level), level))

    def matched_level_db(self, level_db: Float[np.ndarray, " levels"]) -> Float[np.ndarray, " levels"]:
        """Level of the same output in a healthy ear."""
        level = np.linspace(-150.0, 200.0, 35001)
        return np.interp(self.output_db(level_db), ForeignEar(self.frequency_hz, 0.0, 0.0).output_db(level), level)


def foreign_ear(frequency_hz: float, loss_db: float, *, outer_share: float) -> ForeignEar:
    """An ear with this loss, a share of it of outer hair cells as far as they can lose it."""
    largest = 70.0 * (1.0 - 1.0 / ForeignEar(frequency_hz, 0.0, 0.0).normal_ratio)
    outer = min(outer_share * loss_db, largest)
    return ForeignEar(frequency_hz, outer, loss_db - outer)


def heard_or_not(
    protocol: Protocol, ears: tuple[ForeignEar, ...], *, repetitions: int, generator: np.random.Generator
) -> TrialBlock:
    """Answers about tones near each threshold, and to catch trials."""
    frequency, level, response = [], [], []
    for ear in ears:
        own = np.repeat(np.round(ear.threshold_db + np.array([-9.0, -6.0, -3.0, 0.0, 3.0, 6.0, 9.0])), repetitions)
        # The noise is on the input, so that the slope of the output does not matter.
        is_heard = own + _HEARING_NOISE_DB * generator.standard_normal(len(own)) > ear.threshold_db
        is_heard |= generator.random(len(own)) < _FALSE_ALARMS
        alone = generator.random(repetitions) < _FALSE_ALARMS
        frequency.append(np.full(len(own) + repetitions, ear.frequency_hz))
        level.append(np.concatenate([own, np.full(repetitions, np.nan)]))
        response.append(np.concatenate([is_heard, alone]).astype(np.int64))
    return _block(protocol, np.concatenate(frequency), np.concatenate(level), np.concatenate(response))


def categories(
    protocol: Protocol, ears: tuple[ForeignEar, ...], *, repetitions: int, generator: np.random.Generator
) -> TrialBlock:
    """Loudness answers between threshold and 105 dB."""
    frequency, level, response = [], [], []
    for ear in ears:
        own = np.repeat(np.round(np.linspace(min(ear.threshold_db, 85.0), 105.0, 10)), repetitions)
        loudness = normal_category_cu(ear.matched_level_db(own), ear.frequency_hz)
        loudness = loudness + _LOUDNESS_NOISE_CU * generator.standard_normal(len(own))
        frequency.append(np.full(len(own), ear.frequency_hz))
        level.append(own)
        response.append((5.0 * np.clip(np.round(loudness / 5.0), 0, 10)).astype(np.int64))
    return _block(protocol, np.concatenate(frequency), np.concatenate(level), np.concatenate(response))


def _block(protocol: Protocol, frequency: np.ndarray, level: np.ndarray, response: np.ndarray) -> TrialBlock:
    return TrialBlock(
        protocol=protocol,
        trial=np.arange(1, len(level) + 1),
        frequency_hz=frequency,
        level_db_hl=level,
        interval_count=np.ones(len(level), dtype=np.int64),
        is_catch=np.isnan(level),
        response=response,
    )
