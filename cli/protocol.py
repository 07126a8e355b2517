"""`hearfit protocol`: the listening tests that hearfit knows, and your own."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hearfit.audiology.audiogram import Ear
from hearfit.cli.options import JsonFlag, PriorChoice, PriorOption, QuietFlag
from hearfit.cli.output import Output, json_value, new_table, printable
from hearfit.cli.session_plan import PlanRequest, check_session
from hearfit.cli.simulated_session import DEFAULT_OUTER_HAIR_CELL_SHARE, InhibitionOption
from hearfit.reports.wording import frequency

if TYPE_CHECKING:
    from hearfit.experiment.protocol import Protocol, StimulusDesign

protocol_commands = typer.Typer(no_args_is_help=True, help="List protocols and show what they contain.")


@protocol_commands.command("list")
def list_command(as_json: JsonFlag = False) -> None:
    """List the protocols that come with hearfit."""
    from hearfit.protocols.loader import shipped_protocols

    output = Output(is_json=as_json)
    protocols = shipped_protocols()
    width = max(len(protocol.name) for protocol in protocols)
    for protocol in protocols:
        output.text(f"{protocol.name:<{width}}  {protocol.version}  {protocol.title}")
    output.document(
        [{"name": each.name, "version": each.version, "title": each.title, "task": each.task} for each in protocols]
    )


@protocol_commands.command("show")
def show_command(
    name: Annotated[str, typer.Argument(help="Name, or TOML file of your own, which is checked.", show_default=False)],
    as_json: JsonFlag = False,
) -> None:
    """Show a protocol; a file of your own is checked, and all its problems are named."""
    from hearfit.protocols.loader import load_protocol

    output = Output(is_json=as_json)
    protocol = load_protocol(name)
    output.text(f"{protocol.name} {protocol.version}: {protocol.title}")
    output.text()
    output.paragraph(protocol.description)
    output.text()
    design = new_table("Design", "", is_textual=True)
    for term, fact in _facts(protocol):
        design.add_row(term, fact)
    output.table(design)
    codes = new_table("Response", "Meaning", is_textual=True)
    for value, label in zip(protocol.response_values, protocol.response_labels, strict=True):
        codes.add_row(str(value), printable(label))
    output.table(codes)
    for reference in protocol.references:
        output.text(reference)
    output.document(json_value(protocol))


@protocol_commands.command("check")
def check_command(
    names: Annotated[
        list[str], typer.Argument(metavar="NAME...", help="Protocols of one session.", show_default=False)
    ],
    audiogram: Annotated[str, typer.Option("--audiogram", help="File, or N1 to N7 or S1 to S3: the assumed ear.")],
    ear: Annotated[Ear | None, typer.Option("--ear", help="Which ear of the audiogram.", show_default="first")] = None,
    minutes: Annotated[
        list[float] | None,
        typer.Option(
            "--minutes", help="Length of a session of the same mix; may be repeated.", show_default="as designed"
        ),
    ] = None,
    transducer: Annotated[str, typer.Option("--transducer", help="Reference thresholds.")] = "HDA200",
    outer_hair_cell_share: Annotated[
        float, typer.Option("--outer-hair-cell-share", min=0.0, max=1.0, help="Assumed share of lost compression.")
    ] = DEFAULT_OUTER_HAIR_CELL_SHARE,
    inhibition: InhibitionOption = None,
    prior: PriorOption = PriorChoice.POPULATION,
    want: Annotated[
        list[str] | None,
        typer.Option(
            "--want",
            metavar="QUANTITY=SD",
            help="Wanted SD of threshold (dB), exponent, attenuation (dB) or inhibition; may be repeated.",
            show_default="threshold=3, exponent=0.05, attenuation=3, inhibition=0.15",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="A figure of it (.svg, .pdf or .png).", show_default="none")
    ] = None,
    as_json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Say what a session would pin down in an ear, and what it would not, before anybody sits down to it."""
    request = PlanRequest(
        protocols=tuple(names),
        audiogram=audiogram,
        ear=ear,
        minutes=tuple(minutes or ()),
        transducer=transducer,
        outer_hair_cell_share=outer_hair_cell_share,
        inhibition=inhibition,
        prior=prior,
        wanted=tuple(want or ()),
        figure=out,
    )
    check_session(request, Output(is_json=as_json, is_quiet=quiet))


