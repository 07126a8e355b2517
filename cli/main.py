"""The entry point: commands by name, and exceptions to exit codes."""

import io
import os
import sys
import traceback
from typing import Annotated, Final

import typer

from hearfit.cli.audiogram import audiogram_commands
from hearfit.cli.demo import demo
from hearfit.cli.fit import fit
from hearfit.cli.output import printable
from hearfit.cli.protocol import protocol_commands
from hearfit.cli.report import report
from hearfit.cli.score import score
from hearfit.cli.simulate import simulate
from hearfit.errors import ExitCode, HearfitError

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
app.command()(score)
app.command()(simulate)
app.add_typer(protocol_commands, name="protocol")
app.add_typer(audiogram_commands, name="audiogram")
app.command()(demo)


def run() -> None:
    """Runs the command line and ends the process with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        # A name that the terminal's encoding lacks is shown as an escape instead of ending the command.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except HearfitError as error:
        _print_error(str(error))
        sys.exit(ExitCode.BAD_INPUT)
    except KeyboardInterrupt:
        sys.exit(ExitCode.INTERRUPTED)
    except Exception as error:  # noqa: BLE001 - whatever else happens is a bug, of which a person is told in a sentence
        if os.environ.get(DEBUG_VARIABLE):
            traceback.print_exc()
        _print_error(
            f"This is a bug in hearfit ({type(error).__name__}: {error}). Please report it with the output of the same "
            f"command under {DEBUG_VARIABLE}=1."
        )
        sys.exit(BUG_EXIT_CODE)


def _print_error(text: str) -> None:
    lines = [f"error: {line}" for line in printable(text).splitlines()]
    sys.stderr.write("\n".join(lines) + "\n")
