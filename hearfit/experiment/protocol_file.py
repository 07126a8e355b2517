"""The text of a protocol file (TOML) becomes a frozen `Protocol`, or one error that names every problem in it.

Pydantic checks the shape at this edge and stays here. Nothing has a default: what a file does not say is missing.
Each field's description is the sentence that an error message shows as what is allowed.
"""

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Annotated

from pydantic import Field, ValidationError

from hearfit.errors import InputError
from hearfit.experiment.limits import (
    LEVEL_LIMITS_DB,
    MASKER_LEVEL_LIMITS_DB,
    OUTER_EDGE_LIMITS,
)
from hearfit.experiment.protocol import (
    Notch,
    Protocol,
    SessionDesign,
    StimulusDesign,
    StimulusKind,
    StoringProcedure,
    Task,
)
from hearfit.experiment.protocol_discrimination import (
    DiscriminationDesign,
    band_contradictions,
    signal_contradictions,
)
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
from hearfit.experiment.protocol_forward_masking import ForwardMaskedDesign, forward_masker_contradictions
from hearfit.experiment.protocol_sentences import key_problem, shown_value


def _one_of(words: Iterable[str]) -> str:
    *first, last = (f'"{word}"' for word in words)
    return f"{', '.join(first)} or {last}"


class _Stimulus(Table):
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


class _DetectionDesign(Table):
    frequency_hz: Frequencies = Field(description=FREQUENCIES)
    level_offsets_db: Annotated[tuple[Number, ...], Field(min_length=1, max_length=100)] = Field(
        description="a list of 1 to 100 levels in dB re the listener's threshold, ascending, each once"
    )
    repetitions: Repetitions = Field(description=REPETITIONS)
    catch_trials: CatchTrials = Field(description=CATCH_TRIALS)
    interval_count: IntervalCount = Field(description=INTERVAL_COUNT)


class _StoredDesign(Table):
    frequency_hz: Frequencies = Field(description=FREQUENCIES)
    repetitions: Repetitions = Field(description=REPETITIONS)


class _MaskerDesign(Table):
    notches: Annotated[tuple[tuple[Number, Number], ...], Field(min_length=1, max_length=100)] = Field(
        description="a list of 1 to 100 pairs [lower, upper] of numbers from 0 to below noise_outer_edge, each once"
    )
    masker_level_offset_db: Number = Field(ge=0, le=100, description="a number from 0 to 100 dB")
    highest_masker_level_db_spl_per_hz: Number = Field(
        ge=MASKER_LEVEL_LIMITS_DB[0], le=MASKER_LEVEL_LIMITS_DB[1], description="a number from -40 to 90 dB SPL per Hz"
    )


class _MaskedDesign(_DetectionDesign, _MaskerDesign):
    pass


class _StoredMaskedDesign(_StoredDesign, _MaskerDesign):
    pass


class _LoudnessDesign(Table):
    frequency_hz: Frequencies = Field(description=FREQUENCIES)
    num_levels: Count = Field(ge=2, le=100, description="a whole number from 2 to 100")
    lowest_level_offset_db: Number = Field(ge=-30, le=30, description="a number from -30 to 30 dB")
    highest_level_db_hl: Number = Field(
        ge=LEVEL_LIMITS_DB[0], le=LEVEL_LIMITS_DB[1], description="a number from -20 to 130 dB HL"
    )
    repetitions: Repetitions = Field(description=REPETITIONS)


