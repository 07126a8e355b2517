"""A small folder like NS1: 20 short noises and the spikes of units that follow their envelope."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from hearfit.corpora.ns1 import NeuralRecordings, load_ns1

BINS = 60
UNITS = 3
REPEATS = 6


def write_ns1(folder: Path, rng: np.random.Generator) -> Path:
    """Noise in bursts; unit u fires 2 + u bins after a burst begins."""
    (folder / "stimuli").mkdir(parents=True)
    samples_per_bin = 244.140625
    counts = np.zeros((UNITS, 20, REPEATS, BINS), np.uint8)
    for sound in range(20):
        gate = np.repeat(rng.random(BINS // 5 + 1) < 0.5, 5)[: BINS + 1]
        gate[5:10] = ~gate[0]
        envelope = 0.02 + gate[np.minimum((np.arange(15_000) / samples_per_bin).astype(int), BINS)]
        noise = 0.2 * envelope * rng.standard_normal(15_000)
        soundfile.write(folder / "stimuli" / f"{sound:02d}.wav", noise.astype(np.float32), 48_828, subtype="FLOAT")
        for unit in range(UNITS):
            rate = 0.1 + 1.5 * np.concatenate([np.zeros(2 + unit), gate])[:BINS]
            counts[unit, sound] = rng.poisson(rate, (REPEATS, BINS))
    np.savez(folder / "responses_5ms.npz", counts=counts)
    return folder


def load_real_ns1(shared_data: Path) -> NeuralRecordings:
    """The published recordings; skips where they are not."""
    folder = shared_data / "ns1"
    if not folder.is_dir():
        pytest.skip(f"needs NS1: {folder} is not a folder")
    return load_ns1(folder)
