"""The shipped retest constants against the people that they are learned from."""

from pathlib import Path

import pytest

from hearfit.change.retest import BETWEEN_SESSIONS, WITHIN_SESSION
from tests.studies.retest_variability import PUBLISHED_RETESTS, between_sessions, within_session


def test_constants_follow_from_the_data(shared_data: Path) -> None:
    # Truth: the data; constants are rounded to a tenth.
    within, between = within_session(shared_data), between_sessions(shared_data)
    assert within.sd_db == pytest.approx(WITHIN_SESSION.sd_db, abs=0.05)
    assert within.num_ears == 7700
    assert between.sd_db == pytest.approx(BETWEEN_SESSIONS.sd_db, abs=0.05)
    assert between.neighbour_correlation == pytest.approx(BETWEEN_SESSIONS.neighbour_correlation, abs=0.05)


def test_constants_are_of_the_size_of_published_ones() -> None:
    # Truth: numbers of two papers.
    sds = PUBLISHED_RETESTS.values()
    assert min(sds) - 0.1 <= WITHIN_SESSION.sd_db <= BETWEEN_SESSIONS.sd_db <= max(sds)
