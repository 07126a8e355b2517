"""`hearfit history`: the sessions of a listener that the tracking store knows."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from hearfit.audiology.audiogram import Ear
from hearfit.cli.options import JsonFlag, QuietFlag, TrackingUriOption
from hearfit.cli.output import JsonValue, Output, json_value, new_table
from hearfit.reports.wording import PRIOR_SPEAKS_BELOW, count, number

if TYPE_CHECKING:
    from hearfit.tracking.averages import Average, AverageKind
    from hearfit.tracking.history import EarSession, History

_FIGURE_FORMATS: Final = (".svg", ".png", ".pdf")
_SPARKLINE_WIDTH: Final = 10
_FIRST_SHOWN: Final = 3
_LAST_SHOWN: Final = 27
_TOLD_FROM: Final = 1000


def history(
    listener: Annotated[str, typer.Option("--listener", help="Whose sessions.", show_default=False)],
    ear: Annotated[Ear | None, typer.Option("--ear", help="Only this ear.")] = None,
    tracking_uri: TrackingUriOption = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Also draw the course as a figure: a .svg, .png or .pdf file.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file of --out if there is one.")] = False,
    as_json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Show a listener's sessions in the tracking store: both ears, how often each was fitted, and the course over time.

    Of a session that was fitted several times the latest fit counts; --json names all of them.
    """
    output = Output(is_json=as_json, is_quiet=quiet)
    if out is not None:
        _check_figure(out, is_forced=force)
    from hearfit.tracking.find import find_history

    with output.progress("History") as progress:
        progress("opening the store", 0.0)

        def told(num_runs: int) -> None:
            if num_runs >= _TOLD_FROM and num_runs % _TOLD_FROM == 0:
                progress(f"{num_runs:,} fits read", 0.5)

        found = find_history(listener, ear=ear, tracking_uri=tracking_uri, told=told)
        if out is not None:
            progress("drawing", 0.9)
            from hearfit.reports.figure_history import write_history_figure

            write_history_figure(found, out)
    _print(found, output)
    if out is not None:
        output.text(f"figure {out}")
    output.document(_document(found, out))
    for sentence in found.warnings:
        output.warning(sentence)


def _check_figure(out: Path, *, is_forced: bool) -> None:
    from hearfit.errors import InputError
    from hearfit.storage.files import check_output

    if out.suffix.lower() not in _FIGURE_FORMATS:
        raise InputError(f"{out}: the name of the figure must end in {', '.join(_FIGURE_FORMATS)}.")
    check_output(out.parent, [out.name])
    if out.exists() and not is_forced:
        raise InputError(f"{out}: is there already. Choose another name, or replace it with --force.")


def _print(found: "History", output: Output) -> None:
    for ear in found.ears():
        _print_ear(found, ear, output)
    output.paragraph(
        "Averages of what the fitted ears imply at 0.5, 1, 2 and 4 kHz; high: at 3, 4 and 6 kHz. ± is the mean of the "
        "SDs there, more than which the SD of an average cannot be. † is mostly the prior. Bars span at least four of "
        "these SDs. Whether a change is more than retest variability is a question for `hearfit compare`."
    )
    output.text(f"store {found.store}")


def _print_ear(found: "History", ear: Ear, output: Output) -> None:
    from hearfit.tracking.averages import AVERAGES

    sessions = found.of(ear)
    num_fits = sum(len(each.fits) for each in sessions)
    title = f"{found.listener}, {ear} ear: {count(len(sessions), 'session')}, {count(num_fits, 'fit')}"
    headings = ("threshold\ndB HL", "high\ndB HL", "compression\nexponent", "attenuation\ndB", "lateral\ninhibition")
    table = new_table("session", "fits", *headings, title=title)
    # Else it is wider than 80 columns.
    table.padding, table.show_edge = (0, 0), False
    shown, num_hidden = sessions, 0
    if len(sessions) > _FIRST_SHOWN + _LAST_SHOWN:
        shown, num_hidden = sessions[:_FIRST_SHOWN], len(sessions) - _FIRST_SHOWN - _LAST_SHOWN
    for each in shown:
        table.add_row(*_row(each))
    if num_hidden:
        table.add_row(f"… {num_hidden:,} …")
        for each in sessions[-_LAST_SHOWN:]:
            table.add_row(*_row(each))
    if len(sessions) > 1:
        table.add_section()
        table.add_row("course", "", *(_course(sessions, kind) for kind in AVERAGES))
        table.add_row("last − first", "", *(_change(sessions, kind) for kind in AVERAGES))
    output.table(table)


def _row(each: "EarSession") -> list[str]:
    from hearfit.tracking.averages import AVERAGES

    mark = "" if each.latest.is_converged else " !"
    averages = each.latest.averages
    return [
        f"{each.session}{mark}",
        str(len(each.fits)),
        *(_average(averages.get(kind.name), kind.decimals) for kind in AVERAGES),
    ]


def _average(average: "Average | None", decimals: int) -> str:
    if average is None:
        return "– "
    mark = "†" if average.data_share is not None and average.data_share < PRIOR_SPEAKS_BELOW else " "
    return f"{number(average.mean, decimals)} ± {number(average.sd_at_most, decimals)}{mark}"


def _course(sessions: "Sequence[EarSession]", kind: "AverageKind") -> str:
    from hearfit.cli.sparkline import sparkline

    averages = [each.latest.averages.get(kind.name) for each in sessions]
    sds = [average.sd_at_most for average in averages if average is not None]
    if not sds:
        return ""
    means = [None if average is None else average.mean for average in averages]
    return f"{sparkline(means, least_span=4 * sum(sds) / len(sds), width=_SPARKLINE_WIDTH)} "


def _change(sessions: "Sequence[EarSession]", kind: "AverageKind") -> str:
    first, last = (each.latest.averages.get(kind.name) for each in (sessions[0], sessions[-1]))
    if first is None or last is None:
        return "– "
    change = last.mean - first.mean
    sign = "+" if round(change, kind.decimals) > 0 else ""
    return f"{sign}{number(change, kind.decimals)} "


def _document(found: "History", out: Path | None) -> JsonValue:
    return {
        "listener": found.listener,
        "store": found.store,
        "sessions": [_session_document(each) for each in found.sessions],
        "warnings": list(found.warnings),
        "figure": None if out is None else str(out),
    }


def _session_document(each: "EarSession") -> JsonValue:
    latest = each.latest
    return {
        "ear": each.ear.value,
        "session": each.session,
        "version": latest.version,
        "run_id": latest.run_id,
        "is_converged": latest.is_converged,
        "num_trials": latest.num_trials,
        "num_data_sets": each.num_data_sets,
        "averages": json_value(latest.averages),
        "fits": [
            {
                "run_id": fit.run_id,
                "version": fit.version,
                "begun": fit.begun.isoformat(),
                "method": fit.method,
                "prior": fit.prior,
                "transducer": fit.transducer,
                "data_sha256": fit.data_sha256,
                "is_converged": fit.is_converged,
                "warnings": fit.warnings,
            }
            for fit in each.fits
        ],
    }
