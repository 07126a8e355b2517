"""Trial tables of a made-up session, and stand-ins for the verbs of the library that take seconds."""

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from hearfit.audiology.audiogram import Audiogram, Ear
from hearfit.experiment.protocol import Protocol
from hearfit.experiment.trials import TrialBlock, Trials
from hearfit.fitting import Fit
from hearfit.protocols.loader import load_protocol
from hearfit.storage.trial_files import write_trials
from tests.reports.example_profile import example_profile

LEVELS_DB_HL = (20.0, 40.0, 60.0)


def example_block(protocol: Protocol) -> TrialBlock:
    """Three trials at 1 kHz."""
    size = len(LEVELS_DB_HL)
    return TrialBlock(
        protocol=protocol,
        trial=np.arange(1, size + 1),
        frequency_hz=np.full(size, 1000.0),
        level_db_hl=np.array(LEVELS_DB_HL),
        interval_count=np.ones(size, dtype=np.int64),
        is_catch=np.zeros(size, dtype=np.bool_),
        response=np.array([0, 1, 1]) * protocol.response_values[1],
    )


def write_example_trials(path: Path, *ears: Ear, listener: str = "L001", transducer: str | None = "HDA200") -> Path:
    """A table with both protocols for each ear."""
    blocks = tuple(example_block(load_protocol(name)) for name in ("pure_tone_detection", "categorical_loudness"))
    trials = [Trials(listener, ear, "2026-03-14", transducer, blocks, ("made up",), "") for ear in ears]
    write_trials(path, *trials)
    return path


def fake_fit(
    trials: Trials,
    *,
    audiogram: Audiogram | None,
    method: str,
    seed: int,
    prior: str = "population",
    sampler: object = None,
    num_starts: int = 1,
    progress: Callable[[str, float], None] | None = None,
) -> Fit:
    """The example profile under the names of the trials."""
    assert method == "map"
    if progress is not None:
        progress("Fitting", 0.5)
    profile = example_profile(trials.ear, listener=trials.listener, seed=seed, has_audiogram=False)
    provenance = dataclasses.replace(profile.provenance, data_sha256=trials.source_sha256, prior=prior)
    return Fit(dataclasses.replace(profile, provenance=provenance, measured_audiogram=audiogram), None)


def fake_fit_that_fails_to_converge(
    trials: Trials,
    *,
    audiogram: Audiogram | None,
    method: str,
    seed: int,
    prior: str = "population",
    sampler: object = None,
    num_starts: int = 1,
    progress: Callable[[str, float], None] | None = None,
) -> Fit:
    """As `fake_fit`, but not converged in the left ear."""
    return Fit(example_profile(trials.ear, listener=trials.listener, is_converged=trials.ear is Ear.RIGHT), None)


def fake_simulation(
    audiogram: Audiogram,
    ear: Ear,
    protocols: Sequence[Protocol],
    *,
    listener: str,
    session: str,
    transducer: str,
    seed: int,
    outer_hair_cell_share: float,
    inhibition: float | None = None,
) -> Trials:
    """The example trials under the names asked for."""
    assert ear in audiogram.ears()
    assert 0 <= outer_hair_cell_share <= 1
    assert inhibition is None or 0 < inhibition < 0.55
    blocks = tuple(example_block(protocol) for protocol in protocols)
    return Trials(listener, ear, session, transducer, blocks, ("simulated",), str(seed))
