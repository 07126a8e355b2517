"""The range of ears with normal thresholds, which the report draws behind the parameters of an ear.

    python -m tests.studies.normal_range > hearfit/listener/normal_range.py

Ears are drawn from the prior learned from people and kept where every threshold coordinate lies between -10 and 20 dB
HL (20 is where a loss begins, WHO 2021). What the middle 95 % of them have is no clinical norm: nobody has measured
these parameters in a sample of normal ears, and what the prior says of inhibition is an assumption.
"""

from typing import Final

import jax
import numpy as np
from jaxtyping import Float

from hearfit.frontend.erb_scale import normal_erb_hz
from hearfit.inference.derived import equivalent_bandwidths_hz
from hearfit.listener.normal import AUDIOMETRIC_FREQUENCIES_HZ, NORMAL
from hearfit.listener.parameters import DEFAULT_PRIOR, NUM_KNOTS, listener_at

THRESHOLDS_DB_HL: Final = (-10.0, 20.0)
_QUANTILES: Final = (0.025, 0.975)
_SEED: Final = 1


def normal_positions(num_ears: int, *, seed: int = _SEED) -> Float[np.ndarray, "ears parameters"]:
    """Draws from the prior whose thresholds are all normal."""
    random = np.random.default_rng(seed)
    kept: list[Float[np.ndarray, "ears parameters"]] = []
    low, high = THRESHOLDS_DB_HL
    while sum(map(len, kept)) < num_ears:
        drawn = random.multivariate_normal(DEFAULT_PRIOR.mean, DEFAULT_PRIOR.covariance, size=20_000)
        thresholds = drawn[:, NUM_KNOTS : 2 * NUM_KNOTS]
        kept.append(drawn[np.all((thresholds >= low) & (thresholds <= high), axis=1)])
    return np.concatenate(kept)[:num_ears]


def ranges(num_ears: int, num_bandwidths: int) -> dict[str, Float[np.ndarray, "two knots"]]:
    """The middle 95 % of each parameter at each audiometric frequency; bandwidths re those of normal ears (ERB_N)."""
    positions = normal_positions(num_ears)
    with jax.enable_x64(True):
        ears = jax.vmap(listener_at)(positions)
        bandwidths = equivalent_bandwidths_hz(positions[:num_bandwidths], normal=NORMAL)
    ratio = bandwidths / normal_erb_hz(np.array(AUDIOMETRIC_FREQUENCIES_HZ))
    values = {
        "COMPRESSION_EXPONENT": np.asarray(ears.exponent),
        "ATTENUATION_DB": np.asarray(ears.attenuation_db),
        "INHIBITION": np.asarray(ears.inhibition),
        "BANDWIDTH_RE_NORMAL": ratio,
    }
    return {name: np.quantile(each, _QUANTILES, axis=0) for name, each in values.items()}


if __name__ == "__main__":
    for name, (low, high) in ranges(20_000, 2_000).items():
        decimals = 1 if name.endswith("DB") else 3
        for end, values in (("LOWER", low), ("UPPER", high)):
            print(f"{name}_{end} = ({', '.join(f'{value:.{decimals}f}' for value in values)})")
