"""The page on an experiment: what it says, that nothing in it is obeyed, and that its figures show what they should."""

import dataclasses
import math
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from matplotlib.figure import Figure

from hearfit.reports.document import BulletList, Document, Paragraph, Table
from hearfit.reports.document import Figure as Drawing
from hearfit.reports.experiment import experiment_document
from hearfit.reports.experiment_words import (
    beyond_sentence,
    comparisons_sentence,
    ends,
    seeds_text,
    signed,
    summary_sentences,
    verdict,
)
from hearfit.reports.figure_forest import ForestMark, ForestPanel, draw_forest
from hearfit.reports.figure_pictures import draw_sheet
from hearfit.reports.figure_style import log_ticks, short_number
from hearfit.reports.figure_training import draw_curves, draw_learned
from hearfit.reports.formats import Paper
from hearfit.reports.html import render_html
from hearfit.reports.pdf import render_pdf
from hearfit.soundtasks.intervals import Interval
from hearfit.soundtasks.result import Difference
from tests.soundtasks.example_experiment import CC, ERROR, example_result, example_sheets

RESULT = example_result()


@pytest.fixture(scope="module")
def document() -> Document:
    return experiment_document(RESULT, example_sheets())


@pytest.fixture(scope="module")
def page(document: Document) -> str:
    return render_html(document)


def table(document: Document, caption: str) -> Table:
    blocks = [block for section in document.sections for block in section.blocks]
    return next(block for block in blocks if isinstance(block, Table) and block.caption.startswith(caption))


def test_the_sections_lead_from_who_wins_to_how_to_repeat_it(document: Document) -> None:
    assert [section.heading for section in document.sections] == [
        "In short",
        "Scores",
        "Compared with mel",
        "Learning curves",
        "What was learned",
        "Pictures",
        "How it was done",
        "How to read this",
    ]


def test_the_summary_says_who_wins_and_how_sure_that_is() -> None:
    whole, tenth = summary_sentences(RESULT)
    assert whole.startswith("100 %: biomimetic has the best mean cc norm, 0.711 (0.703 to 0.719).")
    assert re.search(
        r"It is 0\.166 ahead of the baseline mel \(.* over seeds, .* items\), so zero is excluded\.", whole
    )
    assert "ahead of the next, leaf" in whole
    assert whole.endswith("so another seed might turn it round: no winner between the two.")
    assert tenth.startswith("10 %: leaf has the best mean")
    assert "no winner between the two" in tenth
    assert comparisons_sentence(RESULT).startswith("4 comparisons with mel")


def test_where_lower_is_better_the_distance_is_still_how_far_ahead() -> None:
    turned = dataclasses.replace(RESULT, description=dataclasses.replace(RESULT.description, metrics=(ERROR,)))
    whole = summary_sentences(turned)[0]
    assert whole.startswith("100 %: biomimetic has the best mean error, 6.4\N{NO-BREAK SPACE}dB")
    assert re.search(
        r"ahead of the baseline mel \(0\.8 to 0\.9 over seeds\), but other items might turn it round", whole
    )


def test_tables_hold_every_number(document: Document) -> None:
    scores = table(document, "Test set: cc norm")
    assert [row.head for row in scores.rows] == ["mel", "leaf", "biomimetic", "oracle"]
    assert [cell.text for cell in scores.rows[3].cells] == ["0.897", "–"]
    assert scores.rows[0].cells[0].aside == "0.533 to 0.557"
    costs = table(document, "Learned numbers")
    assert [cell.text for cell in costs.rows[1].cells] == ["238", "36,771", "37,009", "12.5", "10"]
    verdicts = {row.head: row.cells[-1].text for row in table(document, "cc norm less that of mel").rows}
    assert verdicts == {
        "leaf, 100 %": "better",
        "biomimetic, 100 %": "better",
        "leaf, 10 %": "not told apart",
        "biomimetic, 10 %": "not told apart",
    }
    behind = table(document, "cc norm less that of the best")
    assert [row.head for row in behind.rows][:2] == ["mel less biomimetic, 100 %", "leaf less biomimetic, 100 %"]
    assert [row.cells[-1].text for row in behind.rows] == ["worse", *["not told apart"] * 3]
    learned = table(document, "leaf, 100 %: learned")
    assert [row.head for row in learned.rows] == ["time constant (s)", "centre frequency (Hz)", "exponent"]
    exponents = np.concatenate([run.learned[2].after for run in RESULT.of("leaf", "100 %").values()])
    at_bound = int((exponents > 1.0 - 0.01 * np.log(1 / 0.05)).sum())
    assert learned.rows[2].cells[5].text == f"{at_bound} of 200"


