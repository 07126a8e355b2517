"""Small simulated sessions that the tests of inference share; all fit into one compiled program."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import jax
import numpy as np
from jaxtyping import Float

from hearfit.audiology.audiogram import Ear
from hearfit.experiment.conditions import Conditions, collapse
from hearfit.experiment.protocol import Notch, Protocol
from hearfit.experiment.trials import TrialBlock, Trials
from hearfit.inference.data import FitData, build_fit_data
from hearfit.inference.delta_method import delta_sd
from hearfit.inference.ear_directions import ear_directions
from hearfit.inference.laplace import LaplacePosterior
from hearfit.inference.map import MapEstimate, SearchSettings, find_map, whitened_prior
from hearfit.inference.simulate import position_from_thresholds, simulate_block
from hearfit.inference.start import starting_point
from hearfit.listener.normal import NORMAL
from hearfit.listener.parameters import DEFAULT_PRIOR, NUM_KNOTS
from hearfit.protocols.loader import load_protocol

TRANSDUCER = "HDA200"
TESTED_HZ = (500.0, 2000.0, 4000.0)


def detection(
    frequency_hz: Sequence[float] = TESTED_HZ, *, repetitions: int = 4, catch_trials: int = 6, interval_count: int = 1
) -> Protocol:
    """The shipped tone detection with fewer frequencies."""
    protocol = load_protocol("pure_tone_detection")
    design = replace(
        protocol.design,
        frequency_hz=tuple(frequency_hz),
        level_offsets_db=(-9.0, -6.0, -3.0, 0.0, 3.0, 6.0, 9.0),
        repetitions=repetitions,
        catch_trials=catch_trials,
        interval_count=interval_count,
    )
    return replace(protocol, design=design)


def loudness(frequency_hz: Sequence[float] = TESTED_HZ, *, num_levels: int = 10, repetitions: int = 2) -> Protocol:
    """The shipped categorical loudness scaling with fewer frequencies."""
    protocol = load_protocol("categorical_loudness")
    design = replace(protocol.design, frequency_hz=tuple(frequency_hz), num_levels=num_levels, repetitions=repetitions)
    return replace(protocol, design=design)


def notched_noise(
    frequency_hz: Sequence[float] = (1000.0, 4000.0), *, repetitions: int = 4, interval_count: int = 1
) -> Protocol:
    """The shipped notched noise with fewer frequencies and notches, one of them asymmetric."""
    protocol = load_protocol("notched_noise")
    design = replace(
        protocol.design,
        frequency_hz=tuple(frequency_hz),
        notches=(Notch(0.0, 0.0), Notch(0.2, 0.2), Notch(0.1, 0.3)),
        repetitions=repetitions,
        catch_trials=1 if interval_count == 1 else 0,
        interval_count=interval_count,
    )
    return replace(protocol, design=design)


@cache
def truth() -> Float[np.ndarray, " parameters"]:
    """Coordinates of a listener with a sloping loss, 60 % of it a loss of compression."""
    thresholds = np.interp(np.arange(NUM_KNOTS), [0, 4, NUM_KNOTS - 1], [20.0, 30.0, 60.0])
    with jax.enable_x64(True):
        return position_from_thresholds(thresholds, outer_hair_cell_share=0.6, normal=NORMAL)


def simulated(protocols: Sequence[Protocol], *, seed: int, position: np.ndarray | None = None) -> list[Conditions]:
    """Answers of the listener with the known `truth` to each protocol, counted."""
    return [collapse(block) for block in simulated_blocks(protocols, seed=seed, position=position)]


def simulated_blocks(
    protocols: Sequence[Protocol], *, seed: int, position: np.ndarray | None = None
) -> list[TrialBlock]:
    """Answers of the listener with the known `truth` to each protocol."""
    generator = np.random.default_rng(seed)
    own = truth() if position is None else position
    with jax.enable_x64(True):
        return [
            simulate_block(protocol, own, transducer=TRANSDUCER, normal=NORMAL, generator=generator)
            for protocol in protocols
        ]


def fit_data(conditions: Sequence[Conditions]) -> FitData:
    """What the likelihood reads."""
    with jax.enable_x64(True):
        return build_fit_data(conditions, transducer=TRANSDUCER, normal=NORMAL)


def mode_of(
    conditions: Sequence[Conditions], *, start: np.ndarray | None = None, settings: SearchSettings | None = None
) -> MapEstimate:
    """The most probable ear for these answers."""
    with jax.enable_x64(True):
        return find_map(
            fit_data(conditions),
            whitened_prior(DEFAULT_PRIOR),
            normal=NORMAL,
            settings=SearchSettings() if settings is None else settings,
            start=starting_point(conditions, DEFAULT_PRIOR, NORMAL) if start is None else start,
        )


def trials_of(blocks: Sequence[TrialBlock], *, ear: Ear = Ear.LEFT) -> Trials:
    """Blocks as the trials of one ear."""
    return Trials(
        listener="L001",
        ear=ear,
        session="2026-01-31",
        transducer=TRANSDUCER,
        blocks=tuple(blocks),
        source_names=("simulated",),
        source_sha256="0" * 64,
    )


def expected_sd(posterior: LaplacePosterior) -> Float[np.ndarray, "quantities knots"]:
    """SDs of `QUANTITIES` by the delta method. Call under `jax.enable_x64`."""
    return delta_sd(ear_directions(posterior.mode), posterior.covariance)
