"""The measured audiogram in numbers: thresholds, averages, configuration, difference between the ears."""

import math
from collections.abc import Callable, Mapping, Sequence

from hearfit.audiology.age_norms import AgePercentile, age_percentiles
from hearfit.audiology.air_bone_gap import AirBoneGap, GapAtFrequency, air_bone_gap
from hearfit.audiology.asymmetry import AsymmetryResult, asymmetry
from hearfit.audiology.audiogram import Audiogram, Conduction, Ear, Threshold
from hearfit.audiology.averages import AVERAGE_DEFINITIONS, PureToneAverage
from hearfit.audiology.bisgaard import nearest_standard
from hearfit.audiology.configuration import configuration
from hearfit.audiology.criterion import Outcome
from hearfit.audiology.ear_thresholds import in_hertz, thresholds_by_frequency
from hearfit.audiology.reference_gains import GainFormula, reference_gains
from hearfit.reports import sentences
from hearfit.reports.contents import Contents, EarRecord, Person
from hearfit.reports.document import Block, Cell, Column, Row, Section, Table
from hearfit.reports.wording import enumeration, frequency, number

NOTHING = Cell("–")


def audiology_section(contents: Contents) -> Section | None:
    """What follows from the thresholds that were measured; None where there are none."""
    measured = [(record, record.audiogram) for record in contents.ears if record.audiogram is not None]
    if not measured:
        return None
    blocks: list[Block] = [_threshold_table(measured, contents.person), _words_table(measured)]
    if contents.audiogram is not None and len(contents.audiogram.ears()) == len(Ear):
        blocks.append(_asymmetry_table(asymmetry(contents.audiogram)))
    blocks.append(_gain_table(measured))
    return Section("The measured audiogram in numbers", tuple(blocks), starts_page=True)


def average_text(average: PureToneAverage) -> str:
    """46.3 dB HL, at least 62.5 dB HL, or what was not measured."""
    if average.level_db_hl is None:
        return f"not measured at {in_hertz(average.missing_hz)}" if average.missing_hz else "not measured"
    return f"{'at least ' if average.is_at_least else ''}{number(average.level_db_hl, 1)} dB HL"


Measured = Sequence[tuple[EarRecord, Audiogram]]


def _threshold_table(measured: Measured, person: Person | None) -> Table:
    columns = [Column("Frequency")]
    by_ear: list[list[Callable[[float], Cell]]] = []
    note = [sentences.THRESHOLD_NOTE]
    for record, audiogram in measured:
        air, bone = (thresholds_by_frequency(audiogram, record.ear, conduction) for conduction in Conduction)
        cells: list[Callable[[float], Cell]] = [_threshold_cells(air)]
        columns.append(Column(f"{record.ear.value.capitalize()} air", "dB HL"))
        if bone:
            gaps = {gap.frequency_hz: gap for gap in air_bone_gap(audiogram, ear=record.ear).gaps}
            columns += [Column(f"{record.ear.value.capitalize()} bone", "dB HL"), Column("Air − bone", "dB")]
            cells += [_threshold_cells(bone), _gap_cells(gaps)]
        if person is not None:
            norms = age_percentiles(audiogram, ear=record.ear, age_years=person.age_years, sex=person.sex)
            columns.append(Column("Percentile", "ISO 7029"))
            cells.append(_percentile_cells({each.frequency_hz: each for each in norms}))
            note += _reasons(norms)
        by_ear.append(cells)
    if person is not None:
        note.insert(1, sentences.percentile_note(person.age_years, person.sex.value))
    present = sorted({each.frequency_hz for record, audiogram in measured for each in _of_ear(audiogram, record.ear)})
    rows = tuple(Row(frequency(hz), tuple(cell(hz) for cells in by_ear for cell in cells)) for hz in present)
    return Table("Thresholds", tuple(columns), rows, note=" ".join(dict.fromkeys(note)))


def _of_ear(audiogram: Audiogram, ear: Ear) -> list[Threshold]:
    return [threshold for threshold in audiogram.thresholds if threshold.ear is ear]


def _threshold_cells(thresholds: Mapping[float, Threshold]) -> Callable[[float], Cell]:
    def cell(frequency_hz: float) -> Cell:
        threshold = thresholds.get(frequency_hz)
        if threshold is None:
            return NOTHING
        bound = "> " if threshold.is_no_response else ""
        asides = [*(["masked"] if threshold.is_masked else []), *(["no response"] if threshold.is_no_response else [])]
        return Cell(f"{bound}{threshold.level_db_hl:g}".replace("-", "−"), ", ".join(asides))

    return cell


