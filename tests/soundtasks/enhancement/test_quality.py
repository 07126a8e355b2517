"""SI-SDR against the angle between two signals, and both scores on real pairs of clean and noisy speech."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from hearfit.errors import InputError
from hearfit.soundtasks.enhancement.quality import estoi, si_sdr_db

RATE = 16_000


def by_angle(estimate: np.ndarray, speech: np.ndarray) -> float:
    # Independent of the projection: the ratio is the squared cotangent of the angle between the two.
    cosine = estimate @ speech / np.sqrt((estimate @ estimate) * (speech @ speech))
    return float(20.0 * np.log10(abs(cosine) / np.sqrt(1.0 - cosine**2)))


@given(st.integers(0, 2**32 - 1), st.floats(-30.0, 30.0))
def test_equals_the_cotangent_of_the_angle(seed: int, snr_db: float) -> None:
    rng = np.random.default_rng(seed)
    speech, noise = rng.standard_normal((2, 200))
    estimate = speech + noise * 10.0 ** (-snr_db / 20.0)
    assert si_sdr_db(estimate, speech) == pytest.approx(by_angle(estimate, speech), abs=1e-6)


@given(st.floats(1e-6, 1e6), st.floats(1e-6, 1e6), st.booleans())
def test_no_scale_nor_sign_matters(scale: float, other: float, is_flipped: bool) -> None:
    rng = np.random.default_rng(1)
    speech, noise = rng.standard_normal((2, 100))
    sign = -1.0 if is_flipped else 1.0
    score = si_sdr_db(speech + noise, speech)
    assert si_sdr_db(sign * scale * (speech + noise), other * speech) == pytest.approx(score, abs=1e-9)


def test_noise_at_right_angles_gives_the_ratio_of_the_energies() -> None:
    # Truth: closed form, since nothing of such noise is taken for speech.
    n = np.arange(1_600)
    speech, noise = np.sin(2.0 * np.pi * 0.05 * n), np.sin(2.0 * np.pi * 0.11 * n)
    for snr_db in (-20.0, 0.0, 13.0):
        assert si_sdr_db(speech + noise * 10.0 ** (-snr_db / 20.0), speech) == pytest.approx(snr_db, abs=1e-9)


def test_a_mean_is_a_distortion() -> None:
    # Le Roux et al. subtract no mean; an offset of the speech's RMS costs as much as noise of that RMS.
    speech = np.sin(2.0 * np.pi * 0.05 * np.arange(1_600))
    offset = np.full(1_600, np.sqrt(0.5))
    assert si_sdr_db(speech + offset, speech) == pytest.approx(0.0, abs=1e-9)


def test_the_ends_of_the_scale() -> None:
    speech = np.array([1.0, 0.0, 2.0, 0.0])
    assert si_sdr_db(3.0 * speech, speech) == np.inf
    assert si_sdr_db(np.array([0.0, 1.0, 0.0, 1.0]), speech) == -np.inf


@pytest.mark.parametrize(
    ("estimate", "message"),
    [(np.zeros(4), "silent"), (np.ones(3), "as long"), (np.array([1.0, np.nan, 0.0, 0.0]), "not finite")],
)
def test_what_has_no_score_is_refused(estimate: np.ndarray, message: str) -> None:
    with pytest.raises(InputError, match=message):
        si_sdr_db(estimate, np.ones(4))


def test_too_short_an_utterance_has_no_intelligibility() -> None:
    with pytest.raises(InputError, match="Join several words"):
        estoi(np.ones(1_600), np.ones(1_600), sampling_rate_hz=RATE)


def test_intelligibility_falls_with_noise(rng: np.random.Generator) -> None:
    envelope = np.repeat(rng.uniform(0.05, 1.0, 40), 800)
    speech = envelope * rng.standard_normal(32_000)
    noise = rng.standard_normal(32_000)
    scores = [estoi(speech + gain * noise, speech, sampling_rate_hz=RATE) for gain in (0.0, 0.3, 3.0)]
    assert scores[0] == pytest.approx(1.0, abs=1e-3)
    assert scores[0] > scores[1] > scores[2]


def test_real_noisy_speech_scores_as_it_should(shared_data: Path) -> None:
    # Truth: VoiceBank-DEMAND mixes its test set at 2.5 to 17.5 dB, so nothing may lie far outside of that.
    folder = shared_data / "voicebank_debug"
    if not folder.is_dir():
        pytest.skip(f"needs {folder}")
    for path in sorted((folder / "clean").glob("*.wav")):
        clean, rate = soundfile.read(path)
        noisy, _ = soundfile.read(folder / "noisy" / path.name)
        assert -5.0 < si_sdr_db(noisy, clean) < 25.0
        score = estoi(noisy, clean, sampling_rate_hz=rate)
        assert 0.3 < score < 1.0
        # Half as much noise is 6 dB, and easier to understand.
        halved = clean + 0.5 * (noisy - clean)
        assert si_sdr_db(halved, clean) - si_sdr_db(noisy, clean) == pytest.approx(6.02, abs=0.5)
        assert estoi(halved, clean, sampling_rate_hz=rate) > score
