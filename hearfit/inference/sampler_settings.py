"""How a posterior is sampled; apart from the sampler, which takes long to import."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SamplerSettings:
    """How long and how carefully to sample; the `num_warmup` first draws of each chain find the step size.

    With 48 coordinates and an acceptance of 0.7, a trajectory of 7 steps makes the half turn after which it stops. At
    0.8 the steps are a little too short for that, and most trajectories take 15 for no better draws.
    """

    num_chains: int = 4
    num_draws: int = 1000
    num_warmup: int = 150
    target_acceptance: float = 0.7
    max_doublings: int = 8
    draws_per_run: int = 25
