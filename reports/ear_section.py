"""The pages of one fitted ear: parameters, answers, every number, and whether the model fits."""

from collections import Counter
from itertools import groupby
from typing import Final

from hearfit.experiment.protocol import Task
from hearfit.experiment.stimulus_columns import GAP, MASKER_LEVEL, NOTCH_LOWER, NOTCH_UPPER, ROVE_RANGE
from hearfit.listener.profile import Profile, ResponseCurve
from hearfit.reports import sentences
from hearfit.reports.contents import EarRecord
from hearfit.reports.document import Block, Figure, Heading, Paragraph, Section
from hearfit.reports.figure_curves import draw_choices, draw_loudness
from hearfit.reports.figure_parameters import NormalValues, draw_parameters
from hearfit.reports.figure_predictive import draw_predictive, is_outside
from hearfit.reports.svg import inline_svg
from hearfit.reports.tables import frequency_table, observer_table
from hearfit.reports.wording import ear_name, enumeration, frequency

_MOST_PANELS_BESIDE_OTHERS: Final = 12


def ear_section(record: EarRecord, profile: Profile, *, normal: NormalValues) -> Section:
    """One ear, on pages of its own."""
    identifier = f"parameters-{profile.ear}"
    parameters = Figure(
        identifier=identifier,
        svg=inline_svg(draw_parameters(profile.frequencies, profile.ear, normal), prefix=identifier),
        alternative=(
            f"Compression exponent, attenuation, lateral inhibition and equivalent bandwidth of the {profile.ear} ear "
            "by frequency, with 95 % intervals, the value of the model's normal ear and the range of ears with normal "
            "thresholds. The table of this ear has the numbers."
        ),
        caption=sentences.PARAMETERS_CAPTION,
    )
    blocks: list[Block] = [parameters, frequency_table(record, profile)]
    if profile.curves:
        blocks += [Heading("Answers, and what the fitted ear makes of the sounds"), *_curve_figures(profile)]
    if profile.predictive_checks:
        blocks.append(Heading("Does the fitted ear answer like this person?"))
    blocks += _predictive_figure(profile)
    if profile.observer:
        blocks.append(observer_table(profile))
    return Section(ear_name(profile.ear), tuple(blocks), starts_page=True)


def _curve_figures(profile: Profile) -> list[Block]:
    """A figure for each task and protocol, with a panel for each stimulus and number of intervals."""
    num_panels = Counter((curve.task, curve.protocol) for curve in profile.curves)

    def key(curve: ResponseCurve) -> tuple[bool, bool, str, str]:
        """Loudness first; those that fill a page last, so that the others share one."""
        is_large = num_panels[curve.task, curve.protocol] > _MOST_PANELS_BESIDE_OTHERS
        return (curve.task != Task.CATEGORICAL_LOUDNESS, is_large, curve.task, curve.protocol)

    blocks: list[Block] = []
    for (_, _, task, protocol), group in groupby(sorted(profile.curves, key=key), key=key):
        curves = sorted(group, key=_place)
        identifier = f"curves-{profile.ear}-{len(blocks)}"
        places = enumeration([frequency(hz) for hz in sorted({curve.frequency_hz for curve in curves})])
        if task == Task.CATEGORICAL_LOUDNESS:
            svg = inline_svg(draw_loudness(curves, profile.ear), prefix=identifier)
            alternative = sentences.loudness_alternative(places, protocol)
            caption = sentences.loudness_caption(protocol)
        elif task in (Task.DETECTION, Task.DISCRIMINATION):
            svg = inline_svg(draw_choices(curves, profile.ear), prefix=identifier)
            has_forward_masker = any(GAP in curve.parameters for curve in curves)
            has_varied_noise = any(curve.x_column == MASKER_LEVEL for curve in curves)
            alternative = (
                sentences.detection_alternative(
                    places, protocol, has_forward_masker=has_forward_masker, has_varied_noise=has_varied_noise
                )
                if task == Task.DETECTION
                else sentences.discrimination_alternative(places, protocol)
            )
            has_catch_trials = any(answer.x is None for curve in curves for answer in curve.answers)
            has_forced_choice = any(curve.interval_count > 1 for curve in curves)
            if task == Task.DETECTION:
                caption = sentences.detection_caption(
                    protocol,
                    has_masker=any(NOTCH_LOWER in curve.parameters for curve in curves),
                    has_varied_noise=has_varied_noise,
                    has_forward_masker=has_forward_masker,
                    has_catch_trials=has_catch_trials,
                    has_forced_choice=has_forced_choice,
                )
            else:
                caption = sentences.discrimination_caption(
                    protocol,
                    has_rove=any(curve.parameters.get(ROVE_RANGE) for curve in curves),
                    has_catch_trials=has_catch_trials,
                    has_forced_choice=has_forced_choice,
                )
        else:
            blocks.append(Paragraph(f"The answers to {protocol} are part of the fit, but not drawn."))
            continue
        blocks.append(Figure(identifier, svg, alternative, caption))
    return blocks


def _predictive_figure(profile: Profile) -> list[Block]:
    """Real against replicated answers; profiles of version 1 have none."""
    checks = profile.predictive_checks
    if not checks:
        return []
    identifier = f"predictive-{profile.ear}"
    svg = inline_svg(draw_predictive(checks), prefix=identifier)
    protocols = enumeration([check.protocol for check in checks])
    outside = sum(is_outside(part) for check in checks for part in check.bins)
    total = sum(len(check.bins) for check in checks)
    alternative = sentences.predictive_alternative(protocols, outside, total)
    return [Figure(identifier, svg, alternative, sentences.PREDICTIVE_CAPTION)]


def _place(curve: ResponseCurve) -> tuple[float, ...]:
    """Where the panel of a curve stands: by the stimulus, the widest notch last."""
    value = curve.parameters
    lower, upper = value.get(NOTCH_LOWER, 0.0), value.get(NOTCH_UPPER, 0.0)
    others = [value[name] for name in sorted(value) if name not in (NOTCH_LOWER, NOTCH_UPPER)]
    return (curve.interval_count, curve.frequency_hz, lower + upper, lower, *others)
