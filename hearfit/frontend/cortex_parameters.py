"""What the cortical stage can learn: scale and rate of every filter, inside limits that its grid can hold."""

from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from hearfit.errors import InputError
from hearfit.frontend.bounded_parameters import BoundedParameter

# Both directions meet at half the frame rate; with fewer frames a cycle a filter's band would reach beyond it.
_LEAST_FRAMES_PER_CYCLE = 3.0


@dataclass(frozen=True)
class CortexDesign:
    """The grid on which the cortical filters work, and the limits within which they can be learned.

    Scales are in cycles per octave, rates in Hz. The spectrogram has `num_channels` channels spaced evenly in log
    frequency and `frame_rate_hz` frames a second. Frames are processed `block_frames` at a time; the result does not
    depend on it.
    """

    num_channels: int
    channels_per_octave: float
    frame_rate_hz: float
    lowest_scale: float
    highest_scale: float
    lowest_rate_hz: float
    highest_rate_hz: float
    block_frames: int

    def __post_init__(self) -> None:
        problems = []
        if self.num_channels < 1 or self.block_frames < 1:
            problems.append(
                f"A cortex needs at least one channel and one frame a block, but it is given {self.num_channels} "
                f"channels and blocks of {self.block_frames} frames."
            )
        if not 0.0 < self.lowest_scale < self.highest_scale <= self.channels_per_octave / 2.0:
            problems.append(
                f"Scales from {self.lowest_scale:g} to {self.highest_scale:g} cycles per octave were asked for. They "
                f"must be positive and ascend, and {self.channels_per_octave:g} channels per octave hold at most "
                f"{self.channels_per_octave / 2.0:g} cycles per octave."
            )
        if not 0.0 < self.lowest_rate_hz < self.highest_rate_hz <= self.frame_rate_hz / _LEAST_FRAMES_PER_CYCLE:
            problems.append(
                f"Rates from {self.lowest_rate_hz:g} to {self.highest_rate_hz:g} Hz were asked for. They must be "
                f"positive and ascend, and {self.frame_rate_hz:g} frames a second tell the directions of at most "
                f"{self.frame_rate_hz / _LEAST_FRAMES_PER_CYCLE:.3g} Hz apart."
            )
        if problems:
            raise InputError(problems)

    @property
    def scale(self) -> BoundedParameter:
        """What is learned of a filter along frequency."""
        return BoundedParameter(
            "scale", "cyc/oct", "best scale of each filter", self.lowest_scale, self.highest_scale, is_log=True
        )

    @property
    def rate(self) -> BoundedParameter:
        """What is learned of a filter along time."""
        return BoundedParameter(
            "rate", "Hz", "best rate of each filter", self.lowest_rate_hz, self.highest_rate_hz, is_log=True
        )


PAPER_CORTEX = CortexDesign(
    num_channels=129,
    channels_per_octave=24.0,
    frame_rate_hz=200.0,
    lowest_scale=0.125,
    highest_scale=12.0,
    lowest_rate_hz=0.5,
    highest_rate_hz=64.0,
    block_frames=25,
)
"""Grid of Famularo et al. 2024, section 2; the limits are those of physiology and of the grid."""


class ModulationFilters(NamedTuple):
    """One spectrotemporal filter an entry, in physical units.

    `rate_hz` is positive. `direction` is +1 for ripples that move down in frequency, cos 2 pi (rate t + scale x), as
    positive rates in the paper (and Chi et al. 2005), and -1 for those that move up.
    """

    scale_cycles_per_octave: Float[Array, " filters"]
    rate_hz: Float[Array, " filters"]
    direction: Float[Array, " filters"]


class CortexCoordinates(NamedTuple):
    """The same filters as unconstrained numbers; directions cannot be learned and stand beside them."""

    scale: Float[Array, " filters"]
    rate: Float[Array, " filters"]


def filters_at(
    coordinates: CortexCoordinates, direction: Float[Array, " filters"], design: CortexDesign
) -> ModulationFilters:
    """The filters at a point of the unconstrained coordinates: every point is a filter within the limits.

    log v = log v_low + (log v_high - log v_low) sigmoid(coordinate), for scale and rate alike.
    """
    return ModulationFilters(
        scale_cycles_per_octave=design.scale.value(coordinates.scale),
        rate_hz=design.rate.value(coordinates.rate),
        direction=direction,
    )


def coordinates_of(filters: ModulationFilters, design: CortexDesign) -> CortexCoordinates:
    """The inverse of `filters_at`.

    Raises:
        InputError: a filter lies outside the limits of the design.
    """
    problems: list[str] = []
    coordinates = []
    for parameter, values in ((design.scale, filters.scale_cycles_per_octave), (design.rate, filters.rate_hz)):
        try:
            coordinates.append(parameter.coordinate(np.asarray(values)))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return CortexCoordinates(*coordinates)


def log_spaced_filters(
    *,
    num_scales: int = 5,
    num_rates: int = 4,
    scale_range: tuple[float, float] = (0.25, 8.0),
    rate_range_hz: tuple[float, float] = (2.0, 32.0),
) -> ModulationFilters:
    """Every pair of a scale and a rate, each in geometric steps, in both directions: 2 * scales * rates filters.

    As it stands it is the initialisation `log` of Famularo et al. 2024, with 40 filters: 0.25 to 8 cycles per octave,
    2 to 32 Hz. All downward filters come first; the scale changes fastest.
    """
    if num_scales < 1 or num_rates < 1:
        raise InputError(f"{num_scales} scales and {num_rates} rates make no filters. Give at least one of each.")
    scale = np.geomspace(*scale_range, num_scales)
    rate = np.geomspace(*rate_range_hz, num_rates)
    return ModulationFilters(
        scale_cycles_per_octave=jnp.asarray(np.tile(scale, 2 * num_rates), jnp.float32),
        rate_hz=jnp.asarray(np.tile(np.repeat(rate, num_scales), 2), jnp.float32),
        direction=jnp.asarray(np.repeat([1.0, -1.0], num_scales * num_rates), jnp.float32),
    )


def random_filters(key: Array, num_filters: int, design: CortexDesign) -> ModulationFilters:
    """Scales and rates drawn uniformly up to 9 cycles per octave and 9 Hz, either direction being as likely.

    The initialisation `random` of Famularo et al. 2024, which begins at 0: here it begins at the limits of the design,
    below which the original's filters were dead.
    """
    scale_key, rate_key, direction_key = jax.random.split(key, 3)
    shape = (num_filters,)
    return ModulationFilters(
        scale_cycles_per_octave=jax.random.uniform(
            scale_key, shape, minval=design.lowest_scale, maxval=min(9.0, design.highest_scale)
        ),
        rate_hz=jax.random.uniform(
            rate_key, shape, minval=design.lowest_rate_hz, maxval=min(9.0, design.highest_rate_hz)
        ),
        direction=jnp.where(jax.random.bernoulli(direction_key, shape=shape), 1.0, -1.0),
    )
