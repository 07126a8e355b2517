"""`hearfit validate`: the study that says whether the uncertainty can be believed, for anyone to run again."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hearfit.cli.inputs import Problems, read_protocols
from hearfit.cli.options import DEFAULT_SEED, JsonFlag, Method, QuietFlag, SeedOption
from hearfit.cli.output import Output, json_value, new_table
from hearfit.errors import ExitCode, InputError
from hearfit.reports.wording import count

if TYPE_CHECKING:
    from hearfit.validation import Validation

_DEFAULT_PROTOCOLS = ("pure_tone_detection", "categorical_loudness", "notched_noise")
_SCREENING = "pure_tone_detection"
_NAMES = ("validation.json", "validation.png")


def validate(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME...]", help="Protocols of one session.", show_default=" ".join(_DEFAULT_PROTOCOLS)
        ),
    ] = None,
    listeners: Annotated[int, typer.Option("--listeners", min=2, help="How many listeners to simulate.")] = 300,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for validation.json and validation.png.", show_default="none")
    ] = None,
    processes: Annotated[
        int | None, typer.Option("--processes", min=1, help="Work side by side.", show_default="one for each core")
    ] = None,
    method: Annotated[
        Method,
        typer.Option(
            "--method", help="map: draws from Laplace's approximation. nuts: short chains, ten times as slow."
        ),
    ] = Method.MAP,
    transducer: Annotated[str, typer.Option("--transducer", help="Reference thresholds.")] = "HDA200",
    seed: SeedOption = DEFAULT_SEED,
    as_json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Simulate listeners, fit them, and check that posterior and truth agree.

    Each listener is drawn from the prior, does a short audiogram and a session of these protocols laid out around it,
    and is fitted. Ranks of the truth among draws from the posterior must be uniform, and 95 % intervals hold the truth
    as often as they say. Takes a few seconds a listener. A protocol whose design refuses an ear with a listener's
    audiogram is left out of that session.

    Exit code 1 says that posterior and truth do not agree: ranks are not uniform (p < 0.001), coverage of 20 or more
    listeners is more than 3 standard errors from 95 %, or more than 1 % of the fits did not converge.
    """
    output = Output(is_json=as_json, is_quiet=quiet)
    problems = Problems()
    protocols = read_protocols(tuple(names or _DEFAULT_PROTOCOLS), problems)
    screening = read_protocols((_SCREENING,), problems)
    if out is not None:
        from hearfit.storage.files import check_output

        with problems.collected():
            check_output(out, _NAMES)
    problems.tell()
    from hearfit.validation import MOST_LISTENERS, validate_inference

    if listeners > MOST_LISTENERS:
        raise InputError(f"--listeners is {listeners}; allowed is 2 to {MOST_LISTENERS}.")
    with output.progress("Validating") as progress:
        result = validate_inference(
            protocols,
            screening[0],
            transducer=transducer,
            num_listeners=listeners,
            seed=seed,
            method=method.value,
            num_processes=processes,
            progress=progress,
        )
    _print(result, output)
    if out is not None:
        _write(result, out, output)
    output.document(json_value(result))
    if result.problems:
        raise typer.Exit(ExitCode.CANNOT_BE_TRUSTED)


def _print(result: "Validation", output: Output) -> None:
    output.text(
        f"{count(result.num_listeners, 'simulated listener')}, each with {count(result.num_trials, 'trial')} of "
        f"{', '.join(result.protocols)} and an audiogram; method {result.method}, seed "
        f"{result.seed}"
    )
    table = new_table(
        "Quantity", "95 % intervals\ncover", "ranks\nuniform: p", "error re\nCramér-Rao", "cases where\ndata dominate"
    )
    for each in result.calibrations:
        ratio = "none" if each.rmse_per_bound is None else f"{each.rmse_per_bound:.2f}"
        table.add_row(
            each.quantity,
            f"{each.coverage:.1%} ± {each.coverage_se:.1%}",
            f"{each.pooled_uniformity_p:.3f}",
            ratio,
            f"{each.num_dominated:,}",
        )
    output.table(table)
    if result.chains is not None:
        chains = result.chains
        output.text(
            f"Chains of {count(chains.num_listeners, 'listener')}: {chains.divergent_share:.2%} of the trajectories "
            f"diverged; smallest bulk effective sample size: median {chains.ess_bulk_min_median:.0f}, "
            f"5th percentile {chains.ess_bulk_min_percentile_5:.0f}"
        )
    for left_out in result.left_out:
        output.warning(
            f"{left_out.protocol} was left out for {left_out.num_listeners:,} of "
            f"{count(result.num_listeners, 'listener')}: its design refuses an ear with their audiogram."
        )
    for quantity in result.untested:
        output.warning(f"Nothing is said of the {quantity}: fewer than two listeners have trials that test it.")
    if result.num_not_converged:
        output.warning(f"{count(result.num_not_converged, 'fit')} of {result.num_listeners} did not converge.")
    for sentence in result.problems:
        output.warning(sentence)


def _write(result: "Validation", out: Path, output: Output) -> None:
    import json

    from hearfit.reports.validation import write_validation_figure
    from hearfit.storage.files import write_text

    out.mkdir(parents=True, exist_ok=True)
    write_validation_figure(result, out / _NAMES[1])
    write_text(out / _NAMES[0], json.dumps(json_value(result), indent=2, allow_nan=False) + "\n")
    for name in _NAMES:
        output.text(f"Wrote {out / name}")
