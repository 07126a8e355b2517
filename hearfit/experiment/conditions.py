"""Unique conditions with response counts: a fit never sees a trial twice."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from hearfit.experiment.excitation import Stimulus
from hearfit.experiment.protocol import Notch, Protocol
from hearfit.experiment.trials import TrialBlock


@dataclass(frozen=True)
class Conditions:
    """Unique combinations of stimulus, level and task of one protocol, and how often each response was given.

    `counts[i, r]` follows `protocol.response_values`. In catch trials the level is NaN and the target is not played.
    `masker_level_db_spl_per_hz` is None where the protocol has no masker; the notch belongs to the stimulus.
    """

    protocol: Protocol
    stimuli: tuple[Stimulus, ...]
    stimulus_index: Int[np.ndarray, " conditions"]
    level_db_hl: Float[np.ndarray, " conditions"]
    interval_count: Int[np.ndarray, " conditions"]
    is_catch: Bool[np.ndarray, " conditions"]
    counts: Int[np.ndarray, "conditions responses"]
    masker_level_db_spl_per_hz: Float[np.ndarray, " conditions"] | None = None

    @property
    def frequency_hz(self) -> Float[np.ndarray, " conditions"]:
        """Frequency of each condition."""
        return np.array([stimulus.frequency_hz for stimulus in self.stimuli])[self.stimulus_index]

    @property
    def has_masker(self) -> bool:
        """Whether the targets were played in a masker."""
        return self.masker_level_db_spl_per_hz is not None


def collapse(block: TrialBlock) -> Conditions:
    """All trials of a protocol as unique conditions, in ascending order; counts add up to the number of trials."""
    return collapse_with_index(block)[0]


def collapse_with_index(block: TrialBlock) -> tuple[Conditions, Int[np.ndarray, " trials"]]:
    """As `collapse`, and which condition each trial belongs to."""
    masker = block.masker
    none = np.zeros(len(block.trial))
    notch = (none, none) if masker is None else (masker.notch_lower, masker.notch_upper)
    # NaN is not equal to itself, so catch trials are keyed by level zero and told apart by their flag.
    columns = (
        block.frequency_hz,
        *notch,
        block.is_catch.astype(np.float64),
        block.interval_count.astype(np.float64),
        none if masker is None else masker.level_db_spl_per_hz,
        np.where(block.is_catch, 0.0, block.level_db_hl),
    )
    unique, index = np.unique(np.stack(columns, axis=1), axis=0, return_inverse=True)
    index = index.reshape(-1)
    values = np.array(block.protocol.response_values)
    counts = np.zeros((len(unique), len(values)), dtype=np.int64)
    np.add.at(counts, (index, np.searchsorted(values, block.response)), 1)
    # Frequency and notch make the stimulus.
    sounds, stimulus_index = np.unique(unique[:, :3], axis=0, return_inverse=True)
    catch = unique[:, 3] == 1.0
    conditions = Conditions(
        protocol=block.protocol,
        stimuli=tuple(
            Stimulus(
                block.protocol.stimulus,
                float(frequency),
                notch=None if masker is None else Notch(float(lower), float(upper)),
            )
            for frequency, lower, upper in sounds
        ),
        stimulus_index=stimulus_index.reshape(-1),
        level_db_hl=np.where(catch, np.nan, unique[:, 6]),
        interval_count=unique[:, 4].astype(np.int64),
        is_catch=catch,
        counts=counts,
        masker_level_db_spl_per_hz=None if masker is None else unique[:, 5],
    )
    return conditions, index
