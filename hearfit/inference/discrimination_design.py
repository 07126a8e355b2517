"""What a simulated session of discrimination presents: the levels and values of the design, where they can be heard."""

from itertools import product

import numpy as np
from jaxtyping import Float

from hearfit.experiment.protocol import Protocol
from hearfit.experiment.stimulus_columns import signal_column
from hearfit.inference.masked_design import Presented
from hearfit.listener.normal import AUDIOMETRIC_FREQUENCIES_HZ


def presented_pairs(protocol: Protocol, thresholds_db_hl: Float[np.ndarray, " knots"]) -> Presented:
    """Trials of standards and signals; levels to the decibel, each once for a frequency.

    Args:
        protocol: of discrimination.
        thresholds_db_hl: the listener's thresholds in quiet at the audiometric frequencies.
    """
    design = protocol.design
    signal = signal_column(protocol.stimulus.kind)
    assert signal is not None
    names = [name for name, _ in design.values]
    values = dict(design.values)
    others = [name for name in names if name != signal]
    signals = np.concatenate([np.repeat(values[signal], design.repetitions), np.full(design.catch_trials, np.nan)])
    rows = [
        (frequency, level, *combination)
        for frequency in design.frequency_hz
        for level in _levels(protocol, float(_threshold(frequency, thresholds_db_hl)))
        for combination in product(*(values[name] for name in others))
    ]
    columns = np.repeat(np.array(rows), len(signals), axis=0).T
    parameters = dict(zip(others, columns[2:], strict=True)) | {signal: np.tile(signals, len(rows))}
    return Presented(columns[0], columns[1], {name: parameters[name] for name in names})


def _levels(protocol: Protocol, threshold_db_hl: float) -> Float[np.ndarray, " levels"]:
    design = protocol.design
    heard = np.maximum(design.levels_db_hl, threshold_db_hl + design.lowest_level_offset_db)
    return np.unique(np.round(np.minimum(heard, design.highest_level_db_hl)))


def _threshold(frequency_hz: float, thresholds_db_hl: Float[np.ndarray, " knots"]) -> Float[np.ndarray, ""]:
    return np.asarray(np.interp(np.log(frequency_hz), np.log(AUDIOMETRIC_FREQUENCIES_HZ), thresholds_db_hl))
