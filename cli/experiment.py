"""`hearfit experiment`: frontends compared on sound tasks, with several seeds and intervals."""

from typing import Final

import typer

from hearfit.cli.experiment_enhancement import enhancement
from hearfit.cli.experiment_events import events
from hearfit.cli.experiment_neural import neural
from hearfit.cli.experiment_phonemes import phonemes
from hearfit.cli.many_values import ManyValuesCommand
from hearfit.cli.options import JsonFlag
from hearfit.cli.output import JsonValue, Output
from hearfit.soundtasks.description import ExperimentDescription
from hearfit.soundtasks.record import Metric

# So many are compared in full; the others are parts of them.
_NUM_METRICS: Final = 3

experiment_commands = typer.Typer(
    no_args_is_help=True, help="Compare learned and fixed frontends on sound tasks, with seeds and intervals."
)
experiment_commands.command("neural", cls=ManyValuesCommand)(neural)
experiment_commands.command("phonemes", cls=ManyValuesCommand)(phonemes)
experiment_commands.command("enhancement", cls=ManyValuesCommand)(enhancement)
experiment_commands.command("events", cls=ManyValuesCommand)(events)


@experiment_commands.command("list")
def list_command(as_json: JsonFlag = False) -> None:
    """List the experiments: their data, frontends, conditions and metrics."""
    from hearfit.soundtasks.descriptions import DESCRIPTIONS

    output = Output(is_json=as_json)
    for each in DESCRIPTIONS:
        _print(each, output)
    output.document([_document(each) for each in DESCRIPTIONS])


def _print(each: ExperimentDescription, output: Output) -> None:
    output.text(f"{each.title}: hearfit experiment {each.command}")
    output.paragraph(f"  {each.question}", indent="  ")
    _print_line("data", each.data, output)
    conditions = ", ".join(f"{name} ({meaning})" if meaning else name for name, meaning in each.conditions)
    _print_line("conditions", conditions, output)
    for metric in each.metrics[:_NUM_METRICS]:
        _print_line("metric", f"{_named(metric)}: {metric.meaning}", output)
    if more := each.metrics[_NUM_METRICS:]:
        _print_line("and", ", ".join(_named(metric) for metric in more), output)
    # No table of rich, whose import would take a third of the time that this command may need.
    width = max(len(frontend.name) for frontend in each.frontends)
    for frontend in each.frontends:
        learns = f"learns {frontend.learns}" if frontend.is_learned else "learns nothing"
        baseline = "; the others are compared with it" if frontend.name == each.baseline else ""
        meaning = frontend.meaning[:1].upper() + frontend.meaning[1:]
        text = f"  frontend    {frontend.name:<{width}}  {meaning}; {learns}{baseline}"
        output.paragraph(text, indent=" " * (width + 16))
    _print_line("intervals", f"over the seeds; over the seeds and each {each.item} where scores allow it", output)
    output.text()


def _print_line(term: str, text: str, output: Output) -> None:
    output.paragraph(f"  {term:<10}  {text}", indent=" " * 14)


def _named(metric: Metric) -> str:
    return f"{metric.name} ({metric.unit})" if metric.unit else metric.name


def _document(each: ExperimentDescription) -> JsonValue:
    return {
        "task": each.task,
        "command": f"hearfit experiment {each.command}",
        "title": each.title,
        "question": each.question,
        "data": each.data,
        "frontends": [
            {
                "name": frontend.name,
                "meaning": frontend.meaning,
                "learns": frontend.learns,
                "is_learned": frontend.is_learned,
            }
            for frontend in each.frontends
        ],
        "conditions": [{"name": name, "meaning": meaning} for name, meaning in each.conditions],
        "metrics": [
            {
                "name": metric.name,
                "unit": metric.unit,
                "meaning": metric.meaning,
                "is_higher_better": metric.is_higher_better,
            }
            for metric in each.metrics
        ],
        "baseline": each.baseline,
        "item": each.item,
    }
