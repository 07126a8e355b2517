"""What this version accepts in any protocol and any trial."""

FREQUENCY_LIMITS_HZ = (125.0, 8000.0)
"""The audiometric range, which the reference thresholds of all transducers cover."""

LEVEL_LIMITS_DB = (-20.0, 130.0)
"""Levels as a file gives them, dB SPL or dB HL: beyond them is a mistake or a danger."""

MAX_INTERVALS = 8
"""Intervals of one forced-choice trial."""
