"""Jobs side by side in fresh processes, each with one thread: one that fails or dies does not take others with it."""

import contextlib
import os
import signal
import traceback
from collections import deque
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from typing import Any, Final, Generic, TypeVar

from hearfit.errors import HearfitError

Job = TypeVar("Job")
Result = TypeVar("Result")
Tell = Callable[[str, float], None]
# What a job does in a worker: told of its progress, it gives its result.
Work = Callable[[Job, Tell], Result]
# What jobs have in common that the first of them makes and the others find made; None: nothing.
Shared = Callable[[Job], Hashable | None]

_ONE_THREAD: Final = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    # A worker that took most of a GPU's memory for itself would leave none for the next.
    "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
}
# glibc gives large buffers back to the system after every step and has them zeroed page by page in the next; of the CNN
# on phones that was a fifth of the processor's time. The threshold of mmap ends at 32 MB, below those buffers, so there
# is no mmap at all; with more than one arena it would be used nevertheless. Systems without glibc ignore all this.
_KEPT_HEAP: Final = {
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TOP_PAD_": str(1 << 26),
    "MALLOC_TRIM_THRESHOLD_": str(1 << 36),
}
_XLA_ONE_THREAD: Final = "--xla_cpu_multi_thread_eigen=false"
_TIME_TO_DIE_S: Final = 5.0
_KILLED: Final = -signal.SIGKILL if hasattr(signal, "SIGKILL") else None


@dataclass(frozen=True)
class Done(Generic[Result]):
    """A job has ended with this result."""

    index: int
    result: Result


@dataclass(frozen=True)
class Failed:
    """A job has ended with an error: a sentence, and where it was raised if that is not what the sentence says."""

    index: int
    problem: str
    traceback: str


@dataclass(frozen=True)
class Progressed:
    """A job is this far."""

    index: int
    message: str
    share: float


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """An environment in which libraries that start now compute with one thread: the same bits however many workers."""
    flags = os.environ.get("XLA_FLAGS", "")
    with _environment(
        {**_ONE_THREAD, "XLA_FLAGS": flags if _XLA_ONE_THREAD in flags else f"{flags} {_XLA_ONE_THREAD}".strip()}
    ):
        yield


@contextlib.contextmanager
def _kept_heap() -> Iterator[None]:
    """An environment in which processes that start now keep the memory that they free; what the user set wins."""
    is_set = any(name in os.environ for name in _KEPT_HEAP)
    with _environment({} if is_set else _KEPT_HEAP):
        yield


@contextlib.contextmanager
def _environment(wanted: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def attempt(index: int, work: Work[Job, Result], job: Job, tell: Tell) -> Done[Result] | Failed:
    """Does a job; an exception of it becomes a failure."""
    try:
        return Done(index, work(job, tell))
    except HearfitError as error:
        return Failed(index, str(error), "")
    except Exception as error:  # noqa: BLE001 - whatever it is, the other jobs go on
        return Failed(index, f"{type(error).__name__}: {error}", traceback.format_exc())


def in_processes(
    work: Work[Job, Result], jobs: Sequence[Job], num_processes: int, *, shared: Shared[Job] | None = None
) -> Iterator[Done[Result] | Failed | Progressed]:
    """Does jobs in worker processes and gives what they tell, as it comes; ended early, it ends the workers.

    A worker that dies, for want of memory for example, fails its job and is replaced; one that dies between two jobs
    is replaced. Of jobs that have something in common (`shared`) one is done alone, until one has ended well; meanwhile
    the other workers do what comes after, or nothing.
    """
    waiting = deque(range(len(jobs)))
    common = [None if shared is None else shared(job) for job in jobs]
    made: set[Hashable | None] = {None}
    workers: list[_Worker[Job]] = []

    def startable() -> int | None:
        in_work = {common[worker.index] for worker in workers if worker.index is not None}
        return next((index for index in waiting if common[index] in made or common[index] not in in_work), None)

    try:
        while waiting or any(worker.index is not None for worker in workers):
            while sum(worker.index is not None for worker in workers) < num_processes:
                index = startable()
                if index is None:
                    break
                idle = next((worker for worker in workers if worker.index is None), None)
                if idle is None:
                    fresh = _Worker(work)
                    workers.append(fresh)
                    # One that dies before it has its first job fails it; tried again and again, it might never end.
                    fresh.give(index, jobs[index])
                elif not idle.give(index, jobs[index]):
                    workers.remove(idle)
                    idle.end()
                    continue
                waiting.remove(index)
            for ready in wait([worker.connection for worker in workers if worker.index is not None]):
                worker = next(each for each in workers if each.connection is ready)
                message = worker.message()
                if worker.is_dead:
                    workers.remove(worker)
                    worker.end()
                if isinstance(message, Done):
                    made.add(common[message.index])
                yield message
    finally:
        for worker in workers:
            worker.end()


class _Worker(Generic[Job]):
    """A process that does one job after the other; `index` is the one it has now."""

    def __init__(self, work: Callable[[Job, Tell], object]) -> None:
        context = get_context("spawn")
        self.connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, work), daemon=True)
        with one_thread(), _kept_heap():
            self._process.start()
        # Held here too, its end would never be seen as closed.
        theirs.close()
        self.index: int | None = None
        self.is_dead = False

    def give(self, index: int, job: Job) -> bool:
        """Whether it could be sent; if not the worker is dead, the job has not begun, and `message` says so."""
        self.index = index
        try:
            self.connection.send((index, job))
        except OSError:
            return False
        return True

    def message(self) -> Any:  # noqa: ANN401 - of the type that the work has
        assert self.index is not None
        try:
            message = self.connection.recv()
        except (EOFError, OSError):
            # The end of the pipe is EOFError between two messages, OSError within one.
            self._process.join(_TIME_TO_DIE_S)
            self._process.kill()
            self._process.join()
            self.is_dead = True
            code = self._process.exitcode
            # The system kills so what takes the last memory.
            advice = ", perhaps for want of memory; try --processes 1" if code == _KILLED else ""
            message = Failed(self.index, f"The worker process died (exit code {code}){advice}.", "")
        if not isinstance(message, Progressed):
            self.index = None
        return message

    def end(self) -> None:
        self._process.kill()
        self._process.join()
        self.connection.close()


def _serve(connection: Connection, work: Work[Job, Result]) -> None:
    # Ctrl-C reaches every process of a terminal; the one that started this one ends it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # The end of the pipe: whoever wanted the results is gone.
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            index, job = connection.recv()

            def tell(message: str, share: float, index: int = index) -> None:
                connection.send(Progressed(index, message, share))

            connection.send(attempt(index, work, job, tell))
