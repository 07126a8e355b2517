"""Where the prototype of the constant-Q bank comes from: a fit to the measured shape of the published bank.

python -m tests.studies.constant_q_shape            # fits, prints the constants and the shape against its target
"""

import numpy as np
from jaxtyping import Complex, Float
from scipy.optimize import least_squares

from hearfit.frontend.constant_q import (
    PROTOTYPE_GAIN,
    PROTOTYPE_POLES,
    PROTOTYPE_REAL_ZEROS,
    PROTOTYPE_ZEROS,
    ConstantQDesign,
    digital_filters,
    frequency_response,
    latency_s,
    ringing_s,
)

# Level re peak of the published bank, median of its channels 20 to 99 (standard deviation up to 0.25 dB from -1.5 to
# +0.5 octaves), against octaves from the nominal centre frequency; and what else was measured of it.
TARGET_OCTAVES = np.array(
    [-3, -2, -1.5, -1, -0.75, -0.5, -0.25, -0.125, -1 / 24, 0, 1 / 48, 1 / 24, 1 / 12, 1 / 8, 1 / 4, 1 / 2, 1]
)
TARGET_DB = np.array(
    [-23.7, -21.8, -19.9, -16.5, -13.8, -10.1, -5.7, -2.9, -0.85, -0.15, 0.0, -0.7, -10.7, -18.5, -20.9, -26.1, -30.8]
)
TARGET_PEAK_RATIO = 1.014
TARGET_Q_3DB, TARGET_Q_10DB = 8.05, 2.92
TARGET_LATENCY_PERIODS = 0.8

# How well each level is known: tighter at the peak, looser on the skirt that falls 10 dB within 1/24 octave.
_TOLERANCE_DB = np.array([0.5, 0.4, 0.3, 0.2, 0.2, 0.2, 0.2, 0.15, 0.1, 0.1, 0.1, 0.2, 0.4, 0.5, 0.4, 0.4, 0.6])
_FINE_RATIO = 2.0 ** np.linspace(-0.6, 0.2, 3201)
# One real zero lies right of the imaginary axis: the magnitude cannot tell, the latency of 0.8 periods does (with both
# on the left it is 0, with both on the right 1.04).
_REAL_ZERO_SIGNS = np.array([1.0, -1.0])


def prototype(
    position: Float[np.ndarray, " 14"],
) -> tuple[Complex[np.ndarray, " 7"], Complex[np.ndarray, " 4"], Float[np.ndarray, " 2"], float]:
    """Poles, complex zeros, real zeros and gain in units of the centre frequency (s = i at nominal CF)."""
    upper = -np.exp(position[0:3]) + 1j * position[3:6]
    poles = np.concatenate([upper, upper.conj(), [-np.exp(position[6])]])
    notch = -np.exp(position[7:9]) + 1j * position[9:11]
    return poles, np.concatenate([notch, notch.conj()]), _REAL_ZERO_SIGNS * np.exp(position[11:13]), position[13]


def response(position: Float[np.ndarray, " 14"], ratio: Float[np.ndarray, " bins"]) -> Complex[np.ndarray, " bins"]:
    """Frequency response at these multiples of the nominal centre frequency."""
    poles, zeros, real_zeros, log_gain = prototype(position)
    s = 1j * ratio[:, None]
    return np.exp(log_gain) * np.prod(s - np.r_[zeros, real_zeros], axis=1) / np.prod(s - poles, axis=1)


def quality(level_db: Float[np.ndarray, " bins"], ratio: Float[np.ndarray, " bins"], down_db: float) -> float:
    """Peak frequency over the bandwidth `down_db` below the peak."""
    peak = int(np.argmax(level_db))
    floor = level_db[peak] - down_db
    upper_end = peak + int(np.argmax(level_db[peak:] < floor)) + 1
    low = np.interp(floor, level_db[: peak + 1], ratio[: peak + 1])
    high = np.interp(-floor, -level_db[peak:upper_end], ratio[peak:upper_end])
    return float(ratio[peak] / (high - low))


