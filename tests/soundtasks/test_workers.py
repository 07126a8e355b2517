"""Workers that die at every moment: what has not begun is done elsewhere, what has begun fails, nothing hangs."""

import multiprocessing
import os
import signal
from pathlib import Path

import pytest

from hearfit.soundtasks import workers
from hearfit.soundtasks.workers import Done, Failed, in_processes
from tests.soundtasks.worker_jobs import LARGE, Deadly, Step, Steps, environment, large, process_id

KILLED = "The worker process died (exit code -9), perhaps for want of memory; try --processes 1."


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
        assert worker.message() == Failed(7, KILLED, "")
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


def test_jobs_that_share_something_wait_for_the_first_while_others_go_on(tmp_path: Path) -> None:
    """The first waits for what comes after those that must not begin; these are then done side by side."""
    steps = [
        Step("a1", "a", beside=("b1",)),
        Step("a2", "a", after=("a1",), beside=("a3",)),
        Step("a3", "a", after=("a1",), beside=("a2",)),
        Step("b1", "b"),
        Step("c1"),
        Step("c2"),
    ]
    messages = list(in_processes(Steps(tmp_path), steps, 2, shared=lambda step: step.group))
    assert sorted(message.result for message in messages if isinstance(message, Done)) == [
        step.name for step in steps
    ], messages


def test_where_the_first_of_those_that_share_fails_the_next_is_alone_again(tmp_path: Path) -> None:
    steps = [Step("a1", "a", is_failing=True), Step("a2", "a", after=("a1",)), Step("a3", "a", after=("a1", "a2"))]
    failed, *done = in_processes(Steps(tmp_path), steps, 3, shared=lambda step: step.group)
    assert isinstance(failed, Failed)
    assert failed.problem == "ValueError: a1"
    assert [message.result for message in done if isinstance(message, Done)] == ["a2", "a3"]


@pytest.mark.parametrize("own", [None, "8"])
def test_workers_keep_their_memory_unless_the_user_says_how(monkeypatch: pytest.MonkeyPatch, own: str | None) -> None:
    for name in workers._KEPT_HEAP:
        monkeypatch.delenv(name, raising=False)
    if own is not None:
        monkeypatch.setenv("MALLOC_ARENA_MAX", own)
    before = dict(os.environ)
    names = ["MALLOC_ARENA_MAX", "MALLOC_MMAP_MAX_"]
    found = [each for each in in_processes(environment, names, 1) if isinstance(each, Done)]
    assert [each.result for each in found] == (["1", "0"] if own is None else [own, None])
    assert dict(os.environ) == before
