"""Words for the combination that answers leave widest."""

import dataclasses

import pytest

from hearfit.listener.profile import Direction, DirectionPart
from hearfit.reports.build import build_document
from hearfit.reports.undetermined import least_determined_sentence
from tests.reports.document_text import document_text
from tests.reports.example_report import NORMAL, small_profile


def part(quantity: str, frequency_hz: float, weight: float, sd: float, unit: str = "dB") -> DirectionPart:
    return DirectionPart(f"{quantity} {frequency_hz}", weight, quantity, frequency_hz, sd, unit)


DIVISION = (part("division of the loss", 4000.0, 0.6, 6.31), part("division of the loss", 500.0, 0.5, 5.12))


THRESHOLDS = (part("threshold", 500.0, -0.5, 1.5), part("threshold", 250.0, -0.4, 2.04))


@pytest.mark.parametrize(
    ("parts", "combination", "moved"),
    [
        (
            DIVISION,
            "how much of the loss at 500 and 4000 Hz is loss of compression rather than attenuation",
            "the attenuation there by 5.1 to 6.3 dB",
        ),
        (
            (part("threshold", 250.0, 0.9, 2.04),),
            "the threshold at 250 Hz",
            "the threshold there by 2.0 dB",
        ),
        (
            (part("threshold", 250.0, 0.9, 2.04), part("lateral inhibition", 1000.0, 0.4, 0.031, "")),
            "the threshold at 250 Hz together with lateral inhibition at 1000 Hz",
            "the threshold by 2.0 dB and lateral inhibition by 0.03",
        ),
        (
            (
                part("division of the loss", 1000.0, 0.9, 5.0),
                part("lateral inhibition", 1000.0, 0.8, 0.1, ""),
                *THRESHOLDS,
            ),
            (
                "how much of the loss at 1000 Hz is loss of compression rather than attenuation together with lateral "
                "inhibition at 1000 Hz, while thresholds at 250 and 500 Hz go the other way"
            ),
            "the attenuation by 5.0 dB, lateral inhibition by 0.10 and thresholds by 1.5 to 2.0 dB",
        ),
        (
            (part("threshold", 250.0, 0.9, 2.04), part("threshold", 500.0, -0.5, 1.5)),
            "the threshold at 250 Hz, while the threshold at 500 Hz goes the other way",
            "the threshold at 250 Hz by 2.0 dB and the threshold at 500 Hz by 1.5 dB",
        ),
    ],
)
def test_a_combination_in_words(parts: tuple[DirectionPart, ...], combination: str, moved: str) -> None:
    direction = Direction(0.234, parts)
    assert least_determined_sentence(direction) == (
        "Of what was measured, the widest combination that the answers leave open, compared with how people vary, is "
        f"{combination}: one SD of it after the answers moves {moved}; they took away 23 % of its variance among "
        "people."
    )
    assert least_determined_sentence(direction, is_planned=True) == (
        "Of what these tests measure, the widest combination that the answers would leave open, compared with how "
        f"people vary, is {combination}: one SD of it after the answers would move {moved}; they would take away 23 % "
        "of its variance among people."
    )


def test_the_report_says_it_among_what_the_answers_could_not_tell() -> None:
    profile = dataclasses.replace(
        small_profile(), not_identified=("A and b trade off.",), least_determined=Direction(0.2, DIVISION)
    )
    text = document_text(build_document([profile], normal=NORMAL))
    assert "- A and b trade off.\n" in text
    assert f"- {least_determined_sentence(Direction(0.2, DIVISION))}\n" in text
