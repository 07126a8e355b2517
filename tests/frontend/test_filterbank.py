"""The gammatone filterbank against closed forms, in frequency and in time."""

import math

import jax.numpy as jnp
import numpy as np
import pytest
from jaxtyping import Complex
from scipy.fft import next_fast_len
from scipy.integrate import quad

from hearfit.frontend.cochlea import cochlea_of
from hearfit.frontend.erb_scale import frequency_at_erb_number, normal_erb_hz
from hearfit.frontend.filterbank import (
    FilterbankDesign,
    analytic_output,
    frequency_response,
    noise_power,
    tone_power,
)
from hearfit.listener.normal import NORMAL

pytestmark = pytest.mark.usefixtures("float64")

BANK = cochlea_of(NORMAL).bank
RATE_HZ = 32_000.0


def filtered(waveform: np.ndarray, design: FilterbankDesign) -> Complex[np.ndarray, "channels samples"]:
    """Analytic output for as long as the waveform and the ringing last."""
    num_samples = len(waveform) + round(design.ringing_s * RATE_HZ)
    bin_hz = np.fft.fftfreq(next_fast_len(num_samples), 1.0 / RATE_HZ)
    response = jnp.asarray(frequency_response(design, bin_hz))
    output = analytic_output(jnp.asarray(waveform), jnp.ones(len(bin_hz)), response)
    return np.asarray(output)[:, :num_samples]


def test_gain_is_one_at_the_centre_of_every_channel() -> None:
    response = frequency_response(BANK, BANK.centre_frequencies_hz)
    np.testing.assert_allclose(np.diag(response), 1.0, rtol=1e-12)


def test_channels_are_evenly_spaced_on_the_erb_scale() -> None:
    np.testing.assert_allclose(
        BANK.centre_frequencies_hz, frequency_at_erb_number(np.linspace(2.0, 36.5, 70)), rtol=1e-12
    )


def test_bank_covers_125_to_8000_hz_with_a_surround_to_spare() -> None:
    # The channel at either end of the audiometric range has all of its surround inside the bank.
    centre_hz = BANK.centre_frequencies_hz
    below = round(NORMAL.surround_outer_cam / NORMAL.spacing_cam)
    assert np.sum(centre_hz < 125.0) >= below
    assert np.sum(centre_hz > 8000.0) >= below
    # And no frequency of the range falls between channels: the nearest one passes it within 1 dB.
    frequency_hz = np.geomspace(125.0, 8000.0, 500)
    assert 10.0 * np.log10(tone_power(BANK, frequency_hz).max(axis=1)).min() > -1.0


def test_half_power_bandwidth_is_that_of_a_gammatone() -> None:
    # Truth: (1 + x^2)^-4 = 1/2 at x = sqrt(2^(1/4) - 1); the -3 dB bandwidth is 2 b x.
    half = BANK.bandwidths_hz * np.sqrt(2.0 ** (1.0 / 4.0) - 1.0)
    for edge_hz in (BANK.centre_frequencies_hz - half, BANK.centre_frequencies_hz + half):
        gain = np.diag(tone_power(BANK, edge_hz))
        np.testing.assert_allclose(gain, 0.5, rtol=1e-12)


@pytest.mark.parametrize("order", [1, 2, 4])
def test_equivalent_rectangular_bandwidth_is_the_closed_form(order: int) -> None:
    # Truth: pi (2n-2)! 2^-(2n-2) / (n-1)!^2 b (Patterson et al. 1987), from another definition than the code's.
    design = FilterbankDesign(lowest_cam=15.0, highest_cam=16.0, spacing_cam=1.0, bandwidth_factor=1.0, order=order)
    centre_hz, b = design.centre_frequencies_hz[0], design.bandwidths_hz[0]
    expected = math.pi * math.factorial(2 * order - 2) * 2.0 ** -(2 * order - 2) / math.factorial(order - 1) ** 2 * b

    def gain(offset: float) -> float:
        return float(tone_power(design, np.array([centre_hz + offset]))[0, 0])

    assert 2.0 * quad(gain, 0.0, np.inf)[0] == pytest.approx(expected, rel=1e-6)


def test_a_bank_of_normal_width_has_the_normal_bandwidth() -> None:
    # Truth: a fourth-order gammatone is b / 1.019 wide (Patterson et al. 1987, to 0.1 %).
    design = FilterbankDesign(lowest_cam=5.0, highest_cam=33.0, spacing_cam=1.0, bandwidth_factor=1.0)
    expected = normal_erb_hz(design.centre_frequencies_hz)
    np.testing.assert_allclose(5.0 * math.pi / 16.0 * design.bandwidths_hz, expected, rtol=1e-3)


def test_steady_tone_has_the_power_that_the_frequency_response_says() -> None:
    # Truth: the mean square of a cosine of amplitude A is A^2 / 2 times the power gain, at both signs of its frequency.
    time_s = np.arange(16_000) / RATE_HZ
    for frequency_hz in (250.0, 1100.0, 6000.0):
        output = filtered(0.3 * np.sin(2.0 * np.pi * frequency_hz * time_s), BANK)
        power = 0.5 * np.abs(output[:, 8_000:14_000]) ** 2
        expected = 0.5 * 0.3**2 * tone_power(BANK, np.array([frequency_hz, -frequency_hz])).sum(axis=0)
        heard = expected > 1e-6 * expected.max()
        np.testing.assert_allclose(power.mean(axis=1)[heard], expected[heard], rtol=0.01)


