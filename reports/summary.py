"""The first page, for a reader in a hurry: three sentences, both audiograms, one table."""

from collections.abc import Callable, Sequence
from typing import Final

from hearfit.audiology.audiogram import Audiogram, Conduction
from hearfit.audiology.averages import PTA4_FREQUENCY_HZ, pure_tone_average
from hearfit.audiology.bisgaard import nearest_standard
from hearfit.audiology.configuration import configuration
from hearfit.audiology.grades import clark_graded, who_graded
from hearfit.listener.normal import AUDIOMETRIC_FREQUENCIES_HZ
from hearfit.listener.normal_range import normal_range
from hearfit.listener.profile import Estimate, FrequencyEstimates, Profile
from hearfit.reports import sentences
from hearfit.reports.audiology_section import NOTHING, average_text
from hearfit.reports.contents import Contents, EarRecord
from hearfit.reports.document import Block, BulletList, Cell, Column, Figure, FigureRow, Row, Section, Table
from hearfit.reports.figure_audiogram import draw_audiogram, is_inside, num_legend_lines
from hearfit.reports.figure_parameters import NormalValues, bandwidth_ratio
from hearfit.reports.flags import prior_dominated, why_not_interpretable
from hearfit.reports.svg import inline_svg
from hearfit.reports.wording import (
    count,
    enumeration,
    frequency,
    frequency_list,
    is_prior,
    number,
)

# The protocol of `hearfit fit --audiogram-as-data`.
STORED_THRESHOLDS: Final = "stored_thresholds"


def summary_section(contents: Contents, *, normal: NormalValues) -> Section:
    """All of the first page but its head and its notices."""
    blocks: tuple[Block, ...] = (
        BulletList(_sentences(contents, normal)),
        FigureRow(_audiograms(contents.ears), _remark(contents), _table(contents, normal)),
    )
    return Section("In short", blocks)


def _sentences(contents: Contents, normal: NormalValues) -> tuple[str, ...]:
    return (_level_sentence(contents), _growth_sentence(contents, normal), _unknown_sentence(contents))


def _level_sentence(contents: Contents) -> str:
    """How soft a tone is just heard: measured if it was, otherwise implied."""
    measured = []
    for record in contents.ears:
        if record.audiogram is not None:
            average = pure_tone_average(record.audiogram, ear=record.ear, frequency_hz=PTA4_FREQUENCY_HZ)
            if average.level_db_hl is not None:
                measured.append(f"{average_text(average)} in the {record.ear} ear")
    if measured:
        return f"Hearing: measured thresholds average {enumeration(measured)} (0.5, 1, 2 and 4 kHz).{_who(contents)}"
    implied = [
        f"{number(level, 0)} dB HL in the {record.ear} ear"
        for record in contents.ears
        if (level := record.implied_average_db_hl()) is not None and _is_converged(record)
    ]
    if implied:
        return (
            f"Hearing: the fitted ear would just hear tones of {enumeration(implied)} (mean of 0.5, 1, 2 and 4 kHz). "
            "No audiogram with these frequencies was given to compare with."
        )
    return "Hearing: too few frequencies were measured for an average of 0.5, 1, 2 and 4 kHz."


def _who(contents: Contents) -> str:
    if contents.audiogram is None:
        return ""
    graded = who_graded(contents.audiogram)
    if graded.grade is None:
        return ""
    return f" WHO grade of hearing loss (2021, better ear): {graded.grade}{' or higher' if graded.is_at_least else ''}."


def _growth_sentence(contents: Contents, normal: NormalValues) -> str:
    """What answers above threshold say of compression; nothing follows from an audiogram."""
    if not contents.profiles:
        return sentences.NOTHING_ABOVE_THRESHOLD
    less, not_less, unsaid = [], [], []
    for record in contents.ears:
        profile = record.profile
        if profile is None:
            continue
        if reason := why_not_interpretable(record):
            unsaid.append(f"the parameters of the {record.ear} ear must not be interpreted ({reason})")
            continue
        here = [entry for entry in profile.frequencies if _compresses_less(entry)]
        if here:
            where = frequency_list([each.frequency_hz for each in here], AUDIOMETRIC_FREQUENCIES_HZ)
            span = _span([entry.compression_exponent.mean for entry in here], 2)
            less.append(f"{record.ear} ear at {where} (exponent {span})")
        else:
            not_less.append(record.ear.value)
    parts = []
    if less:
        usual = number(normal.compression_exponent, 2)
        parts.append(f"{sentences.LESS_COMPRESSION}: {'; '.join(less)}; the model's normal ear has {usual}")
    if not_less:
        ears = f"{enumeration(not_less)} ear{'s' if len(not_less) > 1 else ''}"
        parts.append(f"at no frequency do the answers of the {ears} show {sentences.AS_IN_NORMAL_EARS}")
    return f"Above threshold: {'; '.join([*parts, *unsaid])}."


