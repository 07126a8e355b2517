"""Threshold predicted from loudness alone: boundaries 3 to 10 of 100 real listeners, and the level of boundary 1.

Each listener's boundaries at 12.5 to 47.5 CU and ten frequencies are fitted by the most probable ear, as if two answers
just above and two just below had been given at each level: with a spread of 4 CU that is an SD of some 6 dB a
boundary, like the 6.6 to 7.8 dB of retests (Al-Salim et al. 2010). What that ear says of boundary 1 (2.5 CU, between
"not heard" and the softest category), the nearest thing to a threshold in these data, is compared with the listener's.
The prior of shares and boundaries is learned from the other nine tenths of the listeners (fold = listener modulo 10);
that of thresholds is of other people altogether.

    python -m tests.studies.threshold_from_loudness ../shared/data
"""

import argparse
from dataclasses import replace
from pathlib import Path

import jax
import numpy as np
from jaxtyping import Float

from hearfit.listener.parameters import DEFAULT_PRIOR, Prior
from tests.studies.loudness_boundaries import Boundaries, most_probable_ear, predicted_boundaries, read_boundaries
from tests.studies.population_prior import loudness_moments

NUM_FOLDS = 10
FIRST_KNOWN = 2
_ANSWERS = 2


def prior_without(boundaries: Boundaries, fold: int) -> Prior:
    """The shipped prior with shares and boundaries learned without one tenth of the listeners."""
    is_known = np.arange(len(boundaries.level_db_hl)) % NUM_FOLDS != fold
    share, shift = loudness_moments(replace(boundaries, level_db_hl=boundaries.level_db_hl[is_known]))
    return replace(DEFAULT_PRIOR, compressive_share_logit=share, boundary_shift_cu=shift.prior())


def errors_db(
    boundaries: Boundaries, prior: Prior, listeners: np.ndarray
) -> Float[np.ndarray, "listeners frequencies"]:
    """Predicted minus true level of boundary 1 of these listeners. Under `jax.enable_x64`."""
    errors = []
    for own in boundaries.level_db_hl[listeners]:
        known = np.arange(own.shape[1]) >= FIRST_KNOWN
        ear = most_probable_ear(boundaries.frequency_hz, own, prior=prior, known=known, answers=_ANSWERS)
        errors.append(predicted_boundaries(boundaries.frequency_hz, ear)[:, 0] - own[:, 0])
    return np.array(errors)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    boundaries = read_boundaries(parser.parse_args().data)
    everybody = np.arange(len(boundaries.level_db_hl))
    with jax.enable_x64(True):
        folds = [
            errors_db(boundaries, prior_without(boundaries, fold), everybody[everybody % NUM_FOLDS == fold])
            for fold in range(NUM_FOLDS)
        ]
    error = np.concatenate(folds)
    print(f"mean absolute error {np.abs(error).mean():.2f} dB, mean error {error.mean():.2f} dB")
    for frequency, own in zip(boundaries.frequency_hz, error.T, strict=True):
        print(f"{frequency:6g} Hz  {np.abs(own).mean():.2f} dB, mean error {own.mean():.2f} dB")


if __name__ == "__main__":
    main()
