"""The posterior by sampling: from the answers and Laplace's approximation to draws of the ear's coordinates."""

from collections.abc import Callable

import numpy as np

from hearfit.inference.cores import available_cores
from hearfit.inference.data import FitData
from hearfit.inference.laplace import LaplacePosterior
from hearfit.inference.likelihood import WhitenedPrior
from hearfit.inference.log_density import build_target, positions_of
from hearfit.inference.nuts import sample_chains
from hearfit.inference.sampled import SampledPosterior
from hearfit.inference.sampler_settings import SamplerSettings
from hearfit.inference.sampling_checks import sampling_checks
from hearfit.listener.normal import NormalEar
from hearfit.listener.profile import Sampling


def sample_posterior(
    data: FitData,
    laplace: LaplacePosterior,
    prior: WhitenedPrior,
    *,
    normal: NormalEar,
    settings: SamplerSettings,
    seed: int,
    progress: Callable[[float], None],
    num_threads: int | None = None,
    is_padded: bool = False,
) -> tuple[SampledPosterior, Sampling]:
    """Draws from the posterior, and whether they can be trusted. Call under `jax.enable_x64`.

    Each chain starts from its own draw of Laplace's approximation; the same seed gives the same draws. `num_threads` is
    by default one for each core; `is_padded` as in `build_target`.
    """
    density, target = build_target(
        data, prior, centre=laplace.mode, covariance=laplace.covariance, normal=normal, is_padded=is_padded
    )
    generator = np.random.default_rng([seed, 2])
    chains = sample_chains(
        density,
        target,
        start=generator.standard_normal((settings.num_chains, len(laplace.mode))),
        settings=settings,
        seed=seed,
        num_threads=min(settings.num_chains, num_threads or available_cores()),
        progress=progress,
    )
    positions = positions_of(chains.draws, target)
    posterior = SampledPosterior(laplace.mode, positions, laplace.reference_covariance)
    return posterior, sampling_checks(chains, posterior, laplace, settings, seed=seed)
