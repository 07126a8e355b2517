"""What every experiment does with its runs: do them, track them, write the report, print the table."""

import json
import os
import shlex
import sys
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Final

import typer

from hearfit.cli.experiment_options import StudyOptions
from hearfit.cli.experiment_progress import study_progress
from hearfit.cli.output import JsonValue, Output, json_value, new_table
from hearfit.errors import ExitCode, InputError
from hearfit.storage.files import check_output, write_text

if TYPE_CHECKING:
    from hearfit.soundtasks.experiment import Experiment
    from hearfit.soundtasks.record import Metric
    from hearfit.soundtasks.result import ExperimentResult
    from hearfit.soundtasks.study import RunFailure
    from hearfit.tracking.experiments import TrackedExperiment

RESULT_NAME: Final = "experiment.json"
REPORT_NAME: Final = "report.html"
PDF_NAME: Final = "report.pdf"
_SOFTWARE: Final = ("hearfit", "jax", "flax", "optax", "numpy", "scipy")
_SCHEMA: Final = "hearfit-experiment"


def run_experiment(experiment: "Experiment", options: StudyOptions) -> None:
    """Does the runs that are not done yet, and tells the result of all.

    Exit code 1 says that a run failed; the others are reported nevertheless.

    Raises:
        InputError: the output folder cannot be used, or holds other results; or no run could be done.
        TrackingError: the store cannot be reached, of which is told before the first run, or later; the results are
            written by then.
    """
    out, output = options.out, options.output
    names = [RESULT_NAME, REPORT_NAME, *([PDF_NAME] if options.is_pdf else [])]
    check_output(out, names)
    _check_not_of_others(out, names, is_forced=options.is_forced)
    title = experiment.description.title
    if options.is_tracked:
        from hearfit.tracking.experiments import prepare_for_experiment

        with output.progress(title) as progress:
            progress("opening the tracking store", 0.0)
            prepare_for_experiment(experiment.description.task, title, tracking_uri=options.tracking_uri)
    result, failures, num_kept = _study(experiment, options)
    result = _with_all_facts(experiment, result, failures)
    with output.progress(title) as progress:
        progress("writing the report", 0.5)
        _write(experiment, result, failures, options)
    tracked = _track(experiment, result, options) if options.is_tracked else None
    _print(result, num_kept, tracked, options)
    output.document(_document(result, failures, tracked, [out / name for name in names]))
    for failure in failures:
        _tell(failure, output)
    if failures:
        raise typer.Exit(ExitCode.CANNOT_BE_TRUSTED)


def _check_not_of_others(out: Path, names: list[str], *, is_forced: bool) -> None:
    """A folder of an experiment has its runs in it; files of these names without them are somebody else's."""
    present = [str(out / name) for name in names if (out / name).exists()]
    if present and not is_forced and not (out / "runs").is_dir():
        raise InputError(
            f"{', '.join(present)}: exists already and is not of an experiment. Choose another folder, or replace with "
            "--force."
        )


def _study(experiment: "Experiment", options: StudyOptions) -> "tuple[ExperimentResult, tuple[RunFailure, ...], int]":
    from hearfit.inference.cores import available_cores
    from hearfit.soundtasks.result import ExperimentResult, Origin
    from hearfit.soundtasks.study import run_study

    description = experiment.description
    with study_progress(description.title, len(experiment.names), description.metrics[0], options.output) as progress:
        study = run_study(
            experiment.task,
            experiment.names,
            options.out,
            num_processes=options.num_processes or available_cores(),
            is_forced=options.is_forced,
            on_finished=progress.finished,
            on_progress=progress.advanced,
        )
    if not study.records:
        for failure in study.failures:
            _tell(failure, options.output)
        raise InputError(["No run could be done.", *dict.fromkeys(failure.problem for failure in study.failures)])
    origin = Origin(
        command=shlex.join(["hearfit", *sys.argv[1:]]), software={name: version(name) for name in _SOFTWARE}
    )
    result = ExperimentResult(description, experiment.facts, origin, study.records)
    return result, study.failures, study.num_kept


def _with_all_facts(
    experiment: "Experiment", result: "ExperimentResult", failures: "tuple[RunFailure, ...]"
) -> "ExperimentResult":
    """The result with the settings of the task, unless it has its own, and with what failed."""
    from hearfit.soundtasks.experiment import flat

    facts = result.facts
    remarks = [f"{_named(each)} failed: {each.problem}" for each in failures]
    settings = facts.settings or flat(experiment.task.settings())
    return replace(result, facts=replace(facts, settings=settings, remarks=(*remarks, *facts.remarks)))


def _write(
    experiment: "Experiment", result: "ExperimentResult", failures: "tuple[RunFailure, ...]", options: StudyOptions
) -> None:
    from hearfit.reports.experiment import write_experiment_page
    from hearfit.reports.formats import ReportFormat
    from hearfit.soundtasks.experiment import sheets_of

    document = _document(result, failures, None, [])
    write_text(options.out / RESULT_NAME, json.dumps(document, indent=1, allow_nan=False) + "\n")
    sheets, left_out = sheets_of(result, options.out, experiment.pictures)
    if left_out:
        result = replace(result, facts=replace(result.facts, remarks=(*result.facts.remarks, left_out)))
    write_experiment_page(options.out / REPORT_NAME, result, sheets, report_format=ReportFormat.HTML)
    if options.is_pdf:
        write_experiment_page(options.out / PDF_NAME, result, sheets, report_format=ReportFormat.PDF)


