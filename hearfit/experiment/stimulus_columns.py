"""What a trial states of its stimulus beside frequency and level: columns of a trial table, by kind of stimulus."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Bool, Float

from hearfit.experiment.limits import (
    FREQUENCY_LIMITS_HZ,
    GAP_LIMITS_MS,
    MASKER_LEVEL_LIMITS_DB,
    MOVING_RIPPLE_DENSITY_LIMITS,
    RIPPLE_RATE_LIMITS_HZ,
    ROVE_LIMITS_DB,
    TONE_MASKER_LEVEL_LIMITS_DB,
)
from hearfit.experiment.protocol import Protocol, StimulusKind

LEVEL: Final = "level_db_hl"
MASKER_LEVEL: Final = "masker_level_db_spl_per_hz"
NOTCH_LOWER: Final = "notch_lower"
NOTCH_UPPER: Final = "notch_upper"
TONE_MASKER_FREQUENCY: Final = "masker_frequency_hz"
TONE_MASKER_LEVEL: Final = "masker_level_db_spl"
GAP: Final = "gap_ms"
LEVEL_DIFFERENCE: Final = "level_difference_db"
INCREMENT: Final = "increment_db"
NUM_COMPONENTS: Final = "num_components"
ROVE_RANGE: Final = "rove_range_db"
RIPPLE_DENSITY: Final = "ripple_density_per_octave"
RIPPLE_RATE: Final = "ripple_rate_hz"
MODULATION_DEPTH: Final = "modulation_depth_db"


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
_FORWARD_MASKER: Final = (
    StimulusColumn(
        TONE_MASKER_FREQUENCY,
        *FREQUENCY_LIMITS_HZ,
        unit="Hz",
        meaning="the frequency of a masker",
        description="frequency of the tone that is played before the probe",
        is_of_sound=True,
    ),
    StimulusColumn(
        TONE_MASKER_LEVEL,
        *TONE_MASKER_LEVEL_LIMITS_DB,
        unit="dB SPL",
        meaning="the level of a masker",
        description="level of the tone that is played before the probe",
        is_of_sound=False,
    ),
    StimulusColumn(
        GAP,
        *GAP_LIMITS_MS,
        unit="ms",
        meaning="a gap",
        description="silence between the end of the masker and the beginning of the probe",
        is_of_sound=False,
    ),
)
_ROVE: Final = StimulusColumn(
    ROVE_RANGE,
    *ROVE_LIMITS_DB,
    unit="dB",
    meaning="the range of a rove",
    description="range of levels about the stated one, from which that of each interval was drawn; 0 is a fixed level",
    is_of_sound=False,
)
_INCREMENTED_TONE: Final = (
    StimulusColumn(
        LEVEL_DIFFERENCE,
        0.0,
        60.0,
        unit="dB",
        meaning="a level difference",
        description="level of the louder tone re the other, whose level is stated; n/a in a catch trial",
        is_of_sound=False,
    ),
    _ROVE,
)
_INCREMENTED_COMPLEX: Final = (
    StimulusColumn(
        INCREMENT,
        -60.0,
        60.0,
        unit="dB",
        meaning="an increment",
        description="amplitude added to the middle component re its amplitude in the standard; n/a in a catch trial",
        is_of_sound=False,
    ),
    StimulusColumn(
        NUM_COMPONENTS,
        3.0,
        99.0,
        unit="1",
        meaning="a number of components",
        description="components of the complex, evenly spaced in log frequency, the target in the middle",
        is_of_sound=True,
    ),
    _ROVE,
)
_RIPPLED_NOISE: Final = (
    StimulusColumn(
        RIPPLE_DENSITY,
        0.05,
        50.0,
        unit="1/octave",
        meaning="a density of ripples",
        description="ripples per octave",
        is_of_sound=True,
    ),
    _ROVE,
)
_MOVING_RIPPLE: Final = (
    StimulusColumn(
        RIPPLE_RATE,
        -RIPPLE_RATE_LIMITS_HZ[1],
        RIPPLE_RATE_LIMITS_HZ[1],
        unit="Hz",
        meaning="the rate of a moving ripple",
        description="periods a second at each frequency; positive where ripples move down in frequency, negative up",
        is_of_sound=True,
    ),
    StimulusColumn(
        RIPPLE_DENSITY,
        *MOVING_RIPPLE_DENSITY_LIMITS,
        unit="1/octave",
        meaning="a density of ripples",
        description="ripples per octave",
        is_of_sound=True,
    ),
    StimulusColumn(
        MODULATION_DEPTH,
        -60.0,
        0.0,
        unit="dB",
        meaning="the depth of a modulation",
        description="20 log10 m, the amplitude of each component being 1 + m sin(...); n/a in a catch trial",
        is_of_sound=False,
    ),
)
_COLUMNS: Final[dict[StimulusKind, tuple[StimulusColumn, ...]]] = {
    StimulusKind.TONE_IN_NOTCHED_NOISE: _NOTCHED_NOISE,
    StimulusKind.INCREMENTED_TONE: _INCREMENTED_TONE,
    StimulusKind.INCREMENTED_COMPLEX: _INCREMENTED_COMPLEX,
    StimulusKind.RIPPLED_NOISE: _RIPPLED_NOISE,
    StimulusKind.MOVING_RIPPLE: _MOVING_RIPPLE,
    StimulusKind.TONE_AFTER_TONE: _FORWARD_MASKER,
}
_SIGNAL_COLUMNS: Final[dict[StimulusKind, str]] = {
    StimulusKind.INCREMENTED_TONE: LEVEL_DIFFERENCE,
    StimulusKind.INCREMENTED_COMPLEX: INCREMENT,
    StimulusKind.RIPPLED_NOISE: RIPPLE_DENSITY,
    StimulusKind.MOVING_RIPPLE: MODULATION_DEPTH,
}
COLUMN_SETS: Final = tuple(tuple(column.name for column in columns) for columns in _COLUMNS.values())
"""The columns of each kind that has any; a table may have several of these sets."""
ALL_COLUMNS: Final = {column.name: column for columns in _COLUMNS.values() for column in columns}
"""Each column once, in the order in which a table is written."""


def stimulus_columns(kind: StimulusKind) -> tuple[StimulusColumn, ...]:
    """The columns that every trial with this kind of stimulus fills."""
    return _COLUMNS.get(kind, ())


def signal_column(kind: StimulusKind) -> str | None:
    """The column by which the signal differs from the standard; None where the level is what makes the signal.

    In a catch trial it is n/a: there is no signal. Where it is a column, the level is that of the standard and stays.
    """
    return _SIGNAL_COLUMNS.get(kind)


def curve_column(kind: StimulusKind) -> str:
    """The column that a report draws answers against."""
    return TONE_MASKER_LEVEL if kind is StimulusKind.TONE_AFTER_TONE else signal_column(kind) or LEVEL


def column_problem(
    column: StimulusColumn,
    value: Float[np.ndarray, " rows"],
    protocol: Protocol,
    *,
    is_catch: Bool[np.ndarray, " rows"],
) -> tuple[Bool[np.ndarray, " rows"], str]:
    """Which values of a column this protocol refuses, and why: the end of a sentence that begins with the cell.

    NaN is a missing value. Infinity is one that has been refused before, and is not refused again. What the signal of a
    catch trial must be is not asked here.
    """
    is_known = ~np.isinf(value)
    # Kinds may share the name of a column and not its limits.
    own = next((each for each in stimulus_columns(protocol.stimulus.kind) if each.name == column.name), None)
    if own is None:
        of = "a masker" if column in (*_NOTCHED_NOISE, *_FORWARD_MASKER) else "a stimulus"
        return is_known & ~np.isnan(value), f"describes {of}, which {protocol.name} does not have. Allowed here: n/a."
    is_allowed, allowed = allowed_values(own, value, protocol.stimulus.noise_outer_edge)
    if own.name == signal_column(protocol.stimulus.kind):
        is_known &= ~is_catch
    return is_known & ~is_allowed, f"is not {own.meaning}. Allowed in {protocol.name}: {allowed}."


def allowed_values(
    column: StimulusColumn, value: Float[np.ndarray, " rows"], edge: float | None
) -> tuple[Bool[np.ndarray, " rows"], str]:
    """Which values a column may have, and all that are allowed in words; `edge` is that of a notched noise."""
    if column.name in (NOTCH_LOWER, NOTCH_UPPER):
        assert edge is not None
        text = f"0 (no notch) to below {edge:g}, relative to the frequency of the target"
        return (value >= 0.0) & (value < edge), text
    if column.name == NUM_COMPONENTS:
        is_odd = np.mod(value, 2.0) == 1.0
        return is_odd & (value >= column.lowest) & (value <= column.highest), "an odd whole number from 3 to 99"
    if column.name == RIPPLE_RATE:
        low, high = RIPPLE_RATE_LIMITS_HZ
        is_inside = (np.abs(value) >= low) & (np.abs(value) <= high)
        return is_inside, f"{low:g} to {high:g} Hz, with a minus sign where the ripples move up"
    unit = {"1": "", "dB SPL/Hz": " dB SPL per Hz", "1/octave": " per octave"}.get(column.unit, f" {column.unit}")
    is_inside = (value >= column.lowest) & (value <= column.highest)
    return is_inside, f"{column.lowest:g} to {column.highest:g}{unit}"
