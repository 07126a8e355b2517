from dataclasses import dataclass, replace
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jaxtyping import Array, Float
from scipy.stats import norm

from hearfit.experiment.conditions import Conditions
from hearfit.inference.data import FitData
from hearfit.inference.laplace import LaplacePosterior, laplace
from hearfit.inference.likelihood import evaluate
from hearfit.inference.log_density import PosteriorDensity, Target, build_target, positions_of
from hearfit.inference.map import whitened_prior
from hearfit.inference.nuts import Chains, sample_chains
from hearfit.inference.sampled import SampledPosterior
from hearfit.inference.sampler_settings import SamplerSettings
from hearfit.inference.sampling_checks import sampling_checks
from hearfit.inference.task_model import LAPSE
from hearfit.listener.normal import NORMAL
from hearfit.listener.parameters import DEFAULT_PRIOR, NUM_KNOTS, NUM_PARAMETERS, PARAMETER_NAMES
from hearfit.listener.profile import Sampling
from hearfit.protocols.loader import load_protocol
from tests.inference.sessions import detection, fit_data, loudness, mode_of, notched_noise, simulated

pytestmark = pytest.mark.usefixtures("float64")

PRIOR = whitened_prior(DEFAULT_PRIOR)
SHORT = SamplerSettings(num_chains=2, num_draws=1500, num_warmup=100)
COVARIANCE = np.array([[1.0, 0.6, 0.0], [0.6, 2.0, -0.3], [0.0, -0.3, 0.5]])


def gaussian(z: Float[Array, " parameters"], precision: Float[Array, "parameters parameters"]) -> Float[Array, ""]:
    return -0.5 * z @ precision @ z


def gaussian_chains(seed: int, settings: SamplerSettings = SHORT, num_threads: int = 2) -> Chains:
    return sample_chains(
        gaussian,
        jnp.asarray(np.linalg.inv(COVARIANCE)),
        start=np.zeros((settings.num_chains, 3)),
        settings=settings,
        seed=seed,
        num_threads=num_threads,
        progress=lambda _: None,
    )


@cache
def session() -> list[Conditions]:
    return simulated([detection((1000.0,), repetitions=3), loudness((1000.0,), repetitions=1)], seed=51)


@cache
def approximation() -> LaplacePosterior:
    return laplace(mode_of(session()), DEFAULT_PRIOR)


@cache
def density_and_target() -> tuple[PosteriorDensity, Target]:
    own = approximation()
    return build_target(fit_data(session()), PRIOR, centre=own.mode, covariance=own.covariance, normal=NORMAL)


@jax.jit
def _slope_of_position(z: Float[Array, " parameters"], target: Target) -> Float[Array, "parameters parameters"]:
    return jax.jacfwd(target.position)(z)


def evaluated(
    z: Float[np.ndarray, " parameters"], target: Target, data: FitData
) -> tuple[float, Float[np.ndarray, " parameters"]]:
    """By the likelihood of the search for the mode, in double precision throughout: value, and gradient by z."""
    whitened = np.linalg.solve(PRIOR.factor, positions_of(z, target) - PRIOR.mean)
    found = evaluate(whitened, PRIOR, data, normal=NORMAL)
    change = np.linalg.solve(PRIOR.factor, np.asarray(_slope_of_position(jnp.asarray(z), target._replace(rows=()))))
    return found.log_posterior, change.T @ found.gradient


@dataclass(frozen=True)
class Slice:
    """A density along two of its coordinates, the others as at the mode."""

    density: PosteriorDensity
    places: tuple[int, int]

    def __call__(self, at: Float[Array, " two"], target: Target) -> Float[Array, ""]:
        return self.density(jnp.zeros(NUM_PARAMETERS).at[jnp.array(self.places)].set(at), target)


def test_draws_of_a_gaussian_have_its_moments() -> None:
    # Truth: closed form. 3,000 draws that are as good as independent: 4 standard errors.
    draws = gaussian_chains(1).draws.reshape(-1, 3)
    sd = np.sqrt(np.diag(COVARIANCE))
    np.testing.assert_allclose(draws.mean(axis=0) / sd, 0.0, atol=4.0 / np.sqrt(len(draws)))
    np.testing.assert_allclose(np.cov(draws.T) / np.outer(sd, sd), COVARIANCE / np.outer(sd, sd), atol=0.12)


