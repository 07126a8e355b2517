"""What `hearfit audiogram show` says below the drawing: tables of both ears, and sentences for what is missing."""

from collections.abc import Iterator

from hearfit.audiology.age_norms import AgePercentile, Sex
from hearfit.audiology.audiogram import Audiogram, Conduction, Ear, Threshold
from hearfit.audiology.averages import FOUR_TONE, PureToneAverage
from hearfit.audiology.bisgaard import NearestStandard
from hearfit.audiology.criterion import Outcome
from hearfit.audiology.ear_thresholds import in_hertz
from hearfit.audiology.grades import GradedAverage, WhoGrade, who_grade
from hearfit.audiology.summary import AudiogramSummary, EarSummary, Person
from hearfit.cli.output import Output, new_table
from hearfit.reports.wording import number

_NONE = "–"
_PEOPLE = {Sex.MALE: "men", Sex.FEMALE: "women"}


def print_thresholds(audiogram: Audiogram, conduction: Conduction, output: Output) -> None:
    """The thresholds of both ears by one conduction; nothing where there are none."""
    by_ear = {ear: audiogram.of(ear, conduction) for ear in (Ear.RIGHT, Ear.LEFT)}
    frequencies = sorted({t.frequency_hz for thresholds in by_ear.values() for t in thresholds})
    if not frequencies:
        return
    title = "Air conduction (dB HL)" if conduction is Conduction.AIR else "Bone conduction (dB HL)"
    table = new_table("Hz", *(f"{hz:g}" for hz in frequencies), title=title)
    for ear, thresholds in by_ear.items():
        for is_masked in (False, True):
            chosen = {t.frequency_hz: t for t in thresholds if t.is_masked is is_masked}
            if chosen:
                label = f"{ear.value}{' masked' if is_masked else ''}"
                table.add_row(label, *(_threshold_text(chosen.get(hz)) for hz in frequencies))
    output.table(table)


def print_ears(summary: AudiogramSummary, output: Output) -> None:
    """Averages, degree, shape, nearest standard audiogram and air-bone gap, a column for each ear."""
    if not summary.ears:
        return
    table = new_table("", *(f"{ear.ear} ear" for ear in summary.ears), is_textual=True)
    for index, named in enumerate(summary.ears[0].averages):
        kilohertz = ", ".join(f"{hz / 1000:g}" for hz in named.average.frequency_hz)
        cells = (average_text(ear.averages[index].average) for ear in summary.ears)
        table.add_row(f"{named.title} ({kilohertz} kHz)", *cells)
    table.add_row("Degree by the 3-tone average (Clark)", *(grade_text(ear.clark) for ear in summary.ears))
    table.add_row("Shape (own rule)", *(_shape_text(ear) for ear in summary.ears))
    table.add_row("Notch (Coles et al. 2000)", *(_notch_text(ear) for ear in summary.ears))
    table.add_row("Nearest standard (own rule, RMS)", *(_nearest_text(ear.nearest_standard) for ear in summary.ears))
    table.add_row("Air-bone gap over 10 dB, 0.5 to 2 kHz", *(_gap_text(ear) for ear in summary.ears))
    output.table(table)


def print_both_ears(summary: AudiogramSummary, output: Output) -> None:
    """The WHO grade of the better ear, and the criteria of a difference between the ears."""
    average = summary.who.average
    value = "cannot be computed" if average.level_db_hl is None else average_text(average)
    grade = f", {grade_text(summary.who)}" if summary.who.grade else ""
    output.text(f"Better ear, mean of 0.5, 1, 2 and 4 kHz: {value}{grade} (WHO 2021)")
    if summary.who.grade is WhoGrade.NORMAL and any(_is_not_normal(ear) for ear in summary.ears):
        output.paragraph(
            "One ear is worse than that. WHO 2021 also names a unilateral hearing loss, which is not graded here "
            "(`hearfit standards who-2021` says why)."
        )
    by_outcome = {outcome: [r for r in summary.asymmetry if r.outcome is outcome] for outcome in Outcome}
    if len(by_outcome[Outcome.NOT_COMPUTABLE]) == len(summary.asymmetry):
        output.paragraph(f"Difference between the ears: cannot be computed. {summary.asymmetry[0].reason}")
        return
    output.text("Difference between the ears, by criterion:")
    for result in by_outcome[Outcome.MET]:
        output.text(f"  met      {result.name}: {result.rule} ({in_hertz(result.frequency_hz)})")
    if by_outcome[Outcome.NOT_MET]:
        output.text(f"  not met  {', '.join(result.name for result in by_outcome[Outcome.NOT_MET])}")
    if by_outcome[Outcome.NOT_COMPUTABLE]:
        output.text(f"  unknown  {', '.join(result.name for result in by_outcome[Outcome.NOT_COMPUTABLE])}")
    output.text("  `hearfit standards asymmetry` prints the criteria.")


def print_age(summary: AudiogramSummary, person: Person, output: Output) -> None:
    """Percentiles of ISO 7029 for each ear."""
    frequencies = sorted({each.frequency_hz for ear in summary.ears for each in ear.age_percentiles})
    if not frequencies:
        return
    title = (
        f"ISO 7029:2017: percent of otologically normal {_PEOPLE[person.sex]} of {person.age_years:g} years who hear "
        "as well or better"
    )
    table = new_table("Hz", *(f"{hz:g}" for hz in frequencies), title=title)
    for ear in summary.ears:
        cells = {each.frequency_hz: each for each in ear.age_percentiles}
        table.add_row(ear.ear.value, *(_percentile_text(cells.get(hz)) for hz in frequencies))
    medians = {e.frequency_hz: e.norm.median_db for ear in summary.ears for e in ear.age_percentiles if e.norm}
    table.add_row("median", *(number(medians[hz], 0) if hz in medians else _NONE for hz in frequencies))
    output.table(table)