def test_what_was_held_out_and_how_to_repeat_it_are_told(page: str) -> None:
    for text in ("Test: 3 sounds that no training saw.", "OSF ayw2p", "not stated", "--seeds 5", "jax 0.8.0", "0.001"):
        assert text in page


def test_nothing_is_obeyed_and_nothing_is_fetched(page: str) -> None:
    assert "<b>example" not in page
    assert "<i>PCEN" not in page
    assert "An &lt;b&gt;example&lt;/b&gt;" in page
    assert not re.search(r"<script|<link|<img|https?://(?!www\.w3\.org)", page)
    assert "default-src 'none'; img-src data:;" in page
    assert all(match.startswith("data:image/png") for match in re.findall(r'href="(?!#)([^"]*)', page))


def test_every_drawing_says_what_it_shows(document: Document, page: str) -> None:
    drawings = [block for section in document.sections for block in section.blocks if isinstance(block, Drawing)]
    assert len({drawing.identifier for drawing in drawings}) == len(drawings) == 9
    for drawing in drawings:
        assert drawing.alternative.endswith(".")
        assert drawing.caption.endswith(".")
    identifiers: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            identifiers.extend(value or "" for name, value in attrs if name == "id")

    Reader().feed(page)
    assert len(set(identifiers)) == len(identifiers)


def test_the_same_result_gives_the_same_page(page: str) -> None:
    assert render_html(experiment_document(example_result(), example_sheets())) == page


def test_the_pdf_holds_the_pictures(document: Document) -> None:
    pdf = render_pdf(document, paper=Paper.A4)
    assert pdf.startswith(b"%PDF")
    assert b"/Image" in pdf


def test_one_seed_has_no_interval_and_says_so() -> None:
    result = dataclasses.replace(
        RESULT, records=tuple(each for each in RESULT.records if each.name.seed == 1 and each.name.frontend != "leaf")
    )
    document = experiment_document(result)
    assert "with one seed only" in document.notices[0].items[0]
    assert table(document, "Test set: cc norm").rows[0].cells[0].aside == "one seed, no interval"
    assert "nobody knows how sure that is" in summary_sentences(result)[0]


def test_missing_runs_and_scores_are_told() -> None:
    broken = [
        dataclasses.replace(each, scores={**each.scores, "error": math.nan}) if index == 0 else each
        for index, each in enumerate(RESULT.records)
        if (each.name.frontend, each.name.seed) != ("leaf", 2)
    ]
    notice = experiment_document(dataclasses.replace(RESULT, records=tuple(broken))).notices[0]
    assert notice.items == (
        "leaf, 100 %: no run with seed 2.",
        "leaf, 10 %: no run with seed 2.",
        "mel, 100 %: error is not a number in 1 seed, which the mean leaves out.",
    )


def test_values_at_a_bound_and_trainings_that_ended_too_early_are_told(document: Document) -> None:
    at_bound = []
    for condition in RESULT.conditions:
        exponents = np.concatenate([run.learned[2].after for run in RESULT.of("leaf", condition).values()])
        at_bound.append(int((exponents > np.exp(0.01 * np.log(0.05))).sum()))
    assert document.notices[0].items == tuple(
        f"leaf, {condition}: {number} of 200 values of the exponent ended at a bound."
        for condition, number in zip(RESULT.conditions, at_bound, strict=True)
    )
    (curves,) = (section for section in document.sections if section.heading == "Learning curves")
    last = curves.blocks[-1]
    assert isinstance(last, Paragraph)
    best_at_end = sum(
        max(run.curve, key=lambda point: point.validation_score) is run.curve[-1]
        for run in RESULT.of("leaf", "100 %").values()
    )
    assert f"leaf, 100 %: {best_at_end} of 5" in last.text


