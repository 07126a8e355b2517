"""The page on a change: sessions of one listener in, one HTML file out."""

from pathlib import Path

from hearfit.audiology.audiogram import Ear
from hearfit.change.difference import Quantity
from hearfit.change.profile_change import ListenerChange, SessionChange
from hearfit.change.verdict import QuantityChange, RetestTest
from hearfit.listener.profile import Profile
from hearfit.reports.change_words import (
    HOW_TO_READ,
    NO_CLAIM,
    amount,
    change_text,
    ear_sentence,
    headlines,
    interval_text,
    place,
    probability_text,
    shown,
    verdict_words,
)
from hearfit.reports.document import (
    Block,
    BulletList,
    Cell,
    Column,
    Document,
    Fact,
    Figure,
    Notice,
    Paragraph,
    Row,
    Section,
    Table,
    Tone,
)
from hearfit.reports.figure_change import draw_change
from hearfit.reports.html import render_html
from hearfit.reports.svg import inline_svg
from hearfit.reports.wording import count, ear_name, enumeration
from hearfit.storage.files import write_text

_EARS = (Ear.RIGHT, Ear.LEFT)


def write_change_page(path: Path, change: ListenerChange) -> None:
    """Writes one self-contained HTML file.

    Raises:
        InputError: the file cannot be written.
    """
    write_text(path, render_html(change_document(change)))


def change_document(change: ListenerChange) -> Document:
    """What the page says: the latest session in full, the others in a table; the right ear first."""
    latest = change.latest
    listener, sessions = change.history.listener, change.history.sessions
    ears = [ear for ear in _EARS if ear in latest.baselines]
    sections = [
        Section("What has changed", (BulletList(tuple(ear_sentence(latest, ear) for ear in ears)),)),
        *(_ear_section(change, ear, starts_page=index > 0) for index, ear in enumerate(ears)),
    ]
    if len(change.steps) > 1:
        sections.append(Section("Every session against the first", (history_table(change),)))
    sections.append(Section("How to read this", (BulletList((*HOW_TO_READ, NO_CLAIM)),)))
    return Document(
        title="Change of a hearing profile",
        subject=listener,
        facts=(
            Fact("Sessions", f"{len(sessions)}, from {sessions[0].name} to {sessions[-1].name}"),
            Fact("Compared", f"{latest.session} with the first session of each ear"),
            Fact("Ears", enumeration([ear.value for ear in ears])),
            Fact("Comparisons", f"{latest.num_compared}, false discoveries controlled over all"),
        ),
        notices=_notices(change),
        sections=tuple(sections),
        footer=f"hearfit · {listener} · {sessions[0].name} to {sessions[-1].name}",
    )


def _notices(change: ListenerChange) -> tuple[Notice, ...]:
    notices = []
    if change.not_trusted:
        notices.append(
            Notice(Tone.WARNING, "A fit cannot be trusted, so neither can this comparison", change.not_trusted)
        )
    if warnings := tuple(sentence for step in change.steps for sentence in step.warnings):
        notices.append(Notice(Tone.WARNING, "Check before reading on", warnings))
    if change.remarks:
        notices.append(Notice(Tone.CAUTION, "Read with care", change.remarks))
    return tuple(notices)


def _ear_section(change: ListenerChange, ear: Ear, *, starts_page: bool) -> Section:
    latest, by_day = change.latest, {session.name: session for session in change.history.sessions}
    before, after = by_day[latest.baselines[ear]].ears[ear], by_day[latest.session].ears[ear]
    changes = latest.of(ear)
    thresholds = [c for c in shown(changes) if c.measured.quantity is Quantity.THRESHOLD]
    others = [c for c in shown(changes) if c.measured.quantity is not Quantity.THRESHOLD]
    blocks: list[Block] = [_figure(before, after, changes)]
    if thresholds:
        blocks.append(_table(f"{ear_name(ear)}: implied threshold (dB HL)", thresholds, is_one_quantity=True))
    if others:
        blocks.append(_table(f"{ear_name(ear)}: parameters of the ear", others, is_one_quantity=False))
    if sentence := unmeasured_sentence(changes):
        blocks.append(Paragraph(sentence))
    return Section(ear_name(ear), tuple(blocks), starts_page=starts_page)


