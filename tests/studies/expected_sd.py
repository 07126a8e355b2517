"""Is the precision that `hearfit protocol check` promises the scatter of fits of simulated sessions of the same ear?

One ear with a standard audiogram does the same session again and again. The scatter of the fitted values is compared
with what the Fisher information of the design foretells of it. The prior draws every fit the same way, so the scatter
is smaller than the posterior SD: for a Gaussian its covariance is C I C, with C the posterior's and I the information.

    python -m tests.studies.expected_sd --sessions 200
"""

import argparse
from collections.abc import Sequence

import jax
import numpy as np
from jaxtyping import Float

from hearfit.audiology.audiogram import Ear
from hearfit.audiology.bisgaard import standard_audiogram
from hearfit.experiment.conditions import collapse
from hearfit.experiment.protocol import Protocol
from hearfit.inference.calibration import _tested, calibrated_directions, calibrated_quantities
from hearfit.inference.data import build_fit_data
from hearfit.inference.ear_directions import QUANTITIES
from hearfit.inference.information import plan_session
from hearfit.inference.laplace import laplace
from hearfit.inference.map import SearchSettings, find_map, whitened_prior
from hearfit.inference.simulate import planned_block, position_from_thresholds, simulate_block, thresholds_at_knots
from hearfit.inference.start import starting_point
from hearfit.listener.normal import NORMAL
from hearfit.listener.parameters import DEFAULT_PRIOR, NUM_KNOTS
from hearfit.protocols.loader import load_protocol

TRANSDUCER = "HDA200"
_OUTER_HAIR_CELL_SHARE = 0.65

Table = Float[np.ndarray, "quantities knots"]


def ear(audiogram: str) -> Float[np.ndarray, " parameters"]:
    """An ear with this audiogram; all else is what the prior expects."""
    thresholds = thresholds_at_knots(standard_audiogram(audiogram), Ear.LEFT)
    position = DEFAULT_PRIOR.mean.copy()
    found = position_from_thresholds(thresholds, outer_hair_cell_share=_OUTER_HAIR_CELL_SHARE, normal=NORMAL)
    position[: 2 * NUM_KNOTS] = found[: 2 * NUM_KNOTS]
    return position


def scatter(
    position: Float[np.ndarray, " parameters"], protocols: Sequence[Protocol], *, num_sessions: int, seed: int
) -> Table:
    """SD of the fitted values over sessions of one ear. Under `jax.enable_x64`."""
    generator = np.random.default_rng(seed)
    prior = whitened_prior(DEFAULT_PRIOR)
    modes = []
    for _ in range(num_sessions):
        blocks = [
            simulate_block(each, position, transducer=TRANSDUCER, normal=NORMAL, generator=generator)
            for each in protocols
        ]
        conditions = [collapse(block) for block in blocks]
        data = build_fit_data(conditions, transducer=TRANSDUCER, normal=NORMAL)
        start = starting_point(conditions, DEFAULT_PRIOR, NORMAL)
        found = find_map(data, prior, normal=NORMAL, settings=SearchSettings(tolerance_nats=1e-5), start=start)
        modes.append(laplace(found, DEFAULT_PRIOR).mode)
    return np.asarray(calibrated_quantities(np.array(modes), NORMAL).std(axis=0, ddof=1))


def expected(position: Float[np.ndarray, " parameters"], protocols: Sequence[Protocol]) -> tuple[Table, Table]:
    """What the design foretells: the SD of the fitted values, and that of the posterior. Under `jax.enable_x64`."""
    session = plan_session(protocols, position, transducer=TRANSDUCER, prior=DEFAULT_PRIOR, normal=NORMAL)
    covariance = session.posterior().covariance
    information = np.linalg.inv(covariance) - np.linalg.inv(DEFAULT_PRIOR.covariance)
    directions = calibrated_directions(position, NORMAL)

    def sd(of: Float[np.ndarray, "parameters parameters"]) -> Table:
        return np.sqrt(np.einsum("qkp,pr,qkr->qk", directions, of, directions))

    return sd(covariance @ information @ covariance), sd(covariance)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--audiogram", default="N3")
    parser.add_argument("--sessions", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--protocol", nargs="+", default=["pure_tone_detection", "categorical_loudness", "notched_noise"]
    )
    arguments = parser.parse_args()
    protocols = [load_protocol(name) for name in arguments.protocol]
    with jax.enable_x64(True):
        position = ear(arguments.audiogram)
        foretold, posterior = expected(position, protocols)
        found = scatter(position, protocols, num_sessions=arguments.sessions, seed=arguments.seed)
        generator = np.random.default_rng(arguments.seed)
        session = [
            collapse(planned_block(each, position, transducer=TRANSDUCER, normal=NORMAL, generator=generator))
            for each in protocols
        ]
        tested = _tested(session[0], session)
    print(f"{arguments.audiogram}, {arguments.sessions} sessions: SD of the fits, the foretold one, the posterior's")
    for row, quantity in enumerate(QUANTITIES):
        own = tested[row]
        print(quantity, "found", found[row, own].round(3), "foretold", foretold[row, own].round(3))
        print(
            "  ratio", (found / foretold)[row, own].round(2), "to the posterior", (found / posterior)[row, own].round(2)
        )


if __name__ == "__main__":
    main()
