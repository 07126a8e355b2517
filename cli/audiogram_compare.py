"""`hearfit audiogram compare`: what changed between audiograms of one listener, and what the criteria say of it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Final

import typer

from hearfit.audiology.audiogram import Ear
from hearfit.cli.options import JsonFlag
from hearfit.cli.output import JsonValue, Output, json_value, new_table
from hearfit.errors import InputError

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

    from hearfit.audiology.audiogram import Threshold
    from hearfit.audiology.change.answers import CriterionAnswer
    from hearfit.audiology.change.sessions import EarShifts, SessionChange, Trend
    from hearfit.audiology.change.shifts import Shift

_HIGHEST_USUAL_HZ: Final = 8000.0
_MARKS: Final = {"within": "", "beyond": "*", "unknown": "?", "no published limit": "°"}
_KEY: Final = (
    "Positive shifts are worse. Unmarked: within published retest limits (10 dB either way, 500 to 16000 Hz). * beyond "
    "them; ? not known, for want of a response; ° no limit is published. > and < are bounds, where there was no "
    "response; – was not tested."
)
# For columns that fit on a terminal of 80 letters.
_SHORT_NAMES: Final = {
    "asha-1994-a": "ASHA (a)",
    "asha-1994-b": "ASHA (b)",
    "asha-1994-c": "ASHA (c)",
    "ctcae-5-adult": "CTCAE adult",
    "ctcae-5-child": "CTCAE child",
    "siop-boston": "SIOP",
    "osha-sts": "OSHA STS",
    "osha-recordable": "OSHA rec.",
    "niosh": "NIOSH",
}
_ANSWER_KEY: Final = (
    "met, with the grade of a scale; no: not met; once: shown, but not confirmed by a retest; ?: cannot be computed. "
    "The reasons of the last session follow; those of all are in --json."
)
_CAUTION: Final = (
    "Air conduction. No shift is corrected for age: the correction of OSHA's Appendix F is not offered, because its "
    "tables could not be checked against a second source. SIOP Boston grades the current audiogram by itself. Criteria "
    "screen for change; they say nothing of its cause."
)


def compare(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="BASELINE LATER...", help="Audiogram files with dates, two or more.", show_default=False
        ),
    ],
    listener: Annotated[
        str | None,
        typer.Option("--listener", help="Whose audiograms; needed where a file holds several listeners or names none."),
    ] = None,
    retest: Annotated[
        str | None,
        typer.Option("--retest", metavar="FILE", help="A repetition of the last session, to confirm a change."),
    ] = None,
    baseline: Annotated[
        str | None,
        typer.Option("--baseline", metavar="DATE", help="Date of the baseline (YYYY-MM-DD); otherwise the first."),
    ] = None,
    ladder: Annotated[
        str | None,
        typer.Option(
            "--ladder",
            metavar="HZ,HZ,...",
            help="The frequencies that the test protocol asks for, which says what is adjacent; otherwise 250, 500, "
            "1000, 2000, 3000, 4000, 6000, 8000 and what else both audiograms have.",
        ),
    ] = None,
    is_enrolled: Annotated[
        bool,
        typer.Option("--enrolled-in-monitoring", help="The listener is in a monitoring program (CTCAE of adults)."),
    ] = False,
    is_child: Annotated[bool, typer.Option("--child", help="Use the scale of CTCAE for children.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Show the threshold shifts between audiograms, and what the criteria of change say of them and why."""
    from hearfit.audiology.change.sessions import Session, trend
    from hearfit.cli.inputs import Problems
    from hearfit.storage.audiogram_files import read_audiogram

    output = Output(is_json=as_json)
    problems = Problems()
    sessions, repetition, ladder_hz = [], None, None
    for source in sources:
        with problems.collected():
            sessions.append(Session(source, read_audiogram(source, listener=listener)))
    if retest is not None:
        with problems.collected():
            repetition = Session(retest, read_audiogram(retest, listener=listener))
    with problems.collected():
        ladder_hz = _ladder(ladder)
    problems.tell()
    found = trend(
        sessions,
        retest=repetition,
        baseline_date=baseline,
        ladder_hz=ladder_hz,
        is_enrolled_in_monitoring=is_enrolled,
        is_child=is_child,
    )
    for warning in found.warnings:
        output.warning(warning)
    if as_json:
        output.document(_document(found, ladder_hz))
    else:
        _print(found, ladder_hz, output)


