"""`hearfit compare`: how a listener's profiles have changed from session to session."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from hearfit.audiology.audiogram import Ear
from hearfit.cli.inputs import Problems
from hearfit.cli.options import JsonFlag, TrackingUriOption
from hearfit.cli.output import Output, new_table
from hearfit.errors import ExitCode, InputError

if TYPE_CHECKING:
    from hearfit.change.profile_change import ListenerChange, SessionChange
    from hearfit.change.verdict import QuantityChange
    from hearfit.listener.profile import Profile

RESULT_NAMES: Final = ("compare.json", "compare.html")
_EARS: Final = (Ear.RIGHT, Ear.LEFT)
# Short enough for a terminal of 80 columns.
_NAMES: Final = {
    "compression_exponent": "exp.",
    "attenuation_db": "atten.",
    "inhibition": "inhib.",
    "equivalent_bandwidth_hz": "ERB",
}


def compare(
    profiles: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="PROFILE PROFILE...",
            help="profile.json of two or more sessions of a listener, one or both ears, in any order.",
            show_default=False,
        ),
    ] = None,
    listener: Annotated[
        str | None,
        typer.Option("--listener", help="In place of files: all sessions of this listener in the tracking store."),
    ] = None,
    tracking_uri: TrackingUriOption = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for compare.json and compare.html.", show_default="none")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace files of these names in --out.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Say what has changed in a listener's ears, and whether it is more than repeated tests differ by.

    Takes profile.json of two or more sessions, or with --listener the latest fit of each tracked session.

    Each later session is compared with the first one of that ear. A change is "to be confirmed" where it exceeds what
    careful tests repeat to, and "beyond retest" where it exceeds the variability between sessions and the published
    limit, too. Of what is told at most 5 % is expected to be false, if the sessions repeat like careful tests; of
    sessions that vary more, "to be confirmed" is often told of unchanged ears.

    Exit code 1 means that a fit that is compared did not converge; a change that is found ends with 0.
    """
    from hearfit.storage.profile_files import read_profile

    output = Output(is_json=as_json)
    problems = Problems()
    read: list[Profile] = []
    with problems.collected():
        check_source(profiles, listener)
    for path in profiles or ():
        with problems.collected():
            read.append(read_profile(path))
    if out is not None:
        with problems.collected():
            check_results(out, is_forced=force)
    # A comparison of those that could be read would refuse for reasons that are not theirs.
    problems.tell()
    if listener is not None:
        from hearfit.change.sessions import MOST_PROFILES
        from hearfit.tracking.find import history_with_profiles

        history, tracked = history_with_profiles(listener, tracking_uri=tracking_uri, most=MOST_PROFILES)
        read += sorted(tracked, key=lambda profile: profile.session)
        for sentence in history.warnings:
            output.warning(sentence)
    sources = [str(path) for path in profiles or ()] or [f"{each.ear} ear, {each.session}" for each in read]
    compare_and_tell(read, sources=sources, out=out, output=output)


def check_source(profiles: Sequence[Path] | None, listener: str | None) -> None:
    """Checks that it is said once what is to be compared.

    Raises:
        InputError: neither files nor a listener are given, or both.
    """
    if bool(profiles) is (listener is not None):
        given = "Both were" if profiles else "Neither was"
        raise InputError(
            f"Give either the profiles of two or more sessions or, with --listener, whose tracked sessions to compare. "
            f"{given} given."
        )


def check_results(out: Path, *, is_forced: bool) -> None:
    """Checks before any work that the results can be written and replace nothing.

    Raises:
        InputError: they cannot, or one is there and is not to be replaced.
    """
    from hearfit.storage.files import check_output

    check_output(out, RESULT_NAMES)
    present = [str(out / name) for name in RESULT_NAMES if (out / name).exists()]
    if present and not is_forced:
        raise InputError(
            f"{', '.join(present)}: exists already and is not replaced. Choose another folder, or replace with --force."
        )