def _figure(before: Profile, after: Profile, changes: tuple[QuantityChange, ...]) -> Figure:
    told = headlines(changes)
    found = (
        f"Marked as changed: {'; '.join(f'{c.measured.quantity.label} at {place(c)}' for c in told)}."
        if told
        else "Nothing is marked as changed."
    )
    return Figure(
        identifier=f"change-{after.ear}",
        svg=inline_svg(draw_change(before, after, changes), prefix=f"change-{after.ear}"),
        alternative=(
            f"Four graphs over frequency of the {after.ear} ear, {before.session} (squares, dashed) and "
            f"{after.session} (circles, solid), with 95 % bands: implied threshold, compression exponent, attenuation "
            f"and lateral inhibition. {found} All numbers are in the tables below."
        ),
        caption=(
            f"Squares and dashed line with the grey band: {before.session}. Circles and solid line with the coloured "
            f"band: {after.session}. Bands are 95 % intervals; where there is no sign the answers did not measure the "
            "value. A star marks a change beyond retest, a triangle one to be confirmed."
        ),
    )


def _table(caption: str, changes: list[QuantityChange], *, is_one_quantity: bool) -> Table:
    columns = (
        Column("Frequency" if is_one_quantity else "Parameter"),
        Column("Earlier"),
        Column("Later"),
        Column("Change", "95 % interval"),
        Column("P beyond retest", "within a session"),
        Column("P beyond retest", "between sessions"),
        Column("Verdict"),
    )
    rows = tuple(
        Row(
            place(change) if is_one_quantity else f"{change.measured.quantity.label}, {place(change)}",
            (
                Cell(amount(change, change.measured.before.mean)),
                Cell(amount(change, change.measured.after.mean)),
                Cell(change_text(change), interval_text(change)),
                _probability(change, change.within_session),
                _probability(change, change.between_sessions),
                Cell(verdict_words(change)),
            ),
        )
        for change in changes
    )
    return Table(caption, columns, rows)


def _probability(change: QuantityChange, test: RetestTest | None) -> Cell:
    if test is None:
        return Cell("unknown")
    return Cell(probability_text(test.probability_beyond), f"limit {amount(change, test.limit_95)}")


def unmeasured_sentence(changes: tuple[QuantityChange, ...]) -> str:
    """Which parameters were measured at no frequency of both sessions; empty where there is none."""
    named = [
        quantity.label
        for quantity in Quantity
        if all(c.measured.not_measured is not None for c in changes if c.measured.quantity is quantity)
    ]
    open_elsewhere = sum(
        c.measured.not_measured is not None and c.measured.quantity.label not in named for c in changes
    )
    parts = [f"Not measured in both sessions at any frequency: {enumeration(named)}."] if named else []
    if open_elsewhere:
        parts.append(f"{count(open_elsewhere, 'other value')} not measured in both sessions left out.")
    return " ".join(parts)


def history_table(change: ListenerChange) -> Table:
    """A row for each later session: mean threshold change of each ear and what is told."""
    ears = [ear for ear in _EARS if any(ear in step.baselines for step in change.steps)]
    columns = (Column("Session"), *(Column(ear_name(ear), "mean threshold change, dB; told") for ear in ears))
    rows = tuple(Row(step.session, tuple(_summary(step, ear) for ear in ears)) for step in change.steps)
    return Table("Mean change of the implied threshold over measured frequencies", columns, rows)


def _summary(step: SessionChange, ear: Ear) -> Cell:
    if ear not in step.baselines:
        return Cell("not tested")
    changes = step.of(ear)
    single = [
        c.measured.difference.mean
        for c in changes
        if c.measured.quantity is Quantity.THRESHOLD
        and len(c.measured.frequencies_hz) == 1
        and c.measured.not_measured is None
    ]
    mean = sum(single) / len(single) if single else None
    told = [c for c in changes if c.is_told]
    words = "; ".join(dict.fromkeys(verdict_words(c) for c in told)) or "no change shown"
    return Cell("–" if mean is None else f"{mean:+.1f}".replace("-", "−"), words)
