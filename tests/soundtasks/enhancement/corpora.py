"""Small corpora of synthetic sounds in the layout of the real ones."""

from pathlib import Path

import numpy as np
import soundfile

from tests.corpora.test_textgrid import WORD, written

RATE = 16_000


def write_speech(folder: Path, rng: np.random.Generator, *, num_languages: int = 5, num_words: int = 2) -> Path:
    """Words are harmonic sounds of 0.4 s whose fundamental moves, between silences."""
    for number in range(num_languages):
        language = f"{'abcdefgh'[number]}xx"
        (folder / language).mkdir(parents=True)
        for word in range(num_words):
            fundamental_hz = rng.uniform(100.0, 250.0) * (1.0 + 0.2 * np.sin(np.linspace(0.0, 6.0, 6_400)))
            phase = 2.0 * np.pi * np.cumsum(fundamental_hz) / RATE
            voice = sum(np.sin(k * phase) / k for k in range(1, 20)) * np.hanning(6_400)
            path = folder / language / f"{language}-{word}.flac"
            soundfile.write(path, 0.2 * np.concatenate([np.zeros(1_600), voice, np.zeros(4_800)]), RATE)
            written(path.with_suffix(".TextGrid"), tiers={"phones": WORD}, duration_s=0.8)
    return folder


def write_noises(folder: Path, rng: np.random.Generator) -> Path:
    """A clip of each fold: white noise that begins after a second of digital silence."""
    (folder / "002-Rain").mkdir(parents=True)
    for fold in range(1, 6):
        noise = np.concatenate([np.zeros(16_000), 0.1 * rng.standard_normal(16_000)])
        soundfile.write(folder / "002-Rain" / f"{fold}-{fold}0-A.flac", noise, RATE)
    return folder
