"""Words, noises and mixtures: what was silence is gone, and the ratio is the one that was asked for."""

import numpy as np
import pytest

from hearfit.errors import InputError
from hearfit.soundtasks.enhancement.mixtures import active_noise, draw_utterance, scene, trimmed_word
from hearfit.soundtasks.enhancement.quality import si_sdr_db

RATE = 16_000


def tone(duration_s: float, frequency_hz: float = 1_000.0) -> np.ndarray:
    return np.sin(2.0 * np.pi * frequency_hz * np.arange(round(duration_s * RATE)) / RATE)


def silence(duration_s: float) -> np.ndarray:
    return np.zeros(round(duration_s * RATE))


def test_a_word_loses_the_silence_around_it_but_not_within_it() -> None:
    word = np.concatenate([silence(0.5), tone(0.2), silence(0.1), tone(0.2), silence(0.5)])
    trimmed = trimmed_word(word, sampling_rate_hz=RATE, name="word")
    # A frame of 20 ms more at each end, and another where a sound begins within one.
    assert 0.5 <= len(trimmed) / RATE <= 0.5 + 0.08
    assert np.sqrt(np.mean(trimmed**2)) == pytest.approx(1.0, abs=0.02)


def test_of_a_clip_that_is_mostly_silent_only_the_sounds_remain() -> None:
    clip = np.concatenate([silence(1.0), tone(0.2), silence(2.0), tone(0.3, 440.0), silence(1.5)])
    noise = active_noise(clip, sampling_rate_hz=RATE, name="clip")
    assert 0.5 <= len(noise) / RATE <= 0.5 + 4 * 0.04
    frames = noise[: len(noise) // 1600 * 1600].reshape(-1, 1600)
    # No tenth of a second is silent.
    assert np.sqrt(np.mean(frames**2, axis=1)).min() > 0.1


def test_rumble_below_the_speech_band_does_not_count() -> None:
    # Truth: 40 Hz lies outside 100 to 7500 Hz, and is the loudest part of the clip.
    clip = 10.0 * tone(1.0, 40.0) + tone(1.0)
    noise = active_noise(clip, sampling_rate_hz=RATE, name="clip")
    spectrum = np.abs(np.fft.rfft(noise * np.hanning(len(noise))))
    hz = np.fft.rfftfreq(len(noise), 1.0 / RATE)
    assert spectrum[hz < 80.0].max() < 1e-2 * spectrum.max()


@pytest.mark.parametrize("made", [trimmed_word, active_noise])
def test_silence_is_refused_by_name(made: object) -> None:
    assert callable(made)
    with pytest.raises(InputError, match="clip 7: is silent"):
        made(silence(1.0), sampling_rate_hz=RATE, name="clip 7")


def test_the_ratio_is_that_of_the_energies(rng: np.random.Generator) -> None:
    words = {"xyz": [rng.standard_normal(4_000) for _ in range(3)]}
    noises = {"1-2-A": rng.standard_normal(5_000)}
    drawn = scene(words, noises, "xyz", "1-2-A", num_samples=32_000, sampling_rate_hz=RATE, generator=rng)
    for snr_db in (-5.0, 0.0, 10.0):
        noise = drawn.noise_at(snr_db)
        measured = 10.0 * np.log10(np.sum(drawn.speech**2) / np.sum(noise**2))
        assert measured == pytest.approx(snr_db, abs=1e-9)
        # Independent noise: only its chance correlation with the speech is between this and the SI-SDR.
        assert si_sdr_db(drawn.speech + noise, drawn.speech) == pytest.approx(snr_db, abs=0.5)
    # 65 dB SPL, 20 uPa.
    assert np.sqrt(np.mean(drawn.speech**2)) == pytest.approx(20e-6 * 10.0 ** (65.0 / 20.0), rel=1e-9)


def test_the_same_seed_gives_the_same_utterance_and_another_another() -> None:
    data = np.random.default_rng(0)
    words = {name: [data.standard_normal(3_000) for _ in range(4)] for name in ("abc", "xyz")}

    def drawn(seed: int) -> np.ndarray:
        return draw_utterance(words, 8_000, RATE, np.random.default_rng(seed))[0]

    np.testing.assert_array_equal(drawn(1), drawn(1))
    assert not np.array_equal(drawn(1), drawn(2))


def test_words_are_all_used_before_one_comes_again(rng: np.random.Generator) -> None:
    # Words of constant value tell which is which; no pause is longer than 150 ms.
    words = {"xyz": [np.full(800, value) for value in (1.0, 2.0, 3.0)]}
    made = scene(
        words, {"n": rng.standard_normal(900)}, "xyz", "n", num_samples=8_000, sampling_rate_hz=RATE, generator=rng
    )
    levels = np.round(
        made.speech[np.flatnonzero(made.speech)] / np.abs(made.speech[np.flatnonzero(made.speech)]).max() * 3
    )
    assert {1.0, 2.0, 3.0} <= set(levels.tolist())
    is_quiet = np.concatenate([[False], made.speech == 0.0, [False]]).astype(np.int8)
    edges = np.flatnonzero(np.diff(is_quiet))
    assert (edges[1::2] - edges[::2]).max(initial=0) <= 0.15 * RATE
