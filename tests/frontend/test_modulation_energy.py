"""The modulation content of a spectrogram, in chunks as in one piece."""

import dataclasses

import jax.numpy as jnp
import numpy as np

from hearfit.frontend.cortex import cortical_magnitude, silent_past
from hearfit.frontend.cortex_parameters import PAPER_CORTEX, log_spaced_filters
from hearfit.frontend.modulation_energy import log_frequency_weights, modulation_energy

DESIGN = dataclasses.replace(PAPER_CORTEX, num_channels=9)


def test_chunks_give_what_the_whole_gives(rng: np.random.Generator) -> None:
    spectrogram = rng.uniform(0.0, 1.0, (70, 5)).astype(np.float32)
    weights = rng.uniform(0.0, 1.0, (5, 9)).astype(np.float32)
    filters = log_spaced_filters(num_scales=2, num_rates=1)
    told: list[float] = []
    energy = modulation_energy(spectrogram, weights, filters, DESIGN, chunk_frames=32, progress=told.append)
    whole, _ = cortical_magnitude(
        jnp.asarray(spectrogram @ weights)[None], filters, DESIGN, silent_past(4, batch=1, design=DESIGN)
    )
    np.testing.assert_allclose(energy, np.mean(np.asarray(whole)[0] ** 2, axis=1), rtol=1e-4)
    assert told == [32 / 70, 64 / 70, 1.0]


def test_an_even_log_axis_stays_as_it_is() -> None:
    frequency_hz = 200.0 * 2.0 ** (np.arange(30) / 24.0)
    weights = log_frequency_weights(frequency_hz, lowest_hz=200.0, channels_per_octave=24.0, num_channels=30)
    np.testing.assert_allclose(weights, np.eye(30), atol=1e-9)


def test_a_straight_line_over_log_frequency_stays_one() -> None:
    frequency_hz = np.geomspace(100.0, 8000.0, 20)
    weights = log_frequency_weights(frequency_hz, lowest_hz=100.0, channels_per_octave=24.0, num_channels=150)
    np.testing.assert_allclose(np.log2(frequency_hz) @ weights, np.log2(100.0) + np.arange(150) / 24.0, atol=1e-9)
