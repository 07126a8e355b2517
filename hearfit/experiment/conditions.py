"""Unique conditions with response counts: a fit never sees a trial twice."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool, Float, Int

from hearfit.experiment.excitation import Stimulus
from hearfit.experiment.protocol import Protocol
from hearfit.experiment.stimulus_columns import MASKER_LEVEL, stimulus_columns
from hearfit.experiment.trials import TrialBlock


@dataclass(frozen=True)
class Conditions:
    """Unique combinations of stimulus, level and task of one protocol, and how often each response was given.

    `counts[i, r]` follows `protocol.response_values`. In catch trials the level is NaN and the target is not played.
    `parameters` are the columns of the protocol's kind of stimulus; those of the sound belong to the stimulus too.
    """

    protocol: Protocol
    stimuli: tuple[Stimulus, ...]
    stimulus_index: Int[np.ndarray, " conditions"]
    level_db_hl: Float[np.ndarray, " conditions"]
    interval_count: Int[np.ndarray, " conditions"]
    is_catch: Bool[np.ndarray, " conditions"]
    counts: Int[np.ndarray, "conditions responses"]
    parameters: Mapping[str, Float[np.ndarray, " conditions"]] = field(default_factory=dict)

    @property
    def frequency_hz(self) -> Float[np.ndarray, " conditions"]:
        """Frequency of each condition."""
        return np.array([stimulus.frequency_hz for stimulus in self.stimuli])[self.stimulus_index]

    @property
    def has_masker(self) -> bool:
        """Whether the targets were played in a masker."""
        return self.protocol.stimulus.kind.has_masker

    @property
    def masker_level_db_spl_per_hz(self) -> Float[np.ndarray, " conditions"] | None:
        """Spectrum level of a masker of noise, None where there is none."""
        return self.parameters.get(MASKER_LEVEL)


def collapse(block: TrialBlock) -> Conditions:
    """All trials of a protocol as unique conditions, in ascending order; counts add up to the number of trials."""
    return collapse_with_index(block)[0]


def collapse_with_index(block: TrialBlock) -> tuple[Conditions, Int[np.ndarray, " trials"]]:
    """As `collapse`, and which condition each trial belongs to."""
    columns = stimulus_columns(block.protocol.stimulus.kind)
    of_sound = [column.name for column in columns if column.is_of_sound]
    others = [column.name for column in columns if not column.is_of_sound]
    # NaN is not equal to itself, so catch trials are keyed by level zero and told apart by their flag.
    keys = {
        "frequency_hz": block.frequency_hz,
        **{name: block.parameters[name] for name in of_sound},
        "is_catch": block.is_catch.astype(np.float64),
        "interval_count": block.interval_count.astype(np.float64),
        **{name: block.parameters[name] for name in others},
        "level_db_hl": np.where(block.is_catch, 0.0, block.level_db_hl),
    }
    unique, index = np.unique(np.stack(list(keys.values()), axis=1), axis=0, return_inverse=True)
    index = index.reshape(-1)
    value = dict(zip(keys, unique.T, strict=True))
    responses = np.array(block.protocol.response_values)
    counts = np.zeros((len(unique), len(responses)), dtype=np.int64)
    np.add.at(counts, (index, np.searchsorted(responses, block.response)), 1)
    sounds, stimulus_index = np.unique(unique[:, : 1 + len(of_sound)], axis=0, return_inverse=True)
    catch = value["is_catch"] == 1.0
    conditions = Conditions(
        protocol=block.protocol,
        stimuli=tuple(
            Stimulus(
                block.protocol.stimulus,
                float(frequency),
                parameters=tuple(zip(of_sound, map(float, parameters), strict=True)),
            )
            for frequency, *parameters in sounds
        ),
        stimulus_index=stimulus_index.reshape(-1),
        level_db_hl=np.where(catch, np.nan, value["level_db_hl"]),
        interval_count=value["interval_count"].astype(np.int64),
        is_catch=catch,
        counts=counts,
        parameters={column.name: value[column.name] for column in columns},
    )
    return conditions, index
