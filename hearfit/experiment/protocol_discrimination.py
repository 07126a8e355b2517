"""What a protocol file of a discrimination must say, and what in it contradicts itself."""

from collections.abc import Iterator
from typing import Annotated

import numpy as np
from pydantic import Field

from hearfit.experiment.limits import LEVEL_LIMITS_DB
from hearfit.experiment.protocol import SessionDesign, StimulusDesign, StimulusKind, Task
from hearfit.experiment.protocol_fields import (
    CATCH_TRIALS,
    FREQUENCIES,
    INTERVAL_COUNT,
    REPETITIONS,
    CatchTrials,
    Frequencies,
    IntervalCount,
    Number,
    Repetitions,
    Table,
)
from hearfit.experiment.stimulus_columns import allowed_values, signal_column, stimulus_columns

_Level = Annotated[Number, Field(ge=LEVEL_LIMITS_DB[0], le=LEVEL_LIMITS_DB[1])]


class DiscriminationDesign(Table):
    """The session that a file declares."""

    frequency_hz: Frequencies = Field(description=FREQUENCIES)
    levels_db_hl: Annotated[tuple[_Level, ...], Field(min_length=1, max_length=100)] = Field(
        description="a list of 1 to 100 levels from -20 to 130 dB HL, ascending, each once"
    )
    lowest_level_offset_db: Number = Field(ge=-30, le=60, description="a number from -30 to 60 dB")
    highest_level_db_hl: _Level = Field(description="a number from -20 to 130 dB HL")
    values: dict[str, Annotated[tuple[Number, ...], Field(min_length=1, max_length=100)]] = Field(
        description="a table of the columns of this stimulus, each with a list of 1 to 100 numbers"
    )
    repetitions: Repetitions = Field(description=REPETITIONS)
    catch_trials: CatchTrials = Field(description=CATCH_TRIALS)
    interval_count: IntervalCount = Field(description=INTERVAL_COUNT)

    def ascending(self) -> Iterator[tuple[str, tuple[float, ...]]]:
        """Lists that must ascend, with where they stand."""
        yield "design.levels_db_hl", self.levels_db_hl
        for name, values in self.values.items():
            yield f"design.values.{name}", values

    def session(self) -> SessionDesign:
        """As frozen data."""
        return SessionDesign(
            frequency_hz=self.frequency_hz,
            repetitions=self.repetitions,
            lowest_level_offset_db=self.lowest_level_offset_db,
            highest_level_db_hl=self.highest_level_db_hl,
            catch_trials=self.catch_trials,
            interval_count=self.interval_count,
            levels_db_hl=self.levels_db_hl,
            values=tuple(self.values.items()),
        )


def signal_contradictions(
    stimulus: StimulusDesign, design: Table, *, task: Task, is_transducer_required: bool
) -> Iterator[str]:
    """A discrimination needs a stimulus that states its signal, and such a stimulus is only discriminated."""
    kind = stimulus.kind
    signal = signal_column(kind)
    if (signal is not None) != (task is Task.DISCRIMINATION):
        allowed = "not discriminated" if signal is None else "only discriminated"
        yield f"task is {task}. A {kind} is {allowed}: choose the task or the kind to fit."
        return
    if not isinstance(design, DiscriminationDesign):
        return
    if kind is not StimulusKind.INCREMENTED_TONE and not is_transducer_required:
        yield f"is_transducer_required is false. A {kind} needs it, for what lies beside frequency_hz."
    columns = {column.name: column for column in stimulus_columns(kind)}
    if set(design.values) != set(columns):
        yield (
            f"design.values has {', '.join(design.values) or 'nothing'}. A {kind} needs each of "
            f"{', '.join(columns)}, and nothing else."
        )
        return
    for name, values in design.values.items():
        is_allowed, allowed = allowed_values(columns[name], np.array(values), stimulus.noise_outer_edge)
        for value in np.array(values)[~is_allowed]:
            yield f"design.values.{name} has {value:g}. Allowed: {allowed}."


def band_contradictions(stimulus: StimulusDesign) -> Iterator[str]:
    """What does not go together about a band and its ripples, as sentences."""
    width = stimulus.bandwidth_octaves
    if stimulus.kind.has_band and width is None:
        yield f"stimulus.bandwidth_octaves is missing. A {stimulus.kind} needs it: a number of octaves above 0."
    if not stimulus.kind.has_band and width is not None:
        yield f"stimulus.bandwidth_octaves is given. A {stimulus.kind} has no bandwidth: leave the key out."
    if stimulus.kind is StimulusKind.NARROWBAND_NOISE and width is not None and width > 2:
        yield f"stimulus.bandwidth_octaves is {width:g}. A narrowband_noise has at most 2 octaves."
    is_rippled = stimulus.kind is StimulusKind.RIPPLED_NOISE
    if is_rippled and stimulus.ripple_depth_db is None:
        yield "stimulus.ripple_depth_db is missing. A rippled_noise needs it: a number of decibels above 0."
    if not is_rippled and stimulus.ripple_depth_db is not None:
        yield f"stimulus.ripple_depth_db is given. A {stimulus.kind} has no ripples: leave the key out."
