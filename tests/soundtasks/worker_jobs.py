"""Jobs for the tests of workers; here, where their processes find them."""

import os

from hearfit.soundtasks.workers import Tell

# Far more than a pipe holds, so that whoever sends it waits until it is read.
LARGE = 20_000_000


def process_id(_job: object, _tell: Tell) -> int:
    """Says which process it was done in."""
    return os.getpid()


def large(_job: object, _tell: Tell) -> bytes:
    """A result that does not fit into a pipe."""
    return bytes(LARGE)


class Deadly:
    """A job, or a way to do jobs, that ends the process which unpickles it."""

    def __reduce__(self) -> tuple[object, ...]:
        return os._exit, (3,)

    def __call__(self, _job: object, _tell: Tell) -> None:
        """Never gets that far."""
