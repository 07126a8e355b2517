"""Reasons to distrust single tracks: conditions whose answers, or levels, went one way only."""

from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Float, Int

from hearfit.experiment.stimulus_columns import LEVEL, MASKER_LEVEL, TONE_MASKER_LEVEL, curve_column
from hearfit.experiment.trials import TrialBlock

# Fewer answers to one sound are no track; a list of scattered levels would have a warning for each.
_FEWEST_TRIALS = 4
_FEWEST_STEPS = 2
# Of target and masker, either may be what a track varies.
_LEVELS_OF_SOUNDS = (LEVEL, MASKER_LEVEL, TONE_MASKER_LEVEL)


def track_warnings(blocks: Sequence[TrialBlock]) -> tuple[str, ...]:
    """Sentences about conditions of detection that bound their threshold on one side only.

    A condition is all that a trial states of its stimulus but what a track varies; its trials are taken in their order.
    What varies is the level, or the signal of a discrimination (see `curve_column`); of target and masker it is the
    one whose level varied while that of the other stayed. Values that went up, or down, all the time are a staircase
    that never reversed.
    """
    return tuple(sentence for block in blocks if block.protocol.task.is_choice for sentence in _warnings(block))


def _warnings(block: TrialBlock) -> Iterator[str]:
    # Where all answers of the protocol are the same, that is said once, for all of it.
    is_mixed = len(np.unique(block.response)) > 1
    found: dict[tuple[bool, int, bool], dict[float, int]] = {}
    single: dict[float, int] = {}
    for frequency, column, rows in _conditions(block):
        answers = np.unique(block.response[rows])
        is_one_way = _is_one_way(_values(block, column)[rows])
        if len(answers) == 1 and (is_mixed or is_one_way):
            counts = found.setdefault((is_one_way, int(answers[0]), column == LEVEL), {})
            counts[frequency] = counts.get(frequency, 0) + 1
        elif is_one_way:
            single[frequency] = single.get(frequency, 0) + 1
    name = block.protocol.name
    for (is_one_way, answer, is_level), counts in found.items():
        what = "The staircase never reversed and all answers are" if is_one_way else "All answers are"
        side = "above: it may be anywhere below the levels" if answer else "below: it may be anywhere above the levels"
        # More of a masker, or of ripples in an octave, is harder to hear, not easier.
        where = f", from {side} that were presented" if is_level else ""
        yield f"{name} at {_listed(counts)}: {what} {answer}, which bounds the threshold on one side only{where}."
    if single:
        yield (
            f"{name} at {_listed(single)}: the levels went one way only and never reversed. The threshold is passed "
            "once, so that a lapse there, or a listener who expects the next answer, would shift it unseen."
        )


def _conditions(block: TrialBlock) -> Iterator[tuple[float, str, Int[np.ndarray, " rows"]]]:
    """Frequency, what a track varies and trials, in their order, of each condition with enough of them.

    Catch trials are left out.
    """
    usual = curve_column(block.protocol.stimulus.kind)
    columns = (LEVEL, *block.parameters)
    # The level of a discrimination is what its signal is added to.
    varying = [name for name in columns if name in _LEVELS_OF_SOUNDS] if usual in _LEVELS_OF_SOUNDS else [usual]
    others = [name for name in columns if name not in varying]
    for place in _groups(block, others, np.flatnonzero(~block.is_catch)):
        moving = [name for name in varying if len(np.unique(_values(block, name)[place])) > 1]
        # Where both or neither varied, the column of the kind.
        tracked = moving[0] if len(moving) == 1 else usual
        for rows in _groups(block, [name for name in varying if name != tracked], place):
            if len(rows) >= _FEWEST_TRIALS:
                yield float(block.frequency_hz[rows[0]]), tracked, rows


def _groups(
    block: TrialBlock, columns: Sequence[str], rows: Int[np.ndarray, " rows"]
) -> Iterator[Int[np.ndarray, " group"]]:
    """Rows, in their order, that agree in frequency, number of intervals and all of the columns."""
    keys = [block.frequency_hz, block.interval_count, *(_values(block, name) for name in columns)]
    unique, index = np.unique(np.stack(keys, axis=1)[rows], axis=0, return_inverse=True)
    for place in range(len(unique)):
        yield rows[index.reshape(-1) == place]


def _values(block: TrialBlock, column: str) -> Float[np.ndarray, " trials"]:
    return block.level_db_hl if column == LEVEL else block.parameters[column]


def _is_one_way(level_db: Float[np.ndarray, " trials"]) -> bool:
    steps = np.diff(level_db)
    steps = steps[steps != 0.0]
    return len(steps) >= _FEWEST_STEPS and bool(np.all(steps > 0.0) or np.all(steps < 0.0))


def _listed(counts: dict[float, int]) -> str:
    parts = [f"{frequency:g}" + (f" ({count} conditions)" if count > 1 else "") for frequency, count in counts.items()]
    return (f"{', '.join(parts[:-1])} and " if len(parts) > 1 else "") + f"{parts[-1]} Hz"
