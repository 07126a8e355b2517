"""From a declared stimulus to channel power: calibration, transducers, energy, and one filtering for each stimulus."""

from dataclasses import replace
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq

from hearfit.audiology.retspl import all_reference_thresholds, reference_thresholds
from hearfit.experiment.excitation import (
    RATE_HZ,
    Excitation,
    Stimulus,
    excite,
    notched_noise_masker,
    waveform_pa,
)
from hearfit.experiment.protocol import Notch, StimulusDesign, StimulusKind
from hearfit.experiment.stimulus_columns import NOTCH_LOWER, NOTCH_UPPER
from hearfit.frontend.cochlea import cochlea_of, normal_parameters
from hearfit.frontend.filterbank import tone_power
from hearfit.frontend.transmission import transmission_gain
from hearfit.listener.normal import AUDIOMETRIC_FREQUENCIES_HZ, NORMAL
from hearfit.protocols.loader import load_protocol
from tests.inference.reference_model import ReferenceEar, gammatone_power

TRANSDUCERS = [table.id for table in all_reference_thresholds()]
BANK = cochlea_of(NORMAL).bank


@cache
def tone(frequency_hz: float, transducer: str | None) -> Excitation:
    (excitation,) = excite(
        (Stimulus(load_protocol("pure_tone_detection").stimulus, frequency_hz),), transducer=transducer, normal=NORMAL
    )
    return excitation


def steady(excitation: Excitation) -> np.ndarray:
    return excitation.power[np.argmax(excitation.duration_s)]


@pytest.mark.parametrize("transducer", TRANSDUCERS)
@pytest.mark.parametrize("frequency_hz", [125.0, 1000.0, 8000.0])
def test_waveform_at_a_hearing_level_has_the_pressure_that_the_standard_says(
    transducer: str, frequency_hz: float
) -> None:
    # Truth: 20 uPa times 10^((HL + RETSPL)/20), over the steady part, which holds whole periods.
    reference = reference_thresholds(transducer)
    design = StimulusDesign(StimulusKind.PURE_TONE, duration_s=0.4, ramp_s=0.1)
    waveform = waveform_pa(Stimulus(design, frequency_hz), level_db_hl=60.0, reference=reference, rate_hz=RATE_HZ)
    level_db_spl = 60.0 + float(reference.at(np.array(frequency_hz)))
    rms = np.sqrt(np.mean(waveform[3200:9600] ** 2))
    assert rms == pytest.approx(20e-6 * 10.0 ** (level_db_spl / 20.0), rel=1e-6)


def test_without_a_transducer_hearing_levels_are_sound_pressure_levels() -> None:
    design = StimulusDesign(StimulusKind.PURE_TONE, duration_s=0.4, ramp_s=0.1)
    waveform = waveform_pa(Stimulus(design, 1000.0), level_db_hl=60.0, reference=None, rate_hz=RATE_HZ)
    assert np.sqrt(np.mean(waveform[3200:9600] ** 2)) == pytest.approx(0.02, rel=1e-6)


@pytest.mark.parametrize("transducer", [None, *TRANSDUCERS])
@pytest.mark.parametrize("frequency_hz", AUDIOMETRIC_FREQUENCIES_HZ)
def test_a_tone_of_0_db_hl_excites_the_bank_alike_through_every_transducer(
    transducer: str | None, frequency_hz: float
) -> None:
    # Truth: the resonance curve of the gammatone; 1 is the power at the normal threshold. 0.2 dB for the spectral
    # splatter of the ramps, over the 50 dB below the peak.
    found, expected = steady(tone(frequency_hz, transducer)), gammatone_power(frequency_hz)
    heard = expected > 1e-5
    assert np.abs(10.0 * np.log10(found[heard] / expected[heard])).max() < 0.2


@pytest.mark.parametrize("transducer", [None, *TRANSDUCERS])
def test_the_normal_threshold_is_0_db_hl_through_every_transducer(transducer: str | None) -> None:
    # Truth: the definition of 0 dB HL; d' of the second implementation, for one-second tones with their ramps.
    flat = np.ones(len(BANK.centre_frequencies_hz))
    ear = ReferenceEar(NORMAL.compression_exponent * flat, 0.0 * flat, NORMAL.inhibition * flat)
    for frequency_hz in (125.0, 1000.0, 8000.0):
        excitation = tone(frequency_hz, transducer)

        def excess(level: float, excitation: Excitation = excitation) -> float:
            return ear.detectability(excitation, level) - NORMAL.threshold_detectability

        assert brentq(excess, -3.0, 3.0, xtol=0.05) == pytest.approx(0.0, abs=1.0)