def _is_converged(record: EarRecord) -> bool:
    return record.profile is not None and record.profile.diagnostics.is_converged


def _compresses_less(entry: FrequencyEstimates) -> bool:
    """The whole interval above the range of ears with normal thresholds, and by the answers, not by the prior."""
    estimate, usual = entry.compression_exponent, normal_range(entry.frequency_hz)
    return usual is not None and not is_prior(estimate) and estimate.lower_95 > usual.compression_exponent[1]


def _unknown_sentence(contents: Contents) -> str:
    """What is known at no frequency at all; the rest is marked where it stands."""
    if not contents.profiles:
        return sentences.AUDIOGRAM_ALONE
    of_phrase: dict[str, list[str]] = {}
    for profile in contents.profiles:
        nowhere = [name for name, where in prior_dominated(profile) if len(where) == len(profile.frequencies)]
        if nowhere:
            of_phrase.setdefault(enumeration(nowhere), []).append(profile.ear.value)
    if not of_phrase:
        return sentences.MOSTLY_KNOWN
    parts = [
        f"{phrase} of {'both ears' if len(ears) > 1 else f'the {ears[0]} ear'}" for phrase, ears in of_phrase.items()
    ]
    return f"Not told by these answers at any frequency: {'; '.join(parts)}. {sentences.OTHERS_MARKED}"


def _audiograms(records: Sequence[EarRecord]) -> tuple[Figure, ...]:
    num_lines = max(num_legend_lines(record.ear, _fitted(record), record.audiogram) for record in records)
    return tuple(_audiogram(record, num_lines) for record in records)


def _fitted(record: EarRecord) -> tuple[FrequencyEstimates, ...]:
    return record.profile.frequencies if record.profile is not None else ()


def _audiogram(record: EarRecord, num_lines: int) -> Figure:
    identifier = f"audiogram-{record.ear}"
    figure = draw_audiogram(record.ear, _fitted(record), record.audiogram, num_legend_lines=num_lines)
    return Figure(
        identifier=identifier,
        svg=inline_svg(figure, prefix=identifier),
        alternative=_audiogram_alternative(record),
        caption=f"{record.name}.{_measured_when(record)}",
    )


def _audiogram_alternative(record: EarRecord) -> str:
    text = f"Audiogram of the {record.ear} ear, hearing level in dB HL."
    if record.profile is not None:
        implied = ", ".join(
            f"{frequency(entry.frequency_hz)} {number(entry.threshold_db_hl.mean, 0)}"
            for entry in record.profile.frequencies
        )
        text += f" Implied by the fitted ear: {implied}."
    if record.audiogram is None:
        return text
    for conduction in Conduction:
        levels = ", ".join(
            f"{frequency(each.frequency_hz)} {'above ' if each.is_no_response else ''}{number(each.level_db_hl, 0)}"
            f"{' masked' if each.is_masked else ''}"
            for each in record.audiogram.of(record.ear, conduction)
        )
        if levels:
            text += f" Measured by {conduction} conduction: {levels}."
    return text


def _measured_when(record: EarRecord) -> str:
    audiogram = record.audiogram
    if audiogram is None:
        return " No measured audiogram."
    details = [detail for detail in (audiogram.date, audiogram.transducer) if detail]
    outside = sum(not is_inside(threshold) for threshold in audiogram.thresholds if threshold.ear is record.ear)
    measured = f" Measured: {', '.join(details)}." if details else ""
    return f"{measured} {count(outside, 'threshold')} outside these axes not drawn." if outside else measured


def _remark(contents: Contents) -> str:
    remarks = []
    measured = [record.audiogram for record in contents.ears if record.audiogram is not None]
    if contents.profiles:
        remarks += [_role_of_audiogram(contents) if measured else sentences.NO_AUDIOGRAM, sentences.AUDIOGRAM_REMARK]
    if any(_has_no_response(record.audiogram, record) for record in contents.ears):
        remarks.append(sentences.NO_RESPONSE_REMARK)
    return " ".join(remarks)


