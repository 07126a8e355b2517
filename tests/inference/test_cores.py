"""The number of cores, against what the system says when it is asked to lend fewer."""

import os

import pytest

from hearfit.inference.cores import available_cores


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="needs a system that can lend a process fewer cores")
def test_only_cores_that_may_be_used_count() -> None:
    before = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(before)})
        assert available_cores() == 1
    finally:
        os.sched_setaffinity(0, before)
    assert available_cores() == len(before)


def test_other_systems_count_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 12)
    assert available_cores() == 12
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert available_cores() == 1