def test_test_sets_of_their_own_have_no_second_interval() -> None:
    own = dataclasses.replace(RESULT, facts=dataclasses.replace(RESULT.facts, has_same_items=False))
    document = experiment_document(own)
    assert {row.cells[2].text for row in table(document, "cc norm less").rows} == {"–"}
    reading = document.sections[-1].blocks[0]
    assert isinstance(reading, BulletList)
    assert "of its own" in reading.items[0]


def interval(low: float, high: float) -> Interval:
    return Interval((low + high) / 2, low, high, 5)


@pytest.mark.parametrize(
    ("over_seeds", "over_items", "higher", "lower"),
    [
        (interval(0.1, 0.2), interval(0.05, 0.3), "better", "worse"),
        (interval(-0.2, -0.1), None, "worse with these items only", "better with these items only"),
        (interval(-0.1, 0.2), interval(-0.2, 0.3), "not told apart", "not told apart"),
        (interval(0.1, 0.2), interval(-0.1, 0.4), "better with these items only", "worse with these items only"),
        (Interval(0.1, None, None, 1), None, "unknown: one seed", "unknown: one seed"),
        (Interval(0.1, None, None, 1), interval(0.05, 0.2), "better with this seed", "worse with this seed"),
        (Interval(math.nan, None, None, 0), None, "no score", "no score"),
    ],
)
def test_verdicts(over_seeds: Interval, over_items: Interval | None, higher: str, lower: str) -> None:
    difference = Difference("leaf", "mel", "clean", "x", over_seeds, over_items)
    assert verdict(CC, difference) == higher
    assert verdict(ERROR, difference) == lower


def test_numbers_in_words() -> None:
    assert signed(CC, 0.0001) == "0.000"
    assert signed(CC, -0.5) == "−0.500"
    assert signed(CC, 0.5) == "+0.500"
    assert signed(CC, math.nan) == "undefined"
    assert ends(CC, None) == ""
    assert seeds_text((1, 2, 3, 4)) == "1 to 4"
    assert seeds_text((1, 3, 4)) == "1, 3, 4"
    assert seeds_text((7,)) == "7"


def test_ticks_of_a_logarithmic_axis() -> None:
    assert log_ticks(100.0, 10_000.0) == [100.0, 300.0, 1000.0, 3000.0, 10_000.0]
    assert log_ticks(0.015, 0.3) == pytest.approx([0.02, 0.05, 0.1, 0.2])
    assert log_ticks(0.65, 1.02) == pytest.approx([0.7, 0.8, 0.9, 1.0])
    assert [short_number(value) for value in (0.02, 300.0, 20_000.0, -5.0)] == ["0.02", "300", "20k", "−5"]


def _y_data(figure: Figure, index: int) -> list[float]:
    return [value for line in figure.axes[index].lines for value in np.asarray(line.get_ydata(), float).tolist()]


def test_the_forest_draws_means_intervals_and_seeds() -> None:
    marks = (
        ForestMark("mel", 0.5, (0.4, 0.6), (0.3, 0.7), (0.45, 0.55, math.nan)),
        ForestMark("leaf", math.nan, None, None),
    )
    axes = draw_forest([ForestPanel("clean", marks)], ["mel", "leaf"], label="x", has_zero=True).axes[0]
    drawn = [np.asarray(line.get_xdata(), float).tolist() for line in axes.lines]
    assert drawn == [[0.0, 0.0], [0.3, 0.7], [0.4, 0.6], [0.45, 0.55], [0.5]]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["mel", "leaf"]


def test_the_best_is_compared_once_where_it_is_the_baseline() -> None:
    records = tuple(
        dataclasses.replace(run, scores={**run.scores, "cc_norm": 0.99 if run.name.frontend == "mel" else 0.5})
        for run in RESULT.records
    )
    document = experiment_document(dataclasses.replace(RESULT, records=records))
    tables = [block.caption for section in document.sections for block in section.blocks if isinstance(block, Table)]
    assert "cc norm less that of mel" in tables
    assert "cc norm less that of the best" not in tables


