"""How well the classes of frames are told: accuracy of each word, and recall of each class."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from hearfit.soundtasks.confusion import Counts, balanced_accuracy, confusion_matrix
from hearfit.soundtasks.phonemes.targets import BROAD_CLASSES, PADDING


@dataclass(frozen=True)
class FrameScores:
    """Scores of one listening condition.

    Attributes:
        broad: share of a word's frames with the right broad class, one a word.
        phones: share of the frames of frequent phones with the right phone, one a word; NaN of a word without any.
        confusion: frames of every broad class (row) by what they were taken for (column), over all words.
    """

    broad: Float[np.ndarray, " words"]
    phones: Float[np.ndarray, " words"]
    confusion: Counts

    @property
    def broad_accuracy(self) -> float:
        """Mean over the words."""
        return float(np.nanmean(self.broad))

    @property
    def phone_accuracy(self) -> float:
        """Mean over the words that have a frequent phone."""
        return float(np.nanmean(self.phones))

    @property
    def balanced_accuracy(self) -> float:
        """Mean of the shares of each broad class that were told: every class counts alike, however rare."""
        return balanced_accuracy(self.confusion)


def frame_scores(
    predicted: Int[np.ndarray, "segments frames 2"],
    targets: Int[np.ndarray, "segments frames 2"],
    words: Int[np.ndarray, " segments"],
    *,
    num_words: int,
    num_phones: int,
) -> FrameScores:
    """Scores of broad classes and phones; padding counts nowhere, silence and other phones not among the phones."""
    is_right = predicted == targets
    is_frame = targets[..., 0] != PADDING
    is_phone = (targets[..., 1] > 0) & (targets[..., 1] <= num_phones)
    truth, answer = (np.asarray(each[..., 0][is_frame], np.int64) for each in (targets, predicted))
    return FrameScores(
        broad=_by_word(is_right[..., 0], is_frame, words, num_words),
        phones=_by_word(is_right[..., 1], is_phone, words, num_words),
        confusion=confusion_matrix(truth, answer, num_classes=len(BROAD_CLASSES)),
    )


def _by_word(
    is_right: Bool[np.ndarray, "segments frames"],
    counts: Bool[np.ndarray, "segments frames"],
    words: Int[np.ndarray, " segments"],
    num_words: int,
) -> Float[np.ndarray, " words"]:
    right = np.bincount(words, (is_right & counts).sum(axis=1), minlength=num_words)
    frames = np.bincount(words, counts.sum(axis=1), minlength=num_words)
    return np.divide(right, frames, out=np.full(num_words, np.nan), where=frames > 0)
