"""Draws from a posterior by the No-U-Turn sampler (Hoffman & Gelman 2014), started from Laplace's approximation.

Chains run beside each other in threads, each in compiled runs of a few draws, so that progress is told and an
interrupt is heard. A chain depends only on the seed and its number, never on how the threads take turns.
"""

import contextlib
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from threading import Event
from typing import NamedTuple

import blackjax
import jax
import jax.numpy as jnp
import numpy as np
from blackjax.adaptation.step_size import DualAveragingAdaptationState, dual_averaging_adaptation
from blackjax.mcmc.hmc import HMCState
from jaxtyping import Array, Bool, Float, Int, Key, PyTree, Shaped

from hearfit.inference.sampler_settings import SamplerSettings

LogDensity = Callable[[Float[Array, " parameters"], PyTree], Float[Array, ""]]
"""Log density of a point, given arrays that may differ from call to call; hashable, compiled once for equal shapes."""

_FIRST_STEP = 0.5


@dataclass(frozen=True)
class Chains:
    """Draws after the warm-up in the sampler's coordinates, and what the sampler went through to get them."""

    draws: Float[np.ndarray, "chains draws parameters"]
    log_density: Float[np.ndarray, "chains draws"]
    energy: Float[np.ndarray, "chains draws"]
    is_divergent: Bool[np.ndarray, "chains draws"]
    num_doublings: Int[np.ndarray, "chains draws"]
    num_steps: Int[np.ndarray, "chains draws"]
    step_size: Float[np.ndarray, " chains"]


class _Record(NamedTuple):
    position: Float[Array, "*draws parameters"]
    log_density: Float[Array, "*draws"]
    energy: Float[Array, "*draws"]
    is_divergent: Bool[Array, "*draws"]
    num_doublings: Int[Array, "*draws"]
    num_steps: Int[Array, "*draws"]


_Columns = tuple[Shaped[np.ndarray, "draws ..."], ...]


class _Chain(NamedTuple):
    key: Key[Array, ""]
    state: HMCState
    adaptation: DualAveragingAdaptationState


def sample_chains(
    log_density: LogDensity,
    target: PyTree,
    *,
    start: Float[np.ndarray, "chains parameters"],
    settings: SamplerSettings,
    seed: int,
    num_threads: int,
    progress: Callable[[float], None],
) -> Chains:
    """Draws of every chain from its own row of `start`. Call under `jax.enable_x64`.

    The density should be near standard normal in its coordinates, because the mass matrix is the unit matrix: one
    adapted to the first draws made the steps no longer. `progress` is told the fraction behind, which begins again
    with shorter steps (`SamplerSettings`).
    """
    *others, last = settings.target_acceptances
    for acceptance in others:
        sampler = _Sampler(log_density, target, settings, acceptance, num_threads, progress)
        with contextlib.suppress(_StepsTooLongError):
            return sampler.run(start, seed=seed, most_divergent=settings.most_divergent)
    sampler = _Sampler(log_density, target, settings, last, num_threads, progress)
    return sampler.run(start, seed=seed, most_divergent=settings.num_chains * settings.num_draws)


class _StepsTooLongError(Exception):
    """More trajectories diverged than may."""


