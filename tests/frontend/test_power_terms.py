"""Power terms against the power of the sum itself; framing and merging against conservation of energy."""

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearfit.frontend.frames import merge_frames
from hearfit.frontend.power_terms import combine_terms, power_terms, term_pairs

pytestmark = pytest.mark.usefixtures("float64")

NUM_CHANNELS, NUM_SAMPLES, FRAME_SAMPLES = 3, 96, 16
gains_of_parts = st.integers(2, 3).flatmap(
    lambda num_parts: st.lists(st.floats(0.0, 1e4), min_size=num_parts, max_size=num_parts)
)


def random_outputs(num_parts: int, seed: int, num_samples: int = NUM_SAMPLES) -> np.ndarray:
    generator = np.random.default_rng(seed)
    shape = (2, num_parts, NUM_CHANNELS, num_samples)
    real, imaginary = generator.normal(size=shape)
    return real + 1j * imaginary


def test_squares_come_first_and_then_every_pair() -> None:
    assert term_pairs(1) == ((0, 0),)
    assert term_pairs(3) == ((0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2))


@given(gains=gains_of_parts, seed=st.integers(0, 2**32 - 1))
def test_terms_hold_the_power_of_every_combination_of_gains(gains: list[float], seed: int) -> None:
    # Truth: brute force, |sum g_i Y_i|^2 / 2 of the summed signal, averaged over each frame.
    outputs = random_outputs(len(gains), seed)
    mixed = np.einsum("p,pcs->cs", gains, outputs)
    expected = (0.5 * np.abs(mixed) ** 2).reshape(NUM_CHANNELS, -1, FRAME_SAMPLES).mean(-1).T
    terms = power_terms(jnp.asarray(outputs), frame_samples=FRAME_SAMPLES)
    power = np.asarray(combine_terms(terms, jnp.asarray(gains)))
    np.testing.assert_allclose(power, expected, rtol=1e-9, atol=1e-12 * max(gains) ** 2)


def test_parts_that_cancel_leave_silence_and_nothing_negative() -> None:
    outputs = random_outputs(1, 1)
    opposite = jnp.asarray(np.concatenate([outputs, -outputs * (1.0 + 1e-12)]))
    power = np.asarray(combine_terms(power_terms(opposite, frame_samples=7), jnp.ones(2)))
    assert power.min() >= 0.0
    assert power.max() < 1e-14


@pytest.mark.parametrize("frame_samples", [1, 7, 50, 99, 100, 120])
def test_framing_keeps_the_energy_even_of_an_incomplete_last_frame(frame_samples: int) -> None:
    # Truth: the sum over all samples; a frame's power times its length is the energy that it holds.
    outputs = random_outputs(1, 5, num_samples=100)
    terms = np.asarray(power_terms(jnp.asarray(outputs), frame_samples=frame_samples))
    assert terms.shape == (1, -(-100 // frame_samples), NUM_CHANNELS)
    np.testing.assert_allclose(
        frame_samples * terms[0].sum(axis=0), 0.5 * np.sum(np.abs(outputs[0]) ** 2, axis=-1), rtol=1e-12
    )


@given(
    levels_db=st.lists(st.floats(-200.0, 120.0), min_size=1, max_size=30),
    tolerance_db=st.floats(0.0, 20.0),
    seed=st.integers(0, 2**32 - 1),
)
def test_merging_keeps_energy_and_time(levels_db: list[float], tolerance_db: float, seed: int) -> None:
    # Truth: the integral of power over time before merging.
    spread = np.random.default_rng(seed).uniform(0.1, 1.0, (1, len(levels_db), 4))
    terms = 10.0 ** (np.array(levels_db) / 10.0)[None, :, None] * spread
    merged, duration_s = merge_frames(terms, frame_s=0.01, tolerance_db=tolerance_db)
    assert duration_s.sum() == pytest.approx(0.01 * len(levels_db))
    assert merged.shape == (1, len(duration_s), 4)
    np.testing.assert_allclose(
        np.einsum("tfc,f->tc", merged, duration_s), 0.01 * terms.sum(axis=1), rtol=1e-12, atol=1e-300
    )


@given(
    levels_db=st.lists(st.floats(-60.0, 60.0), min_size=1, max_size=30),
    tolerance_db=st.floats(0.1, 20.0),
)
def test_frames_that_are_merged_differ_by_no_more_than_is_allowed(levels_db: list[float], tolerance_db: float) -> None:
    # Allowed is the tolerance plus 0.3 dB for each decibel below the loudest frame, counted down to 100 dB below it.
    level = np.array(levels_db)
    merged, duration_s = merge_frames(10.0 ** (level / 10.0)[None, :, None], frame_s=1.0, tolerance_db=tolerance_db)
    run = np.repeat(np.arange(len(duration_s)), np.round(duration_s).astype(int))
    below_db = np.minimum(level.max() - level, 100.0)
    for number in range(len(duration_s)):
        # The floor at 100 dB below the loudest frame moves a level of 70 dB below it by 0.004 dB.
        own = level[(run == number) & (below_db < 70.0)]
        if len(own):
            assert own.max() - own.min() <= tolerance_db + 0.3 * below_db[run == number].max() + 0.01
    # A merged frame lies between its parts.
    mean_db = 10.0 * np.log10(merged[0, :, 0])
    assert np.all(mean_db <= [level[run == number].max() + 1e-9 for number in range(len(duration_s))])
    assert np.all(mean_db >= [level[run == number].min() - 1e-9 for number in range(len(duration_s))])


@pytest.mark.parametrize("power", [0.0, 1e-20, 3.0])
def test_a_steady_sound_is_one_frame(power: float) -> None:
    merged, duration_s = merge_frames(np.full((1, 100, 5), power), frame_s=0.01, tolerance_db=1.0)
    np.testing.assert_allclose(merged, np.full((1, 1, 5), power), rtol=1e-12)
    np.testing.assert_allclose(duration_s, [1.0])


def test_a_step_larger_than_the_tolerance_separates_frames() -> None:
    terms = np.repeat([1.0, 1.2, 10.0, 9.0], 5)[None, :, None] * np.ones(3)
    merged, duration_s = merge_frames(terms, frame_s=0.01, tolerance_db=3.0)
    np.testing.assert_allclose(duration_s, [0.1, 0.1])
    np.testing.assert_allclose(merged[0, :, 0], [1.1, 9.5])