class _Response(Table):
    values: Annotated[tuple[Count, ...], Field(min_length=2, max_length=100)] = Field(
        description="a list of 2 to 100 whole numbers, ascending, each once; [0, 1] for detection and "
        "discrimination, [0, 1, 2] for stored_threshold"
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
    stimulus: _Stimulus = Field(description="a table [stimulus]")
    response: _Response = Field(description="a table [response]")


class _DetectionProtocol(_Common):
    design: _DetectionDesign = Field(description="a table [design]")


class _MaskedProtocol(_Common):
    design: _MaskedDesign = Field(description="a table [design]")


class _ForwardMaskedProtocol(_Common):
    design: ForwardMaskedDesign = Field(description="a table [design]")


class _LoudnessProtocol(_Common):
    design: _LoudnessDesign = Field(description="a table [design]")


class _DiscriminationProtocol(_Common):
    design: DiscriminationDesign = Field(description="a table [design]")


class _Procedure(Table):
    step_db: Number = Field(ge=0.5, le=20, description="a number of decibels from 0.5 to 20")
    retest_sd_db: Number = Field(ge=0.5, le=20, description="a number of decibels from 0.5 to 20")


class _StoredProtocol(_Common):
    design: _StoredDesign = Field(description="a table [design]")
    procedure: _Procedure = Field(description="a table [procedure]")


class _StoredMaskedProtocol(_Common):
    design: _StoredMaskedDesign = Field(description="a table [design]")
    procedure: _Procedure = Field(description="a table [procedure]")


_Content = (
    _DetectionProtocol
    | _MaskedProtocol
    | _ForwardMaskedProtocol
    | _LoudnessProtocol
    | _DiscriminationProtocol
    | _StoredProtocol
    | _StoredMaskedProtocol
)


def parse_protocol(text: str, *, source: str) -> Protocol:
    """The protocol that a TOML text declares.

    Args:
        text: the content of the file.
        source: how messages name the file.

    Raises:
        InputError: the text is not TOML, or a key is missing, unknown or outside what is allowed; all of them.
    """
    try:
        raw = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        # tomllib raises a plain ValueError for an integer of thousands of digits.
        raise InputError(f"{source}: is not a TOML file that can be read ({error}).") from None
    model = _model_of(raw)
    try:
        content = model.model_validate(raw)
    except ValidationError as error:
        is_task_known = raw.get("task") in tuple(Task)
        # Without a known task nobody can say which keys the design must have.
        details = [d for d in error.errors(include_url=False) if is_task_known or d["loc"][0] != "design"]
        raise InputError([key_problem(detail, model=model, source=source) for detail in details]) from None
    if problems := [f"{source}: {problem}" for problem in _contradictions(content)]:
        raise InputError(problems)
    return _frozen(content)


def _model_of(raw: dict[str, object]) -> type[_Content]:
    """Task and stimulus decide which keys the design has."""
    if raw.get("task") == Task.CATEGORICAL_LOUDNESS.value:
        return _LoudnessProtocol
    if raw.get("task") == Task.DISCRIMINATION.value:
        return _DiscriminationProtocol
    stimulus = raw.get("stimulus")
    kind = stimulus.get("kind") if isinstance(stimulus, dict) else None
    is_masked = kind == StimulusKind.TONE_IN_NOTCHED_NOISE.value
    if raw.get("task") == Task.STORED_THRESHOLD.value:
        return _StoredMaskedProtocol if is_masked else _StoredProtocol
    if is_masked:
        return _MaskedProtocol
    return _ForwardMaskedProtocol if kind == StimulusKind.TONE_AFTER_TONE.value else _DetectionProtocol


def _contradictions(content: _Content) -> Iterator[str]:
    stimulus, response, design = content.stimulus, content.response, content.design
    low, high = content.frequency_range_hz
    if low >= high:
        yield f"frequency_range_hz is {low:g} to {high:g}. The lowest frequency must be below the highest."
    if stimulus.ramp_s > stimulus.duration_s / 2:
        yield (
            f"stimulus.ramp_s is {stimulus.ramp_s:g}. The two ramps lie within the duration, so at most "
            f"{stimulus.duration_s / 2:g} s is allowed."
        )
    yield from band_contradictions(_frozen_stimulus(stimulus))
    yield from _masker_contradictions(content)
    yield from forward_masker_contradictions(
        _frozen_stimulus(stimulus), design, task=content.task, is_transducer_required=content.is_transducer_required
    )
    yield from signal_contradictions(
        _frozen_stimulus(stimulus), design, task=content.task, is_transducer_required=content.is_transducer_required
    )
    for frequency in design.frequency_hz:
        if not low <= frequency <= high:
            yield f"design.frequency_hz has {frequency:g}. Allowed is {low:g} to {high:g} Hz, the frequency_range_hz."
    if len(response.labels) != len(response.values):
        yield (
            f"response.labels has {len(response.labels)} texts for {len(response.values)} response values. "
            "Each value needs one label."
        )
    yield from _unordered("design.frequency_hz", design.frequency_hz)
    yield from _unordered("response.values", response.values)
    if content.task is Task.STORED_THRESHOLD and response.values != (0, 1, 2):
        yield (
            f"response.values is {list(response.values)}. Of stored thresholds they must be [0, 1, 2]: above the "
            "level, at it, or below."
        )
    if isinstance(design, _DetectionDesign):
        yield from _unordered("design.level_offsets_db", design.level_offsets_db)
    if isinstance(design, ForwardMaskedDesign | DiscriminationDesign):
        for path, values in design.ascending():
            yield from _unordered(path, values)
    if not isinstance(design, _LoudnessDesign | _StoredDesign):
        yield from _choice_contradictions(content.task, design, response)


def _choice_contradictions(
    task: Task, design: _DetectionDesign | ForwardMaskedDesign | DiscriminationDesign, response: _Response
) -> Iterator[str]:
    if response.values != (0, 1):
        yield (
            f"response.values is {list(response.values)}. In a {task} task it must be [0, 1]: not heard or wrong, "
            "heard or right."
        )
    if design.interval_count > 1 and design.catch_trials:
        yield (
            f"design.catch_trials is {design.catch_trials}. A forced choice (interval_count "
            f"{design.interval_count}) has no catch trials: only 0 is allowed."
        )


def _masker_contradictions(content: _Content) -> Iterator[str]:
    edge, kind = content.stimulus.noise_outer_edge, StimulusKind.TONE_IN_NOTCHED_NOISE
    if content.stimulus.kind is not kind:
        if edge is not None:
            yield f"stimulus.noise_outer_edge is given. A {content.stimulus.kind} has no masker: leave the key out."
        return
    if not content.is_transducer_required:
        yield f"is_transducer_required is false. A {kind} needs it, for the level of its masker. Only true is allowed."
    if content.task not in (Task.DETECTION, Task.STORED_THRESHOLD):
        yield f"task is {content.task}. A {kind} is detected: only detection and stored_threshold are allowed."
    if edge is None:
        yield f"stimulus.noise_outer_edge is missing. A {kind} needs it: a number from 0.1 to 0.9."
        return
    if isinstance(content.design, _MaskerDesign):
        notches = content.design.notches
        for lower, upper in notches:
            if not (0.0 <= lower < edge and 0.0 <= upper < edge):
                yield (
                    f"design.notches has [{lower:g}, {upper:g}]. Both ends must be from 0 to below {edge:g}, the "
                    "noise_outer_edge."
                )
        if len(set(notches)) < len(notches):
            yield "design.notches has a pair more than once. Give each pair once."


def _unordered(path: str, values: tuple[float, ...] | tuple[int, ...]) -> Iterator[str]:
    if any(first >= second for first, second in pairwise(values)):
        yield f"{path} is {shown_value(list(values))}. The numbers must ascend, each once."


def _frozen(content: _Content) -> Protocol:
    stimulus, design = content.stimulus, content.design
    if isinstance(design, _DetectionDesign):
        session = SessionDesign(
            frequency_hz=design.frequency_hz,
            repetitions=design.repetitions,
            level_offsets_db=design.level_offsets_db,
            catch_trials=design.catch_trials,
            interval_count=design.interval_count,
        )
    elif isinstance(design, ForwardMaskedDesign | DiscriminationDesign):
        session = design.session()
    elif isinstance(design, _StoredDesign):
        # The threshold itself is what is found.
        session = SessionDesign(
            frequency_hz=design.frequency_hz, repetitions=design.repetitions, level_offsets_db=(0.0,)
        )
    else:
        session = SessionDesign(
            frequency_hz=design.frequency_hz,
            repetitions=design.repetitions,
            num_levels=design.num_levels,
            lowest_level_offset_db=design.lowest_level_offset_db,
            highest_level_db_hl=design.highest_level_db_hl,
        )
    if isinstance(design, _MaskerDesign):
        session = replace(
            session,
            notches=tuple(Notch(lower, upper) for lower, upper in design.notches),
            masker_level_offset_db=design.masker_level_offset_db,
            highest_masker_level_db_spl_per_hz=design.highest_masker_level_db_spl_per_hz,
        )
    procedure = None
    if isinstance(content, _StoredProtocol | _StoredMaskedProtocol):
        procedure = StoringProcedure(content.procedure.step_db, content.procedure.retest_sd_db)
    return Protocol(
        name=content.name,
        version=content.version,
        title=content.title.strip(),
        description=" ".join(content.description.split()),
        references=content.references,
        stimulus=_frozen_stimulus(stimulus),
        task=content.task,
        design=session,
        response_values=content.response.values,
        response_labels=content.response.labels,
        frequency_range_hz=content.frequency_range_hz,
        is_transducer_required=content.is_transducer_required,
        procedure=procedure,
    )


def _frozen_stimulus(stimulus: _Stimulus) -> StimulusDesign:
    return StimulusDesign(**stimulus.model_dump())
