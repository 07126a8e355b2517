"""Validated answers of one ear in one session, as arrays; everything a fit reads."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool, Float, Int

from hearfit.audiology.audiogram import Ear
from hearfit.experiment.protocol import Protocol


@dataclass(frozen=True)
class TrialBlock:
    """All trials of one protocol.

    Catch trials (nothing was played, or the masker alone) carry NaN as level; `interval_count` is 1 for yes/no.
    `parameters` are the columns of the protocol's kind of stimulus (see `stimulus_columns`), in their order.
    """

    protocol: Protocol
    trial: Int[np.ndarray, " trials"]
    frequency_hz: Float[np.ndarray, " trials"]
    level_db_hl: Float[np.ndarray, " trials"]
    interval_count: Int[np.ndarray, " trials"]
    is_catch: Bool[np.ndarray, " trials"]
    response: Int[np.ndarray, " trials"]
    parameters: Mapping[str, Float[np.ndarray, " trials"]] = field(default_factory=dict)


@dataclass(frozen=True)
class Trials:
    """One listener, one ear, one session. `transducer` is the id of the reference threshold table, or None.

    Levels were converted to dB HL with that table where the file gave dB SPL; None is possible only where every
    level came in dB HL.
    """

    listener: str
    ear: Ear
    session: str
    transducer: str | None
    blocks: tuple[TrialBlock, ...]
    source_names: tuple[str, ...]
    source_sha256: str

    @property
    def num_trials(self) -> int:
        """All trials of all protocols, catch trials included."""
        return sum(len(block.trial) for block in self.blocks)