def _ladder(text: str | None) -> tuple[float, ...] | None:
    from hearfit.audiology.change.shifts import checked_ladder

    if text is None:
        return None
    try:
        frequencies_hz = [float(word) for word in text.split(",")]
    except ValueError:
        raise InputError(
            f"--ladder {text!r} is not a list of frequencies in hertz. Write it with commas, as 500,1000,2000,4000."
        ) from None
    return checked_ladder(frequencies_hz)


def _print(found: "Trend", ladder_hz: Sequence[float] | None, output: Output) -> None:
    names = [f"baseline {found.baseline.audiogram.date}"]
    names += [str(change.session.audiogram.date) for change in found.changes]
    if found.retest is not None:
        names.append(f"retest {found.retest.audiogram.date}")
    output.text(f"{found.baseline.audiogram.listener}: {', '.join(names)}")
    output.text()
    for ear in (Ear.RIGHT, Ear.LEFT):
        for table in _shift_tables(found, ear):
            output.table(table)
    output.paragraph(_KEY)
    output.text()
    if len(found.changes) > 1:
        for table in _answer_tables(found):
            output.table(table)
        output.paragraph(_ANSWER_KEY)
        output.text()
    last = found.changes[-1]
    output.table(_reason_table(last, f"{last.session.audiogram.date} against {found.baseline.audiogram.date}"))
    output.paragraph(_ladder_text(ladder_hz))
    output.paragraph(_CAUTION)


def _ladder_text(ladder_hz: Sequence[float] | None) -> str:
    from hearfit.audiology.change.shifts import STANDARD_LADDER_HZ
    from hearfit.audiology.change.wording import hertz

    if ladder_hz is None:
        return (
            f"Test ladder: {hertz(STANDARD_LADDER_HZ)}, and what else both audiograms have. If another one was tested, "
            "declare it with --ladder."
        )
    return f"Test ladder: {hertz(ladder_hz)}, as declared."


def _shift_tables(found: "Trend", ear: Ear) -> list["Table"]:
    """Baseline levels and the shifts of each session; above 8 kHz in a table of its own."""
    named = [(f"{change.session.audiogram.date} shift", _of(change.ears, ear)) for change in found.changes]
    if found.retest is not None:
        named.append((f"{found.retest.audiogram.date} retest", _of(found.retest_ears, ear)))
    levels = {shift.frequency_hz: shift.baseline for _, shifts in named for shift in shifts}
    tables = []
    for is_high in (False, True):
        part = [hz for hz in sorted(levels) if (hz > _HIGHEST_USUAL_HZ) is is_high]
        if not part:
            continue
        table = new_table(f"{ear.capitalize()} ear, Hz", *(f"{hz:g}" for hz in part))
        table.add_row(f"{found.baseline.audiogram.date} dB HL", *(_level_text(levels[hz]) for hz in part))
        for name, shifts in named:
            by_frequency = {shift.frequency_hz: shift for shift in shifts}
            table.add_row(name, *(_shift_text(by_frequency.get(hz)) for hz in part))
        tables.append(table)
    return tables


def _of(ears: Sequence["EarShifts"], ear: Ear) -> tuple["Shift", ...]:
    return next((each.shifts for each in ears if each.ear is ear), ())


def _level_text(threshold: "Threshold | None") -> str:
    from hearfit.audiology.change.wording import decibels

    if threshold is None:
        return "–"
    return f"{'>' if threshold.is_no_response else ''}{decibels(threshold.level_db_hl)}"


def _shift_text(shift: "Shift | None") -> str:
    from hearfit.audiology.change.retest import retest_verdict
    from hearfit.audiology.change.wording import interval_text

    if shift is None or shift.baseline is None or shift.current is None:
        return "–"
    mark = _MARKS[retest_verdict(shift.change, frequency_hz=shift.frequency_hz)]
    text = interval_text(shift.change)
    return "?" if text == "unknown" else f"{text}{mark}"


def _answer_tables(found: "Trend") -> list["Table"]:
    """What each criterion said at each session, an ear a table, without the reasons."""
    tables = []
    for ear in (Ear.RIGHT, Ear.LEFT):
        by_session = [[answer for answer in change.answers if answer.ear is ear] for change in found.changes]
        ids = list(dict.fromkeys(answer.criterion.id for answers in by_session for answer in answers))
        if not ids:
            continue
        table = new_table(f"{ear.capitalize()} ear", *(_SHORT_NAMES[each] for each in ids), is_textual=True)
        table.columns[0].no_wrap = True
        for change, answers in zip(found.changes, by_session, strict=True):
            cells = {answer.criterion.id: _short_text(answer) for answer in answers}
            table.add_row(str(change.session.audiogram.date), *(cells.get(each, "–") for each in ids))
        tables.append(table)
    return tables


