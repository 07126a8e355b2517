"""A posterior known by its draws."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from hearfit.inference.laplace import LaplacePosterior
from hearfit.inference.posterior import Marginal, Transform, data_share_along


@dataclass(frozen=True)
class SampledPosterior:
    """Draws of each chain in the order of `PARAMETER_NAMES`, and the mode that was searched for by itself.

    `reference_covariance` as in `LaplacePosterior`.
    """

    mode: Float[np.ndarray, " parameters"]
    chains: Float[np.ndarray, "chains draws parameters"]
    reference_covariance: Float[np.ndarray, "parameters parameters"]

    @property
    def positions(self) -> Float[np.ndarray, "draws parameters"]:
        """All draws, chain after chain."""
        return self.chains.reshape(-1, self.chains.shape[-1])

    @cached_property
    def mean(self) -> Float[np.ndarray, " parameters"]:
        """Mean of the draws."""
        return np.asarray(self.positions.mean(axis=0))

    @cached_property
    def covariance(self) -> Float[np.ndarray, "parameters parameters"]:
        """Covariance of the draws."""
        return np.asarray(np.cov(self.positions.T))

    @property
    def data_share(self) -> Float[np.ndarray, " parameters"]:
        """1 - posterior variance / variance among people of each coordinate: 1 where the data speak."""
        return 1.0 - np.diag(self.covariance) / np.diag(self.reference_covariance)

    def share_along(self, direction: Float[np.ndarray, "*batch parameters"]) -> Float[np.ndarray, "*batch"]:
        """Data share of the linear combination of coordinates with these weights."""
        return data_share_along(direction, self.covariance, self.reference_covariance)

    def draws(self, count: int, *, seed: int) -> Float[np.ndarray, "draws parameters"]:
        """A random choice of the draws, none of them twice where there are enough."""
        total = len(self.positions)
        chosen = np.random.default_rng(seed).choice(total, count, replace=count > total)
        return self.positions[chosen]

    def marginal(self, index: int, transform: Transform) -> Marginal:
        """Moments and quantiles of the transformed draws."""
        values = transform(self.positions[:, index])
        lower, upper = np.quantile(values, [0.025, 0.975])
        return Marginal(float(values.mean()), float(values.std(ddof=1)), float(lower), float(upper))


EarPosterior = LaplacePosterior | SampledPosterior
"""Posterior in the unconstrained coordinates, in the order of `PARAMETER_NAMES`."""