def test_titles_conditions_and_settings_are_those_that_a_reader_knows() -> None:
    metric = dataclasses.replace(CC, title="CC of <i>units</i>")
    description = dataclasses.replace(
        RESULT.description, metrics=(metric, ERROR), conditions=(("100 %", "of the data"), ("10 %", "of the data"))
    )
    facts = dataclasses.replace(RESULT.facts, settings={"training.seed": 0, "seed": 0, "training.seeds shown": 3})
    document = experiment_document(dataclasses.replace(RESULT, description=description, facts=facts))
    assert table(document, "Test set: CC of <i>units</i>; higher").rows
    assert summary_sentences(dataclasses.replace(RESULT, description=description))[0].startswith(
        "100 %: biomimetic has the best mean CC of <i>units</i>, 0.711"
    )
    assert "<i>units" not in render_html(document)
    assert [row.head for row in table(document, "Settings").rows] == ["training.seeds shown"]
    (method,) = (each for each in document.sections if each.heading == "How it was done")
    lists = [block.items for block in method.blocks if isinstance(block, BulletList)]
    assert ("100 % and 10 %: of the data.",) in lists


def test_an_interval_beyond_the_ends_of_a_share_is_explained_where_there_is_one() -> None:
    def of_seeds(values: tuple[float, ...], *, is_share: bool) -> str:
        records = tuple(
            dataclasses.replace(run, scores={"cc_norm": values[run.name.seed - 1]}) for run in RESULT.records
        )
        metrics = (dataclasses.replace(CC, is_share=is_share),)
        description = dataclasses.replace(RESULT.description, metrics=metrics)
        return beyond_sentence(dataclasses.replace(RESULT, records=records, description=description))

    # Student's t by hand: 0.82 +- 2.776 * 0.1924 / sqrt(5) reaches 1.059.
    scattered = (0.5, 0.8, 0.9, 0.9, 1.0)
    assert "no score can lie beyond" in of_seeds(scattered, is_share=True)
    assert of_seeds(scattered, is_share=False) == ""
    assert of_seeds((0.7, 0.71, 0.7, 0.72, 0.7), is_share=True) == ""


def test_ends_that_agree_but_for_rounding_are_no_interval() -> None:
    assert ends(CC, Interval(0.386, 0.386 - 1e-15, 0.386 + 1e-15, 5)) == "every seed the same"
    assert ends(CC, Interval(0.386, 0.386 - 1e-6, 0.386 + 1e-6, 5)) == "0.386 to 0.386"


def test_curves_are_those_of_the_runs() -> None:
    runs = list(RESULT.of("leaf", "100 %").values())
    figure = draw_curves({"leaf": runs})
    assert _y_data(figure, 0) == [point.training_loss for run in runs for point in run.curve]
    best = [max(point.validation_score for point in run.curve) for run in runs]
    assert set(best) <= set(_y_data(figure, 1))


def test_learned_parameters_are_drawn_before_and_after() -> None:
    runs = list(RESULT.of("leaf", "100 %").values())
    figure = draw_learned(runs)
    assert _y_data(figure, 0)[:10] == [0.008] * 5 + [run.learned[0].after[0] for run in runs]
    assert _y_data(figure, 1)[:80] == [*runs[0].learned[1].before, *runs[0].learned[1].after]


def test_pictures_hold_their_values() -> None:
    fields, filters, moves = example_sheets()
    figure = draw_sheet(fields)
    for panel, axes in zip(fields.panels, figure.axes, strict=False):
        np.testing.assert_array_equal(axes.collections[0].get_array(), panel.values)  # type: ignore[union-attr]
        low, high = axes.collections[0].get_clim()
        # Signed values lie around zero, and all panels share a scale.
        assert low == -high == figure.axes[0].collections[0].get_clim()[0]
    assert len(draw_sheet(filters).axes[0].lines) == 3
    assert len(draw_sheet(moves).axes[1].lines) == 2
