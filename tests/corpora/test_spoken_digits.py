"""Spoken digits: names say what was spoken, levels are those declared, and what does not fit is refused."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from hearfit.corpora.spoken_digits import SpokenDigit, list_spoken_digits, read_spoken_digit
from hearfit.errors import InputError


def write(folder: Path, name: str, *, rate_hz: int = 8_000, amplitude: float = 0.1) -> Path:
    samples = amplitude * np.sin(2.0 * np.pi * 500.0 * np.arange(rate_hz // 2) / rate_hz)
    soundfile.write(folder / name, samples, rate_hz, subtype="PCM_16")
    return folder / name


def test_names_and_levels(tmp_path: Path) -> None:
    write(tmp_path, "7_theo_12.flac")
    write(tmp_path, "0_ann-2_0.wav", amplitude=0.01)
    (tmp_path / "README.md").write_text("not a sound", "utf-8")
    ann, theo = list_spoken_digits(tmp_path)
    assert theo == SpokenDigit("theo", 7, 12, tmp_path / "7_theo_12.flac")
    assert (ann.speaker, ann.digit, ann.take) == ("ann-2", 0, 0)
    for spoken in (ann, theo):
        samples = read_spoken_digit(spoken, sampling_rate_hz=16_000)
        assert len(samples) == 8_000
        # Truth: 65 dB SPL is 0.0356 Pa; the ends of a resampled tone differ from it a little.
        assert np.sqrt(np.mean(samples[800:-800] ** 2)) == pytest.approx(20e-6 * 10 ** (65 / 20), rel=0.01)


@given(digit=st.integers(0, 9), take=st.integers(0, 999), speaker=st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True))
def test_every_name_of_the_form_is_read(
    tmp_path_factory: pytest.TempPathFactory, digit: int, take: int, speaker: str
) -> None:
    folder = tmp_path_factory.mktemp("digits")
    (folder / f"{digit}_{speaker}_{take}.flac").touch()
    (spoken,) = list_spoken_digits(folder)
    assert (spoken.digit, spoken.speaker, spoken.take) == (digit, speaker, take)


@pytest.mark.parametrize("name", ["10_theo_1.flac", "a_theo_1.flac", "1_theo.flac", "1_theo_x.flac", "1__2.flac"])
def test_other_names_are_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    with pytest.raises(InputError, match="the name is not DIGIT_SPEAKER_TAKE"):
        list_spoken_digits(tmp_path)


def test_what_does_not_fit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not a folder"):
        list_spoken_digits(tmp_path / "none")
    with pytest.raises(InputError, match="holds no recordings"):
        list_spoken_digits(tmp_path)
    path = write(tmp_path, "1_theo_1.flac")
    (spoken,) = list_spoken_digits(tmp_path)
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(InputError, match=r"1_theo_1\.flac"):
        read_spoken_digit(spoken, sampling_rate_hz=16_000)
    path.unlink()
    with pytest.raises(InputError, match=r"1_theo_1\.flac"):
        read_spoken_digit(spoken, sampling_rate_hz=16_000)
    write(tmp_path, "1_theo_1.flac", amplitude=0.0)
    with pytest.raises(InputError, match="silent"):
        read_spoken_digit(spoken, sampling_rate_hz=16_000)
    write(tmp_path, "1_theo_01.wav")
    with pytest.raises(InputError, match="is the same digit, speaker and take as"):
        list_spoken_digits(tmp_path)


def test_the_real_recordings_are_listed(shared_data: Path) -> None:
    folder = shared_data / "fsdd"
    if not folder.is_dir():
        pytest.skip("needs fsdd")
    found = list_spoken_digits(folder)
    assert len(found) == 1500
    assert {spoken.speaker for spoken in found} == {"george", "jackson", "lucas", "nicolas", "theo", "yweweler"}
    assert {(spoken.digit, spoken.take) for spoken in found} == {
        (digit, take) for digit in range(10) for take in range(25)
    }
    assert 0.1 < len(read_spoken_digit(found[0], sampling_rate_hz=16_000)) / 16_000 < 2.5