def compare_and_tell(
    profiles: Sequence["Profile"], *, sources: Sequence[str] | None, out: Path | None, output: Output
) -> None:
    """Compares profiles that were read, prints the result and writes it into `out`, if there is one.

    Raises:
        InputError: the profiles cannot be compared, or the files not written.
        Exit: a fit that is compared cannot be trusted.
    """
    from hearfit.change.profile_change import compare_profiles
    from hearfit.cli.compare_record import change_record

    change = compare_profiles(profiles, sources=sources)
    for sentence in (*change.not_trusted, *(s for step in change.steps for s in step.warnings), *change.remarks):
        output.warning(sentence)
    record = change_record(change)
    written = [] if out is None else [out / name for name in RESULT_NAMES]
    if out is not None:
        from hearfit.reports.change import write_change_page
        from hearfit.storage.files import write_text

        # Before anything is printed: a reader such as `head` that closes the pipe ends the program there.
        out.mkdir(parents=True, exist_ok=True)
        write_change_page(out / RESULT_NAMES[1], change)
        write_text(out / RESULT_NAMES[0], json.dumps(record, indent=2, allow_nan=False) + "\n")
        record["files"] = [str(path) for path in written]
    print_change(change, output)
    for path in written:
        output.text(f"Wrote {path}")
    output.document(record)
    if change.not_trusted:
        raise typer.Exit(ExitCode.CANNOT_BE_TRUSTED)


def print_change(change: "ListenerChange", output: Output) -> None:
    """The latest session in full, the others in a line each."""
    from hearfit.reports.change_words import HOW_TO_READ, ear_sentence

    latest = change.latest
    names = ", ".join(session.name for session in change.history.sessions)
    output.text(f"{change.history.listener}: {len(change.history.sessions)} sessions, {names}")
    output.text()
    for ear in (ear for ear in _EARS if ear in latest.baselines):
        _paragraph(output, ear_sentence(latest, ear))
        output.text()
        _print_ear(latest, ear, output)
    if len(change.steps) > 1:
        output.text("Earlier sessions against the first")
        for step in change.steps[:-1]:
            for ear in (ear for ear in _EARS if ear in step.baselines):
                _paragraph(output, ear_sentence(step, ear))
        output.text()
    output.text("worse: beyond retest; worse?: to be confirmed; –: no change shown.")
    output.text("P beyond retest: posterior probability, of repeats within a session and between sessions.")
    for sentence in HOW_TO_READ[1:4]:
        _paragraph(output, sentence)


def _paragraph(output: Output, text: str) -> None:
    # A no-break space is not printable and would be shown as an escape.
    output.paragraph(text.replace("\N{NO-BREAK SPACE}", " "))


def _print_ear(step: "SessionChange", ear: Ear, output: Output) -> None:
    from hearfit.change.difference import Quantity
    from hearfit.reports.change_words import shown

    changes = shown(step.of(ear))
    thresholds = [change for change in changes if change.measured.quantity is Quantity.THRESHOLD]
    others = [change for change in changes if change.measured.quantity is not Quantity.THRESHOLD]
    if thresholds:
        _print_table(f"{ear.value.capitalize()} ear: implied threshold (dB HL)", thresholds, output, is_named=False)
    if others:
        _print_table(
            f"{ear.value.capitalize()} ear: compression exponent, attenuation (dB), inhibition, ERB (Hz)",
            others,
            output,
            is_named=True,
        )


def _print_table(title: str, changes: Sequence["QuantityChange"], output: Output, *, is_named: bool) -> None:
    from hearfit.reports.change_words import amount, change_text, interval_text, place, probability_text, verdict_sign

    table = new_table("", "earlier", "later", "change", "95 % interval", "P beyond retest", "", title=title)
    for column in table.columns:
        column.no_wrap = True
    *_, probability, verdict = table.columns
    # Else rich takes from the last column what the others need, down to nothing.
    probability.no_wrap, probability.min_width = False, len("< 0.01, < 0.01")
    verdict.justify, verdict.min_width = "left", max((len(verdict_sign(change)) for change in changes), default=1)
    for change in changes:
        name = f"{_NAMES[change.measured.quantity.value]} {place(change)}" if is_named else place(change)
        tests = [test for test in (change.within_session, change.between_sessions) if test is not None]
        table.add_row(
            name,
            amount(change, change.measured.before.mean),
            amount(change, change.measured.after.mean),
            change_text(change),
            interval_text(change),
            ", ".join(probability_text(test.probability_beyond) for test in tests) or "unknown",
            verdict_sign(change),
            # Dropped by rich where there is no terminal.
            style="bold" if change.is_told else None,
        )
    output.table(table)
