"""NS1: sounds at their declared level and in time with the responses, and one sentence for everything that is wrong."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from hearfit.corpora.ns1 import MEAN_LEVEL_DB_SPL, NUM_SOUNDS, SPLITS, load_ns1
from hearfit.errors import InputError
from hearfit.levels import db_spl_from_pascal, rms_pascal
from tests.soundtasks.damaged_archive import damage_stream
from tests.soundtasks.ns1_folder import BINS, load_real_ns1, write_ns1


@pytest.fixture
def folder(tmp_path: Path, rng: np.random.Generator) -> Path:
    return write_ns1(tmp_path / "ns1", rng)


def refusal(folder: Path) -> str:
    with pytest.raises(InputError) as caught:
        load_ns1(folder)
    return str(caught.value)


def test_sounds_have_the_declared_mean_level_and_keep_their_differences(folder: Path) -> None:
    plain = db_spl_from_pascal(rms_pascal(load_ns1(folder).waveform_pa.astype(np.float64)))
    path = folder / "stimuli" / "03.wav"
    samples, rate_hz = soundfile.read(path, dtype="float32")
    soundfile.write(path, 0.5 * samples, rate_hz, subtype="FLOAT")
    recordings = load_ns1(folder)
    level = db_spl_from_pascal(rms_pascal(recordings.waveform_pa.astype(np.float64)))
    assert level.mean() == pytest.approx(MEAN_LEVEL_DB_SPL, abs=1e-3)
    # Truth: half the amplitude is 6.02 dB less for one of twenty, after which all are raised by a twentieth of that.
    expected = plain - plain.mean() - 6.0206 * (np.arange(NUM_SOUNDS) == 3) + 6.0206 / NUM_SOUNDS
    np.testing.assert_allclose(level - MEAN_LEVEL_DB_SPL, expected, atol=1e-3)
    assert recordings.waveform_pa.shape == (NUM_SOUNDS, 240 * BINS)
    assert recordings.waveform_pa.dtype == np.float32


def test_a_click_keeps_its_time_and_a_tone_its_frequency(folder: Path) -> None:
    # Truth: sample n of the file lies at n / 48828.125 s, whatever the header says.
    num_samples, click_s = 15_000, 0.731 * BINS * 0.005
    click = np.zeros(num_samples, np.float32)
    click[round(click_s * 48_828.125)] = 1.0
    tone = np.sin(2.0 * np.pi * 1000.0 * np.arange(num_samples) / 48_828.125).astype(np.float32)
    soundfile.write(folder / "stimuli" / "00.wav", click, 48_828, subtype="FLOAT")
    soundfile.write(folder / "stimuli" / "01.wav", tone, 48_828, subtype="FLOAT")
    heard = load_ns1(folder).waveform_pa
    assert np.argmax(np.abs(heard[0])) == pytest.approx(click_s * 48_000, abs=1.0)
    expected = np.sin(2.0 * np.pi * 1000.0 * np.arange(heard.shape[1]) / 48_000)
    middle = slice(200, -200)
    scale = np.abs(heard[1][middle]).max()
    np.testing.assert_allclose(heard[1][middle] / scale, expected[middle], atol=5e-3)


def test_splits_share_no_sound_and_use_all() -> None:
    for split in SPLITS.values():
        assert sorted(split.training + split.validation + split.test) == list(range(NUM_SOUNDS))
    assert SPLITS["published"].test == (17, 18, 19)
    assert SPLITS["rahman"].test == (3, 6, 9, 19)


def test_a_missing_folder_or_file_is_named(folder: Path, tmp_path: Path) -> None:
    assert "there is no such folder" in refusal(tmp_path / "nowhere")
    (folder / "stimuli" / "07.wav").unlink()
    (folder / "stimuli" / "11.wav").unlink()
    told = refusal(folder)
    assert "07.wav" in told
    assert "11.wav" in told
    (folder / "responses_5ms.npz").unlink()
    assert "responses_5ms.npz: there is no such file" in refusal(folder)


def test_truncated_files_are_named(folder: Path) -> None:
    path = folder / "stimuli" / "05.wav"
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    assert "05.wav: has" in refusal(folder)
    path.write_bytes(content[:20])
    assert "05.wav: cannot be read as a sound file" in refusal(folder)
    responses = folder / "responses_5ms.npz"
    responses.write_bytes(responses.read_bytes()[:500])
    assert "responses_5ms.npz: cannot be read" in refusal(folder)
    np.savez_compressed(responses, counts=np.zeros((2, 20, 4, 30), np.uint8))
    damage_stream(responses, "counts.npy")
    assert "responses_5ms.npz: cannot be read" in refusal(folder)


@pytest.mark.parametrize(
    ("samples", "rate_hz", "told"),
    [
        (np.full(15_000, 0.1, np.float32), 44_100, "has 44100 samples a second"),
        (np.full((15_000, 2), 0.1, np.float32), 48_828, "has 2 channels"),
        (np.zeros(15_000, np.float32), 48_828, "is silent throughout"),
        (np.full(15_000, np.nan, np.float32), 48_828, "sample 1 is nan"),
    ],
)
def test_other_sounds_are_refused(folder: Path, samples: np.ndarray, rate_hz: int, told: str) -> None:
    soundfile.write(folder / "stimuli" / "02.wav", samples, rate_hz, subtype="FLOAT")
    assert f"02.wav: {told}" in refusal(folder)


@pytest.mark.parametrize(
    ("counts", "told"),
    [
        (np.zeros((2, 19, 4, 30), np.uint8), r"(2, 19, 4, 30)"),
        (np.zeros((2, 20, 1, 30), np.uint8), r"(2, 20, 1, 30)"),
        (np.zeros((2, 20, 30), np.uint8), r"(2, 20, 30)"),
        (np.zeros((2, 20, 4, 30), np.float32), "float32"),
    ],
)
def test_responses_of_another_shape_are_refused(folder: Path, counts: np.ndarray, told: str) -> None:
    np.savez(folder / "responses_5ms.npz", counts=counts)
    assert told in refusal(folder)
    np.savez(folder / "responses_5ms.npz", spikes=counts)
    assert "has no array 'counts'; it has spikes" in refusal(folder)


def test_the_published_recordings(shared_data: Path) -> None:
    ns1 = load_real_ns1(shared_data)
    assert ns1.counts.shape == (119, 20, 20, 999)
    assert ns1.waveform_pa.shape == (20, 239_760)
    level = db_spl_from_pascal(rms_pascal(ns1.waveform_pa.astype(np.float64)))
    assert level.mean() == pytest.approx(70.0, abs=0.01)
