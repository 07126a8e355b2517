"""What this version accepts in any protocol and any trial."""

FREQUENCY_LIMITS_HZ = (125.0, 8000.0)
"""The audiometric range, which the reference thresholds of all transducers cover."""

LEVEL_LIMITS_DB = (-20.0, 130.0)
"""Levels as a file gives them, dB SPL or dB HL: beyond them is a mistake or a danger."""

MAX_INTERVALS = 8
"""Intervals of one forced-choice trial."""

MASKER_LEVEL_LIMITS_DB = (-40.0, 90.0)
"""Spectrum levels of a masker, dB SPL per hertz; 90 is some 125 dB SPL over a band of 3 kHz."""

TONE_MASKER_LEVEL_LIMITS_DB = (-20.0, 120.0)
"""Levels of a tone as masker, dB SPL; more would be a danger."""

GAP_LIMITS_MS = (0.0, 500.0)
"""Silence between a masker and a probe; beyond, no listener has masking left."""

ROVE_LIMITS_DB = (0.0, 40.0)
"""Range from which the level of each interval is drawn; 0 is a fixed level."""

RIPPLE_RATE_LIMITS_HZ = (2.0, 32.0)
"""Rates of moving ripples: slower ones hardly move while they last, faster ones are not heard as ripples."""

MOVING_RIPPLE_DENSITY_LIMITS = (0.25, 8.0)
"""Densities of moving ripples, periods per octave: those of the cortical filters that answer to them."""

OUTER_EDGE_LIMITS = (0.1, 0.9)
"""How far a notched noise may reach to either side of its target, relative to the target's frequency."""
