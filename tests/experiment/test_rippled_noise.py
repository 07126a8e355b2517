"""The expected power of rippled noise, against noise that is made, filtered and averaged."""

from dataclasses import replace

import numpy as np
import pytest

from hearfit.audiology.retspl import reference_thresholds
from hearfit.experiment.rippled_noise import Ripple, ripple_gains, ripple_phase_rad, ripple_power
from hearfit.frontend.cochlea import cochlea_of
from hearfit.frontend.filterbank import frequency_response
from hearfit.frontend.integration import leaky_weights, periodic_leaky_weights
from hearfit.frontend.transmission import transmission_gain
from hearfit.levels import pascal_from_db_spl
from hearfit.listener.normal import NORMAL

TRANSDUCER = "HDA200"
REFERENCE = reference_thresholds(TRANSDUCER)
RATE_HZ, NUM_SAMPLES = 16_384.0, 16_384
CENTRE_HZ = cochlea_of(NORMAL).frequency_hz
INSIDE = np.flatnonzero((CENTRE_HZ > 550.0) & (CENTRE_HZ < 1900.0))[::3]
DEEP = Ripple(centre_hz=1000.0, bandwidth_octaves=2.0, rate_hz=16.0, density_per_octave=1.0)


def simulated_power(ripple: Ripple, modulation: float, *, num_tokens: int, num_frames: int, seed: int) -> np.ndarray:
    """Mean over tokens and periods of the short-term power of the channels inside the band, [frame, channel].

    A second of Gaussian noise of 1/f density is a sum of sinusoids, each multiplied in time by its own envelope; the
    bank filters it in circles, which is the steady state.
    """
    generator = np.random.default_rng(seed)
    line_hz = np.fft.fftfreq(NUM_SAMPLES, 1.0 / RATE_HZ)
    half = 0.5 * ripple.bandwidth_octaves
    positive = np.maximum(line_hz, 1.0)
    octave = np.log2(positive / ripple.centre_hz)
    density = np.where((line_hz > 0.0) & (np.abs(octave) <= half), 1.0 / positive, 0.0)
    # A line of amplitude a has the power a^2 / 2; all lines together 0 dB HL at the centre.
    pascal = float(pascal_from_db_spl(REFERENCE.at(np.array(ripple.centre_hz))))
    amplitude = pascal * np.sqrt(2.0 * density / density.sum())
    time_s = np.arange(NUM_SAMPLES) / RATE_HZ
    response = frequency_response(cochlea_of(NORMAL).bank, line_hz)[INSIDE]
    response = response * transmission_gain(np.abs(line_hz), REFERENCE)
    turned = np.exp(2j * np.pi * ripple.density_per_octave * octave)
    moving = np.exp(2j * np.pi * ripple.rate_hz * time_s)
    total = np.zeros((response.shape[0], NUM_SAMPLES))
    for _ in range(num_tokens):
        lines = amplitude * (generator.normal(size=NUM_SAMPLES) + 1j * generator.normal(size=NUM_SAMPLES)) / np.sqrt(2)
        plain, forth, back = NUM_SAMPLES * np.fft.ifft(np.stack([lines, lines * turned, lines * np.conj(turned)]))
        sound = plain + modulation * (moving * forth - np.conj(moving) * back) / 2j
        output = np.fft.ifft(np.fft.fft(sound)[None, :] * response, axis=1)
        total += 0.5 * np.abs(output) ** 2 / num_tokens
    num_periods = round(abs(ripple.rate_hz))
    folded = total.reshape(len(total), num_periods, num_frames, -1).mean(axis=(1, 3))
    return np.asarray(folded.T)


def expected_power(ripple: Ripple, modulation: float, num_frames: int) -> np.ndarray:
    terms = ripple_power(ripple, num_frames, transducer=TRANSDUCER, normal=NORMAL)
    return np.asarray(np.tensordot(modulation ** np.arange(3), terms, axes=1))


