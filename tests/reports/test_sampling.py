"""How the chains went, in words: every number against a `Sampling` written by hand."""

import dataclasses
from typing import Any

import pytest

from hearfit.audiology.audiogram import Ear
from hearfit.reports.build import build_document
from hearfit.reports.sampling import sampling_rows, sampling_sentences
from tests.reports.document_text import document_text
from tests.reports.example_profile import SAMPLING, example_profile, sampled_profile
from tests.reports.example_report import NORMAL


def test_the_worst_of_each_is_told() -> None:
    assert sampling_sentences(SAMPLING) == (
        "4 chains of 1,000 draws: worst R-hat 1.004, smallest effective sample size 1,203, 3 of 4,000 trajectories "
        "diverged. Laplace's approximation against the draws: largest shift of a mean is 0.21 SD (attenuation at "
        "4 kHz), SD ratio farthest from 1 is 0.50 (lateral inhibition at 750 Hz)."
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"rhat_max": -1.0}, "worst R-hat not known, smallest"),
        ({"ess_tail_min": -1.0}, "smallest effective sample size not known, 3"),
        ({"rhat_max": 1e300}, "worst R-hat not known, smallest"),
    ],
)
def test_what_was_not_finite_is_not_known(changes: dict[str, Any], words: str) -> None:
    """A profile holds -1 in place of NaN and 1e300 in place of infinity."""
    assert words in sampling_sentences(dataclasses.replace(SAMPLING, **changes))


def test_a_sampling_without_a_comparison() -> None:
    alone = dataclasses.replace(SAMPLING, agreement=())
    assert "Laplace" not in sampling_sentences(alone)
    assert [value for name, value in sampling_rows(alone) if "Laplace" in name] == ["not known", "not known"]


def test_the_report_has_them_among_its_sources_for_sampled_ears_only() -> None:
    drawn = document_text(build_document([sampled_profile()], normal=NORMAL))
    for name, value in sampling_rows(SAMPLING):
        assert name in drawn
        assert value.replace("\N{NO-BREAK SPACE}", " ") in drawn
    assert "R-hat" not in document_text(build_document([example_profile()], normal=NORMAL))
    both = document_text(build_document([sampled_profile(), example_profile(Ear.LEFT)], normal=NORMAL))
    assert "not sampled" in both
