"""The tables of the report."""

from hearfit.audiology.audiogram import Threshold
from hearfit.listener.profile import Estimate, FrequencyEstimates, Profile
from hearfit.reports import sentences
from hearfit.reports.contents import EarRecord
from hearfit.reports.document import Cell, Column, Row, Table
from hearfit.reports.figure_parameters import bandwidth_ratio
from hearfit.reports.wording import count, ear_name, editions, frequency, interval, is_prior, number, versions

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
    return Table(sentences.OBSERVER_CAPTION, columns, tuple(rows), is_narrow=True)


def provenance_table(profiles: tuple[Profile, ...]) -> Table:
    """What the profiles were made from and with, a column an ear."""
    entries = zip(*(_provenance(profile) for profile in profiles), strict=True)
    rows = tuple(Row(same[0][0], tuple(Cell(value) for _, value in same)) for same in entries)
    columns = (Column(""), *(Column(ear_name(profile.ear)) for profile in profiles))
    return Table("Sources and diagnostics of the fit", columns, rows, is_textual=True)


def _frequency_row(entry: FrequencyEstimates, measured: dict[float, Threshold]) -> Row:
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


def _provenance(profile: Profile) -> list[tuple[str, str]]:
    source, fit = profile.provenance, profile.diagnostics
    return [
        ("Trial files", ", ".join(source.trial_files)),
        ("Data (SHA-256)", source.data_sha256),
        ("Protocols", versions(source.protocols)),
        ("Transducer", source.transducer or "not stated"),
        ("Standards", editions(source.standards) or "none needed"),
        ("Answers", f"{fit.num_trials:,} in {count(fit.num_conditions, 'different condition')}"),
        ("Prior", source.prior),
        ("Method", f"{fit.method.upper()}, seed {source.seed}"),
        ("Outcome", fit.status),
        ("Iterations", f"{fit.num_iterations} in {fit.seconds:.1f} s"),
        ("Log likelihood", f"{number(fit.log_likelihood, 1)} ({number(fit.log_likelihood_per_trial, 3)} per answer)"),
        ("Newton decrement", f"{fit.newton_decrement:.2g}"),
        ("Condition number", f"{fit.condition_number:.2g}"),
        ("At a bound", ", ".join(fit.parameters_at_bound) or "none"),
        ("Software", versions(source.software)),
        ("Made", source.created),
    ]
