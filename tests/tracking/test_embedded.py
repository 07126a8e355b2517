"""One process at a time: threads stand for processes, because a lock belongs to whoever opened its file."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hearfit.tracking.embedded import alone, sqlite_path


def most_inside_at_once(uri: str, *, is_reading: bool = False) -> int:
    inside: list[int] = []
    counts: list[int] = []

    def enter(number: int) -> None:
        with alone(uri, is_reading=is_reading):
            inside.append(number)
            counts.append(len(inside))
            time.sleep(0.02)
            inside.remove(number)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(enter, range(4)))
    return max(counts)


def test_one_at_a_time(tmp_path: Path) -> None:
    pytest.importorskip("fcntl", reason="there are no such locks on Windows")
    uri = f"sqlite:///{tmp_path}/new/mlflow.db"
    assert most_inside_at_once(uri) == 1
    assert most_inside_at_once(uri, is_reading=True) == 1


def test_a_failure_gives_the_lock_back(tmp_path: Path) -> None:
    uri = f"sqlite:///{tmp_path}/mlflow.db"
    with pytest.raises(ZeroDivisionError), alone(uri):
        raise ZeroDivisionError
    with alone(uri):
        pass


def test_readers_make_no_file(tmp_path: Path) -> None:
    with alone(f"sqlite:///{tmp_path}/mlflow.db", is_reading=True):
        assert list(tmp_path.iterdir()) == []


def test_a_server_is_not_waited_for() -> None:
    assert most_inside_at_once("http://tracking.test") > 1


def test_the_file_of_a_store() -> None:
    assert sqlite_path("sqlite:////a/b.db?timeout=3") == Path("/a/b.db")
    assert sqlite_path("sqlite:///b.db") == Path("b.db")
    assert sqlite_path("postgresql://host/b") is None
