"""How a posterior is sampled; apart from the sampler, which takes long to import."""

from dataclasses import dataclass
from typing import Final

METHODS: Final = ("map", "nuts")
"""How a posterior is found: its mode with Laplace's approximation, or draws."""


@dataclass(frozen=True)
class SamplerSettings:
    """How long and how carefully to sample; the `num_warmup` first draws of each chain find the step size.

    With some fifty coordinates and an acceptance of 0.7, a trajectory of 7 steps makes the half turn after which it
    stops. At 0.8 the steps are a little too short for that, and most trajectories take 15 for no better draws. But
    where the density falls too steeply for such steps, in a way that `off_frequency` does not straighten, trajectories
    diverge: as soon as more than `largest_divergent_share` of all did, the draws are dropped and the chains begin again
    with the next acceptance.
    """

    num_chains: int = 4
    num_draws: int = 1000
    num_warmup: int = 150
    target_acceptances: tuple[float, ...] = (0.7, 0.95)
    max_doublings: int = 8
    draws_per_run: int = 25
    largest_divergent_share: float = 0.002

    @property
    def most_divergent(self) -> int:
        """How many trajectories of all chains may diverge."""
        return int(self.largest_divergent_share * self.num_chains * self.num_draws)