def test_transmission_divides_each_component_by_its_own_threshold() -> None:
    # Truth: 1 over the pressure of 0 dB HL; HDA200 has 5.5 dB SPL at 1 kHz (ISO 389-8), constant beyond the table.
    reference = reference_thresholds("HDA200")
    gain = transmission_gain(np.array([0.0, 50.0, 125.0, 1000.0, 8000.0, 16_000.0]), reference)
    assert gain[3] == pytest.approx(1.0 / (20e-6 * 10.0 ** (5.5 / 20.0)))
    assert gain[0] == gain[1] == gain[2]
    assert gain[5] == gain[4]
    np.testing.assert_allclose(transmission_gain(np.array([10.0, 1000.0]), None), 1.0 / 20e-6)


@pytest.mark.parametrize("name", ["pure_tone_detection", "categorical_loudness", "categorical_loudness_noise"])
def test_energy_is_kept_from_the_waveform_to_the_merged_frames(name: str) -> None:
    # Truth: Parseval. The energy of a channel is the sum over the spectrum of the whole clip times the power gain.
    stimulus = Stimulus(load_protocol(name).stimulus, 1000.0)
    (excitation,) = excite((stimulus,), transducer=None, normal=NORMAL)
    waveform = waveform_pa(stimulus, level_db_hl=0.0, reference=None, rate_hz=RATE_HZ) / 20e-6
    spectrum = np.fft.rfft(waveform, 4 * len(waveform))
    bin_hz = np.fft.rfftfreq(4 * len(waveform), 1.0 / RATE_HZ)
    power_gain = tone_power(BANK, bin_hz).T
    expected = 2.0 * np.sum(power_gain * np.abs(spectrum) ** 2, axis=1) / (4 * len(waveform)) / RATE_HZ
    found = excitation.duration_s @ excitation.power
    loud = expected > 1e-5 * expected.max()
    np.testing.assert_allclose(found[loud], expected[loud], rtol=2e-3)


def test_third_octave_noise_has_the_level_of_the_band_in_the_channel_that_hears_all_of_it() -> None:
    # Truth: the expected power of a flat band through the gammatone, by the trapezoidal rule; one token of one second
    # in about 130 Hz scatters by 0.4 dB.
    stimulus = Stimulus(load_protocol("categorical_loudness_noise").stimulus, 1000.0)
    (excitation,) = excite((stimulus,), transducer=None, normal=NORMAL)
    grid_hz = np.linspace(1000.0 * 2.0 ** (-1 / 6), 1000.0 * 2.0 ** (1 / 6), 2001)
    expected = np.trapezoid(tone_power(BANK, grid_hz), grid_hz, axis=0) / (grid_hz[-1] - grid_hz[0])
    inner = slice(2, -2)
    mean = np.average(excitation.power[inner], axis=0, weights=excitation.duration_s[inner])
    best = np.argmax(expected)
    assert 10.0 * np.log10(mean[best] / expected[best]) == pytest.approx(0.0, abs=1.2)


@pytest.mark.parametrize("frequency_hz", [125.0, 1000.0, 8000.0])
def test_frames_last_as_long_as_the_stimulus_and_its_ringing(frequency_hz: float) -> None:
    excitation = tone(frequency_hz, "HDA200")
    assert excitation.duration_s.sum() == pytest.approx(1.0 + BANK.ringing_s, abs=0.011)
    assert excitation.duration_s.min() > 0.0
    # A steady tone needs few frames: nearly all of its second is one.
    assert excitation.duration_s.max() > 0.8


