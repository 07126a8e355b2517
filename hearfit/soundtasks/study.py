"""Many runs of one task: finished ones are kept, the rest is done side by side and can be killed at any time."""

import contextlib
import shutil
from collections.abc import Callable, Generator, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Final, Protocol, runtime_checkable

from hearfit.errors import InputError
from hearfit.soundtasks.record import RunName, RunRecord
from hearfit.soundtasks.record_files import (
    StoredRun,
    file_stem,
    name_parts,
    read_stored,
    record_path,
    write_record,
)
from hearfit.soundtasks.workers import Done, Failed, Progressed, Tell, attempt, in_processes, one_thread
from hearfit.storage.files import check_output, write_bytes
from hearfit.training.settings import Settings, difference_sentence, settings_hash

OnProgress = Callable[[RunName, str, float], None]
SOFTWARE: Final = ("hearfit", "jax", "flax", "optax", "numpy", "scipy")
"""Whose versions a run may depend on."""
RUNS = "runs"
CHECKPOINTS = "checkpoints"
FAILURES = "failures"
NETWORKS = "networks"


@runtime_checkable
class SoundTask(Protocol):
    """What a study repeats: a frozen dataclass that can be pickled, so that workers get their own."""

    def settings(self) -> Settings:
        """All that decides the scores of a run besides its name, for JSON; not which runs are wanted."""
        ...

    def run(self, name: RunName, workspace: Path, progress: Tell) -> RunRecord:
        """Does one run; checkpoints in `workspace`, a folder of this run's own, survive a kill."""
        ...


@runtime_checkable
class SharesTraining(Protocol):
    """A task several of whose runs use one network: the first trains it and leaves it in `shared_network`."""

    def training_of(self, name: RunName) -> Hashable | None:
        """The same for runs that use the same network, which are then not begun side by side; None: a run by itself."""
        ...


@dataclass(frozen=True)
class RunFailure:
    """A run that ended with an error; `traceback` is empty where `problem` says it all.

    `traceback_file` is in the output folder; None where there is no traceback, or where it could not be written.
    """

    name: RunName
    problem: str
    traceback: str
    traceback_file: Path | None


@dataclass(frozen=True)
class StudyResult:
    """Records of all runs that are finished, in the order asked for, and of the runs that failed, why."""

    records: tuple[RunRecord, ...]
    failures: tuple[RunFailure, ...]
    num_kept: int


def run_study(
    task: SoundTask,
    names: Sequence[RunName],
    out: Path,
    *,
    num_processes: int,
    settings: Settings | None = None,
    is_forced: bool = False,
    on_kept: Callable[[int], None] | None = None,
    on_finished: Callable[[RunRecord], None] | None = None,
    on_failed: Callable[[RunFailure], None] | None = None,
    on_progress: OnProgress | None = None,
) -> StudyResult:
    """Does the runs that have no record in `out` yet, in `num_processes` workers, or in this process where it is 1.

    The scores do not depend on the number of workers, since each computes with one thread; this process does so too
    as long as JAX has not computed in it before. Killed, or ended with Ctrl-C, it goes on when it is called again:
    finished runs are in `out/runs`, checkpoints of those begun in `out/checkpoints`, and where those that failed did so
    in `out/failures`, until they succeed.

    Args:
        settings: of the task, where they are known already: they hold a hash of all data, which takes a while.
        is_forced: records of other settings are deleted; otherwise they are refused.
        on_kept: told how many runs are finished already, before the first of the others.
        on_finished: told of each new record, here, in the order in which they are finished.
        on_failed: told of each run that failed, as soon as it has.
        on_progress: told of the run, what it does and which share of it is done.

    Raises:
        InputError: a run is asked for twice, `out` cannot be written, or holds a broken record or, unless forced, one
            of other settings.
    """
    twice = sorted({name for name in names if list(names).count(name) > 1})
    if twice:
        raise InputError([f"The run {', '.join(name_parts(name))} is asked for twice." for name in twice])
    if num_processes < 1:
        raise InputError(f"The number of processes is {num_processes}; allowed is 1 or more.")
    check_output(out / RUNS, [record_path(Path(), name).name for name in names])
    of_records = recorded_settings(task, settings)
    kept = _kept(out / RUNS, of_records, is_forced=is_forced)
    wanted = [name for name in names if name not in kept]
    for name in kept:
        _write_traceback(out, name, None)
    if on_kept is not None:
        on_kept(len(names) - len(wanted))
    work = partial(_run, task, out, of_records)
    finished: dict[RunName, RunRecord] = {}
    failures: dict[RunName, RunFailure] = {}
    shared = _shared(task, tuple(kept))
    with contextlib.closing(_messages(work, wanted, num_processes, shared, on_progress)) as messages:
        for message in messages:
            name = wanted[message.index]
            if isinstance(message, Progressed):
                if on_progress is not None:
                    on_progress(name, message.message, message.share)
            elif isinstance(message, Failed):
                written = _write_traceback(out, name, message)
                failures[name] = RunFailure(name, message.problem, message.traceback, written)
                if on_failed is not None:
                    on_failed(failures[name])
            else:
                _write_traceback(out, name, None)
                finished[name] = message.result
                if on_finished is not None:
                    on_finished(message.result)
    every = {**{name: stored.record for name, stored in kept.items()}, **finished}
    return StudyResult(
        records=tuple(every[name] for name in names if name in every),
        failures=tuple(failures[name] for name in names if name in failures),
        num_kept=len(names) - len(wanted),
    )


