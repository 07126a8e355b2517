"""From the profiles of one listener to the document of their report."""

from collections.abc import Sequence
from itertools import groupby

from hearfit.audiology.audiogram import Ear
from hearfit.audiology.averages import PTA4_FREQUENCY_HZ, pure_tone_average
from hearfit.errors import InputError
from hearfit.experiment.protocol import Task
from hearfit.experiment.stimulus_columns import GAP, MASKER_LEVEL, NOTCH_LOWER, NOTCH_UPPER, ROVE_RANGE
from hearfit.listener.profile import Profile, ResponseCurve
from hearfit.reports import sentences
from hearfit.reports.document import (
    Block,
    BulletList,
    Document,
    Fact,
    Figure,
    FigureRow,
    Notice,
    Paragraph,
    Section,
    Tone,
)
from hearfit.reports.figure_audiogram import draw_audiogram, is_inside
from hearfit.reports.figure_curves import draw_choices, draw_loudness
from hearfit.reports.figure_parameters import NormalValues, draw_parameters
from hearfit.reports.figure_predictive import draw_predictive, is_outside
from hearfit.reports.svg import inline_svg
from hearfit.reports.tables import frequency_table, observer_table, preferred_air_thresholds, provenance_table
from hearfit.reports.wording import (
    count,
    ear_name,
    editions,
    enumeration,
    frequency,
    frequency_list,
    is_prior,
    number,
)


def build_document(profiles: Sequence[Profile], *, normal: NormalValues) -> Document:
    """The report on one or both ears of one listener, the right ear first, as seen facing the listener.

    Raises:
        InputError: no profile, more than one listener, or an ear more than once.
    """
    _check(profiles)
    ordered = tuple(sorted(profiles, key=lambda profile: profile.ear is not Ear.RIGHT))
    return Document(
        title="Hearing profile",
        subject=ordered[0].listener,
        facts=_facts(ordered),
        notices=_notices(ordered),
        sections=(
            Section("Audiogram", _audiograms(ordered)),
            *(_ear_section(profile, normal, starts_page=len(ordered) > 1) for profile in ordered),
            Section("Where the prior says more than the answers", _prior_speaks(ordered)),
            Section("What this report does not claim", (BulletList(sentences.CLAIMS),)),
            Section("How this profile was made", (provenance_table(ordered),)),
        ),
        footer=f"hearfit · {ordered[0].listener} · {_sessions(ordered)}",
    )


def _check(profiles: Sequence[Profile]) -> None:
    if not profiles:
        raise InputError("A report needs at least one profile.")
    listeners = sorted({profile.listener for profile in profiles})
    if len(listeners) > 1:
        raise InputError(
            f"A report is about one listener, but these profiles are of {len(listeners)}: {', '.join(listeners)}."
        )
    if len({profile.ear for profile in profiles}) < len(profiles):
        raise InputError("A report shows each ear once, but two of these profiles are of the same ear.")


def _facts(profiles: tuple[Profile, ...]) -> tuple[Fact, ...]:
    ears = enumeration([profile.ear.value for profile in profiles])
    transducers = sorted({profile.provenance.transducer or "not stated" for profile in profiles})
    standards = sorted({editions(profile.provenance.standards) for profile in profiles} - {""})
    return (
        Fact("Ears" if len(profiles) > 1 else "Ear", ears.capitalize()),
        Fact("Session", _sessions(profiles)),
        Fact("Transducer", ", ".join(transducers)),
        Fact("Standards", "; ".join(standards) or "none needed"),
        *(Fact(ear_name(profile.ear), f"{_status(profile)} {_average(profile)}") for profile in profiles),
    )


def _sessions(profiles: tuple[Profile, ...]) -> str:
    sessions = {profile.session for profile in profiles}
    if len(sessions) == 1:
        return profiles[0].session
    return ", ".join(f"{profile.session} ({profile.ear})" for profile in profiles)