def test_same_seed_gives_same_draws_in_any_number_of_threads() -> None:
    brief = replace(SHORT, num_draws=30, num_warmup=20)
    one, two, other = gaussian_chains(1, brief), gaussian_chains(1, brief, 1), gaussian_chains(2, brief)
    np.testing.assert_array_equal(one.draws, two.draws)
    assert not np.any(one.draws == other.draws)
    assert one.draws.shape == (2, 30, 3)
    # Chains start from the same point here, but walk by their own random numbers.
    assert not np.any(one.draws[0] == one.draws[1])


def steep_on_one_side(z: Float[Array, " parameters"], steepness: Float[Array, ""]) -> Float[Array, ""]:
    """Standard normal but for one coordinate, which hardly goes below -1."""
    return -0.5 * z @ z - 0.5 * steepness * jnp.minimum(z[0] + 1.0, 0.0) ** 2


def steep_chains(num_threads: int, *acceptances: float) -> Chains:
    return sample_chains(
        steep_on_one_side,
        jnp.asarray(2000.0),
        start=np.zeros((2, 3)),
        settings=replace(SHORT, num_draws=400, target_acceptances=acceptances),
        seed=4,
        num_threads=num_threads,
        progress=lambda _: None,
    )


def test_chains_begin_again_with_shorter_steps_where_too_many_diverge() -> None:
    # Truth: the mean of a normal variable that is cut off at -1, phi(1) / Phi(1).
    long, short, alone = steep_chains(2, 0.5), steep_chains(2, 0.5, 0.98), steep_chains(1, 0.98)
    allowed = replace(SHORT, num_draws=400).most_divergent
    assert long.is_divergent.sum() > allowed >= short.is_divergent.sum()
    assert short.draws[..., 0].mean() == pytest.approx(norm.pdf(1) / norm.cdf(1), abs=0.1)
    # Nothing of the first attempt is left, however the threads took turns.
    np.testing.assert_array_equal(short.draws, alone.draws)


def test_interrupt_ends_the_chains() -> None:
    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sample_chains(
            gaussian,
            jnp.asarray(np.linalg.inv(COVARIANCE)),
            start=np.zeros((2, 3)),
            settings=replace(SHORT, num_draws=10_000_000),
            seed=1,
            num_threads=1,
            progress=interrupt,
        )


def test_density_of_the_sampler_is_that_of_the_likelihood() -> None:
    # Truth: value and gradient of `evaluate`, in double precision throughout. Far from the mode too.
    density, target = density_and_target()
    compiled = jax.jit(jax.value_and_grad(density))
    data = fit_data(session())
    for z in 2.0 * np.random.default_rng(5).standard_normal((5, NUM_PARAMETERS)):
        value, gradient = compiled(jnp.asarray(z), target)
        expected, slope = evaluated(z, target, data)
        assert float(value) == pytest.approx(expected, abs=1e-3)
        np.testing.assert_allclose(gradient, slope, atol=2e-3)


# One of each kind of evidence. Moving ripples too were found to agree (2e-5 nats), but take half a minute to compile.
OTHER_TASKS = ("stored_thresholds", "temporal_masking_curve", "profile_analysis")


@pytest.mark.usefixtures("standard_promotion")
def test_density_of_other_tasks_is_that_of_the_likelihood() -> None:
    # Truth: as above. Of all other tasks, whose evidence is in single precision too; types mix as in the sampler.
    conditions = simulated([notched_noise(), *map(load_protocol, OTHER_TASKS)], seed=52)
    data, own = fit_data(conditions), approximation()
    density, target = build_target(data, PRIOR, centre=own.mode, covariance=own.covariance, normal=NORMAL)
    z = np.random.default_rng(5).standard_normal(NUM_PARAMETERS)
    value, gradient = jax.jit(jax.value_and_grad(density))(jnp.asarray(z), target)
    expected, slope = evaluated(z, target, data)
    assert float(value) == pytest.approx(expected, abs=1e-3)
    np.testing.assert_allclose(gradient, slope, atol=1e-3 * np.abs(slope).max())


