"""What Laplace's approximation and a set of draws have in common."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from hearfit.inference.delta_method import delta_variance

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
    """Data share of the linear combination of coordinates with these weights: 1 - posterior / reference variance.

    The reference is what is known without an answer: the variance among people, or that of the prior.
    """
    return np.asarray(1.0 - delta_variance(direction, covariance) / delta_variance(direction, reference_covariance))
