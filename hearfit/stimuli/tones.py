"""Pure tones in pascal."""

import numpy as np
from jaxtyping import Float

from hearfit.levels import pascal_from_db_spl
from hearfit.stimuli.ramps import raised_cosine_gate


def pure_tone(
    *, frequency_hz: float, level_db_spl: float, duration_s: float, ramp_s: float, rate_hz: float
) -> Float[np.ndarray, " samples"]:
    """Sound pressure in pascal of a tone in sine phase; the level is that of its steady part.

    Raises:
        ValueError: the frequency is not below half the sampling rate.
    """
    if not 0.0 < frequency_hz < rate_hz / 2.0:
        raise ValueError(
            f"a tone of {frequency_hz} Hz needs a sampling rate above {2.0 * frequency_hz} Hz, got {rate_hz} Hz"
        )
    gate = raised_cosine_gate(duration_s=duration_s, ramp_s=ramp_s, rate_hz=rate_hz)
    amplitude_pa = np.sqrt(2.0) * float(pascal_from_db_spl(np.array(level_db_spl)))
    return amplitude_pa * gate * np.sin(2.0 * np.pi * frequency_hz / rate_hz * np.arange(len(gate)))
