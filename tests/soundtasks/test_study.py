"""A study: what is finished is kept, what fails is told, what is killed goes on; whatever the number of workers."""

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from hearfit.errors import InputError
from hearfit.soundtasks.record import RunName, RunRecord
from hearfit.soundtasks.record_files import read_records
from hearfit.soundtasks.study import RunFailure, run_study, shared_network
from hearfit.soundtasks.workers import in_processes, one_thread
from tests.soundtasks.study_tasks import NAMES, Fake


def other(frontend: str) -> RunName:
    return replace(NAMES[0], frontend=frontend)


def test_finished_runs_are_kept(tmp_path: Path) -> None:
    told: list[RunRecord] = []
    kept: list[int] = []
    shares: list[tuple[RunName, str, float]] = []
    first = run_study(Fake(), NAMES[:2], tmp_path, num_processes=1, on_finished=told.append)
    assert repr(first.records) == repr(tuple(told))
    again = run_study(
        Fake(),
        NAMES,
        tmp_path,
        num_processes=1,
        on_kept=lambda num: kept.append(num - len(told)),
        on_finished=told.append,
        on_progress=lambda *each: shares.append(each),
    )
    assert again.num_kept == 2
    # Told when no more were finished than these.
    assert kept == [0]
    assert [record.name for record in again.records] == list(NAMES) == [record.name for record in told]
    assert shares == [(name, "training", 0.5) for name in NAMES[2:]]
    assert sorted(record.name for record in read_records(tmp_path / "runs")) == sorted(NAMES)
    assert not list((tmp_path / "checkpoints").iterdir())


def test_workers_give_the_same_and_lose_nothing(tmp_path: Path) -> None:
    """One raises, one is killed by the system; the rest is what one process gives."""
    names = [NAMES[0], other("dies"), NAMES[1], other("fails"), other("refuses"), *NAMES[2:]]
    alone = run_study(Fake(), NAMES, tmp_path / "alone", num_processes=1)
    told: list[RunName] = []
    failed: list[RunFailure] = []
    result = run_study(
        Fake(),
        names,
        tmp_path / "both",
        num_processes=2,
        on_finished=lambda record: told.append(record.name),
        on_failed=failed.append,
    )
    assert sorted(failed, key=lambda each: each.name) == sorted(result.failures, key=lambda each: each.name)
    assert repr(result.records) == repr(alone.records)
    assert sorted(told) == sorted(NAMES)
    assert [failure.name.frontend for failure in result.failures] == ["dies", "fails", "refuses"]
    dies, fails, refuses = result.failures
    assert dies.problem == ("The worker process died (exit code -9), perhaps for want of memory; try --processes 1.")
    assert fails.problem == "ZeroDivisionError: by zero"
    assert "study_tasks.py" in fails.traceback
    assert (refuses.problem, refuses.traceback) == ("The sound is empty.", "")
    (written,) = (tmp_path / "both" / "failures").iterdir()
    assert [each.traceback_file for each in result.failures] == [None, written, None]
    assert written.read_text().endswith(fails.traceback)


@dataclass(frozen=True)
class Sharing(Fake):
    """All runs of a seed share a network, but for one frontend."""

    def training_of(self, name: RunName) -> int | None:
        return None if name.frontend == "mel" else name.seed