def test_draws_along_two_coordinates_agree_with_brute_force() -> None:
    # Truth: sums over a fine grid of the density along a threshold and the lapse rate, which is skewed. 1,200 draws.
    density, target = density_and_target()
    own = Slice(density, (NUM_KNOTS + 4, LAPSE))
    axis = np.linspace(-5.0, 5.0, 31)
    grid = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1).reshape(-1, 2)
    log_density = np.asarray(jax.jit(lambda points: jax.lax.map(lambda p: own(p, target), points))(jnp.asarray(grid)))
    weights = np.exp(log_density - log_density.max())
    weights /= weights.sum()
    mean = weights @ grid
    sd = np.sqrt(weights @ (grid - mean) ** 2)
    chains = sample_chains(
        own,
        target,
        start=np.zeros((2, 2)),
        settings=replace(SHORT, num_draws=600),
        seed=3,
        num_threads=2,
        progress=lambda _: None,
    )
    draws = chains.draws.reshape(-1, 2)
    np.testing.assert_allclose(draws.mean(axis=0), mean, atol=0.15)
    np.testing.assert_allclose(draws.std(axis=0) / sd, 1.0, atol=0.12)


def test_checks_pass_for_good_chains_and_name_what_is_wrong_with_bad_ones() -> None:
    # Truth: chains of independent normal deviates, shifted, thinned out and diverging by construction.
    generator = np.random.default_rng(4)
    shape = (4, 500)
    own = approximation()
    good = Chains(
        draws=generator.standard_normal((*shape, NUM_PARAMETERS)),
        log_density=generator.standard_normal(shape),
        energy=generator.standard_normal(shape),
        is_divergent=np.zeros(shape, bool),
        num_doublings=np.full(shape, 3),
        num_steps=np.full(shape, 7),
        step_size=np.full(4, 0.5),
    )

    def checked(chains: Chains) -> Sampling:
        positions = own.mode + chains.draws @ np.linalg.cholesky(own.covariance).T
        posterior = SampledPosterior(own.mode, positions, own.reference_covariance)
        return sampling_checks(chains, posterior, own, SamplerSettings(), seed=1)

    passed = checked(good)
    assert passed.problems == ()
    assert passed.not_gaussian == ()
    assert 0.999 < passed.rhat_max < 1.01
    assert passed.ess_bulk_min == pytest.approx(2000.0, rel=0.4)
    shifted = good.draws.copy()
    shifted[0, :, 5] += 1.0
    walk = np.cumsum(good.draws, axis=1) / 20.0
    divergent = good.is_divergent.copy()
    divergent[1, :10] = True
    slow = np.cumsum(good.energy, axis=1)
    for bad, words in (
        (replace(good, draws=shifted), "R-hat"),
        (replace(good, draws=walk), "effective sample size"),
        (replace(good, is_divergent=divergent), "10 of 2000 trajectories diverged"),
        (replace(good, energy=slow), "E-BFMI"),
    ):
        assert words in " ".join(checked(bad).problems)


def test_skewed_coordinate_is_named() -> None:
    own = approximation()
    deviates = np.random.default_rng(4).standard_normal((4, 500, NUM_PARAMETERS))
    deviates[..., 7] = np.random.default_rng(5).exponential(size=(4, 500)) - 1.0
    sd = np.sqrt(np.diag(own.covariance))
    posterior = SampledPosterior(own.mode, own.mode + deviates * sd, own.reference_covariance)
    chains = Chains(
        draws=deviates,
        log_density=deviates[..., 0],
        energy=deviates[..., 0],
        is_divergent=np.zeros((4, 500), bool),
        num_doublings=np.full((4, 500), 3),
        num_steps=np.full((4, 500), 7),
        step_size=np.full(4, 0.5),
    )
    found = sampling_checks(chains, posterior, own, SamplerSettings(), seed=1).not_gaussian
    assert found == (PARAMETER_NAMES[7],)
