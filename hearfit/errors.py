"""The one root of everything that hearfit raises on purpose, and the exit codes of the command line."""

from collections.abc import Sequence
from enum import IntEnum, unique

MAX_PROBLEMS_SHOWN = 20


@unique
class ExitCode(IntEnum):
    """What the shell is told."""

    DONE = 0
    CANNOT_BE_TRUSTED = 1
    BAD_INPUT = 2
    INTERRUPTED = 130


class HearfitError(Exception):
    """Root of all errors whose text is meant for the person at the keyboard."""


class InputError(HearfitError):
    """Bad usage or input: one or more complete sentences, all problems at once."""

    def __init__(self, problems: str | Sequence[str]) -> None:
        self.problems: tuple[str, ...] = (problems,) if isinstance(problems, str) else tuple(problems)
        shown = self.problems[:MAX_PROBLEMS_SHOWN]
        hidden = len(self.problems) - len(shown)
        tail = [f"... and {hidden} more problems of this kind."] if hidden else []
        super().__init__("\n".join([*shown, *tail]))


class TrackingError(HearfitError):
    """A fit could not be tracked; nothing else is lost."""


class TrainingError(HearfitError):
    """A training that cannot go on: its loss or its validation is no number any more."""
