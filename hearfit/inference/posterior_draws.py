"""Draws for leave-one-out: from Laplace's approximation, with what is needed to correct them, or by chains.

A session that leaves much of an ear open has a posterior so far from the approximation that its draws cannot be
corrected: of a real run of loudness alone, 96 of 100 answers then have a Pareto k above 0.7, and by chains none.
"""

from collections.abc import Callable

import numpy as np

from hearfit.inference.data import FitData
from hearfit.inference.held_out import PosteriorDraws, cell_log_likelihood
from hearfit.inference.laplace import LaplacePosterior
from hearfit.inference.map import whitened_prior
from hearfit.inference.model_variants import ModelVariant
from hearfit.inference.sampler_settings import SamplerSettings

NUM_DRAWS = 1000


def corrected_laplace_draws(
    data: FitData,
    posterior: LaplacePosterior,
    model: ModelVariant,
    seed: int,
    _progress: Callable[[float], None],
    *,
    num_draws: int = NUM_DRAWS,
) -> PosteriorDraws:
    """Draws from the Gaussian and their density ratio, too quick to tell progress. Call under `jax.enable_x64`."""
    positions = posterior.draws(num_draws, seed=seed)
    cells = cell_log_likelihood(positions, data, normal=model.normal)
    from_prior = np.linalg.solve(np.linalg.cholesky(model.prior.covariance), (positions - model.prior.mean).T)
    from_mode = np.linalg.solve(np.linalg.cholesky(posterior.covariance), (positions - posterior.mode).T)
    log_posterior = cells.log_probability @ cells.count - 0.5 * np.sum(from_prior**2, axis=0)
    return PosteriorDraws(cells, log_posterior + 0.5 * np.sum(from_mode**2, axis=0))


def chain_draws(
    data: FitData,
    posterior: LaplacePosterior,
    model: ModelVariant,
    seed: int,
    progress: Callable[[float], None],
    *,
    settings: SamplerSettings,
    num_threads: int | None = None,
    is_padded: bool = False,
) -> PosteriorDraws:
    """Draws by the No-U-Turn sampler; the last two arguments as in `sample_posterior`. Call under `jax.enable_x64`."""
    # The sampler takes long to import.
    from hearfit.inference.sampling import sample_posterior

    draws, sampling = sample_posterior(
        data,
        posterior,
        whitened_prior(model.prior),
        normal=model.normal,
        settings=settings,
        seed=seed,
        progress=progress,
        num_threads=num_threads,
        is_padded=is_padded,
    )
    cells = cell_log_likelihood(draws.positions, data, normal=model.normal)
    return PosteriorDraws(cells, log_ratio=None, sampling=sampling)
