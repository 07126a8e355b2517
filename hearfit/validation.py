"""The library's verb for the question whether the numbers can be believed: the study that the documentation quotes."""

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Final

import numpy as np
from jaxtyping import Float, Int
from scipy.stats import chi2

from hearfit.audiology.retspl import reference_thresholds
from hearfit.errors import InputError
from hearfit.experiment.protocol import Protocol
from hearfit.inference.calibration import DATA_DOMINATE, NUM_DRAWS, QUANTITIES, CalibratedEar, calibrate_one
from hearfit.inference.cores import available_cores
from hearfit.inference.sampler_settings import METHODS
from hearfit.listener.normal import NORMAL
from hearfit.listener.parameters import DEFAULT_PRIOR

Progress = Callable[[str, float], None]
NUM_BINS: Final = 20
# Ranks of 0 to 399, or to 99, fall into 20 bins of equal width.
assert all((number + 1) % NUM_BINS == 0 for number in NUM_DRAWS.values())
MOST_LISTENERS: Final = 100_000


@dataclass(frozen=True)
class Calibration:
    """One quantity over all simulated listeners.

    `rank_counts`: one tested frequency a listener, drawn at random, since those of one listener are not independent;
    `uniformity_p` is the chi-square probability of counts at least as uneven. `coverage` of the 95 % intervals is over
    all tested frequencies, `coverage_se` its standard error with listeners as clusters. `rmse_per_bound` is the error
    of the posterior mean re the Cramer-Rao bound, in root mean squares, where the answers leave less than a tenth of
    the prior's variance, which is in `num_dominated` cases; None where there is none.
    """

    quantity: str
    rank_counts: tuple[int, ...]
    uniformity_p: float
    coverage: float
    coverage_se: float
    rmse_per_bound: float | None
    num_dominated: int


@dataclass(frozen=True)
class Validation:
    """The whole study."""

    protocols: tuple[str, ...]
    num_listeners: int
    num_trials: int
    num_not_converged: int
    method: str
    seed: int
    calibrations: tuple[Calibration, ...]


def validate_inference(
    protocols: Sequence[Protocol],
    screening_protocol: Protocol,
    *,
    transducer: str,
    num_listeners: int,
    seed: int,
    method: str = "map",
    num_processes: int | None = None,
    progress: Progress | None = None,
) -> Validation:
    """Simulates listeners from the prior, fits them, and compares posterior and truth.

    The same seed gives the same study, whatever the number of processes (None: one for each core that may be used).
    `method`: draws from Laplace's approximation (map), or from the posterior itself by short chains (nuts).

    Raises:
        InputError: an unknown method or transducer, fewer than 2 listeners or more than 100,000, or no protocol.
    """
    if not 2 <= num_listeners <= MOST_LISTENERS:
        raise InputError(f"The number of listeners is {num_listeners}; allowed is 2 to {MOST_LISTENERS}.")
    if method not in METHODS:
        raise InputError(f"The method {method!r} is not known. Known are {', '.join(METHODS)}.")
    if not protocols:
        raise InputError("There is no protocol to validate. Name at least one.")
    reference = reference_thresholds(transducer)
    jobs = [
        (tuple(protocols), screening_protocol, reference.id, method, (seed, index)) for index in range(num_listeners)
    ]
    wanted = num_processes or available_cores()
    ears: dict[int, CalibratedEar] = {}

    def done(index: int, ear: CalibratedEar) -> None:
        ears[index] = ear
        if progress is not None:
            progress(f"Fitting {num_listeners} simulated listeners", len(ears) / num_listeners)

    if wanted == 1:
        for index, job in enumerate(jobs):
            done(index, _one(*job))
    else:
        # Forked processes would inherit the threads of XLA, which do not survive it.
        with ProcessPoolExecutor(wanted, mp_context=get_context("spawn")) as pool:
            futures = {pool.submit(_one, *job): index for index, job in enumerate(jobs)}
            for future in as_completed(futures):
                done(futures[future], future.result())
    return _summarised([ears[index] for index in range(num_listeners)], protocols, method, seed)


def _one(
    protocols: Sequence[Protocol], screening_protocol: Protocol, transducer: str, method: str, seed: tuple[int, int]
) -> CalibratedEar:
    import jax

    from hearfit.inference.compilation import use_compilation_cache

    use_compilation_cache()
    with jax.enable_x64(True):
        return calibrate_one(
            protocols,
            screening_protocol,
            transducer=transducer,
            prior=DEFAULT_PRIOR,
            normal=NORMAL,
            method=method,
            seed=seed,
        )


def _summarised(ears: Sequence[CalibratedEar], protocols: Sequence[Protocol], method: str, seed: int) -> Validation:
    generator = np.random.default_rng([seed, len(ears)])
    return Validation(
        protocols=tuple(protocol.name for protocol in protocols),
        num_listeners=len(ears),
        num_trials=round(float(np.mean([ear.num_trials for ear in ears]))),
        num_not_converged=sum(not ear.is_converged for ear in ears),
        method=method,
        seed=seed,
        calibrations=tuple(_calibration(row, ears, generator) for row in range(len(QUANTITIES))),
    )


def _calibration(row: int, ears: Sequence[CalibratedEar], generator: np.random.Generator) -> Calibration:
    tested = np.flatnonzero(ears[0].is_tested[row])
    one_each = generator.choice(tested, size=len(ears))
    ranks = np.array([ear.rank[row, knot] for ear, knot in zip(ears, one_each, strict=True)])
    counts = np.bincount(ranks * NUM_BINS // (ears[0].num_draws + 1), minlength=NUM_BINS)
    covered = np.array([ear.is_covered[row, tested] for ear in ears], float)
    error, bound, share = (
        np.array([getattr(ear, name)[row, tested] for ear in ears]) for name in ("error", "bound", "data_share")
    )
    dominated = share > DATA_DOMINATE
    ratio = np.sqrt(np.mean(error[dominated] ** 2) / np.mean(bound[dominated] ** 2)) if dominated.any() else None
    return Calibration(
        quantity=QUANTITIES[row],
        rank_counts=tuple(map(int, counts)),
        uniformity_p=uniformity(counts),
        coverage=float(covered.mean()),
        coverage_se=float(covered.mean(axis=1).std(ddof=1) / np.sqrt(len(ears))),
        rmse_per_bound=None if ratio is None else float(ratio),
        num_dominated=int(dominated.sum()),
    )


def uniformity(counts: Int[np.ndarray, " bins"] | Float[np.ndarray, " bins"]) -> float:
    """Probability, if all bins are alike, of counts at least as uneven (Pearson's chi-square)."""
    expected = counts.sum() / len(counts)
    return float(chi2.sf(np.sum((counts - expected) ** 2) / expected, len(counts) - 1))