def _status(profile: Profile) -> str:
    fit = profile.diagnostics
    outcome = "Fit converged" if fit.is_converged else "Fit did NOT converge"
    return f"{outcome}: {count(fit.num_trials, 'answer')}, {count(fit.num_iterations, 'iteration')}."


def _average(profile: Profile) -> str:
    """Mean of 500, 1000, 2000 and 4000 Hz, implied and measured; no grade, which would be a diagnosis."""
    implied = {entry.frequency_hz: entry.threshold_db_hl.mean for entry in profile.frequencies}
    if not set(PTA4_FREQUENCY_HZ) <= set(implied):
        return ""
    mean = sum(implied[value] for value in PTA4_FREQUENCY_HZ) / len(PTA4_FREQUENCY_HZ)
    text = f"Mean of 0.5, 1, 2 and 4 kHz: {number(mean, 1)} dB HL implied"
    if profile.measured_audiogram is not None:
        average = pure_tone_average(profile.measured_audiogram, ear=profile.ear, frequency_hz=PTA4_FREQUENCY_HZ)
        if average.level_db_hl is not None:
            bound = "at least " if average.is_at_least else ""
            return f"{text}, {bound}{number(average.level_db_hl, 1)} dB HL measured."
    return f"{text}."


def _notices(profiles: tuple[Profile, ...]) -> tuple[Notice, ...]:
    notices: list[Notice] = []
    for profile in profiles:
        name, fit = ear_name(profile.ear), profile.diagnostics
        bounds = [f"At a bound of its range: {', '.join(fit.parameters_at_bound)}."] if fit.parameters_at_bound else []
        if not fit.is_converged:
            title = f"{name}: the fit did not converge, so its numbers must not be relied on"
            notices.append(Notice(Tone.WARNING, title, (fit.status, *fit.warnings, *bounds)))
        elif fit.warnings or bounds:
            notices.append(Notice(Tone.CAUTION, f"{name}: read with care", (*fit.warnings, *bounds)))
        if profile.not_identified:
            notices.append(Notice(Tone.CAUTION, f"{name}: what the answers could not tell", profile.not_identified))
    return tuple(notices)


def _weakly_known(profile: Profile) -> tuple[str, ...]:
    """Which numbers are mostly the prior, a sentence a parameter, and which frequencies were not tested."""
    everywhere = [entry.frequency_hz for entry in profile.frequencies]
    parameters = (
        ("Compression exponent", [entry.compression_exponent for entry in profile.frequencies]),
        ("Attenuation", [entry.attenuation_db for entry in profile.frequencies]),
        ("Lateral inhibition, and with it the bandwidth,", [entry.inhibition for entry in profile.frequencies]),
    )
    sentences_found: list[str] = []
    for name, estimates in parameters:
        where = [hz for hz, estimate in zip(everywhere, estimates, strict=True) if is_prior(estimate)]
        if where:
            sentences_found.append(f"{name} at {frequency_list(where, everywhere)}.")
    if untested := [entry.frequency_hz for entry in profile.frequencies if entry.num_trials == 0]:
        sentences_found.append(f"No answers at {frequency_list(untested, everywhere)}.")
    return tuple(sentences_found)


def _audiograms(profiles: tuple[Profile, ...]) -> tuple[Block, ...]:
    figures = tuple(_audiogram(profile) for profile in profiles)
    measured = [
        threshold
        for profile in profiles
        if profile.measured_audiogram is not None
        for threshold in profile.measured_audiogram.thresholds
        if threshold.ear is profile.ear
    ]
    remarks = [sentences.MEASURED_REMARK if measured else sentences.NO_AUDIOGRAM, sentences.AUDIOGRAM_REMARK]
    if any(threshold.is_no_response for threshold in measured):
        remarks.append(sentences.NO_RESPONSE_REMARK)
    return (FigureRow(figures, " ".join(remarks)),)


