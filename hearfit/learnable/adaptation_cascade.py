"""Adaptation in two stages: what is above a running average, and what of that is above and below its own average.

The first stage is the adaptation of the midbrain (Willmore et al. 2016); the second, with shorter time constants, gives
ON and OFF responses of the adapted channels, as adapting synapses further up would. It is not a model of a particular
nucleus. Averages stand at the first frame before a sound: an onset from silence would be far above all that follows.
"""

from typing import Final

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Float

from hearfit.frontend.bounded_parameters import BoundedParameter
from hearfit.frontend.module import Frozen
from hearfit.learnable.adaptation import midbrain_time_constant_s
from hearfit.learnable.exponential_average import change_from_average
from hearfit.learnable.interface import Features, Layer, Spectrograms, Values

FIRST_TIME: Final = BoundedParameter(
    "first time constant", "s", "running average of the log spectrum, of each channel", 0.005, 2.0, is_log=True
)
SECOND_TIMES: Final = BoundedParameter(
    "second time constants",
    "s",
    "running averages of the adapted channels: faster, then slower",
    0.002,
    1.0,
    is_log=True,
)
_SECOND_S: Final = (0.015, 0.060)


class AdaptationCascade(Layer):
    """Maps of a log spectrogram L: itself, A = max(L - M(L), 0), and max(A - M(A), 0), max(M(A) - A, 0) twice."""

    latency_s = 0.0
    num_maps = 2 + 2 * len(_SECOND_S)

    def __init__(
        self, centre_frequencies_hz: Float[np.ndarray, " channels"], frame_rate_hz: float, *, is_learned: bool
    ) -> None:
        variable = nnx.Param if is_learned else Frozen
        second_s = np.repeat(np.array(_SECOND_S)[:, None], len(centre_frequencies_hz), axis=1)
        self.is_learned = is_learned
        self.frame_rate_hz = frame_rate_hz
        self.first_time = variable(FIRST_TIME.coordinate(midbrain_time_constant_s(centre_frequencies_hz)))
        self.second_times = variable(SECOND_TIMES.coordinate(second_s))

    @property
    def parameters(self) -> tuple[BoundedParameter, ...]:
        """All time constants, or none."""
        return (FIRST_TIME, SECOND_TIMES) if self.is_learned else ()

    def values(self) -> Values:
        """Time constants in seconds, of every channel and of every second average and channel."""
        if not self.is_learned:
            return {}
        return {
            FIRST_TIME.name: np.asarray(FIRST_TIME.value(self.first_time[...])),
            SECOND_TIMES.name: np.asarray(SECOND_TIMES.value(self.second_times[...])),
        }

    def __call__(self, spectrogram: Spectrograms) -> Features:
        """The maps, side by side."""
        first_time_s = FIRST_TIME.value(self.first_time[...])
        adapted = jax.nn.relu(change_from_average(spectrogram, first_time_s, self.frame_rate_hz))
        maps = [spectrogram, adapted]
        for time_constant_s in SECOND_TIMES.value(self.second_times[...]):
            change = change_from_average(adapted, time_constant_s, self.frame_rate_hz)
            maps += [jax.nn.relu(change), jax.nn.relu(-change)]
        return jnp.stack(maps, axis=-1)
