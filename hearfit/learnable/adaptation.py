"""Temporal adaptation of a log spectrogram, fixed or learned: what is left above a running average, rectified.

The fixed time constants of `adapted` are those of the inferior colliculus that Willmore et al. (2016) used,
tau = 500 ms - 105 ms log10(f / Hz); the pair of ON and OFF responses has one of 50 ms.
"""

from typing import Final, Literal

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Float

from hearfit.frontend.bounded_parameters import BoundedParameter
from hearfit.frontend.module import Frozen
from hearfit.learnable.exponential_average import change_from_average
from hearfit.learnable.interface import Features, Layer, Spectrograms, Values

Kind = Literal["adapted", "on-off", "both"]

_LEAST_S, _GREATEST_S = 0.005, 2.0
ADAPTATION_TIME: Final = BoundedParameter(
    "adaptation time constant", "s", "running average that is subtracted", _LEAST_S, _GREATEST_S, is_log=True
)
ON_OFF_TIME: Final = BoundedParameter(
    "on-off time constant", "s", "running average that ON and OFF are relative to", _LEAST_S, _GREATEST_S, is_log=True
)
_ON_OFF_S = 0.050
_NUM_MAPS: Final = {"adapted": 1, "on-off": 3, "both": 4}


def midbrain_time_constant_s(frequency_hz: Float[np.ndarray, " channels"]) -> Float[np.ndarray, " channels"]:
    """tau(f) = 500 ms - 105 ms log10(f / Hz) (Willmore et al. 2016)."""
    return np.asarray(0.500 - 0.105 * np.log10(frequency_hz))


class Adaptation(Layer):
    """Maps of a log spectrogram L that is 0 in silence, with M its running average, at the first frame before it.

    adapted: max(L - M, 0). on-off: L, ON = max(L - M, 0), OFF = max(M - L, 0). both: L, adapted, ON, OFF, where the
    average of `adapted` is another than that of ON and OFF.
    """

    latency_s = 0.0

    def __init__(
        self,
        centre_frequencies_hz: Float[np.ndarray, " channels"],
        frame_rate_hz: float,
        *,
        kind: Kind,
        is_learned: bool,
    ) -> None:
        variable = nnx.Param if is_learned else Frozen
        self.kind = kind
        self.is_learned = is_learned
        self.frame_rate_hz = frame_rate_hz
        self.num_maps = _NUM_MAPS[kind]
        if kind != "on-off":
            time_s = midbrain_time_constant_s(centre_frequencies_hz)
            self.adaptation_time = variable(ADAPTATION_TIME.coordinate(time_s))
        if kind != "adapted":
            self.on_off_time = variable(ON_OFF_TIME.coordinate(np.full(len(centre_frequencies_hz), _ON_OFF_S)))

    @property
    def parameters(self) -> tuple[BoundedParameter, ...]:
        """The time constants of the averages, or none."""
        if not self.is_learned:
            return ()
        return {"adapted": (ADAPTATION_TIME,), "on-off": (ON_OFF_TIME,), "both": (ADAPTATION_TIME, ON_OFF_TIME)}[
            self.kind
        ]

    def values(self) -> Values:
        """Time constants of every channel in seconds."""
        variables = {ADAPTATION_TIME: "adaptation_time", ON_OFF_TIME: "on_off_time"}
        return {p.name: np.asarray(p.value(getattr(self, variables[p])[...])) for p in self.parameters}

    def __call__(self, spectrogram: Spectrograms) -> Features:
        """The maps, side by side."""
        maps: list[Spectrograms] = [] if self.kind == "adapted" else [spectrogram]
        if self.kind != "on-off":
            time_constant_s = ADAPTATION_TIME.value(self.adaptation_time[...])
            maps.append(jax.nn.relu(change_from_average(spectrogram, time_constant_s, self.frame_rate_hz)))
        if self.kind != "adapted":
            time_constant_s = ON_OFF_TIME.value(self.on_off_time[...])
            change = change_from_average(spectrogram, time_constant_s, self.frame_rate_hz)
            maps += [jax.nn.relu(change), jax.nn.relu(-change)]
        return jnp.stack(maps, axis=-1)
