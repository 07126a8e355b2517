"""The recordings as one process keeps them between runs."""

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from hearfit.corpora.ns1 import load_ns1
from hearfit.soundtasks.neural.responses import Responses, responses


class Recorded(NamedTuple):
    """Sounds in pascal, and what is needed of the responses to them."""

    waveform_pa: Float[np.ndarray, "sounds samples"]
    responses: Responses


@lru_cache(maxsize=1)
def recorded(folder: Path) -> Recorded:
    """NS1, smoothed and averaged; loaded once in a process.

    Raises:
        InputError: as `load_ns1`.
    """
    recordings = load_ns1(folder)
    return Recorded(recordings.waveform_pa, responses(recordings.counts))