def fitted() -> Float[np.ndarray, " 14"]:
    """The fit, started from the approximate poles and zeros that were read off the published bank."""
    damping, frequency = np.log([0.024, 0.083, 0.231]), np.array([1.036, 0.99, 0.87])
    notch_damping, notch_frequency = np.log([0.04, 0.1]), np.array([1.075, 1.19])
    real = np.log([0.3, 0.3])
    start = np.concatenate([damping, frequency, [np.log(0.7)], notch_damping, notch_frequency, real, [-2.0]])
    # Seventeen levels hardly determine fourteen numbers: each is drawn towards its start by these widths.
    width = np.array([0.3, 0.3, 0.3, 0.02, 0.03, 0.06, 1.0, 0.7, 0.7, 0.01, 0.03, 3.0, 3.0, 10.0])

    def residuals(position: Float[np.ndarray, " 14"]) -> Float[np.ndarray, " residuals"]:
        level_db = 20.0 * np.log10(np.abs(response(position, 2.0**TARGET_OCTAVES)))
        fine_db = 20.0 * np.log10(np.abs(response(position, _FINE_RATIO)))
        scalars = [
            fine_db.max() / 0.1,
            (quality(fine_db, _FINE_RATIO, 3.0) - TARGET_Q_3DB) / 0.1,
            (quality(fine_db, _FINE_RATIO, 10.0) - TARGET_Q_10DB) / 0.03,
        ]
        return np.concatenate([(level_db - TARGET_DB) / _TOLERANCE_DB, scalars, 0.3 * (position - start) / width])

    return least_squares(residuals, start, x_scale=0.1 * width, max_nfev=400).x


def print_shape(design: ConstantQDesign, sampling_rate_hz: float, channels: tuple[int, ...]) -> None:
    """The digital bank's shape against the target, per quantity and channel."""
    filters = digital_filters(design, sampling_rate_hz)
    centre_hz = design.centre_frequencies_hz
    nyquist_hz = sampling_rate_hz / 2.0
    print(f"\nat {sampling_rate_hz:g} Hz; deviation of the level from the target in dB at octaves from nominal CF")
    print("  ch    CF Hz  peak  at/CF  Q3dB  Q10dB  latency CF  DC dB ", *(f"{o:6.2f}" for o in TARGET_OCTAVES))
    print(" " * 14 + f"1.000  1.014  8.05   2.92        0.80       {' ' * 4}", *(f"{t:6.1f}" for t in TARGET_DB))
    latency = latency_s(filters, sampling_rate_hz)
    for channel in channels:
        fine_hz = centre_hz[channel] * _FINE_RATIO
        fine_hz = fine_hz[fine_hz < nyquist_hz]
        gain = np.abs(frequency_response(filters, np.r_[0.0, fine_hz], sampling_rate_hz)[channel])
        fine_db = 20.0 * np.log10(gain[1:])
        ratio = fine_hz / centre_hz[channel]
        at_hz = centre_hz[channel] * 2.0**TARGET_OCTAVES
        level_db = 20.0 * np.log10(np.abs(frequency_response(filters, at_hz, sampling_rate_hz)[channel]))
        deviation = np.where(at_hz < nyquist_hz, level_db - TARGET_DB, np.nan)
        print(
            f"{channel:4d} {centre_hz[channel]:8.1f} {gain[1:].max():.3f}  {ratio[np.argmax(fine_db)]:.3f}"
            f"  {quality(fine_db, ratio, 3.0):4.2f}   {quality(fine_db, ratio, 10.0):4.2f}"
            f"        {latency[channel] * centre_hz[channel]:.2f}  {20.0 * np.log10(gain[0]):6.1f}   ",
            *(f"{d:6.2f}" for d in deviation),
        )
    ringing = ringing_s(filters, sampling_rate_hz) * sampling_rate_hz
    print(f"ringing to -60 dB, samples: median {np.median(ringing):.0f}, longest {ringing.max():.0f}")


def main() -> None:
    poles, zeros, real_zeros, log_gain = prototype(fitted())
    np.set_printoptions(precision=5, suppress=True)
    print("fitted  poles", poles[[0, 1, 2, 6]], "zeros", zeros[:2], "real", real_zeros, "gain", np.exp(log_gain))
    print("shipped poles", np.array(PROTOTYPE_POLES), "zeros", np.array(PROTOTYPE_ZEROS), end=" ")
    print("real", np.array(PROTOTYPE_REAL_ZEROS), "gain", PROTOTYPE_GAIN)
    paper = ConstantQDesign()
    above = ConstantQDesign(num_channels=130)
    print_shape(above, 16_000.0, (0, 20, 40, 60, 80, 100, 110, 120, 124, 128, 129))
    print_shape(paper, 96_000.0, (0, 60, 128))
    print_shape(ConstantQDesign(num_channels=156), 44_100.0, (0, 60, 128, 155))
    print_shape(ConstantQDesign(num_channels=104), 8_000.0, (0, 60, 90, 103))


if __name__ == "__main__":
    main()