def print_gains(summary: AudiogramSummary, output: Output) -> None:
    """Insertion gains by the public formulas."""
    for ear in summary.ears:
        with_gains = [gains for gains in ear.reference_gains if gains.gains]
        frequencies = sorted({gain.frequency_hz for gains in with_gains for gain in gains.gains})
        if not with_gains:
            continue
        title = f"{ear.ear.value.capitalize()} ear, insertion gain (dB): {with_gains[0].note}"
        table = new_table("Hz", *(f"{hz:g}" for hz in frequencies), title=title)
        for gains in with_gains:
            cells = {gain.frequency_hz: gain for gain in gains.gains}
            texts = (
                _NONE if hz not in cells else f"{'≥ ' * cells[hz].is_at_least}{number(cells[hz].gain_db, 0)}"
                for hz in frequencies
            )
            table.add_row(gains.formula.value, *texts)
        output.table(table)


def reasons(summary: AudiogramSummary, *, has_gains: bool) -> Iterator[str]:
    """Sentences: what could not be computed and why, each once."""
    said: set[str] = set()
    for sentence in _all_reasons(summary, has_gains=has_gains):
        if sentence not in said:
            said.add(sentence)
            yield sentence


def _all_reasons(summary: AudiogramSummary, *, has_gains: bool) -> Iterator[str]:
    for ear in summary.ears:
        yield from _average_reasons(ear)
        for what, reason in (
            ("Shape", ear.configuration.shape_reason),
            ("Notch", ear.configuration.notch_reason),
            ("Nearest standard audiogram", ear.nearest_standard.reason),
            ("Air-bone gap", ear.air_bone_gap.reason),
            *((gains.formula.value, gains.reason) for gains in ear.reference_gains if has_gains),
        ):
            if reason:
                yield f"{what}: {reason}"
    yield from _age_reasons(summary)
    if summary.who.average.reason:
        yield f"WHO grade: {summary.who.average.reason}"
    unknown = [result for result in summary.asymmetry if result.outcome is Outcome.NOT_COMPUTABLE]
    if len(unknown) < len(summary.asymmetry):
        for result in unknown:
            yield f"Criterion {result.name}: {result.reason}"


def _average_reasons(ear: EarSummary) -> Iterator[str]:
    for named in ear.averages:
        if named.average.reason:
            yield f"{named.title}: {named.average.reason}"
        elif named.average.substituted_hz:
            yield f"{named.title}, {ear.ear} ear: 3000 Hz was not measured; the mean of 2000 and 4000 Hz stands in."


def _is_not_normal(ear: EarSummary) -> bool:
    (average,) = [named.average for named in ear.averages if named.name == FOUR_TONE.name]
    level_db_hl = average.level_db_hl
    return level_db_hl is not None and who_grade(better_ear_average_db_hl=level_db_hl) is not WhoGrade.NORMAL


def _age_reasons(summary: AudiogramSummary) -> Iterator[str]:
    by_reason: dict[str, set[float]] = {}
    for ear in summary.ears:
        for each in ear.age_percentiles:
            if each.reason:
                by_reason.setdefault(each.reason, set()).add(each.frequency_hz)
    for reason, frequencies in by_reason.items():
        yield f"Age percentile at {in_hertz(sorted(frequencies))}: {reason}"


def average_text(average: PureToneAverage) -> str:
    """The level with two decimals, which is not rounded for averages of two to four levels of whole decibels."""
    if average.level_db_hl is None:
        return _NONE
    bound = "at least " if average.is_at_least else ""
    return f"{bound}{_level(average.level_db_hl)} dB HL"


def grade_text(graded: GradedAverage) -> str:
    """The grade; at least that, where a no response leaves higher ones possible."""
    if graded.grade is None:
        return _NONE
    return f"{'at least ' if graded.is_at_least else ''}{graded.grade}"


def _level(level_db_hl: float) -> str:
    return number(level_db_hl, 2).rstrip("0").rstrip(".")


def _threshold_text(threshold: Threshold | None) -> str:
    if threshold is None:
        return ""
    level = f"{threshold.level_db_hl:g}".replace("-", "−")
    return f"{'>' if threshold.is_no_response else ''}{level}"


def _shape_text(ear: EarSummary) -> str:
    return _NONE if ear.configuration.shape is None else ear.configuration.shape.value


def _notch_text(ear: EarSummary) -> str:
    result = ear.configuration
    if result.notch is Outcome.MET:
        return f"at {in_hertz(result.notch_hz)}"
    return "none" if result.notch is Outcome.NOT_MET else _NONE


def _nearest_text(nearest: NearestStandard) -> str:
    if nearest.distance_db is None:
        return _NONE
    bound = "at least " if nearest.is_at_least else ""
    return f"{' or '.join(nearest.names)} ({bound}{_level(round(nearest.distance_db, 1))} dB)"


def _gap_text(ear: EarSummary) -> str:
    gap = ear.air_bone_gap
    if gap.outcome is Outcome.MET:
        return f"yes, at {in_hertz(gap.flagged_hz)}"
    return "no" if gap.outcome is Outcome.NOT_MET else _NONE


def _percentile_text(each: AgePercentile | None) -> str:
    if each is None or each.percentile is None:
        return _NONE
    if each.percentile > 99.0:
        return "> 99"
    if each.percentile < 1.0:
        return _NONE if each.is_at_least else "< 1"
    return f"{'≥ ' * each.is_at_least}{number(each.percentile, 0)}"
