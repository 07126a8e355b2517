"""Checkpoints: a training that was killed ends with the bits of one that was not; broken files and full disks."""

import errno
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from hearfit.errors import InputError
from hearfit.training.checkpoint import previous_path, remove_checkpoint
from hearfit.training.loop import Trained
from tests.training.regression import SETTINGS, Regression, learned_bytes, run

SHORT = replace(SETTINGS, num_steps=16, steps_per_validation=4)


class StoppedError(Exception):
    """What ends a training in the middle."""


def stopped_at(step: int, checkpoint: Path) -> None:
    def stop(now: int, num_steps: int, loss: float, score: float | None) -> None:
        if now == step:
            raise StoppedError

    with pytest.raises(StoppedError):
        run(SHORT, dropout=0.2, checkpoint=checkpoint, on_progress=stop)


@cache
def uninterrupted() -> Trained[Regression]:
    return run(SHORT, dropout=0.2)


@pytest.fixture(scope="module")
def half_done(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes]:
    """The checkpoints of a training that ended after step 10: of step 8, and of step 4."""
    path = tmp_path_factory.mktemp("checkpoint") / "c.safetensors"
    stopped_at(10, path)
    return path.read_bytes(), previous_path(path).read_bytes()


@pytest.fixture
def path(tmp_path: Path, half_done: tuple[bytes, bytes]) -> Path:
    path = tmp_path / "c.safetensors"
    path.write_bytes(half_done[0])
    previous_path(path).write_bytes(half_done[1])
    return path


def start(checkpoint: Path) -> "subprocess.Popen[str]":
    code = [sys.executable, "-P", "-m", "tests.training.regression", str(checkpoint), "160"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    return subprocess.Popen(code, stdout=subprocess.PIPE, text=True, env=environment)


def result(process: "subprocess.Popen[str]") -> tuple[int, str]:
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0
    resumed, learned = re.search(r"resumed at (\d+)\nresult (.*)", output).groups()  # type: ignore[union-attr]
    return int(resumed), learned


def test_a_kill_changes_no_bit(tmp_path: Path) -> None:
    """SIGKILL in the middle, then the same command again, against one that nobody killed; with dropout."""
    process = start(tmp_path / "killed")
    assert process.stdout is not None
    for line in process.stdout:
        if line == "step 83\n":
            break
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert process.returncode == -signal.SIGKILL
    resumed_at, learned = result(start(tmp_path / "killed"))
    assert resumed_at >= 80
    assert learned == learned_bytes(run(replace(SETTINGS, num_steps=160), dropout=0.2))


def test_resuming_changes_no_bit(path: Path) -> None:
    resumed = run(SHORT, dropout=0.2, checkpoint=path)
    assert resumed.resumed_at == 8
    assert learned_bytes(resumed) == learned_bytes(uninterrupted())
    # What is finished is read, not trained again.
    again = run(SHORT, dropout=0.2, checkpoint=path)
    assert again.resumed_at == again.num_steps == 16
    assert learned_bytes(again) == learned_bytes(resumed)
    remove_checkpoint(path)
    assert not list(path.parent.iterdir())


def test_a_broken_last_checkpoint_is_replaced_by_the_one_before(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-5])
    resumed = run(SHORT, dropout=0.2, checkpoint=path)
    assert resumed.resumed_at == 4
    assert learned_bytes(resumed) == learned_bytes(uninterrupted())


def test_a_kill_between_the_two_renames(path: Path) -> None:
    path.replace(path.with_name(f"{path.name}.new"))
    resumed = run(SHORT, dropout=0.2, checkpoint=path)
    assert resumed.resumed_at == 4


def damaged(content: bytes) -> Iterator[tuple[str, bytes]]:
    yield "not a whole safetensors file", b""
    yield "not a whole safetensors file", content[: len(content) // 2]
    yield "not a whole safetensors file", b"step,loss\n1,0.5\n"
    middle = len(content) - 30
    yield "SHA-256 differs", content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
    assert content.count(b'"step":"8"') == 1
    yield "SHA-256 differs", content.replace(b'"step":"8"', b'"step":"9"')


def test_damage_is_named(path: Path, half_done: tuple[bytes, bytes]) -> None:
    previous_path(path).unlink()
    for sentence, content in damaged(half_done[0]):
        path.write_bytes(content)
        with pytest.raises(InputError, match=rf"{re.escape(str(path))}: .*{sentence}.* Delete it to train"):
            run(SHORT, dropout=0.2, checkpoint=path)


def test_a_foreign_safetensors_file(path: Path) -> None:
    previous_path(path).unlink()
    save_file({"a": np.ones(3)}, path)
    with pytest.raises(InputError, match="is not a checkpoint of a training that this hearfit wrote"):
        run(SHORT, checkpoint=path)


def test_other_settings_are_refused_by_name(path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(
        InputError, match=r"other settings \(learning_rate is 0\.05 there and 0\.1 here; seed is 3 there"
    ):
        run(replace(SHORT, learning_rate=0.1, seed=4), dropout=0.2, checkpoint=path)
    with pytest.raises(InputError, match=r"other settings \(initial values \(SHA-256\) is"):
        run(SHORT, dropout=0.2, bias=0.1, checkpoint=path)
    assert path.read_bytes() == before


def test_it_holds_arrays_and_text_only(path: Path) -> None:
    names = set(load_file(path))
    assert {"values/params/weights/value", "best/params/weights/value", "optimiser/1/mu/weights/value"} <= names
    # A frozen constant is no state.
    assert not [name for name in names if "offset" in name]


def test_a_full_disk_leaves_the_old_checkpoint(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = path.read_bytes()

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match=r"cannot be written \(No space left on device\)"):
        run(SHORT, dropout=0.2, checkpoint=path)
    assert path.read_bytes() == old
    assert sorted(each.name for each in path.parent.iterdir()) == ["c.safetensors", "c.safetensors.previous"]
    monkeypatch.undo()
    assert learned_bytes(run(SHORT, dropout=0.2, checkpoint=path)) == learned_bytes(uninterrupted())
