"""The delta method: to first order, how far quantities vary that follow smoothly from coordinates that vary.

A quantity whose derivatives by the coordinates are g has the variance g' C g, where C is the coordinates' covariance
(Oehlert 1992, Am. Stat. 46, 27-29). For a Gaussian and linear quantities it is exact.
"""

import numpy as np
from jaxtyping import Float


def delta_variance(
    directions: Float[np.ndarray, "*quantities parameters"], covariance: Float[np.ndarray, "parameters parameters"]
) -> Float[np.ndarray, "*quantities"]:
    """Variance of each quantity, given its derivatives by the coordinates."""
    return np.asarray(np.sum((directions @ covariance) * directions, axis=-1))


def delta_sd(
    directions: Float[np.ndarray, "*quantities parameters"], covariance: Float[np.ndarray, "parameters parameters"]
) -> Float[np.ndarray, "*quantities"]:
    """Standard deviation of each quantity, in its own unit."""
    return np.asarray(np.sqrt(delta_variance(directions, covariance)))


def delta_correlation(
    directions: Float[np.ndarray, "quantities parameters"], covariance: Float[np.ndarray, "parameters parameters"]
) -> Float[np.ndarray, "quantities quantities"]:
    """Correlation of each quantity with each other one."""
    sd = delta_sd(directions, covariance)
    return np.asarray((directions @ covariance @ directions.T) / np.outer(sd, sd))
