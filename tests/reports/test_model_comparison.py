"""What a comparison of models means: scores written by hand against the words and numbers that a reader sees."""

import dataclasses
import re

import pytest

from hearfit.audiology.audiogram import Ear
from hearfit.listener.model_comparison import ModelComparison, ModelScore, Standing, pareto_k_limit
from hearfit.reports.build import build_document
from hearfit.reports.document import Heading, Paragraph, Table
from hearfit.reports.html import render_html
from hearfit.reports.model_comparison import comparison_blocks, conclusion
from tests.reports.document_text import document_text
from tests.reports.example_comparison import DEFAULT, WORSE, comparison, scored
from tests.reports.example_profile import example_profile
from tests.reports.example_report import NORMAL


@pytest.mark.parametrize(
    ("score", "standing"),
    [
        (scored(2, folds=-6.1, leave_one_out=-6.1), Standing.WORSE),
        (scored(2, folds=6.1, leave_one_out=6.1), Standing.BETTER),
        # Two standard errors are not beyond two standard errors.
        (scored(2, folds=-6.0, leave_one_out=-6.0), Standing.NOT_TOLD_APART),
        (scored(2, folds=-6.0, leave_one_out=5.9), Standing.NOT_TOLD_APART),
        # What one criterion shows and the other does not, or the other way round, is no small difference.
        (scored(2, folds=-6.0, leave_one_out=-9.0), Standing.DISPUTED),
        (scored(2, folds=-9.0, leave_one_out=5.9), Standing.DISPUTED),
        (scored(2, folds=9.0, leave_one_out=-9.0), Standing.DISPUTED),
        # Small differences are not clear, however small their standard error.
        (scored(2, folds=-4.1, leave_one_out=-4.1, error=0.5), Standing.WORSE),
        (scored(2, folds=-3.9, leave_one_out=-3.9, error=0.5), Standing.NOT_TOLD_APART),
        # Leave-one-out does not count where it is not reliable.
        (scored(2, folds=-9.0, leave_one_out=9.0, num_unreliable=1), Standing.WORSE),
        (scored(2, folds=-5.0, leave_one_out=-9.0, num_unreliable=1), Standing.NOT_TOLD_APART),
        # Nor where it is made from draws that cannot be trusted.
        (scored(2, folds=-9.0, leave_one_out=9.0, draw_problems=("The chains disagree.",)), Standing.WORSE),
        (scored(2, folds=-5.0, leave_one_out=-9.0, draw_problems=("The chains disagree.",)), Standing.NOT_TOLD_APART),
        (scored(2, folds=9.0, leave_one_out=9.0, is_converged=False), Standing.NOT_CONVERGED),
    ],
)
def test_a_model_stands_where_every_criterion_that_counts_puts_it(score: ModelScore, standing: Standing) -> None:
    assert comparison(score).standing(score) is standing


def test_draws_of_the_first_model_that_cannot_be_trusted_count_for_all() -> None:
    other = scored(2, folds=-9.0, leave_one_out=9.0)
    found = ModelComparison(100, 5, (dataclasses.replace(DEFAULT, draw_problems=("The chains disagree.",)), other), ())
    assert found.standing(other) is Standing.WORSE
    assert conclusion(found).endswith("because leave-one-out is not reliable here.")


def test_the_limit_of_pareto_k_is_the_published_one() -> None:
    # Truth: the table in the release notes of the R package loo 2.7.0, by the authors of the paper.
    published = {100: 0.5, 320: 0.6, 1000: 0.67, 2200: 0.7, 10_000: 0.7}
    assert {draws: round(pareto_k_limit(draws), 2) for draws in published} == published


def test_every_model_is_spoken_of_once() -> None:
    sentences = conclusion(
        comparison(
            scored(2, folds=-9.0, leave_one_out=-9.0),
            scored(3, folds=-8.0, leave_one_out=-8.0),
            scored(4, folds=1.0, leave_one_out=1.0),
            scored(5, folds=7.0, leave_one_out=7.0),
            scored(6, folds=5.0, leave_one_out=5.0, is_converged=False),
        )
    )
    assert sentences == (
        "Model 5 (power, attenuation none, inhibition fitted) predicts held-back answers clearly better than model 1, "
        "with which this profile is made: the numbers of this profile rest on a model that describes these answers "
        "less well, so take them with caution. Model 1, with which this profile is made, predicts held-back answers "
        "clearly better than models 2 and 3. Model 4 is not told apart from model 1: its difference is within 2 "
        "standard errors or less than 4 nats. Of model 6 nothing is known, "
        "because a search for the most probable ear did not converge under it."
    )


