"""Onset and offset ramps."""

import numpy as np
from jaxtyping import Float


def raised_cosine_gate(*, duration_s: float, ramp_s: float, rate_hz: float) -> Float[np.ndarray, " samples"]:
    """Gate of `duration_s` whose first and last `ramp_s` are raised-cosine ramps (within the duration).

    Raises:
        ValueError: the two ramps do not fit into the duration.
    """
    if not 0.0 <= 2.0 * ramp_s <= duration_s:
        raise ValueError(f"two ramps of {ramp_s} s do not fit into a duration of {duration_s} s")
    time_s = np.arange(round(duration_s * rate_hz)) / rate_hz
    from_edge_s = np.minimum(time_s, duration_s - time_s)
    if ramp_s == 0.0:
        return np.ones_like(time_s)
    return 0.5 * (1.0 - np.cos(np.pi * np.clip(from_edge_s / ramp_s, 0.0, 1.0)))
