"""Warnings about single tracks, on tracks written by hand, and about maskers that the ear does not hear."""

import dataclasses

import jax
import numpy as np
import pytest

from hearfit.experiment.conditions import collapse
from hearfit.experiment.stimulus_columns import LEVEL_DIFFERENCE, MASKER_LEVEL, NOTCH_LOWER, NOTCH_UPPER, ROVE_RANGE
from hearfit.experiment.trials import TrialBlock
from hearfit.inference.frequency_estimates import frequency_estimates
from hearfit.inference.laplace import posterior_about
from hearfit.inference.masker_audibility import masker_thresholds, masker_warnings, unheard_masker_frequencies
from hearfit.inference.simulate import normal_position
from hearfit.inference.track_warnings import track_warnings
from hearfit.listener.normal import AUDIOMETRIC_FREQUENCIES_HZ, NORMAL
from hearfit.listener.parameters import DEFAULT_PRIOR, NUM_PARAMETERS
from hearfit.protocols.loader import load_protocol
from tests.inference.sessions import TRANSDUCER

Track = tuple[float, list[float], list[int]]


def _block(*tracks: Track, name: str = "pure_tone_detection") -> TrialBlock:
    """Tracks of (frequency, levels, answers), interleaved; a level of NaN is a catch trial."""
    rows = sorted(
        (position, frequency, level, answer)
        for frequency, levels, answers in tracks
        for position, (level, answer) in enumerate(zip(levels, answers, strict=True))
    )
    _, frequency, level, answer = (np.array(column) for column in zip(*rows, strict=True))
    return TrialBlock(
        protocol=load_protocol(name),
        trial=np.arange(1, len(rows) + 1),
        frequency_hz=frequency,
        level_db_hl=level.astype(np.float64),
        interval_count=np.ones(len(rows), np.int64),
        is_catch=np.isnan(level.astype(np.float64)),
        response=answer,
    )


GOOD: Track = (2000.0, [40, 30, 20, 25, 20, 25], [1, 1, 0, 1, 0, 1])


NEVER = "The staircase never reversed and all answers are"
ONE_SIDE = "which bounds the threshold on one side only, from"
PASSED_ONCE = "the levels went one way only and never reversed. The threshold is passed once,"


@pytest.mark.parametrize(
    ("track", "words"),
    [
        (GOOD, None),
        ((500.0, [40, 30, 20, 10], [1, 1, 1, 1]), f"{NEVER} 1, {ONE_SIDE} above"),
        ((500.0, [90, 99, 110, 110], [0, 0, 0, 0]), f"{NEVER} 0, {ONE_SIDE} below"),
        ((500.0, [40, 10, 20, 30], [1, 1, 1, 1]), f"All answers are 1, {ONE_SIDE} above: it may be anywhere below the"),
        ((500.0, [40, 30, 20, 10], [1, 1, 1, 0]), PASSED_ONCE),
        ((500.0, [30, 20, 10], [1, 1, 1]), None),
        ((500.0, [20, 20, 20, 20], [1, 0, 1, 0]), None),
        ((500.0, [30, np.nan, 20, np.nan, 10, 20], [1, 0, 1, 0, 0, 1]), None),
    ],
)
def test_a_track_beside_a_good_one(track: Track, words: str | None) -> None:
    told = track_warnings([_block(track, GOOD)])
    assert len(told) == (words is not None)
    if words is not None:
        assert told[0].startswith(f"pure_tone_detection at 500 Hz: {words}")


def test_conditions_with_one_fate_share_a_sentence() -> None:
    down = [40.0, 30.0, 20.0, 10.0]
    told = track_warnings([_block((250.0, down, [1] * 4), (500.0, down, [1] * 4), GOOD)])
    assert len(told) == 1
    assert told[0].startswith("pure_tone_detection at 250 and 500 Hz: The staircase never reversed")


def test_loudness_has_no_tracks() -> None:
    assert track_warnings([_block((500.0, [40, 50, 60, 70], [25] * 4), name="categorical_loudness")]) == ()


