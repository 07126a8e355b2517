"""The stages by value: against loops in float64 written from the papers, scipy, closed forms and published numbers."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from hypothesis import example, given
from hypothesis import strategies as st
from scipy.fft import rfft as scipy_rfft
from scipy.signal import lfilter
from scipy.signal.windows import hann

from hearfit.errors import InputError
from hearfit.learnable.adaptation import Adaptation, midbrain_time_constant_s
from hearfit.learnable.builders import mel_design
from hearfit.learnable.catalogue import build
from hearfit.learnable.envelope_bank import envelope_power, pooled
from hearfit.learnable.exponential_average import exponential_average, smoothing_of
from hearfit.learnable.gammatone import GammatoneDesign, GammatoneSpectrogram
from hearfit.learnable.leaf import Leaf, LeafDesign, bandwidth_of, design_for, gabor_kernel
from hearfit.learnable.mel import MelDesign, MelSpectrogram
from hearfit.learnable.pcen import Pcen, normalised
from hearfit.learnable.request import FrontendRequest
from hearfit.learnable.sincnet import sinc_kernel
from tests.learnable.frontend_contract import features_of

P_REF = 20e-6


energies = nnx.jit(lambda leaf, sound: leaf.energies(sound))


def single(values: object) -> jax.Array:
    return jnp.asarray(values, jnp.float32)


def test_exponential_average_is_the_recursion(rng: np.random.Generator) -> None:
    """Against the plain recursion in float64, for a long sound, and against 1 - (1 - s)^(t + 1) for a step."""
    x = rng.uniform(0.0, 1e6, (2, 3001, 3))
    smoothing = np.array([0.001, 0.04, 0.9])
    before = rng.uniform(0.0, 1e6, (2, 3))
    state, expected = before, []
    for frame in range(x.shape[1]):
        state = (1.0 - smoothing) * state + smoothing * x[:, frame]
        expected.append(state)
    found = exponential_average(single(x), single(smoothing), single(before))
    np.testing.assert_allclose(found, np.stack(expected, axis=1), rtol=2e-4)
    step = exponential_average(jnp.ones((1, 50, 3)), single(smoothing), jnp.zeros((1, 3)))
    np.testing.assert_allclose(step[0], 1.0 - (1.0 - smoothing) ** np.arange(1, 51)[:, None], rtol=1e-4)
    np.testing.assert_allclose(smoothing_of(single([0.05]), 200.0), [1.0 - np.exp(-0.1)], rtol=1e-5)


def test_pcen_is_the_published_formula(rng: np.random.Generator) -> None:
    """Against the formula in librosa's documentation, its average made by scipy's filter in float64."""
    energy = 10.0 ** rng.uniform(-2.0, 8.0, (1, 200, 4))
    gain, bias = np.array([0.98, 0.9, 0.5, 1.0]), np.array([2.0, 1.0, 10.0, 0.1])
    power, b = np.array([0.5, 0.25, 1.0, 0.7]), np.array([0.025, 0.04, 0.3, 0.9])
    average = np.stack(
        [lfilter([b[c]], [1.0, b[c] - 1.0], energy[0, :, c], zi=[(1 - b[c]) * energy[0, 0, c]])[0] for c in range(4)],
        axis=1,
    )
    expected = (energy[0] / (1e-6 + average) ** gain + bias) ** power - bias**power
    found = normalised(
        single(energy),
        gain_exponent=single(gain),
        offset=single(bias),
        root=single(power),
        smoothing=single(b),
        least_power=1e-6,
    )
    np.testing.assert_allclose(found[0], expected, rtol=2e-3, atol=1e-5)
    # LEAF's published start, and of a constant E: (E^(1 - alpha) + delta)^r - delta^r.
    layer = Pcen(2, is_learned=True)
    values = [value[0] for value in layer.values().values()]
    np.testing.assert_allclose(values, [0.96, 2.0, 0.5, 0.04], rtol=1e-5)
    constant = layer(jnp.full((1, 30, 2), 1e6))[0, -1, 0, 0]
    np.testing.assert_allclose(constant, np.sqrt(1e6**0.04 + 2.0) - np.sqrt(2.0), rtol=1e-4)


def test_gabor_kernel_is_equation_2() -> None:
    mu, sigma = np.array([0.3, 2.0]), np.array([4.0 * np.sqrt(2.0 * np.log(2.0)) / np.pi, 60.0])
    kernel = np.asarray(gabor_kernel(single(mu), single(sigma), 401))
    n = np.arange(-200, 201)
    for channel in range(2):
        s = sigma[channel]
        expected = np.exp(1j * mu[channel] * n) * np.exp(-(n**2) / (2.0 * s**2)) / (np.sqrt(2.0 * np.pi) * s)
        np.testing.assert_allclose(kernel[0, channel] + 1j * kernel[1, channel], expected, atol=1e-5)
    # Half the greatest amplitude at half the bandwidth from mu.
    offset = np.pi * bandwidth_of(60.0, 16000.0) / 16000.0
    g = kernel[0, 1] + 1j * kernel[1, 1]
    ratio = abs(np.sum(g * np.exp(-1j * (2.0 + offset) * n))) / abs(np.sum(g * np.exp(-2j * n)))
    np.testing.assert_allclose(ratio, 0.5, atol=0.005)


def test_leaf_starts_where_the_public_implementation_does() -> None:
    """leaf-audio: 40 filters, 60 to 7800 Hz, from roots of mel triangles on 512 bins, to the resolution of its bins."""
    design = LeafDesign(16000.0, 160, 40, 60.0, 7800.0, kernel_samples=401)
    values = Leaf(design).values()
    corners = 700.0 * np.expm1(np.linspace(np.log1p(60.0 / 700.0), np.log1p(7800.0 / 700.0), 42))
    bins = np.arange(257) * 16000.0 / 512.0
    for channel in range(10, 40):
        low, peak, high = corners[channel : channel + 3]
        root = np.sqrt(np.maximum(0.0, np.minimum((bins - low) / (peak - low), (high - bins) / (high - peak))))
        mu = 2.0 * np.pi * np.argmax(root) / 512.0
        width = np.sum(root >= root.max() / 2.0)
        assert abs(values["Gabor centre frequency"][channel] * 2.0 * np.pi / 16000.0 - mu) < 2.0 * np.pi / 512.0
        assert abs(values["Gabor bandwidth"][channel] / 31.25 - width) < 1.5
    sigma = 16000.0 * np.sqrt(2.0 * np.log(2.0)) / (np.pi * np.array([design.bandwidth.high, design.bandwidth.low]))
    np.testing.assert_allclose(sigma, np.array([4.0, 401.0]) * np.sqrt(2.0 * np.log(2.0)) / np.pi)
    assert design.centre_frequency.high * 2.0 * np.pi / 16000.0 == pytest.approx(np.pi)
    assert sum(value.size for value in values.values()) == 7 * 40


def slow_energy(x: np.ndarray, mu: float, sigma: float, taps: int, width: float, hop: int) -> np.ndarray:
    """Filter, square and pool every sample, in float64."""
    n = np.arange(taps) - taps // 2
    g = np.exp(1j * mu * n - n**2 / (2.0 * sigma**2)) / (np.sqrt(2.0 * np.pi) * sigma)
    power = np.abs(np.convolve(x, g)[: len(x)]) ** 2
    window = np.exp(-0.5 * (np.arange(4 * hop) / width) ** 2)
    return np.convolve(power, window / window.sum())[: len(x)][hop - 1 :: hop]


@pytest.mark.parametrize("step", [1, 4, 8])
def test_the_pooled_envelope_is_that_of_every_sample(rng: np.random.Generator, step: int) -> None:
    """A click and noise; also where only every fourth or eighth sample of the envelope is evaluated."""
    hop, taps, mu, sigma, width = 80, 201, 1.1, 24.0, 70.0
    x = 0.1 * rng.standard_normal(40 * hop)
    x[: 10 * hop] = 0.0
    x[5 * hop + 33] = 5.0
    kernel = gabor_kernel(single([mu]), single([sigma]), taps)
    envelope = envelope_power(single(x[None]), kernel, hop_samples=hop, step=step)
    found = pooled(envelope, single([width]), step=step)[0, :, 0]
    expected = slow_energy(x, mu, sigma, taps, width, hop)
    assert np.max(np.abs(found - expected)) < (1e-5 if step == 1 else 1e-3) * np.max(expected)


@pytest.mark.parametrize("numbers", [(16000.0, 80, 40, 60.0, 7800.0), (48000.0, 240, 34, 500.0, 22627.0)])
def test_the_default_step_is_exact_enough(
    rng: np.random.Generator, numbers: tuple[float, int, int, float, float]
) -> None:
    """The step that `design_for` chooses changes no energy by 1e-3 of the greatest."""
    design = design_for(*numbers)
    assert design.step > 1
    x = 0.02 * rng.standard_normal((1, 12 * design.hop_samples))
    x[0, 3 * design.hop_samples + 50] = 1.0
    exact = Leaf(LeafDesign(*numbers, design.kernel_samples))
    fast, slow = (np.asarray(energies(each, single(x)))[0] for each in (Leaf(design), exact))
    assert np.max(np.abs(fast - slow) / slow.max(axis=0)) < 1e-3


def test_sinc_kernel_is_the_difference_of_two_low_passes() -> None:
    low, high, n = 0.05, 0.13, np.arange(-75, 76)
    expected = (2.0 * high * np.sinc(2.0 * high * n) - 2.0 * low * np.sinc(2.0 * low * n)) * np.hamming(151)
    found = sinc_kernel(single([low]), single([high]), 151)[0, 0]
    np.testing.assert_allclose(2.0 * found, expected, atol=1e-6)


def test_mel_is_an_independent_construction(rng: np.random.Generator) -> None:
    """Scipy's window and transform of the left-padded sound, interpolated triangles; gain from a sampled tone."""
    design = MelDesign(16000.0, 80, 400, 20, 60.0, 7800.0)
    x = 0.02 * rng.standard_normal(4000)
    window = hann(400, sym=True)

    def spectra(sound: np.ndarray) -> np.ndarray:
        frames = np.lib.stride_tricks.sliding_window_view(sound, 400)[::80]
        return np.abs(scipy_rfft(frames * window, design.fft_samples))

    corners = 700.0 * np.expm1(np.linspace(np.log1p(60.0 / 700.0), np.log1p(7800.0 / 700.0), 22))
    bins = np.arange(design.fft_samples // 2 + 1) * 16000.0 / design.fft_samples
    weights = np.stack([np.interp(bins, corners[c : c + 3], [0.0, 1.0, 0.0]) for c in range(20)], axis=1)
    amplitude = spectra(np.concatenate([np.zeros(320), x])) @ weights / P_REF
    found = MelSpectrogram(design, scale="none", floor_db_spl=-40.0)(single(x[None]))[0, :, :, 0]
    for c in (5, 12, 19):
        tone = np.sqrt(2.0) * np.sin(2.0 * np.pi * corners[c + 1] * np.arange(400) / 16000.0)
        gain = 1.0 / (spectra(tone) @ weights)[0, c]
        np.testing.assert_allclose(found[:, c], amplitude[:, c] * gain - 0.01, rtol=5e-3, atol=0.5)


def tone_of_60_db_spl(frequency_hz: float) -> np.ndarray:
    return P_REF * 1000.0 * np.sqrt(2.0) * np.sin(2.0 * np.pi * frequency_hz * np.arange(4800) / 16000.0)


def test_levels_are_sound_pressure_levels() -> None:
    """A tone of 60 dB SPL at a channel's centre reads 60 dB; the log is neper above the floor; +20 dB adds ln 10."""
    mel = mel_design(FrontendRequest(16000.0, 0.005, 16, 200.0, 7000.0))
    design = GammatoneDesign(16000.0, 80, 16, 200.0, 7000.0)
    for each in (MelSpectrogram(mel), GammatoneSpectrogram(design), GammatoneSpectrogram(design, envelope="rectified")):
        tone = tone_of_60_db_spl(each.layout.centre_frequencies_hz[10])
        found = features_of(each, np.stack([tone, 10.0 * tone]))[:, -1, 10, 0]
        np.testing.assert_allclose(found, np.log([1e3, 1e4]), atol=0.02)
    tone = tone_of_60_db_spl(float(mel.corners_hz[11]))
    np.testing.assert_allclose(MelSpectrogram(mel, scale="power")(single(tone[None]))[0, -1, 10, 0], 1e6, rtol=0.02)
    leaf = Leaf(design_for(16000.0, 80, 16, 200.0, 7000.0))
    np.testing.assert_allclose(energies(leaf, single(tone[None]))[0, -1, 10], 1e6, rtol=0.03)


def test_adaptation_is_willmores() -> None:
    """Tau by value; a step of L after silence decays as (1 - s)^(t + 1) L; its end appears in OFF alone.

    A sound that begins with the first frame is taken to have been there before.
    """
    centres = np.array([1000.0, 10000.0])
    np.testing.assert_allclose(midbrain_time_constant_s(centres), [0.185, 0.080])
    level = np.concatenate([[0.0], np.full(30, 3.0), np.zeros(10)])
    step = single(np.repeat(level[None, :, None], 2, axis=2))
    layer = Adaptation(centres, 200.0, kind="adapted", is_learned=False)
    adapted = layer(step)[0, 1:31, :, 0]
    expected = 3.0 * np.exp(-0.005 * np.arange(1, 31)[:, None] / np.array([0.185, 0.080]))
    np.testing.assert_allclose(adapted, expected, rtol=1e-4)
    log, on, off = jnp.moveaxis(Adaptation(centres, 200.0, kind="on-off", is_learned=True)(step)[0], -1, 0)
    np.testing.assert_array_equal(log, step[0])
    np.testing.assert_allclose(on[1:31, 0], 3.0 * np.exp(-0.1 * np.arange(1, 31)), rtol=1e-3)
    assert not np.any(on[31:])
    assert not np.any(off[:31])
    np.testing.assert_allclose(off[31:, 0], 3.0 * (1 - np.exp(-3.0)) * np.exp(-0.1 * np.arange(1, 11)), rtol=1e-3)
    np.testing.assert_allclose(layer(jnp.full((1, 41, 2), 3.0)), 0.0, atol=1e-5)


def test_gradient_of_leaf_by_finite_differences(rng: np.random.Generator) -> None:
    """The coordinate of the centre frequency, in float64."""
    with jax.enable_x64(True):
        leaf = Leaf(design_for(8000.0, 40, 4, 200.0, 3800.0))
        waveform = jnp.asarray(0.02 * rng.standard_normal((1, 400)))
        graph, *states = nnx.split(leaf, nnx.PathContains("centre_frequency"), ...)
        state, rest = states

        def total(change: jax.Array) -> jax.Array:
            moved = jax.tree.map(lambda start: start + change, state)
            return jnp.sum(nnx.merge(graph, moved, rest)(waveform))

        value_and_slope = jax.jit(jax.value_and_grad(total))
        slope = value_and_slope(jnp.zeros(4))[1]
        steps = 1e-5 * jnp.eye(4)
        numeric = [(value_and_slope(step)[0] - value_and_slope(-step)[0]) / 2e-5 for step in steps]
        np.testing.assert_allclose(slope, np.array(numeric), rtol=1e-4, atol=1e-8)


def test_designs_refuse_what_cannot_be() -> None:
    with pytest.raises(InputError, match="400 taps; it must be an odd number"):
        LeafDesign(16000.0, 80, 8, 60.0, 7800.0, kernel_samples=400)
    with pytest.raises(InputError, match="window has 40 samples and the hop 80"):
        MelDesign(16000.0, 80, 40, 8, 60.0, 7800.0)
    with pytest.raises(InputError, match="step is 80 samples; above 1 it must be at most half the hop, 80 samples"):
        LeafDesign(16000.0, 80, 8, 60.0, 7800.0, kernel_samples=401, step=80)
    with pytest.raises(InputError, match=r"^40 channels from 60 to 7800 Hz .* as narrow as .* or for a longer kernel"):
        LeafDesign(16000.0, 80, 40, 60.0, 7800.0, kernel_samples=101)


def test_requests_that_no_filter_serves_name_what_can_be_changed() -> None:
    with pytest.raises(InputError, match=r"^20 channels from 60 to 7800 Hz have bands as wide as 2\.1 octaves"):
        build("sincnet", FrontendRequest(16000.0, 0.005, 20, 60.0, 7800.0))
    with pytest.raises(InputError, match=r"^200 channels .* as narrow as 0\.0378 octaves; .* Ask for fewer channels"):
        build("sincnet", FrontendRequest(16000.0, 0.005, 200, 60.0, 7800.0))
    with pytest.raises(InputError, match=r"^2 channels from 20 to 7900 Hz have Gabor filters as wide .* more channels"):
        build("leaf", FrontendRequest(16000.0, 0.01, 2, 20.0, 7900.0))


@given(
    hop_samples=st.integers(1, 400),
    num_channels=st.integers(2, 60),
    lowest_hz=st.floats(20.0, 4000.0),
    octaves=st.floats(0.1, 8.0),
)
@example(hop_samples=16, num_channels=40, lowest_hz=200.0, octaves=3.3219)
@example(hop_samples=1, num_channels=40, lowest_hz=200.0, octaves=3.3219)
def test_leaf_serves_every_request_or_names_the_channels(
    hop_samples: int, num_channels: int, lowest_hz: float, octaves: float
) -> None:
    """Where the pooling begins, a hop wide, it can become narrower and wider, whatever the step."""
    highest_hz = min(8000.0, lowest_hz * 2.0**octaves)
    design, problem = None, ""
    try:
        design = design_for(16000.0, hop_samples, num_channels, lowest_hz, highest_hz)
    except InputError as error:
        problem = str(error)
    if design is None:
        assert problem.startswith(f"{num_channels} channels from {lowest_hz:g} to {highest_hz:g} Hz have Gabor ")
        return
    hop_s = hop_samples / 16000.0
    assert design.pooling_width.low <= 0.5 * hop_s < 1.3 * hop_s < design.pooling_width.high
    assert np.all((design.bandwidths_hz >= design.bandwidth.low) & (design.bandwidths_hz <= design.bandwidth.high))
    assert design.step == 1 or hop_samples % design.step == 0
