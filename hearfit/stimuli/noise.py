"""Narrowband noise in pascal."""

import numpy as np
from jaxtyping import Float

from hearfit.levels import pascal_from_db_spl
from hearfit.stimuli.ramps import raised_cosine_gate


def narrowband_noise(
    *,
    centre_hz: float,
    bandwidth_octaves: float,
    level_db_spl: float,
    duration_s: float,
    ramp_s: float,
    rate_hz: float,
    seed: int,
) -> Float[np.ndarray, " samples"]:
    """Sound pressure in pascal of Gaussian noise with a flat spectrum between the band edges and nothing outside.

    The band reaches half of `bandwidth_octaves` to either side of the centre. Before gating, the token's own root
    mean square is exactly `level_db_spl`.

    Raises:
        ValueError: the band does not fit below half the sampling rate, or holds no spectral line.
    """
    low_hz, high_hz = centre_hz * 2.0 ** (-bandwidth_octaves / 2.0), centre_hz * 2.0 ** (bandwidth_octaves / 2.0)
    if high_hz >= rate_hz / 2.0:
        raise ValueError(
            f"noise up to {high_hz:g} Hz needs a sampling rate above {2.0 * high_hz:g} Hz, got {rate_hz:g} Hz"
        )
    gate = raised_cosine_gate(duration_s=duration_s, ramp_s=ramp_s, rate_hz=rate_hz)
    line_hz = np.fft.rfftfreq(len(gate), 1.0 / rate_hz)
    in_band = (line_hz >= low_hz) & (line_hz <= high_hz)
    if not in_band.any():
        raise ValueError(f"{duration_s} s is too short for noise between {low_hz:g} and {high_hz:g} Hz")
    generator = np.random.default_rng(seed)
    lines = generator.normal(size=(2, len(line_hz)))
    noise = np.fft.irfft(np.where(in_band, lines[0] + 1j * lines[1], 0.0), len(gate))
    rms_pa = float(pascal_from_db_spl(np.array(level_db_spl)))
    return rms_pa * gate * noise / np.sqrt(np.mean(noise**2))
