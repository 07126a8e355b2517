"""Scores of events against definitions written out: pairs, counts, and the recursion of Levenshtein."""

import math
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearfit.soundtasks.confusion import accuracy, balanced_accuracy, confusion_matrix
from hearfit.soundtasks.events.scores import area_under_roc, edit_distance, note_runs

LABELS = st.lists(st.integers(0, 3), max_size=8)


@given(cases=st.lists(st.tuples(st.integers(-3, 3), st.booleans()), max_size=40))
def test_area_is_the_share_of_pairs_in_order(cases: list[tuple[int, bool]]) -> None:
    # Truth: every pair of an event and a non-event, ties counting one half; few values, so there are many ties.
    events = [score for score, is_event in cases if is_event]
    others = [score for score, is_event in cases if not is_event]
    pairs = [(event > other) + 0.5 * (event == other) for event in events for other in others]
    area = area_under_roc(np.array([c[0] for c in cases], float), np.array([c[1] for c in cases], bool))
    assert area == pytest.approx(np.mean(pairs), abs=1e-12) if pairs else math.isnan(area)


def test_area_of_known_order() -> None:
    is_event = np.array([False, False, True, True])
    assert area_under_roc(np.array([1.0, 2.0, 3.0, 4.0]), is_event) == 1.0
    assert area_under_roc(np.array([4.0, 3.0, 2.0, 1.0]), is_event) == 0.0
    assert area_under_roc(np.zeros(4), is_event) == 0.5


@given(pairs=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=30))
def test_confusion_counts_every_pair(pairs: list[tuple[int, int]]) -> None:
    truth, answer = np.array(pairs, np.int64).reshape(-1, 2).T
    matrix = confusion_matrix(truth, answer, num_classes=4)
    assert all(matrix[row, column] == pairs.count((row, column)) for row in range(4) for column in range(4))
    if not pairs:
        assert math.isnan(accuracy(matrix))
        assert math.isnan(balanced_accuracy(matrix))
        return
    assert accuracy(matrix) == pytest.approx(np.mean([t == a for t, a in pairs]))
    classes = {t for t, _ in pairs}
    shares = [np.mean([a == c for t, a in pairs if t == c]) for c in classes]
    assert balanced_accuracy(matrix) == pytest.approx(np.mean(shares))


@given(truth=LABELS, answer=LABELS)
def test_edit_distance_is_the_recursion(truth: list[int], answer: list[int]) -> None:
    # Truth: the recursive definition.
    @cache
    def distance(i: int, j: int) -> int:
        if not i or not j:
            return i + j
        return min(
            distance(i - 1, j) + 1, distance(i, j - 1) + 1, distance(i - 1, j - 1) + (truth[i - 1] != answer[j - 1])
        )

    assert edit_distance(np.array(truth, np.int64), np.array(answer, np.int64)) == distance(len(truth), len(answer))


def test_runs_become_notes() -> None:
    frames = np.array([9, 9, 1, 1, 1, 2, 1, 1, 9, 3, 3])
    assert note_runs(frames, silence=9, min_frames=2).tolist() == [1, 1, 3]
    assert note_runs(frames, silence=9, min_frames=1).tolist() == [1, 2, 1, 3]
    assert note_runs(frames[:0], silence=9, min_frames=1).tolist() == []