def _gap_cells(gaps: Mapping[float, GapAtFrequency]) -> Callable[[float], Cell]:
    def cell(frequency_hz: float) -> Cell:
        gap = gaps.get(frequency_hz)
        if gap is None or (math.isinf(gap.lowest_db) and math.isinf(gap.highest_db)):
            return NOTHING
        if math.isinf(gap.highest_db):
            return Cell(f"≥ {number(gap.lowest_db, 0)}")
        return Cell(f"≤ {number(gap.highest_db, 0)}" if math.isinf(gap.lowest_db) else number(gap.lowest_db, 0))

    return cell


def _percentile_cells(norms: Mapping[float, AgePercentile]) -> Callable[[float], Cell]:
    def cell(frequency_hz: float) -> Cell:
        norm = norms.get(frequency_hz)
        if norm is None or norm.percentile is None:
            return NOTHING
        bound = "≥ " if norm.is_at_least else ""
        percentile = "> 99" if norm.percentile > 99.0 else f"{bound}{number(norm.percentile, 0)}"
        return Cell(percentile, "" if norm.norm is None else f"median {number(norm.norm.median_db, 0)} dB")

    return cell


def _reasons(norms: Sequence[AgePercentile]) -> list[str]:
    """Why some frequencies have no percentile."""
    return [each.reason for each in norms if each.reason is not None]


def _words_table(measured: Measured) -> Table:
    rows = [
        Row(definition.title, tuple(Cell(average_text(definition.of(a, record.ear))) for record, a in measured))
        for definition in AVERAGE_DEFINITIONS
    ]
    shapes = tuple(Cell(configuration(audiogram, ear=record.ear).words) for record, audiogram in measured)
    rows += [
        Row("Configuration", shapes),
        Row("Nearest standard audiogram", tuple(Cell(_nearest(a, record.ear)) for record, a in measured)),
        Row("Air-bone gap", tuple(Cell(_gap(air_bone_gap(a, ear=record.ear))) for record, a in measured)),
    ]
    columns = (Column(""), *(Column(record.name) for record, _ in measured))
    return Table("What follows from them", columns, tuple(rows), note=sentences.CONFIGURATION_NOTE, is_textual=True)


def _nearest(audiogram: Audiogram, ear: Ear) -> str:
    nearest = nearest_standard(audiogram, ear=ear)
    if nearest.distance_db is None:
        return f"none: {nearest.reason}"
    bound = "at least " if nearest.is_at_least else ""
    return f"{enumeration(nearest.names)}, {bound}{number(nearest.distance_db, 1)} dB away (RMS)"


def _gap(gap: AirBoneGap) -> str:
    if gap.outcome is Outcome.MET:
        return f"yes: {gap.criterion} ({in_hertz(gap.flagged_hz)})"
    if gap.outcome is Outcome.NOT_MET:
        return f"none of {gap.criterion}"
    return f"cannot be computed: {gap.reason}"


def _asymmetry_table(results: Sequence[AsymmetryResult]) -> Table:
    rows = tuple(Row(result.rule, (Cell(result.outcome.value), Cell(_where(result)))) for result in results)
    columns = (Column("The ears differ by"), Column("Answer"), Column("Where, or why not"))
    return Table("Difference between the ears", columns, rows, note=sentences.ASYMMETRY_NOTE, is_textual=True)


def _where(result: AsymmetryResult) -> str:
    if result.reason is not None:
        return result.reason
    return in_hertz(result.frequency_hz) if result.frequency_hz else "–"


def _gain_table(measured: Measured) -> Table:
    by_ear = [(record, reference_gains(a, ear=record.ear, formula=GainFormula.NAL_R)) for record, a in measured]
    frequencies = sorted({gain.frequency_hz for _, gains in by_ear for gain in gains.gains})
    rows = []
    for record, gains in by_ear:
        at = {gain.frequency_hz: gain for gain in gains.gains}
        cells = [
            Cell(f"{'≥ ' if at[hz].is_at_least else ''}{number(at[hz].gain_db, 0)}") if hz in at else NOTHING
            for hz in frequencies
        ]
        rows.append(Row(record.name, tuple(cells)))
    columns = (Column("Insertion gain", "dB"), *(Column(frequency(hz)) for hz in frequencies))
    reasons = [gains.reason for _, gains in by_ear if gains.reason is not None and not gains.gains]
    note = " ".join([sentences.GAIN_NOTE, *reasons])
    return Table("NAL-R: a reference line, not a prescription", columns, tuple(rows), note=note)
