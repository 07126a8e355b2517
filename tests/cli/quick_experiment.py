"""An experiment that takes no time, for the tests of what every experiment does with its runs."""

import dataclasses
from pathlib import Path
from typing import TypedDict, Unpack

from hearfit.cli.experiment_options import StudyOptions, study_options
from hearfit.cli.output import Output
from hearfit.errors import InputError
from hearfit.soundtasks.experiment import Experiment, run_names
from hearfit.soundtasks.picture_files import pictures_path, write_sheets
from hearfit.soundtasks.record import RunName, RunRecord
from hearfit.soundtasks.workers import Tell
from hearfit.training.settings import Settings
from tests.soundtasks.example_experiment import DESCRIPTION, FACTS, example_result, example_sheets

RECORDS = {record.name: record for record in example_result(2).records}


@dataclasses.dataclass(frozen=True)
class QuickTask:
    """Gives the records of the example, leaves pictures, and fails where it is told to."""

    out: Path
    failing: str = ""
    broken: str = ""
    version: int = 1

    def settings(self) -> Settings:
        return {"version": self.version, "training": {"rate": 1e-3}}

    def run(self, name: RunName, workspace: Path, progress: Tell) -> RunRecord:
        progress("step 1", 0.5)
        if self.failing in (name.frontend, "all"):
            raise InputError(f"There is no {name.frontend}.")
        if self.broken == name.frontend:
            raise ZeroDivisionError("two\nlines")
        if name.frontend == "leaf":
            write_sheets(pictures_path(self.out, name), example_sheets()[:1])
        return RECORDS[name]


def quick_experiment(out: Path, *, failing: str = "", broken: str = "", version: int = 1) -> Experiment:
    names = run_names("example", ("mel", "leaf"), ("100 %", "10 %"), (1, 2))
    return Experiment(DESCRIPTION, QuickTask(out, failing, broken, version), names, FACTS)


class Changes(TypedDict, total=False):
    """What a test sets itself."""

    baseline: str
    num_processes: int | None
    is_tracked: bool
    tracking_uri: str
    is_forced: bool
    is_pdf: bool
    output: Output


def quick_options(out: Path, **changes: Unpack[Changes]) -> StudyOptions:
    options = study_options(
        DESCRIPTION,
        frontend=None,
        baseline=None,
        seeds=2,
        seed=1,
        out=out,
        processes=1,
        tracking_uri=None,
        no_track=True,
        force=False,
        pdf=False,
        as_json=False,
        quiet=False,
    )
    return dataclasses.replace(options, **changes)
