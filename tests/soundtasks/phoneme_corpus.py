"""A corpus of five languages whose phones are a tone, a noise and a chirp, so that a small network can tell them."""

from pathlib import Path

import numpy as np
import soundfile as sf

from tests.corpora.test_textgrid import written

RATE_HZ = 16_000


def write_corpus(folder: Path, *, num_languages: int = 5, num_words: int = 4) -> Path:
    """Words of silence, a vowel (tones), a fricative (noise), a stop (click) and silence."""
    rng = np.random.default_rng(0)
    for language in [f"aa{letter}" for letter in "abcdefgh"[:num_languages]]:
        (folder / language).mkdir(parents=True)
        for number in range(num_words):
            pitch_hz = rng.uniform(100.0, 200.0)
            seconds = np.arange(3_200) / RATE_HZ
            vowel = sum(np.sin(2.0 * np.pi * pitch_hz * k * seconds) / k for k in range(1, 12))
            fricative = rng.standard_normal(3_200)
            stop = np.zeros(1_600)
            stop[800:830] = 3.0
            silence = np.zeros(1_600)
            sound = np.concatenate([silence, vowel, fricative, stop, silence])
            path = folder / language / f"{language}-{number}.flac"
            sf.write(path, 0.05 * sound + 1e-5 * rng.standard_normal(len(sound)), RATE_HZ)
            phones = [(0.0, 0.1, ""), (0.1, 0.3, "a"), (0.3, 0.5, "s"), (0.5, 0.6, "t"), (0.6, 0.7, "")]
            written(path.with_suffix(".TextGrid"), tiers={"phones": phones}, duration_s=0.7)
    return folder