def _track(experiment: "Experiment", result: "ExperimentResult", options: StudyOptions) -> "TrackedExperiment":
    from hearfit.soundtasks.experiment import tracked_run
    from hearfit.tracking.experiments import track_experiment

    settings = experiment.task.settings()
    runs = [
        tracked_run(
            record, result.description, settings, result.origin.software, json.dumps(json_value(record), sort_keys=True)
        )
        for record in result.records
    ]
    with options.output.progress(result.description.title) as progress:
        progress("tracking", 0.0)
        return track_experiment(
            runs, tracking_uri=options.tracking_uri, told=lambda number: progress("tracking", number / len(runs))
        )


def _print(
    result: "ExperimentResult", num_kept: int, tracked: "TrackedExperiment | None", options: StudyOptions
) -> None:
    from hearfit.reports.experiment import MOST_COMPARED
    from hearfit.reports.experiment_words import seeds_text, summary_sentences
    from hearfit.reports.wording import count
    from hearfit.soundtasks.result import baseline_of

    output = options.output
    kept = f", {num_kept} of them done before" if num_kept else ""
    output.text(
        f"{result.description.title}: {count(len(result.records), 'run')}{kept}; seeds {seeds_text(result.seeds)}"
    )
    metrics = result.description.metrics
    for metric in metrics[:MOST_COMPARED]:
        _print_scores(result, metric, output)
    if len(metrics) > MOST_COMPARED:
        output.text(f"{count(len(metrics) - MOST_COMPARED, 'more score')} in the report.")
    _print_differences(result, baseline_of(result), output)
    for sentence in summary_sentences(result):
        output.paragraph(sentence)
    output.text(f"{'report':<8} {options.out / REPORT_NAME}")
    if options.is_pdf:
        output.text(f"{'':<8} {options.out / PDF_NAME}")
    output.text(f"{'result':<8} {options.out / RESULT_NAME}")
    if tracked is not None:
        output.text(f"{'tracked':<8} {tracked.experiment} in {tracked.uri}, {count(tracked.num_new, 'new run')}")


def _print_scores(result: "ExperimentResult", metric: "Metric", output: Output) -> None:
    from hearfit.reports.experiment_words import amount, ends, name
    from hearfit.soundtasks.result import scores

    found = {(each.frontend, each.condition): each.over_seeds for each in scores(result, metric)}
    if not found:
        return
    unit = f" ({metric.unit})" if metric.unit else ""
    direction = "higher is better" if metric.is_higher_better else "lower is better"
    # A title of the table would be as narrow as the table.
    output.text(f"\n{name(metric)}{unit}, {direction}: mean and 95 % interval over seeds")
    table = new_table("frontend", *result.conditions)
    for row in result.rows:
        cells = [found.get((row, condition)) for condition in result.conditions]
        table.add_row(
            row, *("–" if each is None else f"{amount(metric, each.mean)}\n{ends(metric, each)}" for each in cells)
        )
    output.table(table)


def _print_differences(result: "ExperimentResult", baseline: str, output: Output) -> None:
    from hearfit.reports.experiment_words import ends, name, signed, verdict
    from hearfit.soundtasks.result import differences

    metric = result.description.metrics[0]
    found = differences(result, metric, baseline)
    if not found:
        return
    output.text(f"{name(metric)} less that of {baseline}, with 95 % intervals")
    table = new_table(
        "frontend, condition",
        "difference",
        "over seeds",
        "over seeds and items",
        "verdict",
    )
    for each in found:
        table.add_row(
            f"{each.frontend}, {each.condition}",
            signed(metric, each.over_seeds.mean),
            ends(metric, each.over_seeds, is_signed=True),
            ends(metric, each.over_items, is_signed=True) or "–",
            verdict(metric, each),
        )
    output.table(table)


def _document(
    result: "ExperimentResult",
    failures: "tuple[RunFailure, ...]",
    tracked: "TrackedExperiment | None",
    files: list[Path],
) -> JsonValue:
    from hearfit.soundtasks.result import baseline_of, behind_the_best, differences, scores

    metrics = result.description.metrics
    baseline = baseline_of(result)
    return {
        "schema": _SCHEMA,
        "version": 1,
        "description": json_value(result.description),
        "facts": json_value(result.facts),
        "origin": json_value(result.origin),
        "baseline": baseline,
        "scores": [json_value(each) for metric in metrics for each in scores(result, metric)],
        "differences": [json_value(each) for metric in metrics for each in differences(result, metric, baseline)],
        "behind_the_best": [json_value(each) for each in behind_the_best(result, metrics[0])],
        "records": [json_value(record) for record in result.records],
        "failures": [{"run": json_value(each.name), "problem": each.problem} for each in failures],
        "tracked": None if tracked is None else json_value(tracked),
        "files": [str(path) for path in files],
    }


def _tell(failure: "RunFailure", output: Output) -> None:
    output.warning(f"{_named(failure)} failed: {failure.problem}")
    if failure.traceback and os.environ.get("HEARFIT_DEBUG"):
        sys.stderr.write(failure.traceback)


def _named(failure: "RunFailure") -> str:
    name = failure.name
    return f"{name.frontend}, {name.condition}, seed {name.seed}"
