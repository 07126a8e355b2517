"""The tables of the report."""

from collections.abc import Mapping

from hearfit.audiology.audiogram import Threshold
from hearfit.listener.profile import Estimate, FrequencyEstimates, Profile
from hearfit.reports import sentences
from hearfit.reports.contents import EarRecord
from hearfit.reports.document import Cell, Column, Row, Table
from hearfit.reports.figure_parameters import bandwidth_ratio
from hearfit.reports.wording import ear_name, frequency, interval, is_prior, number

_NOTHING = Cell("–")


def frequency_table(record: EarRecord, profile: Profile) -> Table:
    """All numbers of one ear, a row a frequency; measured values only where there is an audiogram."""
    measured = record.air_thresholds()
    columns = [Column("Frequency"), Column("Answers"), Column("Implied threshold", "dB HL")]
    if measured:
        columns += [Column("Measured", "dB HL"), Column("Difference", "dB")]
    columns += [
        Column("Compression exponent"),
        Column("Attenuation", "dB"),
        Column("Lateral inhibition"),
        Column("Bandwidth (ERB)", "Hz"),
        Column("ERB", "re normal"),
    ]
    rows = tuple(_frequency_row(entry, measured) for entry in profile.frequencies)
    name = ear_name(profile.ear)
    return Table(f"{name}: every number by frequency", tuple(columns), rows, note=sentences.TABLE_NOTE)


def observer_table(profile: Profile) -> Table:
    """The parameters of the person rather than of the ear."""
    rows: list[Row] = []
    for entry in profile.observer:
        estimate = entry.estimate
        decimals = 3 if max(abs(estimate.lower_95), abs(estimate.upper_95)) < 1 else 2
        cells = (
            Cell(number(estimate.mean, decimals), is_prior=is_prior(estimate)),
            Cell(interval(estimate, decimals)),
            Cell(entry.unit or "–"),
        )
        rows.append(Row(entry.name, cells))
    columns = (Column("Parameter"), Column("Value"), Column("95 % interval"), Column("Unit"))
    return Table(f"{ear_name(profile.ear)}: {sentences.OBSERVER_CAPTION}", columns, tuple(rows), is_narrow=True)


def _frequency_row(entry: FrequencyEstimates, measured: Mapping[float, Threshold]) -> Row:
    bandwidth = entry.equivalent_bandwidth_hz
    ratio = bandwidth_ratio(entry)
    comparison = _comparison(entry, measured.get(entry.frequency_hz)) if measured else ()
    return Row(
        frequency(entry.frequency_hz),
        (
            Cell(f"{entry.num_trials:,}") if entry.num_trials else Cell("none"),
            _estimate_cell(entry.threshold_db_hl, 1),
            *comparison,
            _estimate_cell(entry.compression_exponent, 2),
            _estimate_cell(entry.attenuation_db, 1),
            _estimate_cell(entry.inhibition, 2),
            Cell(number(bandwidth.mean, 0), interval(bandwidth, 0), is_prior=is_prior(ratio)),
            Cell(f"{number(ratio.mean, 2)} ×", is_prior=is_prior(ratio)),
        ),
    )


def _comparison(entry: FrequencyEstimates, threshold: Threshold | None) -> tuple[Cell, Cell]:
    if threshold is None:
        return _NOTHING, _NOTHING
    level = f"{threshold.level_db_hl:g}".replace("-", "−")
    aside = "masked" if threshold.is_masked else ""
    if threshold.is_no_response:
        return Cell(f"> {level}", aside or "no response"), _NOTHING
    difference = entry.threshold_db_hl.mean - threshold.level_db_hl
    sign = "+" if round(difference, 1) > 0 else ""
    return Cell(level, aside), Cell(f"{sign}{number(difference, 1)}")


def _estimate_cell(estimate: Estimate, decimals: int) -> Cell:
    return Cell(number(estimate.mean, decimals), interval(estimate, decimals), is_prior=is_prior(estimate))
