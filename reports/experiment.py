"""The page on an experiment: all runs in, one document out, from who wins to how to repeat it."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from hearfit.reports.document import (
    Block,
    BulletList,
    Cell,
    Column,
    Document,
    Fact,
    Heading,
    Notice,
    Paragraph,
    Row,
    Section,
    Table,
    Tone,
)
from hearfit.reports.experiment_confusion import confusion_section
from hearfit.reports.experiment_figures import (
    curve_figures,
    difference_figure,
    learned_figure,
    score_figure,
    sheet_figure,
)
from hearfit.reports.experiment_tables import (
    at_bound_sentence,
    best_table,
    cost_table,
    difference_table,
    learned_table,
    score_table,
)
from hearfit.reports.experiment_words import (
    HOW_TO_READ,
    beyond_sentence,
    comparisons_sentence,
    conditions_text,
    items_sentence,
    name,
    seeds_text,
    still_rising_sentence,
    stood_still_sentences,
    summary_sentences,
    trainings,
)
from hearfit.reports.formats import Paper, ReportFormat
from hearfit.reports.report import write_document
from hearfit.reports.wording import count, enumeration
from hearfit.soundtasks.pictures import Sheet
from hearfit.soundtasks.result import ExperimentResult, baseline_of, behind_the_best, differences, scores

# A page on thirteen metrics would be read by nobody.
MOST_COMPARED: Final = 3
_SHARE: Final = re.compile(r"(\d+(?:\.\d+)?(?:e-?\d+)?) %")
_NO_CLAIM: Final = (
    "Nothing here is about a person's hearing: it compares computations on recordings, and is no basis for a diagnosis."
)


def write_experiment_page(
    path: Path, result: ExperimentResult, sheets: Sequence[Sheet] = (), *, report_format: ReportFormat
) -> None:
    """Writes one self-contained file.

    Raises:
        InputError: the file cannot be written.
    """
    write_document(path, experiment_document(result, sheets), report_format=report_format, paper=Paper.A4)


def experiment_document(result: ExperimentResult, sheets: Sequence[Sheet] = ()) -> Document:
    """What the page says."""
    description = result.description
    sections = [
        _summary(result),
        _scores(result),
        *_differences(result),
        *confusion_section(result, _most_data_first(result.conditions)[0]),
        *_training(result),
        *_learned(result),
        *_pictures(sheets),
        *_further_scores(result),
        _method(result),
        Section("How to read this", (BulletList(_how_to_read(result)),)),
    ]
    return Document(
        title=description.title,
        subject="frontends compared",
        facts=(
            Fact("Frontends", enumeration(result.frontends)),
            Fact("Conditions", enumeration(result.conditions)),
            Fact("Seeds", seeds_text(result.seeds)),
            Fact("Runs", f"{len(result.records):,}"),
            Fact("Compared with", baseline_of(result)),
        ),
        notices=_notices(result),
        sections=tuple(sections),
        footer=f"hearfit {result.origin.software.get('hearfit', '')} · {description.title}",
    )


def _how_to_read(result: ExperimentResult) -> tuple[str, ...]:
    beyond = beyond_sentence(result)
    return (items_sentence(result), *HOW_TO_READ, *([beyond] if beyond else []), _NO_CLAIM)


def _notices(result: ExperimentResult) -> tuple[Notice, ...]:
    warnings, cautions = [], []
    if len(result.seeds) == 1:
        cautions.append(
            "Every frontend ran with one seed only, so nothing says how much of a difference is chance. Give --seeds 5."
        )
    for condition in result.conditions:
        for row in result.rows:
            missing = sorted(set(result.seeds) - result.of(row, condition).keys())
            if missing and row in result.frontends:
                warnings.append(f"{row}, {condition}: no run with seed {seeds_text(tuple(missing))}.")
    for metric in result.description.metrics:
        warnings += [
            f"{each.frontend}, {each.condition}: {name(metric)} is not a number in "
            f"{count(each.over_seeds.num_missing, 'seed')}, which the mean leaves out."
            for each in scores(result, metric)
            if each.over_seeds.num_missing
        ]
    for each in trainings(result):
        runs = [run for run in each.runs if run.learned]
        served = conditions_text(result, each.conditions)
        told = [at_bound_sentence(each.frontend, served, runs, i) for i in range(len(runs[0].learned) if runs else 0)]
        cautions += [sentence for sentence in told if sentence]
    cautions += stood_still_sentences(result)
    notices = []
    if warnings:
        notices.append(Notice(Tone.WARNING, "Runs or scores are missing", tuple(warnings)))
    if cautions or result.facts.remarks:
        notices.append(Notice(Tone.CAUTION, "Read with care", (*cautions, *result.facts.remarks)))
    return tuple(notices)


def _summary(result: ExperimentResult) -> Section:
    blocks: list[Block] = [Paragraph(result.description.question)]
    sentences = summary_sentences(result)
    blocks.append(BulletList(sentences) if sentences else Paragraph("No frontend has a score in the first metric."))
    if sentence := comparisons_sentence(result):
        blocks.append(Paragraph(sentence))
    return Section("In short", tuple(blocks))


def _scores(result: ExperimentResult) -> Section:
    metrics = result.description.metrics
    found = {metric.name: scores(result, metric) for metric in metrics}
    shown = [metric for metric in metrics if found[metric.name]]
    blocks: list[Block] = [score_figure(result, metric, found[metric.name]) for metric in shown[:1]]
    blocks += [score_table(result, metric, found[metric.name]) for metric in shown[:MOST_COMPARED]]
    blocks.append(cost_table(result))
    if result.facts.references:
        blocks.append(BulletList(tuple(f"{row}: {meaning}" for row, meaning in result.facts.references.items())))
    return Section("Scores", tuple(blocks))


def _further_scores(result: ExperimentResult) -> list[Section]:
    metrics = result.description.metrics[MOST_COMPARED:]
    tables = tuple(score_table(result, metric, found) for metric in metrics if (found := scores(result, metric)))
    return [Section("Further scores", tables)] if tables else []


def _differences(result: ExperimentResult) -> list[Section]:
    baseline = baseline_of(result)
    blocks: list[Block] = []
    for metric in result.description.metrics[:MOST_COMPARED]:
        found = differences(result, metric, baseline)
        if not found:
            continue
        if not blocks:
            blocks.append(difference_figure(result, metric, found))
        blocks.append(difference_table(metric, found, baseline))
    metric = result.description.metrics[0]
    behind = behind_the_best(result, metric) if len(result.frontends) > 2 else ()
    # Where the baseline is the best throughout, the same rows are in the table above.
    if any(each.baseline != baseline for each in behind):
        blocks.append(best_table(metric, behind))
    if len(result.description.metrics) > MOST_COMPARED:
        blocks.append(Paragraph("Differences in the other metrics are in experiment.json."))
    return [Section(f"Compared with {baseline}", tuple(blocks), starts_page=True)] if blocks else []


def _training(result: ExperimentResult) -> list[Section]:
    figures = curve_figures(result)
    if not figures:
        return []
    sentence = still_rising_sentence(result)
    return [Section("Learning curves", (*figures, *([Paragraph(sentence)] if sentence else [])))]


def _learned(result: ExperimentResult) -> list[Section]:
    blocks: list[Block] = []
    found = trainings(result)
    for frontend in result.frontends:
        for condition in _most_data_first(result.conditions):
            runs = [run for run in result.of(frontend, condition).values() if run.learned]
            if runs:
                trained = next(each for each in found if each.frontend == frontend and condition in each.conditions)
                served = conditions_text(result, trained.conditions)
                blocks.append(learned_figure(frontend, served, runs))
                blocks.append(learned_table(frontend, served, runs))
                break
    return [Section("What was learned", tuple(blocks), starts_page=True)] if blocks else []


def _most_data_first(conditions: Sequence[str]) -> list[str]:
    """Conditions that are shares of the data, such as "30 %", from the largest; others as they come."""
    shares = [_SHARE.fullmatch(condition) for condition in conditions]
    by_share = {match.string: float(match[1]) for match in shares if match}
    if len(by_share) < len(conditions):
        return list(conditions)
    return sorted(conditions, key=lambda condition: -by_share[condition])


def _pictures(sheets: Sequence[Sheet]) -> list[Section]:
    blocks: list[Block] = []
    for sheet in sheets:
        blocks += [Heading(sheet.heading), sheet_figure(sheet)]
    return [Section("Pictures", tuple(blocks), starts_page=True)] if blocks else []


def _method(result: ExperimentResult) -> Section:
    facts, description = result.facts, result.description
    frontends = tuple(
        Row(each.name, (Cell(each.meaning), Cell(each.learns or "nothing")))
        for each in description.frontends
        if each.name in result.frontends
    )
    blocks: list[Block] = [
        Table(
            "Frontends", (Column("Frontend"), Column("What it is"), Column("Learned in it")), frontends, is_textual=True
        ),
        Heading("What was held out"),
        BulletList(facts.held_out),
    ]
    meanings = dict(description.conditions)
    alike: dict[str, list[str]] = {}
    for each in result.conditions:
        alike.setdefault(meanings.get(each, ""), []).append(each)
    told = [f"{enumeration(those)}: {meaning}." for meaning, those in alike.items() if meaning]
    if told:
        blocks += [Heading("Conditions"), BulletList(tuple(told))]
    # Every run has its own seed, whatever the settings that all runs share hold in its place.
    settings = {key: value for key, value in facts.settings.items() if key.rpartition(".")[2] != "seed"}
    if settings:
        rows = tuple(Row(key, (Cell(_setting(value)),)) for key, value in settings.items())
        blocks.append(Table("Settings", (Column("Setting"), Column("Value")), rows, is_textual=True, is_narrow=True))
    sources = tuple(Row(each.name, (Cell(each.licence), Cell(each.reference))) for each in facts.sources)
    blocks.append(Table("Data", (Column("Data"), Column("Licence"), Column("Source")), sources, is_textual=True))
    versions = ", ".join(f"{each} {version}" for each, version in result.origin.software.items())
    origin = (
        Row("Command", (Cell(result.origin.command),)),
        Row("Software", (Cell(versions),)),
        Row("Seeds", (Cell(seeds_text(result.seeds)),)),
    )
    blocks.append(Table("To repeat it", (Column("What"), Column("")), origin, is_textual=True))
    return Section("How it was done", tuple(blocks), starts_page=True)


def _setting(value: object) -> str:
    """As text, numbers with six digits; all of them are in experiment.json."""
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list | tuple):
        return ", ".join(_setting(each) for each in value)
    if isinstance(value, dict):
        return "; ".join(f"{key} {_setting(each)}" for key, each in value.items())
    return str(value)
