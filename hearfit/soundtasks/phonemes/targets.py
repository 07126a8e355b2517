"""What a recogniser of phones is to say of every frame: the broad class and, of the most frequent phones, which one."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Int

from hearfit.corpora.ipa import Manner, base_phone, manner
from hearfit.corpora.textgrid import Interval
from hearfit.corpora.voxangeles import Utterance
from hearfit.errors import InputError

BROAD_CLASSES: Final = tuple(Manner)
PADDING: Final = -1
"""Target of frames that are no part of a word; they count nowhere."""


@dataclass(frozen=True)
class PhoneSet:
    """The phones that are told apart, most frequent first; all others are one class."""

    phones: tuple[str, ...]

    @property
    def classes(self) -> tuple[str, ...]:
        """Silence, the phones, and the others."""
        return ("silence", *self.phones, "other")

    def index(self, label: str) -> int:
        """Number of the class of a label."""
        if manner(label) is Manner.SILENCE:
            return 0
        base = base_phone(label)
        return 1 + self.phones.index(base) if base in self.phones else len(self.classes) - 1


def frequent_phones(utterances: Sequence[Utterance], num_phones: int, folder: Path) -> PhoneSet:
    """The base phones (without diacritics) that occur most often; of equals the first in the order of Unicode.

    Args:
        folder: that the utterances come from, for the message.

    Raises:
        InputError: there are fewer.
    """
    counts = Counter(
        base_phone(each.label)
        for utterance in utterances
        for each in utterance.phones
        if manner(each.label) is not Manner.SILENCE
    )
    if len(counts) < num_phones:
        raise InputError(
            f"{folder}: its training words have {len(counts)} different phones, fewer than the {num_phones} that "
            f"are to be told apart. Give more words."
        )
    return PhoneSet(tuple(sorted(counts, key=lambda phone: (-counts[phone], phone))[:num_phones]))


def frame_targets(
    intervals: Sequence[Interval], phones: PhoneSet, *, start_s: float, num_frames: int, hop_s: float
) -> Int[np.ndarray, "frames 2"]:
    """Broad class and phone at the middle of every frame, the first frame beginning at `start_s`.

    Frames beyond the last interval are `PADDING`.
    """
    middle_s = start_s + (np.arange(num_frames) + 0.5) * hop_s
    of_interval = [(BROAD_CLASSES.index(manner(each.label)), phones.index(each.label)) for each in intervals]
    of_interval.append((PADDING, PADDING))
    ends_s = [each.end_s for each in intervals]
    return np.array(of_interval, np.int32)[np.searchsorted(ends_s, middle_s, side="right")]