def _short_text(answer: "CriterionAnswer") -> "Text":
    from rich.text import Text

    from hearfit.audiology.criterion import Outcome

    if answer.is_unconfirmed:
        return Text("once")
    if answer.verdict is Outcome.MET:
        grade = answer.grade
        of_scale = (
            "" if grade is None else f" {grade.lowest}{'' if grade.lowest == grade.highest else f'–{grade.highest}'}"
        )
        return Text(f"met{of_scale}", style="bold")
    return Text("no" if answer.verdict is Outcome.NOT_MET else "?", style="dim")


def _reason_table(change: "SessionChange", title: str) -> "Table":
    table = new_table("Ear", "Criterion", "Answer", "Reason", title=title, is_textual=True)
    for answer in change.answers:
        table.add_row(answer.ear.value, answer.criterion.name, _verdict_text(answer), answer.reason)
    return table


def _verdict_text(answer: "CriterionAnswer") -> "Text":
    from rich.text import Text

    from hearfit.audiology.change.graded import grade_text
    from hearfit.audiology.criterion import Outcome

    text = answer.verdict.value
    # Grade 0 is what "not met" says of a scale.
    if answer.grade is not None and answer.grade.highest > 0:
        text = f"{text}, {grade_text(answer.grade)}"
    style = {Outcome.MET: "bold", Outcome.NOT_MET: "", Outcome.NOT_COMPUTABLE: "dim"}[answer.verdict]
    return Text(text, style=style)


def _document(found: "Trend", ladder_hz: Sequence[float] | None) -> JsonValue:
    from hearfit.audiology.change.criteria import CRITERIA
    from hearfit.audiology.change.retest import RETEST_LIMITS

    return {
        "listener": found.baseline.audiogram.listener,
        "baseline": {"source": found.baseline.source, "date": found.baseline.audiogram.date},
        "declared_ladder_hz": None if ladder_hz is None else list(ladder_hz),
        "is_age_corrected": False,
        "warnings": list(found.warnings),
        "sessions": [
            {
                "source": change.session.source,
                "date": change.session.audiogram.date,
                "shifts": _shift_rows(change.ears),
                "answers": [_answer_row(answer) for answer in change.answers],
            }
            for change in found.changes
        ],
        "retest": None
        if found.retest is None
        else {
            "source": found.retest.source,
            "date": found.retest.audiogram.date,
            "shifts": _shift_rows(found.retest_ears),
        },
        "criteria": json_value(CRITERIA),
        "retest_limits": json_value(RETEST_LIMITS),
    }


def _shift_rows(ears: Sequence["EarShifts"]) -> JsonValue:
    return [{"ear": each.ear.value, **_shift_row(shift)} for each in ears for shift in each.shifts]


def _shift_row(shift: "Shift") -> dict[str, JsonValue]:
    """Bounds that are infinite become null; with equal bounds the shift is known exactly."""
    from hearfit.audiology.change.retest import retest_verdict

    verdict = retest_verdict(shift.change, frequency_hz=shift.frequency_hz)
    return {
        "frequency_hz": shift.frequency_hz,
        "baseline_db_hl": None if shift.baseline is None else shift.baseline.level_db_hl,
        "is_baseline_no_response": shift.baseline is not None and shift.baseline.is_no_response,
        "current_db_hl": None if shift.current is None else shift.current.level_db_hl,
        "is_current_no_response": shift.current is not None and shift.current.is_no_response,
        "lowest_shift_db": json_value(shift.change.lower_db),
        "highest_shift_db": json_value(shift.change.upper_db),
        "published_retest_limits": verdict.value,
    }


def _answer_row(answer: "CriterionAnswer") -> JsonValue:
    return {
        "criterion": answer.criterion.id,
        "ear": answer.ear.value,
        "verdict": answer.verdict.value,
        "reason": answer.reason,
        "grade": json_value(answer.grade),
        "is_beyond_retest": answer.is_beyond_retest,
        "is_unconfirmed": answer.is_unconfirmed,
        "evidence": [_shift_row(shift) for shift in answer.evidence],
    }
