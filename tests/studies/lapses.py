"""How far careless answers move a profile, in its own SDs.

python -m tests.studies.lapses [--sessions 20]
"""

import argparse
from collections.abc import Sequence
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from hearfit.experiment.conditions import collapse
from hearfit.experiment.trials import TrialBlock
from hearfit.inference.derived import threshold_sensitivities
from hearfit.inference.laplace import LaplacePosterior, laplace
from hearfit.listener.normal import AUDIOMETRIC_FREQUENCIES_HZ, NORMAL
from hearfit.listener.parameters import DEFAULT_PRIOR, NUM_KNOTS, compression_exponent
from tests.inference.sessions import detection, loudness, mode_of, simulated_blocks

RANDOM, DRIFT = "5 % random answers", "10 % random answers in the last fifth"


def shifts_sd(
    failing: str, *, seed: int, frequency_hz: Sequence[float]
) -> tuple[Float[np.ndarray, " knots"], Float[np.ndarray, " tested"]]:
    """Shifts of all thresholds and of the exponents at the tested frequencies (log scale), in posterior SDs."""
    blocks = simulated_blocks(
        [detection(frequency_hz, repetitions=6), loudness(frequency_hz, num_levels=12, repetitions=3)], seed=seed
    )
    generator = np.random.default_rng(seed + 1)
    clean, careless = (_fitted(own) for own in (blocks, [_careless(block, failing, generator) for block in blocks]))
    knots = [AUDIOMETRIC_FREQUENCIES_HZ.index(frequency) for frequency in frequency_hz]
    return _threshold_shift(clean, careless), _exponent_shift(clean, careless)[knots]


def _careless(block: TrialBlock, failing: str, generator: np.random.Generator) -> TrialBlock:
    share = np.full(len(block.trial), 0.05)
    if failing == DRIFT:
        share = np.where(block.trial > 0.8 * block.trial.max(), 0.1, 0.0)
    is_random = generator.random(len(share)) < share
    anything = generator.choice(block.protocol.response_values, len(share))
    return replace(block, response=np.where(is_random, anything, block.response))


def _fitted(blocks: Sequence[TrialBlock]) -> LaplacePosterior:
    return laplace(mode_of([collapse(block) for block in blocks]), DEFAULT_PRIOR)


def _threshold_shift(clean: LaplacePosterior, careless: LaplacePosterior) -> Float[np.ndarray, " knots"]:
    level, sd = [], []
    for own in (clean, careless):
        implied = threshold_sensitivities(jnp.asarray(own.mode), normal=NORMAL)
        slope = np.asarray(implied.jacobian)
        level.append(np.asarray(implied.level_db_hl))
        sd.append(np.sqrt(np.einsum("kp,pq,kq->k", slope, own.covariance, slope)))
    return (level[1] - level[0]) / sd[1]


def _exponent_shift(clean: LaplacePosterior, careless: LaplacePosterior) -> Float[np.ndarray, " knots"]:
    def log_exponent(positions: Float[np.ndarray, "draws parameters"]) -> Float[np.ndarray, "draws knots"]:
        share, threshold = (jnp.asarray(positions[:, k * NUM_KNOTS : (k + 1) * NUM_KNOTS]) for k in (0, 1))
        return np.log(np.asarray(compression_exponent(share, threshold)))

    sd = log_exponent(careless.draws(2000, seed=1)).std(axis=0)
    return (log_exponent(careless.mode[None])[0] - log_exponent(clean.mode[None])[0]) / sd


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=20)
    count = parser.parse_args().sessions
    tested = (500.0, 2000.0, 4000.0)
    with jax.enable_x64(True):
        for failing in (RANDOM, DRIFT):
            shifts = [shifts_sd(failing, seed=700 + seed, frequency_hz=tested) for seed in range(count)]
            for name, values in (("threshold", [t for t, _ in shifts]), ("exponent", [e for _, e in shifts])):
                size = np.abs(np.array(values))
                print(
                    f"{failing:40} {name:10} rms {np.sqrt(np.mean(size**2)):.2f} SD, largest {size.max():.2f}, "
                    f"within one SD {100 * np.mean(size < 1.0):.0f} %"
                )


if __name__ == "__main__":
    main()
