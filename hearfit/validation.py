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
from hearfit.inference.calibration import DATA_DOMINATE, NUM_DRAWS, CalibratedEar, calibrate_one
from hearfit.inference.cores import available_cores
from hearfit.inference.ear_directions import QUANTITIES
from hearfit.inference.sampler_settings import METHODS
from hearfit.inference.simulate import normal_position, planned_block
from hearfit.listener.normal import NORMAL
from hearfit.listener.parameters import DEFAULT_PRIOR

Progress = Callable[[str, float], None]
NUM_BINS: Final = 20
# Ranks of 0 to 399, or to 99, fall into 20 bins of equal width.
assert all((number + 1) % NUM_BINS == 0 for number in NUM_DRAWS.values())
MOST_LISTENERS: Final = 100_000
# Fewer have no standard error.
_FEWEST_TESTED: Final = 2
# Ranks this uneven come by chance in one of a thousand studies of a sound method.
_SMALLEST_P: Final = 0.001
_COVERAGE: Final = 0.95
_MOST_SE: Final = 3.0
# Of fewer, the standard error itself is not known.
_FEWEST_LISTENERS: Final = 20
_LARGEST_NOT_CONVERGED: Final = 0.01


@dataclass(frozen=True)
class Calibration:
    """One quantity over all simulated listeners.

    `rank_counts`: one tested frequency a listener, drawn at random, since those of one listener are not independent;
    `uniformity_p` is the chi-square probability of counts at least as uneven. `pooled_uniformity_p` is that of all
    tested frequencies (`pooled_uniformity`), which does not depend on that draw and finds out more. `coverage` of the
    95 % intervals is over all tested frequencies, `coverage_se` its standard error with listeners as clusters,
    `num_intervals` how many there are. A listener without a tested frequency does not count. `rmse_per_bound` is the
    error of the posterior mean re the Cramer-Rao bound, in root mean squares, where the answers leave less than a tenth
    of the prior's variance, which is in `num_dominated` cases; None where there is none.
    """

    quantity: str
    rank_counts: tuple[int, ...]
    uniformity_p: float
    pooled_uniformity_p: float
    coverage: float
    coverage_se: float
    num_intervals: int
    rmse_per_bound: float | None
    num_dominated: int

    @property
    def problems(self) -> tuple[str, ...]:
        """What the study refutes of this quantity's uncertainty, in sentences."""
        sentences = []
        if self.pooled_uniformity_p < _SMALLEST_P:
            sentences.append(
                f"Ranks of the {self.quantity} are not uniform (p {self.pooled_uniformity_p:.2g}): its uncertainty is "
                "not what it says."
            )
        off = abs(self.coverage - _COVERAGE)
        if sum(self.rank_counts) >= _FEWEST_LISTENERS and off > _MOST_SE * self._null_se:
            sentences.append(
                f"95 % intervals of the {self.quantity} hold the truth in {self.coverage:.1%} ± "
                f"{self.coverage_se:.1%}: they are too {'narrow' if self.coverage < _COVERAGE else 'wide'}."
            )
        return tuple(sentences)

    @property
    def _null_se(self) -> float:
        """The standard error, or what it would be at a coverage of 95 % if that is more.

        Where nearly all intervals hold the truth, by chance, the spread between listeners is next to nothing. It is
        then never less than that of independent intervals.
        """
        wanted, found = (share * (1.0 - share) for share in (_COVERAGE, self.coverage))
        scaled = self.coverage_se * (wanted / found) ** 0.5 if found > 0.0 else 0.0
        return max(self.coverage_se, scaled, (wanted / self.num_intervals) ** 0.5)


@dataclass(frozen=True)
class LeftOut:
    """How many listeners did not do a protocol, since its design refuses an ear with their audiogram."""

    protocol: str
    num_listeners: int


@dataclass(frozen=True)
class ChainChecks:
    """What the short chains were like, over `num_listeners`.

    `divergent_share` of all trajectories. Of every listener's smallest bulk effective sample size (`CalibratedEar`),
    `ess_bulk_min_median` is the median and `ess_bulk_min_percentile_5` what one listener in twenty falls below.
    """

    num_listeners: int
    divergent_share: float
    ess_bulk_min_median: float
    ess_bulk_min_percentile_5: float


