"""The shipped retest constants against the people that they are learned from."""

from pathlib import Path

import numpy as np
import pytest

from hearfit.change.retest import BETWEEN_SESSIONS, WITHIN_SESSION
from tests.studies.retest_variability import PUBLISHED_RETESTS, between_sessions, within_session


def test_constants_follow_from_the_data(shared_data: Path) -> None:
    # Truth: the data; constants are rounded to a tenth.
    within, between = within_session(shared_data), between_sessions(shared_data)
    assert within.sd_db == pytest.approx(WITHIN_SESSION.sd_db, abs=0.06)
    assert within.num_ears == 7700
    assert between.sd_db == pytest.approx(BETWEEN_SESSIONS.sd_db, abs=0.05)
    assert between.neighbour_correlation == pytest.approx(BETWEEN_SESSIONS.neighbour_correlation, abs=0.05)


def test_rounding_adds_what_is_taken_off(rng: np.random.Generator) -> None:
    # Truth: simulation. Thresholds anywhere between two steps, repeated with the shipped SD and rounded.
    level = rng.uniform(0.0, 5.0, 200_000)
    twice = 5.0 * np.round((level + rng.normal(0.0, WITHIN_SESSION.sd_db, (2, len(level)))) / 5.0)
    sd = (twice[1] - twice[0]).std() / np.sqrt(2.0)
    assert sd**2 - 25.0 / 12.0 == pytest.approx(WITHIN_SESSION.sd_db**2, rel=0.03)


def test_constants_are_of_the_size_of_published_ones() -> None:
    # Truth: numbers of two papers. Published ones hold the error of their own answers as well.
    sds = PUBLISHED_RETESTS.values()
    assert WITHIN_SESSION.sd_db <= min(sds)
    assert BETWEEN_SESSIONS.sd_db <= max(sds)
