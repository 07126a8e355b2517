"""Whether draws can be trusted: convergence of the chains, and how far they are from Laplace's approximation."""

from collections.abc import Sequence

import numpy as np
from arviz_stats.base.array import array_stats
from jaxtyping import Float
from scipy.stats import kstest, norm, skew

from hearfit.inference.nuts import Chains
from hearfit.inference.sampled import EarPosterior, SampledPosterior
from hearfit.inference.sampler_settings import SamplerSettings
from hearfit.listener.parameters import PARAMETER_NAMES
from hearfit.listener.profile import Agreement, Estimate, FrequencyEstimates, Sampling

# Vehtari, Gelman, Simpson, Carpenter & Buerkner (2021): R-hat below 1.01, an effective sample size of 100 a chain.
_LARGEST_RHAT = 1.01
_SMALLEST_EFFECTIVE_SIZE = 400.0
# Betancourt (2016) advises caution below about 0.3.
_SMALLEST_ENERGY_FRACTION = 0.3
_LARGEST_SKEWNESS = 0.5
_LARGEST_DISTANCE = 0.15
_TAIL = (0.05, 0.95)
_REPORTED = ("threshold_db_hl", "compression_exponent", "attenuation_db", "inhibition")


def sampling_checks(
    chains: Chains, sampled: SampledPosterior, laplace: EarPosterior, settings: SamplerSettings, *, seed: int
) -> Sampling:
    """Convergence of the chains over all coordinates and the log density. `agreement` is left empty."""
    # Of the coordinates that are reported, not of the sampler's, in which an arm of the posterior may be short.
    columns = [*np.moveaxis(sampled.chains, -1, 0), chains.log_density]
    names = (*PARAMETER_NAMES, "log posterior")
    rhat = np.array([float(array_stats.rhat(column, chain_axis=0, draw_axis=1)) for column in columns])
    bulk, tail = (
        np.array([float(array_stats.ess(column, chain_axis=0, draw_axis=1, **how)) for column in columns])
        for how in ({"method": "bulk"}, {"method": "tail", "prob": _TAIL})
    )
    energy_fraction = float(np.min(array_stats.bfmi(chains.energy, chain_axis=0, draw_axis=1)))
    num_divergent = int(chains.is_divergent.sum())
    is_largest = chains.num_doublings >= settings.max_doublings
    problems: list[str] = []
    # Written so that NaN is a problem too.
    if not rhat.max() <= _LARGEST_RHAT:
        problems.append(
            f"The chains disagree: R-hat reaches {rhat.max():.3f} ({names[int(np.argmax(rhat))]}), but must not exceed "
            f"{_LARGEST_RHAT}."
        )
    smallest = np.minimum(bulk, tail)
    if not smallest.min() >= _SMALLEST_EFFECTIVE_SIZE:
        problems.append(
            f"There are too few independent draws: the smallest effective sample size is {smallest.min():.0f} "
            f"({names[int(np.argmin(smallest))]}), but must be at least {_SMALLEST_EFFECTIVE_SIZE:.0f}."
        )
    if num_divergent > settings.most_divergent:
        problems.append(
            f"{num_divergent} of {chains.is_divergent.size} trajectories diverged, but at most "
            f"{100 * settings.largest_divergent_share:g} % may."
        )
    if not energy_fraction >= _SMALLEST_ENERGY_FRACTION:
        problems.append(
            f"The energy of the chains changes too slowly: the smallest E-BFMI is {energy_fraction:.2f}, but must be "
            f"at least {_SMALLEST_ENERGY_FRACTION}."
        )
    return Sampling(
        num_chains=chains.draws.shape[0],
        num_draws=chains.draws.shape[1],
        seed=seed,
        rhat_max=_finite(rhat.max()),
        ess_bulk_min=_finite(bulk.min()),
        ess_tail_min=_finite(tail.min()),
        num_divergent=num_divergent,
        num_largest_tree=int(is_largest.sum()),
        energy_bfmi_min=_finite(energy_fraction),
        mean_steps=float(chains.num_steps.mean()),
        problems=tuple(problems),
        not_gaussian=_not_gaussian(sampled, laplace),
    )


def agreement(sampled: Sequence[FrequencyEstimates], laplace: Sequence[FrequencyEstimates]) -> tuple[Agreement, ...]:
    """Laplace against draws for every reported quantity at every frequency."""
    rows = []
    for name in _REPORTED:
        for own, other in zip(sampled, laplace, strict=True):
            drawn: Estimate = getattr(own, name)
            approximate: Estimate = getattr(other, name)
            rows.append(
                Agreement(
                    quantity=name,
                    frequency_hz=own.frequency_hz,
                    mean_difference_sd=(approximate.mean - drawn.mean) / drawn.sd,
                    sd_ratio=approximate.sd / drawn.sd,
                )
            )
    return tuple(rows)


def _not_gaussian(sampled: EarPosterior, laplace: EarPosterior) -> tuple[str, ...]:
    """Coordinates whose draws are skewed, or whose distribution is not the one of Laplace's approximation."""
    positions = sampled.draws(2000, seed=0)
    sd = np.sqrt(np.diag(laplace.covariance))
    names = []
    for index, name in enumerate(PARAMETER_NAMES):
        own: Float[np.ndarray, " draws"] = positions[:, index]
        distance = kstest((own - laplace.mode[index]) / sd[index], norm.cdf).statistic
        if abs(float(skew(own))) > _LARGEST_SKEWNESS or distance > _LARGEST_DISTANCE:
            names.append(name)
    return tuple(names)


def _finite(value: float) -> float:
    """A profile holds finite numbers only; what is not one is among the problems."""
    return float(np.nan_to_num(value, nan=-1.0, posinf=1e300))
