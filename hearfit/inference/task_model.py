"""What a task must say to enter the likelihood: how a condition becomes one number, and that number a response.

Each condition reaches the cochlear coordinates through one number (log d', or loudness in CU). Conditions stand in
blocks of one fixed size: every block of a task has the same shape whatever the session, so that one compiled program
serves all sessions, and a session with very many unique levels needs no more memory than one block at a time. Padding
has zero counts.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Array, Float, Int, PyTree, Shaped

from hearfit.experiment.conditions import Conditions
from hearfit.experiment.protocol import StimulusKind
from hearfit.frontend.cochlea import Cochlea
from hearfit.listener.parameters import NUM_BOUNDARIES, NUM_KNOTS, TASKS_OF_OWN_SENSITIVITY

BLOCK_SIZE = 128
NUM_CURVES = 3
# Places of the observer's coordinates.
SENSITIVITY = NUM_CURVES * NUM_KNOTS
CRITERION, LAPSE, SPREAD, MASKED_SENSITIVITY, BOUNDARIES = (SENSITIVITY + i for i in (1, 2, 3, 4, 5))
TASK_SENSITIVITY = {task: BOUNDARIES + NUM_BOUNDARIES + i for i, task in enumerate(TASKS_OF_OWN_SENSITIVITY)}
RECOVERY_TIME = BOUNDARIES + NUM_BOUNDARIES + len(TASKS_OF_OWN_SENSITIVITY)
TAIL_LEVEL = RECOVERY_TIME + 1
OWN_SENSITIVITY = {
    StimulusKind.INCREMENTED_TONE: "intensity discrimination",
    StimulusKind.INCREMENTED_COMPLEX: "profile analysis",
    StimulusKind.RIPPLED_NOISE: "spectral ripple discrimination",
    StimulusKind.MOVING_RIPPLE: "spectro-temporal modulation",
    StimulusKind.TONE_AFTER_TONE: "forward masking",
}
"""What people make of these sounds has a coordinate of its own, among `TASK_SENSITIVITY`."""


Evidence = Callable[
    [Float[Array, "curves channels"], Float[Array, " observer"], PyTree, PyTree, Cochlea], Float[Array, ""]
]
"""Log d', or loudness, of one condition.

From the coordinates of every channel, those of the observer that the task names, what all conditions of a block share
(`sounds`), what is this condition's own (`row`), and what is the same in every ear.
"""

ResponseProbabilities = Callable[[Float[Array, ""], Float[Array, " observer"], PyTree], Float[Array, " responses"]]
"""Probability of every response, given the condition's evidence."""


def _untouched(sounds: PyTree) -> PyTree:
    return sounds


@dataclass(frozen=True)
class TaskModel:
    """A task, as pure functions of one condition; `observer` are the places of the coordinates that they read.

    `trimmed` leaves out of a block's sounds what only fills them up to a common size.
    """

    name: str
    observer: tuple[int, ...]
    evidence: Evidence
    probabilities: ResponseProbabilities
    trimmed: Callable[[PyTree], PyTree] = _untouched


class Block(NamedTuple):
    """`BLOCK_SIZE` conditions: what they share, and what each has of its own along the first axis of every leaf."""

    sounds: PyTree
    row: PyTree
    counts: Float[Array, "conditions responses"]


@dataclass(frozen=True)
class TaskData:
    """All conditions of one task in a session, in the order in which they were given."""

    model: TaskModel
    blocks: tuple[Block, ...]
    num_conditions: int


def in_blocks(
    columns: Sequence[Shaped[np.ndarray, " conditions ..."]], *, fill: Sequence[float], block_size: int = BLOCK_SIZE
) -> Iterator[tuple[Shaped[Array, " block ..."], ...]]:
    """The columns cut into blocks of `block_size` rows, the last one filled up."""
    for start in range(0, len(columns[0]), block_size):
        parts = [column[start : start + block_size] for column in columns]
        missing = block_size - len(parts[0])
        yield tuple(
            jax.device_put(np.concatenate([part, np.full((missing, *part.shape[1:]), value, part.dtype)]))
            for part, value in zip(parts, fill, strict=True)
        )


def joined_counts(conditions: Sequence[Conditions]) -> Float[np.ndarray, "conditions responses"]:
    """Counts of all protocols of a task, end to end."""
    return np.concatenate([c.counts for c in conditions]).astype(float)


def joined_stimulus_rows(conditions: Sequence[Conditions]) -> Int[np.ndarray, " conditions"]:
    """Which of the stimuli of all protocols, end to end, each condition played."""
    first = np.cumsum([0, *(len(c.stimuli) for c in conditions)])
    rows = [c.stimulus_index + offset for c, offset in zip(conditions, first, strict=False)]
    return np.concatenate(rows).astype(np.int32)


def power_gains(levels_db: Sequence[Float[np.ndarray, " _"]]) -> Float[np.ndarray, " conditions"]:
    """Power gains, 0 where there is no level."""
    level = np.concatenate(levels_db)
    return np.where(np.isnan(level), 0.0, 10.0 ** (np.nan_to_num(level) / 10.0))


def round_up(count: int, step: int) -> int:
    """The smallest multiple of `step` that is no less than `count`: fewer shapes, so fewer programs to compile."""
    return -(-count // step) * step
