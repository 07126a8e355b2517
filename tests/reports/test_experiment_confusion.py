"""The matrices of the page against counts made by hand, and records that hold none."""

import dataclasses
import re
from html import unescape

import numpy as np
import pytest

from hearfit.reports.document import BulletList, Figure, Paragraph
from hearfit.reports.experiment_confusion import confusion_section
from hearfit.soundtasks.confusion import recorded
from hearfit.soundtasks.phonemes.description import DESCRIPTION, EAR_DESCRIPTION
from hearfit.soundtasks.record import Confusion
from hearfit.soundtasks.result import ExperimentResult
from tests.soundtasks.example_experiment import example_result

CLASSES = ("vowel", "nasal", "<b>stop")
# Of two seeds: vowels 10 + 10, of which 8 + 7 are right; nasals 4 + 0, all taken for vowels; no stop is in the test.
COUNTS = (((8, 1, 1), (4, 0, 0), (0, 0, 0)), ((7, 3, 0), (0, 0, 0), (0, 0, 0)))


def _result(frontends: tuple[str, ...] = ("mel", "leaf", "biomimetic")) -> ExperimentResult:
    result = example_result(2)
    counts = dict(zip(result.seeds, COUNTS, strict=True))
    records = tuple(
        dataclasses.replace(record, confusion=Confusion("frame", CLASSES, counts[record.name.seed]))
        if record.name.frontend in frontends
        else record
        for record in result.records
    )
    return dataclasses.replace(result, records=records)


def _texts(figure: Figure) -> list[str]:
    return [unescape(text) for text in re.findall(r"<text[^>]*>([^<]*)</text>", figure.svg)]


def test_shares_are_those_of_the_rows_summed_over_seeds() -> None:
    """By hand: 15 of 20 vowels are right, 4 are taken for nasals, 1 for a stop; all 4 nasals for vowels."""
    (section,) = confusion_section(_result(), "100 %")
    figure, told = section.blocks
    assert isinstance(figure, Figure)
    assert isinstance(told, BulletList)
    texts = _texts(figure)
    for number in ("75", "20", "5", "100"):
        # Once in each of the two matrices, of the baseline and of the best other frontend.
        assert texts.count(number) == 2, number
    assert "0" not in texts
    assert "nan" not in texts
    assert {"mel", "biomimetic", "class", "answer", *CLASSES} <= set(texts)
    assert told.items[0] == (
        "mel most often takes nasal for vowel (100 %), vowel for nasal (20 %) and vowel for <b>stop (5 %)."
    )
    assert "(column), summed over seeds; what" in figure.caption
    assert "mel: 24 frames with seeds 1, 2" in figure.caption
    assert "<b>" not in figure.svg


def test_older_records_hold_no_counts_and_the_page_goes_without() -> None:
    assert confusion_section(example_result(2), "100 %") == []
    (section,) = confusion_section(_result(("mel",)), "100 %")
    figure = section.blocks[0]
    assert isinstance(figure, Figure)
    assert "biomimetic" not in _texts(figure)


def test_what_counts_in_every_listening_condition_is_said_to() -> None:
    result = _result()
    heard = dataclasses.replace(result.description, counted_in_each="listening condition")
    (section,) = confusion_section(dataclasses.replace(result, description=heard), "100 %")
    figure = section.blocks[0]
    assert isinstance(figure, Figure)
    assert (
        "summed over seeds and listening conditions (each frame counts once for each seed in each listening condition);"
        in figure.caption
    )


def test_counts_of_phonemes_are_summed_over_listening_conditions() -> None:
    """Truth: `record_of`, which sums them."""
    assert {DESCRIPTION.counted_in_each, EAR_DESCRIPTION.counted_in_each} == {"listening condition"}


def test_too_many_classes_are_told_and_not_drawn() -> None:
    result = _result()
    # Of each seed one frame of every class; of the first class a second one, which is taken for the last.
    counts = np.eye(40, dtype=np.int64)
    counts[0, 39] = 1
    many = recorded(counts, classes=tuple(map(str, range(40))), case="frame")
    records = tuple(dataclasses.replace(record, confusion=many) for record in result.records)
    (section,) = confusion_section(dataclasses.replace(result, records=records), "100 %")
    paragraph, told = section.blocks
    assert isinstance(paragraph, Paragraph)
    assert isinstance(told, BulletList)
    assert paragraph.text == (
        "100 %: the test has 40 classes, too many to draw how often each is taken for each other (at most 16 are "
        "drawn). The counts of every run are in experiment.json. A percentage here is of all frames of a class, summed "
        "over seeds. mel: 82 frames with seeds 1, 2; biomimetic: 82 frames with seeds 1, 2."
    )
    assert told.items[0] == "mel most often takes 0 for 39 (50 %)."


@pytest.mark.parametrize("counts", [((1, 0),), ((1, 0), (0, 1, 2)), ((1, -1), (0, 0))])
def test_counts_that_fit_no_classes_are_refused(counts: tuple[tuple[int, ...], ...]) -> None:
    with pytest.raises(ValueError, match=r"the counts of 2 classes|below 0"):
        Confusion("frame", ("a", "b"), counts)