def recorded_settings(task: SoundTask, settings: Settings | None = None) -> Settings:
    """The settings of a task with the versions of the software, as records and networks carry them.

    Args:
        settings: those of the task, where they are known already.
    """
    # Of other versions a run may differ, although everything else is the same.
    return {
        **(task.settings() if settings is None else settings),
        "software": {name: version(name) for name in SOFTWARE},
    }


def shared_network(task: SoundTask, workspace: Path, name: str) -> tuple[Path, str]:
    """File of a network that several runs share, and the hash of all settings, after which it is named too.

    Args:
        workspace: of one of the runs; the file lies beside the records and stays when the run is finished.
        name: without the settings.
    """
    # All of it: names of files have room for a part only.
    of_settings = settings_hash(recorded_settings(task))
    return workspace.parents[1] / NETWORKS / f"{name}_{of_settings[:8]}.safetensors", of_settings


def _shared(task: SoundTask, kept: Sequence[RunName]) -> Callable[[RunName], Hashable | None] | None:
    """What runs share; where one that is finished has left its network, there is nothing to wait for."""
    if not isinstance(task, SharesTraining):
        return None
    made = {task.training_of(name) for name in kept}

    def shared(name: RunName) -> Hashable | None:
        training = task.training_of(name)
        return None if training in made else training

    return shared


def _messages(
    work: Callable[[RunName, Tell], RunRecord],
    names: Sequence[RunName],
    num_processes: int,
    shared: Callable[[RunName], Hashable | None] | None,
    on_progress: OnProgress | None,
) -> Generator[Done[RunRecord] | Failed | Progressed, None, None]:
    if num_processes > 1:
        yield from in_processes(work, names, min(num_processes, len(names)), shared=shared)
        return
    for index, name in enumerate(names):

        def tell(message: str, share: float, name: RunName = name) -> None:
            if on_progress is not None:
                on_progress(name, message, share)

        with one_thread():
            message = attempt(index, work, name, tell)
        yield message


def _run(task: SoundTask, out: Path, settings: Settings, name: RunName, progress: Tell) -> RunRecord:
    """One run, its record written before its checkpoints are removed."""
    from hearfit.inference.compilation import use_compilation_cache

    # Runs that differ in their seed compile the same program.
    use_compilation_cache()
    # Named after the settings too: a checkpoint of others is not even seen.
    workspace = out / CHECKPOINTS / f"{file_stem(name)}_{settings_hash(settings)[:8]}"
    try:
        workspace.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{workspace}: cannot be made ({error.strerror or error}).") from None
    record = task.run(name, workspace, progress)
    assert record.name == name, f"the record of {name} is called {record.name}"
    write_record(out / RUNS, record, settings)
    shutil.rmtree(workspace)
    return record


def _write_traceback(out: Path, name: RunName, failed: Failed | None) -> Path | None:
    """Where it was written; without one, that of an earlier attempt is removed."""
    path = out / FAILURES / f"{file_stem(name)}.txt"
    # A full disk, of which a run may have died, must not end the others too.
    with contextlib.suppress(InputError, OSError):
        if failed is None or not failed.traceback:
            path.unlink(missing_ok=True)
            return None
        text = f"{', '.join(name_parts(name))}\n{failed.problem}\n\n{failed.traceback}"
        write_bytes(path, text.encode("utf-8", "backslashreplace"))
        return path
    return None


def _kept(folder: Path, settings: Settings, *, is_forced: bool) -> Mapping[RunName, StoredRun]:
    """The records with these settings. Those of others are deleted where that is asked for, else refused."""
    stored = read_stored(folder)
    wanted = settings_hash(settings)
    others = {path: each for path, each in stored.items() if each.settings_hash != wanted}
    if others and not is_forced:
        example, run = next(iter(others.items()))
        count = "1 record was" if len(others) == 1 else f"{len(others)} records were"
        raise InputError(
            f"{folder}: {count} made with other settings; in {example.name}, "
            f"{difference_sentence(run.settings, settings)}. Choose another folder, or repeat the runs with --force."
        )
    for path in others:
        path.unlink()
    return {each.record.name: each for path, each in stored.items() if path not in others}