def test_criteria_that_disagree_are_not_called_a_small_difference() -> None:
    assert conclusion(comparison(scored(2, folds=-9.0, leave_one_out=9.0))) == (
        "For model 2 the two criteria disagree: the 5 folds and leave-one-out do not both show a clear difference from "
        "model 1 in the same direction, so these answers do not decide between it and model 1."
    )
    both = conclusion(
        comparison(scored(2, folds=-9.0, leave_one_out=9.0), scored(3, folds=9.0, leave_one_out=0.0), WORSE)
    )
    assert "disagree" not in both  # WORSE has answers for which leave-one-out is not reliable.
    several = conclusion(
        comparison(
            scored(2, folds=-9.0, leave_one_out=9.0),
            scored(3, folds=9.0, leave_one_out=0.0),
            scored(4, folds=1.0, leave_one_out=1.0),
        )
    )
    assert several == (
        "Model 4 is not told apart from model 1: its difference is within 2 standard errors or less than 4 nats. For "
        "models 2 and 3 the two criteria disagree: the 5 folds and leave-one-out do not both show a clear difference "
        "from model 1 in the same direction, so these answers do not decide between them and model 1."
    )


def test_a_first_model_that_did_not_converge_is_named() -> None:
    lost = dataclasses.replace(DEFAULT, is_converged=False)
    others = (scored(2, folds=-9.0, leave_one_out=-9.0), scored(3, folds=9.0, leave_one_out=9.0, is_converged=False))
    assert conclusion(ModelComparison(100, 5, (lost, others[0]), ())) == (
        "How the models compare is not known: a search for the most probable ear did not converge under model 1, and "
        "all models are compared with model 1, with which this profile is made."
    )
    assert "did not converge under models 1 and 3, and" in conclusion(ModelComparison(100, 5, (lost, *others), ()))


def test_one_model_is_a_table_without_a_conclusion() -> None:
    blocks = comparison_blocks(dataclasses.replace(example_profile(), model_comparison=comparison()))
    assert [type(each) for each in blocks] == [Heading, Table]


def test_models_that_are_not_told_apart_are_no_reason_to_prefer_one() -> None:
    assert conclusion(comparison(WORSE)) == (
        "These answers do not tell the models apart: every difference from model 1, with which this profile is made, "
        "is within 2 standard errors or less than 4 nats, so they are no reason to prefer another model. This goes by "
        "the 5 folds alone, because leave-one-out is not reliable here."
    )


def test_the_report_has_the_table_of_an_ear_that_was_compared() -> None:
    compared = dataclasses.replace(
        example_profile(), model_comparison=comparison(scored(2, folds=-7.14, leave_one_out=-6.5), WORSE)
    )
    text = document_text(build_document([compared, example_profile(Ear.LEFT)], normal=NORMAL))
    assert text.count("Would another model of the ear predict the answers better?") == 1
    assert "Right ear: models of the ear compared" in text
    assert "2 | power | none | fitted | −1.551 | −7.1 (± 3.0) | −1.517 | −6.5 (± 3.0) | 0 | worse" in text
    assert "summed over 100 answers" in text


def test_warnings_stand_below_the_table() -> None:
    warned = dataclasses.replace(comparison(WORSE), warnings=("Go by the folds.", "Model 5 is <b>lost</b>."))
    blocks = comparison_blocks(dataclasses.replace(example_profile(), model_comparison=warned))
    assert isinstance(blocks[-3], Table)
    assert blocks[-2:] == [Paragraph("Beware: Go by the folds."), Paragraph("Beware: Model 5 is <b>lost</b>.")]
    page = render_html(build_document([dataclasses.replace(example_profile(), model_comparison=warned)], normal=NORMAL))
    assert "Beware: Model 5 is &lt;b&gt;lost&lt;/b&gt;." in page


def test_names_in_a_comparison_are_escaped() -> None:
    # A profile is a file that anybody may have written.
    hostile = dataclasses.replace(WORSE, family="<script>alert(1)</script>", name="<img src=x>", inhibition="\u202e")
    profile = dataclasses.replace(example_profile(), model_comparison=comparison(hostile))
    page = render_html(build_document([profile], normal=NORMAL))
    assert not re.search(r"<script|<img src=x", page)
    assert "&lt;script&gt;" in page
    assert "\u202e" not in page
