"""Recovery of simulated listeners: error against the Cramer-Rao bound, and coverage of the 95 % intervals.

Listeners have the standard audiograms N1-N4 and S1-S3 with a random share of every loss in compression, and inhibition
and an observer drawn from the prior. Each does the shipped session of tone detection and categorical loudness. With
`--from-prior`, the whole ear is drawn from the prior: the intervals of an exact posterior would then cover 95 %.

    python -m tests.studies.recovery --listeners 105
"""

import argparse
import json
from dataclasses import dataclass
from itertools import cycle, islice

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from hearfit.audiology.audiogram import Ear
from hearfit.audiology.bisgaard import standard_audiogram
from hearfit.experiment.conditions import collapse
from hearfit.experiment.protocol import Protocol
from hearfit.inference.data import build_fit_data
from hearfit.inference.derived import threshold_sensitivities
from hearfit.inference.estimates import cochlear_estimates, threshold_estimates
from hearfit.inference.laplace import laplace, posterior_about
from hearfit.inference.likelihood import evaluate
from hearfit.inference.map import MapStatus, SearchSettings, find_map, whitened_prior
from hearfit.inference.simulate import position_from_thresholds, simulate_block, thresholds_at_knots
from hearfit.inference.start import starting_point
from hearfit.listener.normal import AUDIOMETRIC_FREQUENCIES_HZ, NORMAL
from hearfit.listener.parameters import DEFAULT_PRIOR, NUM_KNOTS, listener_at
from hearfit.listener.profile import Estimate
from hearfit.protocols.loader import load_protocol

AUDIOGRAMS = ("N1", "N2", "N3", "N4", "S1", "S2", "S3")
QUANTITIES = ("log exponent", "threshold dB HL", "attenuation dB")


@dataclass(frozen=True)
class Recovered:
    """Errors, bounds and coverage at the tested frequencies of one listener; one row a quantity."""

    audiogram: str
    is_converged: bool
    error: Float[np.ndarray, "quantities knots"]
    bound: Float[np.ndarray, "quantities knots"]
    is_covered: Float[np.ndarray, "quantities knots"]
    standardised_error: Float[np.ndarray, "quantities knots"]


def tested_knots(protocols: tuple[Protocol, ...]) -> Float[np.ndarray, " knots"]:
    tested = {f for protocol in protocols for f in protocol.design.frequency_hz}
    return np.array([f in tested for f in AUDIOMETRIC_FREQUENCIES_HZ])


def listener_with(name: str, generator: np.random.Generator) -> Float[np.ndarray, " parameters"]:
    """An ear with this audiogram and a random share of its loss in compression; all else is drawn from the prior."""
    share = float(generator.uniform(0.2, 0.95))
    position = position_from_thresholds(
        thresholds_at_knots(standard_audiogram(name), Ear.LEFT), outer_hair_cell_share=share, normal=NORMAL
    )
    position[2 * NUM_KNOTS :] = listener_from_prior(generator)[2 * NUM_KNOTS :]
    return position


def listener_from_prior(generator: np.random.Generator) -> Float[np.ndarray, " parameters"]:
    """Any listener of the prior."""
    return generator.multivariate_normal(DEFAULT_PRIOR.mean, DEFAULT_PRIOR.covariance)


