"""Workers that die at every moment: what has not begun is done elsewhere, what has begun fails, nothing hangs."""

import multiprocessing
import os
import signal

import pytest

from hearfit.soundtasks import workers
from hearfit.soundtasks.workers import Done, Failed, in_processes
from tests.soundtasks.worker_jobs import LARGE, Deadly, large, process_id


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[workers._Worker[object]]:
    """Every worker, in the order in which they were started."""
    every: list[workers._Worker[object]] = []

    class Recorded(workers._Worker[object]):
        def __init__(self, work: workers.Work[object, object]) -> None:
            super().__init__(work)
            every.append(self)

    monkeypatch.setattr(workers, "_Worker", Recorded)
    return every


def kill(process_id: int) -> None:
    (process,) = (each for each in multiprocessing.active_children() if each.pid == process_id)
    os.kill(process_id, signal.SIGKILL)
    process.join()


def test_a_worker_killed_within_a_message_fails_its_job() -> None:
    worker = workers._Worker(large)
    try:
        assert worker.give(7, "job")
        # The message has begun, and does not fit into the pipe while nobody reads it.
        assert worker.connection.poll(60.0)
        worker._process.kill()
        assert worker.message() == Failed(7, "The worker process died (exit code -9).", "")
        assert worker.is_dead
    finally:
        worker.end()


def test_a_job_given_to_a_worker_that_died_idle_is_done_by_another(made: list[workers._Worker[object]]) -> None:
    messages = in_processes(process_id, ["first", "second"], 1)
    first = next(messages)
    assert isinstance(first, Done)
    kill(first.result)
    second = next(messages)
    assert isinstance(second, Done)
    assert (second.index, second.result) == (1, made[1]._process.pid)
    assert made[0].connection.closed
    assert list(messages) == []
    assert len(made) == 2


def test_a_job_that_kills_every_worker_fails_once(made: list[workers._Worker[object]]) -> None:
    messages = in_processes(process_id, ["first", Deadly(), "last"], 1)
    first = next(messages)
    second = next(messages)
    assert isinstance(first, Done)
    assert second == Failed(1, "The worker process died (exit code 3).", "")
    assert made[0].connection.closed
    third = next(messages)
    assert isinstance(third, Done)
    assert third.index == 2
    assert third.result != first.result


def test_workers_that_die_before_they_have_a_job_fail_it(made: list[workers._Worker[object]]) -> None:
    """A job that does not fit into the pipe cannot be sent; it must not be tried for ever."""
    (message,) = in_processes(Deadly(), [bytes(LARGE)], 1)
    assert message == Failed(0, "The worker process died (exit code 3).", "")
    assert len(made) == 1