def _audiogram(profile: Profile) -> Figure:
    identifier = f"audiogram-{profile.ear}"
    return Figure(
        identifier=identifier,
        svg=inline_svg(draw_audiogram(profile), prefix=identifier),
        alternative=_audiogram_alternative(profile),
        caption=f"{ear_name(profile.ear)}.{_measured_when(profile)}",
    )


def _audiogram_alternative(profile: Profile) -> str:
    implied = ", ".join(
        f"{frequency(entry.frequency_hz)} {number(entry.threshold_db_hl.mean, 0)}" for entry in profile.frequencies
    )
    measured = ", ".join(
        f"{frequency(hz)} {'above ' if threshold.is_no_response else ''}{number(threshold.level_db_hl, 0)}"
        for hz, threshold in sorted(preferred_air_thresholds(profile).items())
    )
    text = f"Audiogram of the {profile.ear} ear, hearing level in dB HL. Implied by the fitted ear: {implied}."
    return f"{text} Measured by air conduction: {measured}." if measured else text


def _measured_when(profile: Profile) -> str:
    audiogram = profile.measured_audiogram
    if audiogram is None:
        return ""
    details = [detail for detail in (audiogram.date, audiogram.transducer) if detail]
    outside = sum(not is_inside(threshold) for threshold in audiogram.thresholds if threshold.ear is profile.ear)
    measured = f" Measured: {', '.join(details)}." if details else ""
    return f"{measured} {count(outside, 'threshold')} outside these axes not drawn." if outside else measured


def _ear_section(profile: Profile, normal: NormalValues, *, starts_page: bool) -> Section:
    identifier = f"parameters-{profile.ear}"
    parameters = Figure(
        identifier=identifier,
        svg=inline_svg(draw_parameters(profile.frequencies, profile.ear, normal), prefix=identifier),
        alternative=(
            f"Compression exponent, attenuation and lateral inhibition of the {profile.ear} ear by frequency, with "
            "95 % intervals and the value of the model's normal ear. The table of this ear has the numbers."
        ),
        caption=sentences.PARAMETERS_CAPTION,
    )
    blocks: list[Block] = [parameters, *_curve_figures(profile), frequency_table(profile)]
    blocks += _predictive_figure(profile)
    if profile.observer:
        blocks.append(observer_table(profile))
    return Section(ear_name(profile.ear), tuple(blocks), starts_page=starts_page)


def _curve_figures(profile: Profile) -> list[Block]:
    """A figure for each task and protocol, with a panel for each stimulus and number of intervals."""

    def key(curve: ResponseCurve) -> tuple[bool, str, str]:
        return (curve.task != Task.CATEGORICAL_LOUDNESS, curve.task, curve.protocol)

    blocks: list[Block] = []
    for (_, task, protocol), group in groupby(sorted(profile.curves, key=key), key=key):
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
            alternative = (
                sentences.detection_alternative(places, protocol, has_forward_masker=has_forward_masker)
                if task == Task.DETECTION
                else sentences.discrimination_alternative(places, protocol)
            )
            has_catch_trials = any(answer.x is None for curve in curves for answer in curve.answers)
            has_forced_choice = any(curve.interval_count > 1 for curve in curves)
            if task == Task.DETECTION:
                caption = sentences.detection_caption(
                    protocol,
                    has_masker=any(MASKER_LEVEL in curve.parameters for curve in curves),
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


def _prior_speaks(profiles: tuple[Profile, ...]) -> tuple[Block, ...]:
    used = sorted({profile.provenance.prior for profile in profiles})
    blocks: list[Block] = [Paragraph(sentences.PRIORS[name]) for name in used if name in sentences.PRIORS]
    for profile in profiles:
        if len(profiles) > 1:
            blocks.append(Paragraph(f"{ear_name(profile.ear)}:"))
        blocks.append(BulletList(_weakly_known(profile) or (sentences.IDENTIFIED,)))
    return tuple(blocks)
