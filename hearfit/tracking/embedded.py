"""The embedded store: a file of SQLite, to which one process of a machine at a time adds a run."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

try:
    import fcntl
except ImportError:  # Windows, where two processes that create the same store at once may collide.
    fcntl = None  # type: ignore[assignment]

SQLITE: Final = "sqlite:///"


def sqlite_path(uri: str) -> Path | None:
    """The file of an embedded store; None for every other store."""
    return Path(uri.removeprefix(SQLITE).partition("?")[0]) if uri.startswith(SQLITE) else None


@contextlib.contextmanager
def alone(uri: str, *, is_reading: bool = False) -> Iterator[None]:
    """Waits until no other process is inside this for the same embedded store; a server is not waited for.

    MLflow's tables would else be made twice, which fails, and two fits could take the same version. The lock is on a
    file of its own, because closing the database would end the locks that SQLite holds on it. Readers make no file.
    """
    path = sqlite_path(uri)
    lock = None if path is None else path.with_name(f"{path.name}.lock")
    if lock is None or not hasattr(fcntl, "flock") or (is_reading and not lock.is_file()):
        yield
        return
    if not is_reading:
        lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("r" if is_reading else "a") as handle:
        # Closing the file gives the lock back.
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
