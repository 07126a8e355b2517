"""The entry point: help, exit codes, and what happens when something unforeseen does."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from hearfit.cli.main import app
from hearfit.cli.output import Output, json_value, printable
from tests.cli.conftest import Cli

COMMANDS = (
    ("fit",),
    ("report",),
    ("compare",),
    ("score",),
    ("simulate",),
    ("demo",),
    ("bids",),
    ("protocol", "list"),
    ("protocol", "show"),
    ("audiogram", "show"),
    ("audiogram", "compare"),
    ("audiogram", "convert"),
    ("experiment", "list"),
    ("standards",),
    ("frontend",),
    ("validate",),
    ("show",),
    ("history",),
    ("protocol", "check"),
)
HEAVY = ("jax", "mlflow", "matplotlib", "numpy", "pandas", "pydantic", "scipy")


def test_nothing_heavy_is_imported_for_help() -> None:
    code = f"import sys, hearfit.cli.main; print(sorted(set(sys.modules) & {set(HEAVY)!r}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_has_help_and_json(cli: Cli, command: tuple[str, ...]) -> None:
    outcome = cli(*command, "--help")
    assert outcome.code == 0
    assert "--json" in outcome.out
    assert outcome.err == ""


def test_every_command_is_tested() -> None:
    top = typer.main.get_command(app)
    assert {command[0] for command in COMMANDS} == set(top.list_commands(typer.Context(top)))  # type: ignore[attr-defined]


def test_without_a_command_there_is_help(cli: Cli) -> None:
    outcome = cli()
    assert "Exit codes: 0 done" in " ".join((outcome.out + outcome.err).split())


def test_version(cli: Cli) -> None:
    assert cli("--version").out.startswith("hearfit 0.")


@pytest.mark.parametrize("arguments", [["fly"], ["fit", "--fly"], ["protocol", "fly"]])
def test_bad_usage_exits_2(cli: Cli, arguments: list[str]) -> None:
    outcome = cli(*arguments)
    assert outcome.code == 2
    assert "fly" in outcome.err
    assert outcome.out == ""


def test_a_bug_is_told_in_a_sentence(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise RuntimeError("no way")

    monkeypatch.setattr("hearfit.protocols.loader.shipped_protocols", broken)
    outcome = cli("protocol", "list")
    assert outcome.code == 70
    assert outcome.err.startswith("error: This is a bug in hearfit (RuntimeError: no way).")
    assert "Traceback" not in outcome.err
    assert json.loads(cli("protocol", "list", "--json").out)["error"]["exit_code"] == 70
    monkeypatch.setenv("HEARFIT_DEBUG", "1")
    assert "Traceback" in cli("protocol", "list").err


def test_an_interruption_exits_130(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("hearfit.protocols.loader.shipped_protocols", interrupted)
    outcome = cli("protocol", "list")
    assert outcome.code == 130
    assert outcome.err == "error: Interrupted.\n"
    assert json.loads(cli("protocol", "list", "--json").out)["error"]["kind"] == "interruption"


def test_an_interruption_during_the_imports_exits_130() -> None:
    code = (
        "import sys\n"
        "class Interrupted:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'hearfit.cli.fit':\n"
        "            raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Interrupted())\n"
        "from hearfit.cli.main import run\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "error: Interrupted.\n")


def test_a_closed_pipe_is_no_bug(tmp_path: Path) -> None:
    command = f"{sys.executable} -c 'from hearfit.cli.main import run; run()' protocol show categorical_loudness | true"
    done = subprocess.run(command, shell=True, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "bug" not in done.stderr
    assert "Traceback" not in done.stderr


def test_a_poor_terminal_gets_escapes(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from hearfit.cli.main import run; run()", "audiogram", "show", "N3"],
        env=os.environ | {"PYTHONIOENCODING": "ascii"},
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0
    assert b"\\u253c" in done.stdout


def test_control_characters_are_shown_and_not_obeyed() -> None:
    assert printable("a\x1b[31mb\r\x07\udcff\nü") == "a\\x1b[31mb\\r\\x07\\udcff\nü"


def test_json_has_no_infinite_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    Output(is_json=True).document(json_value({"a": (float("nan"), 1.5), "b": {"c": Path("x")}}))
    assert json.loads(capsys.readouterr().out) == {"a": [None, 1.5], "b": {"c": "x"}}


def test_text_and_json_exclude_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    Output(is_json=True).text("words")
    Output(is_json=False).document({"a": 1})
    assert capsys.readouterr().out == ""


def test_progress_is_a_line_for_each_step_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with Output(is_json=False).progress("Left ear") as progress:
        for share in (0.1, 0.2, 0.3):
            progress("Searching", share)
        progress("Writing", 0.9)
    assert capsys.readouterr().err == "Left ear: Searching\nLeft ear: Writing\n"
    with Output(is_json=False, is_quiet=True).progress("Left ear") as progress:
        progress("Searching", 0.1)
    assert capsys.readouterr().err == ""


def test_progress_is_a_bar_on_a_terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with Output(is_json=False).progress("Left ear") as progress:
        progress("Searching [red]", 0.5)
    assert capsys.readouterr().out == ""