def _facts(protocol: "Protocol") -> list[tuple[str, str]]:
    stimulus, design = protocol.stimulus, protocol.design
    kind = stimulus.kind.value.replace("_", " ")
    width = f", {stimulus.bandwidth_octaves:.3g} octaves wide" if stimulus.bandwidth_octaves else ""
    low, high = protocol.frequency_range_hz
    facts = [
        ("task", protocol.task.value.replace("_", " ")),
        ("stimulus", f"{kind}{width}, {stimulus.duration_s:g} s with ramps of {stimulus.ramp_s:g} s"),
        *_masker_before(stimulus),
        ("frequencies allowed", f"{frequency(low)} to {frequency(high)}"),
        ("transducer", "needed" if protocol.is_transducer_required else "needed for levels in dB SPL"),
        ("simulated frequencies", ", ".join(f"{value:g}" for value in design.frequency_hz) + " Hz"),
    ]
    if stimulus.ripple_depth_db:
        facts.append(("ripples", f"{stimulus.ripple_depth_db:g} dB from peak to trough"))
    if design.notches:
        facts.append(("noise", f"to {stimulus.noise_outer_edge:g} of the frequency on either side of the tone"))
        pairs = ", ".join(f"{notch.lower:g}/{notch.upper:g}" for notch in design.notches)
        facts.append(("simulated notches", f"{pairs} (below/above, re frequency)"))
        offset, most = design.masker_level_offset_db, design.highest_masker_level_db_spl_per_hz
        facts.append(("simulated noise", f"{offset:g} dB SL in a normal filter, at most {most:g} dB SPL/Hz"))
    if design.gaps_ms:
        ratios = ", ".join(f"{value:g}" for value in design.masker_frequency_ratios)
        facts.append(("simulated maskers", f"{ratios} times the frequency of the probe"))
        facts.append(("simulated gaps", ", ".join(f"{value:g}" for value in design.gaps_ms) + " ms"))
        levels = ", ".join(f"{value:g}" for value in design.detectabilities)
        facts.append(("simulated masker levels", f"where d' is {levels}"))
        facts.append(("loudest sound", f"{design.highest_level_db_spl:g} dB SPL"))
        facts.append(("simulated probe", f"{design.probe_level_offset_db:g} dB SL"))
    if design.level_offsets_db:
        levels = ", ".join(f"{value:g}" for value in design.level_offsets_db)
        facts.append(("simulated levels", f"{levels} dB {'re masked threshold' if design.notches else 'SL'}"))
    if design.levels_db_hl:
        lowest, highest = design.lowest_level_offset_db, design.highest_level_db_hl
        levels = ", ".join(f"{value:g}" for value in design.levels_db_hl)
        facts.append(("simulated levels", f"{levels} dB HL, within {lowest:g} dB SL to {highest:g} dB HL"))
    for name, values in design.values:
        facts.append((f"simulated {name}", ", ".join(f"{value:g}" for value in values)))
    if design.num_levels:
        lowest, highest = design.lowest_level_offset_db, design.highest_level_db_hl
        facts.append(("simulated levels", f"{design.num_levels} from {lowest:g} dB SL to {highest:g} dB HL"))
    facts.append(("repetitions", str(design.repetitions)))
    if design.catch_trials:
        where = "each frequency and notch" if design.notches else "each frequency"
        where = "each frequency of probe and masker" if design.gaps_ms else where
        if design.levels_db_hl:
            where = "each frequency, level and combination"
        facts.append(("catch trials", f"{design.catch_trials} at {where}"))
    if design.interval_count > 1:
        facts.append(("intervals", str(design.interval_count)))
    return facts


def _masker_before(stimulus: "StimulusDesign") -> list[tuple[str, str]]:
    if stimulus.masker_duration_s is None:
        return []
    return [("masker before it", f"{stimulus.masker_duration_s:g} s with ramps of {stimulus.masker_ramp_s:g} s")]
