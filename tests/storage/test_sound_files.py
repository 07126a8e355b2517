"""Sound files: calibrated values out of every format, and one clear sentence for everything that is wrong."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from hearfit.errors import InputError
from hearfit.storage.sound_files import check_level, inspect_sound, waveform_blocks

RATE_HZ = 16_000


def tone(amplitude: float = 0.1, num_samples: int = 8000) -> np.ndarray:
    return amplitude * np.sin(2.0 * np.pi * 1000.0 * np.arange(num_samples) / RATE_HZ)


def write(path: Path, samples: np.ndarray, *, subtype: str | None = "PCM_16", rate_hz: int = RATE_HZ) -> Path:
    soundfile.write(path, samples, rate_hz, subtype=subtype)
    return path


def refusal(path: Path, *, channel: int | None = None, highest_frequency_hz: float = 7000.0) -> str:
    with pytest.raises(InputError) as caught:
        inspect_sound(path, channel=channel, highest_frequency_hz=highest_frequency_hz)
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "subtype"),
    [
        ("a.wav", "PCM_16"),
        ("a.wav", "PCM_24"),
        ("a.wav", "PCM_32"),
        ("a.wav", "FLOAT"),
        ("a.wav", "DOUBLE"),
        ("a.flac", "PCM_16"),
        ("a.flac", "PCM_24"),
    ],
)
def test_every_format_is_read_and_brought_to_its_level(tmp_path: Path, name: str, subtype: str) -> None:
    # Truth: 94 dB SPL is 1 Pa RMS (1.0024 Pa re 20 uPa), so a sine of this level has a peak of 1.4176 Pa.
    sound = inspect_sound(write(tmp_path / name, tone(), subtype=subtype), channel=None, highest_frequency_hz=7000.0)
    assert sound.rms == pytest.approx(0.1 / np.sqrt(2.0), rel=1e-3)
    assert (sound.num_samples, sound.duration_s, sound.is_clipped) == (8000, 0.5, False)
    blocks = list(waveform_blocks(sound, level_db_spl=94.0, block_samples=3000))
    assert [len(block) for block in blocks] == [3000] * 3
    waveform = np.concatenate(blocks)
    np.testing.assert_allclose(waveform[:8000], tone(1.4176), atol=1e-3)
    assert not waveform[8000:].any()


def test_a_loud_float_file_is_no_clipped_one(tmp_path: Path) -> None:
    sound = inspect_sound(
        write(tmp_path / "a.wav", tone(3.0), subtype="FLOAT"), channel=None, highest_frequency_hz=7000.0
    )
    assert not sound.is_clipped


def test_clipping_is_noticed(tmp_path: Path) -> None:
    clipped = np.clip(tone(3.0), -1.0, 1.0)
    for name, subtype in (("a.wav", "PCM_16"), ("b.wav", "FLOAT"), ("c.flac", "PCM_24")):
        path = write(tmp_path / name, clipped, subtype=subtype)
        assert inspect_sound(path, channel=None, highest_frequency_hz=7000.0).is_clipped
    # A single sample at full scale is a peak, not a clipped one.
    peak = tone(0.5)
    peak[100] = 1.0
    assert not inspect_sound(write(tmp_path / "d.wav", peak), channel=None, highest_frequency_hz=7000.0).is_clipped


def test_a_channel_is_chosen_not_guessed(tmp_path: Path) -> None:
    path = write(tmp_path / "stereo.wav", np.stack([tone(0.1), tone(0.3)], axis=1))
    assert "has 2 channels. An ear hears one of them: choose it with --channel 1 to 2" in refusal(path)
    assert "has no channel 3. It has 2, counted from 1" in refusal(path, channel=3)
    assert "has no channel 0" in refusal(path, channel=0)
    sound = inspect_sound(path, channel=2, highest_frequency_hz=7000.0)
    assert sound.rms == pytest.approx(0.3 / np.sqrt(2.0), rel=1e-3)


def test_what_is_no_sound_is_refused(tmp_path: Path) -> None:
    text = tmp_path / "text.wav"
    text.write_text("not a sound")
    assert "text.wav: cannot be read as a sound file (" in refusal(text)
    assert "Give a WAV or FLAC file." in refusal(text)
    cut = tmp_path / "empty.wav"
    cut.write_bytes(b"")
    assert "empty.wav: cannot be read as a sound file" in refusal(cut)
    assert "there is no such file" in refusal(tmp_path / "none.wav")
    assert "is a folder" in refusal(tmp_path)


def test_no_samples_silence_and_numbers_that_are_none_are_refused(tmp_path: Path) -> None:
    assert "holds no samples" in refusal(write(tmp_path / "a.wav", np.zeros(0)))
    assert "channel 1 is silent throughout" in refusal(write(tmp_path / "b.wav", np.zeros(100)))
    for value in (np.nan, np.inf):
        samples = tone()
        samples[41] = value
        path = write(tmp_path / "c.wav", samples, subtype="FLOAT")
        assert f"sample 42 is {value}, not a finite number" in refusal(path)


def test_too_low_a_sampling_rate_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", tone(), rate_hz=8000)
    message = refusal(path, highest_frequency_hz=7246.3)
    assert "has 8000 samples a second, but the highest channel lies at 7246 Hz, which needs at least 14493" in message


@pytest.mark.parametrize("level_db_spl", [-20.1, 131.0, float("nan"), float("inf")])
def test_absurd_levels_are_refused(level_db_spl: float) -> None:
    with pytest.raises(InputError, match=r"--level is .* from -20 to 130 dB SPL"):
        check_level(level_db_spl)


def test_long_files_are_read_in_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    longest = 0
    read = soundfile.SoundFile.read

    def spy(self: soundfile.SoundFile, frames: int = -1, **options: object) -> np.ndarray:
        nonlocal longest
        block = read(self, frames, **options)
        longest = max(longest, len(block))
        return block

    monkeypatch.setattr(soundfile.SoundFile, "read", spy)
    path = write(tmp_path / "long.wav", np.resize(tone(), 40 * RATE_HZ))
    sound = inspect_sound(path, channel=None, highest_frequency_hz=7000.0)
    assert sum(map(len, waveform_blocks(sound, level_db_spl=65.0, block_samples=RATE_HZ))) == 40 * RATE_HZ
    assert longest < 20 * RATE_HZ
