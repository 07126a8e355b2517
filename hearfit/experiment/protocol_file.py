"""The text of a protocol file (TOML) becomes a frozen `Protocol`, or one error that names every problem in it.

Pydantic checks the shape at this edge and stays here. Nothing has a default: what a file does not say is missing.
Each field's description is the sentence that an error message shows as what is allowed.
"""

import difflib
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from hearfit.errors import InputError
from hearfit.experiment.limits import (
    FREQUENCY_LIMITS_HZ,
    LEVEL_LIMITS_DB,
    MASKER_LEVEL_LIMITS_DB,
    MAX_INTERVALS,
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

_SHOWN_CHARACTERS = 60
_NO_CONTROL_CHARACTERS = r"^[^\x00-\x09\x0b-\x1f\x7f-\x9f]+$"
_Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
_Count = Annotated[int, Field(strict=True)]
_Text = Annotated[str, Field(strict=True, max_length=4000, pattern=_NO_CONTROL_CHARACTERS)]
_Frequency = Annotated[_Number, Field(ge=FREQUENCY_LIMITS_HZ[0], le=FREQUENCY_LIMITS_HZ[1])]
_Frequencies = Annotated[tuple[_Frequency, ...], Field(min_length=1, max_length=100)]
_Repetitions = Annotated[_Count, Field(ge=1, le=1000)]

_TEXT = "text of 1 to 4000 characters without control characters"
_FREQUENCIES = "a list of 1 to 100 frequencies from 125 to 8000 Hz, ascending, each once"
_REPETITIONS = "a whole number from 1 to 1000"


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Stimulus(_Table):
    kind: StimulusKind = Field(description='"pure_tone", "narrowband_noise" or "tone_in_notched_noise"')
    duration_s: _Number = Field(gt=0, le=10, description="a number of seconds above 0, at most 10")
    ramp_s: _Number = Field(ge=0, le=5, description="a number of seconds from 0 to half of duration_s")
    bandwidth_octaves: _Number | None = Field(
        default=None,
        gt=0,
        le=2,
        description="a number of octaves above 0, at most 2, for narrowband_noise only",
    )
    noise_outer_edge: _Number | None = Field(
        default=None,
        ge=OUTER_EDGE_LIMITS[0],
        le=OUTER_EDGE_LIMITS[1],
        description="a number from 0.1 to 0.9 (relative to the target's frequency), for tone_in_notched_noise only",
    )


class _DetectionDesign(_Table):
    frequency_hz: _Frequencies = Field(description=_FREQUENCIES)
    level_offsets_db: Annotated[tuple[_Number, ...], Field(min_length=1, max_length=100)] = Field(
        description="a list of 1 to 100 levels in dB re the listener's threshold, ascending, each once"
    )
    repetitions: _Repetitions = Field(description=_REPETITIONS)
    catch_trials: _Count = Field(ge=0, le=1000, description="a whole number from 0 to 1000; 0 for forced choice")
    interval_count: _Count = Field(
        ge=1,
        le=MAX_INTERVALS,
        description=f"a whole number from 1 (yes/no) to {MAX_INTERVALS} (forced choice)",
    )


class _StoredDesign(_Table):
    frequency_hz: _Frequencies = Field(description=_FREQUENCIES)
    repetitions: _Repetitions = Field(description=_REPETITIONS)


class _MaskerDesign(_Table):
    notches: Annotated[tuple[tuple[_Number, _Number], ...], Field(min_length=1, max_length=100)] = Field(
        description="a list of 1 to 100 pairs [lower, upper] of numbers from 0 to below noise_outer_edge, each once"
    )
    masker_level_offset_db: _Number = Field(ge=0, le=100, description="a number from 0 to 100 dB")
    highest_masker_level_db_spl_per_hz: _Number = Field(
        ge=MASKER_LEVEL_LIMITS_DB[0], le=MASKER_LEVEL_LIMITS_DB[1], description="a number from -40 to 90 dB SPL per Hz"
    )


class _MaskedDesign(_DetectionDesign, _MaskerDesign):
    pass


class _StoredMaskedDesign(_StoredDesign, _MaskerDesign):
    pass


class _LoudnessDesign(_Table):
    frequency_hz: _Frequencies = Field(description=_FREQUENCIES)
    num_levels: _Count = Field(ge=2, le=100, description="a whole number from 2 to 100")
    lowest_level_offset_db: _Number = Field(ge=-30, le=30, description="a number from -30 to 30 dB")
    highest_level_db_hl: _Number = Field(
        ge=LEVEL_LIMITS_DB[0], le=LEVEL_LIMITS_DB[1], description="a number from -20 to 130 dB HL"
    )
    repetitions: _Repetitions = Field(description=_REPETITIONS)


class _Response(_Table):
    values: Annotated[tuple[_Count, ...], Field(min_length=2, max_length=100)] = Field(
        description="a list of 2 to 100 whole numbers, ascending, each once; [0, 1] for detection, [0, 1, 2] for "
        "stored_threshold"
    )
    labels: tuple[_Text, ...] = Field(description="a list of texts, one for each response value")


class _Common(_Table):
    name: Annotated[str, Field(strict=True, pattern=r"^[a-z][a-z0-9_]{0,63}$")] = Field(
        description="1 to 64 lower-case letters, digits and underscores, beginning with a letter"
    )
    version: Annotated[str, Field(strict=True, pattern=r"^\d{1,6}\.\d{1,6}\.\d{1,6}$")] = Field(
        description='a version such as "1.0.0"'
    )
    title: _Text = Field(description=_TEXT)
    description: _Text = Field(description=_TEXT)
    references: tuple[_Text, ...] = Field(description="a list of texts, empty where there is nothing to cite")
    task: Task = Field(description='"detection", "categorical_loudness" or "stored_threshold"')
    frequency_range_hz: tuple[_Frequency, _Frequency] = Field(
        description="the lowest and the highest frequency, within 125 to 8000 Hz"
    )
    is_transducer_required: Annotated[bool, Field(strict=True)] = Field(description="true or false")
    stimulus: _Stimulus = Field(description="a table [stimulus]")
    response: _Response = Field(description="a table [response]")


class _DetectionProtocol(_Common):
    design: _DetectionDesign = Field(description="a table [design]")


class _MaskedProtocol(_Common):
    design: _MaskedDesign = Field(description="a table [design]")


class _LoudnessProtocol(_Common):
    design: _LoudnessDesign = Field(description="a table [design]")


class _Procedure(_Table):
    step_db: _Number = Field(ge=0.5, le=20, description="a number of decibels from 0.5 to 20")
    retest_sd_db: _Number = Field(ge=0.5, le=20, description="a number of decibels from 0.5 to 20")


class _StoredProtocol(_Common):
    design: _StoredDesign = Field(description="a table [design]")
    procedure: _Procedure = Field(description="a table [procedure]")


class _StoredMaskedProtocol(_Common):
    design: _StoredMaskedDesign = Field(description="a table [design]")
    procedure: _Procedure = Field(description="a table [procedure]")


_Content = _DetectionProtocol | _MaskedProtocol | _LoudnessProtocol | _StoredProtocol | _StoredMaskedProtocol


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
        raise InputError([_sentence(detail, model=model, source=source) for detail in details]) from None
    if problems := [f"{source}: {problem}" for problem in _contradictions(content)]:
        raise InputError(problems)
    return _frozen(content)


def _model_of(raw: dict[str, object]) -> type[_Content]:
    """Task and stimulus decide which keys the design has."""
    if raw.get("task") == Task.CATEGORICAL_LOUDNESS.value:
        return _LoudnessProtocol
    stimulus = raw.get("stimulus")
    is_masked = isinstance(stimulus, dict) and stimulus.get("kind") == StimulusKind.TONE_IN_NOTCHED_NOISE.value
    if raw.get("task") == Task.STORED_THRESHOLD.value:
        return _StoredMaskedProtocol if is_masked else _StoredProtocol
    return _MaskedProtocol if is_masked else _DetectionProtocol


def _sentence(detail: ErrorDetails, *, model: type[BaseModel], source: str) -> str:
    names = [part for part in detail["loc"] if isinstance(part, str)]
    path = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in detail["loc"]).lstrip(".")
    table = model
    for name in names[:-1]:
        inner = table.model_fields[name].annotation
        assert isinstance(inner, type)
        assert issubclass(inner, BaseModel)
        table = inner
    if detail["type"] == "extra_forbidden":
        known = sorted(table.model_fields)
        close = difflib.get_close_matches(names[-1], known, n=1)
        guess = f"Did you mean {close[0]}? " if close else ""
        return f"{source}: the key {_shown_key(path)} is not known. {guess}Known here are {', '.join(known)}."
    allowed = table.model_fields[names[-1]].description
    state = "is missing" if detail["type"] == "missing" else f"is {_shown(detail['input'])}"
    return f"{source}: the key {path} {state}. Allowed is {allowed}."


