"""`hearfit audiogram`: look at an audiogram."""

from typing import TYPE_CHECKING, Annotated

import typer

from hearfit.audiology.audiogram import Audiogram, Conduction, Ear, Threshold
from hearfit.cli.options import JsonFlag
from hearfit.cli.output import Output, json_value, new_table
from hearfit.reports.wording import number

if TYPE_CHECKING:
    from hearfit.audiology.averages import PureToneAverage

audiogram_commands = typer.Typer(no_args_is_help=True, help="Look at audiograms.")


@audiogram_commands.callback()
def _group() -> None:
    """Look at audiograms."""


@audiogram_commands.command("show")
def show_command(
    source: Annotated[
        str, typer.Argument(metavar="FILE|NAME", help="File, or N1 to N7 or S1 to S3.", show_default=False)
    ],
    listener: Annotated[
        str | None, typer.Option("--listener", help="Whose audiogram; needed where the file holds several.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Show the thresholds of an audiogram as a drawing and a table, and its averages and grades."""
    from hearfit.cli.terminal_audiogram import draw
    from hearfit.storage.audiogram_files import read_audiogram

    output = Output(is_json=as_json)
    audiogram = read_audiogram(source, listener=listener)
    details = [detail for detail in (audiogram.transducer, audiogram.date) if detail]
    output.text(", ".join([audiogram.listener, *details]))
    output.text()
    for line in draw(audiogram):
        output.text(line)
    output.text()
    for conduction in Conduction:
        _print_thresholds(audiogram, conduction, output)
    averages = _averages(audiogram)
    for name, average, grade in averages:
        output.text(f"{name}: {_average_text(average)}{grade and f', {grade}'}")
    document = json_value(audiogram)
    assert isinstance(document, dict)
    rows = [{"name": name, "average": average, "grade": grade or None} for name, average, grade in averages]
    output.document({**document, "averages": json_value(rows)})


def _print_thresholds(audiogram: Audiogram, conduction: Conduction, output: Output) -> None:
    by_ear = {ear: {t.frequency_hz: t for t in audiogram.of(ear, conduction)} for ear in (Ear.RIGHT, Ear.LEFT)}
    frequencies = sorted({hz for thresholds in by_ear.values() for hz in thresholds})
    if not frequencies:
        return
    title = "Air conduction (dB HL)" if conduction is Conduction.AIR else "Bone conduction (dB HL)"
    table = new_table("Hz", *(f"{hz:g}" for hz in frequencies), title=title)
    for ear, thresholds in by_ear.items():
        if thresholds:
            table.add_row(ear.value, *(_threshold_text(thresholds.get(hz)) for hz in frequencies))
    output.table(table)


def _threshold_text(threshold: Threshold | None) -> str:
    if threshold is None:
        return ""
    bound = ">" if threshold.is_no_response else ""
    level = f"{threshold.level_db_hl:g}".replace("-", "−")
    return f"{bound}{level}{'m' if threshold.is_masked else ''}"


def _averages(audiogram: Audiogram) -> list[tuple[str, "PureToneAverage", str]]:
    """Name, average and grade; an empty grade where there is none."""
    from hearfit.audiology.averages import PTA3_FREQUENCY_HZ, PTA4_FREQUENCY_HZ, better_ear_average, pure_tone_average
    from hearfit.audiology.grades import clark_grade, who_grade

    rows: list[tuple[str, PureToneAverage, str]] = []
    for ear in audiogram.ears():
        average = pure_tone_average(audiogram, ear=ear, frequency_hz=PTA3_FREQUENCY_HZ)
        grade = "" if average.level_db_hl is None else f"{clark_grade(average_db_hl=average.level_db_hl)} (Clark 1981)"
        rows.append((f"{ear.value.capitalize()} ear, mean of 0.5, 1 and 2 kHz", average, grade))
    better = better_ear_average(audiogram, frequency_hz=PTA4_FREQUENCY_HZ)
    grade = ""
    if better.level_db_hl is not None:
        grade = f"{who_grade(better_ear_average_db_hl=better.level_db_hl)} (WHO 2021)"
    rows.append(("Better ear, mean of 0.5, 1, 2 and 4 kHz", better, grade))
    return rows


def _average_text(average: "PureToneAverage") -> str:
    if average.level_db_hl is None:
        return average.reason or "unknown"
    bound = "at least " if average.is_at_least else ""
    return f"{bound}{number(average.level_db_hl, 1)} dB HL"
