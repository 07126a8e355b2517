"""A measured audiogram: one threshold per ear, frequency and conduction."""

from dataclasses import dataclass
from enum import StrEnum, unique


@unique
class Ear(StrEnum):
    """Which ear; there is no default anywhere."""

    LEFT = "left"
    RIGHT = "right"


@unique
class Conduction(StrEnum):
    """How the sound reached the cochlea."""

    AIR = "air"
    BONE = "bone"


@dataclass(frozen=True)
class Threshold:
    """One threshold. With `is_no_response` the level is the highest one presented: the threshold is above it."""

    ear: Ear
    frequency_hz: float
    level_db_hl: float
    conduction: Conduction = Conduction.AIR
    is_masked: bool = False
    is_no_response: bool = False


@dataclass(frozen=True)
class Audiogram:
    """Thresholds of one listener; `transducer` and `date` where the source names them."""

    listener: str
    thresholds: tuple[Threshold, ...]
    transducer: str | None = None
    date: str | None = None

    def ears(self) -> tuple[Ear, ...]:
        """The ears that have at least one threshold, left first."""
        present = {threshold.ear for threshold in self.thresholds}
        return tuple(ear for ear in Ear if ear in present)

    def of(self, ear: Ear, conduction: Conduction = Conduction.AIR) -> tuple[Threshold, ...]:
        """The thresholds of one ear and conduction, by ascending frequency."""
        chosen = [t for t in self.thresholds if t.ear is ear and t.conduction is conduction]
        return tuple(sorted(chosen, key=lambda threshold: threshold.frequency_hz))
