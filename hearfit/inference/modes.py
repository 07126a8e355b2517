"""Searches from several starting points, and the distinct modes that they find.

Answers can have two explanations, for example a steep loss whose answers neighbouring channels explain as well. Of two
modes the one with the higher posterior density counts; how much of the posterior lies about the other one is told by
Laplace's approximation to the probability of each (MacKay 2003, chapter 27).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from hearfit.inference.data import FitData
from hearfit.inference.likelihood import WhitenedPrior
from hearfit.inference.map import MapEstimate, MapStatus, SearchSettings, find_map
from hearfit.listener.normal import NormalEar
from hearfit.listener.parameters import NUM_PARAMETERS

# Closer than this, two searches ended at the same mode.
_DISTINCT_SD = 3.0
# Less of the posterior than this is no reason for a warning.
_SMALLEST_WEIGHT = 0.001


@dataclass(frozen=True)
class OtherMode:
    """A mode besides the best: how far, how much less probable, and its share of the posterior of all modes found."""

    estimate: MapEstimate
    distance_sd: float
    log_posterior_difference: float
    weight: float


@dataclass(frozen=True)
class Modes:
    """The most probable mode and the others, the nearest in log posterior first."""

    best: MapEstimate
    others: tuple[OtherMode, ...]


def starting_points(
    rough: Float[np.ndarray, " parameters"], count: int, *, seed: int
) -> list[Float[np.ndarray, " parameters"]]:
    """Whitened points: the rough fit of each frequency, the prior mean, then draws of the prior."""
    generator = np.random.default_rng([seed, 4])
    drawn = [generator.standard_normal(NUM_PARAMETERS) for _ in range(count - 2)]
    return [rough, np.zeros(NUM_PARAMETERS), *drawn][:count]


def find_modes(
    data: FitData,
    prior: WhitenedPrior,
    *,
    normal: NormalEar,
    settings: SearchSettings,
    starts: Sequence[Float[np.ndarray, " parameters"]],
    progress: Callable[[int, float], None] | None = None,
) -> Modes:
    """Climbs from each whitened starting point. Call under `jax.enable_x64`.

    A search that did not converge counts only if none did.
    """
    behind = 0

    def tell(_: int, decrement: float) -> None:
        nonlocal behind
        behind += 1
        if progress is not None:
            progress(behind, decrement)

    found = [find_map(data, prior, normal=normal, settings=settings, start=start, progress=tell) for start in starts]
    found = [estimate for estimate in found if estimate.status is MapStatus.CONVERGED] or found[:1]
    return distinct_modes(found)


def distinct_modes(found: Sequence[MapEstimate]) -> Modes:
    """The best of the estimates, and the others that are more than three posterior SDs from each better one."""
    ordered = sorted(found, key=lambda estimate: -estimate.log_posterior_trace[-1])
    kept: list[MapEstimate] = []
    for estimate in ordered:
        if all(_distance_sd(better, estimate) > _DISTINCT_SD for better in kept):
            kept.append(estimate)
    log_weights = np.array([own.log_posterior_trace[-1] - 0.5 * _log_determinant(own) for own in kept])
    weights = np.exp(log_weights - log_weights.max())
    weights /= weights.sum()
    best = kept[0]
    others = tuple(
        OtherMode(
            estimate=own,
            distance_sd=_distance_sd(best, own),
            log_posterior_difference=best.log_posterior_trace[-1] - own.log_posterior_trace[-1],
            weight=float(weight),
        )
        for own, weight in zip(kept[1:], weights[1:], strict=True)
    )
    return Modes(best, others)


def mode_sentences(modes: Modes) -> tuple[str, ...]:
    """A sentence for each other explanation that is not negligible."""
    return tuple(
        f"The answers have a second explanation, {mode.distance_sd:.0f} posterior SDs away: its log posterior is lower "
        f"by {mode.log_posterior_difference:.1f}, its weight about {100 * mode.weight:.1f} %. Intervals "
        "from --method map leave it out; those from --method nuts do so too unless the chains went there."
        for mode in modes.others
        if mode.weight >= _SMALLEST_WEIGHT
    )


def _precision(estimate: MapEstimate) -> Float[np.ndarray, "parameters parameters"]:
    return estimate.fisher + np.eye(NUM_PARAMETERS)


def _distance_sd(one: MapEstimate, other: MapEstimate) -> float:
    """Mahalanobis distance by the wider of the two posteriors along the line between them."""
    along = other.whitened - one.whitened
    return float(np.sqrt(min(along @ _precision(own) @ along for own in (one, other))))


def _log_determinant(estimate: MapEstimate) -> float:
    return float(np.linalg.slogdet(_precision(estimate))[1])
