"""Trial tables of real listeners."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hearfit.protocols.loader import shipped_protocols
from hearfit.storage.trial_files import read_trials


@pytest.mark.parametrize(
    ("listener", "ear", "session"),
    [
        ("S015", "right", "2023-09-26"),
        ("S051", "left", "2023-10-12"),
        ("S052", "right", "2023-11-02"),
        ("S053", "right", "2023-11-02"),
    ],
)
def test_real_runs_are_read(listener: str, ear: str, session: str, shared_data: Path) -> None:
    path = shared_data / "qcls_trials" / f"sub-{listener}_run-1_task-categoricalLoudness_beh.tsv"
    (trials,), warnings = read_trials([path], protocols=shipped_protocols())
    assert warnings == ()
    assert (trials.listener, trials.ear, trials.session) == (listener, ear, session)
    assert (trials.transducer, trials.num_trials) == ("ER-3A/HA-2", 100)
    frame = pd.read_csv(path, sep="\t")
    # ISO 389-2 table 1, HA-2 coupler: at 1 kHz 0 dB SPL, at 250 Hz 14 dB SPL.
    (block,) = trials.blocks
    for frequency, reference in ((1000, 0.0), (250, 14.0)):
        np.testing.assert_allclose(
            block.level_db_hl[block.frequency_hz == frequency],
            frame.level_db_spl[frame.frequency_hz == frequency] - reference,
        )
    np.testing.assert_array_equal(block.response, frame.response)
