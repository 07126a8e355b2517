"""The shape of a protocol file: which keys each table has, and what each may be. Pydantic checks it at this edge.

Nothing has a default: what a file does not say is missing. Each field's description is the sentence that an error
message shows as what is allowed.
"""

from collections.abc import Iterable
from typing import Annotated

from pydantic import Field

from hearfit.experiment.limits import (
    LEVEL_LIMITS_DB,
    MASKER_LEVEL_LIMITS_DB,
    OUTER_EDGE_LIMITS,
)
from hearfit.experiment.protocol import StimulusKind, Task
from hearfit.experiment.protocol_fields import (
    CATCH_TRIALS,
    FREQUENCIES,
    INTERVAL_COUNT,
    REPETITIONS,
    TEXT,
    CatchTrials,
    Count,
    Frequencies,
    Frequency,
    IntervalCount,
    Number,
    Repetitions,
    Table,
    Text,
)
from hearfit.experiment.protocol_forward_masking import ForwardMaskedDesign


def _one_of(words: Iterable[str]) -> str:
    *first, last = (f'"{word}"' for word in words)
    return f"{', '.join(first)} or {last}"


class Stimulus(Table):
    """The table [stimulus]."""

    kind: StimulusKind = Field(description=_one_of(StimulusKind))
    duration_s: Number = Field(gt=0, le=10, description="a number of seconds above 0, at most 10")
    ramp_s: Number = Field(ge=0, le=5, description="a number of seconds from 0 to half of duration_s")
    bandwidth_octaves: Number | None = Field(
        default=None,
        gt=0,
        le=8,
        description="a number of octaves above 0, at most 8 (narrowband_noise: 2), for what has a band only",
    )
    noise_outer_edge: Number | None = Field(
        default=None,
        ge=OUTER_EDGE_LIMITS[0],
        le=OUTER_EDGE_LIMITS[1],
        description="a number from 0.1 to 0.9 (relative to the target's frequency), for tone_in_notched_noise only",
    )
    masker_duration_s: Number | None = Field(
        default=None, gt=0, le=10, description="a number of seconds above 0, at most 10, for tone_after_tone only"
    )
    masker_ramp_s: Number | None = Field(
        default=None,
        ge=0,
        le=5,
        description="a number of seconds from 0 to half of masker_duration_s, for tone_after_tone only",
    )
    ripple_depth_db: Number | None = Field(
        default=None, gt=0, le=60, description="a number of decibels above 0, at most 60, for rippled_noise only"
    )


class DetectionDesign(Table):
    """The table [design] of detection in quiet."""

    frequency_hz: Frequencies = Field(description=FREQUENCIES)
    level_offsets_db: Annotated[tuple[Number, ...], Field(min_length=1, max_length=100)] = Field(
        description="a list of 1 to 100 levels in dB re the listener's threshold, ascending, each once"
    )
    repetitions: Repetitions = Field(description=REPETITIONS)
    catch_trials: CatchTrials = Field(description=CATCH_TRIALS)
    interval_count: IntervalCount = Field(description=INTERVAL_COUNT)


class StoredDesign(Table):
    """The table [design] of stored thresholds in quiet."""

    frequency_hz: Frequencies = Field(description=FREQUENCIES)
    repetitions: Repetitions = Field(description=REPETITIONS)


class MaskerDesign(Table):
    """What a table [design] says of a notched noise."""

    notches: Annotated[tuple[tuple[Number, Number], ...], Field(min_length=1, max_length=100)] = Field(
        description="a list of 1 to 100 pairs [lower, upper] of numbers from 0 to below noise_outer_edge, each once"
    )
    masker_level_offset_db: Number = Field(ge=0, le=100, description="a number from 0 to 100 dB")
    highest_masker_level_db_spl_per_hz: Number = Field(
        ge=MASKER_LEVEL_LIMITS_DB[0], le=MASKER_LEVEL_LIMITS_DB[1], description="a number from -40 to 90 dB SPL per Hz"
    )


class MaskedDesign(DetectionDesign, MaskerDesign):
    """The table [design] of detection in notched noise."""


class StoredMaskedDesign(StoredDesign, MaskerDesign):
    """The table [design] of stored thresholds in notched noise."""


class LoudnessDesign(Table):
    """The table [design] of categorical loudness."""

    frequency_hz: Frequencies = Field(description=FREQUENCIES)
    num_levels: Count = Field(ge=2, le=100, description="a whole number from 2 to 100")
    lowest_level_offset_db: Number = Field(ge=-30, le=30, description="a number from -30 to 30 dB")
    highest_level_db_hl: Number = Field(
        ge=LEVEL_LIMITS_DB[0], le=LEVEL_LIMITS_DB[1], description="a number from -20 to 130 dB HL"
    )
    repetitions: Repetitions = Field(description=REPETITIONS)


