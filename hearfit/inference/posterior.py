"""What Laplace's approximation and a set of draws have in common."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

Transform = Callable[[Float[np.ndarray, " values"]], Float[np.ndarray, " values"]]


@dataclass(frozen=True)
class Marginal:
    """Mean, SD and 95 % interval of one number."""

    mean: float
    sd: float
    lower_95: float
    upper_95: float


def data_share_along(
    direction: Float[np.ndarray, "*batch parameters"],
    covariance: Float[np.ndarray, "parameters parameters"],
    reference_covariance: Float[np.ndarray, "parameters parameters"],
) -> Float[np.ndarray, "*batch"]:
    """1 - posterior variance / variance among people of the linear combination of coordinates with these weights."""
    posterior = np.einsum("...p,pq,...q->...", direction, covariance, direction)
    reference = np.einsum("...p,pq,...q->...", direction, reference_covariance, direction)
    return np.asarray(1.0 - posterior / reference)
