"""Reasons to distrust single tracks: conditions whose answers, or levels, went one way only."""

from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Float, Int

from hearfit.experiment.trials import TrialBlock

# Fewer answers to one sound are no track; a list of scattered levels would have a warning for each.
_FEWEST_TRIALS = 4
_FEWEST_STEPS = 2


def track_warnings(blocks: Sequence[TrialBlock]) -> tuple[str, ...]:
    """Sentences about conditions of detection that bound their threshold on one side only.

    A condition is a frequency, the parameters of the stimulus but its level, and the number of intervals; its trials
    are taken in their order. Levels that went up, or down, all the time are a staircase that never reversed.
    """
    return tuple(sentence for block in blocks if block.protocol.task.is_choice for sentence in _warnings(block))


def _warnings(block: TrialBlock) -> Iterator[str]:
    # Where all answers of the protocol are the same, that is said once, for all of it.
    is_mixed = len(np.unique(block.response)) > 1
    found: dict[tuple[bool, int], dict[float, int]] = {}
    single: dict[float, int] = {}
    for frequency, rows in _conditions(block):
        answers = np.unique(block.response[rows])
        is_one_way = _is_one_way(block.level_db_hl[rows])
        if len(answers) == 1 and (is_mixed or is_one_way):
            counts = found.setdefault((is_one_way, int(answers[0])), {})
            counts[frequency] = counts.get(frequency, 0) + 1
        elif is_one_way:
            single[frequency] = single.get(frequency, 0) + 1
    name = block.protocol.name
    for (is_one_way, answer), counts in found.items():
        what = "The staircase never reversed and all answers are" if is_one_way else "All answers are"
        side = "above: it may be anywhere below the levels" if answer else "below: it may be anywhere above the levels"
        yield (
            f"{name} at {_listed(counts)}: {what} {answer}, which bounds the threshold on one side only, from {side} "
            "that were presented."
        )
    if single:
        yield (
            f"{name} at {_listed(single)}: the levels went one way only and never reversed. The threshold is passed "
            "once, so that a lapse there, or a listener who expects the next answer, would shift it unseen."
        )


def _conditions(block: TrialBlock) -> Iterator[tuple[float, Int[np.ndarray, " rows"]]]:
    """Frequency and trials, in their order, of each condition with enough of them; catch trials left out."""
    played = np.flatnonzero(~block.is_catch)
    keys = np.stack([block.frequency_hz, block.interval_count, *block.parameters.values()], axis=1)[played]
    unique, index = np.unique(keys, axis=0, return_inverse=True)
    for place, key in enumerate(unique):
        rows = played[index.reshape(-1) == place]
        if len(rows) >= _FEWEST_TRIALS:
            yield float(key[0]), rows


def _is_one_way(level_db: Float[np.ndarray, " trials"]) -> bool:
    steps = np.diff(level_db)
    steps = steps[steps != 0.0]
    return len(steps) >= _FEWEST_STEPS and bool(np.all(steps > 0.0) or np.all(steps < 0.0))


def _listed(counts: dict[float, int]) -> str:
    parts = [f"{frequency:g}" + (f" ({count} conditions)" if count > 1 else "") for frequency, count in counts.items()]
    return (f"{', '.join(parts[:-1])} and " if len(parts) > 1 else "") + f"{parts[-1]} Hz"