def _role_of_audiogram(contents: Contents) -> str:
    """Whether the fit knew thresholds: with `fit --audiogram-as-data` they are answers of a protocol of their own."""
    protocols = {entry.name for profile in contents.profiles for entry in profile.provenance.protocols}
    return sentences.STORED_REMARK if STORED_THRESHOLDS in protocols else sentences.MEASURED_REMARK


def _has_no_response(audiogram: Audiogram | None, record: EarRecord) -> bool:
    return audiogram is not None and any(
        threshold.is_no_response for threshold in audiogram.thresholds if threshold.ear is record.ear
    )


def _table(contents: Contents, normal: NormalValues) -> Table:
    rows: list[Row] = []
    notes: list[str] = []
    if any(record.audiogram is not None for record in contents.ears):
        rows += [
            Row("Mean threshold, 0.5 to 4 kHz, measured", tuple(map(_measured_cell, contents.ears))),
            Row("Degree of hearing loss (Clark 1981)", tuple(map(_degree_cell, contents.ears))),
            Row("Configuration", tuple(map(_shape_cell, contents.ears))),
        ]
        notes.append(sentences.SUMMARY_NOTE_MEASURED)
    if contents.profiles:
        rows.append(Row("Mean threshold, 0.5 to 4 kHz, implied", tuple(map(_implied_cell, contents.ears))))
        for head, value_of, decimals, unit in (
            (f"Compression exponent (normal ear {normal.compression_exponent:g})", _exponent, 2, ""),
            (f"Attenuation (normal ear {normal.attenuation_db:g} dB)", _attenuation, 0, " dB"),
            ("Bandwidth re normal (ERB)", bandwidth_ratio, 1, " ×"),
        ):
            cells = tuple(_parameter_cell(record.profile, value_of, decimals, unit) for record in contents.ears)
            rows.append(Row(head, cells))
        rows.append(Row("Fit", tuple(_fit_cell(record.profile) for record in contents.ears)))
        notes.append(sentences.SUMMARY_NOTE_FITTED)
    columns = (Column(""), *(Column(record.name) for record in contents.ears))
    return Table("Key numbers", columns, tuple(rows), note=" ".join(notes), is_textual=True)


def _measured_cell(record: EarRecord) -> Cell:
    if record.audiogram is None:
        return Cell("not measured")
    return Cell(average_text(pure_tone_average(record.audiogram, ear=record.ear, frequency_hz=PTA4_FREQUENCY_HZ)))


def _degree_cell(record: EarRecord) -> Cell:
    graded = clark_graded(record.audiogram, ear=record.ear) if record.audiogram is not None else None
    if graded is None or graded.grade is None:
        return NOTHING
    return Cell(f"{graded.grade}{' or higher' if graded.is_at_least else ''}")


def _shape_cell(record: EarRecord) -> Cell:
    if record.audiogram is None:
        return NOTHING
    found = configuration(record.audiogram, ear=record.ear)
    nearest = nearest_standard(record.audiogram, ear=record.ear)
    return NOTHING if found.shape is None else Cell(f"{found.words}; nearest {enumeration(nearest.names)}")


def _implied_cell(record: EarRecord) -> Cell:
    level = record.implied_average_db_hl()
    return NOTHING if level is None else Cell(f"{number(level, 1)} dB HL")


def _parameter_cell(
    profile: Profile | None, value_of: Callable[[FrequencyEstimates], Estimate], decimals: int, unit: str
) -> Cell:
    """The span of the estimates at 0.5, 1, 2 and 4 kHz; the prior's where more than half of them are mostly its."""
    if profile is None:
        return Cell("not fitted")
    here = [value_of(entry) for entry in profile.frequencies if entry.frequency_hz in PTA4_FREQUENCY_HZ]
    if not here:
        return NOTHING
    num_prior = sum(map(is_prior, here))
    span = _span([estimate.mean for estimate in here], decimals)
    return Cell(f"{span}{unit}", is_prior=2 * num_prior > len(here))


def _fit_cell(profile: Profile | None) -> Cell:
    if profile is None:
        return Cell("not fitted")
    fit = profile.diagnostics
    return Cell(f"{count(fit.num_trials, 'answer')}; {'converged' if fit.is_converged else 'did NOT converge'}")


def _span(values: Sequence[float], decimals: int) -> str:
    low, high = number(min(values), decimals), number(max(values), decimals)
    return low if low == high else f"{low} to {high}"


def _exponent(entry: FrequencyEstimates) -> Estimate:
    return entry.compression_exponent


def _attenuation(entry: FrequencyEstimates) -> Estimate:
    return entry.attenuation_db
