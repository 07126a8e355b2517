"""What every experiment does with its runs: do them, track them, write the report, print the table."""

import json
import os
import shlex
import sys
from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Final

import typer

from hearfit.cli.experiment_options import StudyOptions
from hearfit.cli.experiment_progress import study_progress
from hearfit.cli.experiment_tracking import StudyTracking
from hearfit.cli.output import JsonValue, Output, json_value, new_table, printable
from hearfit.errors import ExitCode, InputError
from hearfit.reports.wording import count
from hearfit.storage.files import check_output, write_text

if TYPE_CHECKING:
    from hearfit.soundtasks.experiment import Experiment
    from hearfit.soundtasks.record import Metric, RunRecord
    from hearfit.soundtasks.result import ExperimentFacts, ExperimentResult
    from hearfit.soundtasks.study import RunFailure, StudyResult
    from hearfit.tracking.experiments import TrackedExperiment
    from hearfit.training.settings import Settings

RESULT_NAME: Final = "experiment.json"
REPORT_NAME: Final = "report.html"
PDF_NAME: Final = "report.pdf"
_SCHEMA: Final = "hearfit-experiment"


def run_experiment(experiment: "Experiment", options: StudyOptions) -> None:
    """Does the runs that are not done yet, and tells the result of all.

    Exit code 1 says that a run failed; the others, if there are any, are reported nevertheless. A store that cannot be
    reached any more ends the command with exit code 2, when all runs are done and all else is told.

    Raises:
        InputError: the output folder cannot be used, or holds other results.
        TrackingError: the store cannot be reached, before the first run.
    """
    if options.baseline is not None:
        experiment = replace(experiment, description=replace(experiment.description, baseline=options.baseline))
    out, output = options.out, options.output
    names = [RESULT_NAME, REPORT_NAME, *([PDF_NAME] if options.is_pdf else [])]
    check_output(out, names)
    _check_not_of_others(out, names, is_forced=options.is_forced)
    # Once, before the first run: they hold a hash of all data, which takes a while and later may not be there any more.
    settings = experiment.task.settings()
    experiment = _with_settings(experiment, settings)
    tracking = StudyTracking(experiment, settings, options) if options.is_tracked else None
    study = _study(experiment, settings, options, tracking)
    if not study.records:
        output.document(_document(experiment, None, study.failures))
        _tell_of_failures(study.failures, len(experiment.names), output)
        raise typer.Exit(ExitCode.CANNOT_BE_TRUSTED)
    result = _result(experiment, study)
    with output.progress(experiment.description.title) as progress:
        progress("writing the report", 0.5)
        _write(experiment, result, study.failures, options)
    _print(result, study.num_kept, options)
    tracked, not_tracked = (None, None) if tracking is None else tracking.end(result.records)
    if tracked is not None:
        output.text(f"{'tracked':<8} {tracked.experiment} in {tracked.uri}, {count(tracked.num_new, 'new run')}")
    files = [out / name for name in names]
    output.document(
        _document(experiment, result, study.failures, tracked=tracked, not_tracked=not_tracked, files=files)
    )
    _tell_of_failures(study.failures, len(experiment.names), output)
    if not_tracked is not None:
        sys.stderr.write(f"error: {printable(not_tracked)}\n")
        raise typer.Exit(ExitCode.BAD_INPUT)
    if study.failures:
        raise typer.Exit(ExitCode.CANNOT_BE_TRUSTED)


def _check_not_of_others(out: Path, names: list[str], *, is_forced: bool) -> None:
    """A folder of an experiment has its runs in it; files of these names without them are somebody else's."""
    present = [str(out / name) for name in names if (out / name).exists()]
    if present and not is_forced and not (out / "runs").is_dir():
        raise InputError(
            f"{', '.join(present)}: exists already and is not of an experiment. Choose another folder, or replace with "
            "--force."
        )


def _with_settings(experiment: "Experiment", settings: "Settings") -> "Experiment":
    """The report shows the settings of the task, unless the experiment has chosen others."""
    from hearfit.soundtasks.experiment import flat

    facts = experiment.facts
    return replace(experiment, facts=replace(facts, settings=facts.settings or flat(settings)))


def _study(
    experiment: "Experiment", settings: "Settings", options: StudyOptions, tracking: StudyTracking | None
) -> "StudyResult":
    from hearfit.inference.cores import available_cores
    from hearfit.soundtasks.study import run_study

    description = experiment.description
    with study_progress(description.title, len(experiment.names), description.metrics[0], options.output) as progress:

        def finished(record: "RunRecord") -> None:
            progress.finished(record)
            problem = None if tracking is None else tracking.finished(record)
            if problem is not None:
                progress.warned(problem)

        return run_study(
            experiment.task,
            experiment.names,
            options.out,
            num_processes=options.num_processes or available_cores(),
            settings=settings,
            is_forced=options.is_forced,
            on_kept=progress.kept,
            on_finished=finished,
            on_failed=lambda failure: progress.failed(failure.name, _sentence(failure)),
            on_progress=progress.advanced,
        )


