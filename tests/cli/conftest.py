"""Running the command line inside the test's process, in an empty folder."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from hearfit.cli.main import run


@dataclass(frozen=True)
class Outcome:
    """What a shell would see."""

    code: int
    out: str
    err: str


Cli = Callable[..., Outcome]


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Cli:
    """Runs `hearfit` with arguments."""
    monkeypatch.chdir(tmp_path)
    # Tables are as wide as a terminal, and pytest's has no width.
    monkeypatch.setenv("COLUMNS", "100")

    def invoke(*arguments: str | Path) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["hearfit", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as caught:
            run()
        code = caught.value.code
        captured = capsys.readouterr()
        return Outcome(code if isinstance(code, int) else 0, captured.out, captured.err)

    return invoke