def test_merging_frames_hardly_changes_detectability(monkeypatch: pytest.MonkeyPatch) -> None:
    # Truth: all frames of 10 ms.
    merged = tone(2000.0, None)
    monkeypatch.setattr("hearfit.experiment.excitation.MERGE_TOLERANCE_DB", 0.0)
    monkeypatch.setattr("hearfit.frontend.frames._TOLERANCE_PER_DB_BELOW", 0.0)
    # Another duration, so that nothing that was kept is given back.
    design = StimulusDesign(StimulusKind.PURE_TONE, duration_s=1.000001, ramp_s=0.03)
    (fine,) = excite((Stimulus(design, 2000.0),), transducer=None, normal=NORMAL)
    assert len(fine.duration_s) > 100 > 3 * len(merged.duration_s)
    flat = np.ones(len(BANK.centre_frequencies_hz))
    ear = ReferenceEar(0.5 * flat, 10.0 * flat, 0.5 * flat)
    for level in (50.0, 60.0):
        d_merged, d_fine = (ear.detectability(excitation, level) for excitation in (merged, fine))
        assert d_merged == pytest.approx(d_fine, rel=0.02)


def test_the_same_stimulus_is_filtered_once() -> None:
    design = load_protocol("categorical_loudness").stimulus
    twice = excite((Stimulus(design, 500.0), Stimulus(design, 500.0)), transducer="HDA200", normal=NORMAL)
    assert twice[0] is twice[1]
    (other,) = excite((Stimulus(design, 500.0),), transducer="TDH-39", normal=NORMAL)
    assert other is not twice[0]


def test_precision_in_force_does_not_change_the_excitation() -> None:
    design = StimulusDesign(StimulusKind.PURE_TONE, duration_s=0.3, ramp_s=0.05)
    with jax.enable_x64(True):
        (first,) = excite((Stimulus(design, 700.0),), transducer="HDA200", normal=NORMAL)
        assert normal_parameters(cochlea_of(NORMAL)).exponent.dtype == jnp.float64
    (second,) = excite((Stimulus(design, 700.0001),), transducer="HDA200", normal=NORMAL)
    assert first.power.dtype == second.power.dtype == np.float64
    np.testing.assert_allclose(first.power, second.power, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("transducer", [None, "HDA200"])
@pytest.mark.parametrize("notch", [Notch(0.0, 0.0), Notch(0.1, 0.3), Notch(0.3, 0.0)])
def test_masker_is_the_integral_of_the_noise_that_each_channel_lets_through(
    notch: Notch, transducer: str | None
) -> None:
    # Truth: scipy's adaptive integral over both bands of 20 uPa^2 per hertz, re the threshold at each frequency.
    frequency_hz, edge = 2000.0, 0.8
    power = notched_noise_masker(frequency_hz, notch, outer_edge=edge, transducer=transducer, normal=NORMAL)
    table = None if transducer is None else reference_thresholds(transducer)
    bands = ((1.0 - edge, 1.0 - notch.lower), (1.0 + notch.upper, 1.0 + edge))
    for channel in (20, 40, 46, 52):
        centre_hz = BANK.centre_frequencies_hz[channel]

        def density(f: float, channel: int = channel) -> float:
            threshold_db = 0.0 if table is None else float(table.at(np.array(f)))
            return float(gammatone_power(f)[channel] * 10.0 ** (-threshold_db / 10.0))

        expected = 0.0
        for low, high in np.array(bands) * frequency_hz:
            inside = sorted({float(f) for f in (centre_hz, 500.0, 1000.0, 1500.0, 3000.0) if low < f < high})
            expected += quad(density, low, high, points=inside or None, limit=200)[0]
        assert power[channel] == pytest.approx(expected, rel=1e-3)


def test_tone_in_noise_is_the_tone_and_its_masker() -> None:
    design = load_protocol("notched_noise").stimulus
    stimuli = tuple(
        Stimulus(design, 1000.0, parameters=((NOTCH_LOWER, width), (NOTCH_UPPER, width))) for width in (0.0, 0.2)
    )
    narrow, wide = excite(stimuli, transducer="HDA200", normal=NORMAL)
    tone = replace(design, kind=StimulusKind.PURE_TONE, noise_outer_edge=None)
    (alone,) = excite((Stimulus(tone, 1000.0),), transducer="HDA200", normal=NORMAL)
    assert alone.masker is None
    assert narrow.power is wide.power
    np.testing.assert_array_equal(narrow.power, alone.power)
    assert narrow.masker is not None
    assert wide.masker is not None
    # At the tone the notch takes out most of the noise; far from it both are the same, to the grid of the integrals.
    at_tone = int(np.argmax(gammatone_power(1000.0)))
    assert wide.masker[at_tone] < 0.2 * narrow.masker[at_tone]
    assert np.all(wide.masker < 1.001 * narrow.masker)
