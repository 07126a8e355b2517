"""Sounds and what is to be said of them: the one form in which every event task is trained and tested."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float, Int

from hearfit.soundtasks.confusion import Counts

SAMPLING_RATE_HZ: Final = 16_000
HOP_S: Final = 0.01
HOP_SAMPLES: Final = 160


@dataclass(frozen=True, eq=False)
class Examples:
    """Sounds of one length in pascal; short ones are completed by silence.

    Attributes:
        heard: 1 for frames of sound, 0 for those of that silence.
        targets: class of every frame; of a task on whole sounds, the same in all frames.
        scored: 1 for frames that count, a part of those heard.
    """

    sounds: Float[np.ndarray, "examples samples"]
    heard: Float[np.ndarray, "examples frames"]
    targets: Int[np.ndarray, "examples frames"]
    scored: Float[np.ndarray, "examples frames"]

    def __len__(self) -> int:
        return len(self.sounds)


@dataclass(frozen=True, eq=False)
class EventData:
    """What a network is trained on, stopped by and tested on; the tasks say what no two parts share.

    Attributes:
        places: of every test example in `scores`: indices whose meaning the task knows.
        left_out: a sentence for whatever of the corpus is not used.
        item_group: what items of `TestScores` have in common that are not independent; empty where they are.
        item_groups: the group of every item, in their order.
        num_test_sets: into how many the seeds divide the corpus, seed s having number s modulo this one; None where
            every seed has the same.
    """

    classes: tuple[str, ...]
    is_framewise: bool
    train: Examples
    validation: Examples
    test: Examples
    places: Int[np.ndarray, "tests keys"]
    left_out: tuple[str, ...] = ()
    item_group: str = ""
    item_groups: tuple[str, ...] = ()
    num_test_sets: int | None = None


@dataclass(frozen=True)
class TestScores:
    """Scores of a whole test set and of its items.

    Attributes:
        confusion: counts of every answer to every class, of tasks with more than two; `case` says of what.
    """

    scores: Mapping[str, float]
    items: Mapping[str, tuple[float, ...]]
    confusion: Counts | None = None
    case: str = ""


def num_frames(duration_s: float) -> int:
    """Whole frames that hold a sound of this duration."""
    return int(np.ceil(round(duration_s / HOP_S, 6)))


def frame_centres_s(frames: int) -> Float[np.ndarray, " frames"]:
    """Middle of every frame from the beginning of the sound."""
    return (np.arange(frames) + 0.5) * HOP_S


def joined(parts: "list[Examples]") -> Examples:
    """One set of examples after the other."""
    return Examples(
        *(np.concatenate([getattr(part, name) for part in parts]) for name in ("sounds", "heard", "targets", "scored"))
    )
