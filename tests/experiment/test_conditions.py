"""Unique conditions against counting trial by trial."""

from collections import Counter
from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearfit.experiment.conditions import collapse, collapse_with_index
from hearfit.experiment.protocol import Protocol
from hearfit.experiment.stimulus_columns import MASKER_LEVEL, NOTCH_LOWER, NOTCH_UPPER
from hearfit.experiment.trials import TrialBlock
from hearfit.protocols.loader import load_protocol

Row = tuple[float, float | None, int, int]


def block_of(protocol: Protocol, rows: list[Row]) -> TrialBlock:
    """Rows of frequency, level (None is a catch trial), number of intervals and response."""
    frequency, level, intervals, response = zip(*rows, strict=True)
    is_catch = np.array([own is None for own in level])
    return TrialBlock(
        protocol=protocol,
        trial=np.arange(1, len(rows) + 1),
        frequency_hz=np.array(frequency),
        level_db_hl=np.array([np.nan if own is None else own for own in level]),
        interval_count=np.array(intervals),
        is_catch=is_catch,
        response=np.array(response),
    )


detection_rows = st.lists(
    st.tuples(
        st.sampled_from([250.0, 1000.0, 3150.0]),
        st.sampled_from([None, -5.0, 0.0, 12.5, 40.0]),
        st.sampled_from([1, 2, 3]),
        st.sampled_from([0, 1]),
    ),
    min_size=1,
    max_size=60,
)


@given(detection_rows)
def test_conditions_are_the_trials_counted(rows: list[Row]) -> None:
    # Truth: a Counter over (frequency, level, intervals, response).
    conditions = collapse(block_of(load_protocol("pure_tone_detection"), rows))
    found: Counter[Row] = Counter()
    for i in range(len(conditions.counts)):
        level = None if conditions.is_catch[i] else float(conditions.level_db_hl[i])
        for value, count in zip((0, 1), conditions.counts[i], strict=True):
            key = (float(conditions.frequency_hz[i]), level, int(conditions.interval_count[i]), value)
            assert key not in found
            if count:
                found[key] = int(count)
    assert found == Counter(rows)


@given(detection_rows, st.randoms(use_true_random=False))
def test_the_order_of_the_trials_does_not_matter(rows: list[Row], random: Random) -> None:
    shuffled = rows.copy()
    random.shuffle(shuffled)
    first, second = (collapse(block_of(load_protocol("pure_tone_detection"), own)) for own in (rows, shuffled))
    np.testing.assert_array_equal(first.counts, second.counts)
    np.testing.assert_array_equal(first.level_db_hl, second.level_db_hl)
    np.testing.assert_array_equal(first.frequency_hz, second.frequency_hz)
    assert first.stimuli == second.stimuli


def test_a_catch_trial_is_not_a_tone_of_0_db_hl() -> None:
    rows: list[Row] = [(1000.0, None, 1, 0), (1000.0, 0.0, 1, 1), (1000.0, None, 1, 0)]
    conditions = collapse(block_of(load_protocol("pure_tone_detection"), rows))
    assert conditions.is_catch.tolist() == [False, True]
    assert conditions.counts.tolist() == [[0, 1], [2, 0]]
    assert np.isnan(conditions.level_db_hl[1])


def test_responses_are_counted_under_their_code() -> None:
    # Truth: the codes of the protocol, 0, 5, ..., 50.
    rows: list[Row] = [(500.0, 60.0, 1, 0), (500.0, 60.0, 1, 25), (500.0, 60.0, 1, 50), (500.0, 60.0, 1, 25)]
    conditions = collapse(block_of(load_protocol("categorical_loudness"), rows))
    expected = np.zeros(11, int)
    expected[[0, 5, 10]] = 1, 2, 1
    assert conditions.counts.tolist() == [expected.tolist()]


def test_a_stimulus_stands_once_for_all_its_levels() -> None:
    rows: list[Row] = [(f, level, 1, 0) for f in (4000.0, 250.0) for level in (10.0, 20.0, 30.0)]
    conditions = collapse(block_of(load_protocol("pure_tone_detection"), rows))
    assert [stimulus.frequency_hz for stimulus in conditions.stimuli] == [250.0, 4000.0]
    assert conditions.stimulus_index.tolist() == [0, 0, 0, 1, 1, 1]


@pytest.mark.parametrize("num_trials", [100_000])
def test_a_great_many_trials_are_few_conditions(num_trials: int) -> None:
    generator = np.random.default_rng(0)
    rows: list[Row] = [
        (1000.0, float(level), 1, int(answer))
        for level, answer in zip(
            generator.integers(0, 20, num_trials), generator.integers(0, 2, num_trials), strict=True
        )
    ]
    conditions = collapse(block_of(load_protocol("pure_tone_detection"), rows))
    assert conditions.counts.shape == (20, 2)
    assert conditions.counts.sum() == num_trials


masked_rows = st.lists(
    st.tuples(
        st.sampled_from([(1000.0, 0.0, 0.0), (1000.0, 0.1, 0.3), (1000.0, 0.3, 0.1), (4000.0, 0.1, 0.1)]),
        st.sampled_from([30.0, 40.0]),
        st.sampled_from([None, 20.0, 50.0]),
        st.sampled_from([0, 1]),
    ),
    min_size=1,
    max_size=60,
)


@given(masked_rows)
def test_the_masker_tells_conditions_apart(
    rows: list[tuple[tuple[float, float, float], float, float | None, int]],
) -> None:
    # Truth: a Counter over (frequency, notch, masker, level, response); each trial in the condition of its own sound.
    sounds, maskers, levels, responses = zip(*rows, strict=True)
    quiet = block_of(
        load_protocol("notched_noise"),
        [(sound[0], level, 1, response) for sound, level, response in zip(sounds, levels, responses, strict=True)],
    )
    notch = np.array(sounds)[:, 1:]
    values = (np.array(maskers), notch[:, 0], notch[:, 1])
    block = replace(quiet, parameters=dict(zip((MASKER_LEVEL, NOTCH_LOWER, NOTCH_UPPER), values, strict=True)))
    conditions, index = collapse_with_index(block)
    masker_level = conditions.masker_level_db_spl_per_hz
    assert masker_level is not None

    def key(i: int) -> tuple[tuple[float, float, float], float, float | None]:
        stimulus = conditions.stimuli[conditions.stimulus_index[i]]
        assert stimulus.notch is not None
        sound = (stimulus.frequency_hz, stimulus.notch.lower, stimulus.notch.upper)
        level = None if conditions.is_catch[i] else float(conditions.level_db_hl[i])
        return sound, float(masker_level[i]), level

    keys = [key(i) for i in range(len(conditions.counts))]
    assert len(set(keys)) == len(keys)
    found = Counter({(*own, value): int(conditions.counts[i, value]) for i, own in enumerate(keys) for value in (0, 1)})
    assert +found == Counter(rows)
    assert [keys[i] for i in index] == [row[:3] for row in rows]
    assert len(conditions.stimuli) == len(set(sounds))