@pytest.mark.parametrize("rate_hz", [16.0, -16.0])
def test_expected_power_is_the_mean_over_many_noises(rate_hz: float, seed: int) -> None:
    # Truth: 40 tokens of a second, 16 periods each. Their power in a channel of b Hz scatters by 1 / sqrt(40 b) and
    # more in a frame; a ripple that moves the other way, or has the wrong depth, is off by a factor.
    ripple = replace(DEEP, rate_hz=rate_hz)
    found = simulated_power(ripple, 0.9, num_tokens=40, num_frames=8, seed=seed)
    expected = expected_power(ripple, 0.9, 8)[:, INSIDE]
    assert expected.max() / expected.min() > 5.0
    ratio = found / expected
    assert np.abs(np.log(ratio)).max() < 0.6
    assert np.sqrt(np.mean(np.log(ratio) ** 2)) < 0.15
    assert np.mean(ratio) == pytest.approx(1.0, abs=0.05)


def test_slow_ripples_are_the_channel_weighted_envelope() -> None:
    # Truth: the limit of slow modulation, where each channel's power is the integral of its power gain times the
    # squared envelope.
    ripple = Ripple(1500.0, 4.0, 1e-3, 2.0)
    bank = cochlea_of(NORMAL).bank
    octave = (np.arange(4000) + 0.5) / 1000.0 - 2.0
    frequency_hz = 1500.0 * 2.0**octave
    gain = np.abs(frequency_response(bank, frequency_hz) * transmission_gain(frequency_hz, REFERENCE)) ** 2
    pascal = float(pascal_from_db_spl(REFERENCE.at(np.array(1500.0))))
    for frame, phase in enumerate(ripple_phase_rad(ripple, 8)):
        envelope = 1.0 + 0.5 * np.sin(phase + 2.0 * np.pi * 2.0 * octave)
        truth = pascal**2 / 4000 * (gain @ envelope**2)
        np.testing.assert_allclose(expected_power(ripple, 0.5, 8)[frame], truth, rtol=2e-3)


@pytest.mark.parametrize("depth_db", [np.nan, -60.0, -6.0, 0.0])
def test_the_level_is_that_of_the_whole_sound(depth_db: float) -> None:
    # Truth: mean over the period and over many octaves of ripples, in a bank of one flat channel: the total power.
    gains = ripple_gains(np.array([40.0]), np.array([depth_db]))[0]
    modulation = 0.0 if np.isnan(depth_db) else 10.0 ** (depth_db / 20.0)
    phase = np.linspace(0.0, 2.0 * np.pi, 1000, endpoint=False)
    flat = np.array([1.0, 2.0 * np.sin(phase).mean(), np.mean(np.sin(phase) ** 2)])
    assert gains @ flat == pytest.approx(1e4, rel=1e-12)
    assert gains[1] / gains[0] == pytest.approx(modulation)


def test_power_is_positive_at_full_modulation() -> None:
    for density in (0.25, 2.0, 8.0):
        assert expected_power(Ripple(1500.0, 4.0, 8.0, density), 1.0, 16).min() > 0.0


@pytest.mark.parametrize("period_s", [0.03, 0.25, 2.0])
def test_periodic_leak_is_the_limit_of_many_periods(period_s: float, rng: np.random.Generator) -> None:
    # Truth: the integrator that starts from silence, after 20 time constants and 3 periods.
    num_frames, time_constant_s = 8, 0.008
    periods = 3 + int(np.ceil(20.0 * time_constant_s / period_s))
    level = rng.exponential(size=num_frames)
    started = leaky_weights(np.full(periods * num_frames, period_s / num_frames), time_constant_s=time_constant_s)
    found = periodic_leaky_weights(num_frames, period_s=period_s, time_constant_s=time_constant_s) @ level
    np.testing.assert_allclose(found, (started @ np.tile(level, periods))[-num_frames:], rtol=1e-6)
