"""What the masker columns of a trial table may hold, which depends on the protocol of the row."""

import numpy as np
from jaxtyping import Bool, Float

from hearfit.experiment.limits import MASKER_LEVEL_LIMITS_DB
from hearfit.experiment.protocol import Protocol
from hearfit.experiment.trial_columns import MASKER_LEVEL


def masker_problem(
    column: str, value: Float[np.ndarray, " rows"], protocol: Protocol
) -> tuple[Bool[np.ndarray, " rows"], str]:
    """Which values of a column this protocol refuses, and why: the end of a sentence that begins with the cell.

    NaN is a missing value. Infinity is one that has been refused before, and is not refused again.
    """
    is_known = ~np.isinf(value)
    if not protocol.stimulus.kind.has_masker:
        reason = f"describes a masker, which {protocol.name} does not have. Allowed here: n/a."
        return is_known & ~np.isnan(value), reason
    with np.errstate(invalid="ignore"):
        if column == MASKER_LEVEL:
            low, high = MASKER_LEVEL_LIMITS_DB
            reason = f"is not the level of a masker. Allowed: {low:g} to {high:g} dB SPL per Hz."
            return is_known & ~((value >= low) & (value <= high)), reason
        edge = protocol.stimulus.noise_outer_edge
        assert edge is not None
        reason = (
            f"is not the edge of a notch. Allowed in {protocol.name}: 0 (no notch) to below {edge:g}, relative to the "
            "frequency of the target."
        )
        return is_known & ~((value >= 0.0) & (value < edge)), reason
