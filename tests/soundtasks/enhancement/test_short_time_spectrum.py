"""Short-time spectra against a direct sum, their alignment with causal frames, and the way back."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearfit.errors import InputError
from hearfit.soundtasks.enhancement.short_time_spectrum import SpectrumGrid, spectra, waveforms

GRIDS = [SpectrumGrid(256, 80), SpectrumGrid(512, 160), SpectrumGrid(64, 16), SpectrumGrid(30, 15)]


@pytest.mark.parametrize("grid", GRIDS)
def test_equal_a_direct_sum_over_the_samples_that_end_with_the_frame(
    grid: SpectrumGrid, rng: np.random.Generator
) -> None:
    # Truth: the definition, sample by sample: window t holds samples (t + 1) hop - window to (t + 1) hop - 1.
    sound = rng.standard_normal(6 * grid.hop_samples)
    with jax.enable_x64(True):
        found = np.asarray(spectra(sound[None], grid))[0]
    assert len(found) == 6 + grid.num_tail_frames
    n = np.arange(grid.window_samples)
    window = 0.5 - 0.5 * np.cos(2.0 * np.pi * n / grid.window_samples)
    waves = np.exp(-2j * np.pi * np.outer(np.arange(grid.num_bins), n) / grid.window_samples)
    for t, spectrum in enumerate(found):
        places = (t + 1) * grid.hop_samples - grid.window_samples + n
        is_inside = (places >= 0) & (places < len(sound))
        samples = np.where(is_inside, sound[np.clip(places, 0, len(sound) - 1)], 0.0)
        np.testing.assert_allclose(spectrum, waves @ (window * samples), atol=1e-10)


@pytest.mark.parametrize("grid", GRIDS)
def test_come_back_exactly(grid: SpectrumGrid, rng: np.random.Generator) -> None:
    sounds = rng.standard_normal((2, 9 * grid.hop_samples))
    with jax.enable_x64(True):
        back = np.asarray(waveforms(spectra(sounds, grid), grid))
    np.testing.assert_allclose(back, sounds, atol=1e-12)
    single = sounds.astype(np.float32)
    np.testing.assert_allclose(np.asarray(waveforms(spectra(single, grid), grid)), single, atol=2e-6)


# Few lengths, because each is compiled: shorter than a window, as long, and longer, with and without a rest.
@given(st.sampled_from([1, 3, 11]), st.integers(0, 2**32 - 1))
def test_sounds_of_any_number_of_hops_come_back(num_hops: int, seed: int) -> None:
    grid = SpectrumGrid(64, 20)
    sound = np.random.default_rng(seed).standard_normal((1, num_hops * 20)).astype(np.float32)
    np.testing.assert_allclose(np.asarray(waveforms(spectra(sound, grid), grid)), sound, atol=1e-5)


@pytest.mark.parametrize("grid", GRIDS)
def test_a_frame_hears_nothing_later_than_a_causal_frontend_does(grid: SpectrumGrid) -> None:
    # Exactly zero, not small: what a mask of frame t works on is what a frontend's frame t has heard.
    t, num_hops = 2, 7
    sound = np.zeros((1, num_hops * grid.hop_samples), np.float32)
    sound[:, (t + 1) * grid.hop_samples :] = 1.0
    assert not np.asarray(spectra(sound, grid))[0, : t + 1].any()
    # The first sample of a hop is the first that its frame hears.
    sound = np.zeros_like(sound)
    sound[:, t * grid.hop_samples + grid.hop_samples // 2] = 1.0
    heard = np.abs(np.asarray(spectra(sound, grid))[0]).sum(axis=-1) > 0.0
    assert np.flatnonzero(heard)[0] == t


def test_a_mask_moves_no_energy_to_other_times() -> None:
    # A click must not come back where no window that holds it reaches, such as at the other end of the sound.
    grid = SpectrumGrid(256, 80)
    sound = np.zeros((1, 40 * 80), np.float32)
    sound[0, -1] = 1.0
    masked = spectra(sound, grid) * (jnp.arange(grid.num_bins) < 40).astype(jnp.complex64)[None, None]
    back = np.asarray(waveforms(masked, grid))[0]
    assert not back[: -grid.window_samples].any()
    assert back[-grid.window_samples :].any()


def test_what_cannot_work_is_refused() -> None:
    with pytest.raises(InputError, match="leave gaps"):
        SpectrumGrid(64, 80)
    with pytest.raises(InputError, match="at most half the window"):
        SpectrumGrid(64, 60)
    with pytest.raises(InputError, match="81 samples is not a whole number of frames"):
        spectra(np.zeros((1, 81), np.float32), SpectrumGrid(256, 80))