class DiscriminationDesign(Table):
    """The table [design] of discrimination."""

    frequency_hz: Frequencies = Field(description=FREQUENCIES)
    levels_db_hl: Annotated[
        tuple[Annotated[Number, Field(ge=LEVEL_LIMITS_DB[0], le=LEVEL_LIMITS_DB[1])], ...],
        Field(min_length=1, max_length=100),
    ] = Field(description="a list of 1 to 100 levels from -20 to 130 dB HL, ascending, each once")
    lowest_level_offset_db: Number = Field(ge=-30, le=60, description="a number from -30 to 60 dB")
    highest_level_db_hl: Number = Field(
        ge=LEVEL_LIMITS_DB[0], le=LEVEL_LIMITS_DB[1], description="a number from -20 to 130 dB HL"
    )
    values: dict[str, Annotated[tuple[Number, ...], Field(min_length=1, max_length=100)]] = Field(
        description="a table of the columns of this stimulus, each with a list of 1 to 100 numbers"
    )
    repetitions: Repetitions = Field(description=REPETITIONS)
    catch_trials: CatchTrials = Field(description=CATCH_TRIALS)
    interval_count: IntervalCount = Field(description=INTERVAL_COUNT)


class Response(Table):
    """The table [response]."""

    values: Annotated[tuple[Count, ...], Field(min_length=2, max_length=100)] = Field(
        description="a list of 2 to 100 whole numbers, ascending, each once; [0, 1] for detection and discrimination, "
        "[0, 1, 2] for stored_threshold"
    )
    labels: tuple[Text, ...] = Field(description="a list of texts, one for each response value")


class _Common(Table):
    name: Annotated[str, Field(strict=True, pattern=r"^[a-z][a-z0-9_]{0,63}$")] = Field(
        description="1 to 64 lower-case letters, digits and underscores, beginning with a letter"
    )
    version: Annotated[str, Field(strict=True, pattern=r"^\d{1,6}\.\d{1,6}\.\d{1,6}$")] = Field(
        description='a version such as "1.0.0"'
    )
    title: Text = Field(description=TEXT)
    description: Text = Field(description=TEXT)
    references: tuple[Text, ...] = Field(description="a list of texts, empty where there is nothing to cite")
    task: Task = Field(description=_one_of(Task))
    frequency_range_hz: tuple[Frequency, Frequency] = Field(
        description="the lowest and the highest frequency, within 125 to 8000 Hz"
    )
    is_transducer_required: Annotated[bool, Field(strict=True)] = Field(description="true or false")
    stimulus: Stimulus = Field(description="a table [stimulus]")
    response: Response = Field(description="a table [response]")


class DetectionProtocol(_Common):
    """Detection in quiet."""

    design: DetectionDesign = Field(description="a table [design]")


class MaskedProtocol(_Common):
    """Detection in notched noise."""

    design: MaskedDesign = Field(description="a table [design]")


class ForwardMaskedProtocol(_Common):
    """Detection of a probe after a masker."""

    design: ForwardMaskedDesign = Field(description="a table [design]")


class LoudnessProtocol(_Common):
    """Categorical loudness."""

    design: LoudnessDesign = Field(description="a table [design]")


class DiscriminationProtocol(_Common):
    """Discrimination of a signal from a standard."""

    design: DiscriminationDesign = Field(description="a table [design]")


class Procedure(Table):
    """The table [procedure] by which thresholds were found."""

    step_db: Number = Field(ge=0.5, le=20, description="a number of decibels from 0.5 to 20")
    retest_sd_db: Number = Field(ge=0.5, le=20, description="a number of decibels from 0.5 to 20")


class StoredProtocol(_Common):
    """Stored thresholds in quiet."""

    design: StoredDesign = Field(description="a table [design]")
    procedure: Procedure = Field(description="a table [procedure]")


class StoredMaskedProtocol(_Common):
    """Stored thresholds in notched noise."""

    design: StoredMaskedDesign = Field(description="a table [design]")
    procedure: Procedure = Field(description="a table [procedure]")


_InQuiet = DetectionProtocol | StoredProtocol | LoudnessProtocol
Content = _InQuiet | MaskedProtocol | ForwardMaskedProtocol | StoredMaskedProtocol | DiscriminationProtocol
"""Any protocol file."""
