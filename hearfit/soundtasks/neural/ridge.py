"""A linear spectro-temporal receptive field for each unit in closed form: ridge regression on recent frames."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float

# 45 ms, as the linear readout of the published comparison reaches back.
HISTORY_FRAMES: Final = 9
# Of standardised features of some 14,000 frames; the best lies inside for every frontend here.
PENALTIES: Final = tuple(10.0**exponent for exponent in np.arange(2.0, 6.01, 0.5).tolist())
# A channel that never changes says nothing and must not be divided by zero.
_LEAST_DEVIATION: Final = 1e-6

Features = Float[np.ndarray, "sounds frames features"]
Predictions = Float[np.ndarray, "sounds frames units"]


@dataclass(frozen=True)
class LinearField:
    """Weights on standardised features of the frames t, t - 1, ...: the response to frame t.

    Attributes:
        mean: of each feature over the training sounds.
        deviation: its standard deviation there.
        weights: lag 0 is the present frame.
        offset: response to features at their mean.
        penalty: the one that was chosen.
    """

    mean: Float[np.ndarray, " features"]
    deviation: Float[np.ndarray, " features"]
    weights: Float[np.ndarray, "lags features units"]
    offset: Float[np.ndarray, " units"]
    penalty: float

    def __call__(self, features: Features) -> Predictions:
        """Response of each unit in each frame."""
        num_lags, num_features, units = self.weights.shape
        history = with_history((features - self.mean) / self.deviation, num_lags)
        return np.asarray(history @ self.weights.reshape(num_lags * num_features, units) + self.offset)


def with_history(features: Features, num_lags: int) -> Float[np.ndarray, "sounds frames columns"]:
    """Each frame with those before it, the present one first; before the beginning the first frame stands still."""
    frames = features.shape[1]
    padded = np.pad(features, ((0, 0), (num_lags - 1, 0), (0, 0)), mode="edge")
    return np.concatenate([padded[:, num_lags - 1 - lag :][:, :frames] for lag in range(num_lags)], axis=-1)


def fit_linear_field(
    features: Features,
    responses: Predictions,
    *,
    score: Callable[[LinearField], float],
    num_lags: int = HISTORY_FRAMES,
    penalties: Sequence[float] = PENALTIES,
) -> LinearField:
    """The field of least squared error plus penalty |weights|^2, for the penalty of the highest score.

    Args:
        features: of the training sounds.
        responses: of the training sounds.
        score: of a field on the validation sounds; NaN counts as lowest.
        num_lags: how many frames it reaches back, the present one included.
        penalties: to choose from.
    """
    features = features.astype(np.float64)
    mean, deviation = features.mean(axis=(0, 1)), features.std(axis=(0, 1)) + _LEAST_DEVIATION
    history = with_history((features - mean) / deviation, num_lags)
    columns = history.reshape(-1, history.shape[-1])
    targets = responses.reshape(len(columns), -1)
    offset, centre = targets.mean(axis=0), columns.mean(axis=0)
    columns = columns - centre
    # One decomposition serves every penalty: (X'X + penalty)^-1 X'y = V (L + penalty)^-1 V'X'y.
    eigenvalues, vectors = np.linalg.eigh(columns.T @ columns)
    projected = vectors.T @ (columns.T @ (targets - offset))
    best: tuple[float, LinearField] | None = None
    for penalty in penalties:
        flat = vectors @ (projected / (np.maximum(eigenvalues, 0.0) + penalty)[:, None])
        weights = flat.reshape(num_lags, features.shape[-1], -1)
        field = LinearField(mean, deviation, weights, offset - centre @ flat, penalty)
        reached = np.nan_to_num(score(field), nan=-np.inf)
        if best is None or reached > best[0]:
            best = (float(reached), field)
    assert best is not None, "there is a penalty to choose"
    return best[1]