def _shown_key(path: str) -> str:
    return path if path.replace("_", "").replace(".", "").isalnum() and len(path) <= _SHOWN_CHARACTERS else _shown(path)


def _shown(value: object) -> str:
    try:
        text = "true" if value is True else "false" if value is False else repr(value)
    except ValueError:
        return "a number of thousands of digits"
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}..."


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
    is_noise = stimulus.kind is StimulusKind.NARROWBAND_NOISE
    if is_noise and stimulus.bandwidth_octaves is None:
        yield "stimulus.bandwidth_octaves is missing. A narrowband_noise needs it: a number of octaves above 0."
    if not is_noise and stimulus.bandwidth_octaves is not None:
        yield f"stimulus.bandwidth_octaves is given. A {stimulus.kind} has no bandwidth: leave the key out."
    yield from _masker_contradictions(content)
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
        if response.values != (0, 1):
            yield (
                f"response.values is {list(response.values)}. In a detection task it must be [0, 1]: not heard or "
                "wrong, heard or right."
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
        yield f"{path} is {_shown(list(values))}. The numbers must ascend, each once."


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
        stimulus=StimulusDesign(
            kind=stimulus.kind,
            duration_s=stimulus.duration_s,
            ramp_s=stimulus.ramp_s,
            bandwidth_octaves=stimulus.bandwidth_octaves,
            noise_outer_edge=stimulus.noise_outer_edge,
        ),
        task=content.task,
        design=session,
        response_values=content.response.values,
        response_labels=content.response.labels,
        frequency_range_hz=content.frequency_range_hz,
        is_transducer_required=content.is_transducer_required,
        procedure=procedure,
    )
