"""The text of a protocol file (TOML) becomes a frozen `Protocol`, or one error that names every problem in it.

Pydantic checks the shape at this edge and stays here. Nothing has a default: what a file does not say is missing.
Each field's description is the sentence that an error message shows as what is allowed.
"""

import tomllib
from dataclasses import replace

from pydantic import ValidationError

from hearfit.errors import InputError
from hearfit.experiment.protocol import (
    Notch,
    Protocol,
    SessionDesign,
    StimulusDesign,
    StimulusKind,
    StoringProcedure,
    Task,
)
from hearfit.experiment.protocol_contradictions import contradictions
from hearfit.experiment.protocol_forward_masking import ForwardMaskedDesign
from hearfit.experiment.protocol_models import (
    Content,
    DetectionDesign,
    DetectionProtocol,
    DiscriminationDesign,
    DiscriminationProtocol,
    ForwardMaskedProtocol,
    LoudnessProtocol,
    MaskedProtocol,
    MaskerDesign,
    StoredDesign,
    StoredMaskedProtocol,
    StoredProtocol,
)
from hearfit.experiment.protocol_sentences import key_problem


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
    if problems := [f"{source}: {problem}" for problem in contradictions(content)]:
        raise InputError(problems)
    return _frozen(content)


def _model_of(raw: dict[str, object]) -> type[Content]:
    """Task and stimulus decide which keys the design has."""
    if raw.get("task") == Task.CATEGORICAL_LOUDNESS.value:
        return LoudnessProtocol
    if raw.get("task") == Task.DISCRIMINATION.value:
        return DiscriminationProtocol
    stimulus = raw.get("stimulus")
    kind = stimulus.get("kind") if isinstance(stimulus, dict) else None
    is_masked = kind == StimulusKind.TONE_IN_NOTCHED_NOISE.value
    if raw.get("task") == Task.STORED_THRESHOLD.value:
        return StoredMaskedProtocol if is_masked else StoredProtocol
    if is_masked:
        return MaskedProtocol
    return ForwardMaskedProtocol if kind == StimulusKind.TONE_AFTER_TONE.value else DetectionProtocol


def _frozen(content: Content) -> Protocol:
    stimulus, design = content.stimulus, content.design
    if isinstance(design, DetectionDesign):
        session = SessionDesign(
            frequency_hz=design.frequency_hz,
            repetitions=design.repetitions,
            level_offsets_db=design.level_offsets_db,
            catch_trials=design.catch_trials,
            interval_count=design.interval_count,
        )
    elif isinstance(design, DiscriminationDesign):
        session = SessionDesign(
            frequency_hz=design.frequency_hz,
            repetitions=design.repetitions,
            levels_db_hl=design.levels_db_hl,
            lowest_level_offset_db=design.lowest_level_offset_db,
            highest_level_db_hl=design.highest_level_db_hl,
            values=tuple(design.values.items()),
            catch_trials=design.catch_trials,
            interval_count=design.interval_count,
        )
    elif isinstance(design, ForwardMaskedDesign):
        session = design.session()
    elif isinstance(design, StoredDesign):
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
    if isinstance(design, MaskerDesign):
        session = replace(
            session,
            notches=tuple(Notch(lower, upper) for lower, upper in design.notches),
            masker_level_offset_db=design.masker_level_offset_db,
            highest_masker_level_db_spl_per_hz=design.highest_masker_level_db_spl_per_hz,
        )
    procedure = None
    if isinstance(content, StoredProtocol | StoredMaskedProtocol):
        procedure = StoringProcedure(content.procedure.step_db, content.procedure.retest_sd_db)
    return Protocol(
        name=content.name,
        version=content.version,
        title=content.title.strip(),
        description=" ".join(content.description.split()),
        references=content.references,
        stimulus=StimulusDesign(**stimulus.model_dump()),
        task=content.task,
        design=session,
        response_values=content.response.values,
        response_labels=content.response.labels,
        frequency_range_hz=content.frequency_range_hz,
        is_transducer_required=content.is_transducer_required,
        procedure=procedure,
    )
