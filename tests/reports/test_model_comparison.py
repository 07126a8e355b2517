"""What a comparison of models means: scores written by hand against the words and numbers that a reader sees."""

import dataclasses
import re

import pytest

from hearfit.audiology.audiogram import Ear
from hearfit.listener.model_comparison import ModelScore, Standing
from hearfit.reports.build import build_document
from hearfit.reports.html import render_html
from hearfit.reports.model_comparison import conclusion
from tests.reports.document_text import document_text
from tests.reports.example_comparison import WORSE, comparison, scored
from tests.reports.example_profile import example_profile
from tests.reports.example_report import NORMAL


@pytest.mark.parametrize(
    ("score", "standing"),
    [
        (scored(2, folds=-6.1, leave_one_out=-6.1), Standing.WORSE),
        (scored(2, folds=6.1, leave_one_out=6.1), Standing.BETTER),
        # Two standard errors are not beyond two standard errors.
        (scored(2, folds=-6.0, leave_one_out=-9.0), Standing.NOT_TOLD_APART),
        (scored(2, folds=-9.0, leave_one_out=5.9), Standing.NOT_TOLD_APART),
        (scored(2, folds=9.0, leave_one_out=-9.0), Standing.NOT_TOLD_APART),
        # Small differences are not clear, however small their standard error.
        (scored(2, folds=-4.1, leave_one_out=-4.1, error=0.5), Standing.WORSE),
        (scored(2, folds=-3.9, leave_one_out=-4.1, error=0.5), Standing.NOT_TOLD_APART),
        # Leave-one-out does not count where it is not reliable.
        (scored(2, folds=-9.0, leave_one_out=9.0, num_unreliable=1), Standing.WORSE),
        (scored(2, folds=-5.0, leave_one_out=-9.0, num_unreliable=1), Standing.NOT_TOLD_APART),
        (scored(2, folds=9.0, leave_one_out=9.0, is_converged=False), Standing.NOT_CONVERGED),
    ],
)
def test_a_model_stands_where_every_criterion_that_counts_puts_it(score: ModelScore, standing: Standing) -> None:
    assert comparison(score).standing(score) is standing


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
        "because a search for the most probable ear did not converge."
    )


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


def test_names_in_a_comparison_are_escaped() -> None:
    # A profile is a file that anybody may have written.
    hostile = dataclasses.replace(WORSE, family="<script>alert(1)</script>", name="<img src=x>", inhibition="\u202e")
    profile = dataclasses.replace(example_profile(), model_comparison=comparison(hostile))
    page = render_html(build_document([profile], normal=NORMAL))
    assert not re.search(r"<script|<img src=x", page)
    assert "&lt;script&gt;" in page
    assert "\u202e" not in page
