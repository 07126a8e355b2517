"""Simulated results of a procedure that stores thresholds."""

from dataclasses import replace

import numpy as np
from jaxtyping import Float

from hearfit.experiment.conditions import collapse_with_index
from hearfit.experiment.trials import TrialBlock
from hearfit.inference.data import build_fit_data
from hearfit.inference.likelihood import predict
from hearfit.listener.normal import NormalEar


def found_thresholds(
    block: TrialBlock,
    position: Float[np.ndarray, " parameters"],
    *,
    level_range_db_hl: tuple[float, float],
    transducer: str | None,
    normal: NormalEar,
    generator: np.random.Generator,
) -> TrialBlock:
    """A result for each trial of a planned block of stored thresholds; its levels are replaced by what was found.

    The result is the lowest level, in steps from 0 dB HL, that the threshold on that day is not above; where it is
    above all levels of the range, there is no response at the highest. Call under `jax.enable_x64`.
    """
    procedure = block.protocol.procedure
    assert procedure is not None
    low, high = level_range_db_hl
    step = procedure.step_db
    levels = step * np.arange(np.ceil(low / step), np.floor(high / step) + 1)
    num_levels, size = len(levels), len(block.trial)
    everywhere = replace(
        block,
        trial=np.arange(1, size * num_levels + 1),
        frequency_hz=np.repeat(block.frequency_hz, num_levels),
        level_db_hl=np.tile(levels, size),
        interval_count=np.repeat(block.interval_count, num_levels),
        is_catch=np.repeat(block.is_catch, num_levels),
        response=np.repeat(block.response, num_levels),
        parameters={name: np.repeat(values, num_levels) for name, values in block.parameters.items()},
    )
    conditions, rows = collapse_with_index(everywhere)
    (responses,) = predict(position, build_fit_data([conditions], transducer=transducer, normal=normal), normal=normal)
    # Falls with level, so one random number says above which levels the threshold was.
    above = responses.probability[rows, 0].reshape(size, num_levels)
    is_above = generator.random((size, 1)) < above
    num_above = is_above.sum(axis=1)
    is_found = num_above < num_levels
    return replace(
        block,
        level_db_hl=levels[np.minimum(num_above, num_levels - 1)],
        response=np.where(is_found, 1, 0),
    )
