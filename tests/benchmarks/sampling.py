"""Speed of the sampler: gradients with and without collapsing trials into conditions, and a whole run.

python -m tests.benchmarks.sampling [--draws 1000]

The posterior is the same however its likelihood is computed, so draws, steps and effective sizes are too, and effective
samples per second are in the inverse ratio of the seconds for one gradient.
"""

import argparse
import os
import time
from collections.abc import Callable
from statistics import median

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from hearfit.experiment.conditions import collapse
from hearfit.inference.data import build_fit_data
from hearfit.inference.laplace import laplace
from hearfit.inference.log_density import ConditionRows, Target, build_target
from hearfit.inference.map import SearchSettings, find_map, whitened_prior
from hearfit.inference.sampler_settings import SamplerSettings
from hearfit.inference.sampling import sample_posterior
from hearfit.inference.start import starting_point
from hearfit.listener.normal import NORMAL
from hearfit.listener.parameters import DEFAULT_PRIOR, NUM_PARAMETERS
from tests.benchmarks.sessions import TRANSDUCER, standard_session

_ROUNDS = 15


def one_row_a_trial(rows: ConditionRows) -> ConditionRows:
    """The same answers uncollapsed: every trial a condition of its own with one answer."""
    counts = np.asarray(rows.counts).astype(int)
    place, response = (np.repeat(index, counts[counts > 0]) for index in np.nonzero(counts))

    def repeated(leaf: Array) -> Array:
        return leaf[place]

    own = jnp.asarray(np.eye(counts.shape[1])[response])
    return ConditionRows(rows.sounds, jax.tree.map(repeated, rows.row), jax.tree.map(repeated, rows.exact_row), own)


def _cpu_seconds(run: Callable[[], object]) -> float:
    begun = time.process_time()
    run()
    return time.process_time() - begun


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=1000)
    num_draws = parser.parse_args().draws
    session, prior = standard_session(), whitened_prior(DEFAULT_PRIOR)
    with jax.enable_x64(True):
        conditions = [collapse(block) for block in session.blocks]
        data = build_fit_data(conditions, transducer=TRANSDUCER, normal=NORMAL)
        start = starting_point(conditions, DEFAULT_PRIOR, NORMAL)
        mode = find_map(data, prior, normal=NORMAL, settings=SearchSettings(), start=start)
        own = laplace(mode, DEFAULT_PRIOR)
        density, target = build_target(data, prior, centre=own.mode, covariance=own.covariance, normal=NORMAL)
        uncollapsed = target._replace(rows=tuple(one_row_a_trial(rows) for rows in target.rows))
        gradient = jax.jit(jax.value_and_grad(density))
        at = jnp.zeros(NUM_PARAMETERS)

        def run(which: Target) -> None:
            jax.block_until_ready(gradient(at, which))

        run(target)
        run(uncollapsed)
        # By turns, so that other work on the machine weighs on both.
        pairs = [(_cpu_seconds(lambda: run(target)), _cpu_seconds(lambda: run(uncollapsed))) for _ in range(_ROUNDS)]
        collapsed_s, uncollapsed_s = (median(column) for column in zip(*pairs, strict=True))
        print(f"session of {session.num_trials} trials; processor time of one gradient, median of {_ROUNDS}")
        print(f"conditions                        {1e3 * collapsed_s:8.1f} ms")
        print(f"trial by trial                    {1e3 * uncollapsed_s:8.1f} ms")
        print(f"effective samples per second      {uncollapsed_s / collapsed_s:8.1f} times as many")
        begun, cpu = time.perf_counter(), time.process_time()
        settings = SamplerSettings(num_draws=num_draws)
        _, found = sample_posterior(data, own, prior, normal=NORMAL, settings=settings, seed=0, progress=lambda _: None)
        elapsed, cpu = time.perf_counter() - begun, time.process_time() - cpu
    print(f"{settings.num_chains} chains of {num_draws} draws, with compilation and warm-up")
    print(f"seconds, and of the processor     {elapsed:8.1f} {cpu:8.1f} (load of the machine {os.getloadavg()[0]:.1f})")
    print(f"steps a draw                      {found.mean_steps:8.1f}")
    print(
        f"R-hat, effective size (bulk, tail){found.rhat_max:8.3f} {found.ess_bulk_min:8.0f} {found.ess_tail_min:8.0f}"
    )
    print(f"effective draws a second          {min(found.ess_bulk_min, found.ess_tail_min) / elapsed:8.1f}")
    print(f"problems                          {' '.join(found.problems) or 'none'}")


if __name__ == "__main__":
    main()
