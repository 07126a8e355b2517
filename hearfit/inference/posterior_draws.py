"""Draws for leave-one-out: from Laplace's approximation, with what is needed to correct them."""

import numpy as np

from hearfit.inference.data import FitData
from hearfit.inference.held_out import PosteriorDraws, cell_log_likelihood
from hearfit.inference.laplace import LaplacePosterior
from hearfit.inference.model_variants import ModelVariant

NUM_DRAWS = 1000


def corrected_laplace_draws(
    data: FitData, posterior: LaplacePosterior, model: ModelVariant, seed: int, *, num_draws: int = NUM_DRAWS
) -> PosteriorDraws:
    """Draws from the Gaussian and their density ratio. Call under `jax.enable_x64`."""
    positions = posterior.draws(num_draws, seed=seed)
    cells = cell_log_likelihood(positions, data, normal=model.normal)
    from_prior = np.linalg.solve(np.linalg.cholesky(model.prior.covariance), (positions - model.prior.mean).T)
    from_mode = np.linalg.solve(np.linalg.cholesky(posterior.covariance), (positions - posterior.mode).T)
    log_posterior = cells.log_probability @ cells.count - 0.5 * np.sum(from_prior**2, axis=0)
    return PosteriorDraws(cells, log_posterior + 0.5 * np.sum(from_mode**2, axis=0))
