"""Speed table: ratios side by side in one run, and whole processes with their peak memory.

python -m tests.benchmarks.table
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median

import jax
import jax.numpy as jnp
import numpy as np

from hearfit.experiment.conditions import Conditions, collapse
from hearfit.fitting import fit_trials
from hearfit.inference.data import FitData, build_fit_data
from hearfit.inference.laplace import laplace
from hearfit.inference.likelihood import evaluate
from hearfit.inference.map import SearchSettings, find_map, whitened_prior
from hearfit.inference.start import starting_point
from hearfit.listener.normal import NORMAL
from hearfit.listener.parameters import DEFAULT_PRIOR, NUM_PARAMETERS
from hearfit.storage.trial_files import write_trials
from tests.benchmarks.naive import NaiveLikelihood
from tests.benchmarks.sessions import FULL_BATTERY, TRANSDUCER, full_battery, standard_session

_NUM_NAIVE_TRIALS = 20


def seconds(run: Callable[[], object], rounds: int = 5) -> float:
    """Median time of a warm run."""
    run()
    times = []
    for _ in range(rounds):
        begun = time.perf_counter()
        run()
        times.append(time.perf_counter() - begun)
    return median(times)


def _finished(run: Callable[[jax.Array], object], at: jax.Array) -> None:
    jax.block_until_ready(run(at))


def _map_and_laplace(conditions: Sequence[Conditions], data: FitData) -> None:
    start = starting_point(conditions, DEFAULT_PRIOR, NORMAL)
    prior = whitened_prior(DEFAULT_PRIOR)
    laplace(find_map(data, prior, normal=NORMAL, settings=SearchSettings(), start=start), DEFAULT_PRIOR)


def process(command: list[str], cwd: Path, environment: dict[str, str]) -> tuple[float, float]:
    """Seconds and peak memory in GB of a whole process."""
    begun = time.perf_counter()
    child = subprocess.Popen(command, cwd=cwd, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    if status != 0:
        raise SystemExit(f"{command} ended with status {os.waitstatus_to_exitcode(status)}")
    return time.perf_counter() - begun, usage.ru_maxrss / 1e6


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    session = standard_session()
    prior = whitened_prior(DEFAULT_PRIOR)
    start = np.zeros(NUM_PARAMETERS)
    print(f"session of {session.num_trials} trials")
    with jax.enable_x64(True):
        conditions = [collapse(b) for b in session.blocks]
        data = build_fit_data(conditions, transducer=TRANSDUCER, normal=NORMAL)
        collapsed = seconds(lambda: evaluate(start, prior, data, normal=NORMAL), rounds=11)

        fit = seconds(partial(_map_and_laplace, conditions, data))
        battery = full_battery()
        all_conditions = [collapse(b) for b in battery.blocks]
        all_data = build_fit_data(all_conditions, transducer=TRANSDUCER, normal=NORMAL)
        full_fit = seconds(partial(_map_and_laplace, all_conditions, all_data), rounds=3)
        naive_total = 0.0
        for block in session.blocks:
            naive = NaiveLikelihood(block, _NUM_NAIVE_TRIALS)
            at = jnp.asarray(prior.mean)
            one = seconds(partial(_finished, naive.value_and_gradient, at), rounds=3)
            naive_total += one / _NUM_NAIVE_TRIALS * len(block.trial)
    whole = seconds(lambda: fit_trials(session, audiogram=None, method="map", seed=0), rounds=3)
    print(f"likelihood + Jacobian, collapsed, all coordinates       {collapsed:8.3f} s")
    print(f"likelihood + gradient from waveforms, trial by trial    {naive_total:8.1f} s")
    print(f"  (timed on {_NUM_NAIVE_TRIALS} trials of each task, scaled to all)")
    print(f"ratio                                                   {naive_total / collapsed:8.0f}")
    print(f"MAP + Laplace, warm                                     {fit:8.2f} s")
    print(f"MAP + Laplace, warm, {battery.num_trials} trials of five tasks       {full_fit:8.2f} s")
    print(f"whole profile (with thresholds, bandwidths, curves)     {whole:8.2f} s")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_trials(folder / "trials.tsv", session)
        environment = {**os.environ, "XDG_CACHE_HOME": str(folder / "cache")}
        command = [str(Path(sys.executable).with_name("hearfit")), "fit", "trials.tsv", "--out", "out", "--quiet"]
        for label in ("first time", "second time", "third time"):
            elapsed, peak = process(command, folder, environment)
            print(f"hearfit fit, {label:43} {elapsed:8.1f} s, peak {peak:.2f} GB")
        command = [command[0], "protocol", "check", *FULL_BATTERY, "--audiogram", "N3", "--quiet"]
        for label in ("first time", "second time"):
            elapsed, peak = process(command, folder, environment)
            print(f"hearfit protocol check of five tasks, {label:18} {elapsed:8.1f} s, peak {peak:.2f} GB")


if __name__ == "__main__":
    main()
