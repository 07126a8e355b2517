"""A protocol: stimulus, task, design and response of one listening test, as frozen data."""

from dataclasses import dataclass
from enum import StrEnum, unique


@unique
class StimulusKind(StrEnum):
    """What is played."""

    PURE_TONE = "pure_tone"
    NARROWBAND_NOISE = "narrowband_noise"
    TONE_IN_NOTCHED_NOISE = "tone_in_notched_noise"
    TONE_AFTER_TONE = "tone_after_tone"
    INCREMENTED_TONE = "incremented_tone"
    INCREMENTED_COMPLEX = "incremented_complex"
    RIPPLED_NOISE = "rippled_noise"
    MOVING_RIPPLE = "moving_ripple"

    @property
    def has_masker(self) -> bool:
        """Whether the target is played in a masker, which has a level and a notch of its own in every trial."""
        return self is StimulusKind.TONE_IN_NOTCHED_NOISE

    @property
    def has_forward_masker(self) -> bool:
        """Whether a masker is played before the target: it tells of compression, not of selectivity."""
        return self is StimulusKind.TONE_AFTER_TONE

    @property
    def is_in_quiet(self) -> bool:
        """Whether the sound is alone, so that its level says something of thresholds in quiet."""
        return not (self.has_masker or self.has_forward_masker)

    @property
    def has_band(self) -> bool:
        """Whether it reaches over a declared band, `bandwidth_octaves`, about its frequency."""
        return self in (
            StimulusKind.NARROWBAND_NOISE,
            StimulusKind.INCREMENTED_COMPLEX,
            StimulusKind.RIPPLED_NOISE,
            StimulusKind.MOVING_RIPPLE,
        )

    @property
    def is_broad(self) -> bool:
        """Whether it is all signal over a broad band: of each frequency within, but of no threshold there."""
        return self in (StimulusKind.RIPPLED_NOISE, StimulusKind.MOVING_RIPPLE)

    @property
    def shows_selectivity(self) -> bool:
        """Whether answers depend on how well neighbouring frequencies are kept apart."""
        return self.has_masker or self in (
            StimulusKind.INCREMENTED_COMPLEX,
            StimulusKind.RIPPLED_NOISE,
            StimulusKind.MOVING_RIPPLE,
        )


@unique
class Task(StrEnum):
    """What the listener is asked."""

    DETECTION = "detection"
    DISCRIMINATION = "discrimination"
    CATEGORICAL_LOUDNESS = "categorical_loudness"
    STORED_THRESHOLD = "stored_threshold"

    @property
    def is_choice(self) -> bool:
        """Whether an answer is yes or no, or right or wrong, so that there are intervals and catch trials."""
        return self in (Task.DETECTION, Task.DISCRIMINATION)


@dataclass(frozen=True)
class StimulusDesign:
    """The declared stimulus. Ramps lie within the duration.

    `bandwidth_octaves` only for what has a band: of a complex, from its lowest to its highest component.
    `noise_outer_edge` only for notched noise: how far the noise reaches to either side of the target, relative to the
    target's frequency. `ripple_depth_db` only for rippled noise: from peak to trough. `masker_duration_s` and
    `masker_ramp_s` only for a tone after a tone: those of the masker.
    """

    kind: StimulusKind
    duration_s: float
    ramp_s: float
    bandwidth_octaves: float | None = None
    noise_outer_edge: float | None = None
    masker_duration_s: float | None = None
    masker_ramp_s: float | None = None
    ripple_depth_db: float | None = None


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
    `lowest_level_offset_db` re threshold to `highest_level_db_hl`. Discrimination: `levels_db_hl` of the standard, but
    each at least `lowest_level_offset_db` re threshold and at most `highest_level_db_hl`, with every combination of
    `values` (name of a column, its values); `catch_trials` are those at each level and combination apart from the
    signal. Forward masking: a probe `probe_level_offset_db` above the listener's own threshold for it, and maskers of
    `masker_frequency_ratios` times its frequency that end `gaps_ms` before it, at the levels at which the simulated
    listener's d' is each of `detectabilities`. Nothing is louder than `highest_level_db_spl`; a gap at which less than
    half of these levels can be played is left out. Catch trials are those of each probe and masker frequency.
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
    masker_frequency_ratios: tuple[float, ...] = ()
    gaps_ms: tuple[float, ...] = ()
    probe_level_offset_db: float = 0.0
    detectabilities: tuple[float, ...] = ()
    highest_level_db_spl: float = 0.0
    levels_db_hl: tuple[float, ...] = ()
    values: tuple[tuple[str, tuple[float, ...]], ...] = ()


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
