"""What a trial states of its stimulus beside frequency and level: columns of a trial table, by kind of stimulus."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Bool, Float

from hearfit.experiment.limits import MASKER_LEVEL_LIMITS_DB
from hearfit.experiment.protocol import Protocol, StimulusDesign, StimulusKind

MASKER_LEVEL: Final = "masker_level_db_spl_per_hz"
NOTCH_LOWER: Final = "notch_lower"
NOTCH_UPPER: Final = "notch_upper"


@dataclass(frozen=True)
class StimulusColumn:
    """One column, whose values lie from `lowest` to `highest`, both included unless the stimulus allows less.

    `is_of_sound` where another value is another sound to synthesise and filter; what only scales a sound that has been
    filtered, or states a time, is not. `meaning` ends the sentence "x is not ...".
    """

    name: str
    lowest: float
    highest: float
    unit: str
    meaning: str
    description: str
    is_of_sound: bool


_NOTCHED_NOISE: Final = (
    StimulusColumn(
        MASKER_LEVEL,
        *MASKER_LEVEL_LIMITS_DB,
        unit="dB SPL/Hz",
        meaning="the level of a masker",
        description="spectrum level of the masker",
        is_of_sound=False,
    ),
    *(
        StimulusColumn(
            name,
            0.0,
            1.0,
            unit="1",
            meaning="the edge of a notch",
            description=f"distance from the target to the noise {where} it, relative to the target's frequency",
            is_of_sound=True,
        )
        for name, where in ((NOTCH_LOWER, "below"), (NOTCH_UPPER, "above"))
    ),
)
_COLUMNS: Final[dict[StimulusKind, tuple[StimulusColumn, ...]]] = {
    StimulusKind.TONE_IN_NOTCHED_NOISE: _NOTCHED_NOISE,
}
COLUMN_SETS: Final = tuple(tuple(column.name for column in columns) for columns in _COLUMNS.values())
"""The columns of each kind that has any; a table may have several of these sets."""
ALL_COLUMNS: Final = {column.name: column for columns in _COLUMNS.values() for column in columns}
"""Each column once, in the order in which a table is written."""


def stimulus_columns(kind: StimulusKind) -> tuple[StimulusColumn, ...]:
    """The columns that every trial with this kind of stimulus fills."""
    return _COLUMNS.get(kind, ())


def column_problem(
    column: StimulusColumn, value: Float[np.ndarray, " rows"], protocol: Protocol
) -> tuple[Bool[np.ndarray, " rows"], str]:
    """Which values of a column this protocol refuses, and why: the end of a sentence that begins with the cell.

    NaN is a missing value. Infinity is one that has been refused before, and is not refused again.
    """
    is_known = ~np.isinf(value)
    if column not in stimulus_columns(protocol.stimulus.kind):
        of = "a masker" if column in _NOTCHED_NOISE else "a stimulus"
        return is_known & ~np.isnan(value), f"describes {of}, which {protocol.name} does not have. Allowed here: n/a."
    is_allowed, allowed = _allowed(column, value, protocol.stimulus)
    return is_known & ~is_allowed, f"is not {column.meaning}. Allowed in {protocol.name}: {allowed}."


def _allowed(
    column: StimulusColumn, value: Float[np.ndarray, " rows"], design: StimulusDesign
) -> tuple[Bool[np.ndarray, " rows"], str]:
    if column.name in (NOTCH_LOWER, NOTCH_UPPER):
        edge = design.noise_outer_edge
        assert edge is not None
        text = f"0 (no notch) to below {edge:g}, relative to the frequency of the target"
        return (value >= 0.0) & (value < edge), text
    unit = {"1": "", "dB SPL/Hz": " dB SPL per Hz"}.get(column.unit, f" {column.unit}")
    is_inside = (value >= column.lowest) & (value <= column.highest)
    return is_inside, f"{column.lowest:g} to {column.highest:g}{unit}"