def _result(experiment: "Experiment", study: "StudyResult") -> "ExperimentResult":
    from hearfit.soundtasks.result import ExperimentResult, Origin
    from hearfit.soundtasks.study import SOFTWARE

    origin = Origin(command=command_of(sys.argv[1:]), software={name: version(name) for name in SOFTWARE})
    return ExperimentResult(experiment.description, _facts(experiment, study.failures), origin, study.records)


def command_of(arguments: Sequence[str]) -> str:
    """The command as it may be shown: without the password of a tracking server."""
    from hearfit.tracking.quiet import without_password

    shown = []
    for argument in arguments:
        option, sign, value = argument.partition("=")
        is_joined = option.startswith("--") and bool(sign)
        shown.append(f"{option}={without_password(value)}" if is_joined else without_password(argument))
    return shlex.join(["hearfit", *shown])


def _facts(experiment: "Experiment", failures: "tuple[RunFailure, ...]") -> "ExperimentFacts":
    """With what failed."""
    facts = experiment.facts
    return replace(facts, remarks=(*map(_sentence, failures), *facts.remarks))


def _write(
    experiment: "Experiment", result: "ExperimentResult", failures: "tuple[RunFailure, ...]", options: StudyOptions
) -> None:
    from hearfit.reports.experiment import write_experiment_page
    from hearfit.reports.formats import ReportFormat
    from hearfit.soundtasks.page_pictures import sheets_of

    document = _document(experiment, result, failures)
    write_text(options.out / RESULT_NAME, json.dumps(document, indent=1, allow_nan=False) + "\n")
    sheets, left_out = sheets_of(result, options.out, experiment.pictures)
    if left_out:
        result = replace(result, facts=replace(result.facts, remarks=(*result.facts.remarks, left_out)))
    write_experiment_page(options.out / REPORT_NAME, result, sheets, report_format=ReportFormat.HTML)
    if options.is_pdf:
        write_experiment_page(options.out / PDF_NAME, result, sheets, report_format=ReportFormat.PDF)


def _print(result: "ExperimentResult", num_kept: int, options: StudyOptions) -> None:
    from hearfit.reports.experiment import MOST_COMPARED
    from hearfit.reports.experiment_words import seeds_text, summary_sentences
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
        # A no-break space is not printable and would be shown as an escape.
        output.paragraph(sentence.replace("\N{NO-BREAK SPACE}", " "))
    output.text(f"{'report':<8} {options.out / REPORT_NAME}")
    if options.is_pdf:
        output.text(f"{'':<8} {options.out / PDF_NAME}")
    output.text(f"{'result':<8} {options.out / RESULT_NAME}")


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
    experiment: "Experiment",
    result: "ExperimentResult | None",
    failures: "tuple[RunFailure, ...]",
    *,
    tracked: "TrackedExperiment | None" = None,
    not_tracked: str | None = None,
    files: Sequence[Path] = (),
) -> JsonValue:
    facts = _facts(experiment, failures) if result is None else result.facts
    return {
        "schema": _SCHEMA,
        "version": 1,
        "description": json_value(experiment.description),
        "facts": json_value(facts),
        **({"records": []} if result is None else _numbers(result)),
        "failures": [
            {
                "run": json_value(each.name),
                "problem": each.problem,
                "traceback_file": None if each.traceback_file is None else str(each.traceback_file),
            }
            for each in failures
        ],
        "tracked": None if tracked is None else json_value(tracked),
        "not_tracked": not_tracked,
        "files": [str(path) for path in files],
    }


def _numbers(result: "ExperimentResult") -> dict[str, JsonValue]:
    from hearfit.soundtasks.result import baseline_of, behind_the_best, differences, scores

    metrics = result.description.metrics
    baseline = baseline_of(result)
    return {
        "origin": json_value(result.origin),
        "baseline": baseline,
        "scores": [json_value(each) for metric in metrics for each in scores(result, metric)],
        "differences": [json_value(each) for metric in metrics for each in differences(result, metric, baseline)],
        "behind_the_best": [json_value(each) for each in behind_the_best(result, metrics[0])],
        "records": [json_value(record) for record in result.records],
    }


def _tell_of_failures(failures: "tuple[RunFailure, ...]", num_runs: int, output: Output) -> None:
    """How many; of each was told when it failed. A traceback that is in no file is shown now."""
    for failure in failures:
        if failure.traceback and (failure.traceback_file is None or os.environ.get("HEARFIT_DEBUG")):
            sys.stderr.write(printable(failure.traceback))
    if failures:
        output.warning(f"{len(failures)} of {count(num_runs, 'run')} failed. The same command tries again.")


def _sentence(failure: "RunFailure") -> str:
    """What failed, why, and where more is to be read, in one line."""
    name = failure.name
    problem = " ".join(failure.problem.split())
    more = "" if failure.traceback_file is None else f" The traceback is in {failure.traceback_file}."
    stop = "" if problem.endswith((".", "!", "?")) or not more else "."
    return f"{name.frontend}, {name.condition}, seed {name.seed} failed: {problem}{stop}{more}"
