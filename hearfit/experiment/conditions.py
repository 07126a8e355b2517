"""Unique conditions with response counts: a fit never sees a trial twice."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from hearfit.experiment.excitation import Stimulus
from hearfit.experiment.protocol import Protocol
from hearfit.experiment.trials import TrialBlock


@dataclass(frozen=True)
class Conditions:
    """Unique combinations of stimulus, level and task of one protocol, and how often each response was given.

    `counts[i, r]` follows `protocol.response_values`. In catch trials the level is NaN and the stimulus is not played.
    """

    protocol: Protocol
    stimuli: tuple[Stimulus, ...]
    stimulus_index: Int[np.ndarray, " conditions"]
    level_db_hl: Float[np.ndarray, " conditions"]
    interval_count: Int[np.ndarray, " conditions"]
    is_catch: Bool[np.ndarray, " conditions"]
    counts: Int[np.ndarray, "conditions responses"]

    @property
    def frequency_hz(self) -> Float[np.ndarray, " conditions"]:
        """Frequency of each condition."""
        return np.array([stimulus.frequency_hz for stimulus in self.stimuli])[self.stimulus_index]


def collapse(block: TrialBlock) -> Conditions:
    """All trials of a protocol as unique conditions, in ascending order; counts add up to the number of trials."""
    is_catch = block.is_catch.astype(np.float64)
    # NaN is not equal to itself, so catch trials are keyed by level zero and told apart by their flag.
    keyed_level = np.where(block.is_catch, 0.0, block.level_db_hl)
    rows = np.stack([block.frequency_hz, is_catch, block.interval_count.astype(np.float64), keyed_level], axis=1)
    unique, index = np.unique(rows, axis=0, return_inverse=True)
    index = index.reshape(-1)
    values = np.array(block.protocol.response_values)
    counts = np.zeros((len(unique), len(values)), dtype=np.int64)
    np.add.at(counts, (index, np.searchsorted(values, block.response)), 1)
    frequencies, stimulus_index = np.unique(unique[:, 0], return_inverse=True)
    catch = unique[:, 1] == 1.0
    return Conditions(
        protocol=block.protocol,
        stimuli=tuple(Stimulus(block.protocol.stimulus, float(frequency)) for frequency in frequencies),
        stimulus_index=stimulus_index.reshape(-1),
        level_db_hl=np.where(catch, np.nan, unique[:, 3]),
        interval_count=unique[:, 2].astype(np.int64),
        is_catch=catch,
        counts=counts,
    )
