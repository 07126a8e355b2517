"""The sessions that are timed."""

from collections.abc import Sequence
from dataclasses import replace

import jax
import numpy as np

from hearfit.audiology.audiogram import Ear
from hearfit.audiology.bisgaard import standard_audiogram
from hearfit.experiment.protocol import Protocol
from hearfit.experiment.trial_assembly import trials_sha256
from hearfit.experiment.trials import Trials
from hearfit.inference.simulate import position_from_thresholds, simulate_block, thresholds_at_knots
from hearfit.listener.normal import NORMAL
from hearfit.protocols.loader import load_protocol

TRANSDUCER = "HDA200"
_FREQUENCIES_HZ = (250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0)


def standard_session() -> Trials:
    """1,404 trials: tone detection and categorical loudness at six frequencies, audiogram N3."""
    detection, loudness = load_protocol("pure_tone_detection"), load_protocol("categorical_loudness")
    offsets = tuple(float(offset) for offset in range(-10, 12, 2))
    protocols = (
        replace(
            detection,
            design=replace(
                detection.design,
                frequency_hz=_FREQUENCIES_HZ,
                level_offsets_db=offsets,
                repetitions=10,
                catch_trials=10,
            ),
        ),
        replace(loudness, design=replace(loudness.design, frequency_hz=_FREQUENCIES_HZ, num_levels=19, repetitions=6)),
    )
    return _done(protocols, outer_hair_cell_share=0.6)


FULL_BATTERY = (
    "pure_tone_detection",
    "categorical_loudness",
    "notched_noise",
    "temporal_masking_curve",
    "intensity_discrimination",
)


def full_battery() -> Trials:
    """1,699 trials: the shipped protocols of five tasks as they are, audiogram N3."""
    return _done([load_protocol(name) for name in FULL_BATTERY], outer_hair_cell_share=0.65)


def _done(protocols: Sequence[Protocol], *, outer_hair_cell_share: float) -> Trials:
    generator = np.random.default_rng(1)
    with jax.enable_x64(True):
        truth = position_from_thresholds(
            thresholds_at_knots(standard_audiogram("N3"), Ear.LEFT),
            outer_hair_cell_share=outer_hair_cell_share,
            normal=NORMAL,
        )
        blocks = tuple(
            simulate_block(p, truth, transducer=TRANSDUCER, normal=NORMAL, generator=generator) for p in protocols
        )
    listener, session = "BENCH", "2026-01-01"
    return Trials(
        listener=listener,
        ear=Ear.LEFT,
        session=session,
        transducer=TRANSDUCER,
        blocks=blocks,
        source_names=("simulated",),
        source_sha256=trials_sha256(blocks, listener=listener, ear=Ear.LEFT, session=session, transducer=TRANSDUCER),
    )
