"""Ears that are not ours, fitted with ours, at a size that a test suite can bear, against what the issue asks for."""

import numpy as np
import pytest

from tests.studies.foreign_ear import ForeignEar, foreign_ear
from tests.studies.mismatch import is_in_order, of_another_paper


def test_foreign_ear_is_the_published_one() -> None:
    # Truth: CR' = (100 - knee) / (30 + 70/CR + o - knee) with the knee at 30 + o, and the fixed output at 100 dB.
    ear = foreign_ear(4000.0, 40.0, outer_share=0.75)
    ratio, knee = ear.normal_ratio, 30.0 + ear.outer_db
    below, above = ear.output_db(np.array([knee, 100.0]))
    impaired = (100.0 - knee) / (30.0 + 70.0 / ratio + ear.outer_db - knee)
    assert (100.0 - knee) / (above - below) == pytest.approx(impaired)
    healthy = ForeignEar(4000.0, 0.0, 0.0).output_db(np.array([0.0, 100.0]))
    assert healthy[0] == 0.0
    assert above + ear.inner_db == pytest.approx(healthy[1])
    assert ear.threshold_db == pytest.approx(40.0, abs=0.01)


@pytest.mark.slow
def test_thresholds_and_order_of_compression_survive_another_ear() -> None:
    # Truth: the foreign ear's own thresholds and shares. The issue: within 5 dB rms, and the right order.
    fits = [of_another_paper(share, seed=1, repetitions=2) for share in (0.1, 0.9)]
    assert all(fit.is_converged for fit in fits)
    assert max(fit.rms_db for fit in fits) <= 5.0
    assert is_in_order(fits)
