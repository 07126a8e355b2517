"""`hearfit show`: a profile in the terminal."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from hearfit.cli.options import JsonFlag
from hearfit.cli.output import Output, new_table, printable
from hearfit.reports.sampling import sampling_sentences
from hearfit.reports.undetermined import undetermined_sentences
from hearfit.reports.wording import count, ear_name, editions, interval, is_prior, number, percent, versions

if TYPE_CHECKING:
    from rich.text import Text

    from hearfit.audiology.audiogram import Audiogram
    from hearfit.listener.profile import Estimate, FrequencyEstimates, Profile

_SHOWN_SHA: Final = 12


def show(
    profile: Annotated[Path, typer.Argument(metavar="PROFILE", help="profile.json of one ear.", show_default=False)],
    as_json: JsonFlag = False,
) -> None:
    """Show a profile: what to beware of, a drawing of the implied thresholds, and every number with its interval."""
    import json

    from hearfit.storage.profile_files import profile_to_json, read_profile

    output = Output(is_json=as_json)
    read = read_profile(profile)
    if as_json:
        output.document(json.loads(profile_to_json(read)))
        return
    output.text(f"{read.listener}, {read.ear} ear, {read.session}")
    output.text()
    _print_warnings(read, output)
    _print_thresholds(read, output)
    _print_frequencies(read.frequencies, output)
    _print_observer(read, output)
    _print_sources(read, output)


def _print_warnings(profile: "Profile", output: Output) -> None:
    fit = profile.diagnostics
    untrusted = [] if fit.is_converged else [f"The fit cannot be trusted, because it did not converge. {fit.status}"]
    sampling = () if fit.sampling is None else fit.sampling.problems
    comparison = profile.model_comparison
    compared = () if comparison is None else [f"Comparison of models: {each}" for each in comparison.warnings]
    sentences = [*untrusted, *fit.warnings, *sampling, *profile.not_identified, *undetermined_sentences(profile)]
    sentences += compared
    for sentence in dict.fromkeys(sentences):
        output.paragraph(f"! {sentence}")
    if sentences:
        output.text()


def _print_thresholds(profile: "Profile", output: Output) -> None:
    from hearfit.cli.terminal_audiogram import LEFT_LETTERS, RIGHT_LETTERS, drawing_of

    output.text(f"Thresholds that the fitted {profile.ear} ear implies")
    drawing = drawing_of(_implied(profile))
    for line in drawing.lines:
        output.coloured(line, red=RIGHT_LETTERS, blue=LEFT_LETTERS)
    output.paragraph(f"       {drawing.key}", indent="       ")
    if drawing.left_out:
        output.paragraph(drawing.left_out)
    output.text()


def _implied(profile: "Profile") -> "Audiogram":
    from hearfit.audiology.audiogram import Audiogram, Threshold

    thresholds = [Threshold(profile.ear, e.frequency_hz, e.threshold_db_hl.mean) for e in profile.frequencies]
    return Audiogram(profile.listener, tuple(thresholds))


def _print_frequencies(frequencies: "Sequence[FrequencyEstimates]", output: Output) -> None:
    table = new_table(
        "Hz\nanswers",
        "threshold\ndB HL",
        "compression\nexponent",
        "attenuation\ndB",
        "lateral\ninhibition",
        "bandwidth\nHz (ERB)",
    )
    # Else it is wider than 80 columns.
    table.padding, table.show_edge = (0, 0), False
    for entry in frequencies:
        table.add_row(
            _stacked(f"{entry.frequency_hz:g}", f"{entry.num_trials:,}" if entry.num_trials else "none"),
            _estimate(entry.threshold_db_hl, 1),
            _estimate(entry.compression_exponent, 2),
            _estimate(entry.attenuation_db, 1),
            _estimate(entry.inhibition, 2),
            # Follows from the inhibition and has no share of its own.
            _estimate(entry.equivalent_bandwidth_hz, 0, is_mostly_prior=is_prior(entry.inhibition)),
        )
    output.table(table)
    output.paragraph(
        "Below each value its 95 % interval; in brackets how much of what is known came from the answers. † is mostly "
        "the prior: less than half came from the answers."
    )
    output.text()


def _estimate(estimate: "Estimate", decimals: int, *, is_mostly_prior: bool | None = None) -> "Text":
    is_mostly_prior = is_prior(estimate) if is_mostly_prior is None else is_mostly_prior
    share = "" if estimate.data_share is None else f" ({percent(estimate.data_share)})"
    mark = "†" if is_mostly_prior else " "
    value = f"{number(estimate.mean, decimals)}{share}{mark}"
    return _stacked(value, f"{interval(estimate, decimals)} ", is_faint=is_mostly_prior)


def _stacked(first: str, second: str, *, is_faint: bool = False) -> "Text":
    """Two lines of a cell, the second one quieter; colours vanish where the output is no terminal."""
    from rich.text import Text

    return Text.assemble((first, "dim" if is_faint else ""), "\n", (second, "dim"))


def _print_observer(profile: "Profile", output: Output) -> None:
    if not profile.observer:
        return
    table = new_table("how this person answers", "value", "95 % interval", "unit")
    for entry in profile.observer:
        estimate = entry.estimate
        decimals = 3 if max(abs(estimate.lower_95), abs(estimate.upper_95)) < 1 else 2
        mark = "†" if is_prior(estimate) else " "
        row = (entry.name, f"{number(estimate.mean, decimals)}{mark}", interval(estimate, decimals), entry.unit)
        table.add_row(*map(printable, row))
    output.table(table)


def _print_sources(profile: "Profile", output: Output) -> None:
    from hearfit.reports.sentences import CLAIMS

    source, fit = profile.provenance, profile.diagnostics
    output.paragraph(
        f"{ear_name(profile.ear)}: {count(fit.num_trials, 'answer')} in "
        f"{count(fit.num_conditions, 'different condition')}, log likelihood "
        f"{number(fit.log_likelihood_per_trial, 3)} per answer; method {fit.method}, prior {source.prior}, seed "
        f"{source.seed}. {fit.status}"
    )
    if fit.sampling is not None:
        output.paragraph(sampling_sentences(fit.sampling))
    for name, value in (
        ("protocols", versions(source.protocols)),
        ("transducer", source.transducer or "not stated"),
        ("standards", editions(source.standards) or "none needed"),
        ("trial files", ", ".join(source.trial_files)),
        ("data", f"SHA-256 {source.data_sha256[:_SHOWN_SHA]}…"),
        ("made", f"{source.created} with {versions(source.software)}"),
    ):
        output.text(f"{name:<12} {value}")
    output.text()
    output.paragraph(CLAIMS[0])
