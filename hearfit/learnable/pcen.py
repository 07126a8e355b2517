"""Per-channel energy normalisation, fixed or learned.

out = (E / (eps + M)^alpha + delta)^r - delta^r, with M the running average M_t = (1 - s) M_(t-1) + s E_t, M_0 = E_0
(Wang et al. 2017); with one alpha, delta, r and s for each channel, all learned, it is the sPCEN of LEAF
(Zeghidour et al. 2021).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from flax import nnx
from jaxtyping import Array, Float

from hearfit.frontend.bounded_parameters import BoundedParameter
from hearfit.frontend.module import Frozen
from hearfit.learnable.exponential_average import exponential_average
from hearfit.learnable.interface import Features, Layer, Spectrograms, Values

# LEAF clips alpha to at most 1, 1 / r to at least 1 and s to [0, 1].
PCEN_GAIN: Final = BoundedParameter("PCEN gain exponent", "", "alpha; 1 divides the level out", 0.0, 1.0)
PCEN_OFFSET: Final = BoundedParameter("PCEN offset", "", "delta; below it the root is linear", 0.01, 100.0, is_log=True)
PCEN_ROOT: Final = BoundedParameter("PCEN root", "", "r, compression of what is left", 0.02, 1.0)
PCEN_SMOOTHING: Final = BoundedParameter("PCEN smoothing", "", "s, weight of a new frame", 1e-3, 1.0, is_log=True)


@dataclass(frozen=True)
class PcenValues:
    """The four numbers of every channel before training; the defaults are LEAF's."""

    gain_exponent: float = 0.96
    offset: float = 2.0
    root: float = 0.5
    smoothing: float = 0.04


class Pcen(Layer):
    """PCEN of powers re (20 uPa)^2; eps is the power of a stated floor, in dB SPL."""

    num_maps = 1
    latency_s = 0.0

    def __init__(
        self, num_channels: int, *, is_learned: bool, initial: PcenValues | None = None, floor_db_spl: float = 0.0
    ) -> None:
        start = PcenValues() if initial is None else initial
        kind = nnx.Param if is_learned else Frozen

        def variable(parameter: BoundedParameter, value: float) -> nnx.Variable[Array]:
            return kind(parameter.coordinate(np.full(num_channels, value)))

        self.is_learned = is_learned
        self.least_power = 10.0 ** (floor_db_spl / 10.0)
        self.gain_exponent = variable(PCEN_GAIN, start.gain_exponent)
        self.offset = variable(PCEN_OFFSET, start.offset)
        self.root = variable(PCEN_ROOT, start.root)
        self.smoothing = variable(PCEN_SMOOTHING, start.smoothing)

    @property
    def parameters(self) -> tuple[BoundedParameter, ...]:
        """All four, or none."""
        return (PCEN_GAIN, PCEN_OFFSET, PCEN_ROOT, PCEN_SMOOTHING) if self.is_learned else ()

    def values(self) -> Values:
        """Every learned number of every channel."""
        coordinates = (self.gain_exponent, self.offset, self.root, self.smoothing)
        return {p.name: np.asarray(p.value(u[...])) for p, u in zip(self.parameters, coordinates, strict=False)}

    def __call__(self, spectrogram: Spectrograms) -> Features:
        """One map."""
        return normalised(
            spectrogram,
            gain_exponent=PCEN_GAIN.value(self.gain_exponent[...]),
            offset=PCEN_OFFSET.value(self.offset[...]),
            root=PCEN_ROOT.value(self.root[...]),
            smoothing=PCEN_SMOOTHING.value(self.smoothing[...]),
            least_power=self.least_power,
        )[..., None]


def normalised(
    power: Spectrograms,
    *,
    gain_exponent: Float[Array, " channels"],
    offset: Float[Array, " channels"],
    root: Float[Array, " channels"],
    smoothing: Float[Array, " channels"],
    least_power: float,
) -> Spectrograms:
    """PCEN of a spectrogram of powers with the numbers of every channel."""
    average = exponential_average(power, smoothing, power[:, 0])
    alpha, delta, r = gain_exponent[None, None], offset[None, None], root[None, None]
    return (power * (least_power + average) ** -alpha + delta) ** r - delta**r
