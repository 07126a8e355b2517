"""Laplace's approximation: a Gaussian about the mode in unconstrained coordinates."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.linalg import cho_factor, cho_solve

from hearfit.inference.map import MapEstimate
from hearfit.inference.posterior import Marginal, Transform, data_share_along
from hearfit.listener.parameters import DEFAULT_PRIOR, NUM_PARAMETERS, Prior

_NORMAL_QUANTILE_975 = 1.959963984540054
_NUM_NODES = 32


@dataclass(frozen=True)
class LaplacePosterior:
    """Mode and covariance in the order of `PARAMETER_NAMES`, and the condition number of the precision.

    `reference_covariance` is what is known of anybody without an answer: that of the population, whichever prior was
    used. Against a prior that says nothing, every number would pass for data.
    """

    mode: Float[np.ndarray, " parameters"]
    covariance: Float[np.ndarray, "parameters parameters"]
    reference_covariance: Float[np.ndarray, "parameters parameters"]
    condition_number: float

    @property
    def data_share(self) -> Float[np.ndarray, " parameters"]:
        """1 - posterior variance / variance among people of each coordinate: 1 where the data speak.

        0 where they do not; less than 0 where a prior wider than the population was used and the answers did not help.
        """
        return 1.0 - np.diag(self.covariance) / np.diag(self.reference_covariance)

    @property
    def mean(self) -> Float[np.ndarray, " parameters"]:
        """The mode, which is the mean of a Gaussian."""
        return self.mode

    def share_along(self, direction: Float[np.ndarray, "*batch parameters"]) -> Float[np.ndarray, "*batch"]:
        """Data share of the linear combination of coordinates with these weights."""
        return data_share_along(direction, self.covariance, self.reference_covariance)

    def draws(self, count: int, *, seed: int) -> Float[np.ndarray, "draws parameters"]:
        """Random points of the posterior; the same seed gives the same points."""
        factor = np.linalg.cholesky(self.covariance)
        generator = np.random.default_rng(seed)
        return self.mode + generator.standard_normal((count, NUM_PARAMETERS)) @ factor.T

    def marginal(self, index: int, transform: Transform) -> Marginal:
        """Posterior of a monotone increasing function of one coordinate: exact quantiles, moments by quadrature."""
        mean, sd = float(self.mode[index]), float(np.sqrt(self.covariance[index, index]))
        nodes, weights = np.polynomial.hermite_e.hermegauss(_NUM_NODES)
        weights = weights / weights.sum()
        values = transform(mean + sd * nodes)
        centre = float(weights @ values)
        lower, upper = transform(mean + sd * _NORMAL_QUANTILE_975 * np.array([-1.0, 1.0]))
        return Marginal(centre, float(np.sqrt(weights @ (values - centre) ** 2)), float(lower), float(upper))


def laplace(estimate: MapEstimate, prior: Prior) -> LaplacePosterior:
    """Posterior from the expected information at the mode plus the prior's precision."""
    factor = np.linalg.cholesky(prior.covariance)
    return posterior_about(prior.mean + factor @ estimate.whitened, estimate.fisher, prior)


def posterior_about(
    mode: Float[np.ndarray, " parameters"], fisher: Float[np.ndarray, "parameters parameters"], prior: Prior
) -> LaplacePosterior:
    """Gaussian about `mode` whose precision is the information `fisher` (of whitened coordinates) and the prior's."""
    factor = np.linalg.cholesky(prior.covariance)
    precision = fisher + np.eye(NUM_PARAMETERS)
    whitened_covariance = cho_solve(cho_factor(precision), np.eye(NUM_PARAMETERS))
    covariance = factor @ whitened_covariance @ factor.T
    return LaplacePosterior(
        mode=mode,
        covariance=0.5 * (covariance + covariance.T),
        reference_covariance=DEFAULT_PRIOR.covariance,
        condition_number=float(np.linalg.cond(precision)),
    )