def test_impulse_response_is_a_gammatone() -> None:
    # Truth: h(t) = (2 pi b)^n t^(n-1) exp(-2 pi b t) exp(2 pi i f t) / (n-1)!, doubled for the analytic signal.
    impulse = np.zeros(4000)
    impulse[0] = 1.0
    output = filtered(impulse, BANK)
    time_s = np.arange(output.shape[1]) / RATE_HZ
    for channel in range(20, 55):
        b, centre_hz = BANK.bandwidths_hz[channel], BANK.centre_frequencies_hz[channel]
        envelope = (2.0 * np.pi * b) ** 4 * time_s**3 / 6.0 * np.exp(-2.0 * np.pi * b * time_s)
        expected = 2.0 / RATE_HZ * envelope * np.exp(2j * np.pi * centre_hz * time_s)
        np.testing.assert_allclose(output[channel], expected, atol=2e-3 * np.abs(expected).max())


def test_filtering_is_linear_and_never_circular() -> None:
    # An impulse at the very end of the clip must not come round to its beginning. The lowest channels pass some DC,
    # where every analytic signal is cut off, so only what lies above 250 Hz is held to a millionth of the peak.
    impulse = np.zeros(8000)
    impulse[-1] = 1.0
    power = np.abs(filtered(impulse, BANK)) ** 2
    early = power[:, :6400].max(axis=1) / power.max(axis=1)
    assert early[BANK.centre_frequencies_hz > 250.0].max() < 1e-6


def test_tone_that_starts_late_leaves_the_beginning_silent() -> None:
    time_s = np.arange(16_000) / RATE_HZ
    tone = np.where(time_s > 0.3, np.sin(2.0 * np.pi * 125.0 * time_s), 0.0)
    tone *= np.clip((time_s - 0.3) / 0.05, 0.0, 1.0)
    power = np.abs(filtered(tone, BANK)) ** 2
    assert power[:, :8000].max() < 1e-6 * power.max()


def test_ringing_outlasts_the_narrowest_filter() -> None:
    # Truth: the envelope t^3 exp(-2 pi b t) has its peak at 3 / (2 pi b).
    b, end_s = BANK.bandwidths_hz.min(), BANK.ringing_s
    peak_s = 3.0 / (2.0 * np.pi * b)
    ratio = (end_s / peak_s) ** 3 * np.exp(-2.0 * np.pi * b * (end_s - peak_s))
    assert 20.0 * np.log10(ratio) < -100.0


def test_white_noise_has_the_power_of_its_density_times_the_bandwidth() -> None:
    # Truth: 5 pi / 16 b times the density, the closed form of the equivalent rectangular bandwidth.
    grid_hz = np.linspace(0.0, 16_000.0, 64_001)
    power = noise_power(BANK, np.full(len(grid_hz), 0.25), grid_hz)
    inner = (BANK.centre_frequencies_hz > 1000.0) & (BANK.centre_frequencies_hz < 4000.0)
    np.testing.assert_allclose(power[inner], 0.25 * 5.0 * np.pi / 16.0 * BANK.bandwidths_hz[inner], rtol=1e-3)


def test_latency_is_when_the_envelope_of_a_click_is_highest() -> None:
    # Truth: the digital impulse response itself, to a sample.
    click = np.zeros(3200)
    click[0] = 1.0
    inner = BANK.centre_frequencies_hz < 8_000.0
    highest = np.argmax(np.abs(filtered(click, BANK)), axis=1) / RATE_HZ
    np.testing.assert_allclose(BANK.latency_s[inner], highest[inner], atol=2.0 / RATE_HZ, rtol=0.03)


def test_no_channel_answers_before_a_click() -> None:
    # Truth: the analogue filters are causal; what is left before the click is the edge at half the sampling rate, which
    # only channels above those of the audiogram reach.
    waveform = np.zeros(3200)
    waveform[1600] = 1.0
    response = np.abs(filtered(waveform, BANK))
    before = response[:, :1598].max(axis=1) / response.max(axis=1)
    assert 20.0 * np.log10(before[BANK.centre_frequencies_hz < 8_000.0].max()) < -65.0


def test_component_gain_weights_the_spectrum_before_the_bank() -> None:
    # Truth: halving every component halves the output; a gain at one tone's frequency is that tone's gain.
    waveform = np.sin(2.0 * np.pi * 1000.0 / RATE_HZ * np.arange(3200))
    bin_hz = np.fft.fftfreq(8000, 1.0 / RATE_HZ)
    response = jnp.asarray(frequency_response(BANK, bin_hz))
    whole, half = (
        np.asarray(analytic_output(jnp.asarray(waveform), gain * jnp.ones(len(bin_hz)), response))
        for gain in (1.0, 0.5)
    )
    np.testing.assert_allclose(half, 0.5 * whole, atol=1e-15)
