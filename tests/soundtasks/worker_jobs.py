"""Jobs for the tests of workers; here, where their processes find them."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

from hearfit.soundtasks.workers import Tell

# Far more than a pipe holds, so that whoever sends it waits until it is read.
LARGE = 20_000_000


def process_id(_job: object, _tell: Tell) -> int:
    """Says which process it was done in."""
    return os.getpid()


def environment(name: str, _tell: Tell) -> str | None:
    """A variable of the process in which it is done."""
    return os.environ.get(name)


def large(_job: object, _tell: Tell) -> bytes:
    """A result that does not fit into a pipe."""
    return bytes(LARGE)


class Deadly:
    """A job, or a way to do jobs, that ends the process which unpickles it."""

    def __reduce__(self) -> tuple[object, ...]:
        return os._exit, (3,)

    def __call__(self, _job: object, _tell: Tell) -> None:
        """Never gets that far."""


@dataclass(frozen=True)
class Step:
    """A job that needs others to have ended, or to have begun, and says so if they have not.

    Attributes:
        group: what it shares with others.
        after: jobs that must have ended before it begins.
        beside: jobs that it waits for until they have begun.
    """

    name: str
    group: str | None = None
    after: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    is_failing: bool = False


@dataclass(frozen=True)
class Steps:
    """Does steps, which see each other in a folder."""

    folder: Path

    def __call__(self, step: Step, _tell: Tell) -> str:
        """Its name."""
        (self.folder / f"{step.name} begun").touch()
        late = [name for name in step.after if not (self.folder / f"{name} ended").exists()]
        assert not late, f"{step.name} began before the end of {late}"
        for _ in range(600):
            if all((self.folder / f"{name} begun").exists() for name in step.beside):
                break
            time.sleep(0.1)
        else:
            raise AssertionError(f"{step.name} was alone")
        (self.folder / f"{step.name} ended").touch()
        if step.is_failing:
            raise ValueError(step.name)
        return step.name