@dataclass(frozen=True)
class Validation:
    """The whole study.

    `untested` are the quantities without two listeners who have a tested frequency; they are not among the
    `calibrations`. `chains` is None for draws from Laplace's approximation.
    """

    protocols: tuple[str, ...]
    num_listeners: int
    num_trials: int
    num_not_converged: int
    method: str
    seed: int
    calibrations: tuple[Calibration, ...]
    untested: tuple[str, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    chains: ChainChecks | None = None

    @property
    def problems(self) -> tuple[str, ...]:
        """What this study refutes, in sentences: uncertainty that is wrong, and searches that end too early."""
        sentences = [sentence for each in self.calibrations for sentence in each.problems]
        share = self.num_not_converged / self.num_listeners
        if share > _LARGEST_NOT_CONVERGED:
            sentences.append(f"{share:.1%} of the fits did not converge; at most {_LARGEST_NOT_CONVERGED:.0%} may.")
        return tuple(sentences)


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
        InputError: an unknown method or transducer, fewer than 2 listeners or more than 100,000, no protocol, or one
            whose design refuses a normal ear.
    """
    if not 2 <= num_listeners <= MOST_LISTENERS:
        raise InputError(f"The number of listeners is {num_listeners}; allowed is 2 to {MOST_LISTENERS}.")
    if method not in METHODS:
        raise InputError(f"The method {method!r} is not known. Known are {', '.join(METHODS)}.")
    if not protocols:
        raise InputError("There is no protocol to validate. Name at least one.")
    reference = reference_thresholds(transducer)
    _check_designs(protocols, reference.id)
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


def _check_designs(protocols: Sequence[Protocol], transducer: str) -> None:
    """Refuses what would be left out of every session, before anybody is fitted."""
    import jax

    from hearfit.inference.compilation import use_compilation_cache

    use_compilation_cache()
    problems: list[str] = []
    with jax.enable_x64(True):
        ear = normal_position(NORMAL)
        for protocol in protocols:
            try:
                planned_block(protocol, ear, transducer=transducer, normal=NORMAL, generator=np.random.default_rng(0))
            except InputError as error:
                problems += [f"{protocol.name} cannot be done by a normal ear: {each}" for each in error.problems]
    if problems:
        raise InputError(problems)


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
    is_enough = [
        sum(bool(ear.is_tested[row].any()) for ear in ears) >= _FEWEST_TESTED for row in range(len(QUANTITIES))
    ]
    names = tuple(protocol.name for protocol in protocols)
    left_out = [LeftOut(name, sum(name in ear.left_out for ear in ears)) for name in names]
    return Validation(
        protocols=names,
        num_listeners=len(ears),
        num_trials=round(float(np.mean([ear.num_trials for ear in ears]))),
        num_not_converged=sum(not ear.is_converged for ear in ears),
        method=method,
        seed=seed,
        calibrations=tuple(_calibration(row, ears, generator) for row in np.flatnonzero(is_enough).tolist()),
        untested=tuple(QUANTITIES[row] for row in np.flatnonzero(~np.array(is_enough)).tolist()),
        left_out=tuple(each for each in left_out if each.num_listeners),
        chains=_chain_checks(ears),
    )


def _calibration(row: int, ears: Sequence[CalibratedEar], generator: np.random.Generator) -> Calibration:
    tested = [ear for ear in ears if ear.is_tested[row].any()]
    knots = [np.flatnonzero(ear.is_tested[row]) for ear in tested]
    one_each = generator.integers(0, [len(own) for own in knots])
    ranks = np.array([ear.rank[row, own[k]] for ear, own, k in zip(tested, knots, one_each, strict=True)])
    counts = np.bincount(ranks * NUM_BINS // (tested[0].num_draws + 1), minlength=NUM_BINS)
    covered = [ear.is_covered[row, own].astype(float) for ear, own in zip(tested, knots, strict=True)]
    coverage = float(np.concatenate(covered).mean())
    error, bound, share = (
        np.concatenate([getattr(ear, name)[row, own] for ear, own in zip(tested, knots, strict=True)])
        for name in ("error", "bound", "data_share")
    )
    dominated = share > DATA_DOMINATE
    ratio = np.sqrt(np.mean(error[dominated] ** 2) / np.mean(bound[dominated] ** 2)) if dominated.any() else None
    return Calibration(
        quantity=QUANTITIES[row],
        rank_counts=tuple(map(int, counts)),
        uniformity_p=uniformity(counts),
        pooled_uniformity_p=pooled_uniformity(
            [ear.rank[row, own] for ear, own in zip(tested, knots, strict=True)], tested[0].num_draws + 1
        ),
        coverage=coverage,
        coverage_se=_share_se(covered, coverage),
        num_intervals=len(error),
        rmse_per_bound=None if ratio is None else float(ratio),
        num_dominated=int(dominated.sum()),
    )


def _share_se(clusters: Sequence[Float[np.ndarray, " _"]], share: float) -> float:
    """Standard error of a share over clusters of unequal sizes: that of a ratio (Cochran 1977, section 2.11)."""
    residuals = np.array([np.sum(own - share) for own in clusters])
    num_clusters, num_members = len(clusters), sum(map(len, clusters))
    return float(np.sqrt(num_clusters / (num_clusters - 1) * np.sum(residuals**2)) / num_members)


def _chain_checks(ears: Sequence[CalibratedEar]) -> ChainChecks | None:
    sizes = [ear.ess_bulk_min for ear in ears if ear.ess_bulk_min is not None]
    shares = [ear.divergent_share for ear in ears if ear.divergent_share is not None]
    if not sizes or not shares:
        return None
    low, middle = np.quantile(sizes, [0.05, 0.5])
    # Every listener has as many trajectories.
    return ChainChecks(len(sizes), float(np.mean(shares)), float(middle), float(low))


def uniformity(counts: Int[np.ndarray, " bins"] | Float[np.ndarray, " bins"]) -> float:
    """Probability, if all bins are alike, of counts at least as uneven (Pearson's chi-square)."""
    expected = counts.sum() / len(counts)
    return float(chi2.sf(np.sum((counts - expected) ** 2) / expected, len(counts) - 1))


def pooled_uniformity(ranks: Sequence[Int[np.ndarray, " _"]], num_ranks: int) -> float:
    """Probability, if ranks are uniform, of bins at least as uneven; `ranks` are those of each listener.

    A listener counts as one, however many ranks there are. Ranks of one listener go together, so that Pearson's
    chi-square has another distribution: the second-order correction of Rao & Scott 1984 (Ann. Stat. 12:46), with the
    covariance of the bins from the listeners' own shares.
    """
    shares = np.stack([np.bincount(own * NUM_BINS // num_ranks, minlength=NUM_BINS) / len(own) for own in ranks])
    excess = shares - 1.0 / NUM_BINS
    covariance = excess.T @ excess
    trace, trace_of_square = np.trace(covariance), np.sum(covariance**2)
    unevenness = np.sum(excess.sum(axis=0) ** 2)
    return float(chi2.sf(unevenness * trace / trace_of_square, trace**2 / trace_of_square))
