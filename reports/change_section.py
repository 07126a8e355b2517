"""Change since an earlier session: of the fitted ear, and of the measured audiogram by named criteria."""

from collections.abc import Sequence

from hearfit.audiology.audiogram import Audiogram, Ear
from hearfit.audiology.change.answers import CriterionAnswer
from hearfit.audiology.change.criteria import changes
from hearfit.audiology.criterion import Outcome
from hearfit.change.false_discovery import FALSE_DISCOVERY_RATE
from hearfit.change.profile_change import ListenerChange, compare_profiles
from hearfit.change.retest import BETWEEN_SESSIONS, PUBLISHED, WITHIN_SESSION
from hearfit.change.verdict import QuantityChange, Verdict
from hearfit.reports import sentences
from hearfit.reports.change_words import (
    amount,
    change_text,
    ear_sentence,
    headlines,
    interval_text,
    place,
    probability_text,
    verdict_words,
)
from hearfit.reports.contents import Contents, EarRecord
from hearfit.reports.document import (
    Block,
    BulletList,
    Cell,
    Column,
    Figure,
    Heading,
    Notice,
    Paragraph,
    Row,
    Section,
    Table,
    Tone,
)
from hearfit.reports.figure_threshold_change import draw_threshold_changes
from hearfit.reports.svg import inline_svg
from hearfit.reports.wording import count, ear_name, enumeration


def listener_change(contents: Contents) -> ListenerChange:
    """The comparison with the earlier sessions.

    Raises:
        InputError: the sessions cannot be compared.
    """
    return compare_profiles([*contents.previous, *contents.profiles])


def change_section(contents: Contents, change: ListenerChange) -> Section:
    """On pages of its own."""
    found = headlines(_latest(contents, change))
    since = enumeration(sorted({day for step in change.steps for day in step.baselines.values()}))
    svg = inline_svg(draw_threshold_changes(_latest(contents, change)), prefix="change")
    alternative = (
        f"Change of the implied threshold since {since} by frequency, with 95 % intervals, before the range of retests "
        "of an unchanged ear. The tables below have the numbers."
    )
    caption = sentences.change_caption(BETWEEN_SESSIONS.limit_95_db(1), BETWEEN_SESSIONS.source)
    blocks: list[Block] = [*_warnings(contents, change), Figure("change", svg, alternative, caption)]
    blocks.append(_told_table(found) if found else Paragraph(sentences.NO_CHANGE_TOLD))
    blocks.append(Paragraph(_method(contents, change)))
    blocks += _criteria(contents)
    return Section(f"Change since {since}", tuple(blocks), starts_page=True)


def change_sentences(contents: Contents, change: ListenerChange) -> tuple[str, ...]:
    """What is told of the change to these profiles, a sentence an ear; nothing of an ear of which nothing is told."""
    return tuple(
        ear_sentence(step, ear)
        for step in change.steps
        for ear in (Ear.RIGHT, Ear.LEFT)
        if (ear, step.session) in _sessions(contents) and headlines(step.of(ear))
    )


def _sessions(contents: Contents) -> set[tuple[Ear, str]]:
    return {(profile.ear, profile.session) for profile in contents.profiles}


def _latest(contents: Contents, change: ListenerChange) -> tuple[QuantityChange, ...]:
    """The steps to the sessions that this report is about."""
    sessions = _sessions(contents)
    return tuple(each for step in change.steps for each in step.changes if (each.ear, step.session) in sessions)


def _warnings(contents: Contents, change: ListenerChange) -> list[Block]:
    current = {profile.session for profile in contents.profiles}
    warnings = [
        *change.not_trusted,
        *(warning for step in change.steps if step.session in current for warning in step.warnings),
    ]
    blocks: list[Block] = []
    if warnings:
        blocks.append(Notice(Tone.WARNING, "This comparison must not be relied on", tuple(warnings)))
    if change.remarks:
        blocks.append(Notice(Tone.CAUTION, "Read the comparison with care", change.remarks))
    return blocks


