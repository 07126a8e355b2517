"""Maximum a posteriori by Fisher scoring in a trust region, with a secant correction of the curvature."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum, unique

import numpy as np
from jaxtyping import Float
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import brentq

from hearfit.inference.data import FitData
from hearfit.inference.likelihood import Evaluation, WhitenedPrior, evaluate
from hearfit.listener.normal import NormalEar
from hearfit.listener.parameters import NUM_PARAMETERS, Prior

# Share of the promised gain from which a step is taken, below which the region shrinks, from which it grows.
_ACCEPTED, _SHRINK, _GROW = 1e-4, 0.25, 0.75


@unique
class MapStatus(StrEnum):
    """How the search ended; the values are sentences for the report."""

    CONVERGED = "The search converged."
    TOO_MANY_STEPS = "The search reached its largest number of steps before it converged."
    STUCK = "The search could not improve the log posterior any further although its gradient is not zero."
    NOT_FINITE = "The log posterior is not a finite number at the starting point."


@dataclass(frozen=True)
class SearchSettings:
    """When the search ends.

    `tolerance_nats` is the Newton decrement (expected gain in log posterior) that counts as converged. Radii are
    lengths of a step in whitened coordinates, that is in standard deviations of the prior.
    """

    tolerance_nats: float = 1e-6
    max_steps: int = 400
    first_radius: float = 3.0
    smallest_radius: float = 1e-9


@dataclass(frozen=True)
class MapEstimate:
    """The mode in whitened coordinates, the information of the answers there, and how it was reached."""

    whitened: Float[np.ndarray, " parameters"]
    fisher: Float[np.ndarray, "parameters parameters"]
    log_likelihood: float
    log_posterior_trace: tuple[float, ...]
    newton_decrement: float
    num_evaluations: int
    status: MapStatus


def whitened_prior(prior: Prior) -> WhitenedPrior:
    """Mean and Cholesky factor of the prior."""
    return WhitenedPrior(prior.mean, np.linalg.cholesky(prior.covariance))


def find_map(
    data: FitData,
    prior: WhitenedPrior,
    *,
    normal: NormalEar,
    settings: SearchSettings,
    start: Float[np.ndarray, " parameters"],
    progress: Callable[[int, float], None] | None = None,
) -> MapEstimate:
    """Climbs from `start` (whitened) to the posterior mode. Call under `jax.enable_x64`.

    The prior adds a unit matrix to the information, so every system is positive definite. `progress` is told the step
    and the expected remaining gain in nats.
    """
    position = start
    current = evaluate(position, prior, data, normal=normal)
    trace = [current.log_posterior]
    if not np.isfinite(trace[0]):
        return _result(position, current, trace, np.inf, 1, MapStatus.NOT_FINITE)
    correction = np.zeros((NUM_PARAMETERS, NUM_PARAMETERS))
    radius, num_evaluations, status = settings.first_radius, 1, MapStatus.TOO_MANY_STEPS
    for _ in range(settings.max_steps):
        decrement = _decrement(current)
        if progress is not None:
            progress(num_evaluations, decrement)
        if decrement < settings.tolerance_nats:
            status = MapStatus.CONVERGED
            break
        if radius < settings.smallest_radius:
            status = MapStatus.STUCK
            break
        step, promised = _trusted_step(_precision(current) + correction, current.gradient, radius)
        proposed = evaluate(position + step, prior, data, normal=normal)
        num_evaluations += 1
        is_finite = np.isfinite(proposed.log_posterior) and bool(np.all(np.isfinite(proposed.gradient)))
        kept_promise = (proposed.log_posterior - current.log_posterior) / promised if is_finite else -np.inf
        length = float(np.linalg.norm(step))
        if is_finite:
            correction = _updated_correction(correction, step, current, proposed)
        if kept_promise > _ACCEPTED:
            position, current = position + step, proposed
            trace.append(current.log_posterior)
        if kept_promise < _SHRINK:
            radius = _SHRINK * length
        elif kept_promise > _GROW and length > 0.9 * radius:
            radius = 2.0 * radius
    return _result(position, current, trace, _decrement(current), num_evaluations, status)


def _precision(evaluation: Evaluation) -> Float[np.ndarray, "parameters parameters"]:
    return evaluation.fisher + np.eye(NUM_PARAMETERS)


def _decrement(evaluation: Evaluation) -> float:
    """Half of g' H^-1 g: the gain in log posterior that the local quadratic model still expects."""
    gradient = evaluation.gradient
    return 0.5 * float(gradient @ cho_solve(cho_factor(_precision(evaluation)), gradient))


def _trusted_step(
    curvature: Float[np.ndarray, "parameters parameters"], gradient: Float[np.ndarray, " parameters"], radius: float
) -> tuple[Float[np.ndarray, " parameters"], float]:
    """Maximum of the quadratic model within a ball, and the gain that it promises (More & Sorensen 1983).

    The step (curvature + shift)^-1 gradient shortens as the shift grows; the shift is zero if the full step is inside.
    """
    values, vectors = np.linalg.eigh(curvature)
    along = vectors.T @ gradient

    def step_with(shift: float) -> Float[np.ndarray, " parameters"]:
        return np.asarray(along / (values + shift))

    lowest = max(0.0, -values[0] + 1e-9 * abs(values[-1]))
    shift = lowest
    if np.linalg.norm(step_with(lowest)) > radius:
        highest = lowest + float(np.linalg.norm(gradient)) / radius
        shift = brentq(lambda x: float(np.linalg.norm(step_with(x))) - radius, lowest, highest, rtol=1e-6)
    step = step_with(shift)
    promised = float(along @ step - 0.5 * step @ (values * step))
    return vectors @ step, promised


def _updated_correction(
    correction: Float[np.ndarray, "parameters parameters"],
    step: Float[np.ndarray, " parameters"],
    before: Evaluation,
    after: Evaluation,
) -> Float[np.ndarray, "parameters parameters"]:
    """Secant estimate of observed minus expected curvature (NL2SOL; Dennis, Gay & Welsch 1981, eqs 1.6 and 3.1).

    Expected information alone converges slowly where few answers per condition make the observed curvature differ.
    """
    change = before.gradient - after.gradient
    along = float(step @ change)
    if along < 1e-8 * float(np.linalg.norm(step) * np.linalg.norm(change)):
        return correction
    target = change - _precision(after) @ step
    explained = float(step @ correction @ step)
    sized = correction * min(1.0, abs(float(step @ target)) / abs(explained)) if explained else correction
    residual = target - sized @ step
    update = (np.outer(residual, change) + np.outer(change, residual)) / along
    return sized + update - float(step @ residual) / along**2 * np.outer(change, change)


def _result(
    position: Float[np.ndarray, " parameters"],
    evaluation: Evaluation,
    trace: list[float],
    decrement: float,
    num_evaluations: int,
    status: MapStatus,
) -> MapEstimate:
    return MapEstimate(
        whitened=position,
        fisher=evaluation.fisher,
        log_likelihood=evaluation.log_likelihood,
        log_posterior_trace=tuple(trace),
        newton_decrement=decrement,
        num_evaluations=num_evaluations,
        status=status,
    )
