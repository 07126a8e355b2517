"""What a protocol file of forward masking must say, and what in it contradicts itself."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from hearfit.experiment.limits import FREQUENCY_LIMITS_HZ, GAP_LIMITS_MS, TONE_MASKER_LEVEL_LIMITS_DB
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

_KIND = StimulusKind.TONE_AFTER_TONE
_Ratio = Annotated[Number, Field(ge=0.1, le=2.0)]
_Gap = Annotated[Number, Field(ge=GAP_LIMITS_MS[0], le=GAP_LIMITS_MS[1])]
_Detectability = Annotated[Number, Field(ge=0.1, le=10.0)]


class ForwardMaskedDesign(Table):
    """The session that a file declares."""

    frequency_hz: Frequencies = Field(description=FREQUENCIES)
    probe_level_offset_db: Number = Field(ge=3, le=30, description="a number from 3 to 30 dB")
    masker_frequency_ratios: Annotated[tuple[_Ratio, ...], Field(min_length=1, max_length=20)] = Field(
        description="a list of 1 to 20 numbers from 0.1 to 2, ascending, each once"
    )
    gaps_ms: Annotated[tuple[_Gap, ...], Field(min_length=1, max_length=100)] = Field(
        description="a list of 1 to 100 gaps from 0 to 500 ms, ascending, each once"
    )
    detectabilities: Annotated[tuple[_Detectability, ...], Field(min_length=1, max_length=100)] = Field(
        description="a list of 1 to 100 values of d' from 0.1 to 10, ascending, each once"
    )
    highest_level_db_spl: Number = Field(
        ge=TONE_MASKER_LEVEL_LIMITS_DB[0],
        le=TONE_MASKER_LEVEL_LIMITS_DB[1],
        description="a number from -20 to 120 dB SPL",
    )
    repetitions: Repetitions = Field(description=REPETITIONS)
    catch_trials: CatchTrials = Field(description=CATCH_TRIALS)
    interval_count: IntervalCount = Field(description=INTERVAL_COUNT)

    def ascending(self) -> Iterator[tuple[str, tuple[float, ...]]]:
        """Lists that must ascend, with where they stand."""
        yield "design.masker_frequency_ratios", self.masker_frequency_ratios
        yield "design.gaps_ms", self.gaps_ms
        yield "design.detectabilities", self.detectabilities

    def session(self) -> SessionDesign:
        """As frozen data."""
        return SessionDesign(
            frequency_hz=self.frequency_hz,
            repetitions=self.repetitions,
            catch_trials=self.catch_trials,
            interval_count=self.interval_count,
            masker_frequency_ratios=self.masker_frequency_ratios,
            gaps_ms=self.gaps_ms,
            probe_level_offset_db=self.probe_level_offset_db,
            detectabilities=self.detectabilities,
            highest_level_db_spl=self.highest_level_db_spl,
        )


def forward_masker_contradictions(
    stimulus: StimulusDesign, design: Table, *, task: Task, is_transducer_required: bool
) -> Iterator[str]:
    """What does not go together about a masker before the sound, as sentences."""
    given = {"masker_duration_s": stimulus.masker_duration_s, "masker_ramp_s": stimulus.masker_ramp_s}
    for name, value in given.items():
        if value is not None and stimulus.kind is not _KIND:
            yield f"stimulus.{name} is given. A {stimulus.kind} follows no masker: leave the key out."
        if value is None and stimulus.kind is _KIND:
            yield f"stimulus.{name} is missing. A {_KIND} needs it: a number of seconds."
    if stimulus.kind is not _KIND:
        return
    if not is_transducer_required:
        yield f"is_transducer_required is false. A {_KIND} needs it, for the level of its masker. Only true is allowed."
    if task is not Task.DETECTION:
        yield f"task is {task}. A {_KIND} is detected: only detection is allowed."
    duration_s, ramp_s = stimulus.masker_duration_s, stimulus.masker_ramp_s
    if duration_s is not None and ramp_s is not None and ramp_s > duration_s / 2:
        yield (
            f"stimulus.masker_ramp_s is {ramp_s:g}. The two ramps lie within the duration, so at most "
            f"{duration_s / 2:g} s is allowed."
        )
    if isinstance(design, ForwardMaskedDesign):
        yield from _maskers_outside(design)


def _maskers_outside(design: ForwardMaskedDesign) -> Iterator[str]:
    low, high = FREQUENCY_LIMITS_HZ
    for frequency in design.frequency_hz:
        for ratio in design.masker_frequency_ratios:
            if not low <= ratio * frequency <= high:
                yield (
                    f"design.masker_frequency_ratios has {ratio:g}, a masker of {ratio * frequency:g} Hz for a "
                    f"probe of {frequency:g} Hz. Maskers must lie within {low:g} to {high:g} Hz."
                )
