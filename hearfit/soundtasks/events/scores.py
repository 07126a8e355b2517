"""Scores of detection and of sequences of notes: area under the ROC curve and edit distance, exactly."""

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.stats import rankdata


def area_under_roc(score: Float[np.ndarray, " frames"], is_event: Bool[np.ndarray, " frames"]) -> float:
    """Probability that an event scores higher than a non-event, ties counting one half; NaN where one kind is missing.

    The Mann-Whitney statistic from average ranks (Hanley & McNeil, Radiology 143, 29-36, 1982): no curve is drawn and
    no threshold chosen, so nothing is interpolated.
    """
    num_events = int(is_event.sum())
    num_others = is_event.size - num_events
    if num_events == 0 or num_others == 0:
        return float("nan")
    rank_sum = float(rankdata(score)[is_event].sum())
    return (rank_sum - num_events * (num_events + 1) / 2.0) / (num_events * num_others)


def edit_distance(truth: Int[np.ndarray, " notes"], answer: Int[np.ndarray, " others"]) -> int:
    """Fewest insertions, deletions and substitutions that turn one sequence of labels into the other (Levenshtein)."""
    columns = np.arange(len(answer) + 1)
    row = columns
    for position, label in enumerate(truth, start=1):
        best = np.concatenate([[position], np.minimum(row[1:] + 1, row[:-1] + (answer != label))])
        # An insertion costs one a step: the running minimum of `best` in a frame that moves along with it.
        row = np.minimum.accumulate(best - columns) + columns
    return int(row[-1])


def note_runs(answer: Int[np.ndarray, " frames"], *, silence: int, min_frames: int) -> Int[np.ndarray, " notes"]:
    """Labels of the runs of one label, in order, without silence and without runs shorter than `min_frames`."""
    if not answer.size:
        return np.zeros(0, np.int64)
    starts = np.flatnonzero(np.r_[True, answer[1:] != answer[:-1]])
    lengths = np.diff(np.r_[starts, answer.size])
    labels = answer[starts]
    return np.asarray(labels[(labels != silence) & (lengths >= min_frames)], np.int64)
