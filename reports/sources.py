"""What a report was made from, with which tables, and a place to sign it."""

from collections.abc import Sequence

from hearfit.audiology.age_norms import AGE_NORM_STANDARDS
from hearfit.audiology.air_bone_gap import AIR_BONE_GAP_STANDARD
from hearfit.audiology.asymmetry import ASYMMETRY_STANDARD
from hearfit.audiology.averages import AVERAGE_STANDARD
from hearfit.audiology.bisgaard import BISGAARD_STANDARD
from hearfit.audiology.change.change_standards import CHANGE_STANDARDS
from hearfit.audiology.configuration import CONFIGURATION_STANDARD, NOTCH_STANDARD
from hearfit.audiology.grades import CLARK_STANDARD, WHO_STANDARD
from hearfit.audiology.reference_gains import GAIN_STANDARDS, GainFormula
from hearfit.audiology.standard import Standard
from hearfit.listener.profile import Profile
from hearfit.reports.contents import Contents
from hearfit.reports.document import Block, Cell, Column, Row, Section, SignatureLine, Table
from hearfit.reports.sampling import sampling_rows
from hearfit.reports.wording import count, ear_name, editions, number, versions

# Of the tables of change those that the section on change answers by: no scale without a baseline.
_OF_CHANGE = frozenset({"asha-1994", "ctcae-5", "osha", "niosh", "retest-limits"})
_SIGNATURE = SignatureLine(("Read by (name, qualification)", "Signature", "Date"))


def sources_section(contents: Contents) -> Section:
    """The last part of every report."""
    blocks: list[Block] = []
    if contents.profiles:
        blocks.append(_provenance_table(contents.profiles))
    if any(record.audiogram is not None for record in contents.ears):
        blocks.append(_standards_table(_used(contents)))
    return Section("How this report was made", (*blocks, _SIGNATURE))


def _used(contents: Contents) -> list[Standard]:
    person = contents.person
    norms = [] if person is None else [each for each in AGE_NORM_STANDARDS if each.name.endswith(f"-{person.sex}")]
    gains = [each for each in GAIN_STANDARDS if each.name == GainFormula.NAL_R.lower()]
    return [
        AVERAGE_STANDARD,
        WHO_STANDARD,
        CLARK_STANDARD,
        CONFIGURATION_STANDARD,
        NOTCH_STANDARD,
        BISGAARD_STANDARD,
        AIR_BONE_GAP_STANDARD,
        *([ASYMMETRY_STANDARD] if contents.audiogram is not None and len(contents.audiogram.ears()) > 1 else []),
        *norms,
        *gains,
        *(each for each in CHANGE_STANDARDS if each.name in _OF_CHANGE and _has_criteria(contents)),
    ]


def _has_criteria(contents: Contents) -> bool:
    """Whether measured thresholds of two sessions may be held against criteria of change."""
    return any(
        record.audiogram is not None and record.previous is not None and record.previous.measured_audiogram is not None
        for record in contents.ears
    )


def _standards_table(standards: Sequence[Standard]) -> Table:
    rows = tuple(
        Row(standard.name, (Cell(standard.edition), Cell(standard.provenance.value))) for standard in standards
    )
    columns = (Column("Table or rule"), Column("Edition"), Column("How its numbers got here"))
    note = "hearfit standards NAME shows each with its source."
    return Table("Tables and rules that the audiogram was read by", columns, rows, note=note, is_textual=True)


def _provenance_table(profiles: Sequence[Profile]) -> Table:
    """What the profiles were made from and with, a column an ear."""
    entries = zip(*(_provenance(profile) for profile in profiles), strict=True)
    rows = tuple(Row(same[0][0], tuple(Cell(value) for _, value in same)) for same in entries)
    rows += _sampling_rows(profiles)
    columns = (Column(""), *(Column(ear_name(profile.ear)) for profile in profiles))
    return Table("Sources and diagnostics of the fit", columns, rows, is_textual=True)


def _sampling_rows(profiles: Sequence[Profile]) -> tuple[Row, ...]:
    """None where no ear was sampled; an ear beside one that was has no such numbers."""
    found = [
        {} if profile.diagnostics.sampling is None else dict(sampling_rows(profile.diagnostics.sampling))
        for profile in profiles
    ]
    names = dict.fromkeys(name for own in found for name in own)
    return tuple(Row(name, tuple(Cell(own.get(name, "not sampled")) for own in found)) for name in names)


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
