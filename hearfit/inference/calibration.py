"""Simulation-based calibration: is the truth a typical draw from the posterior that its answers lead to?

A listener is drawn from the prior, does a session and is fitted. Over many of them the rank of the truth among draws
from each posterior is uniform if, and only if, model, inference and draws agree (Talts et al. 2018, arXiv 1804.06788).
The session may depend on the listener only through their answers, so it is laid out around a simulated audiogram whose
trials are part of the data.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Float, Int

from hearfit.errors import InputError
from hearfit.experiment.conditions import Conditions, collapse
from hearfit.experiment.protocol import Protocol
from hearfit.inference.data import FitData, build_fit_data
from hearfit.inference.delta_method import delta_sd
from hearfit.inference.derived import threshold_sensitivities, tone_thresholds
from hearfit.inference.ear_directions import ear_directions
from hearfit.inference.frequency_estimates import measured_knots
from hearfit.inference.laplace import LaplacePosterior, laplace, posterior_about
from hearfit.inference.likelihood import WhitenedPrior, evaluate
from hearfit.inference.map import MapStatus, SearchSettings, find_map, whitened_prior
from hearfit.inference.posterior import data_share_along
from hearfit.inference.sampler_settings import SamplerSettings
from hearfit.inference.screening import screen
from hearfit.inference.simulate import answered, planned_block
from hearfit.inference.start import starting_point
from hearfit.listener.normal import NormalEar
from hearfit.listener.parameters import NUM_KNOTS, Prior, attenuation_db, compression_exponent, inhibition_strength

NUM_DRAWS: Final = {"map": 399, "nuts": 99}
"""By method."""
# Short chains, as there are hundreds of listeners: they begin at draws of Laplace's approximation and need no more than
# a fair step size. In the slowest coordinate of a listener the effective size is a third of the draws (median of 126
# listeners), and where it is less than that too many ranks are at the ends. A draw too many is left out.
_SAMPLER: Final = SamplerSettings(num_chains=2, num_draws=50, num_warmup=25)
# Where answers leave less than a tenth of the prior's variance.
DATA_DOMINATE: Final = 0.9


@dataclass(frozen=True)
class CalibratedEar:
    """One simulated listener: rows are `QUANTITIES`, columns the audiometric frequencies.

    Errors of the exponent are those of its logarithm.

    `rank` counts the draws below the truth, of `num_draws`. `error` is that of the mean of the draws, `bound` the
    Bayesian Cramer-Rao bound at the true listener, `data_share` what the answers take away of the prior's variance.

    `left_out` names the protocols whose design refuses the ear that the audiogram shows. Of chains only:
    `divergent_share` of their trajectories, and `ess_bulk_min`, the smallest bulk effective sample size (as
    `Sampling` has it); None for draws from Laplace's approximation.
    """

    is_converged: bool
    num_trials: int
    num_draws: int
    is_tested: Bool[np.ndarray, "quantities knots"]
    rank: Int[np.ndarray, "quantities knots"]
    is_covered: Bool[np.ndarray, "quantities knots"]
    error: Float[np.ndarray, "quantities knots"]
    bound: Float[np.ndarray, "quantities knots"]
    data_share: Float[np.ndarray, "quantities knots"]
    # With defaults, so that what was stored before there were these can be read.
    left_out: tuple[str, ...] = ()
    divergent_share: float | None = None
    ess_bulk_min: float | None = None


@dataclass(frozen=True)
class _Drawn:
    """Draws, and of chains what the sampler went through to get them."""

    positions: Float[np.ndarray, "draws parameters"]
    divergent_share: float | None = None
    ess_bulk_min: float | None = None


def calibrate_one(
    protocols: Sequence[Protocol],
    screening_protocol: Protocol,
    *,
    transducer: str,
    prior: Prior,
    normal: NormalEar,
    method: str,
    seed: Sequence[int],
) -> CalibratedEar:
    """Draws a listener from the prior, simulates their session, fits it and ranks the truth. Under `jax.enable_x64`.

    Args:
        protocols: the session.
        screening_protocol: of tones in quiet, for the audiogram around which the session is laid out.
        transducer: for both.
        prior: of the listeners and of the fit.
        normal: constants of the model.
        method: draws from Laplace's approximation (map), or from the posterior itself by short chains (nuts).
        seed: of this listener.
    """
    generator = np.random.default_rng(list(seed))
    white = whitened_prior(prior)
    truth = white.mean + white.factor @ generator.standard_normal(len(white.mean))
    screening = screen(screening_protocol, truth, transducer=transducer, normal=normal, generator=generator)
    rough = screening.rough_ear(prior, normal=normal)
    blocks = [screening.block]
    left_out = []
    for protocol in protocols:
        try:
            planned = planned_block(protocol, rough, transducer=transducer, normal=normal, generator=generator)
        except InputError:
            # That the design refuses this ear follows from the answers to the audiogram, so the rest is calibrated.
            left_out.append(protocol.name)
            continue
        blocks.append(answered(planned, truth, transducer=transducer, normal=normal, generator=generator))
    conditions = [collapse(block) for block in blocks]
    data = build_fit_data(conditions, transducer=transducer, normal=normal)
    estimate = find_map(
        data, white, normal=normal, settings=SearchSettings(), start=starting_point(conditions, prior, normal)
    )
    drawn = _draws(data, laplace(estimate, prior), white, normal, method, int(generator.integers(2**31)))
    draws = drawn.positions
    values, true_values = calibrated_quantities(draws, normal), calibrated_quantities(truth[None], normal)[0]
    at_truth = evaluate(np.linalg.solve(white.factor, truth - white.mean), white, data, normal=normal)
    expected = posterior_about(truth, at_truth.fisher, prior)
    bound, share = _bounds(truth, expected.covariance, prior.covariance, normal)
    # Of all ways to take quantiles the one whose intervals hold one more draw as often as they say.
    low, high = np.quantile(values, [0.025, 0.975], axis=0, method="weibull")
    return CalibratedEar(
        is_converged=estimate.status is MapStatus.CONVERGED,
        num_trials=sum(len(block.trial) for block in blocks),
        num_draws=len(draws),
        is_tested=_tested(conditions[0], conditions[1:]),
        rank=np.sum(values < true_values, axis=0),
        is_covered=(low <= true_values) & (true_values <= high),
        error=values.mean(axis=0) - true_values,
        bound=bound,
        data_share=share,
        left_out=tuple(left_out),
        divergent_share=drawn.divergent_share,
        ess_bulk_min=drawn.ess_bulk_min,
    )


def _draws(
    data: FitData, approximation: LaplacePosterior, white: WhitenedPrior, normal: NormalEar, method: str, seed: int
) -> _Drawn:
    if method == "map":
        return _Drawn(approximation.draws(NUM_DRAWS[method], seed=seed))
    # The sampler takes long to import, and ArviZ too.
    from hearfit.inference.sampling import sample_posterior

    posterior, checks = sample_posterior(
        data,
        approximation,
        white,
        normal=normal,
        settings=_SAMPLER,
        seed=seed,
        progress=lambda _behind: None,
        num_threads=1,
        # So that all listeners of a study share one program.
        is_padded=True,
    )
    return _Drawn(
        posterior.positions[: NUM_DRAWS[method]],
        divergent_share=checks.num_divergent / (checks.num_chains * checks.num_draws),
        ess_bulk_min=checks.ess_bulk_min,
    )


def calibrated_quantities(
    positions: Float[np.ndarray, "draws parameters"], normal: NormalEar
) -> Float[np.ndarray, "draws quantities knots"]:
    """`QUANTITIES` of ears in the form in which they are ranked and their errors taken. Under `jax.enable_x64`.

    Threshold in dB HL, logarithm of the compression exponent, attenuation in dB, strength of inhibition.
    """
    at = jnp.asarray(positions)
    share, level = at[:, :NUM_KNOTS], at[:, NUM_KNOTS : 2 * NUM_KNOTS]
    inhibition = np.asarray(inhibition_strength(at[:, 2 * NUM_KNOTS : 3 * NUM_KNOTS]))
    exponent, attenuation = compression_exponent(share, level), attenuation_db(share, level)
    threshold = np.asarray(tone_thresholds(at, normal=normal))
    return np.stack([threshold, np.log(np.asarray(exponent)), np.asarray(attenuation), inhibition], axis=1)


def _bounds(
    truth: Float[np.ndarray, " parameters"],
    posterior: Float[np.ndarray, "parameters parameters"],
    prior: Float[np.ndarray, "parameters parameters"],
    normal: NormalEar,
) -> tuple[Float[np.ndarray, "quantities knots"], Float[np.ndarray, "quantities knots"]]:
    """SD that the bound allows, and data share, of every quantity, by the delta method at the true listener."""
    directions = calibrated_directions(truth, normal)
    return delta_sd(directions, posterior), data_share_along(directions, posterior, prior)


def calibrated_directions(
    truth: Float[np.ndarray, " parameters"], normal: NormalEar
) -> Float[np.ndarray, "quantities knots parameters"]:
    """Derivatives of `calibrated_quantities` of one ear by its coordinates. Under `jax.enable_x64`."""
    at = jnp.asarray(truth)
    directions = ear_directions(truth)
    # Of the model, to which every channel counts; and of the logarithm of the exponent.
    directions[0] = np.asarray(threshold_sensitivities(at, normal=normal).jacobian)
    exponent = np.asarray(compression_exponent(at[:NUM_KNOTS], at[NUM_KNOTS : 2 * NUM_KNOTS]))
    directions[1] /= exponent[:, None]
    return directions


def _tested(screening: Conditions, session: Sequence[Conditions]) -> Bool[np.ndarray, "quantities knots"]:
    """Thresholds count where there are trials of narrow sounds, the rest of the ear where the session has trials.

    Which frequencies trials are near is as in a profile (`measured_knots`).
    """
    rest = measured_knots(session).is_tested
    return np.stack([measured_knots([screening, *session]).is_threshold_tested, rest, rest, rest])
