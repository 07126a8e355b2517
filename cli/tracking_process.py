"""Tracking in a process beside the fit.

MLflow takes seconds to import, and a new store seconds more. Python runs one thread at a time, so a thread would take
that time from the fit; another process takes it from another core. One JSON object a line goes in each direction.
"""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from hearfit.errors import HearfitError, TrackingError
from hearfit.storage.profile_files import read_profile
from hearfit.tracking.store import prepare_store
from hearfit.tracking.write import TrackedRun, track_fit

Answer = dict[str, str | int]


class TrackingProcess:
    """The near end: ask for `ready` once, then for a run at a time."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def ready(self) -> None:
        """Waits for the store.

        Raises:
            TrackingError: the store cannot be reached or created.
        """
        self._answer()

    def track(self, profile: Path, *, artifacts: Sequence[Path], trial_files: Sequence[Path]) -> TrackedRun:
        """Records the fit in a profile file as one run.

        Raises:
            TrackingError: as `hearfit.tracking.write.track_fit`.
        """
        request = {
            "profile": str(profile),
            "artifacts": [str(path) for path in artifacts],
            "trial_files": [str(path) for path in trial_files],
        }
        assert self._process.stdin is not None
        # A process that has ended cannot take a request; why it ended is told when its answer is missing.
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
        answer = self._answer()
        return TrackedRun(
            run_id=str(answer["run_id"]),
            experiment=str(answer["experiment"]),
            uri=str(answer["uri"]),
            version=int(answer["version"]),
        )

    def _answer(self) -> Answer:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            code = self._process.wait()
            raise TrackingError(f"The process that writes to the tracking store ended with the exit code {code}.")
        answer: Answer = json.loads(line)
        if "error" in answer:
            raise TrackingError(str(answer["error"]))
        return answer


@contextlib.contextmanager
def tracking_process(tracking_uri: str | None) -> Iterator[TrackingProcess]:
    """Starts to prepare the store at once, and never leaves one half created: the end waits for what was begun."""
    command = [sys.executable, "-P", "-m", "hearfit.cli.tracking_process"]
    with subprocess.Popen(  # noqa: S603 - this program itself
        [*command, *([] if tracking_uri is None else [tracking_uri])],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        # Ctrl-C is for the command, which ends this process in its own order.
        start_new_session=True,
    ) as process:
        assert process.stdin is not None
        try:
            yield TrackingProcess(process)
        finally:
            # No more requests, at which the process ends once the store is there; a second Ctrl-C ends the waiting.
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()
            process.wait()


def answers(requests: Iterable[str], tracking_uri: str | None) -> Iterator[Answer]:
    """The far end: prepares the store, then tracks what it is asked to until there are no more requests."""
    try:
        prepare_store(tracking_uri)
    except TrackingError as error:
        yield {"error": str(error)}
        return
    yield {}
    for line in requests:
        request = json.loads(line)
        try:
            run = track_fit(
                read_profile(Path(request["profile"])),
                artifacts=[Path(path) for path in request["artifacts"]],
                trial_files=[Path(path) for path in request["trial_files"]],
                tracking_uri=tracking_uri,
            )
        except HearfitError as error:
            yield {"error": str(error)}
        else:
            yield {"run_id": run.run_id, "experiment": run.experiment, "uri": run.uri, "version": run.version}


def _serve(tracking_uri: str | None) -> None:
    # The answers keep a pipe of their own: whatever a library prints goes where warnings go.
    with os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8") as pipe:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        for answer in answers(sys.stdin, tracking_uri):
            pipe.write(json.dumps(answer) + "\n")
            pipe.flush()


if __name__ == "__main__":
    _serve(sys.argv[1] if len(sys.argv) > 1 else None)
