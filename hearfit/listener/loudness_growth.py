"""Loudness growth of normal ears in categorical units, from the best-hearing third of 100 real listeners.

Mean category boundaries of the 33 listeners with the lowest first boundary among 100 in the qCLS data set (Shen et
al. 2024, JASA 156:262; Rasetshwane et al. 2015, JASA 137:1899), in dB SPL re ER-3A in an HA-2 coupler, minus that
coupler's reference thresholds, rounded to 0.5 dB. This is a reference for the model, not a standard's norm.
"""

import numpy as np
from jaxtyping import Float
from scipy.interpolate import PchipInterpolator

# Responses are coded 0, 5, ..., 50 categorical units (CU); a boundary lies half-way between two responses.
CATEGORY_BOUNDARIES_CU = (2.5, 7.5, 12.5, 17.5, 22.5, 27.5, 32.5, 37.5, 42.5, 47.5)

_FREQUENCIES_HZ = (250.0, 500.0, 750.0, 1000.0, 1500.0, 2000.0, 3000.0, 4000.0, 6000.0, 8000.0)
_BOUNDARIES_DB_HL = (
    (5.0, 33.5, 45.5, 57.5, 72.0, 81.0, 87.0, 91.0, 94.5, 98.5),
    (5.5, 33.5, 47.0, 61.0, 75.5, 86.5, 91.5, 96.0, 99.5, 104.0),
    (6.0, 31.5, 48.0, 63.0, 76.5, 89.0, 95.5, 100.5, 106.0, 109.5),
    (6.0, 32.5, 48.5, 65.0, 77.0, 88.5, 95.0, 100.0, 104.0, 109.0),
    (1.0, 29.5, 46.5, 61.5, 73.5, 87.0, 93.0, 99.0, 103.5, 107.0),
    (2.5, 28.0, 45.0, 60.0, 70.5, 84.5, 90.5, 94.5, 99.0, 104.0),
    (1.0, 29.5, 45.5, 60.5, 71.0, 82.5, 88.5, 94.0, 100.0, 104.5),
    (3.0, 30.0, 45.5, 61.0, 72.5, 83.5, 90.0, 95.0, 99.5, 103.0),
    (11.5, 40.0, 54.5, 69.0, 78.5, 89.0, 94.5, 98.5, 103.5, 107.0),
    (16.0, 42.0, 56.5, 67.0, 77.5, 89.0, 94.5, 99.0, 103.0, 107.5),
)
# Below the lowest boundary a tone turns inaudible within some 10 dB (the spread of answers is 4 CU), chosen by
# cross-validation on four real runs between 0.18 and 0.36 CU/dB.
_SLOPE_BELOW_CU_PER_DB = 0.36


def normal_boundaries_db_hl(frequency_hz: float) -> Float[np.ndarray, " boundaries"]:
    """Level of each category boundary for a normal ear; over log frequency, constant outside 250 to 8000 Hz."""
    table = np.array(_BOUNDARIES_DB_HL)
    position = np.log(np.array(_FREQUENCIES_HZ))
    return np.array([np.interp(np.log(frequency_hz), position, table[:, k]) for k in range(table.shape[1])])


def normal_category_cu(level_db_hl: Float[np.ndarray, " levels"], frequency_hz: float) -> Float[np.ndarray, " levels"]:
    """Loudness in CU (unbounded) that a normal ear gives to each level: monotone cubic through the boundaries.

    Continues with straight lines beyond them, so that "not heard" and "too loud" become certain far outside.
    """
    boundary_db, boundary_cu = normal_boundaries_db_hl(frequency_hz), np.array(CATEGORY_BOUNDARIES_CU)
    inside = PchipInterpolator(boundary_db, boundary_cu)(np.clip(level_db_hl, boundary_db[0], boundary_db[-1]))
    slope_above = (boundary_cu[-1] - boundary_cu[-3]) / (boundary_db[-1] - boundary_db[-3])
    below = _SLOPE_BELOW_CU_PER_DB * np.minimum(level_db_hl - boundary_db[0], 0.0)
    above = slope_above * np.maximum(level_db_hl - boundary_db[-1], 0.0)
    return np.asarray(inside + below + above)
