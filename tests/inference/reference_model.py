"""The model of an ear and its listener once more, in plain NumPy and loops: one trial at a time, nothing shared.

An independent implementation of design section 4 for tests. It takes from the library only the constants, the order of
the coordinates, the filtered stimulus (tested against closed forms elsewhere) and the normal loudness table.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from jaxtyping import Float
from scipy.integrate import quad
from scipy.interpolate import PchipInterpolator
from scipy.stats import norm

from hearfit.experiment.excitation import Excitation
from hearfit.listener.loudness_growth import CATEGORY_BOUNDARIES_CU, normal_category_cu
from hearfit.listener.normal import AUDIOMETRIC_FREQUENCIES_HZ
from hearfit.listener.normal import NORMAL as CONSTANTS

Channels = Float[np.ndarray, " channels"]
NUM_KNOTS = len(AUDIOMETRIC_FREQUENCIES_HZ)


def channel_frequencies_hz() -> Channels:
    cam = np.arange(CONSTANTS.lowest_cam, CONSTANTS.highest_cam + 0.01, CONSTANTS.spacing_cam)
    return (10.0 ** (cam / 21.4) - 1.0) * 1000.0 / 4.37


def gammatone_power(tone_hz: float) -> Channels:
    """Power gain of each channel for a tone, from the fourth-order resonance curve."""
    centre_hz = channel_frequencies_hz()
    b = 1.019 * CONSTANTS.bandwidth_factor * 24.7 * (4.37 * centre_hz / 1000.0 + 1.0)
    return (1.0 + ((tone_hz - centre_hz) / b) ** 2) ** -4.0


@cache
def neighbours(num_channels: int) -> tuple[list[int], ...]:
    """For each channel those between the inner and the outer edge of its surround."""
    own: tuple[list[int], ...] = tuple([] for _ in range(num_channels))
    for c in range(num_channels):
        for j in range(num_channels):
            distance_cam = round(abs(j - c) * CONSTANTS.spacing_cam, 6)
            if CONSTANTS.surround_inner_cam <= distance_cam <= CONSTANTS.surround_outer_cam:
                own[c].append(j)
    return own


def surround_average(values: Channels, c: int) -> float:
    """Mean over the surround of channel c."""
    own = neighbours(len(values))[c]
    return float(values[own].sum()) / len(own)


@dataclass(frozen=True)
class ReferenceEar:
    """One value a channel."""

    exponent: Channels
    attenuation_db: Channels
    inhibition: Channels

    def excitation(
        self, power: Float[np.ndarray, "frames channels"], duration_s: Float[np.ndarray, " frames"] | None
    ) -> Float[np.ndarray, "frames channels"]:
        """Amplitude z/z_0 re threshold; None as duration stands for the steady state of each frame."""
        threshold = np.exp(CONSTANTS.threshold_correction) * 10.0 ** (
            -CONSTANTS.compression_exponent * CONSTANTS.anchor_db_hl / 20.0
        )
        level_db = 10.0 * np.log10(power + 1e-10)
        y = 10.0 ** (self.exponent * (level_db - self.attenuation_db - CONSTANTS.anchor_db_hl) / 20.0)
        z = np.zeros_like(y)
        for frame in range(len(y)):
            for c in range(y.shape[1]):
                z[frame, c] = max(0.0, y[frame, c] - self.inhibition[c] * surround_average(y[frame], c))
        if duration_s is not None:
            z = _leaky(z, duration_s)
        centre_hz = channel_frequencies_hz()
        for c in range(y.shape[1]):
            of_tone = gammatone_power(centre_hz[c]) ** (CONSTANTS.compression_exponent / 2.0)
            z[:, c] /= threshold * (1.0 - self.inhibition[c] * surround_average(of_tone, c))
        return z

    def representation(
        self, power: Float[np.ndarray, "frames channels"], duration_s: Float[np.ndarray, " frames"] | None
    ) -> Float[np.ndarray, "frames channels"]:
        """What detection reads: as steep in the level of the sound near threshold as in a normal ear."""
        return np.log1p((self.excitation(power, duration_s) + 1e-6) ** self.sharpness)

    @property
    def sharpness(self) -> Channels:
        return CONSTANTS.threshold_sharpness * CONSTANTS.compression_exponent / self.exponent

    def detectability(
        self,
        excitation: Excitation,
        level_db_hl: float,
        masker_db: float | None = None,
        log_masked_sensitivity: float = 0.0,
    ) -> float:
        """Detectability d' at the best moment, for a listener of normal sensitivity in quiet.

        A masker has been there for two seconds, as frames like any other, when the target begins.
        """
        masker = np.zeros(excitation.power.shape[1])
        if masker_db is not None:
            assert excitation.masker is not None
            masker = 10.0 ** (masker_db / 10.0) * excitation.masker
        frames = np.concatenate([masker[None], masker + 10.0 ** (level_db_hl / 10.0) * excitation.power])
        signal = self.representation(frames, np.concatenate([[2.0], excitation.duration_s]))[1:]
        alone = self.representation(masker[None], None)
        heard = (self.excitation(masker[None], None) + 1e-6) ** self.sharpness
        variance = (1.0 + heard) / (1.0 + heard * np.exp(2.0 * log_masked_sensitivity))
        squared = CONSTANTS.spacing_cam * np.sum((signal - alone) ** 2 / variance, axis=1)
        tau, end = CONSTANTS.detection_window_s, np.cumsum(excitation.duration_s)
        evidence = []
        for now in end:
            remembered = 0.0
            for start, stop, amount in zip(end - excitation.duration_s, end, squared, strict=True):
                if stop <= now + 1e-12:
                    remembered += amount * tau * (np.exp((stop - now) / tau) - np.exp((start - now) / tau))
            evidence.append(remembered)
        return float(np.sqrt(max(evidence) + 1e-10)) / CONSTANTS.sensitivity

    def log_loudness(self, excitation: Excitation, level_db_hl: float) -> float:
        """Logarithm of the time average of the loudness summed over the ERB scale."""
        z = self.excitation(10.0 ** (level_db_hl / 10.0) * excitation.power, excitation.duration_s)
        density = (1.0 + z**CONSTANTS.threshold_sharpness) ** (1.0 / CONSTANTS.threshold_sharpness) - 1.0
        instantaneous = CONSTANTS.spacing_cam * density.sum(axis=1)
        return float(np.log(np.average(instantaneous, weights=excitation.duration_s) + 1e-30))


def _leaky(x: Float[np.ndarray, "frames channels"], duration_s: Float[np.ndarray, " frames"]) -> np.ndarray:
    """Frame means of tau ds/dt = x - s, from its solution in each frame."""
    state, means, tau = np.zeros(x.shape[1]), [], CONSTANTS.time_constant_s
    for level, duration in zip(x, duration_s, strict=True):
        change = (state - level) * tau / duration * (1.0 - np.exp(-duration / tau))
        means.append(level + change)
        state = level + (state - level) * np.exp(-duration / tau)
    return np.array(means)


@dataclass(frozen=True)
class ReferenceListener:
    """Everything that decides an answer, read from a point of the unconstrained coordinates."""

    position: Float[np.ndarray, " parameters"]

    @property
    def ear(self) -> ReferenceEar:
        knots = np.log(AUDIOMETRIC_FREQUENCIES_HZ)
        at = np.log(channel_frequencies_hz())
        share_logit, threshold, logit = (
            np.interp(at, knots, self.position[k * NUM_KNOTS : (k + 1) * NUM_KNOTS]) for k in range(3)
        )
        # A share of the loss is loss of compression, softly bounded by 100 dB; the rest is attenuation.
        loss = np.logaddexp(0.0, threshold)
        explicable = loss - 4.0 * np.logaddexp(0.0, (loss - 100.0) / 4.0)
        attenuation = loss - explicable / (1.0 + np.exp(-share_logit))
        return ReferenceEar(
            exponent=CONSTANTS.compression_exponent / (1.0 - (threshold - attenuation) / CONSTANTS.anchor_db_hl),
            attenuation_db=attenuation,
            inhibition=0.55 / (1.0 + np.exp(-logit)),
        )

    def probability_heard(
        self, excitation: Excitation, level_db_hl: float | None, interval_count: int, masker_db: float | None = None
    ) -> float:
        """Probability of "heard", or of the right interval; None as level is a catch trial."""
        log_sensitivity, criterion, logit = self.position[33:36]
        d = 0.0
        if level_db_hl is not None:
            own = self.ear.detectability(excitation, level_db_hl, masker_db, float(self.position[37]))
            d = np.exp(log_sensitivity) * own
        lapse = 1.0 / (1.0 + np.exp(-logit))
        if interval_count == 1:
            return float(0.5 * lapse + (1.0 - lapse) * norm.cdf(d - criterion))
        best, _ = quad(
            lambda x: norm.pdf(x - d) * norm.cdf(x) ** (interval_count - 1), d - 12.0, d + 12.0, epsabs=1e-12
        )
        return float(lapse / interval_count + (1.0 - lapse) * best)

    def probability_of_categories(
        self, excitation: Excitation, level_db_hl: float, growth: PchipInterpolator
    ) -> Float[np.ndarray, " categories"]:
        """Probability of each loudness category, softest first; `growth` from `normal_growth` of the same stimulus."""
        logit, log_spread = self.position[35:37]
        own = self.ear.log_loudness(excitation, level_db_hl)
        assert growth.x[0] <= own <= growth.x[-1], "choose levels that a normal ear can match"
        gap = np.diff(np.array(CATEGORY_BOUNDARIES_CU) + self.position[38:48])
        gap = 0.5 * np.logaddexp(0.0, gap / 0.5)
        middle = CATEGORY_BOUNDARIES_CU[5] + self.position[38 + 5]
        boundary = np.array([middle - gap[k:5].sum() if k <= 5 else middle + gap[5:k].sum() for k in range(10)])
        below = norm.cdf((np.array([-np.inf, *boundary, np.inf]) - growth(own)) / np.exp(log_spread))
        lapse = 1.0 / (1.0 + np.exp(-logit))
        return np.asarray(lapse / 11.0 + (1.0 - lapse) * np.diff(below))


def normal_growth(excitation: Excitation, frequency_hz: float) -> PchipInterpolator:
    """Loudness category that a normal ear gives to a total loudness."""
    level = np.arange(-50.0, 151.0, 2.0)
    flat = np.ones(len(channel_frequencies_hz()))
    healthy = ReferenceEar(CONSTANTS.compression_exponent * flat, 0.0 * flat, CONSTANTS.inhibition * flat)
    loudness = [healthy.log_loudness(excitation, float(normal_level)) for normal_level in level]
    return PchipInterpolator(loudness, normal_category_cu(level, frequency_hz))
