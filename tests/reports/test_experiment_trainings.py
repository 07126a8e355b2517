"""What the page says of trainings: which stood still, which are one, and what was learned."""

import dataclasses

from hearfit.reports.document import Figure as Drawing
from hearfit.reports.document import Table
from hearfit.reports.experiment import experiment_document
from hearfit.reports.experiment_figures import curve_figures
from hearfit.reports.experiment_words import (
    still_rising_sentence,
    stood_still_sentences,
    trainings,
)
from hearfit.soundtasks.record import CurvePoint
from hearfit.soundtasks.result import ExperimentResult
from tests.soundtasks.example_experiment import example_result

RESULT = example_result()

# As they came: a mask network of the cortical frontend that died, a frontend of NS1 that began in closed form.
DEAD = ((200, -5.31, 0.70621562), (400, -4.93, 0.70621562), (600, -5.1, 0.70621575), (800, -4.9, 0.70621598))
HEALTHY = ((0, 0.563, 0.764), (16, 0.563, 0.747), (32, 0.589, 0.7632), (48, 0.589, 0.7635))


def test_a_training_that_stands_still_is_named_and_others_are_not() -> None:
    (first, *others) = RESULT.records
    place = f"{first.name.frontend}, {first.name.condition}"

    def page_of(points: tuple[tuple[int, float, float], ...]) -> tuple[str, str]:
        curve = tuple(CurvePoint(*point) for point in points)
        result = dataclasses.replace(RESULT, records=(dataclasses.replace(first, curve=curve), *others))
        told = [item for notice in experiment_document(result).notices for item in notice.items]
        return " ".join(told), still_rising_sentence(result)

    told, rising = page_of(DEAD)
    assert f"{place}, seed {first.name.seed}: the training stood still" in told
    # Its last validation is the best by 2e-7, which is no sign that more steps might help.
    assert place not in rising
    assert place in page_of(((200, 3.0, 0.5), (400, 2.0, 0.6), (600, 1.0, 0.7)))[1]
    assert "stood still" not in page_of(HEALTHY)[0]
    # Two points are too few to say so.
    assert "stood still" not in page_of(DEAD[:2])[0]


def with_one_network(result: ExperimentResult) -> ExperimentResult:
    """The same scores, but the runs of 10 % are of the networks of 100 %."""
    first = {(run.name.frontend, run.name.seed): run for run in result.records if run.name.condition == "100 %"}
    records = tuple(
        dataclasses.replace(run, curve=of.curve, learned=of.learned)
        for run in result.records
        for of in [first[run.name.frontend, run.name.seed]]
    )
    return dataclasses.replace(result, records=records)


def test_a_network_that_serves_every_condition_is_shown_once() -> None:
    shared = with_one_network(RESULT)
    figures = [curve_figures(each) for each in (RESULT, shared)]
    assert [len(each) for each in figures] == [2, 1]
    assert figures[1][0].caption.startswith("Every condition: a line for each seed.")
    assert figures[0][1].caption.startswith("10 %: a line for each seed.")
    (first, *others) = [run for run in shared.records if run.curve]
    dead = tuple(CurvePoint(*point) for point in DEAD)
    records = tuple(
        dataclasses.replace(run, curve=dead)
        if (run.name.frontend, run.name.seed) == (first.name.frontend, first.name.seed)
        else run
        for run in shared.records
    )
    told = stood_still_sentences(dataclasses.replace(shared, records=records))
    assert len(told) == 1
    assert told[0].startswith(f"{first.name.frontend}, every condition, seed {first.name.seed}: the training stood")
    assert others
    assert still_rising_sentence(shared).count("leaf, every condition: ") == 1
    # Where one condition has a run less, what is left are still the same networks.
    fewer = dataclasses.replace(shared, records=tuple(run for run in shared.records if run.name != first.name))
    assert [each.conditions for each in trainings(fewer) if each.frontend == first.name.frontend] == [
        ("100 %", "10 %"),
        ("10 %",),
    ]


def test_what_was_learned_is_shown_of_the_condition_with_the_most_data() -> None:
    turned = dataclasses.replace(RESULT, records=tuple(reversed(RESULT.records)))
    assert turned.conditions[0] == "10 %"
    (section,) = (each for each in experiment_document(turned).sections if each.heading == "What was learned")
    captions = [block.caption for block in section.blocks if isinstance(block, Table | Drawing)]
    assert all(", 100 %: " in caption for caption in captions)
    # Conditions that are no shares are shown as they come.
    renamed = dataclasses.replace(
        RESULT,
        records=tuple(
            dataclasses.replace(run, name=dataclasses.replace(run.name, condition=f"with {run.name.condition}"))
            for run in turned.records
        ),
    )
    (section,) = (each for each in experiment_document(renamed).sections if each.heading == "What was learned")
    drawing = section.blocks[0]
    assert isinstance(drawing, Drawing)
    assert ", with 10 %: " in drawing.caption
