"""The entry point: commands by name, and exceptions to exit codes."""

import io
import os
import sys
import traceback
from collections.abc import Sequence
from typing import Annotated, Final, NoReturn

try:
    import typer

    from hearfit.cli.audiogram import audiogram_commands
    from hearfit.cli.audiogram_compare import compare as compare_audiograms
    from hearfit.cli.audiogram_convert import convert
    from hearfit.cli.bids import bids
    from hearfit.cli.compare import compare
    from hearfit.cli.demo import demo
    from hearfit.cli.experiment import experiment_commands
    from hearfit.cli.fit import fit
    from hearfit.cli.frontend import frontend
    from hearfit.cli.history import history
    from hearfit.cli.output import error_document, printable
    from hearfit.cli.protocol import protocol_commands
    from hearfit.cli.report import report
    from hearfit.cli.score import score
    from hearfit.cli.show import show
    from hearfit.cli.simulate import simulate
    from hearfit.cli.standards import standards
    from hearfit.cli.validate import validate
    from hearfit.errors import ExitCode, HearfitError, InputError
except KeyboardInterrupt:
    # The imports take a fifth of a second, in which `run` cannot say it yet.
    sys.stderr.write("error: Interrupted.\n")
    sys.exit(130)

DEBUG_VARIABLE: Final = "HEARFIT_DEBUG"
# EX_SOFTWARE of sysexits.h, so that a bug is never taken for a fit that cannot be trusted.
BUG_EXIT_CODE: Final = 70

_EPILOG: Final = (
    "Exit codes: 0 done; 1 the fit cannot be trusted; 2 bad usage or input; 70 a bug in hearfit (set HEARFIT_DEBUG=1 "
    "for the traceback); 130 interrupted. Results go to stdout, progress and warnings to stderr."
)

app = typer.Typer(
    name="hearfit",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
)


def _print_version(is_asked: bool) -> bool:
    if is_asked:
        from importlib.metadata import version

        sys.stdout.write(f"hearfit {version('hearfit')}\n")
        raise typer.Exit
    return is_asked


@app.callback(epilog=_EPILOG)
def hearfit(
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Turns a person's answers in listening tests into a profile of that ear."""


app.command()(fit)
app.command()(report)
app.command()(show)
app.command()(history)
app.command()(compare)
app.command()(score)
app.command()(simulate)
app.command()(bids)
app.command()(validate)
app.command()(frontend)
app.add_typer(protocol_commands, name="protocol")
audiogram_commands.command("compare")(compare_audiograms)
app.add_typer(audiogram_commands, name="audiogram")
audiogram_commands.command()(convert)
app.add_typer(experiment_commands, name="experiment")
app.command()(standards)
app.command()(demo)


def run() -> None:
    """Runs the command line and ends the process with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        # A name that the terminal's encoding lacks is shown as an escape instead of ending the command.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        # Named here, or help and errors would speak of however the program was started.
        code = app(prog_name="hearfit", standalone_mode=False)
    except HearfitError as error:
        problems = error.problems if isinstance(error, InputError) else (str(error),)
        _fail(problems, kind="input", exit_code=ExitCode.BAD_INPUT, shown=str(error))
    except typer.TyperException as error:
        _fail_usage(error)
    except KeyboardInterrupt:
        _fail(["Interrupted."], kind="interruption", exit_code=ExitCode.INTERRUPTED)
    except Exception as error:  # noqa: BLE001 - whatever else happens is a bug, of which a person is told in a sentence
        if os.environ.get(DEBUG_VARIABLE):
            traceback.print_exc()
        sentence = (
            f"This is a bug in hearfit ({type(error).__name__}: {error}). Please report it with the output of the same "
            f"command under {DEBUG_VARIABLE}=1."
        )
        _fail([sentence], kind="bug", exit_code=BUG_EXIT_CODE)
    # typer makes an exit code of an interruption.
    if code == ExitCode.INTERRUPTED:
        _fail(["Interrupted."], kind="interruption", exit_code=ExitCode.INTERRUPTED)
    sys.exit(code or ExitCode.DONE)


def _fail_usage(error: typer.TyperException) -> NoReturn:
    """Bad usage in the words of typer, as one sentence in a line that a search finds."""
    context = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError":
        # The help was printed where the error was made.
        sys.exit(ExitCode.BAD_INPUT)
    hint = f" See `{context.command_path} --help`." if context is not None else ""
    message = " ".join(error.format_message().split())
    _fail([f"{message.removesuffix('.')}.{hint}"], kind="input", exit_code=ExitCode.BAD_INPUT)


def _fail(problems: Sequence[str], *, kind: str, exit_code: int, shown: str | None = None) -> NoReturn:
    """Ends the process: sentences on stderr, and all of them in a document on stdout with --json."""
    text = "\n".join(problems) if shown is None else shown
    lines = [f"error: {line}" for line in printable(text).splitlines()]
    sys.stderr.write("\n".join(lines) + "\n")
    if _is_json_wanted(sys.argv[1:]):
        error_document(problems, kind=kind, exit_code=exit_code)
    sys.exit(exit_code)


def _is_json_wanted(arguments: Sequence[str]) -> bool:
    """As a shell would read it, because bad usage ends before the flag is parsed."""
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    return "--json" in options