def recover(
    name: str,
    truth: Float[np.ndarray, " parameters"],
    protocols: tuple[Protocol, ...],
    generator: np.random.Generator,
) -> Recovered:
    """Simulates one listener's answers, fits them, and compares. Under `jax.enable_x64`."""
    blocks = [simulate_block(p, truth, transducer="HDA200", normal=NORMAL, generator=generator) for p in protocols]
    conditions = [collapse(b) for b in blocks]
    data = build_fit_data(conditions, transducer="HDA200", normal=NORMAL)
    prior = whitened_prior(DEFAULT_PRIOR)
    start = starting_point(conditions, DEFAULT_PRIOR, NORMAL)
    estimate = find_map(data, prior, normal=NORMAL, settings=SearchSettings(), start=start)
    posterior = laplace(estimate, DEFAULT_PRIOR)

    factor = prior.factor
    at_truth = evaluate(np.linalg.solve(factor, truth - DEFAULT_PRIOR.mean), prior, data, normal=NORMAL)
    bound = posterior_about(truth, at_truth.fisher, DEFAULT_PRIOR).covariance
    thresholds = threshold_sensitivities(jnp.asarray(truth), normal=NORMAL)
    slope = np.asarray(thresholds.jacobian)
    true_ear, found_ear = _cochlea(truth), _cochlea(posterior.mode)
    by_position = jax.jacobian(_log_exponent_and_attenuation)(jnp.asarray(truth))
    to_exponent, to_attenuation = (np.asarray(part) for part in by_position)
    exponent, attenuation = cochlear_estimates(posterior, DEFAULT_PRIOR, seed=0)
    level = threshold_estimates(posterior, normal=NORMAL, seed=0)
    true_values = np.stack([true_ear[0], np.asarray(thresholds.level_db_hl), true_ear[1]])
    # The mode is the point estimate whose error the bound limits.
    mode_threshold = np.asarray(threshold_sensitivities(jnp.asarray(posterior.mode), normal=NORMAL).level_db_hl)
    found = np.stack([found_ear[0], mode_threshold, found_ear[1]])

    def variance(direction: Float[np.ndarray, "knots parameters"]) -> Float[np.ndarray, " knots"]:
        return np.einsum("kp,pq,kq->k", direction, bound, direction)

    bounds = np.sqrt(np.stack([variance(to_exponent), variance(slope), variance(to_attenuation)]))
    covered = np.stack(
        [
            _covered(np.exp(true_values[0]), exponent),
            _covered(true_values[1], level),
            _covered(true_values[2], attenuation),
        ]
    )
    error = found - true_values
    # The SD of a logarithm is the relative SD.
    sds = np.array([[e.sd / e.mean for e in exponent], [e.sd for e in level], [e.sd for e in attenuation]])
    return Recovered(name, estimate.status is MapStatus.CONVERGED, error, bounds, covered, error / sds)


def _log_exponent_and_attenuation(
    position: Float[Array, " parameters"],
) -> tuple[Float[Array, " knots"], Float[Array, " knots"]]:
    listener = listener_at(position)
    return jnp.log(listener.exponent), listener.attenuation_db


def _cochlea(
    position: Float[np.ndarray, " parameters"],
) -> tuple[Float[np.ndarray, " knots"], Float[np.ndarray, " knots"]]:
    log_exponent, attenuation = _log_exponent_and_attenuation(jnp.asarray(position))
    return np.asarray(log_exponent), np.asarray(attenuation)


def _covered(truth: Float[np.ndarray, " knots"], estimates: list[Estimate]) -> Float[np.ndarray, " knots"]:
    return np.array([e.lower_95 <= t <= e.upper_95 for t, e in zip(truth, estimates, strict=True)])


def study(
    num_listeners: int, *, seed: int, protocols: tuple[Protocol, ...], is_from_prior: bool = False
) -> list[Recovered]:
    """Listeners in turn over the audiograms, or from the prior; the same seed gives the same study."""
    generator = np.random.default_rng(seed)
    results = []
    with jax.enable_x64(True):
        for name in islice(cycle(["prior"] if is_from_prior else AUDIOGRAMS), num_listeners):
            truth = listener_from_prior(generator) if is_from_prior else listener_with(name, generator)
            results.append(recover(name, truth, protocols, generator))
    return results


def summary(results: list[Recovered], tested: Float[np.ndarray, " knots"]) -> dict[str, dict[str, float]]:
    """Over all listeners and tested frequencies: root mean square error, bound, their ratio, coverage, calibration.

    Calibration is the root mean square of error over stated SD: 1 for honest intervals, less for too wide ones.
    """
    table = {}
    for row, quantity in enumerate(QUANTITIES):
        error = np.array([r.error[row][tested] for r in results])
        bound = np.array([r.bound[row][tested] for r in results])
        covered = np.array([r.is_covered[row][tested] for r in results])
        standardised = np.array([r.standardised_error[row][tested] for r in results])
        rmse, limit = float(np.sqrt(np.mean(error**2))), float(np.sqrt(np.mean(bound**2)))
        table[quantity] = {
            "rmse": rmse,
            "bound": limit,
            "ratio": rmse / limit,
            "coverage": float(covered.mean()),
            "calibration": float(np.sqrt(np.mean(standardised**2))),
        }
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listeners", type=int, default=105)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--from-prior", action="store_true")
    arguments = parser.parse_args()
    protocols = (load_protocol("pure_tone_detection"), load_protocol("categorical_loudness"))
    results = study(arguments.listeners, seed=arguments.seed, protocols=protocols, is_from_prior=arguments.from_prior)
    tested = tested_knots(protocols)
    print(json.dumps(summary(results, tested), indent=2))
    print("converged", sum(r.is_converged for r in results), "of", len(results))
    for name in sorted({r.audiogram for r in results}):
        own = [r for r in results if r.audiogram == name]
        print(name, {q: (round(v["ratio"], 2), round(v["coverage"], 3)) for q, v in summary(own, tested).items()})


if __name__ == "__main__":
    main()
