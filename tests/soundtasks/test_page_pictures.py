"""Which pictures of runs a page shows, and how those of several frontends are put together."""

import dataclasses
from pathlib import Path

from hearfit.soundtasks.experiment import run_names
from hearfit.soundtasks.page_pictures import sheets_of
from hearfit.soundtasks.picture_files import pictures_path, write_sheets
from hearfit.soundtasks.record import RunName
from hearfit.soundtasks.result import ExperimentResult
from tests.soundtasks.example_experiment import example_result, example_sheets


def _result(names: tuple[RunName, ...]) -> ExperimentResult:
    result = example_result(1)
    return dataclasses.replace(
        result, records=tuple(dataclasses.replace(result.records[0], name=name) for name in names)
    )


def test_frontends_stand_side_by_side_for_each_kind_and_condition(tmp_path: Path) -> None:
    names = run_names("example", ("leaf", "mel"), ("100 %", "10 %"), (1, 2))
    for name in names:
        write_sheets(pictures_path(tmp_path, name), example_sheets()[1:])
    sheets, left_out = sheets_of(_result(names), tmp_path, None)
    assert left_out == ""
    assert [sheet.heading for sheet in sheets] == [
        f"{kind}: leaf, mel, {condition}, seed 1"
        for condition in ("100 %", "10 %")
        for kind in ("Filters", "Modulation space")
    ]
    assert [panel.title for panel in sheets[0].panels] == ["leaf: before", "leaf: after", "mel: before", "mel: after"]
    assert sheets[0].caption == "Three of them."


def test_of_many_frontends_the_first_panels_stand_side_by_side(tmp_path: Path) -> None:
    """Nine frontends with three panels each, and room for 24: two of each; those that share a scale stay apart."""
    fields, _, _ = example_sheets()
    shared = dataclasses.replace(fields, name="shared", panels=fields.panels[:3])
    own = dataclasses.replace(shared, name="fields", has_shared_scale=False)
    names = run_names("example", tuple(f"frontend {number}" for number in range(9)), ("100 %",), (1,))
    for name in names:
        write_sheets(
            pictures_path(tmp_path, name), (own, dataclasses.replace(own, name="shared", has_shared_scale=True))
        )
    (template,) = (
        record for record in example_result(1).records if record.name == RunName("example", "mel", "100 %", 1)
    )
    records = tuple(dataclasses.replace(template, name=name) for name in names)
    sheets, left_out = sheets_of(dataclasses.replace(example_result(1), records=records), tmp_path, None)
    assert left_out == ""
    assert sheets[0].heading == "Receptive fields: 9 frontends, 100 %, seed 1"
    assert [panel.title for panel in sheets[0].panels[:4]] == [
        *("frontend 0: unit 1", "frontend 0: unit 2"),
        *("frontend 1: unit 1", "frontend 1: unit 2"),
    ]
    assert sheets[0].caption.endswith(
        "Of the 3 panels of each frontend the first 2 can be shown beside so many others."
    )
    assert [len(sheet.panels) for sheet in sheets] == [18, *(3,) * 9]
    assert sheets[1].heading == "Receptive fields: frontend 0, 100 %, seed 1"
    assert len({sheet.name for sheet in sheets}) == len(sheets)
