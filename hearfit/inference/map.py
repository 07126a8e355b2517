"""Maximum a posteriori by damped Fisher scoring with a secant correction of the curvature."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum, unique

import numpy as np
from jaxtyping import Float
from scipy.linalg import cho_factor, cho_solve

from hearfit.inference.data import FitData
from hearfit.inference.likelihood import Evaluation, WhitenedPrior, evaluate
from hearfit.listener.normal import NormalEar
from hearfit.listener.parameters import NUM_PARAMETERS, Prior


@unique
class MapStatus(StrEnum):
    """How the search ended; the values are sentences for the report."""

    CONVERGED = "The search converged."
    TOO_MANY_STEPS = "The search reached its largest number of steps before it converged."
    STUCK = "The search could not improve the log posterior any further although its gradient is not zero."
    NOT_FINITE = "The log posterior is not a finite number at the starting point."


@dataclass(frozen=True)
class SearchSettings:
    """Newton decrement (expected gain in log posterior, nats) that counts as converged, and limits."""

    tolerance_nats: float = 1e-6
    max_steps: int = 60
    first_damping: float = 1e-2
    largest_damping: float = 1e8


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
    start: Float[np.ndarray, " parameters"] | None = None,
    progress: Callable[[int, float], None] | None = None,
) -> MapEstimate:
    """Climbs from the prior mean (or `start`, whitened) to the posterior mode. Call under `jax.enable_x64`.

    The prior adds a unit matrix to the information, so every system is positive definite. `progress` is told the step
    and the expected remaining gain in nats.
    """
    position = np.zeros(NUM_PARAMETERS) if start is None else start
    current = evaluate(position, prior, data, normal=normal)
    trace = [current.log_posterior]
    if not np.isfinite(trace[0]):
        return _result(position, current, trace, np.inf, 1, MapStatus.NOT_FINITE)
    correction = np.zeros((NUM_PARAMETERS, NUM_PARAMETERS))
    damping, num_evaluations, status = settings.first_damping, 1, MapStatus.TOO_MANY_STEPS
    for _ in range(settings.max_steps):
        decrement = _decrement(current)
        if progress is not None:
            progress(num_evaluations, decrement)
        if decrement < settings.tolerance_nats:
            status = MapStatus.CONVERGED
            break
        step, promised = _damped_step(current, correction, damping)
        proposed = evaluate(position + step, prior, data, normal=normal)
        num_evaluations += 1
        gained = proposed.log_posterior - current.log_posterior
        if np.isfinite(gained) and np.all(np.isfinite(proposed.gradient)):
            correction = _updated_correction(correction, step, current, proposed)
        if np.isfinite(gained) and gained > 1e-4 * promised:
            position, current = position + step, proposed
            trace.append(current.log_posterior)
            # A step that delivers what the quadratic model promised earns more trust in that model.
            damping *= 0.1 if gained > 0.5 * promised else 1.0
        else:
            damping = max(10.0 * damping, 1e-3)
        if damping > settings.largest_damping:
            status = MapStatus.STUCK
            break
    return _result(position, current, trace, _decrement(current), num_evaluations, status)


def _precision(evaluation: Evaluation) -> Float[np.ndarray, "parameters parameters"]:
    return evaluation.fisher + np.eye(NUM_PARAMETERS)


def _decrement(evaluation: Evaluation) -> float:
    """Half of g' H^-1 g: the gain in log posterior that the local quadratic model still expects."""
    gradient = evaluation.gradient
    return 0.5 * float(gradient @ cho_solve(cho_factor(_precision(evaluation)), gradient))


def _damped_step(
    evaluation: Evaluation, correction: Float[np.ndarray, "parameters parameters"], damping: float
) -> tuple[Float[np.ndarray, " parameters"], float]:
    """Step and promised gain with the corrected curvature; with the expected one where that is not definite."""
    expected, gradient = _precision(evaluation), evaluation.gradient
    damper = damping * np.diag(np.diag(expected))
    for precision in (expected + correction, expected):
        try:
            step = cho_solve(cho_factor(precision + damper), gradient)
        except np.linalg.LinAlgError:
            continue
        promised = float(gradient @ step - 0.5 * step @ precision @ step)
        if promised > 0.0:
            return step, promised
    raise AssertionError("the expected information plus a unit matrix is positive definite")


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
