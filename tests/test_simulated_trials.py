"""Listeners who are simulated from an audiogram."""

from dataclasses import replace

import numpy as np
import pytest

from hearfit.audiology.audiogram import Ear
from hearfit.audiology.bisgaard import standard_audiogram
from hearfit.errors import InputError
from hearfit.experiment.protocol import Notch
from hearfit.experiment.stimulus_columns import NOTCH_LOWER
from hearfit.experiment.trials import Trials
from hearfit.fitting import simulate_trials
from tests.inference.sessions import detection, loudness, notched_noise


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_share_of_hair_cells_outside_zero_to_one_is_refused(share: float) -> None:
    with pytest.raises(InputError, match="must be between 0 and 1"):
        simulate_trials(
            standard_audiogram("N3"),
            Ear.LEFT,
            [detection()],
            listener="L",
            session="2026-01-31",
            transducer="HDA200",
            seed=0,
            outer_hair_cell_share=share,
        )


def test_weaker_inhibition_is_simulated_with_broader_filters() -> None:
    # Truth: tones are presented about the listener's own masked threshold. The broader the filter, the higher it is in
    # noise without a notch and the less it falls with one of 0.2 (power spectrum model; Patterson 1976).
    def levels(inhibition: float | None) -> list[float]:
        protocol = notched_noise([500.0])
        design = replace(protocol.design, notches=(Notch(0.0, 0.0), Notch(0.2, 0.2)))
        (block,) = simulate_trials(
            standard_audiogram("N1"),
            Ear.LEFT,
            [replace(protocol, design=design)],
            listener="L",
            session="2026-01-31",
            transducer="HDA200",
            seed=0,
            outer_hair_cell_share=0.65,
            inhibition=inhibition,
        ).blocks
        return [float(np.nanmean(block.level_db_hl[block.parameters[NOTCH_LOWER] == edge])) for edge in (0.0, 0.2)]

    (weak_closed, weak_open), (closed, opened) = levels(0.1), levels(None)
    assert weak_closed > closed + 1.0
    assert weak_closed - weak_open < closed - opened - 1.0


def test_simulated_ears_differ_and_repeat() -> None:
    def simulate(ear: Ear, seed: int) -> Trials:
        return simulate_trials(
            standard_audiogram("N3"),
            ear,
            [detection(), loudness()],
            listener="L",
            session="2026-01-31",
            transducer="HDA 200",
            seed=seed,
            outer_hair_cell_share=0.6,
        )

    first, again, other_ear, other_seed = (
        simulate(ear, seed) for ear, seed in ((Ear.LEFT, 1), (Ear.LEFT, 1), (Ear.RIGHT, 1), (Ear.LEFT, 2))
    )
    assert first.source_sha256 == again.source_sha256
    assert len({own.source_sha256 for own in (first, other_ear, other_seed)}) == 3
    # The id of the table, whatever alias was given.
    assert first.transducer == "HDA200"
    np.testing.assert_array_equal(first.blocks[0].response, again.blocks[0].response)
    assert not np.array_equal(first.blocks[0].response, other_ear.blocks[0].response)
