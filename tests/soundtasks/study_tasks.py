"""Tasks that take no time, for the tests of a study; here, where the processes of workers find them."""

import os
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hearfit.errors import InputError
from hearfit.soundtasks.record import RunName, RunRecord
from hearfit.soundtasks.study import run_study
from hearfit.soundtasks.workers import Tell

NAMES = tuple(RunName("fake", frontend, "linear", seed) for frontend in ("mel", "leaf") for seed in range(2))


def record(name: RunName, score: float) -> RunRecord:
    return RunRecord(name, {"score": score, "none": float("nan")}, 3, 4, 0.5, {"score": (score, float("nan"))})


@dataclass(frozen=True)
class Fake:
    """Its score is drawn from the seed; frontends named after what goes wrong do so."""

    rate: float = 0.1

    def settings(self) -> Mapping[str, float]:
        return {"rate": self.rate}

    def run(self, name: RunName, workspace: Path, progress: Tell) -> RunRecord:
        progress("training", 0.5)
        if name.frontend == "refuses":
            raise InputError("The sound is empty.")
        if name.frontend == "fails":
            raise ZeroDivisionError("by zero")
        if name.frontend == "dies":
            os.kill(os.getpid(), signal.SIGKILL)
        checkpoint = workspace / "state"
        if name.frontend == "stops" and not checkpoint.exists():
            checkpoint.write_text("half")
            raise KeyboardInterrupt
        if name.frontend == "waits":
            checkpoint.write_text(str(os.getpid()))
            progress("waits", 0.6)
            time.sleep(600.0)
        score = float(np.random.default_rng([name.seed, len(name.frontend)]).random())
        return record(name, score + (100.0 if checkpoint.exists() else 0.0))


def main(out: Path) -> None:
    """A quick run and one that waits for ever, in two workers, to be interrupted."""
    names = [NAMES[0], RunName("fake", "waits", "linear", 0)]

    def tell(name: RunName, message: str, share: float) -> None:
        print(message, flush=True)

    run_study(
        Fake(), names, out, num_processes=2, on_finished=lambda _: print("finished", flush=True), on_progress=tell
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