class _Sampler:
    """Runs a number of draws of all chains at once."""

    def __init__(
        self,
        log_density: LogDensity,
        target: PyTree,
        settings: SamplerSettings,
        acceptance: float,
        num_threads: int,
        progress: Callable[[float], None],
    ) -> None:
        self._log_density, self._target, self._settings = log_density, target, settings
        self._acceptance, self._num_threads, self._progress = acceptance, num_threads, progress
        self._total = settings.num_warmup + settings.num_draws
        self._behind = [0] * settings.num_chains
        self._num_divergent = [0] * settings.num_chains

    def run(self, start: Float[np.ndarray, "chains parameters"], *, seed: int, most_divergent: int) -> Chains:
        """All chains from `start`, warmed up.

        Raises:
            _StepsTooLongError: as soon as more than `most_divergent` trajectories diverged.
        """
        chains = [
            _begin(jax.random.key(seed), i, at, self._target, self._log_density, self._acceptance)
            for i, at in enumerate(start)
        ]
        chains, _ = self._phase(chains, self._settings.num_warmup, None)
        chains, records = self._phase(chains, self._settings.num_draws, most_divergent)
        position, density, energy, is_divergent, num_doublings, num_steps = (
            np.stack(column) for column in zip(*records, strict=True)
        )
        return Chains(
            draws=position,
            log_density=density,
            energy=energy,
            is_divergent=is_divergent,
            num_doublings=num_doublings,
            num_steps=num_steps,
            step_size=np.exp([float(chain.adaptation.log_step_size_avg) for chain in chains]),
        )

    def _phase(
        self, chains: list[_Chain], count: int, most_divergent: int | None
    ) -> tuple[list[_Chain], list[_Columns]]:
        """The chains after `count` draws each, and those draws; without `most_divergent` they are of the warm-up.

        An interrupt ends all chains within one run.
        """
        is_stopped = Event()

        def one(index: int) -> tuple[_Chain, _Columns]:
            # Settings of JAX belong to a thread. Blackjax counts on the usual promotion of types.
            with jax.enable_x64(True), jax.numpy_dtype_promotion("standard"):
                return self._advance(chains[index], index, count, most_divergent, is_stopped)

        with ThreadPoolExecutor(self._num_threads) as pool:
            try:
                futures = [pool.submit(one, index) for index in range(len(chains))]
                left = set(futures)
                while left:
                    finished, left = wait(left, timeout=0.25, return_when=FIRST_COMPLETED)
                    for future in finished:
                        future.result()
                    self._progress(sum(self._behind) / (self._total * len(chains)))
            finally:
                is_stopped.set()
        results = [future.result() for future in futures]
        return [chain for chain, _ in results], [record for _, record in results]

    def _advance(
        self,
        chain: _Chain,
        index: int,
        count: int,
        most_divergent: int | None,
        is_stopped: Event,
    ) -> tuple[_Chain, _Columns]:
        records: list[_Columns] = []
        is_warmup = jnp.asarray(most_divergent is None)
        for first in range(0, count, self._settings.draws_per_run):
            if is_stopped.is_set():
                raise InterruptedError("The sampler was stopped.")
            wanted = min(self._settings.draws_per_run, count - first)
            chain, record = _run(
                chain,
                is_warmup,
                jnp.asarray(self._acceptance),
                target=self._target,
                log_density=self._log_density,
                settings=self._settings,
            )
            records.append(tuple(np.asarray(column)[:wanted] for column in record))
            self._behind[index] += wanted
            if most_divergent is not None:
                self._num_divergent[index] += int(np.sum(record.is_divergent[:wanted]))
                # The sum over all chains only grows, so whether this happens does not depend on how threads take turns.
                if sum(self._num_divergent) > most_divergent:
                    raise _StepsTooLongError
        return chain, tuple(np.concatenate(column) for column in zip(*records, strict=True))


def _begin(
    key: Key[Array, ""],
    index: int,
    start: Float[np.ndarray, " parameters"],
    target: PyTree,
    log_density: LogDensity,
    acceptance: float,
) -> _Chain:
    first, _, _ = dual_averaging_adaptation(acceptance)
    with jax.numpy_dtype_promotion("standard"):
        state = _first_state(jax.device_put(start), target, log_density=log_density)
        adaptation = first(jnp.asarray(_FIRST_STEP, start.dtype))
        strong = jax.tree.map(lambda x: jnp.asarray(x, jnp.result_type(x)), adaptation)
    return _Chain(jax.random.fold_in(key, index), state, strong)


@partial(jax.jit, static_argnames="log_density")
def _first_state(start: Float[Array, " parameters"], target: PyTree, *, log_density: LogDensity) -> HMCState:
    return blackjax.nuts.init(start, lambda z: log_density(z, target))


@partial(jax.jit, static_argnames=("log_density", "settings"))
def _run(
    chain: _Chain,
    is_warmup: Bool[Array, ""],
    acceptance: Float[Array, ""],
    *,
    target: PyTree,
    log_density: LogDensity,
    settings: SamplerSettings,
) -> tuple[_Chain, _Record]:
    """A few transitions; in the warm-up with the adapting step size, afterwards with its average."""
    # Annotated as a number, but only subtracted from: so other acceptances need no program of their own.
    _, update, _ = dual_averaging_adaptation(acceptance)  # type: ignore[arg-type]
    kernel = blackjax.nuts.build_kernel()

    def transition(chain: _Chain, _: None) -> tuple[_Chain, _Record]:
        key, own_key = jax.random.split(chain.key)
        adaptation = chain.adaptation
        step = jnp.exp(jnp.where(is_warmup, adaptation.log_step_size, adaptation.log_step_size_avg))
        metric = jax.tree.map(jnp.ones_like, chain.state.position)
        state, info = kernel(
            own_key, chain.state, lambda z: log_density(z, target), step, metric, settings.max_doublings
        )
        updated = update(adaptation, info.acceptance_rate)
        kept = jax.tree.map(lambda new, old: jnp.where(is_warmup, new, old).astype(old.dtype), updated, adaptation)
        record = _Record(
            position=state.position,
            log_density=state.logdensity,
            energy=info.energy,
            is_divergent=info.is_divergent,
            num_doublings=info.num_trajectory_expansions,
            num_steps=info.num_integration_steps,
        )
        return _Chain(key, state, kept), record

    return jax.lax.scan(transition, chain, length=settings.draws_per_run)
