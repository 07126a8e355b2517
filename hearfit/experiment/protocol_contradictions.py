"""What keys of a protocol file say against each other, each of them being allowed by itself."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from hearfit.experiment.protocol import StimulusDesign, StimulusKind, Task
from hearfit.experiment.protocol_forward_masking import ForwardMaskedDesign, forward_masker_contradictions
from hearfit.experiment.protocol_models import (
    Content,
    DetectionDesign,
    DiscriminationDesign,
    MaskerDesign,
)
from hearfit.experiment.protocol_sentences import shown_value
from hearfit.experiment.stimulus_columns import allowed_values, signal_column, stimulus_columns


def contradictions(content: Content) -> Iterator[str]:
    """Sentences, each without the name of the file."""
    stimulus, response, design = content.stimulus, content.response, content.design
    low, high = content.frequency_range_hz
    if low >= high:
        yield f"frequency_range_hz is {low:g} to {high:g}. The lowest frequency must be below the highest."
    if stimulus.ramp_s > stimulus.duration_s / 2:
        yield (
            f"stimulus.ramp_s is {stimulus.ramp_s:g}. The two ramps lie within the duration, so at most "
            f"{stimulus.duration_s / 2:g} s is allowed."
        )
    yield from _band_contradictions(content)
    yield from _masker_contradictions(content)
    yield from _signal_contradictions(content)
    yield from forward_masker_contradictions(
        StimulusDesign(**stimulus.model_dump()),
        design,
        task=content.task,
        is_transducer_required=content.is_transducer_required,
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
    yield from _choice_contradictions(content)


def _choice_contradictions(content: Content) -> Iterator[str]:
    """What goes with answers that are yes or no, or right or wrong."""
    design, response = content.design, content.response
    if isinstance(design, DetectionDesign):
        yield from _unordered("design.level_offsets_db", design.level_offsets_db)
    if isinstance(design, ForwardMaskedDesign):
        for path, values in design.ascending():
            yield from _unordered(path, values)
    if isinstance(design, DetectionDesign | DiscriminationDesign | ForwardMaskedDesign):
        if response.values != (0, 1):
            yield (
                f"response.values is {list(response.values)}. In a {content.task} task it must be [0, 1]: not heard or "
                "wrong, heard or right."
            )
        if design.interval_count > 1 and design.catch_trials:
            yield (
                f"design.catch_trials is {design.catch_trials}. A forced choice (interval_count "
                f"{design.interval_count}) has no catch trials: only 0 is allowed."
            )


def _band_contradictions(content: Content) -> Iterator[str]:
    stimulus = content.stimulus
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


def _signal_contradictions(content: Content) -> Iterator[str]:
    """A discrimination needs a stimulus that states its signal, and such a stimulus is only discriminated."""
    kind, design = content.stimulus.kind, content.design
    signal = signal_column(kind)
    if (signal is not None) != (content.task is Task.DISCRIMINATION):
        allowed = "not discriminated" if signal is None else "only discriminated"
        yield f"task is {content.task}. A {kind} is {allowed}: choose the task or the kind to fit."
        return
    if not isinstance(design, DiscriminationDesign):
        return
    if kind is not StimulusKind.INCREMENTED_TONE and not content.is_transducer_required:
        yield f"is_transducer_required is false. A {kind} needs it, for what lies beside frequency_hz."
    yield from _unordered("design.levels_db_hl", design.levels_db_hl)
    columns = {column.name: column for column in stimulus_columns(kind)}
    if set(design.values) != set(columns):
        yield (
            f"design.values has {', '.join(design.values) or 'nothing'}. A {kind} needs each of "
            f"{', '.join(columns)}, and nothing else."
        )
        return
    for name, values in design.values.items():
        yield from _unordered(f"design.values.{name}", values)
        is_allowed, allowed = allowed_values(columns[name], np.array(values), content.stimulus.noise_outer_edge)
        for value in np.array(values)[~is_allowed]:
            yield f"design.values.{name} has {value:g}. Allowed: {allowed}."


def _masker_contradictions(content: Content) -> Iterator[str]:
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
    if isinstance(content.design, MaskerDesign):
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
