"""Simulated listeners with known parameters, and their simulated answers."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from hearfit.audiology.audiogram import Audiogram, Ear
from hearfit.errors import InputError
from hearfit.experiment.conditions import collapse_with_index
from hearfit.experiment.protocol import Protocol, Task
from hearfit.experiment.stimulus_columns import signal_column
from hearfit.experiment.trials import TrialBlock
from hearfit.inference.data import build_fit_data
from hearfit.inference.derived import tone_thresholds
from hearfit.inference.discrimination_design import presented_pairs
from hearfit.inference.forward_masking_design import presented_after_maskers
from hearfit.inference.likelihood import predict
from hearfit.inference.masked_design import Presented, presented_in_noise
from hearfit.inference.simulated_thresholds import found_thresholds
from hearfit.listener.normal import AUDIOMETRIC_FREQUENCIES_HZ, NormalEar
from hearfit.listener.parameters import (
    DEFAULT_PRIOR,
    NUM_KNOTS,
    STRONGEST_INHIBITION,
    cochlear_coordinates,
    inhibition_coordinate,
    share_logit,
)

_NUM_ADJUSTMENTS = 8
# What a clinical audiometer can present.
LOWEST_LEVEL_DB_HL = -20.0
HIGHEST_LEVEL_DB_HL = 130.0


def check_assumed_ear(*, outer_hair_cell_share: float, inhibition: float | None) -> None:
    """Whether there is such an ear.

    Raises:
        InputError: a share outside [0, 1], or an inhibition that is not between 0 and `STRONGEST_INHIBITION`.
    """
    problems = []
    if not 0.0 <= outer_hair_cell_share <= 1.0:
        problems.append(f"The outer-hair-cell share is {outer_hair_cell_share}; it must be between 0 and 1.")
    # The ends are infinitely far away in the coordinate of the model, where no answer could tell of them.
    if inhibition is not None and not 0.0 < inhibition < STRONGEST_INHIBITION:
        problems.append(
            f"The lateral inhibition is {inhibition:g}; it must be more than 0 and less than {STRONGEST_INHIBITION:g}. "
            "For an ear with practically none take 0.01."
        )
    if problems:
        raise InputError(problems)


def normal_position(normal: NormalEar) -> Float[np.ndarray, " parameters"]:
    """Coordinates of a normal ear with an ordinary observer."""
    position = DEFAULT_PRIOR.mean.copy()
    exponent = np.full(NUM_KNOTS, normal.compression_exponent)
    position[:NUM_KNOTS], position[NUM_KNOTS : 2 * NUM_KNOTS] = cochlear_coordinates(exponent, np.zeros(NUM_KNOTS))
    position[2 * NUM_KNOTS : 3 * NUM_KNOTS] = inhibition_coordinate(np.array(normal.inhibition))
    return position


def position_from_thresholds(
    threshold_db_hl: Float[np.ndarray, " knots"],
    *,
    outer_hair_cell_share: float,
    normal: NormalEar,
    inhibition: float | None = None,
) -> Float[np.ndarray, " parameters"]:
    """Coordinates of a listener whose tone thresholds are the given ones. Call under `jax.enable_x64`.

    `outer_hair_cell_share` (0 to 1) of each loss is loss of compression, the rest attenuation; `inhibition` is its
    strength at all frequencies, None being that of the normal ear. Because an ear also
    listens with neighbouring channels, the threshold coordinates are adjusted until the implied thresholds are met, or
    as nearly as such an ear can: a steep loss cannot be steeper than the skirt of the frequencies beside it.

    Raises:
        InputError: as `check_assumed_ear`.
    """
    check_assumed_ear(outer_hair_cell_share=outer_hair_cell_share, inhibition=inhibition)
    position = normal_position(normal)
    position[:NUM_KNOTS] = share_logit(np.full(NUM_KNOTS, outer_hair_cell_share))
    position[NUM_KNOTS : 2 * NUM_KNOTS] = threshold_db_hl
    if inhibition is not None:
        position[2 * NUM_KNOTS : 3 * NUM_KNOTS] = inhibition_coordinate(np.array(inhibition))
    for _ in range(_NUM_ADJUSTMENTS):
        implied = np.asarray(tone_thresholds(jnp.asarray(position[None]), normal=normal))[0]
        position[NUM_KNOTS : 2 * NUM_KNOTS] += threshold_db_hl - implied
    return position


def thresholds_at_knots(audiogram: Audiogram, ear: Ear) -> Float[np.ndarray, " knots"]:
    """Air-conduction thresholds of one ear at the audiometric frequencies; over log frequency, constant beyond.

    Raises:
        InputError: that ear has no air-conduction threshold.
    """
    measured = audiogram.of(ear)
    if not measured:
        raise InputError(f"The audiogram of {audiogram.listener} has no air-conduction threshold of the {ear} ear.")
    frequency = np.log([threshold.frequency_hz for threshold in measured])
    level = [threshold.level_db_hl for threshold in measured]
    return np.asarray(np.interp(np.log(AUDIOMETRIC_FREQUENCIES_HZ), frequency, level))


def simulate_block(
    protocol: Protocol,
    position: Float[np.ndarray, " parameters"],
    *,
    transducer: str | None,
    normal: NormalEar,
    generator: np.random.Generator,
) -> TrialBlock:
    """Answers of a listener to one session of a protocol, in random order. Call under `jax.enable_x64`."""
    planned = planned_block(protocol, position, transducer=transducer, normal=normal, generator=generator)
    if protocol.task is Task.STORED_THRESHOLD:
        return found_thresholds(
            planned,
            position,
            level_range_db_hl=(LOWEST_LEVEL_DB_HL, HIGHEST_LEVEL_DB_HL),
            transducer=transducer,
            normal=normal,
            generator=generator,
        )
    return answered(planned, position, transducer=transducer, normal=normal, generator=generator)


def planned_block(
    protocol: Protocol,
    position: Float[np.ndarray, " parameters"],
    *,
    transducer: str | None,
    normal: NormalEar,
    generator: np.random.Generator,
) -> TrialBlock:
    """What a session of the protocol presents to this listener, in random order; every answer is the first possible.

    Levels are limited to those of an audiometer, -20 to 130 dB HL. Call under `jax.enable_x64`.
    """
    thresholds = np.asarray(tone_thresholds(jnp.asarray(position[None]), normal=normal))[0]
    if protocol.stimulus.kind.has_masker:
        presented = presented_in_noise(protocol, position, thresholds, transducer=transducer, normal=normal)
    elif protocol.stimulus.kind.has_forward_masker:
        presented = presented_after_maskers(protocol, position, transducer=transducer, normal=normal)
    elif protocol.task is Task.DISCRIMINATION:
        presented = presented_pairs(protocol, thresholds)
    else:
        presented = _presented(protocol, thresholds)
    signal = signal_column(protocol.stimulus.kind)
    is_catch = np.isnan(presented.level_db_hl if signal is None else presented.parameters[signal])
    level_db_hl = presented.level_db_hl
    if protocol.procedure is not None:
        # The step at which the listener's own threshold would be found.
        level_db_hl = np.ceil(level_db_hl / protocol.procedure.step_db) * protocol.procedure.step_db
    order = generator.permutation(len(presented.frequency_hz))
    return TrialBlock(
        protocol=protocol,
        trial=np.arange(1, len(order) + 1),
        frequency_hz=presented.frequency_hz[order],
        level_db_hl=np.clip(level_db_hl[order], LOWEST_LEVEL_DB_HL, HIGHEST_LEVEL_DB_HL),
        interval_count=np.full(len(order), protocol.design.interval_count),
        is_catch=is_catch[order],
        response=np.full(len(order), protocol.response_values[0]),
        parameters={name: values[order] for name, values in presented.parameters.items()},
    )


def _presented(protocol: Protocol, thresholds_db_hl: Float[np.ndarray, " knots"]) -> Presented:
    """Frequency and level (to the decibel) of every trial, in the order of the design."""
    design = protocol.design
    frequencies: list[float] = []
    levels: list[float] = []
    for frequency in design.frequency_hz:
        threshold = float(np.interp(np.log(frequency), np.log(AUDIOMETRIC_FREQUENCIES_HZ), thresholds_db_hl))
        if protocol.task is not Task.CATEGORICAL_LOUDNESS:
            chosen = threshold + np.array(design.level_offsets_db)
        else:
            lowest = min(threshold + design.lowest_level_offset_db, design.highest_level_db_hl - 10.0)
            chosen = np.linspace(lowest, design.highest_level_db_hl, design.num_levels)
        presented = np.repeat(np.round(chosen), design.repetitions)
        frequencies += [frequency] * (len(presented) + design.catch_trials)
        levels += [*presented, *[np.nan] * design.catch_trials]
    return Presented(np.array(frequencies), np.array(levels), parameters={})


def answered(
    block: TrialBlock,
    position: Float[np.ndarray, " parameters"],
    *,
    transducer: str | None,
    normal: NormalEar,
    generator: np.random.Generator,
) -> TrialBlock:
    """The trials of a block with the answers of this listener, whoever it was planned for. Under `jax.enable_x64`."""
    conditions, rows = collapse_with_index(block)
    (responses,) = predict(position, build_fit_data([conditions], transducer=transducer, normal=normal), normal=normal)
    cumulative = np.cumsum(responses.probability[rows], axis=1)
    uniform = generator.random((len(rows), 1)) * cumulative[:, -1:]
    chosen = np.minimum(np.sum(uniform > cumulative, axis=1), cumulative.shape[1] - 1)
    return replace(block, response=np.array(block.protocol.response_values)[chosen])