def _told_table(found: Sequence[QuantityChange]) -> Table:
    rows = tuple(_told_row(each) for each in found)
    columns = (
        Column("Ear and quantity"),
        Column("At"),
        Column("Earlier"),
        Column("Now"),
        Column("Change", "95 % interval"),
        Column("P beyond retest", "between sessions"),
        Column("Verdict"),
    )
    return Table("Changes that are told", columns, rows, note=sentences.CHANGE_NOTE, is_textual=True)


def _told_row(each: QuantityChange) -> Row:
    measured, beyond = each.measured, each.between_sessions
    unit = f" {measured.quantity.unit}" if measured.quantity.unit else ""
    cells = (
        Cell(place(each)),
        Cell(f"{amount(each, measured.before.mean)}{unit}"),
        Cell(f"{amount(each, measured.after.mean)}{unit}"),
        Cell(change_text(each), interval_text(each)),
        Cell("unknown" if beyond is None else probability_text(beyond.probability_beyond)),
        Cell(verdict_words(each)),
    )
    return Row(f"{ear_name(each.ear)}, {measured.quantity.label}", cells)


def _method(contents: Contents, change: ListenerChange) -> str:
    compared = [each for each in _latest(contents, change) if each.verdict is not Verdict.NOT_MEASURED]
    return sentences.change_method(
        count(len(compared), "difference"),
        FALSE_DISCOVERY_RATE,
        WITHIN_SESSION.limit_95_db(1),
        WITHIN_SESSION.source,
        PUBLISHED.limit_db,
        PUBLISHED.source,
    )


def _criteria(contents: Contents) -> list[Block]:
    """The criteria of measured thresholds, where both sessions have an audiogram of their own."""
    pairs = [(record, record.previous.measured_audiogram) for record in contents.ears if record.previous is not None]
    blocks: list[Block] = [Heading("Measured thresholds by criteria of change")]
    reasons: list[str] = []
    for record, baseline in pairs:
        if baseline is None or record.audiogram is None:
            reasons.append(f"{record.name}: not both sessions have a measured audiogram.")
        elif baseline.of(record.ear) == record.audiogram.of(record.ear) and baseline.date == record.audiogram.date:
            reasons.append(f"{record.name}: both sessions hold the same audiogram, so nothing can be said of a change.")
        elif _is_not_later(record.audiogram, baseline):
            reasons.append(
                f"{record.name}: the audiogram of {record.audiogram.date} is not later than that of the earlier "
                f"session, {baseline.date}, so nothing can be said of a change."
            )
        else:
            answers = changes(baseline, record.audiogram, is_enrolled_in_monitoring=False, is_child=False)
            # A scale that needs no baseline grades no change; SIOP Boston is one, of children treated with platinum.
            own = [answer for answer in answers if answer.ear is record.ear and not answer.criterion.is_absolute]
            blocks.append(_criteria_table(record, own))
    if reasons:
        blocks.append(BulletList(tuple(reasons)))
    return blocks


def _is_not_later(audiogram: Audiogram, baseline: Audiogram) -> bool:
    """Whether the dates contradict the order of the sessions; a file given beside a profile may be of any date."""
    return audiogram.date is not None and baseline.date is not None and audiogram.date <= baseline.date


def _criteria_table(record: EarRecord, answers: Sequence[CriterionAnswer]) -> Table:
    rows = tuple(Row(each.criterion.name, (Cell(_answer(each)), Cell(each.reason))) for each in answers)
    columns = (Column("Criterion"), Column("Answer"), Column("Why"))
    return Table(f"{record.name}: criteria of change", columns, rows, note=sentences.CRITERIA_NOTE, is_textual=True)


def _answer(each: CriterionAnswer) -> str:
    if each.verdict is Outcome.MET and each.is_beyond_retest is False:
        return f"{each.verdict}, but within retest"
    return each.verdict.value
