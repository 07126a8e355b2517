"""Recordings: what is wrong is said in a sentence; levels and resampling against sines, whose values are known."""

from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from hypothesis import given
from hypothesis import strategies as st

from hearfit.corpora.audio import active_rms, at_level, read_recording, resampled, rms_of
from hearfit.errors import InputError
from hearfit.levels import db_spl_from_pascal

RATE_HZ = 16_000


def _sine(frequency_hz: float, *, rate_hz: int = RATE_HZ, duration_s: float = 1.0) -> np.ndarray:
    return np.sin(2.0 * np.pi * frequency_hz * np.arange(round(duration_s * rate_hz)) / rate_hz)


@pytest.mark.parametrize("suffix", ["wav", "flac"])
def test_samples_come_back_as_they_were_written(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"sound.{suffix}"
    sf.write(path, 0.5 * _sine(440.0), RATE_HZ, subtype="PCM_16")
    samples = read_recording(path, sampling_rate_hz=RATE_HZ)
    assert samples.dtype == np.float64
    # One step of 16 bits, towards zero.
    np.testing.assert_allclose(samples, 0.5 * _sine(440.0), atol=2.0**-15)


@pytest.mark.parametrize("own_rate_hz", [8_000, 22_050, 44_100, 48_000])
def test_a_sine_below_both_limits_is_the_same_at_another_rate(own_rate_hz: int) -> None:
    """Against the closed form, away from the ends, where the filter sees silence."""
    converted = resampled(_sine(1_000.0, rate_hz=own_rate_hz), own_rate_hz=own_rate_hz, sampling_rate_hz=RATE_HZ)
    assert len(converted) == RATE_HZ
    np.testing.assert_allclose(converted[800:-800], _sine(1_000.0)[800:-800], atol=3e-3)


def test_nothing_is_folded_down_from_above_the_new_limit() -> None:
    converted = resampled(_sine(11_000.0, rate_hz=44_100), own_rate_hz=44_100, sampling_rate_hz=RATE_HZ)
    assert rms_of(converted[800:-800]) < 10.0 ** (-50.0 / 20.0)


def test_rates_without_a_simple_ratio_are_refused() -> None:
    with pytest.raises(InputError, match="cannot be converted to 16000 Hz"):
        resampled(np.ones(10), own_rate_hz=48_829, sampling_rate_hz=RATE_HZ)


@given(level_db_spl=st.floats(-20.0, 120.0), amplitude=st.floats(1e-4, 1.0), pause=st.integers(0, 40))
def test_pauses_do_not_lower_the_level_of_the_active_part(level_db_spl: float, amplitude: float, pause: int) -> None:
    """A sine of amplitude a has an RMS of a / sqrt(2), however much silence is before it."""
    sound = np.concatenate([np.zeros(pause * 320), amplitude * _sine(1_000.0)])
    active = active_rms(sound, sampling_rate_hz=RATE_HZ)
    assert active == pytest.approx(amplitude / np.sqrt(2.0), rel=1e-9)
    pressure_pa = at_level(sound, level_db_spl=level_db_spl, rms=active, name="sound")
    assert db_spl_from_pascal(np.array(rms_of(pressure_pa[pause * 320 :]))) == pytest.approx(level_db_spl, abs=1e-9)


def test_noise_more_than_30_db_down_is_not_active() -> None:
    quiet = 10.0 ** (-31.0 / 20.0) * _sine(1_000.0)
    both = np.concatenate([_sine(1_000.0), quiet])
    assert active_rms(both, sampling_rate_hz=RATE_HZ) == pytest.approx(np.sqrt(0.5), rel=1e-9)
    louder = np.concatenate([_sine(1_000.0), 10.0 ** (2.0 / 20.0) * quiet])
    assert active_rms(louder, sampling_rate_hz=RATE_HZ) == pytest.approx(rms_of(louder), rel=1e-9)


def test_a_sound_shorter_than_a_frame_has_a_level() -> None:
    assert active_rms(np.full(7, 0.5), sampling_rate_hz=RATE_HZ) == pytest.approx(0.5)


def test_silence_has_no_level() -> None:
    with pytest.raises(InputError, match=r"^take 3: is silent, so it cannot be brought to 65 dB SPL\.$"):
        at_level(np.zeros(10), level_db_spl=65.0, rms=0.0, name="take 3")


def test_a_missing_file_a_folder_and_text_are_refused(tmp_path: Path) -> None:
    text = tmp_path / "text.wav"
    text.write_text("not a sound", encoding="utf-8")
    for path, reason in [
        (tmp_path / "missing.wav", "there is no such file"),
        (tmp_path, "is a folder"),
        (text, "cannot be read as a sound file"),
    ]:
        with pytest.raises(InputError, match=reason):
            read_recording(path, sampling_rate_hz=RATE_HZ)


@pytest.mark.parametrize("suffix", ["wav", "flac"])
@pytest.mark.parametrize("share", [0.3, 0.9])
def test_a_truncated_file_is_refused(tmp_path: Path, rng: np.random.Generator, suffix: str, share: float) -> None:
    path = tmp_path / f"sound.{suffix}"
    sf.write(path, 0.1 * rng.standard_normal(RATE_HZ), RATE_HZ)
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    with pytest.raises(InputError, match="is truncated"):
        read_recording(path, sampling_rate_hz=RATE_HZ)


def test_an_empty_recording_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "empty.wav"
    sf.write(path, np.zeros(0), RATE_HZ)
    with pytest.raises(InputError, match="holds no samples"):
        read_recording(path, sampling_rate_hz=RATE_HZ)


def test_values_that_are_not_numbers_are_refused_by_their_place(tmp_path: Path) -> None:
    path = tmp_path / "broken.wav"
    sf.write(path, np.array([0.0, 0.1, np.nan]), RATE_HZ, subtype="FLOAT")
    with pytest.raises(InputError, match="sample 3 is nan"):
        read_recording(path, sampling_rate_hz=RATE_HZ)


def test_one_of_several_channels_must_be_chosen(tmp_path: Path) -> None:
    path = tmp_path / "stereo.wav"
    sf.write(path, np.stack([np.full(100, 0.25), np.full(100, -0.5)], axis=1), RATE_HZ)
    with pytest.raises(InputError, match="has 2 channels, but an ear hears one"):
        read_recording(path, sampling_rate_hz=RATE_HZ)
    assert read_recording(path, sampling_rate_hz=RATE_HZ, channel=2) == pytest.approx(np.full(100, -0.5))
    with pytest.raises(InputError, match="has no channel 3"):
        read_recording(path, sampling_rate_hz=RATE_HZ, channel=3)


def test_a_band_that_the_recording_lacks_is_not_invented_unasked(tmp_path: Path) -> None:
    path = tmp_path / "telephone.wav"
    sf.write(path, 0.1 * _sine(440.0, rate_hz=8_000), 8_000)
    with pytest.raises(InputError, match="has 8000 samples a second, fewer than the 16000"):
        read_recording(path, sampling_rate_hz=RATE_HZ)
    assert len(read_recording(path, sampling_rate_hz=RATE_HZ, lowest_rate_hz=8_000)) == RATE_HZ