def _masked(levels: list[float]) -> TrialBlock:
    size = len(levels)
    return TrialBlock(
        protocol=load_protocol("notched_noise"),
        trial=np.arange(1, size + 1),
        frequency_hz=np.repeat([1000.0, 4000.0], size // 2),
        level_db_hl=np.full(size, 20.0),
        interval_count=np.ones(size, np.int64),
        is_catch=np.zeros(size, bool),
        response=np.ones(size, np.int64),
        parameters={MASKER_LEVEL: np.array(levels), NOTCH_LOWER: np.zeros(size), NOTCH_UPPER: np.zeros(size)},
    )


def test_maskers_that_nobody_hears() -> None:
    """One audible masker at a frequency is enough."""
    with jax.enable_x64(True):
        groups = [collapse(_masked([-40.0, -35.0, -40.0, 40.0])), collapse(_masked([40.0, 40.0, 40.0, 40.0]))]
        unheard = unheard_masker_frequencies(groups, normal_position(NORMAL), transducer=TRANSDUCER, normal=NORMAL)
    assert unheard == (frozenset({1000.0}), frozenset())
    (told,) = masker_warnings(groups, unheard)
    assert told.startswith("notched_noise at 1000 Hz: the fitted ear does not hear any of the maskers.")


def test_maskers_that_nobody_hears_tell_nothing_of_selectivity() -> None:
    """However narrow the posterior: where no masker was heard, inhibition and bandwidth are not measured.

    Truth: the fixture, of which the ear hears no masker at 1 kHz and one at 4 kHz. A second protocol with audible
    maskers measures 1 kHz after all.
    """
    quiet, loud = _masked([-40.0, -35.0, -40.0, 40.0]), _masked([40.0, 40.0, 40.0, 40.0])
    with jax.enable_x64(True):
        precise = posterior_about(normal_position(NORMAL), 1e3 * np.eye(NUM_PARAMETERS), DEFAULT_PRIOR)
        found = []
        for blocks in ([quiet], [quiet, loud]):
            groups = [collapse(block) for block in blocks]
            unheard = unheard_masker_frequencies(groups, precise.mode, transducer=TRANSDUCER, normal=NORMAL)
            found.append(frequency_estimates(groups, precise, DEFAULT_PRIOR, normal=NORMAL, seed=1, unheard_hz=unheard))
    (rows, sentences), (both, _) = found
    at_1000, at_4000 = (AUDIOMETRIC_FREQUENCIES_HZ.index(f) for f in (1000.0, 4000.0))
    assert (rows[at_1000].num_trials, rows[at_4000].num_trials) == (2, 2)
    for name in ("inhibition", "equivalent_bandwidth_hz"):
        assert getattr(rows[at_1000], name).data_share == 0.0
        assert getattr(rows[at_4000], name).data_share > 0.9
        assert getattr(both[at_1000], name).data_share > 0.9
    assert any("equivalent bandwidth were not measured at 1000 Hz" in sentence for sentence in sentences)


def test_threshold_of_a_masker_by_itself() -> None:
    """Noise without a notch, 1.6 times 1 kHz wide: less audible in 1 Hz than a tone by 10 log10 of a critical band.

    The threshold of a tone at 1 kHz is 5.5 dB SPL with this earphone; 133 Hz are 21 dB. The ear also sums over the 16
    critical bands of the noise, which lowers the threshold by up to half of 10 log10 of 16, 6 dB.
    """
    with jax.enable_x64(True):
        group = collapse(_masked([0.0, 0.0, 0.0, 0.0]))
        levels = masker_thresholds(group, normal_position(NORMAL), transducer=TRANSDUCER, normal=NORMAL)
    tone_in_band = 5.5 - 10.0 * np.log10(133.0)
    assert tone_in_band - 7.0 < levels[0] < tone_in_band + 2.0


def test_the_signal_of_a_discrimination_is_what_a_track_varies() -> None:
    # Truth: constant signals, of which large ones are always heard, are no staircase; a track of one answer is.
    difference = np.tile([0.5, 1.0, 2.0, 4.0], 5)
    count = len(difference)
    block = TrialBlock(
        protocol=load_protocol("intensity_discrimination"),
        trial=np.arange(1, count + 1),
        frequency_hz=np.full(count, 1000.0),
        level_db_hl=np.full(count, 60.0),
        interval_count=np.full(count, 2),
        is_catch=np.zeros(count, bool),
        response=(difference > 0.7).astype(int),
        parameters={LEVEL_DIFFERENCE: difference, ROVE_RANGE: np.zeros(count)},
    )
    assert track_warnings([block]) == ()
    halves = np.repeat([0, 1], count // 2)
    mixed = dataclasses.replace(block, level_db_hl=40.0 + 20.0 * halves, response=halves)
    (zeros, ones) = track_warnings([mixed])
    assert "All answers are 0, which bounds the threshold on one side only." in zeros
    assert "All answers are 1, which bounds the threshold on one side only." in ones