def test_runs_that_share_a_network_are_told_to_the_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless a finished run has left the network."""
    told: list[object] = []

    def record_shared(
        work: Callable[..., RunRecord], names: list[RunName], num: int, *, shared: Callable[[RunName], object]
    ) -> object:
        told.append({name: shared(name) for name in names})
        return in_processes(work, [], num)

    leaves = [RunName("fake", "leaf", condition, seed) for condition in ("a", "b") for seed in (0, 1)]
    run_study(Sharing(), leaves[:1], tmp_path, num_processes=1)
    monkeypatch.setattr("hearfit.soundtasks.study.in_processes", record_shared)
    names = [*leaves, RunName("fake", "mel", "a", 1)]
    run_study(Sharing(), names, tmp_path, num_processes=2)
    assert told == [{names[1]: 1, names[2]: None, names[3]: 1, names[4]: None}]


def test_a_shared_network_is_named_after_settings_and_software(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = tmp_path / "checkpoints" / "run"
    named = [shared_network(task, workspace, "leaf_0") for task in (Fake(), Fake(), Fake(0.2))]
    monkeypatch.setattr("hearfit.soundtasks.study.version", lambda name: f"another {name}")
    named.append(shared_network(Fake(), workspace, "leaf_0"))
    assert named[0] == named[1]
    assert len({path for path, _ in named}) == len({of_settings for _, of_settings in named}) == 3
    assert {path.parent for path, _ in named} == {tmp_path / "networks"}
    path, of_settings = named[0]
    assert path.name == f"leaf_0_{of_settings[:8]}.safetensors"


def test_a_disk_that_is_full_fails_the_run_with_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    full = OSError(errno.ENOSPC, "No space left on device")
    made = Path.mkdir

    def mkdir(path: Path, **options: bool) -> None:
        if "checkpoints" in path.parts:
            raise full
        made(path, **options)

    monkeypatch.setattr(Path, "mkdir", mkdir)
    result = run_study(Fake(), NAMES[:1], tmp_path, num_processes=1)
    (failure,) = result.failures
    assert failure.problem.startswith(f"{tmp_path / 'checkpoints' / 'fake_mel_linear_seed-0'}")
    assert failure.problem.endswith(": cannot be made (No space left on device).")
    assert failure.traceback == ""


def test_records_of_other_settings_are_refused(tmp_path: Path) -> None:
    run_study(Fake(), NAMES[:2], tmp_path, num_processes=1)
    with pytest.raises(
        InputError, match=r"2 records were made with other settings; .* rate is 0\.1 there and 0\.2 here"
    ):
        run_study(Fake(0.2), NAMES[:1], tmp_path, num_processes=1)
    result = run_study(Fake(0.2), NAMES[:1], tmp_path, num_processes=1, is_forced=True)
    assert result.num_kept == 0
    assert [record.name for record in read_records(tmp_path / "runs")] == [NAMES[0]]


def test_a_run_goes_on_from_its_checkpoint(tmp_path: Path) -> None:
    names = [NAMES[0], other("stops"), NAMES[1]]
    with pytest.raises(KeyboardInterrupt):
        run_study(Fake(), names, tmp_path, num_processes=1)
    assert [record.name for record in read_records(tmp_path / "runs")] == [NAMES[0]]
    result = run_study(Fake(), names, tmp_path, num_processes=1)
    assert result.num_kept == 1
    assert result.records[1].scores["score"] > 100.0
    assert not list((tmp_path / "checkpoints").iterdir())


@pytest.mark.usefixtures("children_hear_interrupts")
def test_interrupted_workers_end_and_leave_what_is_finished(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-P", "-m", "tests.soundtasks.study_tasks", str(tmp_path)]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        start_new_session=True,
    )
    assert process.stdout is not None
    awaited = {"finished\n", "waits\n"}
    while awaited:
        line = process.stdout.readline()
        assert line
        awaited.discard(line)
    (checkpoint,) = tmp_path.glob("checkpoints/fake_waits_*/state")
    worker = int(checkpoint.read_text())
    os.kill(worker, 0)
    # As a terminal does it: to every process of the group.
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGINT
    assert errors.count("Traceback") == 1
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)
    assert [record.name for record in read_records(tmp_path / "runs")] == [NAMES[0]]


def test_wrong_requests(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"fake, mel, linear, seed 0 is asked for twice"):
        run_study(Fake(), [NAMES[0], NAMES[0]], tmp_path, num_processes=1)
    with pytest.raises(InputError, match="number of processes is 0"):
        run_study(Fake(), NAMES, tmp_path, num_processes=0)
    (tmp_path / "runs").write_text("")
    with pytest.raises(InputError, match=r"runs: is a file|cannot be used as an output folder"):
        run_study(Fake(), NAMES, tmp_path, num_processes=1)


def test_the_environment_is_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XLA_FLAGS", "--xla_a=1")
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    before = dict(os.environ)
    with one_thread():
        assert os.environ["XLA_FLAGS"] == "--xla_a=1 --xla_cpu_multi_thread_eigen=false"
        assert os.environ["OPENBLAS_NUM_THREADS"] == "1"
    assert dict(os.environ) == before
