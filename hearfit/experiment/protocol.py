"""A protocol: stimulus, task, design and response of one listening test, as frozen data."""

from dataclasses import dataclass
from enum import StrEnum, unique


@unique
class StimulusKind(StrEnum):
    """What is played."""

    PURE_TONE = "pure_tone"
    NARROWBAND_NOISE = "narrowband_noise"
    TONE_IN_NOTCHED_NOISE = "tone_in_notched_noise"

    @property
    def has_masker(self) -> bool:
        """Whether the target is played in a masker, which has a level and a notch of its own in every trial."""
        return self is StimulusKind.TONE_IN_NOTCHED_NOISE


@unique
class Task(StrEnum):
    """What the listener is asked."""

    DETECTION = "detection"
    CATEGORICAL_LOUDNESS = "categorical_loudness"
    STORED_THRESHOLD = "stored_threshold"

    @property
    def is_choice(self) -> bool:
        """Whether an answer is yes or no, or right or wrong, so that there are intervals and catch trials."""
        return self is Task.DETECTION


@dataclass(frozen=True)
class StimulusDesign:
    """The declared stimulus. Ramps lie within the duration.

    `bandwidth_octaves` only for narrowband noise. `noise_outer_edge` only for notched noise: how far the noise reaches
    to either side of the target, relative to the target's frequency.
    """

    kind: StimulusKind
    duration_s: float
    ramp_s: float
    bandwidth_octaves: float | None = None
    noise_outer_edge: float | None = None


@dataclass(frozen=True, order=True)
class Notch:
    """Distances of the noise edges below and above the target, relative to its frequency; 0 is no notch."""

    lower: float
    upper: float


@dataclass(frozen=True)
class StoringProcedure:
    """How thresholds were found of which only the result is stored: to the next step above, with a retest SD.

    The SD is that of the threshold before it is rounded to a step.
    """

    step_db: float
    retest_sd_db: float


@dataclass(frozen=True)
class SessionDesign:
    """What a simulated session of this protocol presents.

    Detection: `level_offsets_db` are levels relative to the simulated listener's own threshold (dB SL); in a masker,
    to the masked threshold, and `repetitions` and `catch_trials` are those of each notch. The masker's level within
    one normal auditory filter is `masker_level_offset_db` above the threshold in quiet, but its spectrum level is at
    most `highest_masker_level_db_spl_per_hz`. Categorical loudness: `num_levels` levels, evenly spaced from
    `lowest_level_offset_db` re threshold to `highest_level_db_hl`.
    """

    frequency_hz: tuple[float, ...]
    repetitions: int
    level_offsets_db: tuple[float, ...] = ()
    num_levels: int = 0
    lowest_level_offset_db: float = 0.0
    highest_level_db_hl: float = 105.0
    catch_trials: int = 0
    interval_count: int = 1
    notches: tuple[Notch, ...] = ()
    masker_level_offset_db: float = 0.0
    highest_masker_level_db_spl_per_hz: float = 0.0


@dataclass(frozen=True)
class Protocol:
    """One listening test.

    `response_values` are the codes that a trial may carry, ascending; `response_labels` are their words. `procedure`
    only for stored thresholds.
    """

    name: str
    version: str
    title: str
    description: str
    references: tuple[str, ...]
    stimulus: StimulusDesign
    task: Task
    design: SessionDesign
    response_values: tuple[int, ...]
    response_labels: tuple[str, ...]
    frequency_range_hz: tuple[float, float]
    is_transducer_required: bool
    procedure: StoringProcedure | None = None
