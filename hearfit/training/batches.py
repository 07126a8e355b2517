"""Which items make up which batch: a function of the seed and the step alone, so nothing of it needs to be stored."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Int

from hearfit.errors import InputError

Indices = Int[np.ndarray, " batch"]


@dataclass(frozen=True)
class BatchOrder:
    """Batches of the same size out of one shuffled epoch after the other, without a gap.

    Every epoch is a permutation of all items, drawn from the seed and the number of the epoch. Where the items are no
    multiple of the batch, a batch ends one epoch and begins the next: none is left out, and shapes never change.

    Raises:
        InputError: there are no items, or no item in a batch, or the seed is negative.
    """

    num_items: int
    batch_size: int
    seed: int

    def __post_init__(self) -> None:
        for what, value, least in (
            ("number of items to train on", self.num_items, 1),
            ("batch size", self.batch_size, 1),
            ("seed of the order", self.seed, 0),
        ):
            if value < least:
                raise InputError(f"The {what} is {value}; allowed is {least} or more.")

    def indices(self, step: int) -> Indices:
        """The items of the batch of this step, counted from 0."""
        places = np.arange(step * self.batch_size, (step + 1) * self.batch_size)
        epochs, within = np.divmod(places, self.num_items)
        parts = [
            _permutation(self.num_items, self.seed, int(epoch))[within[epochs == epoch]] for epoch in np.unique(epochs)
        ]
        return np.concatenate(parts)


# Two, for the batch across the end of an epoch.
@lru_cache(maxsize=2)
def _permutation(num_items: int, seed: int, epoch: int) -> Int[np.ndarray, " items"]:
    order = np.random.default_rng([seed, epoch]).permutation(num_items)
    order.flags.writeable = False
    return order
