"""Scores of frames against loops over every frame, and frame targets against a search through the intervals."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearfit.corpora.ipa import Manner, base_phone, manner
from hearfit.corpora.textgrid import Interval
from hearfit.corpora.voxangeles import Utterance
from hearfit.errors import InputError
from hearfit.soundtasks.confusion import recalls
from hearfit.soundtasks.phonemes.scores import frame_scores
from hearfit.soundtasks.phonemes.targets import BROAD_CLASSES, PADDING, PhoneSet, frame_targets, frequent_phones

NUM_PHONES = 3


@given(seed=st.integers(0, 10_000), num_segments=st.integers(1, 6))
def test_scores_are_those_of_counting(seed: int, num_segments: int) -> None:
    """Brute force: one frame after the other."""
    rng = np.random.default_rng(seed)
    shape = (num_segments, 5)
    targets = np.stack([rng.integers(-1, 8, shape), rng.integers(0, NUM_PHONES + 2, shape)], axis=-1)
    targets[targets[..., 0] == -1] = PADDING
    predicted = np.stack([rng.integers(0, 8, shape), rng.integers(0, NUM_PHONES + 2, shape)], axis=-1)
    words = np.sort(rng.integers(0, 3, num_segments))
    scores = frame_scores(predicted, targets, words, num_words=3, num_phones=NUM_PHONES)

    right: dict[tuple[str, int], list[bool]] = {(kind, word): [] for kind in ("broad", "phone") for word in range(3)}
    of_class: dict[int, list[bool]] = {number: [] for number in range(8)}
    for segment in range(num_segments):
        for frame in range(5):
            broad, phone = targets[segment, frame]
            if broad == PADDING:
                continue
            is_right = predicted[segment, frame] == targets[segment, frame]
            right["broad", int(words[segment])].append(is_right[0])
            of_class[int(broad)].append(is_right[0])
            if 1 <= phone <= NUM_PHONES:
                right["phone", int(words[segment])].append(is_right[1])

    def mean(values: list[bool]) -> float:
        return float(np.mean(values)) if values else float("nan")

    np.testing.assert_allclose(scores.broad, [mean(right["broad", word]) for word in range(3)])
    np.testing.assert_allclose(scores.phones, [mean(right["phone", word]) for word in range(3)])
    np.testing.assert_allclose(recalls(scores.confusion), [mean(of_class[number]) for number in range(8)])
    taken = [[0] * 8 for _ in range(8)]
    for true, said in zip(targets[..., 0].ravel(), predicted[..., 0].ravel(), strict=True):
        if true != PADDING:
            taken[true][said] += 1
    assert scores.confusion.tolist() == taken


def test_balanced_accuracy_counts_rare_classes_as_much_as_frequent_ones() -> None:
    targets = np.full((1, 10, 2), 0)
    targets[0, 9] = (1, 1)
    always_silence = np.zeros((1, 10, 2), int)
    scores = frame_scores(always_silence, targets, np.array([0]), num_words=1, num_phones=NUM_PHONES)
    assert scores.broad_accuracy == pytest.approx(0.9)
    assert scores.balanced_accuracy == pytest.approx(0.5)
    assert scores.phone_accuracy == 0.0


@given(
    ends=st.lists(st.integers(1, 60), min_size=1, max_size=6, unique=True),
    labels=st.lists(st.sampled_from(["", "a", "t͡ʃ", "kʰ", "m", "ɬ"]), min_size=6, max_size=6),
    start=st.integers(0, 20),
)
def test_a_frame_has_the_label_at_its_middle(ends: list[int], labels: list[str], start: int) -> None:
    """Brute force: the first interval that ends behind the middle; times in ms, so that no middle is on a boundary."""
    ends_s = [1e-3 * end for end in sorted(ends)]
    intervals = [
        Interval(begin, end, label) for begin, end, label in zip([0.0, *ends_s[:-1]], ends_s, labels, strict=False)
    ]
    phones = PhoneSet(("a", "k"))
    found = frame_targets(intervals, phones, start_s=1e-3 * start, num_frames=10, hop_s=0.005)
    for frame in range(10):
        middle_s = 1e-3 * start + 0.005 * (frame + 0.5)
        label = next((each.label for each in intervals if each.start_s <= middle_s < each.end_s), None)
        if label is None:
            assert tuple(found[frame]) == (PADDING, PADDING)
        else:
            name = phones.classes[found[frame, 1]]
            assert BROAD_CLASSES[found[frame, 0]] is manner(label)
            assert name == ("silence" if not label else base_phone(label) if base_phone(label) in "ak" else "other")


def test_the_most_frequent_phones_are_counted_without_diacritics() -> None:
    labels = ["", "a", "ã", "aː", "kʰ", "k", "t͡ʃ", "m", "t͡ʃʰ", ""]
    intervals = tuple(Interval(0.1 * number, 0.1 * number + 0.1, label) for number, label in enumerate(labels))
    word = Utterance("w", "abc", Path("w"), 1.0, intervals)
    assert frequent_phones([word], 4, Path("corpus")).phones == ("a", "k", "t͡ʃ", "m")
    with pytest.raises(InputError, match="have 4 different phones, fewer than the 5"):
        frequent_phones([word], 5, Path("corpus"))
    assert Manner.SILENCE is BROAD_CLASSES[0]
