"""The constant-Q bank against the measured shape of the published one, scipy's filters and closed forms."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jaxtyping import Complex
from scipy.signal import lfilter, zpk2sos

from hearfit.errors import InputError
from hearfit.frontend.constant_q import (
    ConstantQDesign,
    PoleZeroFilters,
    digital_filters,
    frequency_response,
    latency_s,
    prototype_response,
    ringing_s,
)
from tests.studies.constant_q_shape import (
    TARGET_DB,
    TARGET_LATENCY_PERIODS,
    TARGET_OCTAVES,
    TARGET_PEAK_RATIO,
    TARGET_Q_3DB,
    TARGET_Q_10DB,
    fitted,
    quality,
    response,
)

PAPER = ConstantQDesign()
PAPER_RATE_HZ = 16_000.0
FINE_RATIO = 2.0 ** np.linspace(-0.6, 0.2, 3201)
# Every kind of channel: far below the Nyquist frequency, at it, and at every rate that is allowed.
BANKS = [
    (ConstantQDesign(num_channels=130), 16_000.0),
    (PAPER, 96_000.0),
    (ConstantQDesign(num_channels=106), 8_000.0),
    (ConstantQDesign(num_channels=155), 44_100.0),
    (ConstantQDesign(lowest_hz=62.5, channels_per_octave=12, num_channels=97), 48_000.0),
]


def residues(filters: PoleZeroFilters) -> Complex[np.ndarray, "channels poles"]:
    """Partial fractions: the impulse response is sum_i r_i p_i^n from sample 1 on, and the gain at sample 0.

    Holds for at most as many zeros as poles.
    """
    poles = filters.poles
    ratio = poles[:, None, :] / poles[:, :, None]
    np.einsum("cii->ci", ratio)[:] = 0.0
    numerator = np.prod(1.0 - filters.zeros[:, None, :] / poles[:, :, None], axis=2)
    return filters.gain[:, None] * numerator / np.prod(1.0 - ratio, axis=2)


@pytest.fixture(scope="module", params=BANKS, ids=lambda bank: f"{bank[1]:g}Hz")
def bank(request: pytest.FixtureRequest) -> tuple[ConstantQDesign, float, PoleZeroFilters]:
    design, rate_hz = request.param
    return design, rate_hz, digital_filters(design, rate_hz)


def some_channels(design: ConstantQDesign) -> list[int]:
    """Every fifth, and the highest, which lies as close to the Nyquist frequency as is allowed."""
    return [*range(0, design.num_channels - 1, 5), design.num_channels - 1]


def gain_db(
    filters: PoleZeroFilters, design: ConstantQDesign, rate_hz: float, channel: int, ratio: np.ndarray
) -> np.ndarray:
    frequency_hz = design.centre_frequencies_hz[channel] * ratio
    one = PoleZeroFilters(filters.poles[[channel]], filters.zeros[[channel]], filters.gain[[channel]])
    return 20.0 * np.log10(np.abs(frequency_response(one, frequency_hz, rate_hz)[0]))


def below_nyquist(design: ConstantQDesign, rate_hz: float, channel: int, ratio: np.ndarray) -> np.ndarray:
    return design.centre_frequencies_hz[channel] * ratio < 0.99 * rate_hz / 2.0


def test_channels_are_those_of_the_paper() -> None:
    # Truth: 129 channels c of 440 * 2^((c - 31) / 24) Hz, 179.7 to 7246.3 Hz.
    np.testing.assert_allclose(PAPER.centre_frequencies_hz, 440.0 * 2.0 ** ((np.arange(129) - 31) / 24), rtol=1e-12)
    np.testing.assert_allclose(PAPER.centre_frequencies_hz[[0, -1]], [179.7, 7246.3], atol=0.05)


def test_skirts_are_the_published_ones(bank: tuple[ConstantQDesign, float, PoleZeroFilters]) -> None:
    # Truth: the measured levels. The issue asks for 1 dB down to -20 dB on the low skirt; met with 0.25 dB at any rate.
    design, rate_hz, filters = bank
    low = (TARGET_OCTAVES <= 0.0) & (TARGET_DB >= -20.0)
    for channel in some_channels(design):
        level_db = gain_db(filters, design, rate_hz, channel, 2.0**TARGET_OCTAVES)
        deviation = np.abs(level_db - TARGET_DB)
        assert deviation[low].max() < 0.25, channel
        is_shelf = below_nyquist(design, rate_hz, channel, 2.0**TARGET_OCTAVES) & (TARGET_OCTAVES >= 0.25)
        assert np.all(deviation[is_shelf] < 1.0), channel


def test_steep_skirt_lies_within_a_48th_of_an_octave(bank: tuple[ConstantQDesign, float, PoleZeroFilters]) -> None:
    # Truth: measured -0.7, -10.7 and -18.5 dB at 1/24, 1/12 and 1/8 octave above; the frequencies where the new bank
    # has these levels.
    design, rate_hz, filters = bank
    octaves = np.linspace(0.02, 0.16, 2001)
    for channel in some_channels(design):
        usable = octaves[below_nyquist(design, rate_hz, channel, 2.0**octaves)]
        falling_db = gain_db(filters, design, rate_hz, channel, 2.0**usable)
        for octave, level_db in ((1 / 24, -0.7), (1 / 12, -10.7), (1 / 8, -18.5)):
            if octave + 1 / 48 < usable[-1]:
                reached = usable[np.argmax(falling_db < level_db)]
                assert abs(reached - octave) < 1 / 48 / 5, (channel, level_db)


def test_peak_and_bandwidths_are_the_published_ones(bank: tuple[ConstantQDesign, float, PoleZeroFilters]) -> None:
    # Truth: measured peak gain 0.968 to 1.011, at 1.014 times nominal CF, Q_3dB 8.05, Q_10dB 2.92.
    design, rate_hz, filters = bank
    for channel in some_channels(design):
        ratio = FINE_RATIO[below_nyquist(design, rate_hz, channel, FINE_RATIO)]
        level_db = gain_db(filters, design, rate_hz, channel, ratio)
        assert 0.968 < 10.0 ** (level_db.max() / 20.0) < 1.011
        assert abs(ratio[np.argmax(level_db)] - TARGET_PEAK_RATIO) < 0.004
        assert abs(quality(level_db, ratio, 3.0) - TARGET_Q_3DB) < 0.12
        assert abs(quality(level_db, ratio, 10.0) - TARGET_Q_10DB) < 0.04


def test_gain_never_exceeds_the_peak_and_dc_is_rejected(
    bank: tuple[ConstantQDesign, float, PoleZeroFilters],
) -> None:
    # The numerator is fitted: nothing may stick out between the points of its grid. The published bank rejects DC by
    # 22 to 63 dB, its median channel by 25.
    _, rate_hz, filters = bank
    frequency_hz = np.linspace(0.0, rate_hz / 2.0, 3001)
    gain = np.abs(frequency_response(filters, frequency_hz, rate_hz))
    assert gain.max() < 1.011
    assert 20.0 * np.log10(gain[:, 0].max()) < -24.0


def test_every_filter_is_stable_with_moderate_residues(
    bank: tuple[ConstantQDesign, float, PoleZeroFilters],
) -> None:
    # No pole at z = 1 for a zero to cancel, as two channels of the original have; and no cancelling giants in the
    # partial fractions, whose float32 error is that of their largest term.
    _, _, filters = bank
    assert np.abs(filters.poles).max() < 1.0
    modes = residues(filters)
    samples = np.arange(400)
    impulse = np.einsum("cp,cpt->ct", modes, filters.poles[:, :, None] ** samples).real
    assert (np.abs(modes).max(axis=1) / np.abs(impulse).max(axis=1)).max() < 1.5


def test_poles_and_zeros_come_in_conjugate_pairs(bank: tuple[ConstantQDesign, float, PoleZeroFilters]) -> None:
    _, _, filters = bank
    for roots in (filters.poles, filters.zeros):
        np.testing.assert_allclose(
            np.sort_complex(np.round(roots, 10)), np.sort_complex(np.round(roots.conj(), 10)), atol=1e-9
        )
    distance = np.abs(filters.poles[:, :, None] - filters.poles[:, None, :]) + np.eye(filters.poles.shape[1])
    assert distance.min() > 1e-4


def test_impulse_response_is_that_of_scipys_filter() -> None:
    # Truth: scipy's second-order sections, an independent route from poles and zeros to samples.
    filters = digital_filters(PAPER, PAPER_RATE_HZ)
    impulse = np.zeros(2_000)
    impulse[0] = 1.0
    by_modes = np.einsum("cp,cpt->ct", residues(filters), filters.poles[:, :, None] ** np.arange(2_000)).real
    by_modes[:, 0] = filters.gain
    for channel in (0, 40, 80, 128):
        filtered = impulse
        for section in zpk2sos(filters.zeros[channel], filters.poles[channel], filters.gain[channel]):
            filtered = lfilter(section[:3], section[3:], filtered)
        np.testing.assert_allclose(by_modes[channel], filtered, atol=1e-11)


def test_modes_in_float32_stay_within_1e_4_of_the_peak() -> None:
    # The low channels are the worst: their poles lie closest to the circle. Truth: the same sum in float64.
    for rate_hz in (16_000.0, 96_000.0):
        filters = digital_filters(PAPER, rate_hz)
        samples = np.arange(0, int(0.2 * rate_hz), 29)
        powers = filters.poles[:, :, None] ** samples
        exact = np.einsum("cp,cpt->ct", residues(filters), powers).real
        single = np.einsum("cp,cpt->ct", residues(filters).astype(np.complex64), powers.astype(np.complex64)).real
        error = np.abs(single - exact).max(axis=1) / np.abs(exact).max(axis=1)
        assert error.max() < 1e-5


def test_latency_is_that_of_the_published_bank() -> None:
    # Truth: envelope latency measured as 4.25 ms at 180 Hz, 1.75 at 440, 0.75 at 1.1 kHz and 0.12 at 5.8 kHz, read to a
    # sample of 1/16 ms; the half sample of advance comes on top.
    latency = latency_s(digital_filters(PAPER, PAPER_RATE_HZ), PAPER_RATE_HZ)
    for channel, published_s in ((0, 4.25e-3), (31, 1.75e-3), (63, 0.75e-3), (120, 0.12e-3)):
        assert abs(latency[channel] - published_s) < 1.5 / PAPER_RATE_HZ
    at_high_rate = latency_s(digital_filters(PAPER, 96_000.0), 96_000.0) * PAPER.centre_frequencies_hz
    assert np.abs(at_high_rate - TARGET_LATENCY_PERIODS).max() < 0.08


def test_ringing_bounds_the_impulse_response() -> None:
    # Truth: the samples themselves, after the stated time; published: median 581, up to 3754 samples.
    filters = digital_filters(PAPER, PAPER_RATE_HZ)
    ringing = ringing_s(filters, PAPER_RATE_HZ) * PAPER_RATE_HZ
    assert 500 < np.median(ringing) < 700
    assert 3_500 < ringing.max() < 4_300
    for channel in (0, 64, 128):
        start = int(np.ceil(ringing[channel]))
        later = filters.poles[channel, :, None] ** np.arange(start, start + 500)
        tail = np.abs((residues(filters)[channel, :, None] * later).sum(axis=0).real).max()
        early = np.abs(residues(filters)[channel]).max()
        assert tail < 2.5e-3 * early


def test_constants_are_those_of_the_fit() -> None:
    # Truth: the study that fits them to the measured shape.
    ratio = 2.0 ** np.linspace(-4.0, 2.0, 200)
    np.testing.assert_allclose(prototype_response(ratio), response(fitted(), ratio), atol=2e-4)


@settings(deadline=None, max_examples=10)
@given(
    rate_hz=st.floats(8_000.0, 96_000.0),
    lowest_hz=st.floats(20.0, 3_000.0),
    per_octave=st.integers(3, 48),
)
def test_any_range_at_any_rate_keeps_the_shape(rate_hz: float, lowest_hz: float, per_octave: int) -> None:
    highest_hz = min(rate_hz / 2.14, 16_000.0)
    count = int(np.floor(per_octave * np.log2(highest_hz / lowest_hz) + 1e-9)) + 1
    design = ConstantQDesign(lowest_hz, per_octave, count)
    filters = digital_filters(design, rate_hz)
    assert np.abs(filters.poles).max() < 1.0
    low = (TARGET_OCTAVES <= 0.0) & (TARGET_DB >= -20.0)
    for channel in {0, count // 2, count - 1}:
        level_db = gain_db(filters, design, rate_hz, channel, 2.0**TARGET_OCTAVES)
        assert np.abs(level_db - TARGET_DB)[low].max() < 0.3


def test_a_rate_too_low_for_the_top_channel_is_refused_with_the_remedy() -> None:
    with pytest.raises(InputError, match=r"7246\.29 Hz.*8000 Hz.*use 106 channels instead of 129.*15507 Hz"):
        digital_filters(PAPER, 8_000.0)
    with pytest.raises(InputError, match=r"4000 Hz; the constant-Q bank takes 8000 to 96000 Hz"):
        digital_filters(PAPER, 4_000.0)
    with pytest.raises(InputError, match="takes 8000 to 96000"):
        digital_filters(PAPER, float("nan"))


def test_impossible_designs_are_refused() -> None:
    with pytest.raises(InputError, match=r"lowest channel is at 5 Hz"):
        ConstantQDesign(lowest_hz=5.0)
    with pytest.raises(InputError, match=r"0 channels per octave"):
        ConstantQDesign(channels_per_octave=0)
    with pytest.raises(InputError, match=r"has 0 channels"):
        ConstantQDesign(num_channels=0)
    with pytest.raises(InputError, match=r"highest channel is at"):
        ConstantQDesign(num_channels=200)
